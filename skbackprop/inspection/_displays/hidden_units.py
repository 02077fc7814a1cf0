"""HiddenUnitsDisplay."""

import numpy as np

from .._estimators import unwrap_attribute
from .._layers import chain, input_names
from .drawing import (
    INK,
    as_images,
    axes_for,
    centres,
    diverging_colormap,
    mosaic,
    require_matplotlib,
)
from .network_values import maps_of

_KINDS = ("weights", "regions")
_MOST_NAMES = 40


class HiddenUnitsDisplay:
    """What the units of a hidden layer look for: their weights, or where in the plane they are on.

    Blue is positive, vermillion negative. Make it with :meth:`from_estimator`.

    Parameters
    ----------
    weights : ndarray of shape (fan_in, n_units), default=None
        The weights into each unit, for ``kind="weights"``.

    maps : ndarray of shape (n_units, n_rows, n_columns), default=None
        The activation of each unit over the plane, for ``kind="regions"``; rows from the bottom up.

    input_names : list of str, default=None
        Of what the units receive.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    image_ : matplotlib AxesImage
        The matrix of weights, or a mosaic with a picture for each unit.

    colorbar_ : matplotlib Colorbar or None
        None for a mosaic, in which each unit has its own scale.

    units_ : ndarray of int, shape (n_shown,)
        The units that are shown, in their order.

    See Also
    --------
    NetworkDisplay : All layers, and the weights between them.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import HiddenUnitsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = BackpropClassifier(hidden_layer_sizes=(16,), max_iter=5, tol=1, random_state=0).fit(
    ...     X / 16, y
    ... )
    >>> display = HiddenUnitsDisplay.from_estimator(clf, image_shape=(8, 8))
    >>> len(display.units_)
    16
    """

    def __init__(self, *, weights=None, maps=None, input_names=None):
        self.weights = weights
        self.maps = maps
        self.input_names = input_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        *,
        kind="weights",
        layer=1,
        image_shape=None,
        resolution=60,
        ax=None,
        **kwargs,
    ):
        """Draw the units of a layer of a fitted network.

        Parameters
        ----------
        estimator : fitted estimator
            With ``coefs_`` and ``intercepts_``; or a fitted pipeline or search around one.

        X : array-like of shape (n_samples, 2), default=None
            For "regions": the plane is the range of these samples, and a margin.

        kind : {"weights", "regions"}, default="weights"
            "weights": the weights into each unit, as an image each with ``image_shape``, else as
            the columns of a matrix. "regions": the activation of each unit over the plane.

        layer : int, default=1
            Which layer, counted from 1 for the first after the input.

        image_shape : tuple of two int, default=None
            Height and width of a sample, to draw the weights of the first layer as images.

        resolution : int, default=60
            Points along each side of the plane.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : HiddenUnitsDisplay

        Raises
        ------
        TypeError
            If the estimator has no ``coefs_``; for "regions", if it is none of skbackprop.

        ValueError
            If ``kind`` or ``layer`` is unknown, ``image_shape`` does not fit, or "regions" are
            wanted of other than two features.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}.")
        weights, _ = chain(unwrap_attribute(estimator, "coefs_", caller))
        if not 1 <= layer <= len(weights):
            raise ValueError(f"layer must be one of the {len(weights)} layers, got {layer!r}.")
        if kind == "regions":
            if X is None:
                raise ValueError("kind='regions' needs X, whose range is the plane.")
            return cls(maps=maps_of(estimator, X, resolution, caller)[layer]).plot(ax=ax, **kwargs)
        names = None
        if layer == 1:
            names = input_names(estimator, len(weights[0]))
        display = cls(weights=weights[layer - 1], input_names=names)
        return display.plot(ax=ax, image_shape=image_shape, **kwargs)

    def plot(self, ax=None, *, image_shape=None, max_units=64, n_columns=None, **kwargs):
        """Draw the units.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure of fitting size if None.

        image_shape : tuple of two int, default=None
            Height and width of the weights of a unit as an image.

        max_units : int, default=64
            Of more units, those with the largest weights, or those that change most, are shown.

        n_columns : int, default=None
            Of a mosaic; about as many as rows if None.

        **kwargs : dict
            Passed to ``Axes.imshow``.

        Returns
        -------
        display : HiddenUnitsDisplay
            Itself.
        """
        self.colorbar_ = None
        if self.maps is not None:
            strength = self.maps.std(axis=(1, 2))
            self.units_ = _strongest(strength, max_units)
            pictures = self.maps[self.units_, ::-1]  # the top row first, as images are
            self._plot_mosaic(ax, pictures, len(strength), n_columns, kwargs)
        else:
            strength = np.linalg.norm(self.weights, axis=0)
            self.units_ = _strongest(strength, max_units)
            shown = self.weights[:, self.units_]
            if image_shape is None:
                self._plot_matrix(ax, shown, len(strength), kwargs)
            else:
                pictures = as_images(shown.T, image_shape)
                self._plot_mosaic(ax, pictures, len(strength), n_columns, kwargs)
        return self

    def _plot_mosaic(self, ax, pictures, n_units, n_columns, kwargs):
        """A picture for each unit, in rows; white is zero, the strongest colour its largest."""
        n_shown, height, width = pictures.shape
        n_columns = n_columns or int(np.ceil(np.sqrt(n_shown)))
        n_rows = -(-n_shown // n_columns)
        most = np.abs(pictures).max(axis=(1, 2), keepdims=True)
        scaled = np.full((n_rows * n_columns, height, width), np.nan)
        scaled[:n_shown] = pictures / np.where(most > 0, most, 1)
        size = (0.4 + 0.85 * n_columns, 0.7 + 0.85 * n_rows * height / width)
        ax = axes_for(self, ax, figsize=size)
        whole = mosaic(scaled.reshape(n_rows, n_columns, height, width))
        options = {"cmap": diverging_colormap(), "vmin": -1, "vmax": 1, **kwargs}
        self.image_ = ax.imshow(whole, **options)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        across, down = centres(n_columns, width), centres(n_rows, height)
        for k, unit in enumerate(self.units_):
            row, column = divmod(k, n_columns)
            ax.text(
                across[column] - width / 2 + 0.02 * width,
                down[row] - height / 2 + 0.02 * height,
                str(unit + 1),
                va="top",
                ha="left",
                fontsize=7,
                color=INK,
                bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )
        ax.set_title(self._title(n_units), fontsize=9, color=INK)

    def _plot_matrix(self, ax, weights, n_units, kwargs):
        """Weights as a matrix, a column a unit."""
        fan_in, n_shown = weights.shape
        size = (min(1.8 + 0.4 * n_shown, 11), min(1.4 + 0.3 * fan_in, 9))
        ax = axes_for(self, ax, figsize=size)
        most = np.abs(weights).max() or 1.0
        options = {"cmap": diverging_colormap(), "vmin": -most, "vmax": most, "aspect": "auto"}
        self.image_ = ax.imshow(weights, **{**options, **kwargs})
        if self.input_names is not None and fan_in <= _MOST_NAMES:
            ax.set_yticks(np.arange(fan_in), [str(name) for name in self.input_names])
        else:
            ax.set_ylabel("unit of the layer before" if self.input_names is None else "input")
        if n_shown <= _MOST_NAMES:
            ax.set_xticks(np.arange(n_shown), [str(unit + 1) for unit in self.units_])
        ax.set_xlabel("unit")
        ax.set_title(self._title(n_units), fontsize=9, color=INK)
        self.colorbar_ = self.figure_.colorbar(self.image_, ax=ax, label="weight")

    def _title(self, n_units):
        what = "weights into each unit" if self.maps is None else "activation over the plane"
        n_shown = len(self.units_)
        cut = "" if n_shown == n_units else f", the {n_shown} strongest of {n_units} units"
        return what + cut


def _strongest(strength, most):
    """The indices of the largest values, in their order."""
    return np.sort(np.argsort(-strength, kind="stable")[:most])
