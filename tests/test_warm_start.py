"""Training continued by a warm-started `fit`."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import BOTH, SMALL, SOLVERS, make, same
from numpy.testing import assert_allclose

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", SOLVERS)
def test_warm_start_begins_where_the_last_fit_ended(Estimator, solver, problem):
    X, y = problem("binary")
    warm = Estimator(**{**SMALL, "solver": solver, "warm_start": True, "max_iter": 30})
    end = warm.fit(X, y).loss_
    assert warm.fit(X, y).loss_ <= end * 1.01
    cold = Estimator(**{**SMALL, "solver": solver, "max_iter": 30}).fit(X, y)
    assert_allclose(cold.fit(X, y).loss_, end, rtol=1e-12)


def test_warm_start_works_through_a_path_of_penalties(problem):
    X, y = problem("binary")
    clf = make("binary", solver="lbfgs", warm_start=True, max_iter=200)
    norms = [
        np.linalg.norm(clf.set_params(alpha=alpha).fit(X, y).coefs_[0]) for alpha in (0.1, 1, 10)
    ]
    assert norms[0] > norms[1] > norms[2]


@pytest.mark.parametrize(
    "old, new",
    [
        ({"activation": "relu"}, {"activation": "tanh"}),
        ({"activation": ["relu", "relu"]}, {"activation": ["relu", "elu"]}),
        ({"dropout": 0.5}, {"dropout": 0.0}),
        ({"dropout": 0.0}, {"dropout": 0.5}),
        ({"loss": "squared_error"}, {"loss": "absolute_error"}),
        ({"alpha": 0.0}, {"alpha": 10.0}),
        ({"weight_decay": 0.0}, {"weight_decay": 0.5}),
        ({"max_grad_norm": None}, {"max_grad_norm": 1e-6}),
        ({"learning_rate_init": 0.001}, {"learning_rate_init": 0.1}),
        ({"batch_size": 60}, {"batch_size": 10}),
        ({"momentum": 0.9}, {"momentum": 0.0}),
    ],
    ids=str,
)
def test_warm_start_follows_changed_parameters(old, new, problem):
    """A parameter that is set between two fits must not be ignored in silence."""
    X, y = problem("regression")
    params = {"solver": "sgd", "warm_start": True, "max_iter": 3}
    changed, unchanged = (make("regression", **params, **old).fit(X, y) for _ in range(2))
    changed.set_params(**new).fit(X, y)
    unchanged.fit(X, y)
    assert np.abs(changed.coefs_[0] - unchanged.coefs_[0]).max() > 1e-8


@pytest.mark.parametrize(
    "old, new",
    [
        ({"normalization": None}, {"normalization": "layer"}),
        ({"normalization": "batch"}, {"normalization": None}),
        ({"hidden_layer_sizes": (6, 5)}, {"hidden_layer_sizes": (5, 6)}),
        ({"hidden_layer_sizes": (6, 5)}, {"hidden_layer_sizes": (6,)}),
    ],
    ids=str,
)
def test_warm_start_refuses_a_network_of_other_parameters(old, new, problem, state):
    X, y = problem("regression")
    model = make("regression", solver="sgd", warm_start=True, max_iter=3, **old).fit(X, y)
    model.set_params(**new)
    before = state(model)
    (name,) = new
    with pytest.raises(ValueError, match=f"cannot go on.*{name}"):
        model.fit(X, y)
    assert state(model) == before


def test_warm_start_without_dropout_is_a_fit_without_dropout(problem):
    """Fine-tuning: the second fit is what it would be from the same weights alone."""
    X, y = problem("regression")
    params = {"solver": "sgd", "momentum": 0, "shuffle": False, "max_iter": 3}
    tuned = make("regression", dropout=0.5, warm_start=True, **params).fit(X, y)
    pairs = zip(tuned.coefs_, tuned.intercepts_, strict=True)
    init = [(W.copy(), b.copy()) for W, b in pairs]
    tuned.set_params(dropout=0.0).fit(X, y)
    same(tuned, make("regression", init=init, **params).fit(X, y))
