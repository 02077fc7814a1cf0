"""What a network says about two-dimensional data, drawn anew while it learns.

A scene is made with the data, draws itself on axes by ``begin``, and by ``update`` shows what a
fitted estimator, in another state of its training, makes of the data.
"""

import numpy as np
from sklearn.base import is_classifier, is_regressor

from ._displays.drawing import (
    COLORS,
    FAINT,
    INK,
    class_colors,
    grid_around,
    light_grid,
    line_over,
)
from ._estimators import as_array, frame_like


def scene_for(estimator, X, y, resolution):
    """The scene that suits an estimator and its data.

    Raises
    ------
    ValueError
        If there is none: for data of more than two features, or several targets.
    """
    points = as_array(X)
    n_features = points.shape[1]
    what = f"{type(estimator).__name__} on {n_features} features"
    if y is not None and np.ndim(y) == 2 and np.shape(y)[1] > 1:
        raise ValueError(f"watch draws a single target; got y of shape {np.shape(y)}.")
    if is_regressor(estimator) and n_features == 1:
        return RegressionCurve(points, y, line_over(points[:, 0], 4 * resolution), X)
    if n_features != 2:
        raise ValueError(f"watch draws data of two features, or regression on one; got {what}.")
    if is_classifier(estimator):
        return DecisionRegions(points, y, resolution, X)
    if is_regressor(estimator):
        return RegressionSurface(points, y, resolution, X)
    return MovingReconstructions(points, X)


class DecisionRegions:
    """The plane in the colours of the classes, mixed by their probabilities."""

    def __init__(self, points, y, resolution, X):
        self._points, self._y = points, np.asarray(y).reshape(len(points))
        self._xx, self._yy, grid = grid_around(points, resolution)
        self._grid = frame_like(grid, X)

    def begin(self, ax, classes):
        from matplotlib.colors import to_rgb

        self._colors = np.array([to_rgb(color) for color in class_colors(len(classes))])
        extent = (self._xx.min(), self._xx.max(), self._yy.min(), self._yy.max())
        blank = np.ones((*self._xx.shape, 3))
        self.image = ax.imshow(
            blank, extent=extent, origin="lower", aspect="auto", interpolation="bilinear"
        )
        for label, color in zip(classes, self._colors, strict=True):
            chosen = self._points[self._y == label]
            options = {"s": 14, "edgecolors": "white", "linewidths": 0.4, "label": str(label)}
            ax.scatter(*chosen.T, color=color, **options)
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
        ax.legend(ncols=min(len(classes), 6), **above)

    def update(self, fitted):
        probability = fitted.predict_proba(self._grid)
        pale = 1 - 0.5 * (1 - self._colors)  # so that the points stand out
        self.image.set_data((probability @ pale).reshape(*self._xx.shape, 3).clip(0, 1))


class RegressionCurve:
    """The predictions over one feature."""

    def __init__(self, points, y, line, X):
        self._points, self._y, self._line = points, np.asarray(y).reshape(len(points)), line
        self._inputs = frame_like(line[:, np.newaxis], X)

    def begin(self, ax, _):
        options = {"s": 14, "color": COLORS[0], "alpha": 0.6, "linewidths": 0}
        ax.scatter(self._points[:, 0], self._y, **options)
        (self.curve,) = ax.plot(self._line, np.full(len(self._line), np.nan), color=COLORS[1], lw=2)
        ax.set_ylabel("y")
        light_grid(ax)

    def update(self, fitted):
        self.curve.set_ydata(fitted.predict(self._inputs))


class RegressionSurface:
    """The predictions over the plane, the samples in the same colours."""

    def __init__(self, points, y, resolution, X):
        self._points, self._y = points, np.asarray(y).reshape(len(points))
        self._xx, self._yy, grid = grid_around(points, resolution)
        self._grid = frame_like(grid, X)

    def begin(self, ax, _):
        extent = (self._xx.min(), self._xx.max(), self._yy.min(), self._yy.max())
        shared = {"cmap": "viridis", "vmin": self._y.min(), "vmax": self._y.max()}
        options = {"extent": extent, "origin": "lower", "aspect": "auto"}
        self.image = ax.imshow(np.full(self._xx.shape, np.nan), **options, **shared)
        points = ax.scatter(*self._points.T, c=self._y, s=16, edgecolors="white", lw=0.4, **shared)
        ax.figure.colorbar(points, ax=ax, label="y")

    def update(self, fitted):
        self.image.set_data(fitted.predict(self._grid).reshape(self._xx.shape))


class MovingReconstructions:
    """The samples, and where an autoencoder puts them."""

    def __init__(self, points, X):
        self._points, self._inputs = points, X

    def begin(self, ax, _):
        options = {"s": 12, "color": FAINT, "alpha": 0.6, "linewidths": 0}
        ax.scatter(*self._points.T, label="original", **options)
        self.points = ax.scatter(
            *self._points.T, s=12, color=COLORS[1], linewidths=0, label="reconstruction"
        )
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
        ax.legend(ncols=2, **above)

    def update(self, fitted):
        self.points.set_offsets(as_array(fitted.inverse_transform(fitted.transform(self._inputs))))


class GrowingCurve:
    """The loss so far, over the whole curve in pale."""

    def __init__(self, loss_curve, epoch_name):
        self._epoch_name = epoch_name
        self._losses = np.asarray(loss_curve, dtype=np.float64)
        self._epochs = np.arange(1, len(self._losses) + 1)

    def begin(self, ax, log_scale):
        ax.plot(self._epochs, self._losses, color=FAINT, alpha=0.4, linewidth=1)
        (self.line,) = ax.plot([], [], color=COLORS[0], linewidth=1.8)
        (self.point,) = ax.plot([], [], "o", color=COLORS[0])
        ax.set(xlabel=self._epoch_name, ylabel="loss")
        if log_scale:
            ax.set_yscale("log")
        light_grid(ax)
        self.title = ax.set_title("", color=INK, fontsize="medium")

    def update(self, epoch):
        self.line.set_data(self._epochs[:epoch], self._losses[:epoch])
        self.point.set_data(self._epochs[:epoch][-1:], self._losses[:epoch][-1:])
        loss = f", loss = {self._losses[epoch - 1]:.4f}" if epoch else ""
        self.title.set_text(f"{self._epoch_name} {epoch}{loss}")
