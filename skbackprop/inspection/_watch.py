"""An animation of a network that learns."""

import copy

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from ._displays.drawing import epoch_name, require_matplotlib
from ._estimators import feature_names_of, network_to_be_fitted, require_network, unwrap
from ._recording import recorded_fit
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
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
        Not yet fitted; it will be. Or a ``Pipeline`` that ends in one, or a
        ``TransformedTargetRegressor`` around one.

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
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(16, 8),
    ...     activation="tanh",
    ...     learning_rate_init=0.03,
    ...     max_iter=300,
    ...     tol=0,
    ... )
    >>> animation = watch(clf, X, y)  # doctest: +SKIP
    >>> animation.save("spirals.gif")  # doctest: +SKIP
    """
    require_matplotlib("watch")
    last = network_to_be_fitted(estimator)
    require_network(last, "watch")
    if getattr(last, "n_init", 1) != 1:
        raise ValueError(f"watch shows one training: n_init must be 1, got {last.n_init}.")
    scene = scene_for(last, X, y, grid_resolution)
    options = {"log_scale": log_scale, "interval": interval, "figsize": figsize}
    with recorded_fit(n_frames - 1) as recorder:
        estimator.fit(X, y, **fit_params)
    last, _, _ = unwrap(estimator)
    before = len(last.loss_curve_) - last.n_iter_  # epochs of earlier calls, with warm_start
    states = [*recorder.states, (last.n_iter_, copy.copy(last))]
    states = [(before + epoch, _with_network(estimator, state)) for epoch, state in states]
    curve = GrowingCurve(last.loss_curve_, epoch_name(last))
    names = feature_names_of(X, np.shape(X)[1])
    return _animate(scene, curve, states, names, getattr(last, "classes_", None), options)


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


def _with_network(estimator, network):
    """A copy of a fitted estimator with another network in place of its own."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return Pipeline([*estimator.steps[:-1], (name, _with_network(last, network))])
    if isinstance(estimator, TransformedTargetRegressor):
        outer = copy.copy(estimator)
        outer.regressor_ = _with_network(estimator.regressor_, network)
        return outer
    return network
