"""Parameters set between two calls of `partial_fit` count from the next call."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import make, same
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropAutoencoder, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_SAMPLES = 60


class Bias:
    """A model that is only a bias, from whose path the learning rate can be read off.

    With features and targets of zero, plain descent shrinks the bias by the factor
    (1 − rate) a step, and each call is one step.
    """

    def __init__(self, **params):
        self.model = BackpropRegressor(
            hidden_layer_sizes=(),
            solver="sgd",
            momentum=0,
            alpha=0,
            shuffle=False,
            batch_size=N_SAMPLES,
            init=[(np.zeros((1, 1)), np.ones(1))],
            **{"learning_rate_init": 0.1, "max_iter": 20, **params},
        )
        self.bias = 1.0

    def set_params(self, **params):
        self.model.set_params(**params)

    def rates(self, n_calls):
        """Train that often; the rate of each call."""
        rates = []
        for _ in range(n_calls):
            self.model.partial_fit(np.zeros((N_SAMPLES, 1)), np.zeros(N_SAMPLES))
            rates.append(1 - self.model.intercepts_[0][0] / self.bias)
            self.bias = self.model.intercepts_[0][0]
        return rates


@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
def test_another_initial_rate(schedule):
    bias = Bias(learning_rate=schedule)
    assert_allclose(bias.rates(3), 0.1)
    bias.set_params(learning_rate_init=0.03)
    assert_allclose(bias.rates(3), 0.03)


def test_another_initial_rate_of_a_schedule():
    """The course goes on where it was, from the new rate."""
    bias, whole = (Bias(learning_rate="cosine") for _ in range(2))
    assert_allclose(bias.rates(8), whole.rates(8))
    bias.set_params(learning_rate_init=0.05)
    assert_allclose(bias.rates(8), np.array(whole.rates(8)) / 2)


def test_another_schedule():
    bias = Bias()
    bias.rates(3)
    bias.set_params(learning_rate=lambda progress: 0.25)
    assert_allclose(bias.rates(3), 0.025)
    bias.set_params(learning_rate=lambda progress: 0.5)
    assert_allclose(bias.rates(3), 0.05)
    bias.set_params(learning_rate="constant")
    assert_allclose(bias.rates(3), 0.1)


def test_a_schedule_that_is_set_later_knows_how_far_training_is():
    whole = Bias(learning_rate="cosine")
    whole.rates(10)
    bias = Bias()
    bias.rates(10)
    bias.set_params(learning_rate="cosine")
    assert_allclose(bias.rates(5), whole.rates(5))


def test_another_exponent_of_inverse_scaling():
    bias = Bias()
    bias.rates(2)
    bias.set_params(learning_rate="invscaling")
    seen = N_SAMPLES * np.arange(2, 5)
    assert_allclose(bias.rates(3), 0.1 / (seen + 1) ** 0.5)
    bias.set_params(power_t=0.25)
    seen = N_SAMPLES * np.arange(5, 8)
    assert_allclose(bias.rates(3), 0.1 / (seen + 1) ** 0.25)


def test_another_length_of_a_schedule():
    """Half of 20 epochs are a quarter of 40."""
    bias = Bias(learning_rate=lambda progress: 1 - progress)
    bias.rates(10)
    bias.set_params(max_iter=40)
    assert_allclose(bias.rates(1), 0.1 * (1 - 10 / 40))


def test_another_tolerance():
    """Each epoch is an improvement, until more is asked for."""
    bias = Bias(learning_rate="adaptive", tol=0, n_iter_no_change=1)
    assert_allclose(bias.rates(4), 0.1)
    bias.set_params(tol=1e9)
    assert_allclose(bias.rates(4), [0.1, 0.1, 0.02, 0.02])


def test_another_patience():
    bias = Bias(learning_rate="adaptive", tol=1e9, n_iter_no_change=1000)
    assert_allclose(bias.rates(6), 0.1)
    bias.set_params(n_iter_no_change=1)
    rates = bias.rates(4)
    assert rates[0] == pytest.approx(0.1)
    assert rates[-1] < 0.05


def test_the_same_value_again_changes_nothing():
    """An adapted rate stays; a schedule does not begin anew."""
    for params in (
        {"learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 1},
        {"learning_rate": "cosine"},
        {"learning_rate": "invscaling", "power_t": 0.3},
    ):
        bias, alone = (Bias(**params) for _ in range(2))
        rates = []
        for _ in range(8):
            rates += bias.rates(1)
            bias.set_params(**params, learning_rate_init=0.1)
        assert_allclose(rates, alone.rates(8))
        assert rates[-1] < rates[0]


CHANGES = [
    ({"solver": "sgd"}, {"learning_rate_init": 0.1}),
    ({"solver": "sgd"}, {"momentum": 0.1}),
    ({"solver": "sgd"}, {"nesterovs_momentum": False}),
    ({"solver": "adam"}, {"learning_rate_init": 0.1}),
    ({"solver": "adam"}, {"learning_rate": "cosine"}),
    ({"solver": "adam"}, {"beta_1": 0.5}),
    ({"solver": "adam"}, {"beta_2": 0.9}),
    ({"solver": "adam"}, {"epsilon": 1e-2}),
    ({"solver": "adam"}, {"alpha": 10.0}),
    ({"solver": "adam"}, {"activation": "tanh"}),
    ({"solver": "adam"}, {"batch_size": 10}),
    ({"solver": "adam"}, {"shuffle": False, "batch_size": 10}),
    ({"solver": "adam"}, {"weight_decay": 0.5}),
    ({"solver": "sgd"}, {"max_grad_norm": 1e-3}),
    ({"solver": "adam"}, {"dropout": 0.5}),
    ({"solver": "adam"}, {"loss": "absolute_error"}),
    ({"solver": "adam"}, {"loss": "huber", "huber_delta": 0.1}),
]


@pytest.mark.parametrize("old, new", CHANGES, ids=str)
def test_no_parameter_is_ignored(old, new, problem):
    X, y = problem("regression")
    changed, unchanged = (make("regression", **old) for _ in range(2))
    for model in (changed, unchanged):
        for _ in range(3):
            model.partial_fit(X, y)
    same(changed, unchanged)
    changed.set_params(**new)
    for model in (changed, unchanged):
        for _ in range(3):
            model.partial_fit(X, y)
    assert np.abs(changed.coefs_[0] - unchanged.coefs_[0]).max() > 1e-6


@pytest.mark.parametrize(
    "params",
    [{"alpha": -1.0}, {"learning_rate": "fast"}, {"dropout": [0.0, "many"]}, {"momentum": 2.0}],
    ids=str,
)
def test_a_value_that_is_refused_by_fit_is_refused_by_a_later_partial_fit(params, problem):
    X, y = problem("regression")
    ((name, _),) = params.items()
    model = BackpropRegressor(hidden_layer_sizes=(3, 2), random_state=0).partial_fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match=name):
        model.set_params(**params).partial_fit(X, y)
    assert_array_equal(model.predict(X), before)


def test_an_autoencoder_has_one_dropout_rate(problem):
    X, _ = problem("regression")
    model = BackpropAutoencoder(random_state=0).partial_fit(X)
    with pytest.raises(ValueError, match="dropout"):
        model.set_params(dropout=[0.0, 0.5]).partial_fit(X)


@pytest.mark.parametrize("before, after", [("layer", "batch"), ("batch", "layer")])
def test_another_normalization_is_refused(before, after, problem):
    """Their parameters have the same shapes, but only one of them has running statistics."""
    X, y = problem("regression")
    model = BackpropRegressor(hidden_layer_sizes=(3,), normalization=before, random_state=0)
    expected = model.partial_fit(X, y).predict(X)
    with pytest.raises(ValueError, match=rf"cannot go on.*normalization='{after}'"):
        model.set_params(normalization=after).partial_fit(X, y)
    assert_array_equal(model.predict(X), expected)
