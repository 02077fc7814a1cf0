"""ReconstructionDisplay."""

import numpy as np

from .._estimators import coder_of, columns_of, feature_names_of, frame_like, reconstruct
from .drawing import (
    COLORS,
    FAINT,
    INK,
    as_images,
    axes_for,
    centres,
    diverging_colormap,
    grid_around,
    light_grid,
    mosaic,
    require_matplotlib,
)

_MOST_NAMES = 40


class ReconstructionDisplay:
    """Samples beside what is left of them after encoding and decoding.

    Points in the plane of two features, images, or the error of each of more features. Make it with
    :meth:`from_estimator`.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The samples.

    reconstruction : ndarray of shape (n_samples, n_features)
        What became of them.

    plane : tuple of three ndarray of shape (n_rows, n_columns), default=None
        Two coordinates, and the reconstruction error there.

    feature_names : sequence of str, default=None
        "feature 1", "feature 2" ... if None.

    title : str, default=None
        Above points.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    originals_, reconstructions_ : matplotlib PathCollection or None
        The points; None for images.

    links_ : matplotlib LineCollection or None
        From each point to its reconstruction; None for images.

    plane_ : matplotlib QuadContourSet or None
        The error over the plane, where it is drawn.

    images_ : list of matplotlib AxesImage
        Originals, reconstructions and their differences; empty otherwise.

    bars_ : matplotlib BarContainer or None
        The error of each feature, where there are more than two.

    See Also
    --------
    LatentSpaceDisplay : The codes between.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skbackprop.inspection import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> pca = PCA(n_components=8).fit(X)
    >>> display = ReconstructionDisplay.from_estimator(pca, X[:6], image_shape=(8, 8))
    >>> len(display.images_)
    3
    """

    def __init__(self, X, reconstruction, *, plane=None, feature_names=None, title=None):
        self.X = X
        self.reconstruction = reconstruction
        self.plane = plane
        self.feature_names = feature_names
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        image_shape=None,
        features=None,
        plane=True,
        grid_resolution=100,
        ax=None,
        **kwargs,
    ):
        """Reconstruct samples and draw both.

        Parameters
        ----------
        estimator : fitted estimator
            With ``transform`` and ``inverse_transform``, such as ``BackpropAutoencoder``, ``PCA``,
            or a pipeline of such steps.

        X : array-like of shape (n_samples, n_features)
            Samples; a few of them for images. The more, the better known is the error of each
            feature.

        image_shape : tuple of two int, default=None
            Height and width of a sample, to draw images. Points are drawn if None.

        features : tuple of two int, default=None
            The features to draw as coordinates of points. If None, both features of samples that
            have two, and the error of each feature for samples that have more.

        plane : bool, default=True
            Whether to colour the plane by the reconstruction error, where points have two features.

        grid_resolution : int, default=100
            Points along each side of the plane.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.scatter`` for the reconstructions, to ``Axes.imshow``, or to
            ``Axes.barh``.

        Returns
        -------
        display : ReconstructionDisplay

        Raises
        ------
        TypeError
            If the estimator cannot reconstruct.

        ValueError
            If the samples have not the features that are to be drawn.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        coder = coder_of(estimator, ("transform", "inverse_transform"), caller)
        originals, reconstruction = reconstruct(coder, X)
        names = feature_names_of(X, originals.shape[1])
        n_features = originals.shape[1]
        grid, title = None, None
        if image_shape is None and (features is not None or n_features == 2):
            features = (0, 1) if features is None else features
            if plane and n_features == 2:
                grid = _error_over_plane(coder, X, originals, grid_resolution)
            originals, reconstruction = (
                columns_of(values, features) for values in (originals, reconstruction)
            )
            names = [names[feature] for feature in features]
            title = f"two of {n_features} features" if n_features > 2 else None
        display = cls(originals, reconstruction, plane=grid, feature_names=names, title=title)
        return display.plot(ax=ax, image_shape=image_shape, **kwargs)

    def plot(self, ax=None, *, image_shape=None, **kwargs):
        """Draw samples and reconstructions.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        image_shape : tuple of two int, default=None
            Height and width of a sample, to draw images. Points are drawn if None.

        **kwargs : dict
            Passed to ``Axes.scatter`` for the reconstructions, to ``Axes.imshow``, or to
            ``Axes.barh``.

        Returns
        -------
        display : ReconstructionDisplay
            Itself.
        """
        self.originals_ = self.reconstructions_ = self.links_ = self.plane_ = self.bars_ = None
        self.images_ = []
        n_features = self.X.shape[1]
        self._names = self.feature_names or [f"feature {i + 1}" for i in range(n_features)]
        if image_shape is None and n_features == 2:
            self._plot_points(axes_for(self, ax), kwargs)
        elif image_shape is None:
            size = (6.4, 1.2 + 0.25 * min(n_features, _MOST_NAMES))
            self._plot_errors(axes_for(self, ax, figsize=size), kwargs)
        else:
            size = (min(1.0 + 0.8 * len(self.X), 12), 2.9)
            self._plot_images(axes_for(self, ax, figsize=size), image_shape, kwargs)
        return self

    def _plot_points(self, ax, kwargs):
        from matplotlib.collections import LineCollection

        if self.plane is not None:
            self.plane_ = ax.contourf(*self.plane, levels=12, cmap="Greys", alpha=0.7, zorder=0)
            self.figure_.colorbar(
                self.plane_, ax=ax, label="reconstruction error (root mean square)"
            )
        links = np.stack([self.X, self.reconstruction], axis=1)
        self.links_ = LineCollection(links, colors=FAINT, linewidths=0.6, zorder=1)
        ax.add_collection(self.links_)
        options = {"s": 14, "color": COLORS[0], "alpha": 0.7, "linewidths": 0}
        self.originals_ = ax.scatter(*self.X.T, label="original", zorder=2, **options)
        options = {"s": 14, "color": COLORS[1], "linewidths": 0, **kwargs}
        self.reconstructions_ = ax.scatter(
            *self.reconstruction.T, label="reconstruction", zorder=3, **options
        )
        ax.set(xlabel=self._names[0], ylabel=self._names[1])
        if self.title is not None:  # the legend is above
            ax.set_title(self.title, fontsize="medium", color=INK, pad=24)
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
        ax.legend(ncols=2, **above)

    def _plot_errors(self, ax, kwargs):
        """A bar for each feature: its root mean square error, against its standard deviation."""
        error = np.sqrt(np.mean((self.reconstruction - self.X) ** 2, axis=0))
        deviation = self.X.std(axis=0)
        lengths = np.divide(error, deviation, out=np.full_like(error, np.nan), where=deviation > 0)
        places = np.arange(len(lengths))
        self.bars_ = ax.barh(places, np.nan_to_num(lengths), **{"color": COLORS[1], **kwargs})
        ax.axvline(1.0, color=FAINT, linestyle="--", linewidth=1)
        ax.annotate(
            "as good as the mean",
            (1.0, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=INK,
            fontsize="small",
        )
        if len(places) <= _MOST_NAMES:
            ax.set_yticks(places, [str(name) for name in self._names])
        else:
            ax.set_ylabel("feature")
        ax.invert_yaxis()
        ax.set_xlim(0, max(1.05, 1.05 * np.nanmax(lengths, initial=0.0)))
        ax.set_xlabel("reconstruction error (root mean square) / standard deviation")
        light_grid(ax)

    def _plot_images(self, ax, image_shape, kwargs):
        from matplotlib.colors import Normalize

        originals = as_images(self.X, image_shape)
        reconstructions = as_images(self.reconstruction, image_shape)
        shared = Normalize(originals.min(), originals.max())
        differences = reconstructions - originals
        most = max(abs(shared.vmin), abs(shared.vmax)) or 1.0
        plain = {"cmap": "gray_r", "norm": shared, **kwargs}
        signed = {"cmap": diverging_colormap(), "norm": Normalize(-most, most)}
        rows = ((originals, plain), (reconstructions, plain), (differences, signed))
        height, width = image_shape
        places = centres(len(rows), height)
        for (images, options), centre in zip(rows, places, strict=True):
            strip = mosaic(images[np.newaxis])
            top, bottom = centre - height / 2, centre + height / 2
            extent = (-0.5, strip.shape[1] - 0.5, bottom, top)
            self.images_.append(ax.imshow(strip, extent=extent, **options))
        ax.set_xlim(-0.5, len(originals) * (width + 1) - 1.5)
        ax.set_ylim(places[-1] + height / 2, places[0] - height / 2)
        ax.set_yticks(places, ["original", "reconstruction", "difference"])
        ax.set_xticks([])
        ax.tick_params(length=0, labelcolor=INK)
        ax.spines[:].set_visible(False)


def _error_over_plane(coder, X, points, resolution):
    """Coordinates of a grid around the points, and the reconstruction error on it."""
    xx, yy, grid = grid_around(points, resolution)
    originals, reconstruction = reconstruct(coder, frame_like(grid, X))
    error = np.sqrt(np.mean((reconstruction - originals) ** 2, axis=1))
    return xx, yy, error.reshape(xx.shape)
