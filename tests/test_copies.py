"""Pickles, copies and clones."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest
from estimator_cases import SOLVERS, STOCHASTIC, make, same
from numpy.testing import assert_array_equal
from sklearn.base import clone

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _joblib_round_trip(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


COPIES = {
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "joblib": _joblib_round_trip,
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("how_fitted", ["fit", "warm fit", "partial_fit"])
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize(
    "params",
    [{}, {"normalization": "batch"}, {"dropout": 0.2}, {"normalization": "layer"}],
    ids=str,
)
def test_a_copy_goes_on_as_the_original(how, how_fitted, solver, params, problem, tmp_path):
    X, y = problem("multiclass")
    model = make(
        "multiclass",
        solver=solver,
        batch_size=16,
        warm_start=how_fitted == "warm fit",
        **params,
    )
    if how_fitted == "partial_fit":
        for _ in range(3):
            model.partial_fit(X, y, classes=[0, 1, 2])
    else:
        model.fit(X, y)
    duplicate = COPIES[how](model, tmp_path)
    same(duplicate, model)
    assert_array_equal(duplicate.predict_proba(X), model.predict_proba(X))
    before = duplicate.predict_proba(X)
    for estimator in (model, duplicate):
        for _ in range(3):
            if how_fitted == "warm fit":
                estimator.fit(X, y)
            else:
                estimator.partial_fit(X, y)
        if estimator is model:  # the two share nothing
            assert_array_equal(duplicate.predict_proba(X), before)
    same(duplicate, model)
    # training still reaches what prediction reads
    assert np.abs(duplicate.predict_proba(X) - before).max() > 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
def test_size_of_a_pickle(solver, problem):
    X, y = problem("binary")
    clf = make("binary", solver=solver, hidden_layer_sizes=(400, 100), max_iter=2).fit(X, y)
    weights = sum(p.nbytes for p in [*clf.coefs_, *clf.intercepts_])
    assert weights <= len(pickle.dumps(clf)) < 1.1 * weights


def test_clone_is_unfitted_and_fits_the_same(problem):
    X, y = problem("binary")
    clf = make("binary", activation=["tanh", "elu"], dropout=[0.1, 0.0]).fit(X, y)
    duplicate = clone(clf)
    assert not hasattr(duplicate, "coefs_")
    same(duplicate.fit(X, y), clf)
