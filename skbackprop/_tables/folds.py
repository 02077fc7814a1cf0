"""Which rows a member leaves out: folds that equal rows share."""

import numpy as np

from ..core.noise import sample_keys


def group_rows(inputs):
    """A number for each row, the same for equal rows, in the order of a hash of the row.

    So a row's number depends neither on where it stands nor on how often.

    Parameters
    ----------
    inputs : ndarray of shape (n_samples, n_inputs)

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    _, groups = np.unique(sample_keys(inputs)[:, 0], return_inverse=True)
    return groups


def deal_folds(groups, strata, sample_weight, n_folds):
    """A fold for each row; equal rows share it, and each class is spread over all folds.

    The distinct rows of a class are dealt out to the folds in turn, in the order of their hash. A
    group of equal rows of several classes goes with the heaviest of them.

    Parameters
    ----------
    groups : ndarray of int of shape (n_samples,)
        Equal for equal rows.
    strata : ndarray of int of shape (n_samples,)
        The class of each row; zeros for regression.
    sample_weight : ndarray of shape (n_samples,)
    n_folds : int

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    n_groups, n_strata = groups.max() + 1, strata.max() + 1
    weight = np.bincount(groups * n_strata + strata, sample_weight, n_groups * n_strata)
    stratum = weight.reshape(n_groups, n_strata).argmax(axis=1)
    by_stratum = np.argsort(stratum, kind="stable")  # within a class by the hash
    fold = np.empty(n_groups, int)
    fold[by_stratum] = np.arange(n_groups) % n_folds
    return fold[groups]
