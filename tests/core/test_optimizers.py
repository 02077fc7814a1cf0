"""Optimizers against the formulas of the books, step by step, and PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.core.layers import Dense
from skbackprop.core.network import Network
from skbackprop.core.optimizers import OPTIMIZERS, SGD, Adam
from skbackprop.core.training.objective import L2Penalty
from skbackprop.core.training.state import State
from skbackprop.core.training.update import Update

N_STEPS = 7
RATES = (0.1, 0.1, 0.03, 0.2, 0.1, 0.01, 0.1)


class Trained:
    """A network whose gradients are given: θ and moments after each step."""

    def __init__(self, optimizer, members=(), width=5, dtype=np.float64):
        rng = np.random.RandomState(0)
        self.network = Network([Dense(width, 2)], dtype=dtype)
        if members:
            params = np.tile(self.network.params, (*members, 1))
            state = np.empty((*members, 0), dtype)
            self.network = self.network.of_layers(self.network.layers, params, state)
        self.network.params[...] = rng.standard_normal(self.network.params.shape)
        self.optimizer = optimizer
        self.state = State(self.network, None)
        self.state.set_up_moments(optimizer)
        self.gradient = np.empty_like(self.network.params)
        self.update = Update(
            self.network, self.gradient, self.state.moments, optimizer, L2Penalty(0.0)
        )
        self.rng = rng

    @property
    def theta(self):
        return self.network.params

    def step(self, rate, t):
        """One step; the gradient that it was given."""
        g = self.rng.standard_normal(self.theta.shape).astype(self.theta.dtype)
        self.gradient[...] = g
        self.update(rate, t, 1, with_norms=False)
        return g


@pytest.mark.parametrize("width", [5, 9000], ids=["small", "large"])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_sgd_by_the_book(momentum, nesterov, width):
    trained = Trained(SGD(momentum, nesterov), width=width)
    theta, v = trained.theta.copy(), 0.0
    for t, rate in enumerate(RATES, 1):
        g = trained.step(rate, t)
        v = momentum * v - rate * g
        theta = theta + (momentum * v - rate * g if nesterov else v)
        assert_allclose(trained.theta, theta, rtol=1e-12, atol=1e-13)
        assert_allclose(trained.state.moments[0], v, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("width", [5, 9000], ids=["small", "large"])
@pytest.mark.parametrize(
    "betas", [(0.9, 0.999), (0.0, 0.9), (0.9, 0.0), (0.5, 0.5)], ids=lambda betas: f"{betas}"
)
@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_adam_by_the_book(epsilon, betas, width):
    """Algorithm 1, with ε where its last paragraph of section 2 puts it, as in scikit-learn."""
    beta_1, beta_2 = betas
    trained = Trained(Adam(beta_1, beta_2, epsilon), width=width)
    theta, m, v = trained.theta.copy(), 0.0, 0.0
    for t, rate in enumerate(RATES, 1):
        g = trained.step(rate, t)
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        size = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - size * m / (np.sqrt(v) + epsilon)
        assert_allclose(trained.theta, theta, rtol=1e-10, atol=1e-12)
    kept_m, kept_v = trained.state.moments
    assert_allclose(kept_m * (1 - beta_1), m, rtol=1e-12, atol=1e-13)
    assert_allclose(kept_v * (1 - beta_2), v, rtol=1e-12, atol=1e-13)


def test_the_first_step_of_adam_is_of_the_length_of_the_rate():
    trained = Trained(Adam())
    before = trained.theta.copy()
    g = trained.step(0.01, 1)
    assert_allclose(trained.theta - before, -0.01 * np.sign(g), rtol=1e-5)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_pytorch_s(nesterov):
    """PyTorch's velocity is −v / η: the same at a constant rate."""
    torch = pytest.importorskip("torch")
    trained = Trained(SGD(0.9, nesterov))
    theta = torch.tensor(trained.theta.copy(), requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=0.05, momentum=0.9, nesterov=nesterov)
    for t in range(1, N_STEPS + 1):
        theta.grad = torch.tensor(trained.step(0.05, t))
        optimizer.step()
        assert_allclose(trained.theta, theta.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_adam_is_pytorch_s():
    """...whose ε comes after the bias correction: with a tiny one they agree."""
    torch = pytest.importorskip("torch")
    trained = Trained(Adam(epsilon=1e-15))
    theta = torch.tensor(trained.theta.copy(), requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.05, eps=1e-15)
    for t in range(1, N_STEPS + 1):
        theta.grad = torch.tensor(trained.step(0.05, t))
        optimizer.step()
        assert_allclose(trained.theta, theta.detach().numpy(), rtol=1e-10, atol=1e-12)


COLUMN = np.array([[0.3], [0.6], [0.9]])


@pytest.mark.parametrize(
    "together, alone",
    [
        (SGD(COLUMN, True), lambda x: SGD(x, True)),
        (SGD(COLUMN, False), lambda x: SGD(x, False)),
        (Adam(COLUMN, 0.99, 1e-3), lambda x: Adam(x, 0.99, 1e-3)),
        (Adam(0.9, COLUMN, 1e-3), lambda x: Adam(0.9, x, 1e-3)),
        (Adam(0.9, 0.99, COLUMN), lambda x: Adam(0.9, 0.99, x)),
    ],
    ids=["nesterov", "momentum", "beta_1", "beta_2", "epsilon"],
)
def test_members_have_their_own_rates_and_hyperparameters(together, alone):
    population = Trained(together, members=(3,))
    singles = [Trained(alone(float(x))) for x in COLUMN[:, 0]]
    for single, theta in zip(singles, population.theta, strict=True):
        single.theta[...] = theta
    rates, t = np.array([[0.1], [0.2], [0.05]]), np.array([[1], [4], [9]])
    for _ in range(N_STEPS):
        gradients = population.step(rates, t)
        for k, single in enumerate(singles):
            single.gradient[...] = gradients[k]
            single.update(float(rates[k, 0]), int(t[k, 0]), 1, with_norms=False)
            assert_allclose(population.theta[k], single.theta, rtol=1e-12, atol=1e-13)
        t = t + 1


@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.5, False), Adam()], ids=str)
def test_single_precision_stays(optimizer):
    double, single = Trained(optimizer), Trained(optimizer, dtype=np.float32)
    single.theta[...] = double.theta
    for t, rate in enumerate(RATES, 1):
        single.gradient[...] = double.step(rate, t)
        single.update(rate, t, 1, with_norms=False)
    assert single.theta.dtype == single.state.moments[0].dtype == np.float32
    assert_allclose(single.theta, double.theta, rtol=1e-4, atol=1e-5)


def test_adam_adopts_moments_of_other_decay_rates():
    """What the moments stand for is the same before and after."""
    m, v = np.array([2.0, -1.0]), np.array([4.0, 9.0])
    moments = [m / (1 - 0.9), v / (1 - 0.999)]
    Adam(0.5, 0.9).adopt(moments, Adam(0.9, 0.999))
    assert_allclose(moments, [m / (1 - 0.5), v / (1 - 0.9)])
    before = [moment.copy() for moment in moments]
    Adam(0.5, 0.9, epsilon=0.1).adopt(moments, Adam(0.5, 0.9))
    assert_array_equal(moments, before)


def test_sgd_adopts_the_velocity_as_it_is():
    moments = [np.array([2.0, -1.0])]
    SGD(0.5).adopt(moments, SGD(0.9))
    assert_array_equal(moments, [[2.0, -1.0]])


def test_names():
    assert {"sgd": SGD, "adam": Adam} == OPTIMIZERS
    assert SGD.moment_names == ("velocity",)
    assert Adam.moment_names == ("m", "v")
    assert (SGD().momentum, SGD().nesterov) == (0.9, True)
    assert (Adam().beta_1, Adam().beta_2, Adam().epsilon) == (0.9, 0.999, 1e-8)
