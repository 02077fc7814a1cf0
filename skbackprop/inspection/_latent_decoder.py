"""Walks through a latent space, and what the decoder makes of them."""

from dataclasses import dataclass

import numpy as np

from ._autoencoding import as_array
from ._drawing import COLORS, FAINT, light_grid
from ._images import as_images, centres, mosaic

_QUANTILES = (0.02, 0.98)  # of the codes: a walk keeps away from outliers
_MOST_FEATURES = 10


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
