"""Ctrl-C in the course of a fit."""

from __future__ import annotations

import _thread
import pickle
import threading
import warnings

import numpy as np
import pytest
from estimator_cases import BOTH, SOLVERS, STOCHASTIC, same
from numpy.testing import assert_allclose
from sklearn.metrics import log_loss, r2_score

from skbackprop import Activation, BackpropAutoencoder, BackpropClassifier, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _long(Estimator, solver, **params):
    return Estimator(
        hidden_layer_sizes=(100,),
        solver=solver,
        alpha=0,
        tol=0,
        n_iter_no_change=np.inf,
        max_iter=10**6,
        max_fun=10**7,
        random_state=0,
        **params,
    )


def _fit_interrupted(model, *args):
    """Fit, with the warnings; an interrupt that gets through is a failure."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(*args)
        except KeyboardInterrupt:
            pytest.fail("KeyboardInterrupt came through fit")
    return [w for w in caught if "interrupted" in str(w.message)]


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_ctrl_c_keeps_the_model_so_far(Estimator, solver, problem):
    """Interrupted from outside, as a user at the keyboard does it, after some epochs."""
    X, y = problem("binary")
    has_begun = threading.Event()

    def tell(progress):
        if progress > 5 / 10**6:
            has_begun.set()
        return 1.0

    def interrupt():
        if has_begun.wait(60):
            _thread.interrupt_main()

    model = _long(Estimator, solver, learning_rate=tell)
    user = threading.Thread(target=interrupt)
    user.start()
    try:
        caught = _fit_interrupted(model, X, y)
    finally:
        has_begun.set()
        user.join()
    assert len(caught) == 1
    assert 1 <= model.n_iter_ < model.max_iter
    assert len(model.loss_curve_) == model.n_iter_
    assert model.predict(X).shape == y.shape
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.parametrize("solver", SOLVERS)
def test_interrupt_in_an_activation(solver, problem):
    """...in the middle of a forward pass: the weights are those of a whole step."""
    X, y = problem("multiclass")
    calls = []

    def function(z, out):
        calls.append(None)
        if len(calls) == 30:
            raise KeyboardInterrupt
        np.tanh(z, out=out)

    def derivative(z, out):
        np.subtract(1.0, np.tanh(z) ** 2, out=out)

    model = _long(BackpropClassifier, solver, activation=Activation("tanh!", function, derivative))
    assert len(_fit_interrupted(model, X, y)) == 1
    assert 1 <= model.n_iter_ <= 30
    assert len(model.loss_curve_) == model.n_iter_
    assert np.isfinite(model.predict_proba(X)).all()
    loss = log_loss(y, model.predict_proba(X))
    assert loss < model.loss_curve_[0]
    if solver == "lbfgs":  # not a trial of the line search
        assert_allclose(loss, model.loss_curve_[-1], rtol=1e-6)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_interrupt_in_a_schedule(solver, problem):
    """...at a known place: epochs that were complete are kept."""
    X, y = problem("binary")
    calls = []

    def learning_rate(progress):
        calls.append(progress)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return 1.0

    model = _long(BackpropClassifier, solver, learning_rate=learning_rate, batch_size=20)
    assert len(_fit_interrupted(model, X, y)) == 1
    assert 12 <= model.n_iter_ <= 40
    assert model.n_iter_ == len(model.loss_curve_)
    assert model.predict(X).shape == y.shape
    same(model, pickle.loads(pickle.dumps(model.set_params(learning_rate="constant"))))


def test_interrupt_during_early_stopping_brings_the_best_weights_back(problem):
    X, y = problem("regression")
    seen = []

    def scoring(estimator, X, y, sample_weight=None):
        if len(seen) == 9:
            raise KeyboardInterrupt
        seen.append(r2_score(y, estimator.predict(X)) if len(seen) < 3 else -1.0)
        return seen[-1]

    model = _long(
        BackpropRegressor, "adam", early_stopping=True, scoring=scoring, learning_rate_init=0.01
    )
    assert len(_fit_interrupted(model, X, y)) == 1
    assert model.best_validation_score_ == max(seen)
    assert_allclose([len(model.validation_scores_), len(model.loss_curve_)], model.n_iter_, atol=1)
    best = int(np.argmax(seen)) + 1
    same(
        model,
        BackpropRegressor(
            hidden_layer_sizes=(100,),
            alpha=0,
            tol=0,
            early_stopping=True,
            learning_rate_init=0.01,
            max_iter=best,
            scoring=_Rising(),
            random_state=0,
        ).fit(X, y),
    )


class _Rising:
    """A scorer that finds every epoch better than the one before."""

    def __init__(self):
        self.calls = 0

    def __call__(self, estimator, X, y, sample_weight=None):
        self.calls += 1
        return float(self.calls)


@pytest.mark.parametrize("n_calls", [2, 100], ids=["first epoch", "later"])
def test_interrupt_of_starts_side_by_side_keeps_the_best_so_far(n_calls):
    X = np.random.RandomState(0).standard_normal((60, 5))
    calls = []

    def function(z, out):
        if z.shape == (3, 20, 6):  # a batch of the three starts
            calls.append(None)
            if len(calls) == n_calls:
                raise KeyboardInterrupt
        np.tanh(z, out=out)

    def derivative(z, out):
        np.subtract(1.0, np.tanh(z) ** 2, out=out)

    model = BackpropAutoencoder(
        hidden_layer_sizes=(6,),
        activation=Activation("tanh!", function, derivative),
        batch_size=20,
        n_init=3,
        max_iter=10**6,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    assert len(_fit_interrupted(model, X)) == 1
    assert model.n_iter_ == len(model.loss_curve_) == (n_calls - 1) // 2 // 3
    assert np.isfinite(model.predict(X)).all()
