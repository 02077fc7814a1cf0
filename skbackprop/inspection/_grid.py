"""Grids of points over the range of some data."""

import numpy as np


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


def frame_like(rows, X):
    """Rows as a frame with the columns of X, if X is a frame: estimators know features by name."""
    if hasattr(X, "iloc"):  # pandas
        return type(X)(rows, columns=X.columns)
    if hasattr(X, "columns"):  # polars
        return type(X)(rows, schema=list(X.columns))
    return rows
