"""Units and folds: equal rows are one, and stand on one side of every fold.

Rows are ordered, merged and dealt out by a hash of their values. So a fit depends neither on the
order of the rows nor on whether a row is repeated or weighted.
"""

from dataclasses import dataclass

import numpy as np

from ..core.noise import sample_keys


@dataclass(frozen=True, eq=False)
class Units:
    """The distinct rows of a table, in the order of their hash.

    Attributes
    ----------
    rows : ndarray of int of shape (n_units,)
        One row for each unit.
    weight : ndarray of shape (n_units,)
        The total sample weight of its rows.
    group : ndarray of int of shape (n_units,)
        Equal for units of equal inputs, whatever their targets; in increasing order.
    unit_of : ndarray of int of shape (n_samples,)
        The unit of each row.
    """

    rows: np.ndarray
    weight: np.ndarray
    group: np.ndarray
    unit_of: np.ndarray

    @classmethod
    def of(cls, input_keys, target_keys, sample_weight):
        """Merge the rows that have both keys in common."""
        order = np.lexsort((target_keys, input_keys))
        new_group = np.diff(input_keys[order], prepend=-1.0) != 0
        new_unit = new_group | (np.diff(target_keys[order], prepend=-1.0) != 0)
        unit_of = np.empty(len(order), int)
        unit_of[order] = np.cumsum(new_unit) - 1
        weight = np.bincount(unit_of, sample_weight)
        return cls(order[new_unit], weight, np.cumsum(new_group)[new_unit] - 1, unit_of)

    @staticmethod
    def target_keys(y):
        """A key for each row of targets, a hash."""
        return sample_keys(y.reshape(len(y), -1).astype(np.float64))[:, 0]


def deal_order(fold):
    """The order that puts each fold's units side by side.

    Parameters
    ----------
    fold : ndarray of int of shape (n_units,)

    Returns
    -------
    fold : ndarray of int of shape (n_units,)
        Sorted.
    order : ndarray of int of shape (n_units,)
        The unit at each place.
    place : ndarray of int of shape (n_units,)
        The place of each unit.
    """
    order = np.argsort(fold, kind="stable")
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return fold[order], order, place


def deal_folds(units, strata, n_folds):
    """A fold for each unit; units of equal inputs share it, and each class is spread evenly.

    Parameters
    ----------
    units : Units
    strata : ndarray of int of shape (n_units,)
        The class of each unit; zeros for regression.
    n_folds : int

    Returns
    -------
    ndarray of int of shape (n_units,)
    """
    n_groups, n_strata = units.group[-1] + 1, strata.max() + 1
    if n_groups == 1:  # nothing tells the rows apart
        return np.arange(len(units.rows)) % n_folds
    by_stratum = np.bincount(units.group * n_strata + strata, units.weight, n_groups * n_strata)
    by_stratum = by_stratum.reshape(n_groups, n_strata)
    weight, stratum = by_stratum.sum(axis=1), by_stratum.argmax(axis=1)
    fold, load = np.empty(n_groups, int), np.zeros(n_folds)
    for one in range(n_strata):
        groups = np.flatnonzero(stratum == one)
        if len(groups):
            fold[groups] = _deal(weight[groups], n_folds, load)
            load += np.bincount(fold[groups], weight[groups], n_folds)
    return fold[units.group]


def _deal(weight, n_folds, load):
    """Folds of about equal weight for groups in the order of their hash."""
    share = weight / weight.sum()
    if len(weight) > 4 * n_folds and share.max() < 1 / (2 * n_folds):
        middle = np.cumsum(share) - 0.5 * share
        return np.minimum((n_folds * middle).astype(int), n_folds - 1)
    fold, own = np.empty(len(weight), int), np.zeros(n_folds)  # largest first, to the lightest
    for group in np.argsort(-weight, kind="stable"):
        fold[group] = np.lexsort((load, own))[0]
        own[fold[group]] += weight[group]
    return fold
