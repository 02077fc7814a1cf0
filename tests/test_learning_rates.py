"""Schedules of the learning rate."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import STOCHASTIC, make, same
from numpy.testing import assert_allclose

from skbackprop import BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _rates(learning_rate, n_epochs=20, batch_size=60):
    """The rate of each epoch's only step, read off a model that is only a bias.

    With features and targets of zero, plain descent shrinks the bias by the factor
    (1 − rate) a step, and the loss of an epoch shows the bias it began with.
    """
    reg = BackpropRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate=learning_rate,
        learning_rate_init=0.1,
        shuffle=False,
        batch_size=batch_size,
        init=[(np.zeros((1, 1)), np.ones(1))],
        max_iter=n_epochs,
        tol=0,
        n_iter_no_change=np.inf,
    ).fit(np.zeros((60, 1)), np.zeros(60))
    biases = np.sqrt(2 * np.array(reg.loss_curve_))
    return 1 - np.append(biases, abs(reg.intercepts_[0][0]))[1:] / biases


@pytest.mark.parametrize(
    "learning_rate", ["constant", "invscaling", "cosine", "one_cycle", lambda p: 1 - 0.5 * p]
)
def test_schedules_of_plain_descent(learning_rate):
    rates = _rates(learning_rate)
    epochs = np.arange(20)
    if learning_rate == "constant":
        assert_allclose(rates, 0.1, rtol=1e-9)
    elif learning_rate == "invscaling":
        assert_allclose(rates, 0.1 / (60 * epochs + 1) ** 0.5, rtol=1e-9)
    elif learning_rate == "cosine":
        assert_allclose(rates[0], 0.1, rtol=1e-9)
        assert np.all(np.diff(rates) < 0)
        assert rates[-1] < 0.02 * rates[0]
        assert_allclose(rates[10], 0.05, rtol=0.1)
    elif learning_rate == "one_cycle":
        peak = rates.argmax()
        assert 2 <= peak <= 12
        assert_allclose(rates[peak], 0.1, rtol=0.1)
        assert np.all(np.diff(rates[: peak + 1]) > 0)
        assert np.all(np.diff(rates[peak:]) < 0)
        assert rates[0] < 0.5 * rates[peak]
        assert rates[-1] < 0.1 * rates[peak]
    else:  # falls by the same amount each epoch, from 1 to about one half
        assert_allclose(rates[0], 0.1, rtol=1e-9)
        assert_allclose(np.diff(rates), np.diff(rates)[0], rtol=1e-6)
        assert_allclose(rates[-1], 0.05, rtol=0.06)


@pytest.mark.parametrize("batch_size", [20, 60])
def test_a_schedule_sees_progress_from_zero_to_one(batch_size):
    seen = []

    def learning_rate(progress):
        seen.append(progress)
        return 1.0

    _rates(learning_rate, n_epochs=10, batch_size=batch_size)
    assert seen[0] == 0
    assert np.all(np.diff(seen) >= 0)
    assert 0.85 <= seen[-1] <= 1


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_a_constant_schedule_of_ones_is_none(solver, problem):
    X, y = problem("binary")
    same(
        make("binary", solver=solver, learning_rate=lambda progress: 1.0).fit(X, y),
        make("binary", solver=solver).fit(X, y),
    )


@pytest.mark.parametrize("schedule", ["invscaling", "cosine", "one_cycle", lambda p: 0.5])
def test_schedules_change_adam(schedule, problem):
    X, y = problem("binary")
    model = make("binary", learning_rate=schedule).fit(X, y)
    plain = make("binary").fit(X, y)
    assert np.abs(model.coefs_[0] - plain.coefs_[0]).max() > 1e-4
    if callable(schedule):
        same(model, make("binary", learning_rate_init=5e-4).fit(X, y), rtol=1e-9)
