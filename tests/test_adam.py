"""Adam against the algorithm as it is printed (Kingma & Ba, 2015), step by step."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop import BackpropRegressor
from skbackprop.inspection import loss_and_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TextbookAdam:
    """Algorithm 1 of the paper, but for ε, which scikit-learn adds to √v before its correction."""

    def __init__(self, size):
        self.m, self.v, self.t = np.zeros(size), np.zeros(size), 0

    def step(self, gradient, rate, beta_1, beta_2, epsilon):
        self.t += 1
        self.m = beta_1 * self.m + (1 - beta_1) * gradient
        self.v = beta_2 * self.v + (1 - beta_2) * gradient**2
        size = rate * np.sqrt(1 - beta_2**self.t) / (1 - beta_1**self.t)
        return -size * self.m / (np.sqrt(self.v) + epsilon)


def _gradient(model, X, y):
    _, coefs, intercepts = loss_and_gradients(model, X, y)
    return np.concatenate([np.ravel(g) for g in [*coefs, *intercepts]])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {3: {"beta_2": 0.9}},
        {3: {"beta_1": 0.5}},
        {2: {"beta_2": 0.9}, 4: {"beta_1": 0.0}, 6: {"beta_1": 0.95, "beta_2": 0.99}},
        {3: {"epsilon": 0.1}},
        {3: {"learning_rate_init": 0.1}},
    ],
    ids=str,
)
def test_steps_of_partial_fit(changes, problem, parameters):
    """Moments keep their meaning when parameters are set between two calls."""
    X, y = problem("regression")
    model = BackpropRegressor(
        hidden_layer_sizes=(4,),
        activation="tanh",
        batch_size=len(X),
        shuffle=False,
        learning_rate_init=0.01,
        random_state=0,
    )
    # the first call also initialises: its start is that of a step of nearly no length
    start = BackpropRegressor(**{**model.get_params(), "learning_rate_init": 1e-300})
    start.partial_fit(X, y)
    adam = TextbookAdam(parameters(start).size)
    expected = parameters(start)
    gradient = _gradient(start, X, y)
    for call in range(8):
        model.set_params(**changes.get(call, {}))
        expected = expected + adam.step(
            gradient, model.learning_rate_init, model.beta_1, model.beta_2, model.epsilon
        )
        model.partial_fit(X, y)
        assert_allclose(parameters(model), expected, rtol=1e-9, atol=1e-12)
        gradient = _gradient(model, X, y)
