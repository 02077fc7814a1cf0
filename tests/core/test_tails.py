"""Tail probabilities against closed forms; sample weights against repeats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skbackprop.core.tails import (
    MarginalTails,
    UpperTail,
    beyond_fence,
    log_harmonic_mean,
    weighted_quantile,
)

rng = np.random.RandomState(0)

DISTRIBUTIONS = {
    "exponential": stats.expon(),
    "normal": stats.norm(),
    "chi-squared": stats.chi2(5),
    "uniform": stats.uniform(),
}


# One tail -------------------------------------------------------------------------


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_bulk_is_that_of_the_distribution(name):
    true = DISTRIBUTIONS[name]
    tail = UpperTail.estimate(true.rvs(50_000, random_state=0), np.ones(50_000))
    values = true.ppf(np.linspace(0.01, 0.88, 30))
    assert_allclose(np.exp(tail.log_probability(values)), true.sf(values), atol=0.01)


def test_an_exponential_tail_is_extrapolated():
    tail = UpperTail.estimate(rng.exponential(3.0, 50_000), np.ones(50_000))
    for p in (1e-2, 1e-6, 1e-12):
        assert_allclose(tail.log_probability(-3.0 * np.log([p])), np.log([p]), rtol=0.03)


def test_beyond_the_sample_the_probability_keeps_falling():
    values = rng.standard_normal(300)
    tail = UpperTail.estimate(values, np.ones(300))
    far = values.max() + np.array([0.0, 1.0, 10.0, 1e6, 1e300])
    assert (np.diff(tail.log_probability(far)) < 0).all()
    assert np.isfinite(tail.log_probability(far)).all()


@pytest.mark.parametrize("p", [0.7, 0.3, 0.11, 0.09, 1e-3, 1e-9])
def test_value_is_the_inverse(p):
    tail = UpperTail.estimate(rng.standard_normal(2000), np.ones(2000))
    value = tail.value(np.log(p))
    if p < 0.09 or p > 0.11:  # at the 0.9 quantile the two parts need not meet
        assert_allclose(tail.log_probability(np.array([value])), np.log(p), rtol=1e-6)
    assert tail.value(np.log(p) - 0.5) >= value


@pytest.mark.parametrize("n_distinct", [1, 2, 30, 200])
def test_a_weight_is_a_repetition(n_distinct):
    values = rng.permutation(np.resize(rng.standard_normal(n_distinct), 200))
    weights = rng.randint(0, 4, 200)
    new = np.concatenate([values, rng.standard_normal(50) * 3])
    repeated = UpperTail.estimate(np.repeat(values, weights), np.ones(weights.sum()))
    for factor in (1.0, 1e6):
        weighted = UpperTail.estimate(values, factor * weights)
        assert_allclose(weighted.log_probability(new), repeated.log_probability(new), rtol=1e-9)


def test_values_equal_but_for_rounding_share_their_probability():
    """Nine in ten are the least value: nobody is as odd as they are not."""
    for seed in range(50):
        draws = np.random.RandomState(seed)
        values = np.repeat([5.0, 7.0, 9.0], [90, 8, 2])
        values *= 1 + 1e-15 * draws.randint(-3, 4, 100)
        tail = UpperTail.estimate(values, np.ones(100))
        found = np.exp(tail.log_probability(values))
        assert_allclose(found[:90], 1.0, atol=1e-6)
        assert np.ptp(found[90:98]) < 1e-6
        assert (found[98:] < found[97]).all()


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1e9, 1e200])
def test_the_unit_does_not_matter_without_rounding(unit):
    values, new = rng.standard_normal((2, 300))
    expected = UpperTail.estimate(values, np.ones(300), rtol=0.0).log_probability(3 * new)
    found = UpperTail.estimate(unit * values, np.ones(300), rtol=0.0)
    assert_allclose(found.log_probability(3 * unit * new), expected, rtol=1e-6)


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0], [1.0, 2.0], [0.0] * 99 + [1e300]], ids=str)
def test_degenerate_samples_have_a_tail(values):
    values = np.array(values)
    tail = UpperTail.estimate(values, np.ones(len(values)))
    new = np.array([values.min(), values.max(), values.max() + 1.0, 1e308])
    assert np.isfinite(tail.log_probability(new)).all()
    assert tail.log_probability(new)[0] == 0.0
    assert (np.diff(tail.log_probability(new)) <= 0).all()


# Features -------------------------------------------------------------------------


def test_oddness_is_fisher_s_combination():
    """Of independent features, half of a chi-squared variable with two degrees for each."""
    tails = MarginalTails.estimate(rng.standard_normal((20_000, 6)), np.ones(20_000))
    oddness = tails.oddness(rng.standard_normal((20_000, 6)))
    expected = stats.chi2(12).ppf([0.25, 0.5, 0.9]) / 2
    assert_allclose(np.quantile(oddness, [0.25, 0.5, 0.9]), expected, rtol=0.03)


def test_rare_values_are_odd_on_both_sides():
    X = np.repeat([[0.0], [1.0]], [97, 3], axis=0)
    tails = MarginalTails.estimate(X, np.ones(100))
    below, common, rare, unseen = tails.oddness(np.array([[-1.0], [0.0], [1.0], [2.0]]))
    assert common == 0.0
    assert unseen > rare > 2.0
    assert below > 0.0


def test_features_of_single_precision():
    X = rng.standard_normal((200, 3)).astype(np.float32)
    oddness = MarginalTails.estimate(X, np.ones(200)).oddness(X)
    assert oddness.dtype == np.float64
    assert oddness.shape == (200,)


# Combination and fence ------------------------------------------------------------


def test_harmonic_mean():
    p, parts = rng.uniform(0.01, 1, (3, 20)), np.array([0.5, 0.3, 0.2])
    expected = stats.hmean(p, weights=parts[:, np.newaxis], axis=0)
    assert_allclose(log_harmonic_mean(np.log(p), parts), np.log(expected), rtol=1e-10)
    far = log_harmonic_mean(np.array([[-1e5], [0.0]]), (0.5, 0.5))
    assert_allclose(far, np.log(2.0) - 1e5)


def test_fence_of_an_exponential_tail():
    values = rng.exponential(2.0, 200_000) + 7
    assert_allclose(beyond_fence(values, np.ones(200_000)).mean(), 0.0025, rtol=0.2)


def test_the_fence_is_not_moved_by_a_fifth_of_outliers():
    values = np.concatenate([rng.exponential(1.0, 800), np.full(200, 1e6)])
    beyond = beyond_fence(values, np.ones(1000))
    assert beyond[800:].all()
    assert beyond[:800].mean() < 0.01


def test_rounding_is_not_beyond():
    values = 5.0 + 1e-14 * np.arange(20)
    assert_array_equal(beyond_fence(values, np.ones(20)), False)


# Quantiles ------------------------------------------------------------------------


@pytest.mark.parametrize("q", [0.0, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 1.0])
def test_at_most_the_share_lies_below(q):
    values = rng.standard_normal(50)
    quantile = weighted_quantile(values, q, np.ones(50))
    assert quantile in values
    assert (values < quantile).sum() == min(np.floor(q * 50 + 1e-9), 49)


@pytest.mark.parametrize("q", [0.1, 0.25, 0.5, 0.9])
def test_quantile_counts_a_weight_as_repetitions(q):
    values = rng.standard_normal(50)
    for weights in (rng.randint(0, 4, 50), np.eye(50, dtype=int)[7], 1 + np.eye(50, dtype=int)[7]):
        expected = weighted_quantile(np.repeat(values, weights), q, np.ones(weights.sum()))
        assert weighted_quantile(values, q, weights.astype(float)) == expected


def test_quantile_does_not_depend_on_the_scale_of_the_weights():
    values, weights = rng.standard_normal(50), rng.uniform(0, 2, 50)
    for q in (0.1, 0.25, 0.5):
        expected = weighted_quantile(values, q, weights)
        assert weighted_quantile(values, q, 1e6 * weights) == expected
