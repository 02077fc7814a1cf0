"""Intervals and sets cover what they promise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from tables_cases import data_of, make_classes, make_table, quick

from skbackprop import TabularClassifier, TabularRegressor
from skbackprop._tables.intervals import (
    SortedByFold,
    cv_plus_interval,
    cv_plus_set,
    quantile_of_scores,
)


def folds_of(sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    return [slice(a, b) for a, b in pairwise(edges)]


def by_definition(centres, residuals, fold, weights, coverage):
    """The upper end as Barber et al. define it, from all guesses."""
    guesses = centres[fold] + residuals[:, np.newaxis]
    ends = []
    for guess in guesses.T:
        order = np.argsort(guess)
        reached = np.cumsum(weights[order])
        enough = np.flatnonzero(reached >= coverage * (weights.sum() + 1) - 1e-9)
        ends.append(guess[order][enough[0]] if len(enough) else np.inf)
    return np.array(ends)


@pytest.mark.parametrize("coverage", [0.5, 0.9])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_cv_plus_is_its_definition(coverage, is_weighted):
    rng = np.random.RandomState(0)
    sizes = [7, 0, 12, 9]
    fold = np.repeat(np.arange(4), sizes)
    residuals = rng.exponential(size=28)
    weights = rng.randint(1, 4, 28).astype(float) if is_weighted else np.ones(28)
    centres = rng.standard_normal((4, 11))
    ends = cv_plus_interval(centres, SortedByFold(residuals, weights, folds_of(sizes)), coverage)
    assert_allclose(ends[:, 1], by_definition(centres, residuals, fold, weights, coverage))
    assert_allclose(ends[:, 0], -by_definition(-centres, residuals, fold, weights, coverage))


def test_cv_plus_sets_are_their_definition():
    rng = np.random.RandomState(0)
    sizes = [10, 14]
    fold = np.repeat([0, 1], sizes)
    scores, p = rng.uniform(size=24), rng.dirichlet([1, 1, 1], (2, 9))
    found = cv_plus_set(p, SortedByFold(scores, np.ones(24), folds_of(sizes)), 0.8)
    for i in range(9):
        for c in range(3):
            smaller = sum(scores[j] < 1 - p[fold[j], i, c] for j in range(24))
            assert found[i, c] == (smaller < 0.8 * 25)


def test_quantile_of_scores():
    values = np.arange(1.0, 10.0)
    assert quantile_of_scores(values, np.ones(9), 0.5) == 5  # ceil(0.5 * 10)
    assert quantile_of_scores(values, np.ones(9), 0.9) == 9
    assert quantile_of_scores(values, np.ones(9), 0.91) == np.inf
    assert quantile_of_scores(values, np.full(9, 2.0), 0.9) == 9


MADE_UP = {
    "constant": lambda X: np.ones(len(X)),
    "grows": lambda X: 0.2 + np.abs(X[:, 0]),
    "steps": lambda X: np.where(X[:, 1] > 0, 2.0, 0.2),
    "skewed": lambda X: np.exp(0.5 * X[:, 2]),
    "outliers": lambda X: np.where(X[:, 3] > 1.2, 5.0, 0.3),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_intervals_cover(name):
    """Of 4000 fresh rows, within two points and their own noise."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((6000, 4))
    y = np.sin(2 * X[:, 0]) + X[:, 1] + MADE_UP[name](X) * rng.standard_normal(6000)
    reg = TabularRegressor(random_state=0, max_iter=12).fit(X[:2000], y[:2000])
    for coverage in (0.8, 0.9):
        low, high = reg.predict_interval(X[2000:], coverage).T
        assert np.mean((low <= y[2000:]) & (y[2000:] <= high)) == pytest.approx(coverage, abs=0.03)
        wide_low, wide_high = reg.predict_interval(X[2000:], coverage, method="cv+").T
        covered = np.mean((wide_low <= y[2000:]) & (y[2000:] <= wide_high))
        assert coverage - 0.03 < covered < coverage + 0.05


def test_no_wider_than_cross_conformal_intervals_of_mapie():
    """On real data, around the same estimator; and they cover as much, within noise."""
    regression = pytest.importorskip("mapie.regression")
    X, y = load_diabetes(return_X_y=True)
    X, X_new, y, y_new = train_test_split(X, y, test_size=0.5, random_state=0)
    reg = TabularRegressor(random_state=0, max_iter=12)
    theirs = regression.CrossConformalRegressor(reg, confidence_level=0.8, method="plus", cv=5)
    theirs.fit_conformalize(X, y)
    low, high = theirs.predict_interval(X_new)[1][:, :, 0].T
    our_low, our_high = reg.fit(X, y).predict_interval(X_new, 0.8).T
    assert np.mean(our_high - our_low) <= np.mean(high - low)
    assert np.mean((our_low <= y_new) & (y_new <= our_high)) > 0.75


@pytest.mark.parametrize("n_classes", [2, 5])
def test_sets_cover(n_classes):
    X, y = make_classes(5000, n_classes, noise=1.0)
    clf = TabularClassifier(random_state=0, max_iter=12).fit(X[:2000], y[:2000])
    for coverage in (0.8, 0.9):
        for method in ("ensemble", "cv+"):
            sets = clf.predict_set(X[2000:], coverage, method=method)
            assert sets.shape == (3000, n_classes)
            covered = sets[np.arange(3000), y[2000:]].mean()
            assert covered == pytest.approx(coverage, abs=0.03)
    assert clf.predict_set(X, 0.95).sum() > clf.predict_set(X, 0.8).sum()


def test_too_few_rows_for_the_coverage():
    X, y = make_table(30)
    reg = quick("numbers").fit(X, y)
    assert_array_equal(reg.predict_interval(X[:2], 0.99), [[-np.inf, np.inf]] * 2)
    assert_array_equal(reg.predict_interval(X[:2], 0.99, method="cv+"), [[-np.inf, np.inf]] * 2)
    assert np.isfinite(reg.predict_interval(X[:2], 0.9)).all()
    X, y = data_of("classes", 30)
    assert quick("classes").fit(X, y).predict_set(X, 0.99).all()


def test_weights_count_as_repetitions():
    X, y = make_table(100)
    weights = np.random.RandomState(0).randint(1, 4, 100)
    one = quick("numbers").fit(X, y, sample_weight=weights)
    other = quick("numbers").fit(X.repeat(weights, 0), y.repeat(weights))
    for method in ("ensemble", "cv+"):
        assert_allclose(
            one.predict_interval(X, method=method), other.predict_interval(X, method=method)
        )


def test_intervals_around_quantiles():
    X, y = make_table(1000)
    reg = TabularRegressor(loss="quantile", quantile=0.3, random_state=0, max_iter=12).fit(X, y)
    low, high = reg.predict_interval(X, 0.8).T
    assert_allclose((low + high) / 2, reg.predict(X))


@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, "0.9", None])
def test_not_a_coverage(target, coverage):
    X, y = data_of(target, 50)
    est = quick(target, max_iter=1).fit(X, y)
    predict = est.predict_set if target == "classes" else est.predict_interval
    with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\), got"):
        predict(X, coverage)
    with pytest.raises(ValueError, match=r"method must be one of .*'cv\+'.*, got 'cv'"):
        predict(X, method="cv")
