"""Small networks, grids of them, and what it means that two results are the same."""

import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skbackprop import BackpropClassifier, BackpropRegressor, lockstep
from skbackprop._estimator import dispatch
from skbackprop._lockstep import groups


def problem(kind="binary", n_samples=62, seed=0):
    """62 rows: the sizes of five folds differ by one."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, 4))
    scores = np.sin(X @ rng.standard_normal((4, 3))) + 0.3 * rng.standard_normal((n_samples, 3))
    return X, {
        "binary": (scores[:, 0] > 0).astype(int),
        "multiclass": scores.argmax(axis=1),
        "multilabel": (scores > 0).astype(int),
        "regression": scores[:, 0],
        "multioutput": scores,
    }[kind]


def classifier(hidden_layer_sizes=(5,), **params):
    defaults = {"max_iter": 6, "random_state": 0}
    if params.get("solver") != "lbfgs":
        defaults["batch_size"] = 10
    return BackpropClassifier(hidden_layer_sizes, **{**defaults, **params})


def regressor(**params):
    defaults = {"hidden_layer_sizes": (5,), "max_iter": 6, "batch_size": 10, "random_state": 0}
    return BackpropRegressor(**{**defaults, **params})


RATES = [0.001, 0.01, 0.1]


def networks(fitted):
    """All networks of ours inside a fitted object, in a fixed order."""
    found, seen = [], set()

    def look(thing):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if hasattr(thing, "coefs_"):
            found.append(thing)
        elif type(thing).__module__.startswith(("sklearn.", "skbackprop.")):
            for _, value in sorted(getattr(thing, "__dict__", {}).items()):
                look(value)
        elif isinstance(thing, list | tuple):
            for value in thing:
                look(value)
        elif isinstance(thing, dict):
            for _, value in sorted(thing.items()):
                look(value)

    look(fitted)
    return found


def assert_same(result, expected):
    """Compare arrays, dicts of them, and fitted estimators by their weights."""
    assert type(result) is type(expected)
    if isinstance(expected, BaseEstimator):
        ours, theirs = networks(result), networks(expected)
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs, strict=True):
            assert one.n_iter_ == other.n_iter_
            assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-8, atol=1e-8)
            for a, b in zip(one.coefs_, other.coefs_, strict=True):
                assert_allclose(a, b, rtol=1e-8, atol=1e-8)
        if hasattr(expected, "cv_results_"):
            assert_same(result.cv_results_, expected.cv_results_)
            assert str(result.best_params_) == str(expected.best_params_)
    elif isinstance(expected, dict):
        assert list(result) == list(expected)
        for name in expected:
            if name == "params":
                assert str(result[name]) == str(expected[name])
            elif "time" not in name:
                assert_same(result[name], expected[name])
    elif isinstance(expected, list | tuple):
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray) and expected.dtype.kind in "fc":
        assert_allclose(result, expected, rtol=1e-8, atol=1e-8)
    elif isinstance(expected, np.ndarray) and expected.dtype == object:
        assert [str(one) for one in result] == [str(one) for one in expected]
    elif isinstance(expected, float):
        assert result == pytest.approx(expected, rel=1e-8)
    else:
        np.testing.assert_array_equal(result, expected)


def in_both_ways(fit, **params):
    """The results of ``fit()`` without and within ``lockstep``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        with joblib.parallel_config(backend="sequential"):
            expected = fit()
        with lockstep(**{"n_threads": 2, **params}):
            result = fit()
    return result, expected


def caught_warnings(fit, action, **lockstep_params):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        fit()
    return sorted((w.category.__name__, str(w.message), w.lineno) for w in caught)


class Step(BaseEstimator):
    """A transformer that calls a function in ``fit``."""

    def __init__(self, function=None, key=0):
        self.function = function
        self.key = key

    def fit(self, X, y=None):
        if self.function is not None:
            self.function(self.key)
        return self

    def transform(self, X):
        return X


def step_grid(function, keys, network=None, **params):
    """A grid search whose tasks call ``function(key)`` before a network is trained."""
    pipeline = make_pipeline(Step(function), network or classifier())
    return GridSearchCV(pipeline, {"step__key": list(keys)}, cv=2, refit=False, **params)


def fail_at(*keys, error=ValueError):
    def function(key):
        if key in keys:
            raise error(f"key {key}")

    return function


def count_together(path):
    """In a worker: write the sizes of the groups that are trained together to a file."""
    if getattr(dispatch.train_population, "path", None) == path:
        return
    groups._MIN_STEPS = 0
    train = getattr(dispatch.train_population, "original", dispatch.train_population)

    def spy(jobs):
        train(jobs)
        assert all(job.state.n_iter > 0 for job in jobs)
        with open(path, "a") as file:
            file.write(f"{len(jobs)}\n")

    spy.path, spy.original = path, train
    dispatch.train_population = spy


def sizes_of_groups(path):
    """The sizes of the groups in the workers."""
    return [int(line) for line in Path(path).read_text().splitlines()]


X, y = problem()
X3, y3 = problem("multiclass")
XR, yr = problem("regression")
XM, ym = problem("multioutput")
XL, yl = problem("multilabel")
