"""The picture of each example in the gallery: one panel of one of its figures."""

from pathlib import Path

from PIL import Image

_SIZE = (480, 320)

#: Example: (number of the figure, (left, top, right, bottom) of the panel in it, as shares).
_PANELS = {
    "plot_spirals": (2, (0.672, 0.555, 0.997, 1.0)),
    "plot_xor": (2, (0.055, 0.055, 0.47, 0.895)),
    "plot_backprop_by_hand": (1, (0.1, 0.08, 0.85, 0.42)),
    "plot_gradient_flow": (1, (0.0, 0.06, 0.73, 1.0)),
    "plot_initialization": (2, (0.5, 0.1, 0.745, 1.0)),
    "plot_learning_rates": (1, (0.0, 0.0, 0.855, 1.0)),
    "plot_from_mlp": (1, (0.0, 0.0, 1.0, 1.0)),
    "plot_grid_search": (2, (0.0, 0.06, 1.0, 1.0)),
    "plot_tables": (4, (0.3, 0.0, 0.82, 0.87)),
    "plot_quantiles": (1, (0.0, 0.0, 1.0, 1.0)),
    "plot_hidden_features": (1, (0.45, 0.07, 0.87, 1.0)),
    "plot_spiral_autoencoder": (2, (0.33, 0.625, 0.59, 0.89)),
    "plot_digits_autoencoder": (5, (0.1, 0.035, 0.605, 0.425)),
    "plot_anomalies": (1, (0.685, 0.07, 1.0, 0.86)),
}


def panel(path, box):
    """A panel of a figure in the middle of a white card.

    Parameters
    ----------
    path : Path
        The figure.
    box : tuple of float
        Left, top, right and bottom edge of the panel, as shares of the figure.
    """
    figure = Image.open(path).convert("RGBA")
    width, height = figure.size
    left, top, right, bottom = box
    cut = figure.crop((left * width, top * height, right * width, bottom * height))
    cut.thumbnail(_SIZE, Image.Resampling.LANCZOS)
    card = Image.new("RGBA", _SIZE, "white")
    card.alpha_composite(cut, ((_SIZE[0] - cut.width) // 2, (_SIZE[1] - cut.height) // 2))
    return card.convert("RGB")


def make_thumbnails(app):
    """Write ``images/thumb/<example>.png`` for the gallery's index."""
    images = Path(app.srcdir, "auto_examples", "images")
    for example, (number, box) in _PANELS.items():
        figure = images / f"sphx_glr_{example}_{number:03d}_2_00x.png"
        panel(figure, box).save(images / "thumb" / f"{example}.png")


def setup(app):
    """Register the extension; the gallery makes its figures before."""
    app.connect("builder-inited", make_thumbnails, priority=900)
    return {"parallel_read_safe": True}
