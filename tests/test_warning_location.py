"""Warnings point at the line of the user, not into this package or a meta-estimator."""

from __future__ import annotations

import inspect
import re
import warnings
from contextlib import nullcontext

import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    TabularClassifier,
    TabularRegressor,
    lockstep,
)

SMALL = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}

#: What provokes a warning, and a part of its message.
PROVOKED = {
    "unfinished": ({"learning_rate": "constant"}, "Maximum iterations"),
    "without effect": ({"momentum": 0.5, "learning_rate": "cosine"}, "momentum"),
    "clipped batch": ({"batch_size": 1000, "learning_rate": "cosine"}, "batch_size"),
    "unfinished L-BFGS": ({"solver": "lbfgs"}, "lbfgs failed to converge"),
}


def located(call, message):
    """The places that the warnings with that message point to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [(w.filename, w.lineno) for w in caught if re.search(message, str(w.message))]


def here(offset):
    """The place that many lines below the line that calls."""
    frame = inspect.currentframe().f_back
    return __file__, frame.f_lineno + offset


@pytest.mark.parametrize("params, message", PROVOKED.values(), ids=PROVOKED)
@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor, BackpropAutoencoder])
def test_fit(Estimator, params, message, problem):
    X, y = problem("binary")
    model = Estimator(**SMALL, **params)
    expected = here(1)
    assert located(lambda: model.fit(X, y), message) == [expected]


@pytest.mark.parametrize("params, message", list(PROVOKED.values())[1:3], ids=list(PROVOKED)[1:3])
@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor, BackpropAutoencoder])
def test_partial_fit(Estimator, params, message, problem):
    X, y = problem("binary")
    model = Estimator(**SMALL, **params)
    classes = {"classes": [0, 1]} if Estimator is BackpropClassifier else {}
    expected = here(1)
    assert located(lambda: model.partial_fit(X, y, **classes), message) == [expected]


def test_the_end_of_a_schedule(problem):
    X, _ = problem("binary")
    model = BackpropAutoencoder(**SMALL).partial_fit(X).partial_fit(X)
    expected = here(1)
    assert located(lambda: model.partial_fit(X), "schedule") == [expected]


@pytest.mark.parametrize("params, message", PROVOKED.values(), ids=PROVOKED)
def test_several_starts(params, message, problem):
    """...once, not once a start."""
    X, _ = problem("binary")
    model = BackpropAutoencoder(n_init=3, **SMALL, **params)
    expected = here(1)
    assert located(lambda: model.fit(X), message) == [expected]


@pytest.mark.parametrize("params, message", PROVOKED.values(), ids=PROVOKED)
def test_in_a_pipeline(params, message, problem):
    X, y = problem("binary")
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(**SMALL, **params))
    expected = here(1)
    assert located(lambda: pipe.fit(X, y), message) == [expected]


def test_fit_transform_in_the_middle_of_a_pipeline(problem):
    X, y = problem("binary")
    params, message = PROVOKED["unfinished"]
    pipe = make_pipeline(StandardScaler(), BackpropAutoencoder(**SMALL, **params), StandardScaler())
    expected = here(1)
    assert located(lambda: pipe.fit_transform(X, y), message) == [expected]


@pytest.mark.parametrize("params, message", PROVOKED.values(), ids=PROVOKED)
def test_outlier_detector(params, message, problem):
    X, _ = problem("binary")
    detector = BackpropOutlierDetector(BackpropAutoencoder(**SMALL, **params))
    expected = here(1)
    assert located(lambda: detector.fit(X), message) == [expected]


def test_within_another_meta_estimator(problem):
    X, y = problem("multioutput")
    params, message = PROVOKED["unfinished"]
    model = MultiOutputRegressor(BackpropRegressor(**SMALL, **params))
    expected = here(1)
    assert set(located(lambda: model.fit(X, y), message)) == {expected}


@pytest.mark.parametrize(
    "Estimator", [BackpropClassifier, BackpropRegressor, TabularClassifier, TabularRegressor]
)
def test_a_column_as_target(Estimator, problem):
    """...of which scikit-learn warns, and would point to the line that calls it."""
    X, y = problem("binary")
    own = {"n_members": 4} if Estimator.__name__.startswith("Tabular") else {}
    model = Estimator(**SMALL, **own)
    expected = here(1)
    assert located(lambda: model.fit(X, y[:, None]), "column-vector") == [expected]


def test_of_tables(problem):
    X, y = problem("binary")
    pipe = make_pipeline(StandardScaler(), TabularClassifier(**SMALL, n_members=80))
    expected = here(1)
    assert located(lambda: pipe.fit(X, y), "folds are made") == [expected]


@pytest.mark.parametrize("in_lockstep", [False, True])
def test_within_a_search(in_lockstep, problem):
    X, y = problem("binary")
    params, message = PROVOKED["unfinished"]
    network = BackpropClassifier(**SMALL, **params)
    search = GridSearchCV(network, {"alpha": [0.1, 1.0]}, cv=2)
    expected = here(2)
    with lockstep() if in_lockstep else nullcontext():
        assert set(located(lambda: search.fit(X, y), message)) == {expected}


def test_interrupted(problem):
    X, y = problem("binary")

    def interrupt(progress):
        if progress > 0.4:
            raise KeyboardInterrupt
        return 1.0

    model = BackpropClassifier(**{**SMALL, "max_iter": 10}, learning_rate=interrupt)
    expected = here(1)
    assert located(lambda: model.fit(X, y), "interrupted") == [expected]


def test_diverged(problem):
    X, y = problem("regression")
    model = BackpropRegressor(
        **{**SMALL, "max_iter": 100},
        solver="sgd",
        activation="identity",
        learning_rate_init=5.0,
        early_stopping=True,
    )
    expected = here(1)
    assert located(lambda: model.fit(X, y), "diverged") == [expected]
