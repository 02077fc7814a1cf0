"""The gradient of every kind of autoencoder against central differences, and PyTorch's.

The objective comes straight from the engine, at random weights, in float64. What is drawn at
random in training (noise on the input, directions, a variational code) is held fixed by giving
each evaluation a stream of the same seed.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.core.activations import ACTIVATIONS, Activation
from skbackprop.core.architectures import AutoencoderArchitecture
from skbackprop.core.layers import (
    CORRUPTIONS,
    ContractivePenalty,
    Dense,
    KLSparsity,
    L1Penalty,
    Sampling,
    SharedDense,
    TangentActivate,
    TangentDense,
    TiedDense,
)
from skbackprop.core.losses import LOSSES
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.problem import Problem as TrainingProblem

N_SAMPLES, N_FEATURES, N_COMPONENTS = 12, 5, 3
ALPHA, MEAN_WEIGHT = 0.3, 0.7
STEPS = (1e-4, 1e-5)
LOW, HIGH = np.full(N_FEATURES, -3.0), np.full(N_FEATURES, 2.0)

KL = {"sparsity": "kl", "sparsity_weight": 0.5, "sparsity_target": 0.2, "code": "logistic"}
L1 = {"sparsity": "l1", "sparsity_weight": 0.4}

#: What is particular to each variant; "hidden" are the encoder's widths, mirrored in the decoder.
VARIANTS = {
    "plain": {},
    "no hidden layer": {"hidden": ()},
    "deep": {"hidden": (7, 6)},
    "halves unlike": {"hidden": (7, 6), "decoder": (4,)},
    "nonlinear code": {"code": "silu"},
    "tied": {"tied": True},
    "tied, deep": {"tied": True, "hidden": (7, 6), "code": "tanh"},
    "tied, no hidden layer": {"tied": True, "hidden": ()},
    "gaussian noise": {"corruption": "gaussian"},
    "masking noise": {"corruption": "masking"},
    "salt and pepper": {"corruption": "salt_pepper"},
    "l1": L1,
    "l1, tied": {**L1, "tied": True},
    "kl": KL,
    "kl, deep": {**KL, "hidden": (7, 6)},
    "contractive": {"contractive_weight": 0.6},
    "contractive, no hidden layer": {"contractive_weight": 0.6, "hidden": (), "code": "tanh"},
    "contractive, deep": {"contractive_weight": 0.6, "hidden": (7, 6), "code": "silu"},
    "contractive, linear": {"contractive_weight": 0.6, "hidden": ()},
    "variational": {"beta": 0.8},
    "variational, deep": {"beta": 0.8, "hidden": (7, 6)},
    "variational, no penalty": {"beta": 0.0, "hidden": ()},
    "variational, masking noise": {"beta": 0.8, "corruption": "masking"},
    "layer norm": {"normalization": "layer"},
    "layer norm, tied": {"normalization": "layer", "tied": True},
    "batch norm": {"normalization": "batch"},
    "batch norm, variational": {"normalization": "batch", "beta": 0.8},
    "dropout": {"dropout": 0.3},
    "dropout, tied, kl": {**KL, "dropout": 0.3, "tied": True},
    "all but variational": {
        **KL,
        "contractive_weight": 0.6,
        "tied": True,
        "corruption": "gaussian",
        "hidden": (7, 6),
    },
}
LOSSES_AND_LINKS = (
    ("squared_error", "identity"),
    ("squared_error", "logistic"),
    ("log_loss", "logistic"),
)


class Problem:
    """An autoencoder at random weights, and a batch of random data.

    Parameters
    ----------
    variant : dict
    activation : Activation
    loss, link : str
    weighted : bool
    """

    def __init__(
        self,
        variant,
        activation=ACTIVATIONS["tanh"],
        loss="squared_error",
        link="identity",
        weighted=True,
    ):
        rng = np.random.RandomState(0)
        self.network = build(activation=activation, **variant)
        params = self.network.params
        params += 0.5 * rng.standard_normal(params.size)  # gains began at one
        X = rng.standard_normal((N_SAMPLES, N_FEATURES))
        Y = rng.uniform(0, 1, (N_SAMPLES, N_FEATURES))
        sample_weight = rng.uniform(0, 2, (N_SAMPLES, 1)) if weighted else None
        if weighted:
            sample_weight[0] = 0.0
        problem = TrainingProblem(
            X,
            Y,
            LOSSES[loss](link=link, mean_over_outputs=False),
            np.arange(N_SAMPLES),
            sample_weight,
            MEAN_WEIGHT,
            ALPHA,
            sample_keys(X),
        )
        self.objective = Objective(problem, self.network)
        self.batch = self.objective.batch

    def value_and_gradient(self):
        self.objective.workspace.noise[0] = Noise(7)
        value, terms, gradient = self.objective.value_and_gradient()
        assert_allclose(value, sum(terms.values()), rtol=1e-12)
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

    def error(self, n_directions=2):
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


def build(activation, hidden=(6,), decoder=None, code="identity", corruption=None, **variant):
    """The network of a variant."""
    if corruption is not None:
        limits = (LOW, HIGH) if corruption == "salt_pepper" else ()
        corruption = CORRUPTIONS[corruption](N_FEATURES, 0.4, *limits)
    return AutoencoderArchitecture(
        n_features=N_FEATURES,
        n_components=N_COMPONENTS,
        encoder=[(width, activation) for width in hidden],
        decoder=[(width, activation) for width in (hidden[::-1] if decoder is None else decoder)],
        code_activation=ACTIVATIONS[code],
        corruption=corruption,
        **variant,
    ).network()


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradient_is_the_rate_of_change(variant):
    for activation, loss, weighted in product(("tanh", "silu"), LOSSES_AND_LINKS, (False, True)):
        problem = Problem(VARIANTS[variant], ACTIVATIONS[activation], *loss, weighted)
        assert problem.error() < 1e-6, (activation, loss, weighted)


@pytest.mark.parametrize("code", ACTIVATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contractive_with_each_activation(activation, code):
    variant = {"contractive_weight": 0.6, "hidden": (7, 6), "code": code}
    assert Problem(variant, ACTIVATIONS[activation]).error() < 1e-6


#: Where 1 % is taken off one part of δ or of the gradient, in variants that use it.
FAULTS = {
    ("l1", L1Penalty): "above.delta",
    ("kl", KLSparsity): "above.delta",
    ("contractive", ContractivePenalty): "above.gamma",
    ("contractive", TangentDense): "dW",
    ("contractive", TangentActivate): "above.delta",
    ("variational", Sampling): "below.delta",
    ("tied", SharedDense): "dW",
    ("tied", TiedDense): "below.delta",
}


@pytest.mark.parametrize("variant, layer", FAULTS)
def test_a_wrong_gradient_is_found(variant, layer, monkeypatch):
    """One per cent off."""
    right, place = layer.bind, FAULTS[variant, layer]

    def wrong(self, below, room):
        bound = right(self, below, room)
        operations = list(bound.backward)

        def spoil():
            if place == "dW":
                array = room.gradients_of(room._place)["W"]
            else:
                signal, name = place.split(".")
                array = getattr(below if signal == "below" else bound.above, name)
            before = None if place != "above.delta" else array.copy()
            for operation in operations:
                operation()
            if array is not None:
                array += 0.01 * (array if before is None else array - before)

        bound.backward = [spoil]
        return bound

    monkeypatch.setattr(layer, "bind", wrong)
    assert Problem(VARIANTS[variant]).error(n_directions=5) > 1e-5


@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if n != "identity"])
def test_a_wrong_second_derivative_is_found(name):
    right = ACTIVATIONS[name]

    def second_derivative(x, out, scratch):
        right.second_derivative(x, out, scratch)
        np.add(out, 0.1, out=out)

    wrong = Activation(
        "wrong",
        right.function,
        right.derivative,
        right.uses_z,
        second_derivative,
        uses_scratch=True,
    )
    assert Problem(VARIANTS["contractive"], wrong).error(n_directions=5) > 1e-4


# PyTorch --------------------------------------------------------------------------


class TorchPass:
    """The layers once more, in PyTorch. Random numbers are read off the engine's pass."""

    def __init__(self, torch, problem):
        F = torch.nn.functional
        self.torch, self.network, self.bound = torch, problem.network, problem.batch.layers
        self.buffers = problem.objective.workspace._buffers
        self.functions = {
            "identity": lambda z: z,
            "logistic": torch.sigmoid,
            "tanh": torch.tanh,
            "silu": F.silu,
        }
        self.theta = torch.tensor(self.network.params, requires_grad=True)
        self.places = self.network.views(np.arange(self.theta.numel()))
        weights = problem.batch.sample_weight
        self.weights = torch.ones(N_SAMPLES, 1).double()
        if weights is not None:
            self.weights = torch.tensor(weights)
        self.penalties = []

    def forward(self, a, layers):
        """From ``a`` through the layers at the given places."""
        for i in layers:
            layer = self.network.layers[i]
            if isinstance(layer, Dense):
                if isinstance(layer, TiedDense):
                    W = self.parameter(layer.owner, "W").T
                else:
                    W = self.parameter(i, "W")
                a = a @ W + self.parameter(i, "b")
            elif hasattr(layer, "activation"):
                a = self.functions[layer.activation.name](a)
            else:
                a = getattr(self, type(layer).__name__)(a, i, layer)
        return a

    def parameter(self, i, name):
        return self.theta[self.torch.tensor(self.places[i][name])]

    def add_penalty(self, rows):
        """The weighted mean over rows of the rows' sums."""
        self.penalties.append((self.weights * rows).sum() / N_SAMPLES)

    def LayerNorm(self, a, i, layer):
        return self.normalized(a, i, lambda values: values.mean(1, keepdim=True))

    def BatchNorm(self, a, i, layer):
        share = self.weights / self.weights.sum()
        return self.normalized(a, i, lambda values: (share * values).sum(0))

    def normalized(self, a, i, mean):
        a = a - mean(a)
        a = a / self.torch.sqrt(mean(a**2) + 1e-5)
        return a * self.parameter(i, "gain") + self.parameter(i, "shift")

    def Dropout(self, a, i, layer):
        return a * self.torch.tensor(self.buffers[i, "mask"])

    def MaskingCorruption(self, a, i, layer):
        return a * self.torch.tensor(self.buffers[i, "noise"])

    def GaussianCorruption(self, a, i, layer):
        return a + self.torch.tensor(self.buffers[i, "noise"])

    def SaltAndPepperCorruption(self, a, i, layer):
        return self.torch.tensor(self.bound[i].above.value)

    def Directions(self, a, i, layer):
        return a

    def L1Penalty(self, a, i, layer):
        self.add_penalty(layer.weight * a.abs())
        return a

    def KLSparsity(self, a, i, layer):
        mean = (self.weights * a).sum(0) / self.weights.sum()
        rho = self.torch.full_like(mean, layer.target)
        Bernoulli = self.torch.distributions.Bernoulli
        divergence = self.torch.distributions.kl_divergence(Bernoulli(rho), Bernoulli(mean))
        self.penalties.append(layer.weight * divergence.sum())
        return a

    def Sampling(self, a, i, layer):
        Normal = self.torch.distributions.Normal
        mean, log_variance = a.chunk(2, dim=1)
        deviation = (0.5 * log_variance.clamp(-10, 10)).exp()
        divergence = self.torch.distributions.kl_divergence(Normal(mean, deviation), Normal(0, 1))
        self.add_penalty(layer.beta * divergence)
        return mean + deviation * self.torch.tensor(
            self.buffers[i, "noise"] / self.buffers[i, "std"]
        )

    def ContractivePenalty(self, a, i, layer):
        """J v is the derivative by u of Jᵀ u, in the direction v."""
        grad = self.torch.autograd.grad
        start = [type(layer).__name__ for layer in self.network.layers].index("Directions")
        x = self.torch.tensor(self.bound[start].above.value, requires_grad=True)
        code = self.forward(x, range(start, i))
        u = self.torch.zeros_like(code, requires_grad=True)
        (product,) = grad(code, x, u, create_graph=True)
        v = self.torch.tensor(self.bound[start].above.tangent)
        (tangent,) = grad(product, u, v, create_graph=True)
        self.add_penalty(layer.weight * tangent**2)
        return a


def torch_value_and_gradient(torch, problem, loss, link):
    """The objective once more, and its gradient by automatic differentiation."""
    there = TorchPass(torch, problem)
    z = there.forward(torch.tensor(problem.objective.problem.X), range(len(problem.network.layers)))
    y = torch.tensor(problem.batch.y)
    if loss == "log_loss":
        losses = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    else:
        losses = (there.functions[link](z) - y) ** 2 / 2
    there.add_penalty(losses)
    squares = (there.theta[: problem.network.n_weights] ** 2).sum()
    value = sum(there.penalties) + ALPHA / 2 / MEAN_WEIGHT * squares / N_SAMPLES
    value.backward()
    return value.item(), there.theta.grad.numpy()


@pytest.mark.parametrize("variant", VARIANTS)
def test_pytorch_agrees(variant):
    torch = pytest.importorskip("torch")
    for activation, loss, weighted in product(("tanh", "silu"), LOSSES_AND_LINKS, (False, True)):
        problem = Problem(VARIANTS[variant], ACTIVATIONS[activation], *loss, weighted)
        value, gradient = problem.value_and_gradient()
        expected = torch_value_and_gradient(torch, problem, *loss)
        case = str((activation, loss, weighted))
        assert_allclose(value, expected[0], rtol=1e-10, err_msg=case)
        scale = np.abs(expected[1]).max()
        assert_allclose(gradient / scale, expected[1] / scale, atol=1e-10, err_msg=case)
