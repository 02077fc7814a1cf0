"""GradientFlowDisplay."""

from itertools import pairwise

import numpy as np

from .._estimators import network_to_be_fitted, require_network, unwrap_attribute
from .._recording import fit_and_record
from .drawing import (
    INK,
    axes_for,
    epoch_name,
    layer_colors,
    light_grid,
    require_matplotlib,
    with_points,
)

_MOST_IN_LEGEND = 6
_KINDS = ("norms", "ratios", "updates")


class GradientFlowDisplay:
    """The norm of each layer's gradient over the epochs, to see it vanish or explode.

    Make it with :meth:`from_estimator`; with :meth:`from_training` to see also how far each layer's
    weights move.

    Parameters
    ----------
    gradient_norms : array-like of shape (n_epochs, n_layers)
        The L2 norm of ∂E/∂W of each layer, at the last batch of each epoch.

    weight_norms : array-like of shape (n_layers,), default=None
        The L2 norm of each layer's fitted weights, for ``kind="ratios"``.

    update_ratios : array-like of shape (n_epochs, n_layers), default=None
        ‖ΔW‖ / ‖W‖ of each layer in each epoch, for ``kind="updates"``.

    layer_names : list of str, default=None
        "layer 1", "layer 2" ... if None.

    epoch_name : str, default="epoch"
        Label of the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    lines_ : list of matplotlib Line2D
        One a layer, from the input (dark) to the output (light); empty for ``kind="ratios"``.

    points_ : matplotlib PathCollection or None
        The ratio of each layer; None for ``kind="norms"``.

    See Also
    --------
    LossCurveDisplay : The loss over the epochs.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import GradientFlowDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(8,) * 3, activation="logistic", max_iter=20, tol=1, random_state=0
    ... )
    >>> display = GradientFlowDisplay.from_estimator(clf.fit(X, y))
    >>> len(display.lines_)
    4
    """

    def __init__(
        self,
        gradient_norms,
        *,
        weight_norms=None,
        update_ratios=None,
        layer_names=None,
        epoch_name="epoch",
    ):
        self.gradient_norms = gradient_norms
        self.weight_norms = weight_norms
        self.update_ratios = update_ratios
        self.layer_names = layer_names
        self.epoch_name = epoch_name

    @classmethod
    def from_estimator(cls, estimator, *, kind="norms", ax=None, **kwargs):
        """Plot the gradient norms that a fitted estimator has recorded.

        Parameters
        ----------
        estimator : fitted estimator
            With ``gradient_norms_``; or a fitted pipeline or search that ends in one.

        kind : {"norms", "ratios"}, default="norms"
            "norms": ‖∂E/∂W‖ of each layer over the epochs. "ratios": ‖∂E/∂W‖ / ‖W‖ of each layer at
            the end, the share of its weights by which a step of rate 1 would move the layer.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.plot`` or ``Axes.scatter``.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        TypeError
            If the estimator records no gradient norms.

        ValueError
            If ``kind`` is unknown.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        display = cls._of(unwrap_attribute(estimator, "gradient_norms_", caller))
        return display.plot(ax=ax, kind=kind, **kwargs)

    @classmethod
    def from_training(
        cls, estimator, X, y=None, *, kind="updates", fit_params=None, ax=None, **kwargs
    ):
        """Fit a clone, and plot how far each layer's weights move in each epoch.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            Or a pipeline or ``TransformedTargetRegressor`` around one. It is left as it is.

        X, y : array-like
            Training data.

        kind : {"norms", "ratios", "updates"}, default="updates"
            "updates": ‖ΔW‖ / ‖W‖ of each layer, where ΔW is the change from the end of one epoch to
            the end of the next: all its steps together. The others as in :meth:`from_estimator`.

        fit_params : dict, default=None
            Passed to ``fit``.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.plot`` or ``Axes.scatter``.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        TypeError
            If the estimator records no gradient norms.

        ValueError
            If ``kind`` is unknown.
        """
        caller = f"{cls.__name__}.from_training"
        require_matplotlib(caller)
        _refuse_unknown_kind(kind)
        require_network(network_to_be_fitted(estimator), caller)
        fitted, states = fit_and_record(estimator, X, y, None, **(fit_params or {}))
        display = cls._of(unwrap_attribute(fitted, "gradient_norms_", caller))
        weights = [state.coefs_ for _, state in states]
        display.update_ratios = np.array(
            [
                [np.linalg.norm(W1 - W0) / np.linalg.norm(W0) for W0, W1 in zip(*pair, strict=True)]
                for pair in pairwise(weights)
            ]
        )
        return display.plot(ax=ax, kind=kind, **kwargs)

    @classmethod
    def _of(cls, fitted):
        shapes = [W.shape for W in fitted.coefs_]
        return cls(
            np.asarray(fitted.gradient_norms_, dtype=np.float64),
            weight_norms=np.array([np.linalg.norm(W) for W in fitted.coefs_]),
            layer_names=[f"layer {i + 1} ({n} → {m})" for i, (n, m) in enumerate(shapes)],
            epoch_name=epoch_name(fitted),
        )

    def plot(self, ax=None, *, kind="norms", **kwargs):
        """Draw the norms, or the ratios.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        kind : {"norms", "ratios", "updates"}, default="norms"
            See :meth:`from_estimator` and :meth:`from_training`.

        **kwargs : dict
            Passed to ``Axes.plot`` or ``Axes.scatter``.

        Returns
        -------
        display : GradientFlowDisplay
            Itself.

        Raises
        ------
        ValueError
            If ``kind`` is unknown, "ratios" without ``weight_norms`` or "updates" without
            ``update_ratios``.
        """
        _refuse_unknown_kind(kind)
        if kind == "ratios" and self.weight_norms is None:
            raise ValueError("kind='ratios' needs weight_norms.")
        if kind == "updates" and self.update_ratios is None:
            raise ValueError("kind='updates' needs update_ratios; from_training has them.")
        axes_for(self, ax)
        self.lines_, self.points_ = [], None
        norms = np.atleast_2d(self.gradient_norms)
        names = self.layer_names or [f"layer {i + 1}" for i in range(norms.shape[1])]
        if kind == "ratios":
            self._plot_ratios(norms, names, kwargs)
        elif kind == "norms":
            self._plot_course(norms, "gradient norm ‖∂E/∂W‖", names, kwargs)
        else:
            ratios = np.atleast_2d(self.update_ratios)
            self._plot_course(ratios, "update / weight ratio ‖ΔW‖ / ‖W‖", names, kwargs)
        light_grid(self.ax_)
        return self

    def _plot_course(self, norms, label, names, kwargs):
        ax, epochs = self.ax_, np.arange(1, len(norms) + 1)
        shown = np.where(norms > 0, norms, np.nan)  # a logarithm of zero is a gap in the line
        colors = layer_colors(len(names))
        for values, name, color in zip(shown.T, names, colors, strict=True):
            options = {"color": color, "label": name, "linewidth": 1.3, **with_points(len(norms))}
            self.lines_ += ax.plot(epochs, values, **{**options, **kwargs})
        ax.set_yscale("log")
        ax.set(xlabel=self.epoch_name, ylabel=label)
        if len(names) <= _MOST_IN_LEGEND:
            ax.legend()
        else:
            self._add_colorbar(colors)

    def _add_colorbar(self, colors):
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import BoundaryNorm, ListedColormap

        n = len(colors)
        mappable = ScalarMappable(BoundaryNorm(np.arange(n + 1) + 0.5, n), ListedColormap(colors))
        ticks = np.unique(np.linspace(1, n, min(n, 10)).round().astype(int))
        bar = self.figure_.colorbar(mappable, ax=self.ax_, ticks=ticks, label="layer")
        bar.minorticks_off()

    def _plot_ratios(self, norms, names, kwargs):
        ratios = norms[-1] / self.weight_norms
        places = np.arange(len(names))
        options = {"c": layer_colors(len(names)), "s": 60, "edgecolors": INK, **kwargs}
        self.points_ = self.ax_.scatter(ratios, places, **options)
        self.ax_.set_xscale("log")
        self.ax_.set_yticks(places, names)
        self.ax_.invert_yaxis()  # the input on top
        self.ax_.set_xlabel("gradient / weight ratio ‖∂E/∂W‖ / ‖W‖")


def _refuse_unknown_kind(kind):
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}.")
