"""Activations by name, of one's own, and layer by layer."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import make, same
from numpy.testing import assert_allclose
from scipy.special import expit

from skbackprop import Activation

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


ACTIVATIONS = [
    "identity",
    "logistic",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_activation_learns(activation, solver, problem):
    X, y = problem("regression")
    params = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.01} if solver == "adam" else {}
    reg = make("regression", activation=activation, solver=solver, max_iter=150, **params)
    assert reg.fit(X, y).loss_ < 0.6 * reg.loss_curve_[0]


def test_own_activation(problem):
    X, y = problem("regression")
    own = Activation(
        "own tanh",
        function=lambda z, out: np.tanh(z, out=out),
        derivative=lambda z, out: np.subtract(1.0, np.tanh(z) ** 2, out=out),
    )
    model = make("regression", activation=own).fit(X, y)
    same(model, make("regression", activation="tanh").fit(X, y), rtol=1e-9)
    mixed = make("regression", activation=[own, "relu"]).fit(X, y)
    same(mixed, make("regression", activation=["tanh", "relu"]).fit(X, y), rtol=1e-9)


def test_activations_layer_by_layer(problem):
    X, y = problem("regression")
    reg = make("regression", activation=["tanh", "logistic"]).fit(X, y)
    hidden = np.tanh(X @ reg.coefs_[0] + reg.intercepts_[0])
    hidden = expit(hidden @ reg.coefs_[1] + reg.intercepts_[1])
    expected = (hidden @ reg.coefs_[2] + reg.intercepts_[2])[:, 0]
    assert_allclose(reg.predict(X), expected, rtol=1e-10)
    # a list of one and the same is the name
    same(
        make("regression", activation=["tanh", "tanh"]).fit(X, y),
        make("regression", activation="tanh").fit(X, y),
    )
