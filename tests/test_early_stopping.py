"""Early stopping: what is held out, what is watched, which weights are kept."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from estimator_cases import BOTH, STOCHASTIC, TARGETS, make, same
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics import accuracy_score, get_scorer, log_loss, r2_score
from sklearn.model_selection import train_test_split

from skbackprop import BackpropAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


STOPS = {
    "early_stopping": True,
    "hidden_layer_sizes": (30,),
    "learning_rate_init": 0.05,
    "n_iter_no_change": 5,
    "max_iter": 300,
}


def _reference_score(model, scoring, X, y):
    """The score of a fitted model, by scikit-learn alone."""
    if scoring is None:
        return model.score(X, y)
    if scoring == "loss":
        if hasattr(model, "classes_"):
            return -log_loss(y, model.predict_proba(X))
        return -np.mean((model.predict(X) - y) ** 2) / 2
    return get_scorer(scoring)(model, X, y)


@pytest.mark.parametrize(
    "target, scoring",
    [
        ("binary", None),
        ("binary", "loss"),
        ("binary", "roc_auc"),
        ("binary", "neg_log_loss"),
        ("multiclass", "balanced_accuracy"),
        ("multiclass", "loss"),
        ("regression", None),
        ("regression", "loss"),
        ("regression", "neg_mean_absolute_error"),
    ],
)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_early_stopping_brings_the_best_weights_back(target, scoring, solver, problem):
    """The model that is left scores what the best epoch scored."""
    X, y = problem(target, n_samples=150)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    model = make(target, scoring=scoring, solver=solver, **STOPS)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ < model.max_iter
    assert len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None
    assert_allclose(
        _reference_score(model, scoring, X_val, y_val), model.best_validation_score_, rtol=1e-9
    )
    # not those of the last epoch
    worse = [s for s in model.validation_scores_ if s < model.best_validation_score_]
    assert worse


def test_scoring_by_a_function(problem):
    X, y = problem("regression")
    calls = []

    def scoring(estimator, X, y, sample_weight=None):
        calls.append(estimator.predict(X).shape == y.shape)
        return -len(calls)  # always worse than before

    reg = make("regression", scoring=scoring, **STOPS).fit(X, y)
    assert all(calls)
    assert reg.validation_scores_ == [-float(i + 1) for i in range(len(calls))]
    # the first epoch was best, and patience runs out after it
    assert reg.n_iter_ == 1 + reg.n_iter_no_change + 1
    first = make("regression", **{**STOPS, "max_iter": 1}).fit(X, y)
    same(reg, first)


def test_scorers_see_the_labels(problem):
    X, y = problem("multiclass")
    y = np.array(["ash", "birch", "cedar"])[y]
    seen = set()

    def scoring(estimator, X, y, sample_weight=None):
        seen.update(y)
        return accuracy_score(y, estimator.predict(X))

    make("multiclass", scoring=scoring, **STOPS).fit(X, y)
    assert seen == {"ash", "birch", "cedar"}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("as_sparse", [False, True])
def test_own_validation_set(target, as_sparse, problem):
    """All of X trains; what is watched is X_val."""
    X, y = problem(target)
    X_val, y_val = problem(target, n_samples=30, seed=1)
    container = sparse.csr_array if as_sparse else np.asarray
    params = {"early_stopping": True, "max_iter": 6, "tol": 0}
    watched = make(target, **params).fit(container(X), y, X_val=container(X_val), y_val=y_val)
    assert watched.t_ == watched.n_iter_ * len(X)
    plain = make(target, max_iter=watched.n_iter_).fit(container(X), y)
    assert_allclose(watched.loss_curve_, plain.loss_curve_, rtol=1e-10)
    assert_allclose(watched.score(X_val, y_val), watched.best_validation_score_, rtol=1e-9)


@pytest.mark.parametrize("target", ["binary", "regression"])
@pytest.mark.parametrize("scoring", [None, "loss"])
def test_weights_of_the_validation_set(target, scoring, problem):
    """A weight of zero is as good as leaving the sample out."""
    X, y = problem(target)
    X_val, y_val = problem(target, n_samples=30, seed=1)
    weights = np.where(np.arange(30) < 20, 2.0, 0.0)
    params = {"early_stopping": True, "max_iter": 6, "tol": 0, "scoring": scoring}
    weighted = make(target, **params).fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    left_out = make(target, **params).fit(X, y, X_val=X_val[:20], y_val=y_val[:20])
    assert_allclose(weighted.validation_scores_, left_out.validation_scores_, rtol=1e-10)
    everything = make(target, **params).fit(X, y, X_val=X_val, y_val=y_val)
    assert not np.allclose(weighted.validation_scores_, everything.validation_scores_)


def test_held_out_part_is_not_trained_on(problem):
    X, y = problem("regression")
    reg = make("regression", early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert len(reg.validation_scores_) == reg.n_iter_
    rows = []

    def scoring(estimator, X_val, y_val, sample_weight=None):
        rows.append(len(X_val))
        return r2_score(y_val, estimator.predict(X_val))

    reg.set_params(scoring=scoring).fit(X, y)
    assert set(rows) == {15}


@pytest.mark.parametrize("target", ["binary", "regression"])
def test_the_split_is_a_validation_set_of_ones_own(target, problem):
    """Handing over the parts gives the same fit: weights are normalised over the first."""
    X, y = problem(target, n_samples=80)
    weights = np.random.RandomState(0).uniform(0.1, 5, 80)
    held_out = []

    def scoring(estimator, X_val, y_val, sample_weight=None):
        held_out[:] = [np.flatnonzero((row == X).all(axis=1))[0] for row in X_val]
        return get_scorer("accuracy" if target == "binary" else "r2")(
            estimator, X_val, y_val, sample_weight=sample_weight
        )

    params = {"early_stopping": True, "scoring": scoring, "batch_size": 80, "tol": 0, "alpha": 1}
    split = make(target, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # 80 rows are more than are trained on
        split.fit(X, y, sample_weight=weights)
    assert len(set(held_out)) == 8
    rows = np.setdiff1d(np.arange(80), held_out)
    val = held_out.copy()
    whole = make(target, **{**params, "batch_size": len(rows)}).fit(
        X[rows],
        y[rows],
        sample_weight=weights[rows],
        X_val=X[val],
        y_val=y[val],
        sample_weight_val=weights[val],
    )
    assert_allclose(whole.loss_curve_, split.loss_curve_, rtol=1e-8)
    assert_allclose(whole.validation_scores_, split.validation_scores_, rtol=1e-8)
    same(whole, split, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "f1_macro", "loss", None])
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array])
def test_a_sparse_indicator_matrix_is_scored_as_a_dense_one(container, scoring, problem):
    X, y = problem("multilabel", n_samples=100)
    X_val, y_val = problem("multilabel", n_samples=40, seed=1)
    for validation in ({}, {"X_val": X_val, "y_val": y_val}):
        dense, model = (
            make("multilabel", early_stopping=True, scoring=scoring, max_iter=4, random_state=0)
            for _ in range(2)
        )
        dense.fit(X, y, **validation)
        if validation:
            validation["y_val"] = container(y_val)
        model.fit(X, container(y), **validation)
        assert_allclose(model.validation_scores_, dense.validation_scores_, rtol=1e-12)
        same(model, dense)


def _held_out_rows(Estimator, X, y, **params):
    """The rows that the seed holds out."""
    held_out = []

    def scoring(estimator, X_val, y_val, sample_weight=None):
        held_out[:] = [np.flatnonzero((row == X).all(axis=1))[0] for row in X_val]
        return 0.0

    Estimator(scoring=scoring, **params).fit(X, y)
    return held_out


@pytest.mark.parametrize("scoring", [None, "loss"])
@pytest.mark.parametrize("Estimator", [*BOTH, BackpropAutoencoder])
def test_held_out_rows_that_weigh_nothing_are_an_error(Estimator, scoring, problem):
    X, _ = problem("regression", n_samples=40)
    y = np.arange(40) % 2  # of the same strata, whichever rows weigh nothing
    params = {
        "hidden_layer_sizes": (4,),
        "max_iter": 2,
        "early_stopping": True,
        "random_state": 0,
    }
    if Estimator is BackpropAutoencoder:
        params["standardize"] = False  # so that a scorer sees the rows bit by bit
    held_out = _held_out_rows(Estimator, X, y, **params)
    assert len(set(held_out)) == 4
    weights = np.ones(40)
    weights[held_out] = 0.0
    model = Estimator(scoring=scoring, **params)
    with pytest.raises(ValueError, match=r"sample_weight.*validation"):
        model.fit(X, y, sample_weight=weights)
    assert not hasattr(model, "coefs_")
    weights[held_out[0]] = 1.0
    assert len(model.fit(X, y, sample_weight=weights).validation_scores_) == 2
