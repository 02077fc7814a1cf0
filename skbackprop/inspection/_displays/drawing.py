"""What the displays share: matplotlib on demand, colours, axes, grids of points and of images."""

import numpy as np

from ..._estimator.solvers import SOLVERS
from ...core.training.solver import Solver

#: Okabe & Ito (2008), "Color universal design": told apart with any colour vision.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = "#333333"
FAINT = "#8A8A8A"
GAP = 1  # pixels between the images of a mosaic


def require_matplotlib(caller):
    """Import matplotlib, or say who needs it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib. You can install matplotlib with "
            "`pip install matplotlib`"
        ) from error


def axes_for(display, ax, **figure_options):
    """The given axes, or those of a new figure; the display's ``ax_`` and ``figure_`` are set."""
    require_matplotlib(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(**{"layout": "constrained", **figure_options})
    display.ax_ = ax
    display.figure_ = ax.figure
    return ax


def diverging_colormap():
    """Vermillion for minus, white for nothing, blue for plus; told apart with any colour vision."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = ["#A03C00", "#D55E00", "#F3B98F", "#F7F7F7", "#8FC1E3", "#0072B2", "#004B77"]
    return LinearSegmentedColormap.from_list("vermillion_blue", stops)


def class_colors(n):
    """A colour for each of ``n`` classes; they stay apart, though less so, beyond seven.

    The first is vermillion and the second blue: of two classes the second is the positive one, and
    blue is plus, as in :func:`diverging_colormap`.
    """
    import matplotlib

    if n <= len(COLORS):
        return [COLORS[1], COLORS[0], *COLORS[2:]][:n]
    if n <= 20:
        return [matplotlib.colormaps["tab20" if n > 10 else "tab10"](i)[:3] for i in range(n)]
    return [matplotlib.colormaps["hsv"](i / n)[:3] for i in range(n)]


def layer_colors(n_layers):
    """A colour for each layer, from dark at the input to light at the output."""
    import matplotlib

    return [matplotlib.colormaps["viridis"](x) for x in np.linspace(0.0, 0.88, n_layers)]


def epoch_name(fitted):
    """What one entry of the history of a fit is called; ``fitted`` may have a ``solver``."""
    return SOLVERS.get(getattr(fitted, "solver", None), Solver).epoch_name


def with_points(n_epochs):
    """Line options: a curve of few points is shown with its points."""
    return {"marker": "o", "markersize": 4} if n_epochs < 12 else {}


def light_grid(ax):
    """A grid that stays behind the data."""
    ax.grid(True, color="0.5", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)


def grid_around(points, resolution, margin=0.1):
    """A regular grid over the range of points with two features, and a margin around.

    Parameters
    ----------
    points : ndarray of shape (n_samples, 2)
    resolution : int
        Points along each side.
    margin : float, default=0.1
        As a share of the range.

    Returns
    -------
    xx, yy : ndarray of shape (resolution, resolution)
        Coordinates, as ``numpy.meshgrid`` gives them.
    grid : ndarray of shape (resolution ** 2, 2)
        The same as rows.
    """
    xx, yy = np.meshgrid(*(line_over(column, resolution, margin) for column in points.T))
    return xx, yy, np.column_stack([xx.ravel(), yy.ravel()])


def line_over(values, resolution, margin=0.1):
    """Equally spaced numbers over the range of values, and a margin around."""
    low, high = values.min(), values.max()
    reach = margin * (high - low) or 1.0
    return np.linspace(low - reach, high + reach, resolution)


def as_images(rows, image_shape):
    """Samples as images.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
    image_shape : tuple of two int
        Height and width.

    Returns
    -------
    ndarray of shape (n_samples, height, width)

    Raises
    ------
    ValueError
        If a sample has not as many features as the image has pixels.
    """
    if len(image_shape) != 2 or np.prod(image_shape) != rows.shape[1]:
        raise ValueError(
            f"image_shape={image_shape!r} does not fit samples of {rows.shape[1]} features."
        )
    return rows.reshape(len(rows), *image_shape)


def mosaic(images):
    """Images side by side and below each other, with gaps of NaN between.

    Parameters
    ----------
    images : ndarray of shape (n_rows, n_columns, height, width)

    Returns
    -------
    ndarray of shape (n_rows * (height + 1) - 1, n_columns * (width + 1) - 1)
    """
    n_rows, n_columns, height, width = images.shape
    padded = np.full((n_rows, height + GAP, n_columns, width + GAP), np.nan)
    padded[:, :height, :, :width] = images.transpose(0, 2, 1, 3)
    whole = padded.reshape(n_rows * (height + GAP), n_columns * (width + GAP))
    return whole[:-GAP, :-GAP]


def centres(n, size):
    """The middle of each of ``n`` images of ``size`` pixels along an axis of a mosaic."""
    return np.arange(n) * (size + GAP) + (size - 1) / 2
