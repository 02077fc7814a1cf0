"""The contractive penalty against Jacobians: ‖J‖² in closed form, and by differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.architectures import AutoencoderArchitecture
from skbackprop.core.losses import SquaredError
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.prediction import feed_forward
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.problem import Problem

N_SAMPLES, N_FEATURES, WEIGHT = 6, 4, 0.3
X = np.random.RandomState(0).standard_normal((N_SAMPLES, N_FEATURES))
SAMPLE_WEIGHTS = np.random.RandomState(1).uniform(0, 2, N_SAMPLES)


class Contractive:
    """A contractive autoencoder at random weights, and a batch of all rows."""

    def __init__(
        self, hidden=(), activation="tanh", code="logistic", weights=None, strength=WEIGHT
    ):
        activation = ACTIVATIONS[activation]
        self.network = AutoencoderArchitecture(
            n_features=N_FEATURES,
            n_components=2,
            encoder=[(width, activation) for width in hidden],
            decoder=[(width, activation) for width in hidden[::-1]],
            code_activation=ACTIVATIONS[code],
            contractive_weight=strength,
        ).network()
        params = self.network.params
        params += 0.7 * np.random.RandomState(2).standard_normal(params.size)
        problem = Problem(
            X,
            X,
            SquaredError(),
            np.arange(N_SAMPLES),
            None if weights is None else weights[:, np.newaxis],
            sample_keys=sample_keys(X),
        )
        self.objective = Objective(problem, self.network, noise=Noise(0))
        self.batch = self.objective.batch

    def encode(self, X):
        return feed_forward(self.network, X, slice(0, self.network.n_encoder))

    def penalty(self):
        """The term along the next random directions."""
        self.batch.forward()
        ((term, value),) = self.batch.penalties
        assert term == "contractive"
        return float(value)

    def expected_penalty(self, n_draws=3000):
        """Mean over many draws, and its standard error."""
        draws = np.array([self.penalty() for _ in range(n_draws)])
        return draws.mean(), draws.std() / np.sqrt(n_draws)

    def squared_jacobians(self):
        """‖J‖² of each sample, by central differences."""
        h, total = 1e-5, np.zeros(N_SAMPLES)
        for step in h * np.eye(N_FEATURES):
            change = (self.encode(X + step) - self.encode(X - step)) / (2 * h)
            total += (change**2).sum(axis=1)
        return total


def test_jacobian_of_one_layer_in_closed_form():
    """‖J‖² = Σⱼ σ′(zⱼ)² ‖W_j‖² (Rifai et al., 2011)."""
    contractive = Contractive()
    a = contractive.encode(X)
    W = contractive.network.weights()[0]
    closed = ((a * (1 - a)) ** 2 * (W**2).sum(axis=0)).sum(axis=1)
    assert_allclose(contractive.squared_jacobians(), closed, rtol=1e-8)
    mean, error = contractive.expected_penalty()
    assert error < 0.02 * mean
    assert_allclose(mean, WEIGHT * closed.mean(), atol=4 * error)


@pytest.mark.parametrize("weights", [None, SAMPLE_WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("activation", ["silu", "elu", "relu"])
@pytest.mark.parametrize("hidden", [(5,), (6, 5)], ids=str)
def test_expectation_is_the_squared_jacobian(hidden, activation, weights):
    contractive = Contractive(hidden, activation, "identity", weights)
    squares = contractive.squared_jacobians()
    expected = WEIGHT * np.mean(squares if weights is None else weights * squares)
    mean, error = contractive.expected_penalty()
    assert error < 0.03 * mean
    assert_allclose(mean, expected, atol=4 * error)


def test_gradient_of_one_layer_in_closed_form():
    """∂/∂W of the closed form, by differences, is the mean gradient over many draws."""
    contractive = Contractive()
    network, W = contractive.network, contractive.network.weights()[0]

    def closed():
        a = contractive.encode(X)
        return WEIGHT * ((a * (1 - a)) ** 2 * (W**2).sum(axis=0)).sum(axis=1).mean()

    kept, expected, h = W.copy(), np.zeros_like(W), 1e-5
    for place in np.ndindex(W.shape):
        values = []
        for sign in (1, -1):
            W[...] = kept
            W[place] += sign * h
            values.append(closed())
        expected[place] = (values[0] - values[1]) / (2 * h)
    W[...] = kept

    def gradient(contractive):
        _, _, flat = contractive.objective.value_and_gradient()
        return network.weights(flat)[0].copy()

    without = gradient(Contractive(strength=1e-300))
    draws = np.array([gradient(contractive) - without for _ in range(3000)])
    errors = draws.std(axis=0) / np.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - expected) < 4 * errors + 1e-9).all()
    assert np.linalg.norm(errors) < 0.1 * np.linalg.norm(expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_second_derivatives(name):
    """Central differences of the first, away from kinks."""
    activation = ACTIVATIONS[name]
    z = np.random.RandomState(0).uniform(-4, 4, 2000)
    z = z[np.abs(z) > 1e-3]
    h = 1e-5

    def derivative(z):
        a, out = np.empty_like(z), np.empty_like(z)
        activation.function(z, a)
        activation.derivative(z if activation.uses_z else a, out)
        return out

    a, second, scratch = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    activation.function(z, a)
    activation.second_derivative(z if activation.uses_z else a, second, scratch)
    assert_allclose(second, (derivative(z + h) - derivative(z - h)) / (2 * h), atol=1e-8)
