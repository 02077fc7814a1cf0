"""What the tests of the inspection tools share."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from skbackprop import BackpropClassifier, BackpropRegressor

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def small_network(target, problem, **params):
    """A network fitted for a few epochs to a small problem of the given kind, with its data."""
    X, y = problem(target, n_samples=24, n_features=4)
    is_classifier = target in ("binary", "multiclass", "multilabel")
    Estimator = BackpropClassifier if is_classifier else BackpropRegressor
    if target == "poisson":
        params = {"loss": "poisson", **params}
    defaults = {
        "hidden_layer_sizes": (5, 3),
        "activation": "tanh",
        "max_iter": 4,
        "learning_rate_init": 0.01,
        "random_state": 0,
    }
    params = {**defaults, **params}
    if params.get("solver") == "lbfgs":
        del params["learning_rate_init"]
    return Estimator(**params).fit(X, y), X, np.asarray(y)


@pytest.fixture(name="network", scope="session")
def _network(problem):
    """``network(target, **params)`` -> fitted estimator, X, y."""
    return lambda target, **params: small_network(target, problem, **params)
