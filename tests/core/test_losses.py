"""Losses against their formulas, sample by sample; gradients are in ``test_gradients``."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from scipy.stats import norm

from skbackprop.core.losses import (
    LINKS,
    GaussianLikelihood,
    LogLoss,
    SquaredError,
    mean_loss,
)

N, K = 7, 3
rng = np.random.RandomState(0)
Z, Y = rng.standard_normal((N, K)), rng.uniform(0.1, 0.9, (N, K))
WEIGHTS = rng.uniform(0.2, 3.0, N)
PREDICTIONS = {"identity": lambda z: z, "logistic": expit}


def evaluated(loss, z, y, sample_weight=None):
    """The losses and δ of a batch."""
    losses, delta, scratch = (np.full_like(z, np.nan) for _ in range(3))
    own = {} if sample_weight is None else {"sample_weight": sample_weight[..., np.newaxis]}
    loss(z, y, losses, delta, scratch, **own)
    return losses, delta


def gaussian(link, z, y, weights):
    """−log N(y | a, σ²) without its constant, at the variance that is likeliest; and −∂/∂z."""
    a = PREDICTIONS[link](z)
    sigma = np.sqrt(np.average((a - y) ** 2, axis=0, weights=weights).mean())
    losses = -norm.logpdf(y, a, sigma) - 0.5 * np.log(2.0 * np.pi)
    slope = a * (1.0 - a) if link == "logistic" else 1.0
    return losses, slope * (a - y) / sigma**2


@pytest.mark.parametrize("weights", [None, WEIGHTS, 0.1 * WEIGHTS], ids=["even", "weighted", "low"])
@pytest.mark.parametrize("link", PREDICTIONS)
def test_gaussian_of_the_likeliest_variance(link, weights):
    losses, delta = evaluated(GaussianLikelihood(link), Z, Y, weights)
    expected, expected_delta = gaussian(link, Z, Y, weights)
    assert_allclose(losses, expected, rtol=1e-12, atol=1e-13)
    assert_allclose(delta, expected_delta, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
def test_networks_of_a_population_have_variances_of_their_own(weighted):
    z = np.stack([Z, 2.0 * Z[::-1]])
    y = np.stack([Y, Y])
    weights = np.stack([WEIGHTS, WEIGHTS[::-1]]) if weighted else None
    losses, delta = evaluated(GaussianLikelihood("logistic"), z, y, weights)
    for k in range(2):
        own = evaluated(
            GaussianLikelihood("logistic"), z[k], y[k], weights[k] if weighted else None
        )
        assert_allclose((losses[k], delta[k]), own, rtol=1e-12)


def test_a_batch_without_weight_has_the_smallest_variance():
    losses, delta = evaluated(GaussianLikelihood(), Z, Y, np.zeros(N))
    assert_allclose(losses, 0.5 * ((Z - Y) ** 2 / 1e-6 + np.log(1e-6)), rtol=1e-12)
    assert_allclose(delta, (Z - Y) / 1e-6, rtol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize(
    ("loss", "n_reported"),
    [
        (SquaredError(), K),
        (SquaredError("softmax", mean_over_outputs=False), 1),
        (LogLoss("softmax"), 1),
        (GaussianLikelihood("logistic"), 1),
    ],
    ids=["squared_error", "sum", "log_loss", "gaussian"],
)
def test_mean_loss(loss, n_reported, weights):
    """The weighted mean over samples; over outputs too, where the loss is reported so."""
    own = weights if loss.uses_sample_weight else None
    losses, _ = evaluated(loss, Z, Y, own)
    expected = np.average(losses.sum(axis=1), weights=weights) / n_reported
    assert mean_loss(loss, Z, Y, weights) == pytest.approx(expected, rel=1e-13)


def test_mean_loss_is_added_up_in_double_precision():
    z = np.zeros((1, 4), np.float32)
    y = np.array([[4e4, 1.0, 1.0, 1.0]], np.float32)
    assert mean_loss(SquaredError(mean_over_outputs=False), z, y) == (4e4**2 + 3) / 2


@pytest.mark.parametrize("in_place", [False, True], ids=["", "in place"])
@pytest.mark.parametrize("scratch", [False, True], ids=["", "scratch"])
@pytest.mark.parametrize("shape", [(N, K), (2, N, K)], ids=["alone", "population"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LINKS)
def test_links(name, dtype, shape, scratch, in_place):
    z = np.random.RandomState(1).standard_normal(shape).astype(dtype)
    expected = {
        "identity": z.copy(),
        "logistic": expit(z),
        "softmax": softmax(z, axis=-1),
        "exp": np.exp(z),
    }[name]
    out = z if in_place else np.full_like(z, np.nan)
    room = [np.empty_like(z)] if scratch else []
    LINKS[name].predict(z, out, *room)
    assert_allclose(out, expected, rtol=1e-5 if dtype == np.float32 else 1e-13)
    assert out.dtype == dtype


def test_a_softmax_of_large_scores_is_finite():
    z = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]])
    LINKS["softmax"].predict(z, z)
    assert_array_equal(z, [[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])


def test_a_loss_refuses_other_links():
    with pytest.raises(ValueError, match="LogLoss has no link 'identity'"):
        LogLoss("identity")
