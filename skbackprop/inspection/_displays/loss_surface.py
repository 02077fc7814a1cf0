"""LossSurfaceDisplay."""

import numpy as np
from sklearn.utils import check_random_state

from .._estimators import network_to_be_fitted, require_network, unwrap, unwrap_network
from .._recording import fit_and_record
from .drawing import COLORS, INK, axes_for, line_over, require_matplotlib

_MARGIN = 0.25  # of the range of a path


class LossSurfaceDisplay:
    """The objective E over a plane of the parameters, and the path that training took in it.

    Make it with :meth:`from_estimator`, or with :meth:`from_training` for the path.

    Parameters
    ----------
    x, y : ndarray of shape (n_points,)
        Coordinates in the plane.

    losses : ndarray of shape (n_points, n_points)
        E at ``y`` (rows) and ``x`` (columns).

    path : ndarray of shape (n_states, 2), default=None
        Where training went, from the start to the end.

    labels : tuple of two str, default=("direction 1", "direction 2")
        For the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    surface_ : matplotlib QuadContourSet

    path_ : matplotlib Line2D or None

    end_ : matplotlib Line2D
        Where the fitted network is.

    colorbar_ : matplotlib Colorbar

    See Also
    --------
    LossCurveDisplay : The loss over the epochs.

    References
    ----------
    .. [1] Li, Xu, Taylor, Studer & Goldstein (2018), "Visualizing the loss landscape of neural
       nets": directions of the length of each unit's weights, and the principal components of the
       path.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_xor
    >>> from skbackprop.inspection import LossSurfaceDisplay
    >>> X, y = make_xor(random_state=0)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(4,),
    ...     activation="tanh",
    ...     learning_rate_init=0.1,
    ...     max_iter=50,
    ...     tol=0,
    ...     random_state=0,
    ... )
    >>> display = LossSurfaceDisplay.from_training(clf, X, y, n_points=15)
    >>> display.losses.shape, display.path.shape
    ((15, 15), (51, 2))
    """

    def __init__(self, x, y, losses, *, path=None, labels=("direction 1", "direction 2")):
        self.x = x
        self.y = y
        self.losses = losses
        self.path = path
        self.labels = labels

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        weights=None,
        extent=1.0,
        n_points=41,
        random_state=0,
        sample_weight=None,
        ax=None,
        **kwargs,
    ):
        """Evaluate the objective around the parameters of a fitted network.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            Fitted; or a fitted pipeline, search, ``TransformedTargetRegressor`` or
            ``BackpropOutlierDetector`` around one.

        X, y : array-like
            Data for the objective, as for `loss_and_gradients`.

        weights : tuple of two (layer, i, j), default=None
            Two weights to vary, each from unit i of the layer before to unit j of a layer. Layers
            are counted from 1 for the first after the input; units from 0, as in ``coefs_``. Two
            random directions if None, in which each unit's weights are as long as those fitted.

        extent : float, default=1.0
            How far to go each way: in the units of the two weights, or in lengths of the weights.

        n_points : int, default=41
            Points along each side.

        random_state : int, RandomState instance or None, default=0
            Draws the directions.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : LossSurfaceDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If there are no such ``weights``.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        network, X, y = unwrap_network(estimator, X, y, caller)
        objective = network._objective_on(X, y, sample_weight, dtype=np.float64)
        params = objective.network.params.copy()
        steps = np.linspace(-extent, extent, n_points)
        if weights is None:
            directions = random_directions(objective, check_random_state(random_state))
            labels, centre = ("direction 1", "direction 2"), (0.0, 0.0)
        else:
            directions, labels = weight_directions(objective, network, weights)
            centre = directions @ params
        losses = losses_over(objective, params, directions, steps, steps)
        display = cls(centre[0] + steps, centre[1] + steps, losses, labels=labels)
        display.path = np.array([centre])
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_training(
        cls,
        estimator,
        X,
        y=None,
        *,
        weights=None,
        n_points=41,
        n_states=200,
        fit_params=None,
        ax=None,
        **kwargs,
    ):
        """Fit a clone, and evaluate the objective on a plane along the path of its parameters.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            Or a pipeline or ``TransformedTargetRegressor`` around one. It is left as it is.

        X, y : array-like
            Training data, and data for the objective.

        weights : tuple of two (layer, i, j), default=None
            Two weights to vary, as in :meth:`from_estimator`; the first two principal components of
            the path, around its end, if None. What does not lie in the plane is as at the end.

        n_points : int, default=41
            Points along each side.

        n_states : int, default=200
            The most epochs to show on the path, besides the last.

        fit_params : dict, default=None
            Passed to ``fit``.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : LossSurfaceDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If there are no such ``weights``.
        """
        caller = f"{cls.__name__}.from_training"
        require_matplotlib(caller)
        require_network(network_to_be_fitted(estimator), caller)
        fitted, states = fit_and_record(estimator, X, y, n_states, **(fit_params or {}))
        network, inputs, target = unwrap(fitted, X, y)
        first = inputs[:2], None if target is None else target[:2]  # only parameters are read
        path = np.array(
            [state._objective_on(*first, dtype=np.float64).network.params for _, state in states]
        )
        objective = network._objective_on(inputs, target, dtype=np.float64)
        end = objective.network.params.copy()
        if weights is None:
            directions, shares = principal_directions(path - end)
            labels = tuple(
                f"principal component {k + 1} of the path ({share:.0%})"
                for k, share in enumerate(shares)
            )
            places = (path - end) @ directions.T
            centre = np.zeros(2)
        else:
            directions, labels = weight_directions(objective, network, weights)
            places = path @ directions.T
            centre = end @ directions.T
        x, y = (line_over(column, n_points, _MARGIN) for column in places.T)
        losses = losses_over(objective, end, directions, x - centre[0], y - centre[1])
        return cls(x, y, losses, path=places, labels=labels).plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, levels=20, log_scale=True, **kwargs):
        """Draw the surface as filled contours, and the path.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        levels : int, default=20
            How many contours.

        log_scale : bool, default=True
            Whether the contours are closer where E is small.

        **kwargs : dict
            Passed to ``Axes.contourf``.

        Returns
        -------
        display : LossSurfaceDisplay
            Itself.
        """
        from matplotlib.colors import LogNorm

        ax = axes_for(self, ax)
        finite = self.losses[np.isfinite(self.losses)]
        low, high = finite.min(), finite.max()
        options = {"cmap": "viridis", **kwargs}
        if log_scale and 0 < low < high:
            options = {"norm": LogNorm(low, high), **options}
            bounds = np.geomspace(low, high, levels + 1)
        else:
            bounds = np.linspace(low, high if high > low else low + 1, levels + 1)
        shown = np.clip(np.nan_to_num(self.losses, nan=high, posinf=high), low, high)
        self.surface_ = ax.contourf(self.x, self.y, shown, levels=bounds, **options)
        self.path_, self.end_ = None, None
        if self.path is not None:
            outline = {"color": "white", "linewidth": 1.2, "marker": ".", "markersize": 3}
            if len(self.path) > 1:
                (self.path_,) = ax.plot(*self.path.T, **outline)
            (self.end_,) = ax.plot(
                *self.path[-1], "o", color=COLORS[1], markeredgecolor="white", markersize=7
            )
        ax.set(xlabel=self.labels[0], ylabel=self.labels[1])
        ticks = bounds[:: max(1, levels // 5)]
        bar = self.figure_.colorbar(self.surface_, ax=ax, label="objective E", ticks=ticks)
        bar.ax.set_yticklabels([f"{tick:.3g}" for tick in ticks])
        bar.ax.minorticks_off()
        bar.ax.tick_params(labelcolor=INK)
        self.colorbar_ = bar
        return self


# -- planes in the space of parameters ------------------------------------------------------------


def losses_over(objective, params, directions, x, y):
    """E at params + xⱼ d₁ + yᵢ d₂, shape (len(y), len(x))."""
    losses = np.empty((len(y), len(x)))
    for i, down in enumerate(y):
        for j, across in enumerate(x):
            objective.network.params[...] = params + across * directions[0] + down * directions[1]
            losses[i, j], _ = objective.value_and_gradient()
    objective.network.params[...] = params
    return losses


def random_directions(objective, rng):
    """Two random directions; each unit's weights have the length of its fitted ones."""
    network = objective.network
    directions = np.zeros((2, network.params.size))
    for direction in directions:
        for place, W in zip(network.weights(direction), network.weights(), strict=True):
            drawn = rng.standard_normal(W.shape)
            place[...] = drawn * (np.linalg.norm(W, axis=0) / np.linalg.norm(drawn, axis=0))
    return directions


def weight_directions(objective, network, weights):
    """Unit vectors along two weights, and what the weights are called."""
    directions = np.zeros((2, objective.network.params.size))
    labels = []
    for direction, (layer, i, j) in zip(directions, weights, strict=True):
        shapes = [W.shape for W in network.coefs_]
        if not 1 <= layer <= len(shapes) or not (
            0 <= i < shapes[layer - 1][0] and 0 <= j < shapes[layer - 1][1]
        ):
            raise ValueError(
                f"weights has {(layer, i, j)!r}, but coefs_ has the shapes {shapes}, of layers "
                "that are counted from 1."
            )
        objective.network.weights(direction)[layer - 1][i, j] = 1.0
        labels.append(f"weight {i} → {j} of layer {layer}")
    return directions, tuple(labels)


def principal_directions(deviations):
    """The first two principal components of rows about zero, and their shares of the squares."""
    _, singular, components = np.linalg.svd(deviations, full_matrices=False)
    if len(components) < 2:  # a path of one step
        components = np.vstack([components, np.zeros_like(components)])
        singular = np.append(singular, 0.0)
    total = (singular**2).sum() or 1.0
    return components[:2], singular[:2] ** 2 / total
