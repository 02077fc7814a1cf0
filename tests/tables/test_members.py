"""Members: trained side by side as if alone, each without its fold."""

from __future__ import annotations

import copy
import time
from dataclasses import replace

import numpy as np
import pytest
from joblib import Parallel, parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from tables_cases import data_of, outputs, parameters, quick

from skbackprop._tables import rules
from skbackprop._tables.kinds import KINDS, KindTraining, Options, Table
from skbackprop._tables.training import _SideBySide, share_out, train
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


def no_score(oof):
    """All epochs are equal, so that the last one counts."""
    return 0.0


def scores_by_epoch(values):
    """A score that does not look: the next of some values at each epoch."""
    remaining = iter(values)
    return lambda oof: next(remaining)


def trained(kind, table, n_parts=1, score=no_score, seed=3, n_jobs=1):
    training = KindTraining(kind, table, LOSSES["squared_error"](), score, OPTIONS, seed)
    share_out([training], n_parts)
    assert len(training.parts) == min(n_parts, table.n_folds)
    train([training], n_jobs, lambda running: False)
    return training


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("own_targets", [False, True])
def test_trained_together_equal_trained_one_by_one(kind, own_targets):
    table = table_of(own_targets=own_targets)
    together, alone = trained(kind, table), trained(kind, table, n_parts=5)
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
    values = [0.1, 0.5, 0.5, 0.2, 0.4, 0.3]
    kind, table = KINDS[0], table_of()
    training = trained(kind, table, score=scores_by_epoch(values))
    assert training.best_epoch == 3
    assert training.validation_scores == values
    for k, rows in enumerate(table.folds):
        alone = feed_forward(members(training.best(), k), table.inputs[rows])
        assert_allclose(training.oof[rows], alone, rtol=1e-5, atol=1e-6)
    assert not np.allclose(training.best().params, training.network.params)


def test_a_kind_ends_where_its_third_cycle_brings_nothing():
    options = Options(hidden=(4,), n_epochs=30, batch_size=32)
    for best, n_epochs in ((5, 14), (9, 30)):  # the third cycle has epochs 7 to 14
        values = [1.0 if epoch == best else 0.0 for epoch in range(1, 31)]
        training = KindTraining(
            KINDS[0],
            table_of(),
            LOSSES["squared_error"](),
            scores_by_epoch(values),
            options,
            0,
        )
        train([training], 1, lambda running: False)
        assert len(training.loss_curve) == n_epochs
        assert training.best_epoch == best
        assert training.n_epochs_ahead == 0


@pytest.mark.parametrize("backend", ["loky", "threading", "sequential"])
@pytest.mark.parametrize("n_parts", [1, 2, 3, 5, 9])
def test_workers_do_not_count(n_parts, backend):
    table = table_of()
    one = trained(KINDS[0], table)
    with parallel_config(backend=backend):
        many = trained(KINDS[0], table, n_parts=n_parts, n_jobs=2)
    assert_array_equal(many.network.params, one.network.params)
    assert_array_equal(many.oof, one.oof)
    assert many.validation_scores == one.validation_scores
    assert_allclose(many.loss_curve, one.loss_curve, rtol=1e-12)


def test_arrays_that_joblib_maps_into_memory():
    """Beyond a size, workers get arrays as read-only files, which must be those of now."""
    table = table_of(n_samples=1500)
    options = replace(OPTIONS, hidden=(500, 500), n_epochs=7, batch_size=256)
    one, many = (
        KindTraining(KINDS[0], table, LOSSES["squared_error"](), no_score, options, 3)
        for _ in range(2)
    )
    share_out([many], 2)
    assert min(part.network.params.nbytes for part in many.parts) > 1e6
    train([one], 1, lambda running: False)
    train([many], 2, lambda running: False)
    assert_array_equal(many.network.params, one.network.params)
    assert_array_equal(many.oof, one.oof)


def test_members_are_shared_out_by_their_work():
    table = table_of()
    trainings = [
        KindTraining(kind, table, LOSSES["squared_error"](), no_score, OPTIONS, 0) for kind in KINDS
    ]
    for n_workers in (1, 2, 3, 4, 20):
        fresh = copy.deepcopy(trainings)
        share_out(fresh, n_workers)
        for training in fresh:
            chosen = np.concatenate([np.arange(5)[part.chosen] for part in training.parts])
            assert_array_equal(chosen, np.arange(5))
        parts = [part for training in fresh for part in training.parts]
        assert n_workers <= len(parts) <= n_workers + 1 or len(parts) == 10
        largest = max(training.parts[0].work / 5 for training in trainings)
        share = sum(part.work for part in parts) / n_workers
        assert max(part.work for part in parts) < share + largest


def test_calls_of_the_workers_grow_and_end_where_a_kind_may():
    asked = []

    class Calls(_SideBySide):
        def __call__(self, parts, n_epochs):
            asked.append(n_epochs)
            return super().__call__(parts, n_epochs)

    with Parallel(1) as parallel:
        run = Calls(parallel)
        training = KindTraining(
            KINDS[0],
            table_of(),
            LOSSES["squared_error"](),
            no_score,
            replace(OPTIONS, n_epochs=64),
            0,
        )
        while training.n_epochs_ahead:
            (epochs,) = run(training.parts, run.n_epochs(training.n_epochs_ahead))
            for epoch in epochs:
                training.end_epoch([epoch])
    assert asked == [2, 4, 8, 16, 16, 18]
    assert sum(asked[:4]) == rules.checkpoint(64)[1]


def test_calls_of_the_workers_that_are_long_do_not_grow():
    run = _SideBySide(lambda tasks: time.sleep(0.02) or [(None, None)])
    run._LONG = 0.01
    (part,) = KindTraining(
        KINDS[0], table_of(), LOSSES["squared_error"](), no_score, OPTIONS, 0
    ).parts
    asked = []
    for _ in range(3):
        asked.append(run.n_epochs(30))
        run([part], asked[-1])
    assert asked == [2, 2, 2]
    assert run.n_epochs(2) == 2


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
