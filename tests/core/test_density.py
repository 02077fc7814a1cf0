"""The density of codes and residuals, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from skbackprop.core.density import CodeAndResidualDensity

rng = np.random.RandomState(0)
CODES = rng.standard_normal((200, 3)) @ rng.standard_normal((3, 3)) + 5
RESIDUALS = rng.standard_normal((200, 4)) * [0.1, 1.0, 2.0, 3.0] + [0, 1, 0, -1]


def test_log_density_is_that_of_two_gaussians():
    density = CodeAndResidualDensity.estimate(CODES, RESIDUALS, np.ones(200))
    code = stats.multivariate_normal(density.code_mean, density.code_covariance)
    residual = stats.norm(density.residual_mean, np.sqrt(density.residual_variance))
    expected = code.logpdf(CODES) + residual.logpdf(RESIDUALS).sum(axis=1)
    assert_allclose(density.log_density(CODES, RESIDUALS), expected, rtol=1e-10)


def test_moments_are_those_of_the_sample():
    density = CodeAndResidualDensity.estimate(CODES, RESIDUALS, np.ones(200))
    assert_allclose(density.code_mean, CODES.mean(axis=0))
    assert_allclose(density.code_covariance, np.cov(CODES.T, bias=True), rtol=1e-4)
    assert_allclose(density.residual_mean, RESIDUALS.mean(axis=0))
    assert_allclose(density.residual_variance, RESIDUALS.var(axis=0) + 0.01)


def test_ridge_is_in_units_of_the_code_s_mean_variance():
    plain, ridged = (
        CodeAndResidualDensity.estimate(scale * CODES, RESIDUALS, np.ones(200), ridge=ridge)
        for scale, ridge in ((1.0, 0.0), (10.0, 0.5))
    )
    mean_variance = np.trace(plain.code_covariance) / 3
    expected = 100 * (plain.code_covariance + 0.5 * mean_variance * np.eye(3))
    assert_allclose(ridged.code_covariance, expected, rtol=1e-9)


def test_a_weight_is_a_repetition():
    weights = rng.randint(0, 4, 200)
    weighted = CodeAndResidualDensity.estimate(CODES, RESIDUALS, weights.astype(float))
    repeated = CodeAndResidualDensity.estimate(
        np.repeat(CODES, weights, axis=0),
        np.repeat(RESIDUALS, weights, axis=0),
        np.ones(weights.sum()),
    )
    assert_allclose(
        weighted.log_density(CODES, RESIDUALS), repeated.log_density(CODES, RESIDUALS), rtol=1e-9
    )


@pytest.mark.parametrize(
    "codes, residuals",
    [
        (np.ones((200, 2)), np.zeros((200, 4))),
        (np.repeat(CODES[:, :1], 2, axis=1), RESIDUALS),
        (CODES[:2], RESIDUALS[:2]),
        (1e-30 * CODES, 1e-30 * RESIDUALS),
        (1e30 * CODES, 1e30 * RESIDUALS),
    ],
    ids=["constant", "collinear", "two samples", "tiny", "huge"],
)
def test_degenerate_codes_have_a_density(codes, residuals):
    density = CodeAndResidualDensity.estimate(codes, residuals, np.ones(len(codes)))
    scores = density.log_density(codes, residuals)
    assert np.isfinite(scores).all()
    assert (density.log_density(codes + 9, residuals) <= scores.max()).all()


def test_single_precision_is_computed_in_double():
    single = CodeAndResidualDensity.estimate(
        CODES.astype(np.float32), RESIDUALS.astype(np.float32), np.ones(200)
    )
    scores = single.log_density(CODES.astype(np.float32), RESIDUALS.astype(np.float32))
    assert scores.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_distinct", [1, 2])
def test_rounding_does_not_decide(n_distinct, dtype):
    """Codes that are equal but for their last digits: constant, or on a line."""
    for seed in range(20):
        rng = np.random.RandomState(seed)
        rows = rng.standard_normal((n_distinct, 4)) * 10.0 ** rng.randint(-3, 3)
        codes = np.repeat(rows, 100 // n_distinct, axis=0)
        codes = (codes * (1 + np.finfo(dtype).eps * rng.randint(-2, 3, codes.shape))).astype(dtype)
        density = CodeAndResidualDensity.estimate(codes, np.zeros((100, 4)), np.ones(100))
        scores = density.log_density(codes, np.zeros((100, 4))).reshape(n_distinct, -1)
        assert np.ptp(scores, axis=1).max() < 100 * np.finfo(dtype).eps ** 0.5
