"""What single layers compute, in training and in prediction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.layers import (
    Activate,
    BatchNorm,
    ContractivePenalty,
    Dense,
    Directions,
    Dropout,
    GaussianCorruption,
    L1Penalty,
    LayerNorm,
    SaltAndPepperCorruption,
    SharedDense,
    TangentActivate,
    TangentDense,
    TiedDense,
)
from skbackprop.core.losses import SquaredError
from skbackprop.core.network import Network, stack
from skbackprop.core.noise import Noise
from skbackprop.core.passes import Workspace
from skbackprop.core.prediction import feed_forward

N, WIDTH = 12, 4
X = np.random.RandomState(0).standard_normal((N, WIDTH))
KEYS = np.linspace(0.0, 1.0, N, endpoint=False)[:, np.newaxis]
WEIGHTS = np.random.RandomState(1).uniform(0.0, 2.0, N)


def network_of(*layers, seed=0):
    network = Network(layers)
    network.params += 0.3 * np.random.RandomState(seed).standard_normal(network.n_params)
    return network


def training_pass(network, x=X, weights=None, **options):
    """A pass of training, with its input loaded."""
    options = {"noise": [Noise(0)], **options}
    workspace = Workspace(
        network, len(x), loss=SquaredError(), weighted=weights is not None, **options
    )
    batch = workspace.for_rows(len(x))
    batch.x[...], batch.y[...] = x, 0.0
    if weights is not None:
        batch.sample_weight[:, 0] = weights
    if batch.keys is not None:
        batch.keys[...] = KEYS[: len(x)]
    return batch


# Dropout --------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.25, 0.6])
def test_dropout_keeps_the_same_entries_on_the_way_back(rate):
    """a ⊙ m / (1 − p), m the numbers that are not below p; the slope is m / (1 − p)."""
    network = network_of(Dense(WIDTH, WIDTH), Dropout(WIDTH, rate))
    batch = training_pass(network)
    batch.forward()
    numbers = np.empty((N, WIDTH))
    Noise(0).uniform(KEYS, numbers, np.empty((2, N, WIDTH)))
    mask = (numbers >= rate) / (1.0 - rate)
    assert 0 < (mask == 0).sum() < mask.size
    a = X @ network.weights()[0] + network.biases()[0]
    assert_allclose(batch.z, a * mask, rtol=1e-12)
    batch.loss()
    delta = batch.delta.copy()
    batch.backward()
    assert_allclose(batch.layers[0].above.delta, delta * mask, rtol=1e-12)


def test_dropout_that_is_off_hands_the_gradient_through():
    network = network_of(Dense(WIDTH, 3), Dropout(3, 0.5), Dense(3, 2))
    plain = Network([network.layers[0], network.layers[2]], network.params)
    gradients = []
    for one in (network, plain):
        batch = training_pass(one, perturbs=False)
        batch.forward()
        batch.loss()
        batch.backward()
        gradients.append(batch.layers[0].above.delta.copy())
    assert_array_equal(*gradients)


def test_dropout_of_the_input_has_nothing_below_to_train():
    batch = training_pass(network_of(Dropout(WIDTH, 0.5), Dense(WIDTH, 2)))
    assert batch.layers[0].backward == []


# Normalization --------------------------------------------------------------------


def test_running_statistics_are_plain_means_of_ten_batches_then_exponential_ones():
    network = network_of(BatchNorm(WIDTH))
    batches = np.random.RandomState(2).standard_normal((14, N, WIDTH)) + 3.0
    batch = training_pass(network)
    for x in batches:
        batch.x[...] = x
        batch.forward()
    for name, values in (("running_mean", batches.mean(1)), ("running_variance", batches.var(1))):
        expected = values[:10].mean(0)
        for value in values[10:]:
            expected += 0.1 * (value - expected)
        assert_allclose(network.statistics_views()[0][name][0], expected, rtol=1e-12)
    assert network.statistics_views()[0]["seen"] == 14


@pytest.mark.parametrize("weights", [WEIGHTS, 0.01 * WEIGHTS, np.zeros(N)], ids=str)
def test_a_batch_is_standardised_by_the_moments_of_its_weighted_rows(weights):
    """All rows count alike where none has a weight."""
    network = network_of(BatchNorm(WIDTH))
    network.params[...] = [*[1.0] * WIDTH, *[0.0] * WIDTH]
    batch = training_pass(network, weights=weights)
    batch.forward()
    shares = weights if weights.any() else np.ones(N)
    mean = np.average(X, axis=0, weights=shares)
    variance = np.average((X - mean) ** 2, axis=0, weights=shares)
    assert_allclose(batch.z, (X - mean) / np.sqrt(variance + 1e-5), rtol=1e-10)


# Prediction -----------------------------------------------------------------------

STACKS = {
    "layer norm": [Dense(WIDTH, 5), LayerNorm(5), Activate(5, ACTIVATIONS["tanh"])],
    "layer norm of the input": [LayerNorm(WIDTH), Dense(WIDTH, 2)],
    "tied": [SharedDense(WIDTH, 3), TiedDense(3, WIDTH, 0)],
    "tangents": [TangentDense(WIDTH, 3), TangentActivate(3, ACTIVATIONS["gelu"])],
    "penalty": [L1Penalty(WIDTH, 0.5), Dense(WIDTH, 2)],
}


@pytest.mark.parametrize("name", [name for name in STACKS if name != "tangents"])
def test_prediction_is_the_way_forward_of_training(name):
    network = network_of(*STACKS[name])
    batch = training_pass(network)
    expected = batch.forward().copy()
    before = X.copy()
    assert_allclose(feed_forward(network, X), expected, rtol=1e-12)
    assert_array_equal(X, before)


def test_tangents_are_for_training_only():
    network = network_of(*STACKS["tangents"])
    plain = Network([Dense(WIDTH, 3), Activate(3, ACTIVATIONS["gelu"])], network.params)
    assert_array_equal(feed_forward(network, X), feed_forward(plain, X))


@pytest.mark.parametrize("normalization", [LayerNorm, BatchNorm])
def test_gradients_of_a_normalization_of_the_input(normalization):
    """...which has no room for a gradient of its input."""
    network = network_of(normalization(WIDTH), Dense(WIDTH, 2))
    first = training_pass(network)
    first.forward(), first.loss(), first.backward()
    workspace = Workspace(network, N, loss=SquaredError(), input_gradient=True)
    second = workspace.for_rows(N)
    second.x[...], second.y[...] = X, 0.0
    second.forward(), second.loss(), second.backward()
    assert_allclose(first.layers[0].above.delta, second.layers[0].above.delta, rtol=1e-12)
    assert second.input_delta.any()


def test_a_penalty_on_the_input_leaves_the_input_alone():
    batch = training_pass(network_of(*STACKS["penalty"]))
    batch.forward()
    assert float(batch.layers[0].penalty) == pytest.approx(0.5 * np.abs(X).sum() / N)
    assert batch.layers[0].above.value is not batch.x


def test_what_a_trace_shows_of_an_activation_with_a_tangent():
    network = network_of(
        Directions(WIDTH),
        TangentDense(WIDTH, 3),
        TangentActivate(3, ACTIVATIONS["tanh"]),
        ContractivePenalty(3, 0.1),
        Dense(3, 1),
    )
    batch = training_pass(network)
    batch.forward()
    activate = batch.layers[2]
    assert_allclose(activate.shown, 1.0 - activate.above.value**2, rtol=1e-12)


# Populations ----------------------------------------------------------------------


def test_layers_of_other_arrays_are_not_trained_together():
    low, high = np.zeros(WIDTH), np.ones(WIDTH)
    one = SaltAndPepperCorruption(WIDTH, 0.1, low, high)
    assert one.key() == SaltAndPepperCorruption(WIDTH, 0.3, low.copy(), high.copy()).key()
    assert one.key() != SaltAndPepperCorruption(WIDTH, 0.1, low, 2.0 * high).key()
    assert hash(one.key()) is not None


@pytest.mark.parametrize("levels", [(0.1, 0.1, 0.1), (0.1, 0.1, 0.3), (0.1, 0.3, 0.3)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_differs_between_members_becomes_an_array(levels, dtype):
    networks = [
        Network([GaussianCorruption(WIDTH, level), Dense(WIDTH, 1)], dtype=dtype)
        for level in levels
    ]
    level = stack(networks).layers[0].level
    assert np.shape(level) == (() if len(set(levels)) == 1 else (3, 1, 1))
    if np.ndim(level):
        assert level.dtype == dtype
    assert_array_equal(
        np.broadcast_to(level, (3, 1, 1))[:, 0, 0].astype(dtype), np.asarray(levels, dtype)
    )
