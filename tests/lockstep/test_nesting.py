"""Meta-estimators inside meta-estimators."""

import time

import joblib
import numpy as np
import pytest
from lockstep_cases import X3, X, assert_same, classifier, fail_at, in_both_ways, step_grid, y, y3
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier

from skbackprop import lockstep

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]

NESTED = {
    "nested cross-validation": (
        lambda: cross_validate(
            GridSearchCV(classifier(max_iter=4), {"alpha": [0, 1]}, cv=2),
            X,
            y,
            cv=3,
            return_estimator=True,
        ),
        12,
    ),
    "bagging in a grid search": (
        lambda: GridSearchCV(
            BaggingClassifier(classifier(max_iter=4), n_estimators=3, random_state=0),
            {"estimator__alpha": [0, 1]},
            cv=2,
        ).fit(X, y),
        15,
    ),
    "stacking in cross-validation": (
        lambda: cross_validate(
            StackingClassifier(
                [("a", classifier()), ("b", OneVsRestClassifier(classifier(alpha=1.0)))],
                cv=2,
            ),
            X3,
            y3,
            cv=2,
            return_estimator=True,
        ),
        24,
    ),
    "not taking part": (
        lambda: GridSearchCV(
            BaggingClassifier(classifier(max_iter=4), n_estimators=3, random_state=0, n_jobs=1),
            {"estimator__alpha": [0, 1]},
            cv=2,
        ).fit(X, y),
        15,
    ),
}


@pytest.mark.parametrize("max_members", [1, 2, 3, None])
@pytest.mark.parametrize("name", NESTED)
def test_nested_calls(name, max_members, groups):
    fit, n_together = NESTED[name]
    result, expected = in_both_ways(fit, max_members=max_members)
    assert_same(result, expected)
    if max_members is None:
        assert sum(groups) >= n_together - 3


def test_nested_calls_meet(groups):
    with lockstep(n_threads=1):
        search = GridSearchCV(classifier(), {"alpha": [0, 1, 2]}, cv=2, refit=False)
        cross_val_score(search, X[:60], y[:60], cv=2, error_score="raise", scoring=lambda *a: 0.0)
    assert groups == [12]


def test_an_error_in_a_nested_call():
    def fit(error_score):
        inner = step_grid(fail_at(2), range(4), error_score="raise")
        return cross_validate(inner, X, y, cv=3, error_score=error_score, scoring=lambda *a: 1.0)

    with lockstep():
        with pytest.raises(ValueError, match="key 2"):
            fit("raise")
        with pytest.raises(ValueError, match="All the 3 fits failed"):
            fit(np.nan)


def test_an_error_beside_a_nested_call():
    """The tasks of the nested calls are given up with those that made them."""

    def outer(key):
        if key == 3:
            raise ZeroDivisionError
        cross_val_score(classifier(max_iter=1000, tol=0), X, y)

    start = time.monotonic()
    with lockstep(), pytest.raises(ZeroDivisionError):
        joblib.Parallel()(joblib.delayed(outer)(key) for key in range(4))
    assert time.monotonic() - start < 5


class InLockstep(BaseEstimator):
    """A meta-estimator that brings its own lockstep."""

    def __init__(self, alpha=0.0):
        self.alpha = alpha

    def fit(self, X, y):
        with lockstep():
            self.scores_ = cross_val_score(classifier(alpha=self.alpha), X, y, cv=KFold(2))
        return self

    def score(self, X, y):
        return self.scores_.mean()


def test_a_second_lockstep_inside(groups):
    def fit():
        cv = KFold(2)
        search = GridSearchCV(InLockstep(), {"alpha": [0, 1, 2]}, cv=cv, refit=False)
        return search.fit(X[:60], y[:60]).cv_results_

    expected = fit()
    groups.clear()
    with lockstep(n_threads=1), lockstep(n_threads=1):
        assert_same(fit(), expected)
    assert groups == [12]
