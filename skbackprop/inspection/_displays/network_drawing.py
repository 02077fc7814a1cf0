"""A picture of a network: where its units stand, which are left out; edges, nodes and words."""

from dataclasses import dataclass

import numpy as np

from .drawing import INK, diverging_colormap

RADIUS = 0.4  # of a node; neighbours in a layer are 1 apart
_FITTING = 6  # characters that fill a node at the full size of the font
SMALLEST_FONT = 5.5  # points; smaller numbers are left out
_LARGEST_FONT = 10.0
_HALO = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
_CENTRED = {"ha": "center", "va": "center", "zorder": 3}


@dataclass(frozen=True)
class LayerLayout:
    """The place of one layer of units.

    Attributes
    ----------
    x : float
        Of all its units.
    units : ndarray of int, shape (n_shown,)
        The units that are shown.
    y : ndarray of shape (n_shown,)
        Of each; the first unit is on top.
    n_units : int
        How many there are.
    gap : float or None
        Where dots stand for the units left out.
    """

    x: float
    units: np.ndarray
    y: np.ndarray
    n_units: int
    gap: float | None = None

    @property
    def points(self):
        """The centres, shape (n_shown, 2)."""
        return np.column_stack([np.full(len(self.y), self.x), self.y])


def lay_out(widths, max_units, aspect=None):
    """Place the layers side by side, each centred; a layer too large loses units in its middle.

    Parameters
    ----------
    widths : list of int
        Units of each layer, input included.
    max_units : int
        The most units that a layer may show.
    aspect : float, default=None
        Width over height of the space that the layers are to fill; generous if None.

    Returns
    -------
    list of LayerLayout
    """
    tallest = max(min(width, max_units + 1) for width in widths)
    distance = max(3.0, 0.5 * tallest)
    if aspect is not None:
        distance = min(distance, max(2.0, (tallest + 1) * aspect / len(widths)))
    return [_place(width, i * distance, max_units) for i, width in enumerate(widths)]


def _place(width, x, max_units):
    if width <= max_units:
        units = np.arange(width)
        return LayerLayout(x, units, (width - 1) / 2 - units, width)
    above = (max_units + 1) // 2
    rows = np.array([row for row in range(max_units + 1) if row != above])  # one row for the dots
    units = np.where(rows < above, rows, rows + width - max_units - 1)
    return LayerLayout(x, units, max_units / 2 - rows, width, gap=max_units / 2 - above)


def edges_between(left, right, values):
    """Segments from node to node, and the value of each.

    Parameters
    ----------
    left, right : LayerLayout
    values : ndarray of shape (left.n_units, right.n_units)

    Returns
    -------
    segments : ndarray of shape (n_edges, 2, 2)
    values : ndarray of shape (n_edges,)
    """
    start, end = np.meshgrid(np.arange(len(left.units)), np.arange(len(right.units)), indexing="ij")
    segments = np.stack([left.points[start.ravel()], right.points[end.ravel()]], axis=1)
    return segments, values[np.ix_(left.units, right.units)].ravel()


def draw_edges(ax, layers, edge_values):
    """Add all edges, the strongest last; returns the collection."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Normalize

    pairs = [
        edges_between(left, right, values)
        for left, right, values in zip(layers, layers[1:], edge_values, strict=False)
    ]
    segments = np.concatenate([segments for segments, _ in pairs])
    values = np.concatenate([values for _, values in pairs])
    order = np.argsort(np.abs(values), kind="stable")  # the strongest on top
    segments, values = segments[order], values[order]
    most = _largest(values)
    edges = LineCollection(
        segments,
        array=values,
        cmap=diverging_colormap(),
        norm=Normalize(-most, most),
        linewidths=0.4 + 3.6 * np.abs(values) / most,
        zorder=1,
    )
    return ax.add_collection(edges)


def shown_values(layers, values_by_layer):
    """The values of the units that are shown, layer by layer; NaN for a layer without."""
    return np.concatenate(
        [
            np.full(len(layer.units), np.nan) if values is None else values[layer.units]
            for layer, values in zip(layers, values_by_layer, strict=True)
        ]
    )


def draw_nodes(ax, layers, node_values, norm=None):
    """Add a circle for each unit, coloured by its value; returns the collection."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import Normalize
    from matplotlib.patches import Circle

    values = shown_values(layers, node_values)
    values[: len(layers[0].units)] = np.nan  # the input is no result: its nodes stay white
    if norm is None:
        most = _largest(values)
        norm = Normalize(-most, most)
    circles = [Circle(point, RADIUS) for layer in layers for point in layer.points]
    cmap = diverging_colormap().with_extremes(bad="white")
    nodes = PatchCollection(circles, cmap=cmap, norm=norm, edgecolors=INK, linewidths=1.0, zorder=2)
    nodes.set_array(np.ma.masked_invalid(values))
    return ax.add_collection(nodes)


def draw_maps(ax, layers, node_maps):
    """Put the map of each unit in the place of its node; returns the images."""
    images = []
    limits = ax.axis()
    for layer, maps in zip(layers, node_maps, strict=True):
        for (x, y), values in zip(layer.points, maps[layer.units], strict=True):
            most = _largest(values)
            images.append(
                ax.imshow(
                    values,
                    extent=(x - RADIUS, x + RADIUS, y - RADIUS, y + RADIUS),
                    origin="lower",
                    cmap=diverging_colormap(),
                    vmin=-most,
                    vmax=most,
                    zorder=2,
                )
            )
            frame = ((x - RADIUS, y - RADIUS), 2 * RADIUS, 2 * RADIUS)
            _add_frame(ax, *frame)
    ax.axis(limits)  # imshow has set its own
    return images


def _add_frame(ax, corner, width, height):
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=INK, zorder=3))


def room_for(names):
    """Space for names beside the nodes, in the distance of two neighbours."""
    return 0.6 if names is None else 0.4 + 0.17 * max(len(str(name)) for name in names)


def font_size(ax):
    """The size at which a short number fills a node, within reason."""
    return min(_LARGEST_FONT, _fitting_size(ax))


def _fitting_size(ax):
    return 0.3 * _points(ax, 2 * RADIUS)


def caption_layers(ax, layers, captions):
    """Write a caption below each layer, and how many of its units are left out."""
    bottom = min(layer.y.min() for layer in layers) - 0.6
    font = _caption_size(ax, layers, captions)
    for layer, caption in zip(layers, captions, strict=True):
        ax.text(layer.x, bottom, caption, ha="center", va="top", color=INK, fontsize=font)
        if layer.gap is not None:
            rest = f"⋮ {layer.n_units - len(layer.units)} more"
            size = min(8.0, font)
            ax.text(layer.x, layer.gap, rest, color=INK, fontsize=size, bbox=_HALO, **_CENTRED)


def _caption_size(ax, layers, captions):
    """The size at which captions stay apart."""
    longest = max(len(line) for caption in captions for line in caption.split("\n"))
    room = _points(ax, layers[1].x - layers[0].x)
    return min(9.0, room / (0.62 * (longest + 1)))


def _points(ax, distance):
    """A distance between nodes in typographic points."""
    ax.apply_aspect()
    (left, _), (right, _) = ax.transData.transform([(0, 0), (distance, 0)])
    return (right - left) * 72 / ax.figure.dpi


def name_units(ax, layer, names, side):
    """Write the names of units to the left or the right of them."""
    if names is None:
        return
    sign, align = (-1, "right") if side == "left" else (1, "left")
    x = layer.x + sign * (RADIUS + 0.15)
    for unit, y in zip(layer.units, layer.y, strict=True):
        ax.text(x, y, str(names[unit]), ha=align, va="center", color=INK, fontsize=8)


def print_in_nodes(ax, points, values, faces):
    """Write the values into the nodes; returns the texts."""
    texts, fitting = [], _fitting_size(ax)
    for point, value, face in zip(points, values, faces, strict=True):
        if np.isfinite(value):
            color = "white" if _luminance(face) < 0.5 else INK
            text = short(value)
            size = min(_LARGEST_FONT, fitting * min(1.0, _FITTING / len(text)))
            texts.append(ax.text(*point, text, fontsize=size, color=color, **_CENTRED))
    return texts


def print_on_edges(ax, segments, values, font):
    """Write the values along the edges; returns the texts."""
    texts = []
    for (start, end), value in zip(segments, values, strict=True):
        along = 0.26 if end[1] > start[1] else 0.5  # apart where edges cross in the middle
        x, y = start + along * (end - start)
        angle = np.degrees(np.arctan2(*(end - start)[::-1]))
        options = {"rotation": angle, "rotation_mode": "anchor", "bbox": _HALO, **_CENTRED}
        texts.append(ax.text(x, y, short(value), fontsize=font, color=INK, **options))
    return texts


def _luminance(color):
    red, green, blue, _ = color
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def short(value):
    """A number with three significant digits, in few characters."""
    value = float(value) + 0.0  # no negative zero
    if 0 < abs(value) < 1e-3:
        digits, exponent = f"{value:.2e}".split("e")
        text = f"{digits.rstrip('0').rstrip('.')}e{exponent}"
    else:
        text = f"{value:.0f}" if 1e3 <= abs(value) < 1e5 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def _largest(values):
    """The largest absolute value, 1 if there is none."""
    return float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
