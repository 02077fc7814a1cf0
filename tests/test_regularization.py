"""The L2 penalty, weight decay and clipping of the gradient."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import STOCHASTIC, make, same
from numpy.testing import assert_allclose

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_weight_decay_is_decoupled(solver, problem, weights_of):
    """One step from the same place: W shrinks by rate · decay more, b does not."""
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1])
    params = {
        "solver": solver,
        "init": init,
        "alpha": 0,
        "learning_rate_init": 0.05,
        "max_iter": 1,
    }
    decayed = make("regression", weight_decay=0.4, **params).fit(X, y)
    plain = make("regression", **params).fit(X, y)
    for W, V, (start, _) in zip(decayed.coefs_, plain.coefs_, init, strict=True):
        assert_allclose(W, V - 0.05 * 0.4 * start, atol=1e-10)
    for b, c in zip(decayed.intercepts_, plain.intercepts_, strict=True):
        assert_allclose(b, c, rtol=1e-12)


def test_weight_decay_follows_the_schedule(problem, weights_of):
    X, y = problem("regression")
    params = {
        "solver": "sgd",
        "init": weights_of([5, 6, 5, 1]),
        "alpha": 0,
        "weight_decay": 0.4,
        "max_iter": 5,
    }
    halved = make("regression", learning_rate=lambda p: 0.5, learning_rate_init=0.1, **params).fit(
        X, y
    )
    same(halved, make("regression", learning_rate_init=0.05, **params).fit(X, y), rtol=1e-10)


@pytest.mark.parametrize("most", [1e-3, 0.1])
def test_clipping_bounds_the_step(most, problem, weights_of, parameters):
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1], scale=2.0)
    params = {
        "solver": "sgd",
        "momentum": 0,
        "alpha": 0,
        "init": init,
        "learning_rate_init": 0.05,
        "max_iter": 1,
    }
    start = np.concatenate([p.ravel() for i in (0, 1) for p in [pair[i] for pair in init]])
    clipped = parameters(make("regression", max_grad_norm=most, **params).fit(X, y)) - start
    free = parameters(make("regression", **params).fit(X, y)) - start
    assert np.linalg.norm(free) > 0.05 * most
    assert_allclose(np.linalg.norm(clipped), 0.05 * most, rtol=1e-6)
    # the direction stays
    cosine = clipped @ free / np.linalg.norm(clipped) / np.linalg.norm(free)
    assert_allclose(cosine, 1, rtol=1e-9)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_clipping_leaves_small_gradients_alone(solver, problem):
    X, y = problem("regression")
    clipped = make("regression", solver=solver, max_grad_norm=1e6).fit(X, y)
    same(clipped, make("regression", solver=solver).fit(X, y))


def test_alpha_shrinks_the_weights(problem):
    X, y = problem("binary")
    norms = [
        np.linalg.norm(make("binary", alpha=alpha, max_iter=100).fit(X, y).coefs_[0])
        for alpha in (0, 1, 30)
    ]
    assert norms[0] > norms[1] > norms[2]
