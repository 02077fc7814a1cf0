"""LossCurveDisplay."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from sklearn.base import is_classifier, is_regressor

from .._estimators import unwrap_attribute
from .drawing import COLORS, axes_for, epoch_name, light_grid, require_matplotlib, with_points

_TWIN = "validation scores"


class LossCurveDisplay:
    """Training loss over the epochs, with the validation score where one was watched.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    loss_curves : list of array-like of shape (n_epochs,)
        The training loss of each estimator.

    validation_curves : list of (array-like of shape (n_epochs,) or None), default=None
        The validation score, or loss, of each estimator.

    validation_names : list of (str or None), default=None
        What each validation curve shows. "loss" shares the axis of the training loss; any other
        is a score, higher is better, and goes to an axis of its own on the right.

    names : list of str, default=None
        A name for each estimator, for the legend.

    epoch_name : str, default="epoch"
        Label of the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the losses.

    validation_ax_ : matplotlib Axes or None
        The axes of the validation scores; None without scores.

    figure_ : matplotlib Figure

    lines_ : list of matplotlib Line2D
        The training loss of each estimator.

    validation_lines_ : list of (matplotlib Line2D or None)
        The validation score or loss of each estimator.

    best_points_ : list of (matplotlib Line2D or None)
        The best epoch of each validation curve, whose weights were kept.

    See Also
    --------
    GradientFlowDisplay : The gradient of each layer over the epochs.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> from skbackprop.inspection import LossCurveDisplay
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier(max_iter=20, tol=1, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(clf, log_scale=True)
    >>> display.ax_.get_ylabel()
    'loss'
    """

    def __init__(
        self,
        loss_curves,
        *,
        validation_curves=None,
        validation_names=None,
        names=None,
        epoch_name="epoch",
    ):
        self.loss_curves = loss_curves
        self.validation_curves = validation_curves
        self.validation_names = validation_names
        self.names = names
        self.epoch_name = epoch_name

    @classmethod
    def from_estimator(
        cls, estimator, *, name=None, validation=True, log_scale=False, ax=None, **kwargs
    ):
        """Plot the loss curve of a fitted estimator, or of several.

        Parameters
        ----------
        estimator : fitted estimator, or list or dict of them
            Anything with ``loss_curve_``, such as the estimators of skbackprop and of
            ``sklearn.neural_network``; or a fitted pipeline or search that ends in one. The keys
            of a dict are the names.

        name : str or list of str, default=None
            For the legend; the class names if None.

        validation : bool, default=True
            Whether to draw ``validation_scores_`` too, where there are any.

        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None. Curves that are there already stay.

        **kwargs : dict
            Passed to ``Axes.plot`` for the training loss.

        Returns
        -------
        display : LossCurveDisplay

        Raises
        ------
        TypeError
            If an estimator records no loss curve.

        ValueError
            If there is not one name for each estimator.

        NotFittedError
            If an estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        estimators, names = _named(estimator, name)
        estimators = [unwrap_attribute(one, "loss_curve_", caller) for one in estimators]
        watched = [_validation(one) if validation else (None, None) for one in estimators]
        display = cls(
            [np.asarray(one.loss_curve_, dtype=np.float64) for one in estimators],
            validation_curves=[curve for _, curve in watched],
            validation_names=[what for what, _ in watched],
            names=names or _class_names(estimators),
            epoch_name=epoch_name(estimators[0]),
        )
        return display.plot(ax=ax, log_scale=log_scale, **kwargs)

    def plot(self, ax=None, *, log_scale=False, **kwargs):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None. Curves that are there already stay.

        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.

        **kwargs : dict
            Passed to ``Axes.plot`` for the training loss.

        Returns
        -------
        display : LossCurveDisplay
            Itself.
        """
        ax = axes_for(self, ax)
        n = len(self.loss_curves)
        names = self.names or [None] * n
        self.validation_ax_ = _twin_of(ax)
        self.lines_, self.validation_lines_, self.best_points_ = [], [], []
        for i in range(n):
            color = COLORS[len(_curves_on(ax)) % len(COLORS)]
            self._plot_training(self.loss_curves[i], names[i], {"color": color, **kwargs})
            curve = self.validation_curves[i] if self.validation_curves else None
            what = self.validation_names[i] if self.validation_names else "score"
            self._plot_validation(curve, what, names[i])
        if log_scale:
            ax.set_yscale("log")
        ax.set(xlabel=self.epoch_name, ylabel="loss")
        light_grid(ax)
        self._add_legend()
        return self

    def _plot_training(self, losses, name, options):
        label = "training loss" if name is None else f"{name}, training loss"
        options = {"label": label, **with_points(len(losses)), **options}
        (line,) = self.ax_.plot(np.arange(1, len(losses) + 1), losses, **options)
        line.set_gid("training loss")
        self.lines_.append(line)

    def _plot_validation(self, curve, what, name):
        if curve is None:
            self.validation_lines_.append(None)
            self.best_points_.append(None)
            return
        ax = self.ax_ if what == "loss" else self._axes_of_scores(what)
        color = self.lines_[-1].get_color()
        label = f"validation {what}" if name is None else f"{name}, validation {what}"
        options = {"color": color, "linestyle": "--", "label": label, **with_points(len(curve))}
        (line,) = ax.plot(np.arange(1, len(curve) + 1), curve, **options)
        best = int(np.argmin(curve) if what == "loss" else np.argmax(curve))
        (point,) = ax.plot(best + 1, curve[best], "o", color=color, markeredgecolor="white")
        self.validation_lines_.append(line)
        self.best_points_.append(point)

    def _axes_of_scores(self, what):
        if self.validation_ax_ is None:
            self.validation_ax_ = self.ax_.twinx()
            self.validation_ax_.set_label(_TWIN)
        label = f"validation {what}"
        present = self.validation_ax_.get_ylabel()
        self.validation_ax_.set_ylabel(label if present in ("", label) else "validation score")
        return self.validation_ax_

    def _add_legend(self):
        axes = [ax for ax in (self.ax_, self.validation_ax_) if ax is not None]
        handles = [line for ax in axes for line in ax.get_lines() if line.get_label()[0] != "_"]
        if len(handles) == 1:
            return
        for ax in axes:
            if ax.get_legend() is not None:
                ax.get_legend().remove()
        if len(axes) == 1:
            self.ax_.legend(handles=handles)
        else:  # rising scores and falling losses leave no room inside
            above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
            self.ax_.legend(handles=handles, ncols=2, **above)


def _twin_of(ax):
    """The axes of scores that an earlier display has put over ``ax``."""
    for other in ax.figure.axes:
        if other.get_label() == _TWIN and other in ax.get_shared_x_axes().get_siblings(ax):
            return other
    return None


def _curves_on(ax):
    return [line for line in ax.get_lines() if line.get_gid() == "training loss"]


def _named(estimator, name):
    """The estimators as a list, and their names, or None."""
    if isinstance(estimator, Mapping):
        return list(estimator.values()), [str(key) for key in estimator]
    estimators = list(estimator) if isinstance(estimator, list | tuple) else [estimator]
    names = [name] if isinstance(name, str) else name
    if names is not None and len(names) != len(estimators):
        raise ValueError(f"name has {len(names)} entries for {len(estimators)} estimators.")
    return estimators, names


def _class_names(estimators):
    """The class names, numbered where they repeat; None for a lone estimator."""
    if len(estimators) == 1:
        return None
    names = [type(one).__name__ for one in estimators]
    seen = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} {seen[name]}" if names.count(name) > 1 else name)
    return numbered


def _validation(estimator):
    """What early stopping watched and its curve, or (None, None)."""
    scores = getattr(estimator, "validation_scores_", None)
    if scores is None:
        return None, None
    scores = np.asarray(scores, dtype=np.float64)
    scoring = getattr(estimator, "scoring", None)
    if scoring == "loss":
        return "loss", -scores
    if isinstance(scoring, str):
        return scoring, scores
    if scoring is None and is_classifier(estimator):
        return "accuracy", scores
    return "R²" if scoring is None and is_regressor(estimator) else "score", scores
