"""Training continued by `partial_fit`."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import BOTH, CLASSIFICATION, SMALL, STOCHASTIC, TARGETS, make, same
from numpy.testing import assert_allclose

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_partial_fit_is_an_epoch(target, solver, problem):
    X, y = problem(target)
    params = {"solver": solver, "batch_size": 16, "shuffle": False}
    whole = make(target, max_iter=6, **params).fit(X, y)
    steps = make(target, **params)
    classes = {}
    if target in CLASSIFICATION:
        classes = {"classes": np.arange(3 if y.ndim == 2 else y.max() + 1)}
    for i in range(6):
        assert steps.partial_fit(X, y, **classes) is steps
        assert steps.n_iter_ == 1
        assert len(steps.loss_curve_) == i + 1
        assert steps.t_ == (i + 1) * len(X)
    same(steps, whole)
    assert_allclose(steps.loss_curve_, whole.loss_curve_, rtol=1e-12)


def test_partial_fit_over_classes_in_turn(problem):
    """A batch need not hold all classes."""
    X, y = problem("multiclass", n_samples=150)
    clf = make("multiclass", learning_rate_init=0.01)
    for _ in range(60):
        for part in np.array_split(np.argsort(y, kind="stable"), 15):
            clf.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert clf.classes_.tolist() == [0, 1, 2]
    assert clf.predict_proba(X).shape == (150, 3)
    assert len(np.unique(clf.predict(X))) >= 2


@pytest.mark.parametrize("Estimator", BOTH)
def test_partial_fit_after_fit_goes_on(Estimator, problem):
    X, y = problem("binary")
    model = Estimator(**{**SMALL, "max_iter": 100}).fit(X, y)
    before = model.loss_
    for _ in range(50):
        model.partial_fit(X, y)
    assert model.loss_ < before


@pytest.mark.parametrize("Estimator", BOTH)
def test_the_best_loss_is_a_loss_after_early_stopping(Estimator, problem):
    """A score that was watched before is not taken for a loss, nor a loss for a score."""
    X, y = problem("binary")
    model = Estimator(**SMALL, early_stopping=True, warm_start=True).fit(X, y)
    assert model.best_loss_ is None
    model.set_params(early_stopping=False)
    for n_calls in range(1, 4):
        model.partial_fit(X, y)
        assert model.best_loss_ == min(model.loss_curve_[-n_calls:])
        assert model.validation_scores_ is None
        assert model.best_validation_score_ is None
    model.set_params(early_stopping=True).fit(X, y)
    assert model.best_loss_ is None
    assert model.best_validation_score_ == max(model.validation_scores_[-model.n_iter_ :])
