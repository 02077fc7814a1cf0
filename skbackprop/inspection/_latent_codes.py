"""Codes of samples as a histogram or a scatter plot."""

import numpy as np
from sklearn.utils.multiclass import type_of_target

from ._drawing import COLORS, INK, light_grid

_MOST_CLASSES = 20


def draw_codes(display, kwargs):
    """Draw the codes of a ``LatentSpaceDisplay``; returns the artists and a colour bar or None."""
    groups = _groups(display.target)
    one_component = display.codes.shape[1] == 1
    if one_component and (groups is not None or display.target is None):
        return _histogram(display, groups, kwargs), None
    if groups is not None:
        return _classes(display, groups, kwargs), None
    return _scatter(display, kwargs)


def _groups(target):
    """The samples of each class, (name, mask); None where the target is not a class."""
    if target is None or type_of_target(target) not in ("binary", "multiclass"):
        return None
    classes = np.unique(target)
    if len(classes) > _MOST_CLASSES:
        return None
    return [(str(one), target == one) for one in classes]


def _colors(n):
    """A colour for each of ``n`` classes; they stay apart, though less so, beyond seven."""
    import matplotlib

    if n <= len(COLORS):
        return list(COLORS[:n])
    return [matplotlib.colormaps["tab20" if n > 10 else "tab10"](i) for i in range(n)]


def _histogram(display, groups, kwargs):
    ax, code = display.ax_, display.codes[:, 0]
    options = {"bins": np.histogram_bin_edges(code, bins=40), "histtype": "stepfilled", **kwargs}
    if groups is None:
        _, _, patches = ax.hist(code, color=COLORS[0], alpha=0.8, **options)
        artists = list(patches)
    else:
        artists = []
        for (name, mask), color in zip(groups, _colors(len(groups)), strict=True):
            style = {"color": color, "alpha": 0.55, "label": name}
            artists += ax.hist(code[mask], **{**style, **options})[2]
        ax.legend()
    ax.set(xlabel=display.code_names[0], ylabel="samples")
    return artists


def _classes(display, groups, kwargs):
    ax, codes = display.ax_, display.codes
    few = len(groups) <= len(COLORS)
    artists = []
    for (name, mask), color in zip(groups, _colors(len(groups)), strict=True):
        options = {"s": 12, "alpha": 0.75, "linewidths": 0, "label": name, **kwargs}
        artists.append(ax.scatter(*codes[mask].T, color=color, **options))
    if few:
        ax.legend(markerscale=1.5)
    else:  # too many colours to look up
        halo = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
        for name, mask in groups:
            where = np.median(codes[mask], axis=0)
            ax.text(*where, name, ha="center", va="center", color=INK, weight="bold", bbox=halo)
    _label_axes(display)
    return artists


def _scatter(display, kwargs):
    """Two components, coloured by a number if there is one; or one component against the number."""
    ax, codes, target = display.ax_, display.codes, display.target
    options = {"s": 12, "alpha": 0.8, "linewidths": 0, **kwargs}
    if codes.shape[1] == 1:
        points = ax.scatter(codes[:, 0], target, color=COLORS[0], **options)
        ax.set(xlabel=display.code_names[0], ylabel="y")
        light_grid(ax)
        return [points], None
    if target is None:
        points, bar = ax.scatter(*codes.T, color=COLORS[0], **options), None
    else:
        points = ax.scatter(*codes.T, c=target, **{"cmap": "viridis", **options})
        bar = display.figure_.colorbar(points, ax=ax, label="y")
    _label_axes(display)
    return [points], bar


def _label_axes(display):
    display.ax_.set(xlabel=display.code_names[0], ylabel=display.code_names[1])
    light_grid(display.ax_)
