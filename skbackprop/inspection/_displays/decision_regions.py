"""DecisionRegionsDisplay."""

import numpy as np
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.utils.validation import check_is_fitted

from .._estimators import as_array, feature_names_of
from .drawing import axes_for, class_colors, require_matplotlib

_PALE = 0.35  # the regions: points on them stand out
_MARGIN = 0.1  # of the wider range


class DecisionRegionsDisplay:
    """The regions of a classifier in the plane, for any number of classes, with the data on top.

    The plane is evaluated by scikit-learn's ``DecisionBoundaryDisplay``. Make it with
    :meth:`from_estimator`.

    Parameters
    ----------
    boundary : DecisionBoundaryDisplay
        With the classes over the plane as numbers from 0 in its ``response``.

    classes : ndarray of shape (n_classes,)
        Their names.

    points : ndarray of shape (n_samples, 2), default=None
        The data.

    target : ndarray of shape (n_samples,), default=None
        Their classes.

    feature_names : sequence of two str, default=("feature 1", "feature 2")
        For the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    surface_ : matplotlib QuadMesh
        The regions.

    points_ : list of matplotlib PathCollection
        The samples of each class.

    See Also
    --------
    sklearn.inspection.DecisionBoundaryDisplay : Scores and probabilities over the plane.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> from skbackprop.inspection import DecisionRegionsDisplay
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(16,),
    ...     activation="tanh",
    ...     solver="lbfgs",
    ...     max_iter=500,
    ...     random_state=0,
    ... )
    >>> display = DecisionRegionsDisplay.from_estimator(clf.fit(X, y), X, y)
    >>> len(display.points_)
    2
    """

    def __init__(
        self,
        boundary,
        classes,
        *,
        points=None,
        target=None,
        feature_names=("feature 1", "feature 2"),
    ):
        self.boundary = boundary
        self.classes = classes
        self.points = points
        self.target = target
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, grid_resolution=300, eps=None, ax=None, **kwargs
    ):
        """Draw the regions of a fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier
            Any of scikit-learn's conventions, with ``classes_`` and ``predict``; in a pipeline or
            search, too.

        X : array-like of shape (n_samples, 2)
            Data of two features; their range, and a margin, is the plane.

        y : array-like of shape (n_samples,), default=None
            The classes of the data. The data are not drawn if None.

        grid_resolution : int, default=300
            Points along each side of the plane.

        eps : float, default=None
            The margin, in the units of ``X``; a tenth of the wider range if None.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : DecisionRegionsDisplay

        Raises
        ------
        TypeError
            If the estimator has no ``classes_``.

        ValueError
            If ``X`` has not two features, or the estimator has several targets.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        check_is_fitted(estimator)
        classes = getattr(estimator, "classes_", None)
        if classes is None:
            raise TypeError(
                f"{caller} needs a classifier with classes_; {type(estimator).__name__} has none."
            )
        if isinstance(classes, list):
            raise ValueError(f"{caller} needs one target, got {len(classes)}.")
        points = as_array(X)
        if points.shape[1] != 2:
            raise ValueError(f"{caller} needs X of two features, got {points.shape[1]}.")
        from matplotlib.figure import Figure

        boundary = DecisionBoundaryDisplay.from_estimator(
            estimator,
            X,
            response_method="predict",
            grid_resolution=grid_resolution,
            eps=_MARGIN * np.ptp(points, axis=0).max() if eps is None else eps,
            ax=Figure().subplots(),  # it draws at once; what it found is drawn again by plot
        )
        display = cls(
            boundary,
            np.asarray(classes),
            points=None if y is None else points,
            target=None if y is None else np.asarray(y).reshape(len(points)),
            feature_names=feature_names_of(X, 2),
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, legend=True, **kwargs):
        """Draw the regions and the data.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        legend : bool, default=True
            Whether to name the classes, above the plane.

        **kwargs : dict
            Passed to ``Axes.scatter`` for the data.

        Returns
        -------
        display : DecisionRegionsDisplay
            Itself.
        """
        from matplotlib.colors import ListedColormap, to_rgb

        ax = axes_for(self, ax)
        n = len(self.classes)
        colors = np.array([to_rgb(color) for color in class_colors(n)])
        found = self.boundary
        self.surface_ = ax.pcolormesh(  # contours would run through the classes between
            found.xx0,
            found.xx1,
            found.response,
            cmap=ListedColormap(1 - _PALE * (1 - colors)),
            vmin=-0.5,
            vmax=n - 0.5,
            shading="nearest",
            rasterized=True,
            zorder=-1,
        )
        self.points_ = []
        if self.points is not None:
            for label, color in zip(self.classes, colors, strict=True):
                chosen = self.points[self.target == label]
                options = {"s": 16, "edgecolors": "white", "linewidths": 0.4, "label": str(label)}
                self.points_.append(ax.scatter(*chosen.T, color=color, **{**options, **kwargs}))
        ax.set(xlabel=self.feature_names[0], ylabel=self.feature_names[1])
        if legend and self.points is not None:
            above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
            ax.legend(ncols=min(n, 6), **above)
        return self
