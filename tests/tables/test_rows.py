"""Rows: equal ones are one, whatever their order, and stand on one side of every fold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tables_cases import data_of, make_table, outputs, parameters, quick

import skbackprop._tables.inputs
from skbackprop import TabularClassifier, TabularRegressor
from skbackprop._tables.folds import Units, deal_folds
from skbackprop.core.noise import sample_keys


def same(one, other, X):
    """Whether two fits gave one model, to the last bit."""
    assert_array_equal(parameters(other), parameters(one))
    assert_array_equal(outputs(other, X), outputs(one, X))


@pytest.mark.parametrize("repeats_all", [False, True])
def test_weights_are_repetitions_to_the_last_bit(target, repeats_all):
    X, y = data_of(target, 150)
    weights = np.random.RandomState(1).randint(int(repeats_all), 4, size=len(X))
    weighted = quick(target).fit(X, y, sample_weight=weights)
    order = np.random.RandomState(2).permutation(weights.sum())
    repeated = quick(target).fit(X.repeat(weights, 0)[order], y.repeat(weights)[order])
    same(weighted, repeated, X)
    assert weighted.oob_score_ == pytest.approx(repeated.oob_score_, rel=1e-12)


def test_a_common_factor_of_weights_does_not_count(target):
    X, y = data_of(target)
    weights = np.random.RandomState(1).randint(1, 4, size=len(X))
    one = quick(target).fit(X, y, sample_weight=weights)
    other = quick(target).fit(X, y, sample_weight=weights * 4.0)
    same(one, other, X)


def test_rows_of_weight_zero_are_not_there(target):
    X, y = data_of(target)
    weights = np.ones(len(X))
    weights[::3] = 0
    with_them = X.copy()
    with_them[::3, 0] = 1e9
    one = quick(target).fit(with_them, y, sample_weight=weights)
    other = quick(target).fit(X[weights > 0], y[weights > 0])
    same(one, other, X)
    oob = getattr(one, "oob_decision_function_", None)
    oob = one.oob_prediction_ if oob is None else oob
    assert_allclose(oob[::3], outputs(one, with_them[::3]))


def test_the_order_of_rows_does_not_count(target):
    X, y = data_of(target)
    order = np.random.RandomState(1).permutation(len(X))
    same(quick(target).fit(X, y), quick(target).fit(X[order], y[order]), X)


def test_columns_permuted(target, monkeypatch):
    """Equal up to the draw: with the draw permuted too, the same predictions."""
    X, y = data_of(target)
    order = np.array([2, 0, 3, 1])
    one = quick(target).fit(X, y)

    def keys_in_the_old_order(parts):
        back = np.argsort(order) + 1  # the salt comes first
        return sample_keys(parts[:, np.concatenate([[0], back])])

    monkeypatch.setattr(skbackprop._tables.inputs, "sample_keys", keys_in_the_old_order)
    import skbackprop._tables.kinds as kinds

    draw = kinds.initial_members
    names = {}

    def permuted(kind, n_inputs, *args):
        network = draw(kind, n_inputs, *args)
        places = [np.flatnonzero(names["old"] == name)[0] for name in names["new"][:n_inputs]]
        W = network.weights()[0]
        W[...] = W[:, places].copy()
        return network

    def names_of(estimator):
        return estimator.preprocessor_.get_feature_names_out([f"x{j}" for j in range(4)])

    def new_names(estimator):
        return estimator.preprocessor_.get_feature_names_out([f"x{j}" for j in order])

    names["old"] = names_of(one)
    names["new"] = new_names(quick(target, max_iter=1).fit(X[:, order], y))
    assert sorted(names["old"]) == sorted(names["new"])
    assert list(names["old"]) != list(names["new"])
    monkeypatch.setattr(kinds, "initial_members", permuted)
    other = quick(target).fit(X[:, order], y)
    assert_allclose(outputs(other, X[:, order]), outputs(one, X), rtol=1e-3, atol=1e-4)


def test_equal_rows_share_a_fold():
    X = np.repeat(np.arange(30.0), 4)[:, np.newaxis]
    y = np.tile([0, 1, 0, 1], 30)
    keys = sample_keys(X)[:, 0]
    units = Units.of(keys, Units.target_keys(y), np.ones(len(y)))
    assert len(units.rows) == 60  # two targets for each row of X
    fold = deal_folds(units, y[units.rows], 5)
    for group in range(30):
        assert len(set(fold[units.group == group])) == 1
    assert_array_equal(np.bincount(fold), [12] * 5)


def test_each_class_is_in_each_fold():
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((1000, 2)), np.repeat([0, 1, 2], [800, 150, 50])
    units = Units.of(sample_keys(X)[:, 0], Units.target_keys(y), np.ones(len(y)))
    strata = y[units.rows]
    fold = deal_folds(units, strata, 5)
    for one, expected in enumerate([160, 30, 10]):
        assert np.abs(np.bincount(fold[strata == one]) - expected).max() <= 1


def test_one_heavy_row():
    X, y = make_table(100)
    weights = np.ones(100)
    weights[3] = 1000
    reg = quick("numbers").fit(X, y, sample_weight=weights)
    assert np.isfinite(reg.predict(X)).all()


def test_class_weight_is_a_weight_of_samples():
    X, y = data_of("classes")
    by_class = {0: 1, 1: 3, 2: 2}
    one = quick("classes", class_weight=by_class).fit(X, y)
    other = quick("classes").fit(X, y, sample_weight=np.array([1, 3, 2])[y])
    same(one, other, X)
    balanced = quick("classes", class_weight="balanced").fit(X, y)
    counts = np.bincount(y)
    other = quick("classes").fit(X, y, sample_weight=(len(y) / (3 * counts))[y])
    assert_allclose(balanced.predict_proba(X), other.predict_proba(X), rtol=1e-4, atol=1e-5)


def test_class_weight_moves_the_probabilities():
    X, y = data_of("classes", 400, 2)
    plain = TabularClassifier(random_state=0, max_iter=16).fit(X, y)
    heavy = TabularClassifier(random_state=0, max_iter=16, class_weight={0: 1, 1: 10}).fit(X, y)
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


# Few rows -------------------------------------------------------------------------


def test_two_rows(target):
    X, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    few = "no class has more than 1" if target == "classes" else "there are 2"
    with pytest.warns(UserWarning, match=f"asks for 5 folds, but {few} distinct rows: 2 folds are"):
        est = quick(target).fit(X, y)
    assert outputs(est, X).shape[0] == 2
    assert np.isfinite(outputs(est, X)).all()


def test_two_rows_a_class():
    X = np.random.RandomState(0).standard_normal((6, 2))
    with pytest.warns(UserWarning, match="no class has more than 2 distinct rows: 2 folds"):
        clf = quick("classes").fit(X, ["a", "b", "c"] * 2)
    assert len(clf.coefs_) == 4
    assert_allclose(clf.predict_proba(X).sum(axis=1), 1)


def test_all_rows_are_equal(target):
    X, y = np.ones((20, 3)), np.arange(20) % 2
    with pytest.warns(UserWarning, match="folds are made"):
        est = quick(target).fit(X, y)
    p = outputs(est, X)
    assert_allclose(p[..., -1] if p.ndim == 2 else p, 0.5, atol=0.1)


@pytest.mark.filterwarnings("ignore:n_members=10 asks for 5 folds")
def test_one_row_many_times():
    reg = quick("numbers").fit(np.ones((20, 3)), np.full(20, 4.0))
    assert_allclose(reg.predict(np.ones((1, 3))), 4)
    assert_allclose(reg.oob_prediction_, 4)


def test_one_class():
    with pytest.raises(ValueError, match=r"y has only one class, 'a'; a classifier needs two"):
        quick("classes").fit(np.eye(3), ["a"] * 3)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_class(missing):
    with pytest.raises(ValueError, match="Input y contains NaN or None"):
        quick("classes").fit(np.eye(4), np.array(["a", "b", missing, "a"], dtype=object))


def test_too_few_rows_of_positive_weight(target):
    with pytest.raises(ValueError, match=r"n_samples = 1 with a positive sample_weight"):
        quick(target).fit(np.eye(3), [0, 1, 2], sample_weight=[0, 1, 0])


@pytest.mark.parametrize("max_iter", [1, 2, 3, 4, 5])
def test_few_epochs(target, max_iter):
    X, y = data_of(target)
    est = quick(target, max_iter=max_iter).fit(X, y)
    assert 1 <= est.n_iter_ <= max_iter


# Targets --------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_scales_of_the_target(scale, shift):
    X, y = make_table(400)
    y = y + shift
    reg = TabularRegressor(random_state=0, max_iter=16).fit(X, y)
    other = TabularRegressor(random_state=0, max_iter=16).fit(X, scale * y)
    assert_allclose(other.predict(X) / scale, reg.predict(X), rtol=1e-3, atol=1e-3)
    assert other.oob_score_ == pytest.approx(reg.oob_score_, abs=1e-3)
    assert reg.oob_score_ > 0.7


def test_squares_of_the_target_may_overflow():
    X, y = make_table(400)
    large, plain = (quick("numbers").fit(X, unit * y).oob_score_ for unit in (1e200, 1.0))
    assert large == pytest.approx(plain, rel=1e-12)


def test_predictions_stay_in_the_range():
    X, y = make_table(300)
    reg = quick("numbers").fit(X, y)
    far = reg.predict(1e6 * X)
    assert far.min() >= y.min()
    assert far.max() <= y.max()


def test_constant_target():
    X, _ = make_table(100)
    reg = quick("numbers").fit(X, np.full(100, 7.0))
    assert_allclose(reg.predict(X), 7.0)
    assert_allclose(reg.predict_interval(X), 7.0)


def test_several_targets():
    X, y = make_table(400)
    Y = np.column_stack([y, 1e6 * X[:, 0], np.ones(400)])
    reg = TabularRegressor(random_state=0, max_iter=24).fit(X, Y)
    assert reg.predict(X).shape == reg.oob_prediction_.shape == (400, 3)
    assert reg.predict_interval(X).shape == (400, 3, 2)
    assert reg.predict_interval(X, method="cv+").shape == (400, 3, 2)
    oob = reg.oob_prediction_
    assert 1 - np.mean((oob[:, 0] - y) ** 2) / y.var() > 0.6
    assert 1 - np.mean((oob[:, 1] - Y[:, 1]) ** 2) / Y[:, 1].var() > 0.9
    assert_allclose(oob[:, 2], 1)


def test_one_column_of_targets(target):
    X, y = data_of(target)
    with pytest.warns(Warning, match="column-vector y was passed"):
        est = quick(target).fit(X, y[:, np.newaxis])
    assert est.predict(X).shape == (len(X),)


@pytest.mark.parametrize("loss", ["absolute_error", "quantile"])
def test_losses(loss):
    """Skewed noise: the median, and the quantile that is asked for."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (3000, 2))
    y = X[:, 0] + (1 + np.abs(X[:, 1])) * rng.exponential(size=3000)
    level = 0.9 if loss == "quantile" else 0.5
    reg = TabularRegressor(loss=loss, quantile=level, random_state=0, max_iter=24)
    reg.fit(X[:1500], y[:1500])
    predicted = reg.predict(X[1500:])
    assert np.mean(y[1500:] <= predicted) == pytest.approx(level, abs=0.04)
    truth = X[1500:, 0] - np.log(1 - level) * (1 + np.abs(X[1500:, 1]))
    assert np.mean(np.abs(predicted - truth)) < 0.25 * np.mean(np.abs(truth - truth.mean()))
