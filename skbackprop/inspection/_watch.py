"""An animation of a network that learns."""

import copy

import numpy as np
from sklearn.pipeline import Pipeline

from .._base import BaseBackprop
from .._callbacks import snapshot, watcher
from ._autoencoding import feature_names_of
from ._drawing import epoch_name, require_matplotlib
from ._scenes import GrowingCurve, scene_for


def watch(
    estimator,
    X,
    y=None,
    *,
    n_frames=60,
    log_scale=False,
    grid_resolution=100,
    interval=80,
    figsize=(9, 4),
    **fit_params,
):
    """Fit an estimator, and animate what it makes of the plane while its loss falls.

    The training is that of ``fit``, of which some epochs are kept; the animation shows them
    afterwards. For a classifier it shows the decision regions, for a regressor the curve or the
    surface of its predictions, for an autoencoder the reconstructions.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor, BackpropAutoencoder, or a Pipeline
        Not yet fitted; it will be. A pipeline must end in an estimator of skbackprop.

    X : array-like of shape (n_samples, 2), or (n_samples, 1) for regression
        Data that can be drawn.

    y : array-like of shape (n_samples,), default=None
        Classes, or numbers.

    n_frames : int, default=60
        How many states to show at most (and at least two), evenly spread over the training.

    log_scale : bool, default=False
        Whether the axis of the loss is logarithmic.

    grid_resolution : int, default=100
        Points along each side of the plane.

    interval : int, default=80
        Milliseconds from frame to frame.

    figsize : tuple of two float, default=(9, 4)
        Width and height in inches.

    **fit_params : dict
        Passed to ``estimator.fit``.

    Returns
    -------
    animation : matplotlib.animation.FuncAnimation
        A notebook shows it with controls, as does ``animation.to_jshtml()`` on a page;
        ``animation.save("learning.gif")`` writes it to a file. Keep a reference to it as long as
        it is to move.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    ValueError
        If the data cannot be drawn.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> from skbackprop.inspection import watch
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier((16, 8), "tanh", learning_rate_init=0.03, max_iter=300, tol=0)
    >>> animation = watch(clf, X, y)  # doctest: +SKIP
    >>> animation.save("spirals.gif")  # doctest: +SKIP
    """
    require_matplotlib("watch")
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(last, BaseBackprop):
        raise TypeError(
            "watch needs an estimator of skbackprop, or a pipeline that ends in one; "
            f"got {type(last).__name__}."
        )
    if getattr(last, "n_init", 1) != 1:
        raise ValueError(f"watch shows one training: n_init must be 1, got {last.n_init}.")
    scene = scene_for(last, X, y, grid_resolution)
    options = {"log_scale": log_scale, "interval": interval, "figsize": figsize}
    recorder = Recorder(last, n_frames - 1)
    token = watcher.set(recorder)
    try:
        estimator.fit(X, y, **fit_params)
    finally:
        watcher.reset(token)
    before = len(last.loss_curve_) - last.n_iter_  # epochs of earlier calls, with warm_start
    states = [*recorder.states, (last.n_iter_, copy.copy(last))]
    states = [(before + epoch, _in_place_of_last(estimator, state)) for epoch, state in states]
    curve = GrowingCurve(last.loss_curve_, epoch_name(last))
    names = feature_names_of(X, np.shape(X)[1])
    return _animate(scene, curve, states, names, getattr(last, "classes_", None), options)


class Recorder:
    """Keeps the states of one estimator over its training, thinning them out as they become many.

    Parameters
    ----------
    estimator : estimator
        The one to look at; others are ignored.
    n_states : int
        The most states to keep.
    """

    def __init__(self, estimator, n_states):
        self._estimator = estimator
        self._n_states = max(1, n_states)
        self._every = 1
        self._kept = []

    def __call__(self, estimator, run):
        if estimator is self._estimator and run.n_iter % self._every == 0:
            self._kept.append((run.n_iter, snapshot(estimator, run)))
            if len(self._kept) == 2 * self._n_states + 1:
                self._kept = self._kept[::2]
                self._every *= 2
        return False

    @property
    def states(self):
        """Evenly spread epochs before the last, and copies of the estimator fitted so far."""
        kept = self._kept[:-1] or self._kept
        places = np.linspace(0, len(kept) - 1, min(self._n_states, len(kept)))
        return [kept[i] for i in places.round().astype(int)]


def _animate(scene, curve, states, names, classes, options):
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation

    figure, (plane, losses) = plt.subplots(1, 2, figsize=options["figsize"], layout="constrained")
    plane.set_xlabel(names[0])
    if len(names) > 1:
        plane.set_ylabel(names[1])
    scene.begin(plane, classes)
    curve.begin(losses, options["log_scale"])

    def draw(frame):
        epoch, fitted = states[frame]
        scene.update(fitted)
        curve.update(epoch)

    animation = FuncAnimation(figure, draw, frames=len(states), interval=options["interval"])

    def show():
        html = animation.to_jshtml()
        plt.close(figure)  # a notebook would show the figure once more
        return html

    animation._repr_html_ = show
    return animation


def _in_place_of_last(estimator, state):
    """A pipeline that ends in the given state of its last step; the state itself without one."""
    if not isinstance(estimator, Pipeline):
        return state
    return Pipeline([*estimator.steps[:-1], (estimator.steps[-1][0], state)])
