"""InputGradientsDisplay."""

import numpy as np

from .._estimators import as_array, unwrap_network
from .._input_gradients import input_gradients, integrated_gradients
from .._layers import input_names, output_names
from .drawing import COLORS, INK, axes_for, class_colors, light_grid, require_matplotlib

_KINDS = ("gradients", "integrated")


class InputGradientsDisplay:
    """The features of a classifier or regressor, ranked by how much the output depends on them.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    importances : ndarray of shape (n_features, n_outputs)
        How much each output depends on each feature; not negative.

    feature_names : list of str, default=None
        "x₁", "x₂" ... if None.

    output_names : list of str, default=None
        For the legend, where there are several outputs.

    label : str, default="importance"
        What ``importances`` are, for the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    bars_ : list of matplotlib BarContainer
        One an output, side by side in one bar a feature.

    order_ : ndarray of shape (n_shown,)
        The features that are shown, the most important first.

    See Also
    --------
    input_gradients : The gradient for each sample.
    integrated_gradients : Shares of the output that add up.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import InputGradientsDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(8,), activation="tanh", solver="lbfgs", max_iter=500, random_state=0
    ... )
    >>> pipe = make_pipeline(StandardScaler(), clf).fit(X, y)
    >>> display = InputGradientsDisplay.from_estimator(pipe, X)
    >>> len(display.bars_)
    3
    """

    def __init__(self, importances, *, feature_names=None, output_names=None, label="importance"):
        self.importances = importances
        self.feature_names = feature_names
        self.output_names = output_names
        self.label = label

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        kind="gradients",
        of="score",
        output=None,
        baseline=None,
        n_steps=50,
        feature_names=None,
        ax=None,
        **kwargs,
    ):
        """Rank the features by the gradients of a fitted estimator.

        Parameters
        ----------
        estimator : BackpropClassifier or BackpropRegressor
            Fitted; or a fitted pipeline, search or ``TransformedTargetRegressor`` around one. The
            features are those that the network itself receives.

        X : array-like of shape (n_samples, n_features)
            Samples to average over.

        kind : {"gradients", "integrated"}, default="gradients"
            "gradients": the mean absolute gradient times the standard deviation of the feature, so
            that its unit does not matter. "integrated": the mean absolute share of the feature in
            the difference to the output for ``baseline``.

        of : {"score", "prediction"}, default="score"
            Raw scores, or what the link makes of them.

        output : int, default=None
            One of several outputs; all if None.

        baseline : array-like, default=None
            For "integrated", see `integrated_gradients`.

        n_steps : int, default=50
            For "integrated", see `integrated_gradients`.

        feature_names : list of str, default=None
            The names of the columns, where they are known, if None.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : InputGradientsDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If ``kind``, ``of`` or ``output`` is none of those.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}.")
        network, inputs, _ = unwrap_network(estimator, X, None, caller)
        if kind == "gradients":
            values = input_gradients(estimator, X, of=of, output=output)
            label = f"mean |∂ {of} / ∂x| · standard deviation of x"
        else:
            options = {"baseline": baseline, "n_steps": n_steps, "of": of, "output": output}
            values = integrated_gradients(estimator, X, **options)
            label = f"mean |share of the {of}|"
        values = values.reshape(*values.shape[:2], -1)
        importances = np.abs(values).mean(axis=0)
        if kind == "gradients":
            importances *= as_array(inputs).std(axis=0)[:, np.newaxis]
        names = output_names(network) if output is None else None
        display = cls(
            importances,
            feature_names=input_names(estimator, len(importances))
            if feature_names is None
            else feature_names,
            output_names=names or [f"output {k + 1}" for k in range(importances.shape[1])],
            label=label,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, max_features=20, **kwargs):
        """Draw a bar for each feature, the most important on top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        max_features : int, default=20
            The features after those are left out.

        **kwargs : dict
            Passed to ``Axes.barh``.

        Returns
        -------
        display : InputGradientsDisplay
            Itself.
        """
        importances = np.asarray(self.importances, dtype=np.float64)
        n_features, n_outputs = importances.shape
        total = importances.sum(axis=1)
        self.order_ = np.argsort(-total, kind="stable")[:max_features]
        ax = axes_for(self, ax, figsize=(6.4, 1.2 + 0.28 * len(self.order_)))
        places, left = np.arange(len(self.order_)), np.zeros(len(self.order_))
        self.bars_ = []
        colors = class_colors(n_outputs) if n_outputs > 1 else [COLORS[0]]
        for k in range(n_outputs):
            widths = importances[self.order_, k]
            label = self.output_names[k] if self.output_names else f"output {k + 1}"
            options = {"color": colors[k], "label": label, **kwargs}
            self.bars_.append(ax.barh(places, widths, left=left, **options))
            left = left + widths
        names = input_names(None, n_features) if self.feature_names is None else self.feature_names
        ax.set_yticks(places, [str(names[i]) for i in self.order_])
        ax.invert_yaxis()
        ax.set_xlabel(self.label)
        if n_features > len(self.order_):
            ax.set_title(f"the first {len(self.order_)} of {n_features} features", color=INK)
        if n_outputs > 1:
            ax.legend()
        light_grid(ax)
        return self
