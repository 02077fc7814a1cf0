"""Quantiles of a column whose rows have sample weights, and bin edges made of them."""

import numpy as np


def distinct_values(column, sample_weight):
    """The distinct values of a column in increasing order, and the weight on each.

    Missing values and rows of weight zero are left out. Weights stay float64: sums of integers
    are then exact, and k rows of weight 1 are one of weight k.
    """
    present = ~np.isnan(column)
    if sample_weight is None:
        values, counts = np.unique(column[present], return_counts=True)
        return values, counts.astype(np.float64)
    present &= sample_weight > 0
    values, places = np.unique(column[present], return_inverse=True)
    return values, np.bincount(places, sample_weight[present], minlength=len(values))


def quantiles(values, mass, n_parts):
    """The n_parts + 1 values that part the weight evenly, from the smallest to the largest.

    This is ``np.quantile(..., method="averaged_inverted_cdf")`` of rows that are repeated by
    their weight; in float64.
    """
    below = np.cumsum(mass)
    target = np.arange(n_parts + 1) * below[-1] / n_parts
    last = len(values) - 1
    place = np.minimum(np.searchsorted(below, target), last)
    following = np.minimum(place + (below[place] == target), last)
    values = values.astype(np.float64)
    halves = values[place] / 2 + values[following] / 2  # the sum itself may be too large
    return np.where(place == following, values[place], halves)


def quantile_edges(values, mass, n_bins):
    """Edges of bins without duplicates: quantiles, and for bins lost to ties other values.

    At most n_bins + 1 distinct values are edges themselves.
    """
    if len(values) <= n_bins + 1:
        return values
    # Rounded to the dtype of the values before duplicates are dropped: rounding makes new ones.
    edges = np.unique(quantiles(values, mass, n_bins).astype(values.dtype))
    lost = n_bins + 1 - len(edges)
    if lost == 0:
        return edges
    others = np.setdiff1d(values, edges, assume_unique=True)
    # Levels 1/(lost + 1), 2/(lost + 1), ... of the other values, each counted once. None is
    # chosen twice: there are at least as many of them as levels.
    chosen = np.arange(1, lost + 1) * len(others) // (lost + 1)
    return np.union1d(edges, others[chosen])
