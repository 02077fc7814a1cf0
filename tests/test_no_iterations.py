"""``max_iter=0``: the network as it was initialised."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from estimator_cases import BOTH, SOLVERS, STOCHASTIC, same
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropAutoencoder, BackpropClassifier

SMALL = {"hidden_layer_sizes": (6, 5), "random_state": 0}


def _fit(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody has asked for convergence
        return model.fit(X, y)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("Estimator", BOTH)
def test_the_weights_are_the_initial_ones(Estimator, solver, problem, weights_of):
    X, y = problem("binary")
    init = weights_of([5, 6, 5, 1])
    model = _fit(Estimator(solver=solver, max_iter=0, init=init, **SMALL), X, y)
    for (W, b), V, c in zip(init, model.coefs_, model.intercepts_, strict=True):
        assert_array_equal(W, V)
        assert_array_equal(b, c)
    assert model.n_iter_ == 0
    assert model.t_ == 0
    assert model.loss_curve_ == []
    assert model.best_loss_ == model.loss_
    assert model.gradient_norms_.shape == (0, 3)
    assert model.predict(X).shape == y.shape


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("Estimator", BOTH)
def test_the_seed_draws_what_a_fit_begins_with(Estimator, solver, problem):
    X, y = problem("binary")
    model = _fit(Estimator(solver=solver, max_iter=0, **SMALL), X, y)
    begins = Estimator(learning_rate_init=1e-300, max_iter=1, **SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(model, begins.fit(X, y))


@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_training_may_go_on_from_there(Estimator, solver, problem):
    X, y = problem("binary")
    model = _fit(Estimator(solver=solver, max_iter=0, warm_start=True, **SMALL), X, y)
    model.set_params(max_iter=5).fit(X, y)
    same(model, Estimator(solver=solver, max_iter=5, **SMALL).fit(X, y))


@pytest.mark.parametrize("params", [{}, {"standardize": False}, {"init": "pca"}, {"n_init": 3}])
def test_autoencoder(params, problem):
    X, _ = problem("regression")
    model = BackpropAutoencoder(hidden_layer_sizes=(6,), max_iter=0, random_state=0, **params)
    _fit(model, X, None)
    assert model.n_iter_ == 0
    assert np.isfinite(model.predict(X)).all()
    if params.get("init") == "pca":  # the start is more than random numbers
        assert model.score(X) > 0.1
    if params.get("standardize") is not False:
        assert_allclose(model.mean_, X.mean(axis=0))


def test_less_than_none_is_refused(problem):
    with pytest.raises(ValueError, match=r"max_iter.*-1"):
        BackpropClassifier(max_iter=-1).fit(*problem("binary"))


@pytest.mark.parametrize("Estimator", BOTH)
def test_partial_fit_trains_an_epoch_all_the_same(Estimator, problem):
    """``max_iter`` is the length of a schedule to it, as it is to `MLPClassifier`."""
    X, y = problem("binary")
    classes = {"classes": [0, 1]} if Estimator is BackpropClassifier else {}
    model = Estimator(max_iter=0, **SMALL).partial_fit(X, y, **classes)
    assert model.n_iter_ == 1
    same(model, Estimator(max_iter=5, **SMALL).partial_fit(X, y, **classes))


@pytest.mark.parametrize("Estimator", BOTH)
def test_weights_that_make_the_loss_infinite(Estimator, problem):
    X, y = problem("binary")
    init = [(np.full((5, 1), 1e300), np.zeros(1))]
    with pytest.raises(ValueError, match="non-finite"):
        Estimator(hidden_layer_sizes=(), init=init, max_iter=0).fit(X, y)
