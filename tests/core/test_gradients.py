"""Every derivative of the engine against central differences, and against PyTorch's.

The objective is taken straight from the engine, at random weights: activations, losses,
depths, sample weights and normalizations in every combination, in float64.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.core.activations import ACTIVATIONS, Activation
from skbackprop.core.architectures import multilayer_perceptron
from skbackprop.core.losses import LOSSES
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.problem import Problem as TrainingProblem

N_SAMPLES, N_FEATURES, N_OUTPUTS = 12, 4, 3
NORMALIZATIONS = (None, "layer", "batch")
STEPS = (1e-4, 1e-5)

#: (loss, link): the options of the loss.
CASES = {
    ("squared_error", "identity"): {},
    ("squared_error", "logistic"): {},
    ("squared_error", "softmax"): {},
    ("squared_error", "exp"): {},
    ("log_loss", "logistic"): {},
    ("log_loss", "softmax"): {},
    ("poisson", "exp"): {},
    ("absolute_error", "identity"): {},
    ("huber", "identity"): {"huber_delta": 0.3},
    ("quantile", "identity"): {"quantile": 0.8},
}


class Problem:
    """A network at random weights, and a batch of random data.

    Parameters
    ----------
    activation : Activation
    loss, link : str
    depth : int
        Hidden layers.
    weighted : bool
    normalization : {None, "layer", "batch"}
    """

    def __init__(self, activation, loss, link, depth, weighted, normalization, seed=0):
        rng = np.random.RandomState(seed)
        widths = [N_FEATURES, *(6, 5, 4)[:depth], N_OUTPUTS]
        self.network = multilayer_perceptron(
            widths, [activation] * depth, normalization=normalization
        )
        params = self.network.params
        params += 0.5 * rng.standard_normal(params.size)  # gains began at one
        self.loss = LOSSES[loss](link=link, **CASES[loss, link])
        X, Y = rng.standard_normal((N_SAMPLES, N_FEATURES)), self._target(rng)
        sample_weight = rng.uniform(0, 2, (N_SAMPLES, 1)) if weighted else None
        if weighted:
            sample_weight[0] = 0.0
        rows = np.arange(N_SAMPLES)
        problem = TrainingProblem(X, Y, self.loss, rows, sample_weight, 0.7, alpha=0.3)
        self.objective = Objective(problem, self.network)
        self.batch = self.objective.batch

    def _target(self, rng):
        if self.loss.link == "softmax":
            return rng.dirichlet(np.ones(N_OUTPUTS), N_SAMPLES)
        if self.loss.link == "logistic":
            return rng.uniform(0, 1, (N_SAMPLES, N_OUTPUTS))
        if self.loss.link == "exp":
            return rng.poisson(1.0, (N_SAMPLES, N_OUTPUTS)).astype(float)
        return rng.standard_normal((N_SAMPLES, N_OUTPUTS))

    def value_and_gradient(self):
        value, _, gradient = self.objective.value_and_gradient()
        return value, gradient.copy()

    def differences(self, direction):
        """The rate of change along a direction, by central differences of each step."""
        params, rates = self.network.params, []
        kept = params.copy()
        for h in STEPS:
            params[...] = kept + h * direction
            ahead, _ = self.value_and_gradient()
            params[...] = kept - h * direction
            behind, _ = self.value_and_gradient()
            rates.append((ahead - behind) / (2 * h))
        params[...] = kept
        return np.array(rates)

    def error(self, n_directions=1):
        """The largest relative error in random directions; the best of the steps counts."""
        rng = np.random.RandomState(1)
        _, gradient = self.value_and_gradient()
        errors = []
        for _ in range(n_directions):
            direction = rng.standard_normal(gradient.size)
            rates = self.differences(direction)
            scale = np.maximum(np.linalg.norm(gradient), np.abs(rates))
            errors.append(np.min(np.abs(rates - gradient @ direction) / scale))
        return max(errors)


def combinations(activation):
    """Depth, weights and normalization; without a hidden layer there is no more to vary."""
    linear = [(0, False, None), (0, True, None)] if activation == "identity" else []
    return linear + list(product((1, 3), (False, True), NORMALIZATIONS))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if a.with_derivative])
def test_value_and_derivative_at_once(name, dtype):
    activation = ACTIVATIONS[name]
    z = np.linspace(-20, 20, 401, dtype=dtype).reshape(1, -1)
    a, slope, out, expected, scratch = (np.empty_like(z) for _ in range(5))
    activation.function(z, out)
    activation.derivative(z if activation.uses_z else out, expected)
    activation.with_derivative(z, a, slope, scratch)
    tolerance = 4 * np.finfo(dtype).eps
    assert_allclose(a, out, rtol=tolerance, atol=tolerance)
    assert_allclose(slope, expected, rtol=tolerance, atol=tolerance)
    if not activation.uses_z:
        activation.with_derivative(z, z, slope, scratch)  # in place
        assert_allclose(z, out, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss, link", CASES)
def test_gradient_is_the_rate_of_change(activation, loss, link):
    for case in combinations(activation):
        error = Problem(ACTIVATIONS[activation], loss, link, *case).error()
        assert error < 1e-6, case


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_wrong_derivative_is_found(activation, normalization):
    """One per cent off in one layer of three."""
    right = ACTIVATIONS[activation]

    def derivative(x, out):
        right.derivative(x, out)
        np.multiply(out, 1.01, out=out)

    wrong = Activation("wrong", right.function, derivative, right.uses_z)
    problem = Problem(wrong, "squared_error", "identity", 3, True, normalization)
    assert problem.error(n_directions=5) > 1e-4


@pytest.mark.parametrize("loss, link", CASES)
def test_a_wrong_loss_is_found(loss, link, monkeypatch):
    problem = Problem(ACTIVATIONS["tanh"], loss, link, 1, False, None)
    call = type(problem.loss).__call__

    def wrong(self, z, y, losses, delta, scratch):
        call(self, z, y, losses, delta, scratch)
        delta[:, 0] *= 0.99

    monkeypatch.setattr(type(problem.loss), "__call__", wrong)
    assert problem.error(n_directions=5) > 1e-4


# PyTorch --------------------------------------------------------------------------


def torch_functions(torch):
    """Activations, and losses of one element each, as PyTorch has them."""
    F = torch.nn.functional
    activations = {
        "identity": lambda z: z,
        "logistic": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "silu": F.silu,
        "mish": F.mish,
        "softplus": F.softplus,
    }

    def squared(a, y):
        return (a - y) ** 2 / 2

    losses = {
        ("squared_error", "identity"): squared,
        ("squared_error", "logistic"): lambda z, y: squared(torch.sigmoid(z), y),
        ("squared_error", "softmax"): lambda z, y: squared(torch.softmax(z, 1), y),
        ("squared_error", "exp"): lambda z, y: squared(torch.exp(z), y),
        ("log_loss", "logistic"): lambda z, y: F.binary_cross_entropy_with_logits(
            z, y, reduction="none"
        ),
        ("log_loss", "softmax"): lambda z, y: -y * torch.log_softmax(z, 1),
        ("poisson", "exp"): lambda z, y: torch.exp(z) - y * z + torch.special.xlogy(y, y) - y,
        ("absolute_error", "identity"): lambda z, y: (z - y).abs(),
        ("huber", "identity"): lambda z, y: F.huber_loss(z, y, delta=0.3, reduction="none"),
        ("quantile", "identity"): lambda z, y: torch.maximum(0.8 * (y - z), 0.2 * (z - y)),
    }
    return activations, losses


def torch_value_and_gradient(torch, problem, activation, element_loss, normalization):
    """The objective once more, and its gradient by automatic differentiation."""
    theta = torch.tensor(problem.network.params, requires_grad=True)
    indices = problem.network.views(np.arange(theta.numel()))
    a = torch.tensor(problem.objective.problem.X)
    weights = problem.batch.sample_weight
    weights = torch.ones(N_SAMPLES, 1).double() if weights is None else torch.tensor(weights)
    for i, (layer, view) in enumerate(zip(problem.network.layers, indices, strict=True)):
        view = {name: theta[torch.tensor(index)] for name, index in view.items()}
        if "W" in view:
            a = a @ view["W"] + view["b"]
        elif "gain" in view:
            share = weights / weights.sum() if normalization == "batch" else None
            mean = (share * a).sum(0) if normalization == "batch" else a.mean(1, keepdim=True)
            square = (a - mean) ** 2
            spread = square.mean(1, keepdim=True) if share is None else (share * square).sum(0)
            a = (a - mean) / torch.sqrt(spread + 1e-5) * view["gain"] + view["shift"]
        else:
            a = activation(a)
        assert a.shape[1] == layer.n_out, i
    losses = element_loss(a, torch.tensor(problem.batch.y)) * weights
    squares = (theta[: problem.network.n_weights] ** 2).sum()
    value = (losses.sum() + 0.3 / 2 / 0.7 * squares) / N_SAMPLES
    value.backward()
    return value.item(), theta.grad.numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss, link", CASES)
def test_pytorch_agrees(activation, loss, link):
    torch = pytest.importorskip("torch")
    activations, losses = torch_functions(torch)
    for case in combinations(activation):
        problem = Problem(ACTIVATIONS[activation], loss, link, *case)
        value, gradient = problem.value_and_gradient()
        expected = torch_value_and_gradient(
            torch, problem, activations[activation], losses[loss, link], case[-1]
        )
        assert_allclose(value, expected[0], rtol=1e-10, err_msg=str(case))
        scale = np.abs(expected[1]).max()
        assert_allclose(gradient / scale, expected[1] / scale, atol=1e-10, err_msg=str(case))
