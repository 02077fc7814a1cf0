"""What the displays share: matplotlib on demand, colours, and axes."""

#: Okabe & Ito (2008), "Color universal design": told apart with any colour vision.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK = "#333333"
FAINT = "#8A8A8A"


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


def layer_colors(n_layers):
    """A colour for each layer, from dark at the input to light at the output."""
    import matplotlib
    import numpy as np

    return [matplotlib.colormaps["viridis"](x) for x in np.linspace(0.0, 0.88, n_layers)]


def epoch_name(estimator):
    """What one entry of the history of a fit is called."""
    return "iteration" if getattr(estimator, "solver", None) == "lbfgs" else "epoch"


def with_points(n_epochs):
    """Line options: a curve of few points is shown with its points."""
    return {"marker": "o", "markersize": 4} if n_epochs < 12 else {}


def light_grid(ax):
    """A grid that stays behind the data."""
    ax.grid(True, color="0.5", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
