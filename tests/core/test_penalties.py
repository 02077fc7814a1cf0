"""The values of the penalties on the code, written out in another way; none in prediction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skbackprop.core.layers import Dense, KLSparsity, L1Penalty, Sampling
from skbackprop.core.losses import SquaredError
from skbackprop.core.network import Network
from skbackprop.core.noise import Noise
from skbackprop.core.passes import Workspace
from skbackprop.core.prediction import feed_forward

N_SAMPLES, WIDTH = 8, 3
WEIGHTS = np.random.RandomState(3).uniform(0, 2, N_SAMPLES)


def network_of(layer, dtype=np.float64):
    """A layer behind a dense one that passes its input on."""
    network = Network([Dense(layer.n_in, layer.n_in), layer], dtype=dtype)
    network.weights()[0][...] = np.eye(layer.n_in)
    return network


def passed(layer, X, weights=None, seed=0):
    """The pass of a training step over all rows; ``layers[1]`` is the layer's."""
    network = network_of(layer, X.dtype)
    workspace = Workspace(
        network, len(X), loss=SquaredError(), weighted=weights is not None, noise=[Noise(seed)]
    )
    batch = workspace.for_rows(len(X))
    batch.x[...] = X
    if weights is not None:
        batch.sample_weight[:, 0] = weights
    if batch.keys is not None:
        batch.keys[:, 0] = np.linspace(0, 1, len(X), endpoint=False)
    batch.forward()
    return batch


def penalty(layer, X, weights=None):
    return float(passed(layer, X, weights).layers[1].penalty)


@pytest.fixture
def codes():
    return np.random.RandomState(0).standard_normal((N_SAMPLES, WIDTH))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_l1_is_the_mean_norm(codes, weights):
    norms = np.linalg.norm(codes, ord=1, axis=1)
    expected = 0.4 * (norms.mean() if weights is None else weights @ norms / N_SAMPLES)
    assert_allclose(penalty(L1Penalty(WIDTH, 0.4), codes, weights), expected)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_kl_is_between_bernoulli_distributions(codes, weights):
    codes = 1 / (1 + np.exp(-codes))
    mean = np.average(codes, axis=0, weights=weights)
    expected = sum(stats.entropy([0.1, 0.9], [m, 1 - m]) for m in mean)
    assert_allclose(penalty(KLSparsity(WIDTH, 0.5, 0.1), codes, weights), 0.5 * expected)


def test_kl_is_zero_at_its_target():
    codes = np.array([[0.0, 0.2], [0.2, 0.0]])
    assert_allclose(penalty(KLSparsity(2, 0.5, 0.1), codes), 0.0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stuck", [0.0, 1.0])
def test_kl_stays_finite_at_the_ends(stuck, dtype):
    layer = KLSparsity(2, 0.5, 0.1)
    batch = passed(layer, np.full((4, 2), stuck, dtype))
    batch.delta[...] = 0.0
    batch.backward()
    assert np.isfinite(batch.layers[1].penalty)
    assert np.isfinite(batch.delta).all()
    assert (np.sign(batch.delta) == (1 if stuck else -1)).all()  # back to where the target is


def test_kl_of_a_batch_without_weight_is_no_division_by_zero(codes):
    batch = passed(KLSparsity(WIDTH, 0.5, 0.1), np.abs(codes), np.zeros(N_SAMPLES))
    assert np.isfinite(batch.layers[1].penalty)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_variational_is_the_divergence_from_the_prior(codes, weights):
    """KL(q ‖ p) = E_q[log q − log p], the integral for each unit by quadrature."""
    log_variance = np.linspace(-2, 1, codes.size).reshape(codes.shape)
    nodes, heights = np.polynomial.hermite_e.hermegauss(20)
    heights = heights / heights.sum()
    prior, rows = stats.norm(), np.zeros(N_SAMPLES)
    for (i, _), mean, log_v in zip(
        np.ndindex(codes.shape), codes.flat, log_variance.flat, strict=True
    ):
        posterior = stats.norm(mean, np.exp(0.5 * log_v))
        z = posterior.mean() + posterior.std() * nodes
        rows[i] += heights @ (posterior.logpdf(z) - prior.logpdf(z))
    expected = 0.7 * (rows.mean() if weights is None else weights @ rows / N_SAMPLES)
    layer, X = Sampling(WIDTH, 0.7), np.hstack([codes, log_variance])
    assert_allclose(penalty(layer, X, weights), expected, rtol=1e-12)


def test_variational_code_is_drawn_from_its_gaussian():
    n = 20_000
    X = np.tile([1.0, -2.0, np.log(0.25), np.log(4.0)], (n, 1))
    z = passed(Sampling(2, 1.0), X).z
    assert_allclose(z.mean(axis=0), [1, -2], atol=0.05)
    assert_allclose(z.std(axis=0), [0.5, 2], rtol=0.03)
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03
    for unit, deviation in zip((z - [1, -2]).T, (0.5, 2.0), strict=True):
        assert stats.kstest(unit / deviation, "norm").pvalue > 1e-3


@pytest.mark.parametrize("log_variance", [-1e4, 1e4])
def test_log_variance_is_clipped(log_variance):
    batch = passed(Sampling(1, 1.0), np.array([[0.5, log_variance]]))
    noise = batch.z - 0.5
    assert np.abs(noise) < 10 * np.exp(0.5 * np.clip(log_variance, -10, 10))
    assert np.isfinite(batch.layers[1].penalty)
    batch.delta[...] = 1.0
    batch.backward()
    d_mean, d_log_variance = batch.layers[0].above.delta[0]
    assert d_mean == 1.5
    assert d_log_variance == 0.0


@pytest.mark.parametrize(
    "layer",
    [L1Penalty(2, 1.0), KLSparsity(2, 1.0, 0.1), Sampling(2, 1.0)],
    ids=lambda layer: layer.term,
)
def test_prediction_passes_the_code_on(layer):
    X = np.random.RandomState(0).uniform(0.1, 0.9, (5, layer.n_in))
    assert_array_equal(feed_forward(network_of(layer), X), X[:, :2])
