"""The weights that training begins with."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from estimator_cases import make, same
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "init, spread",
    [
        ("glorot_uniform", np.sqrt(2 / 350)),
        ("glorot_normal", np.sqrt(2 / 350)),
        ("he_uniform", np.sqrt(2 / 200)),
        ("he_normal", np.sqrt(2 / 200)),
        ("lecun_normal", np.sqrt(1 / 200)),
    ],
)
def test_spread_of_initial_weights(init, spread):
    """The standard deviation of 200 x 150 weights, after a step that moves nothing."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((10, 200)), rng.standard_normal(10)
    reg = BackpropRegressor(
        hidden_layer_sizes=(150,),
        init=init,
        learning_rate_init=1e-12,
        max_iter=1,
        random_state=0,
    ).fit(X, y)
    W = reg.coefs_[0]
    assert_allclose(W.std(), spread, rtol=0.02)
    assert abs(W.mean()) < 0.02 * spread
    kurtosis = np.mean((W / W.std()) ** 4)
    if init.endswith("uniform"):
        assert_allclose(np.abs(W).max(), np.sqrt(3) * spread, rtol=1e-2)
        assert_allclose(kurtosis, 1.8, atol=0.05)
    else:
        assert kurtosis > 2.2
    if init == "glorot_uniform":  # scikit-learn draws the biases too
        assert np.abs(reg.intercepts_[0]).max() > 0.5 * np.sqrt(3) * spread
    else:
        assert np.abs(reg.intercepts_[0]).max() < 1e-9


def test_init_by_a_function(problem):
    """Asked once a layer, from input to output, with the generator of the run."""
    X, y = problem("regression")
    calls = []

    def init(rng, fan_in, fan_out):
        calls.append((fan_in, fan_out))
        W = rng.uniform(-1, 1, (fan_in, fan_out))
        return W if fan_out > 1 else (W, np.full(fan_out, 7.0))

    reg = make("regression", init=init, learning_rate_init=1e-15, max_iter=1).fit(X, y)
    assert calls == [(5, 6), (6, 5), (5, 1)]
    rng = np.random.RandomState(0)
    for W, (fan_in, fan_out) in zip(reg.coefs_, calls, strict=True):
        assert_allclose(W, rng.uniform(-1, 1, (fan_in, fan_out)), atol=1e-12)
    assert_allclose(np.concatenate(reg.intercepts_), [0.0] * 11 + [7.0], atol=1e-12)


def test_init_by_a_list_takes_no_draws(problem, weights_of):
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1])
    copies = copy.deepcopy(init)
    one, other = (make("regression", init=init, shuffle=False, random_state=s) for s in (0, 1))
    same(one.fit(X, y), other.fit(X, y))
    for (W, b), (V, c) in zip(init, copies, strict=True):  # and leaves the arrays alone
        assert_array_equal(W, V)
        assert_array_equal(b, c)
