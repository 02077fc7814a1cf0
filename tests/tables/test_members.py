"""Members: trained side by side as if alone, each without its fold."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest
from joblib import Parallel, parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from tables_cases import data_of, outputs, parameters, quick

from skbackprop._tables import rules
from skbackprop._tables import training as training_module
from skbackprop._tables.criterion import Criterion
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


def scores_by_epoch(values):
    """A criterion that does not look: the next of some values at each epoch."""
    remaining = iter(values)
    return Criterion(lambda oof: next(remaining), error=lambda score: 1.0 - score)


ALL_PERFECT = scores_by_epoch(repeat(1.0))  # so that the last epoch counts


def trained(kind, table, criterion=ALL_PERFECT, seed=3, n_jobs=1, options=OPTIONS):
    training = KindTraining(kind, table, LOSSES["squared_error"](), criterion, options, seed)
    train([training], n_jobs, lambda running: False)
    return training


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("own_targets", [False, True])
def test_trained_together_equal_trained_one_by_one(kind, own_targets):
    table = table_of(own_targets=own_targets)
    together = trained(kind, table)
    with parallel_config(backend="threading"):
        alone = trained(kind, table, n_jobs=5)
    assert [len(share_out([alone.part], n)[0]) for n in (1, 5)] == [1, 5]
    assert_allclose(alone.best().params, together.best().params, rtol=1e-4, atol=1e-5)
    assert_allclose(alone.oof, together.oof, rtol=1e-3, atol=1e-4)
    assert not np.allclose(together.best().params[0], together.best().params[1])


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
    assert_array_equal(after.best().params[2], before.best().params[2])
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
    training = trained(kind, table, scores_by_epoch(values))
    assert training.best_epoch == 3
    assert training.validation_scores == values
    for k, rows in enumerate(table.folds):
        alone = feed_forward(members(training.best(), k), table.inputs[rows])
        assert_allclose(training.oof[rows], alone, rtol=1e-5, atol=1e-6)
    assert not np.allclose(training.best().params, trained(kind, table).best().params)


@pytest.mark.parametrize(
    ("before", "in_cycle", "n_epochs"),
    [
        (0.5, 0.4, 14),  # worse
        (0.5, 0.5, 14),  # equal
        (0.5, 0.514, 14),  # 2.8 per cent of the error saved
        (0.5, 0.516, 30),  # 3.2 per cent
        (0.9, 0.904, 30),
        (1.0, 0.9, 30),  # no error that could be saved
        (np.nan, np.nan, 30),
        (np.nan, 0.5, 30),
    ],
)
@pytest.mark.parametrize("at", [7, 9, 14])
def test_a_kind_ends_where_its_third_cycle_gains_little(before, in_cycle, n_epochs, at):
    """That cycle has epochs 7 to 14."""
    options = Options(hidden=(4,), n_epochs=30, batch_size=32)
    values = [before if epoch == 5 else in_cycle if epoch == at else 0.0 for epoch in range(1, 31)]
    if np.isnan(before):
        values[:6] = [np.nan] * 6
    training = trained(KINDS[0], table_of(), scores_by_epoch(values), options=options)
    assert len(training.loss_curve) == n_epochs
    assert training.n_epochs_ahead == 0
    assert training.best_epoch == np.flatnonzero(values[:n_epochs] == np.nanmax(values))[-1] + 1


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 4])
def test_a_few_epochs_are_never_cut_short(n_epochs):
    """There is nothing before the third cycle that it could be compared with."""
    options = Options(hidden=(4,), n_epochs=n_epochs, batch_size=32)
    criterion = scores_by_epoch([0.5] * n_epochs)
    training = trained(KINDS[0], table_of(), criterion, options=options)
    assert len(training.loss_curve) == n_epochs


@pytest.mark.parametrize("backend", ["loky", "threading", "sequential"])
@pytest.mark.parametrize("n_jobs", [2, 3, 9])
def test_workers_do_not_count(n_jobs, backend):
    table = table_of()
    one = trained(KINDS[0], table)
    with parallel_config(backend=backend):
        many = trained(KINDS[0], table, n_jobs=n_jobs)
    assert_array_equal(many.best().params, one.best().params)
    assert_array_equal(many.oof, one.oof)
    assert many.validation_scores == one.validation_scores
    assert_allclose(many.loss_curve, one.loss_curve, rtol=1e-12)


def test_arrays_that_joblib_maps_into_memory():
    """Beyond a size, workers get arrays as read-only files, which must be those of now."""
    table = table_of(n_samples=1500)
    options = replace(OPTIONS, hidden=(500, 500), n_epochs=7, batch_size=256)
    one, many = (trained(KINDS[0], table, n_jobs=n_jobs, options=options) for n_jobs in (1, 2))
    assert one.part.network.params[:2].nbytes > 1e6
    assert_array_equal(many.best().params, one.best().params)
    assert_array_equal(many.oof, one.oof)


def trainings_of(n_epochs=6, criteria=(ALL_PERFECT, ALL_PERFECT)):
    table, options = table_of(), replace(OPTIONS, n_epochs=n_epochs)
    return [
        KindTraining(kind, table, LOSSES["squared_error"](), criterion, options, 0)
        for kind, criterion in zip(KINDS, criteria, strict=True)
    ]


def test_members_are_shared_out_by_their_work():
    wholes = [training.part for training in trainings_of()]
    largest = max(whole.work / 5 for whole in wholes)
    for n_workers in (1, 2, 3, 4, 20):
        shares = share_out(wholes, n_workers)
        for own in shares:
            chosen = np.concatenate([np.arange(5)[part.chosen] for part in own])
            assert_array_equal(chosen, np.arange(5))
            assert [len(part.network.params) for part in own] == [
                len(np.arange(5)[part.chosen]) for part in own
            ]
        parts = [part for own in shares for part in own]
        assert n_workers <= len(parts) <= n_workers + 1 or len(parts) == 10
        share = sum(part.work for part in parts) / n_workers
        assert max(part.work for part in parts) < share + largest


def test_members_are_shared_out_anew_where_a_kind_is_over(monkeypatch):
    """The one that goes on is then for all workers, and becomes the same as in turn."""
    shared = []

    def share(wholes, n_workers):
        shares = share_out(wholes, n_workers)
        shared.append([len(own) for own in shares])
        return shares

    monkeypatch.setattr(training_module, "share_out", share)
    ends_early = [0.5] + [0.0] * 29  # the best epoch is the first
    results = []
    for n_jobs in (1, 2):
        trainings = trainings_of(30, (scores_by_epoch(ends_early), ALL_PERFECT))
        with parallel_config(backend="threading"):
            train(trainings, n_jobs, lambda running: False)
        assert [len(one.loss_curve) for one in trainings] == [14, 30]
        results.append(trainings[1].best().params)
    assert_array_equal(*results)
    assert [len(own) for own in shared] == [2, 2, 2, 1]
    assert sum(shared[0]) in (2, 3)
    assert shared[-1] == [2]


def test_calls_of_the_workers_grow_and_end_where_a_kind_may():
    asked = []

    class Calls(_SideBySide):
        def __call__(self, kinds, n_epochs):
            asked.append(n_epochs)
            return super().__call__(kinds, n_epochs)

    with Parallel(1) as parallel:
        run = Calls(parallel, 2)
        (training, _) = trainings_of(64)
        while training.n_epochs_ahead:
            (epochs,) = run([training], run.n_epochs(training.n_epochs_ahead))
            for epoch in epochs:
                training.end_epoch(epoch)
    assert asked == [2, 4, 8, 16, 16, 18]
    assert sum(asked[:4]) == rules.checkpoint(64)[1]


def test_calls_of_the_workers_that_are_long_do_not_grow():
    def parallel(tasks):
        time.sleep(0.02)
        return [function(*args) for function, args, _ in tasks]

    run = _SideBySide(parallel, 2)
    run._LONG = 0.01
    asked = []
    for _ in range(3):
        asked.append(run.n_epochs(30))
        run(trainings_of(), asked[-1])
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
