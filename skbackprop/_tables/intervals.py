"""Honest uncertainty from out-of-fold predictions.

Each training row has a residual: that of the members that left it out. By default, an interval is
the ensemble's prediction plus and minus a quantile of these residuals; rows the ensemble has not
seen have somewhat smaller ones, for it averages more members. The method "cv+" (Barber, Candès,
Ramdas & Tibshirani, 2021, "Predictive inference with the jackknife+") has a proof: each training
row i shifts the prediction of the members that left it out by ± its residual, and the interval
reaches over the middle share of all these guesses. Sample weights count as repetitions.
"""

from numbers import Real

import numpy as np

_STEPS = 60  # of a bisection: more than the bits of a float


class SortedByFold:
    """Values of the training rows, sorted within each fold, to count those below others.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        In the order of the folds.
    sample_weight : ndarray of shape (n_samples,)
    folds : list of slice
    """

    def __init__(self, values, sample_weight, folds):
        self._values, self._below = [], []
        self._all = values, sample_weight
        for rows in folds:
            order = np.argsort(values[rows], kind="stable")
            self._values.append(values[rows][order])
            self._below.append(np.append(0.0, np.cumsum(sample_weight[rows][order])))
        self.total = float(sample_weight.sum())

    def weight_at_most(self, k, limits):
        """Weight of fold k's values at most ``limits``, element by element."""
        return self._below[k][np.searchsorted(self._values[k], limits, side="right")]

    def weight_below(self, k, limits):
        """Weight of fold k's values below ``limits``, element by element."""
        return self._below[k][np.searchsorted(self._values[k], limits, side="left")]

    def quantile(self, coverage):
        """The ⌈coverage · (n + 1)⌉-th smallest value of all; infinity where there is none."""
        return quantile_of_scores(*self._all, coverage)

    def quantile_at(self, level):
        """The smallest value with at least a share ``level`` of the weight at or below it."""
        values, sample_weight = self._all
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(sample_weight[order])
        place = np.searchsorted(reached, level * reached[-1] * (1.0 - 1e-12))
        return float(values[order[min(place, len(order) - 1)]])

    def largest(self):
        """The largest value of all."""
        return max(values[-1] for values in self._values if len(values))


METHODS = ("ensemble", "cv+")


def check_coverage(coverage, method):
    """Refuse what is no coverage, or an unknown method.

    Raises
    ------
    ValueError
        With the name of the parameter and the value.
    """
    if not isinstance(coverage, Real) or not 0.0 < coverage < 1.0:
        raise ValueError(f"coverage must be a number in (0, 1), got {coverage!r}.")
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}.")


def quantile_of_scores(values, sample_weight, coverage):
    """The smallest value with a weight of coverage · (n + 1) at or below it, or infinity."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(sample_weight[order])
    place = np.searchsorted(reached, coverage * (reached[-1] + 1.0) * (1.0 - 1e-12))
    return float(values[order[place]]) if place < len(order) else np.inf


def cv_plus_interval(centres, residuals, coverage):
    """The CV+ interval.

    Parameters
    ----------
    centres : ndarray of shape (n_folds, n_samples)
        The prediction of the members that left a fold out, for new rows.
    residuals : SortedByFold
        Absolute errors of the training rows.
    coverage : float

    Returns
    -------
    ndarray of shape (n_samples, 2)
    """
    upper = _upper_end(centres, residuals, coverage)
    lower = -_upper_end(-centres, residuals, coverage)
    return np.column_stack([lower, upper])


def _upper_end(centres, residuals, coverage):
    """The smallest v with at least a weight of coverage · (n + 1) of guesses μₖ(x) + Rᵢ ≤ v."""
    wanted = coverage * (residuals.total + 1.0)
    low = centres.min(axis=0)
    high = centres.max(axis=0) + residuals.largest()
    unbounded = wanted > residuals.total
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        reached = sum(
            residuals.weight_at_most(k, middle - centre) for k, centre in enumerate(centres)
        )
        enough = reached >= wanted
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    return np.full_like(high, np.inf) if unbounded else high


def cv_plus_set(probabilities, scores, coverage):
    """The CV+ set of classes: those that conform as well as the training rows do.

    A class's score is 1 − its probability (Sadinle, Lei & Wasserman, 2019). It is in the set unless
    a share ``coverage`` of the training rows has smaller scores.

    Parameters
    ----------
    probabilities : ndarray of shape (n_folds, n_samples, n_classes)
        Of the members that left a fold out, for new rows.
    scores : SortedByFold
        1 − the probability of the true class of the training rows.
    coverage : float

    Returns
    -------
    ndarray of bool of shape (n_samples, n_classes)
    """
    smaller = sum(
        scores.weight_below(k, 1.0 - probability) for k, probability in enumerate(probabilities)
    )
    return smaller < coverage * (scores.total + 1.0)


def sorted_by_fold(values, table):
    """Scores of the training rows, for intervals; weights below one a row are scaled up to that."""
    weights = table.sample_weight * max(1.0, len(values) / table.sample_weight.sum())
    return SortedByFold(values, weights, table.folds)
