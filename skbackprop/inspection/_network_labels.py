"""Words and numbers in a picture of a network."""

import numpy as np

from ._drawing import INK
from ._network_layout import RADIUS

SMALLEST_FONT = 5.5  # points; smaller numbers are left out
_HALO = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
_CENTRED = {"ha": "center", "va": "center", "zorder": 3}


def room_for(names):
    """Space for names beside the nodes, in the distance of two neighbours."""
    return 0.6 if names is None else 0.4 + 0.17 * max(len(str(name)) for name in names)


def font_size(ax):
    """The size at which a number fills a node."""
    return min(10.0, 0.3 * _points(ax, 2 * RADIUS))


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


def print_in_nodes(ax, points, values, faces, font):
    """Write the values into the nodes; returns the texts."""
    texts = []
    for point, value, face in zip(points, values, faces, strict=True):
        if np.isfinite(value):
            color = "white" if _luminance(face) < 0.5 else INK
            texts.append(ax.text(*point, _short(value), fontsize=font, color=color, **_CENTRED))
    return texts


def print_on_edges(ax, segments, values, font):
    """Write the values along the edges; returns the texts."""
    texts = []
    for (start, end), value in zip(segments, values, strict=True):
        along = 0.26 if end[1] > start[1] else 0.5  # apart where edges cross in the middle
        x, y = start + along * (end - start)
        angle = np.degrees(np.arctan2(*(end - start)[::-1]))
        options = {"rotation": angle, "rotation_mode": "anchor", "bbox": _HALO, **_CENTRED}
        texts.append(ax.text(x, y, _short(value), fontsize=font, color=INK, **options))
    return texts


def _luminance(color):
    red, green, blue, _ = color
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _short(value):
    """A number in few characters."""
    text = f"{value:.2f}" if 0.005 <= abs(value) < 100 or value == 0 else f"{value:.0e}"
    return text.replace("e-0", "e-").replace("e+0", "e")
