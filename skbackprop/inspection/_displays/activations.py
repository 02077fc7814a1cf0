"""ActivationDisplay."""

import numpy as np
from sklearn.base import is_classifier, is_regressor

from .._estimators import network_to_be_fitted, require_network, unwrap_network
from .._layers import layer_names
from .._recording import fit_and_record, record_pass
from .drawing import (
    INK,
    axes_for,
    epoch_name,
    layer_colors,
    light_grid,
    require_matplotlib,
)

_FLAT = 0.05  # of the largest σ′: below it, a unit is saturated
_STEEPEST = {"logistic": 0.25}  # σ′; about 1 for the others
_BINS = 60
_SHOWN = (0.001, 0.999)  # quantiles: an outlier does not stretch the axis


class ActivationDisplay:
    """The activations of each hidden layer, and how many of them hand no gradient on.

    A unit is saturated for a sample where σ′ is below 5 % of its largest value: "tanh" beyond
    ±0.97, "relu" where it is zero. It is dead if it is saturated for every sample: (almost) no
    gradient passes through it, and the weights into it do not learn. Make the display with
    :meth:`from_estimator`, or over the epochs with :meth:`from_training`.

    Parameters
    ----------
    activations : list of ndarray of shape (n_samples, n_units), default=None
        Of each hidden layer, for histograms.

    saturated : ndarray of shape (n_layers,) or (n_states, n_layers)
        The share of the activations that are saturated; over the epochs with ``epochs``.

    dead : ndarray of shape (n_layers,) or (n_states, n_layers)
        The share of the units that are dead.

    epochs : ndarray of shape (n_states,), default=None
        When ``saturated`` and ``dead`` were seen.

    layer_names : list of str, default=None
        "hidden 1", "hidden 2" ... if None.

    epoch_name : str, default="epoch"
        Label of the horizontal axis over the epochs.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    histograms_ : list of matplotlib PolyCollection
        One a layer, the first on top; empty over the epochs.

    saturated_lines_, dead_lines_ : list of matplotlib Line2D
        One a layer, from the first (dark) to the last (light); empty for histograms.

    See Also
    --------
    GradientFlowDisplay : The gradients that reach each layer.

    References
    ----------
    .. [1] Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural
       networks", whose figures 2 and 3 show saturation over the epochs.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import ActivationDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(8, 8), activation="tanh", max_iter=20, tol=1, random_state=0
    ... ).fit(X, y)
    >>> display = ActivationDisplay.from_estimator(clf, X)
    >>> len(display.histograms_)
    2
    """

    def __init__(
        self,
        activations,
        saturated,
        dead,
        *,
        epochs=None,
        layer_names=None,
        epoch_name="epoch",
    ):
        self.activations = activations
        self.saturated = saturated
        self.dead = dead
        self.epochs = epochs
        self.layer_names = layer_names
        self.epoch_name = epoch_name

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None, **kwargs):
        """Draw a histogram of the activations of each hidden layer of a fitted network.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            Fitted; or a fitted pipeline, search, ``TransformedTargetRegressor`` or
            ``BackpropOutlierDetector`` around one.

        X : array-like of shape (n_samples, n_features)
            Samples.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.fill_between``.

        Returns
        -------
        display : ActivationDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If the network has no hidden layer, or layers that `trace` cannot follow.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        network, X, _ = unwrap_network(estimator, X, None, caller)
        activations, saturated, dead = _look_at(network, X, caller)
        display = cls(activations, saturated, dead, layer_names=_names(network))
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_training(
        cls, estimator, X, y=None, *, n_states=30, X_shown=None, fit_params=None, ax=None, **kwargs
    ):
        """Fit a clone, and draw the share of saturated and of dead units over the epochs.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            Or a pipeline or ``TransformedTargetRegressor`` around one. It is left as it is.

        X, y : array-like
            Training data.

        n_states : int, default=30
            How many epochs to look at, besides the last.

        X_shown : array-like of shape (n_samples, n_features), default=None
            Samples whose activations are counted; ``X`` if None.

        fit_params : dict, default=None
            Passed to ``fit``.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : ActivationDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If the network has no hidden layer, or layers that `trace` cannot follow.
        """
        caller = f"{cls.__name__}.from_training"
        require_matplotlib(caller)
        require_network(network_to_be_fitted(estimator), caller)
        fitted, states = fit_and_record(estimator, X, y, n_states, **(fit_params or {}))
        network, inputs, _ = unwrap_network(fitted, X if X_shown is None else X_shown, None, caller)
        seen = [_look_at(state, inputs, caller)[1:] for _, state in states]
        display = cls(
            None,
            np.array([saturated for saturated, _ in seen]),
            np.array([dead for _, dead in seen]),
            epochs=np.array([epoch for epoch, _ in states]),
            layer_names=_names(network),
            epoch_name=epoch_name(network),
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the histograms, or the course over the epochs.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.fill_between``, or to ``Axes.plot`` over the epochs.

        Returns
        -------
        display : ActivationDisplay
            Itself.
        """
        self.histograms_, self.saturated_lines_, self.dead_lines_ = [], [], []
        n_layers = np.shape(self.saturated)[-1]
        names = self.layer_names or [f"hidden {i + 1}" for i in range(n_layers)]
        if self.epochs is None:
            axes_for(self, ax, figsize=(6.4, 1.2 + 0.9 * n_layers))
            self._plot_histograms(names, layer_colors(n_layers), kwargs)
        else:
            axes_for(self, ax)
            self._plot_epochs(names, layer_colors(n_layers), kwargs)
        return self

    def _plot_histograms(self, names, colors, kwargs):
        """One above the other, each as high as the next begins."""
        ax = self.ax_
        n_layers = len(self.activations)
        ends = [np.quantile(a, _SHOWN) for a in self.activations]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
        labels = []
        for number, (values, color) in enumerate(zip(self.activations, colors, strict=True)):
            base = n_layers - 1 - number  # the first on top
            counts, _ = np.histogram(values.clip(edges[0], edges[-1]), edges)
            heights = base + 0.8 * np.append(counts, counts[-1]) / counts.max()
            options = {"color": color, "alpha": 0.8, "step": "post", "linewidth": 0, **kwargs}
            self.histograms_.append(ax.fill_between(edges, base, heights, **options))
            n_units = values.shape[1]
            labels.append(
                f"{names[number]}\n{self.saturated[number]:.0%} saturated\n"
                f"{round(self.dead[number] * n_units)} of {n_units} dead"
            )
        ax.set_yticks(np.arange(n_layers)[::-1] + 0.35, labels)
        ax.tick_params(axis="y", length=0, labelcolor=INK)
        ax.set_xlabel("activation")
        light_grid(ax)
        ax.yaxis.grid(False)

    def _plot_epochs(self, names, colors, kwargs):
        ax = self.ax_
        for number, (name, color) in enumerate(zip(names, colors, strict=True)):
            options = {"color": color, "label": f"{name}, saturated", **kwargs}
            self.saturated_lines_ += ax.plot(self.epochs, self.saturated[:, number], **options)
            options = {"color": color, "label": f"{name}, dead units", "linestyle": ":", **kwargs}
            self.dead_lines_ += ax.plot(self.epochs, self.dead[:, number], **options)
        ax.set(xlabel=self.epoch_name, ylabel="share", ylim=(-0.02, 1.02))
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
        ax.legend(ncols=2, fontsize="small", **above)
        light_grid(ax)


def _names(network):
    """Of the layers with an activation: all but the last, and but linear codes."""
    return [f"{name} ({function})" for name, function in layer_names(network)[:-1]]


def _look_at(network, X, caller):
    """Activations of each hidden layer, and the shares of saturated ones and of dead units."""
    has_target = is_classifier(network) or is_regressor(network)
    y = network.predict(X) if has_target else None  # any y will do: only the way forward counts
    passes = record_pass(network, X, y, as_in_prediction=True)
    hidden = passes.layers[:-1]
    if not hidden:
        raise ValueError(f"{caller} needs a network with a hidden layer.")
    saturated, dead = [], []
    for layer in hidden:
        if layer.derivative is None:  # linear
            flat = np.zeros(layer.a.shape, dtype=bool)
        else:
            flat = np.abs(layer.derivative) < _FLAT * _STEEPEST.get(layer.activation, 1.0)
        saturated.append(flat.mean())
        dead.append(flat.all(axis=0).mean())
    return [layer.a for layer in hidden], np.array(saturated), np.array(dead)
