"""Tabular estimators inside scikit-learn's tools: copies, searches, pipelines, inspection."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.fixes import parse_version

from skbackprop import TabularClassifier, TabularRegressor, lockstep
from skbackprop._tables import training

QUICK = {"max_iter": 4, "hidden_layer_sizes": (8,), "random_state": 0}
ESTIMATORS = [TabularClassifier(**QUICK), TabularRegressor(**QUICK)]


def data(estimator, n_samples=150, seed=0):
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(rng.standard_normal((n_samples, 3)), columns=["a", "b", "c"])
    X["kind"] = rng.choice(["x", "y"], n_samples)
    X.loc[::10, "b"] = np.nan
    y = X["a"] + (X["kind"] == "x")
    return X, (y > 0.5).to_numpy() if isinstance(estimator, TabularClassifier) else y.to_numpy()


def outputs(estimator, X):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    "copied",
    [
        lambda est: pickle.loads(pickle.dumps(est)),
        copy.deepcopy,
        copy.copy,
        lambda est: pickle.loads(pickle.dumps(copy.deepcopy(est))),
    ],
)
def test_copies_predict_the_same(estimator, copied):
    X, y = data(estimator)
    est = clone(estimator).fit(X, y)
    other = copied(est)
    assert_array_equal(outputs(other, X), outputs(est, X))
    assert_array_equal(other.coefs_[3][0], est.coefs_[3][0])
    assert other.oob_score_ == est.oob_score_
    again = other.fit(X, y)
    assert_array_equal(outputs(again, X), outputs(est, X))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_pickles_hold_the_weights_once_in_single_precision(estimator):
    X, y = data(estimator)
    est = clone(estimator).set_params(hidden_layer_sizes=(256, 256)).fit(X, y)
    n_params = sum(a.size for arrays in (*est.coefs_, *est.intercepts_) for a in arrays)
    assert est.coefs_[0][0].dtype == np.float32
    size = len(pickle.dumps(est))
    assert 4 * n_params < size < 4 * n_params + 60_000
    assert len(pickle.dumps(pickle.loads(pickle.dumps(est)))) == pytest.approx(size, rel=0.01)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_weights_are_views_of_what_predicts(estimator):
    X, y = data(estimator)
    est = pickle.loads(pickle.dumps(clone(estimator).fit(X, y)))
    before = outputs(est, X)
    for coefs in est.coefs_:
        coefs[-1][...] = 0
    for intercepts in est.intercepts_:
        intercepts[-1][...] = 0
    after = outputs(est, X)
    assert not np.allclose(before, after)
    assert_allclose(after - after[:1], 0, atol=1e-12)  # nothing of X is left


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search(estimator, n_jobs):
    X, y = data(estimator)
    grid = {"n_bins": [2, 8], "hidden_layer_sizes": [(4,), (4, 4)]}
    search = GridSearchCV(clone(estimator), grid, cv=2, n_jobs=n_jobs).fit(X, y)
    best = clone(estimator).set_params(**search.best_params_).fit(X, y)
    assert_array_equal(outputs(best, X), outputs(search, X))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_lockstep_leaves_them_alone(estimator, monkeypatch):
    X, y = data(estimator)
    alone = cross_val_predict(clone(estimator), X, y, cv=3)
    monkeypatch.delattr(training, "_SideBySide")  # no workers of their own
    with lockstep():
        together = cross_val_predict(clone(estimator), X, y, cv=3)
    assert_array_equal(together, alone)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_pipeline_and_inspection(estimator):
    X, y = data(estimator)
    pipe = make_pipeline(FunctionTransformer(), clone(estimator)).fit(X, y)
    importance = permutation_importance(pipe, X, y, n_repeats=3, random_state=0)
    assert importance.importances_mean.argmax() == 0
    # before 1.7 scikit-learn takes two points of a binary classifier for its two classes
    takes_two_points = parse_version(sklearn.__version__) >= parse_version("1.7")
    for feature in (0, "kind") if takes_two_points or is_regressor(estimator) else (0,):
        result = partial_dependence(
            pipe, X, [feature], categorical_features=["kind"], grid_resolution=5
        )
        assert np.isfinite(result["average"]).all()


def test_calibrated():
    X, y = data(ESTIMATORS[0])
    clf = CalibratedClassifierCV(clone(ESTIMATORS[0]), cv=2).fit(X, y)
    assert_allclose(clf.predict_proba(X).sum(axis=1), 1)
    assert clf.score(X, y) > 0.7


def test_wrapped_regressors():
    X, y = data(ESTIMATORS[1])
    reg = TransformedTargetRegressor(clone(ESTIMATORS[1]), func=np.sinh, inverse_func=np.arcsinh)
    assert reg.fit(X, y).predict(X).shape == y.shape
    both = MultiOutputRegressor(clone(ESTIMATORS[1])).fit(X, np.column_stack([y, -y]))
    assert both.predict(X).shape == (len(X), 2)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("requests", [True, False])
def test_metadata_routing(estimator, requests):
    X, y = data(estimator)
    weights = np.where(np.arange(len(X)) % 2, 3.0, 0.0)
    with config_context(enable_metadata_routing=True):
        est = clone(estimator).set_fit_request(sample_weight=requests)
        pipe = make_pipeline(FunctionTransformer(), est)
        given = {"sample_weight": weights} if requests else {}
        pipe.fit(X, y, **given)
        scores = cross_validate(
            est.set_score_request(sample_weight=False), X, y, cv=2, params=given
        )
    assert np.isfinite(scores["test_score"]).all()
    alone = clone(estimator).fit(X, y, sample_weight=weights if requests else None)
    assert_array_equal(outputs(pipe, X), outputs(alone, X))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_fits_and_predictions_in_threads(estimator):
    X, y = data(estimator)
    expected = outputs(clone(estimator).fit(X, y), X)
    with ThreadPoolExecutor(4) as pool:
        fitted = list(pool.map(lambda _: clone(estimator).fit(X, y), range(4)))
        predicted = list(pool.map(lambda _: outputs(fitted[0], X), range(8)))
    for one in [*predicted, *(outputs(est, X) for est in fitted)]:
        assert_array_equal(one, expected)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib_context_sets_the_threads(backend):
    X, y = data(ESTIMATORS[1])
    expected = clone(ESTIMATORS[1]).fit(X, y).predict(X)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert_array_equal(clone(ESTIMATORS[1]).fit(X, y).predict(X), expected)
