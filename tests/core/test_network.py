"""The flat vectors of a network and how they are initialised; initial weights by formula."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_network

from skbackprop.core.activations import ACTIVATIONS, Activation
from skbackprop.core.initializers import INITIALIZERS, GlorotUniform, initial_parameters
from skbackprop.core.layers import Activate, Dense, SharedDense, TiedDense
from skbackprop.core.network import Network, stack

# Initial weights ------------------------------------------------------------------

FAN_IN, FAN_OUT = 300, 200
VARIANCES = {
    "glorot_uniform": 2.0 / (FAN_IN + FAN_OUT),
    "glorot_normal": 2.0 / (FAN_IN + FAN_OUT),
    "he_uniform": 2.0 / FAN_IN,
    "he_normal": 2.0 / FAN_IN,
    "lecun_normal": 1.0 / FAN_IN,
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_variance_and_distribution(name):
    W, b = initial_parameters(INITIALIZERS[name], np.random.RandomState(0), FAN_IN, FAN_OUT)
    assert W.shape == (FAN_IN, FAN_OUT)
    assert b.shape == (FAN_OUT,)
    assert W.mean() == pytest.approx(0.0, abs=0.02 * W.std())
    assert W.var() == pytest.approx(VARIANCES[name], rel=0.02)
    kurtosis = ((W / W.std()) ** 4).mean()  # 9/5 of a uniform distribution, 3 of a normal one
    assert kurtosis == pytest.approx(1.8 if name.endswith("uniform") else 3.0, rel=0.05)
    assert b.any() == (name == "glorot_uniform")


@pytest.mark.parametrize("factor", [2.0, 6.0])
def test_glorot_draws_weights_then_biases(factor):
    """...as scikit-learn does."""
    W, b = GlorotUniform(factor)(np.random.RandomState(7), 3, 2)
    rng, bound = np.random.RandomState(7), np.sqrt(factor / 5)
    assert_array_equal(W, rng.uniform(-bound, bound, (3, 2)))
    assert_array_equal(b, rng.uniform(-bound, bound, 2))


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        (np.zeros((2, 3)), r"W of shape \(2, 3\) for a layer with fan_in=3 and fan_out=2"),
        ((np.zeros((3, 2)), np.zeros(3)), r"b of shape \(3,\)"),
        (np.full((3, 2), np.inf), "W with values that are not finite"),
        ((np.zeros((3, 2)), np.array(["0", "1"])), "b with values that are not finite"),
    ],
)
def test_what_an_initializer_may_not_return(drawn, message):
    with pytest.raises(ValueError, match=message):
        initial_parameters(lambda rng, fan_in, fan_out: drawn, None, 3, 2)


def test_one_initializer_for_each_layer():
    network = make_network((3, 4, 2))
    pair = (np.arange(8.0).reshape(4, 2), np.array([7.0, 8.0]))
    network.initialize([lambda rng, fan_in, fan_out: np.full((fan_in, fan_out), 5.0), pair], None)
    assert_array_equal(network.weights()[0], 5.0)
    assert_array_equal(network.biases()[0], 0.0)
    assert_array_equal(network.weights()[1], pair[0])
    assert_array_equal(network.biases()[1], pair[1])
    network.initialize(lambda rng, fan_in, fan_out: np.ones((fan_in, fan_out)), None)
    assert all((W == 1.0).all() for W in network.weights())


def test_tied_weights_are_initialised_once():
    network = Network([SharedDense(3, 2), TiedDense(2, 3, 0)])
    W, b = np.arange(6.0).reshape(3, 2), (np.ones(2), np.full(3, 2.0))
    network.initialize([(W, b[0]), (W.T, b[1])], None)
    assert_array_equal(network.weights()[0], W)
    assert_array_equal(network.weights()[1], W.T)
    assert_array_equal(network.biases()[1], b[1])
    with pytest.raises(ValueError, match=r"init\[1\] has another W .* of init\[0\]'s"):
        network.initialize([(W, b[0]), (W.T + 1.0, b[1])], None)


# The flat vectors -----------------------------------------------------------------


def test_weights_come_first_then_biases_then_norms():
    network = make_network((3, 4, 2), normalization="batch")
    assert network.n_weights == 20
    assert network.n_params == 20 + 6 + 8
    assert network.shapes() == [(3, 4), (4, 2), (1, 4), (1, 2), (1, 4), (1, 4)]
    network.params[:] = np.arange(34.0)
    assert_array_equal(network.weights()[0].ravel(), np.arange(12.0))
    assert_array_equal(network.weights()[1].ravel(), np.arange(12.0, 20.0))
    assert_array_equal(np.concatenate(network.biases()), np.arange(20.0, 26.0))
    assert network.n_statistics == 9
    assert network.statistics.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0]
    other = np.arange(100.0, 134.0)
    assert_array_equal(network.biases(other)[1], [124.0, 125.0])
    assert_array_equal(network.weights(other)[0].ravel(), other[:12])


def test_gains_begin_at_one():
    network = Network(make_network((3, 4, 2), normalization="layer").layers)
    assert_array_equal(network.params[-8:], [1.0] * 4 + [0.0] * 4)
    assert not network.params[:-8].any()


def test_a_copy_has_arrays_of_its_own():
    network = make_network(normalization="batch")
    network.statistics += np.arange(9.0)
    network.n_encoder = 2
    duplicate = network.copy()
    assert_array_equal(duplicate.params, network.params)
    assert_array_equal(duplicate.statistics, network.statistics)
    duplicate.params += 1.0
    duplicate.statistics += 1.0
    assert (network.params != duplicate.params).all()
    assert (network.statistics != duplicate.statistics).all()
    assert duplicate.layers == network.layers
    assert duplicate.n_encoder == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_population_has_copies_of_its_members(dtype):
    networks = [make_network(seed=k, dtype=dtype, normalization="batch") for k in range(3)]
    population = stack(networks)
    assert population.population == (3,)
    assert networks[0].population == ()
    assert population.params.dtype == population.statistics.dtype == dtype
    for k, network in enumerate(networks):
        assert_array_equal(population.weights()[1][k], network.weights()[1])
        assert not np.shares_memory(population.params, network.params)
    assert len({network.key() for network in networks}) == 1
    assert networks[0].key() != make_network((3, 4, 2), dtype=np.float16).key()
    assert networks[0].key() != make_network((3, 4, 2), "relu", dtype=dtype).key()


# Pickles --------------------------------------------------------------------------


def square(z, out):
    np.multiply(z, z, out=out)


def twice(z, out):
    np.multiply(z, 2.0, out=out)


@pytest.mark.parametrize(
    "activation", [ACTIVATIONS["gelu"], Activation("gelu", square, twice)], ids=["table", "user's"]
)
def test_an_activation_of_the_table_is_pickled_by_its_name(activation):
    """...and one that a user has written, as it is, even by the name of another."""
    network = Network([Dense(3, 2), Activate(2, activation)], n_encoder=1)
    network.params[:] = np.arange(8.0)
    loaded = pickle.loads(pickle.dumps(network))
    assert loaded.layers == network.layers
    assert loaded.n_encoder == 1
    assert_allclose(loaded.params, network.params)
    (description,) = [one for one in network.__getstate__()["layers"] if one["type"] == "Activate"]
    named = activation is ACTIVATIONS["gelu"]
    assert (description["activation"] == "gelu") is named
    assert pickle.loads(pickle.dumps(activation)) == activation
    assert (activation.__getstate__() == {"name": "gelu"}) is named


def test_a_layer_that_is_not_of_the_package_is_not_made():
    state = make_network().__getstate__()
    state["layers"][0]["type"] = "__import__"
    with pytest.raises(ValueError, match="Unknown layer '__import__'"):
        Network.__new__(Network).__setstate__(state)
