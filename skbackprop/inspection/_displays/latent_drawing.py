"""What a ``LatentSpaceDisplay`` draws: codes, and walks between them as the decoder sees them."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.multiclass import type_of_target

from .._estimators import as_array
from .drawing import COLORS, FAINT, INK, as_images, centres, class_colors, light_grid, mosaic

_QUANTILES = (0.02, 0.98)  # of the codes: a walk keeps away from outliers
_MOST_FEATURES = 10
_MOST_CLASSES = 20


@dataclass(frozen=True)
class Walk:
    """Points of a latent space and what they are decoded to.

    Attributes
    ----------
    positions : list of ndarray of shape (n_steps,)
        Coordinates along each component that is walked.
    samples : ndarray of shape (n_steps, ..., n_features)
        Decoded: over a grid, one axis a component; along components in turn, of shape
        (n_components, n_steps, n_features).
    """

    positions: list[np.ndarray]
    samples: np.ndarray


def _positions(codes, components, n_steps):
    ranges = (np.quantile(codes[:, i], _QUANTILES) for i in components)
    return [np.linspace(low, high, n_steps) for low, high in ranges]


def walk_over(codes, components, n_steps, decode):
    """Decode a grid over one or two components; the others keep their means."""
    positions = _positions(codes, components, n_steps)
    grid = np.meshgrid(*positions, indexing="ij")
    points = np.tile(codes.mean(axis=0), (grid[0].size, 1))
    points[:, components] = np.column_stack([axis.ravel() for axis in grid])
    samples = as_array(decode(points))
    return Walk(positions, samples.reshape(*grid[0].shape, -1))


def walk_along(codes, components, n_steps, decode):
    """Decode the course of one component after the other; the others keep their means."""
    positions = _positions(codes, components, n_steps)
    samples = []
    for component, places in zip(components, positions, strict=True):
        points = np.tile(codes.mean(axis=0), (n_steps, 1))
        points[:, component] = places
        samples.append(as_array(decode(points)))
    return Walk(positions, np.stack(samples))


def draw_manifold(display, image_shape, kwargs):
    """Draw the walk over a grid; returns the artists and a colour bar or None."""
    if image_shape is not None:
        return _images_over_grid(display, image_shape, kwargs), None
    if len(display.decoded.positions) == 1:
        return _curve(display, kwargs)
    return _net(display, kwargs), None


def _images_over_grid(display, image_shape, kwargs):
    """Each image stands where its code is."""
    ax, walk = display.ax_, display.decoded
    samples = walk.samples if walk.samples.ndim == 3 else walk.samples[:, np.newaxis]
    n_columns, n_rows, n_features = samples.shape
    images = as_images(samples.reshape(-1, n_features), image_shape)
    images = images.reshape(n_columns, n_rows, *image_shape).swapaxes(0, 1)[::-1]  # up is plus
    image = ax.imshow(mosaic(images), **{"cmap": "gray_r", "aspect": "equal", **kwargs})
    height, width = image_shape
    _label_steps(ax.set_xticks, centres(n_columns, width), walk.positions[0])
    ax.set_xlabel(display.code_names[0])
    if len(walk.positions) == 2:
        _label_steps(ax.set_yticks, centres(n_rows, height)[::-1], walk.positions[1])
        ax.set_ylabel(display.code_names[1])
    else:
        ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return [image]


def _label_steps(set_ticks, places, positions):
    """A few ticks along a mosaic, with the coordinate of the code."""
    shown = np.unique(np.linspace(0, len(places) - 1, min(5, len(places))).round().astype(int))
    set_ticks(places[shown], [f"{positions[i]:.2g}" for i in shown])


def _draw_samples(display):
    options = {"s": 10, "color": FAINT, "alpha": 0.6, "linewidths": 0, "label": "samples"}
    return display.ax_.scatter(*display.X.T, **options)


def _curve(display, kwargs):
    """The curve that a one-dimensional code is decoded to, coloured by the code."""
    from matplotlib.collections import LineCollection

    ax, walk = display.ax_, display.decoded
    points = _draw_samples(display)
    segments = np.stack([walk.samples[:-1], walk.samples[1:]], axis=1)
    middles = (walk.positions[0][:-1] + walk.positions[0][1:]) / 2
    options = {"cmap": "viridis", "linewidths": 3, "capstyle": "round", **kwargs}
    curve = LineCollection(segments, array=middles, **options)
    ax.add_collection(curve)
    ax.autoscale_view()
    ax.set(xlabel=display.feature_names[0], ylabel=display.feature_names[1])
    light_grid(ax)
    bar = display.figure_.colorbar(curve, ax=ax, label=display.code_names[0])
    return [points, curve], bar


def _net(display, kwargs):
    """The lines of a grid over a two-dimensional code, decoded."""
    from matplotlib.collections import LineCollection

    ax, samples = display.ax_, display.decoded.samples
    every = max(1, (len(samples) - 1) // 12)
    artists = [_draw_samples(display)]
    families = ((samples[::every], COLORS[0]), (samples[:, ::every].swapaxes(0, 1), COLORS[1]))
    for i, (lines, color) in enumerate(families):
        label = f"{display.code_names[i]} constant"
        options = {"colors": color, "linewidths": 0.9, "label": label, **kwargs}
        artists.append(ax.add_collection(LineCollection(list(lines), **options)))
    ax.autoscale_view()
    ax.set(xlabel=display.feature_names[0], ylabel=display.feature_names[1])
    light_grid(ax)
    ax.legend()
    return artists


def draw_traversal(display, image_shape, kwargs):
    """Draw the walks along the components; returns the artists and None."""
    draw = _courses if image_shape is None else _image_rows
    return draw(display, image_shape, kwargs), None


def _image_rows(display, image_shape, kwargs):
    ax, samples = display.ax_, display.decoded.samples
    n_rows, n_columns, n_features = samples.shape
    images = as_images(samples.reshape(-1, n_features), image_shape)
    whole = mosaic(images.reshape(n_rows, n_columns, *image_shape))
    image = ax.imshow(whole, **{"cmap": "gray_r", "aspect": "equal", **kwargs})
    height, width = image_shape
    ax.set_yticks(centres(n_rows, height), display.code_names)
    ends = centres(n_columns, width)[[0, -1]]
    ax.set_xticks(ends, [f"{q:.0%} quantile" for q in _QUANTILES])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return [image]


def _courses(display, _, kwargs):
    """Each feature along the components, one after the other, from quantile to quantile."""
    ax, samples = display.ax_, display.decoded.samples
    n_components, n_steps, n_features = samples.shape
    artists = []
    for k in range(n_components):
        places = k * 1.1 + np.linspace(0, 1, n_steps)
        for feature in range(min(n_features, _MOST_FEATURES)):
            color = f"C{feature}" if n_features > len(COLORS) else COLORS[feature]
            label = display.feature_names[feature] if k == 0 else None
            options = {"color": color, "label": label, **kwargs}
            artists += ax.plot(places, samples[k, :, feature], **options)
    ax.set_xticks(np.arange(n_components) * 1.1 + 0.5, display.code_names)
    ax.set(xlabel="moved from its 2% to its 98% quantile", ylabel="decoded features")
    light_grid(ax)
    ax.legend(fontsize="small")
    return artists


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


def _histogram(display, groups, kwargs):
    ax, code = display.ax_, display.codes[:, 0]
    options = {"bins": np.histogram_bin_edges(code, bins=40), "histtype": "stepfilled", **kwargs}
    if groups is None:
        _, _, patches = ax.hist(code, color=COLORS[0], alpha=0.8, **options)
        artists = list(patches)
    else:
        artists = []
        for (name, mask), color in zip(groups, class_colors(len(groups)), strict=True):
            style = {"color": color, "alpha": 0.55, "label": name}
            artists += ax.hist(code[mask], **{**style, **options})[2]
        ax.legend()
    ax.set(xlabel=display.code_names[0], ylabel="samples")
    return artists


def _classes(display, groups, kwargs):
    ax, codes = display.ax_, display.codes
    few = len(groups) <= len(COLORS)
    artists = []
    for (name, mask), color in zip(groups, class_colors(len(groups)), strict=True):
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
