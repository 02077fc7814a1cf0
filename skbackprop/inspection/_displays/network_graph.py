"""Where the units of a network stand in a picture, and which are left out."""

from dataclasses import dataclass

import numpy as np

RADIUS = 0.4  # of a node; neighbours in a layer are 1 apart


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
