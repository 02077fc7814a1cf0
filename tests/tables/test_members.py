"""Members: trained side by side as if alone, each without its fold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tables_cases import data_of, outputs, parameters, quick

from skbackprop._tables.kinds import KINDS, KindTraining, Options, Table
from skbackprop._tables.training import train
from skbackprop.core.losses import LOSSES
from skbackprop.core.prediction import feed_forward
from skbackprop.core.training.ensemble import members

OPTIONS = Options(hidden=(7, 5), n_epochs=6, batch_size=16)


def table_of(n_folds=5, n_samples=103, *, own_targets=False, seed=0):
    """A table of random numbers whose folds differ in size."""
    rng = np.random.RandomState(seed)
    inputs = rng.standard_normal((n_samples, 9)).astype(np.float32)
    targets = np.sin(inputs[:, :2] * 2)
    if own_targets:
        targets = np.stack([targets * (1 + 0.1 * k) for k in range(n_folds)])
    fold = np.sort(rng.randint(n_folds, size=n_samples))
    return Table(inputs, 4, targets, rng.uniform(0.5, 2, n_samples), fold, n_folds)


def trained(kind, table, n_parts=1, score=lambda oof: 0.0, seed=3, n_jobs=1):
    training = KindTraining(
        kind, table, LOSSES["squared_error"](), score, OPTIONS, seed, n_parts=n_parts
    )
    train([training], n_jobs, lambda running: False)
    return training


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("own_targets", [False, True])
def test_trained_together_equal_trained_one_by_one(kind, own_targets):
    table = table_of(own_targets=own_targets)
    together, alone = trained(kind, table), trained(kind, table, n_parts=5)
    assert [len(one.parts) for one in (together, alone)] == [1, 5]
    assert_allclose(alone.network.params, together.network.params, rtol=1e-4, atol=1e-5)
    assert_allclose(alone.oof, together.oof, rtol=1e-3, atol=1e-4)
    assert not np.allclose(together.network.params[0], together.network.params[1])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_member_never_sees_its_fold(kind):
    """Targets of a fold that are turned into something else do not reach its own predictions."""
    table = table_of()
    poisoned = table.targets.copy()
    poisoned[table.folds[2]] = 1e3
    other = Table(
        table.inputs, table.n_plain, poisoned, table.sample_weight, table.fold, table.n_folds
    )
    before, after = trained(kind, table), trained(kind, other)
    rows = table.folds[2]
    assert_array_equal(after.oof[rows], before.oof[rows])
    assert_array_equal(after.network.params[2], before.network.params[2])
    others = np.delete(np.arange(len(table.fold)), np.arange(rows.start, rows.stop))
    assert (np.abs(after.oof[others] - before.oof[others]).max(axis=1) > 0).all()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_out_of_fold_scores_come_from_one_member_each(kind):
    table = table_of()
    training = trained(kind, table)  # of equal scores the last epoch counts
    assert training.best_epoch == OPTIONS.n_epochs
    for k, rows in enumerate(table.folds):
        alone = feed_forward(members(training.best(), k), table.seen_by(kind)[rows])
        assert_allclose(training.oof[rows], alone, rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_kept():
    values = iter([0.1, 0.5, 0.5, 0.2, 0.4, 0.3])
    kind, table = KINDS[0], table_of()
    training = trained(kind, table, score=lambda oof: next(values))
    assert training.best_epoch == 3
    assert training.validation_scores == [0.1, 0.5, 0.5, 0.2, 0.4, 0.3]
    for k, rows in enumerate(table.folds):
        alone = feed_forward(members(training.best(), k), table.inputs[rows])
        assert_allclose(training.oof[rows], alone, rtol=1e-5, atol=1e-6)
    assert not np.allclose(training.best().params, training.network.params)


def test_a_kind_ends_where_its_third_cycle_brings_nothing():
    options = Options(hidden=(4,), n_epochs=30, batch_size=32)
    scores = {5: 1.0}  # before the third cycle, which has epochs 7 to 14
    for best, n_epochs in ((5, 14), (9, 30)):
        scores = {best: 1.0}
        calls = iter(range(1, 31))
        training = KindTraining(
            KINDS[0],
            table_of(),
            LOSSES["squared_error"](),
            lambda oof, calls=calls, scores=scores: scores.get(next(calls), 0.0),
            options,
            0,
        )
        train([training], 1, lambda running: False)
        assert len(training.loss_curve) == n_epochs
        assert training.best_epoch == best


@pytest.mark.parametrize("n_parts", [2, 3, 5, 9])
def test_threads_do_not_count(n_parts):
    table = table_of()
    one = trained(KINDS[0], table)
    many = trained(KINDS[0], table, n_parts=n_parts, n_jobs=2)
    assert_array_equal(many.network.params, one.network.params)
    assert_array_equal(many.oof, one.oof)


@pytest.mark.parametrize("n_jobs", [2, 4, -1])
def test_same_model_whatever_n_jobs(target, n_jobs):
    X, y = data_of(target)
    one = quick(target).fit(X, y)
    many = quick(target, n_jobs=n_jobs).fit(X, y)
    assert_array_equal(parameters(many), parameters(one))
    assert_array_equal(outputs(many, X), outputs(one, X))
    assert many.oob_score_ == one.oob_score_
    other = quick(target, random_state=1).fit(X, y)
    assert not np.array_equal(parameters(other), parameters(one))


def test_two_halves_of_members(target):
    X, y = data_of(target)
    est = quick(target, n_members=6).fit(X, y)
    n_inputs = est.preprocessor_.transform(X[:1]).shape[1]
    n_plain = sum(
        not name.startswith("piecewise") for name in est.preprocessor_.get_feature_names_out()
    )
    assert [coefs[0].shape[0] for coefs in est.coefs_] == [n_inputs] * 3 + [n_plain] * 3
    assert est.loss_curve_.shape == est.validation_scores_.shape == (est.n_iter_, 2)
    for half, best in enumerate(est.best_iteration_):
        scores = est.validation_scores_[:, half]
        last_best = np.flatnonzero(scores == np.nanmax(scores))[-1]
        assert best == last_best + 1
