"""How far out a value lies: tail probabilities, estimated from a sample and extrapolated.

All estimates are ratios of weight. So a sample weight of k is k repeated values, and the scale of
the weights does not matter.
"""

from dataclasses import dataclass

import numpy as np

_BULK = 0.9  # share of the sample that the empirical distribution describes; beyond, exponential
_N_KNOTS = 129
_FENCE = 0.0025  # share of an exponential tail beyond the fence
_HALF_THE_DIGITS = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True)
class UpperTail:
    """log P(V ≥ v) of a variable V.

    Up to the 0.9 quantile u it is that of the sample, linear in between 129 of its quantiles.
    Beyond, P(V ≥ v) = P(V > u) exp(−(v − u) / s), with s the mean excess over u: the exponential
    distribution is the limit of excesses over a threshold for every light tail [1]_.

    Attributes
    ----------
    knots : ndarray of shape (n_knots,)
        Increasing values, the last of them u.
    log_shares : ndarray of shape (n_knots,)
        log P(V ≥ knot).
    log_beyond : float
        log P(V > u), or log P(V ≥ u) where nothing is beyond.
    reach : float
        Up to here a value is u but for rounding.
    scale : float
        The mean excess s, in the unit of the values; 1 where no two values differ.

    References
    ----------
    .. [1] Pickands (1975), "Statistical inference using extreme order statistics".
    """

    knots: np.ndarray
    log_shares: np.ndarray
    log_beyond: float
    reach: float
    scale: float

    @classmethod
    def estimate(cls, values, weights, rtol=_HALF_THE_DIGITS):
        """The tail of a weighted sample, shape (n_samples,).

        Values that differ by no more than ``rounding(value, rtol)`` are the same.
        """
        order = np.argsort(values, kind="stable")
        values, weights = values[order].astype(np.float64), weights[order]
        below = np.concatenate([[0.0], np.cumsum(weights)])  # weight of the values before each
        total = below[-1]
        shares = _BULK * np.linspace(0.0, 1.0, _N_KNOTS)
        places = np.searchsorted(below[1:], shares * total * (1.0 - 1e-12), side="left")
        knots = _distinct(values[places], rtol)
        start = np.searchsorted(values, knots - rounding(knots, rtol), side="left")
        log_shares = np.log1p(-below[start] / total)

        u = knots[-1]
        reach = u + rounding(u, rtol)
        first = np.searchsorted(values, reach, side="right")
        beyond = total - below[first]
        if first == len(values) or beyond <= 0.0:
            scale = (u - knots[0]) / -np.log1p(-_BULK) if len(knots) > 1 else 1.0
            return cls(knots, log_shares, log_shares[-1], reach, scale)
        excess = values[first:] - u
        largest = excess[-1]  # excesses in parts of it: their sum may overflow
        scale = largest * np.average(excess / largest, weights=weights[first:])
        scale = max(scale, _HALF_THE_DIGITS * abs(u))
        return cls(knots, log_shares, np.log(beyond / total), reach, scale)

    def log_probability(self, values):
        """log P(V ≥ v) for each value, shape (n_samples,); at most 0."""
        bulk = np.interp(values, self.knots, self.log_shares)
        with np.errstate(over="ignore"):
            beyond = self.log_beyond - (values - self.knots[-1]) / self.scale
        beyond = np.clip(beyond, -np.finfo(np.float64).max, bulk)
        return np.where(values > self.reach, beyond, bulk)

    def value(self, log_probability):
        """The value v with log P(V ≥ v) = ``log_probability``, a float."""
        if log_probability < min(self.log_beyond, self.log_shares[-1]):
            return float(self.knots[-1] + self.scale * (self.log_beyond - log_probability))
        return float(np.interp(-log_probability, -self.log_shares, self.knots))


@dataclass(frozen=True)
class MarginalTails:
    """Both tails of each feature.

    Attributes
    ----------
    upper, lower : list of UpperTail, of length n_features
        The tails of xⱼ and of −xⱼ.
    """

    upper: list
    lower: list

    @classmethod
    def estimate(cls, X, weights):
        """Tails of a weighted sample X of shape (n_samples, n_features)."""
        X = np.asarray(X, np.float64)
        return cls(  # features are given, not computed: no rounding to allow for
            [UpperTail.estimate(x, weights, rtol=0.0) for x in X.T],
            [UpperTail.estimate(-x, weights, rtol=0.0) for x in X.T],
        )

    def oddness(self, X):
        """−Σⱼ log min(1, 2 min(P(Vⱼ ≥ xⱼ), P(Vⱼ ≤ xⱼ))) for each row, shape (n_samples,).

        Were the features independent and continuous, each term would be exponential: Fisher's
        combination of one two-sided test a feature.
        """
        columns, total = np.asarray(X, np.float64).T, np.zeros(len(X))
        for x, upper, lower in zip(columns, self.upper, self.lower, strict=True):
            log_p = np.minimum(upper.log_probability(x), lower.log_probability(-x))
            total -= np.minimum(log_p + np.log(2.0), 0.0)
        return total


def log_harmonic_mean(log_p, parts):
    """log of the weighted harmonic mean of probabilities.

    One small probability makes it small, and several make it smaller; the tests that it combines
    need not be independent (Wilson 2019, "The harmonic mean p-value for combining dependent
    tests").

    Parameters
    ----------
    log_p : ndarray of shape (n_tests, n_samples)
        Logs of probabilities.
    parts : array-like of shape (n_tests,)
        The weight of each test; their sum is 1.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    return -np.logaddexp.reduce(np.log(parts)[:, np.newaxis] - log_p, axis=0)


def beyond_fence(values, weights, rtol=_HALF_THE_DIGITS):
    """Which values lie beyond a fence that 0.25 % of an exponential tail would exceed.

    The tail is extrapolated from the median and the upper quartile, so that up to a quarter of
    outliers do not move it.
    """
    middle, upper = (weighted_quantile(values, q, weights) for q in (0.5, 0.75))
    fence = middle + (upper - middle) * np.log(0.5 / _FENCE) / np.log(2.0)
    return values > fence + rounding(fence, rtol)


def weighted_quantile(values, q, weights):
    """The smallest value with more than a share ``q`` of the weight at or below it.

    So a share of at most ``q`` lies strictly below, and a weight of k is a value repeated k times.
    """
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, q * reached[-1] * (1.0 + 1e-12), side="right")
    return float(values[order[min(place, len(values) - 1)]])


def rounding(value, rtol=_HALF_THE_DIGITS):
    """How far apart equal scores may come out: half the digits, of 1 or of the value."""
    return rtol * (1.0 + np.abs(value))


def _distinct(values, rtol):
    """Of increasing values those that differ from the one kept before."""
    kept = [values[0]]
    for value in values[1:]:
        if value > kept[-1] + rounding(kept[-1], rtol):
            kept.append(value)
    return np.array(kept)
