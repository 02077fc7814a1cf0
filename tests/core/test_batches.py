"""Mini-batches: each training row once an epoch, in a new order, with what belongs to it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from training_cases import make_job, make_problem, make_solver

from skbackprop.core.training.batches import Batches, PopulationBatches, _laid_out
from skbackprop.core.training.ensemble import SharedBatches
from skbackprop.core.training.lbfgs import LBFGS

ROWS = np.array([1, 2, 3, 5, 7, 8, 9])


def batches_of(batch_size=3, shuffle=True, **fields):
    problem = make_problem(rows=ROWS, **fields)
    return Batches(make_job(problem, make_solver(batch_size=batch_size, shuffle=shuffle)))


def buffers(n, n_features=3, n_outputs=2, keys=False):
    """A stand-in for a pass with n rows."""
    return SimpleNamespace(
        x=np.full((n, n_features), np.nan),
        y=np.full((n, n_outputs), np.nan),
        sample_weight=np.full((n, 1), np.nan),
        keys=np.full((n, 1), np.nan) if keys else None,
    )


@pytest.mark.parametrize("batch_size, sizes", [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (99, [7])])
def test_an_epoch_has_each_row_once(batch_size, sizes):
    batches = batches_of(batch_size)
    for _ in range(2):
        batches.shuffle()
        epoch = [rows.copy() for rows in batches]
        assert [len(rows) for rows in epoch] == sizes
        assert batches.n_batches == len(sizes)
        assert_array_equal(np.sort(np.concatenate(epoch)), ROWS)


def test_the_order_is_that_of_the_generator():
    """...drawn anew for each epoch from the order of the one before, as scikit-learn does."""
    batches, rng = batches_of(), np.random.RandomState(1)
    expected = ROWS.copy()
    for _ in range(3):
        batches.shuffle()
        rng.shuffle(expected)
        assert_array_equal(np.concatenate(list(batches)), expected)


def test_without_shuffling_rows_keep_their_order_and_the_generator_its_state():
    batches = batches_of(shuffle=False)
    batches.shuffle()
    assert_array_equal(np.concatenate(list(batches)), ROWS)
    job = make_job(solver=LBFGS(1, 0.0, 1))
    Batches(job).shuffle()
    assert job.state.rng.randint(1 << 30) == np.random.RandomState(1).randint(1 << 30)


def test_rows_of_the_problem_are_not_shuffled():
    batches_of().shuffle()
    assert_array_equal(ROWS, [1, 2, 3, 5, 7, 8, 9])


def test_all_that_belongs_to_a_row_is_loaded():
    weights, keys = np.arange(10.0)[:, np.newaxis], np.arange(10.0)[:, np.newaxis] / 10
    batches = batches_of(sample_weight=weights, sample_keys=keys)
    problem, rows = make_problem(), np.array([7, 2, 5])
    assert batches.is_weighted
    batch = buffers(3, keys=True)
    batches.load(batch, rows)
    assert_array_equal(batch.x, problem.X[rows])
    assert_array_equal(batch.y, problem.Y[rows])
    assert_array_equal(batch.sample_weight[:, 0], rows)
    assert_array_equal(batch.keys[:, 0], rows / 10)


def test_keys_and_weights_are_left_alone_where_there_are_none():
    batches, batch = batches_of(), buffers(3)
    assert not batches.is_weighted
    batches.load(batch, ROWS[:3])
    assert np.isnan(batch.sample_weight).all()


def test_sparse_rows_are_handed_over():
    given = []
    problem = make_problem(rows=ROWS)
    sparse = make_job(problem.astype(np.float64)).problem
    job = make_job(sparse)
    object.__setattr__(job.problem, "X", csr_array(problem.X))
    batches, batch = Batches(job), buffers(2)
    batch.set_input = given.append
    assert batches.is_sparse
    batches.load(batch, np.array([7, 2]))
    assert_array_equal(given[0].toarray(), problem.X[[7, 2]])
    assert_array_equal(batch.y, problem.Y[[7, 2]])


def test_a_batch_of_all_rows_is_loaded_once():
    batches = batches_of(7)
    batch = buffers(7)
    batches.load(batch, ROWS)
    batch.x[...] = np.nan
    batches.load(batch, ROWS[::-1])
    assert np.isnan(batch.x).all()
    other = buffers(7)
    batches.load(other, ROWS)  # into buffers that do not have it
    assert_array_equal(other.x, make_problem().X[ROWS])


def test_other_batches_are_loaded_each_time():
    batches, batch = batches_of(3), buffers(3)
    for rows in (ROWS[:3], ROWS[3:6]):
        batches.load(batch, rows)
        assert_array_equal(batch.x, make_problem().X[rows])


# Populations ----------------------------------------------------------------------


def population(seeds=(0, 0, 1), rngs=(3, 4, 5), **solver):
    """Members 0 and 1 train on equal data."""
    jobs = []
    for seed, rng in zip(seeds, rngs, strict=True):
        job = make_job(make_problem(rows=ROWS, seed=seed), make_solver(**solver))
        job.state.rng.seed(rng)
        jobs.append(job)
    return jobs


@pytest.fixture(params=["laid end to end", "one by one"])
def _both_ways(request, monkeypatch):
    """Large data of different members are not copied to be one array."""
    if request.param == "one by one":
        monkeypatch.setattr("skbackprop.core.training.batches._LARGE", 0)


@pytest.mark.usefixtures("_both_ways")
def test_members_have_their_own_orders_and_data():
    jobs = population()
    batches = PopulationBatches(jobs)
    batch = SimpleNamespace(x=np.empty((3, 4, 3)), y=np.empty((3, 4, 2)), keys=None)
    for _ in range(2):
        batches.shuffle()
        rows = next(iter(batches))
        batches.load(batch, rows)
        for job, own, x, y in zip(jobs, rows, batch.x, batch.y, strict=True):
            assert_array_equal(x, job.problem.X[own])
            assert_array_equal(y, job.problem.Y[own])
    assert len({rows.tobytes() for rows in batches._order}) == 3


def test_members_draw_from_their_generators():
    batches = PopulationBatches(population())
    orders = np.tile(ROWS, (3, 1))
    generators = [np.random.RandomState(seed) for seed in (3, 4, 5)]
    for _ in range(2):
        batches.shuffle()
        for rng, order in zip(generators, orders, strict=True):
            rng.shuffle(order)
        assert_array_equal(np.concatenate(list(batches), axis=1), orders)


@pytest.mark.usefixtures("_both_ways")
def test_select_keeps_orders_and_data_of_the_chosen():
    jobs = population()
    batches, alone = PopulationBatches(jobs), PopulationBatches(population())
    batches.shuffle()
    alone.shuffle()
    chosen = batches.select([0, 2])
    for _ in range(2):
        rows, all_rows = next(iter(chosen)), next(iter(alone))
        assert_array_equal(rows, all_rows[[0, 2]])
        batch = SimpleNamespace(x=np.empty((2, 4, 3)), y=np.empty((2, 4, 2)), keys=None)
        chosen.load(batch, rows)
        for k, job in enumerate((jobs[0], jobs[2])):
            assert_array_equal(batch.x[k], job.problem.X[rows[k]])
        chosen.shuffle()
        alone.shuffle()


def test_select_of_members_that_share_their_data():
    jobs = population(seeds=(0, 0, 0))
    batches = PopulationBatches(jobs)
    batches.shuffle()
    chosen = batches.select([2, 1])
    rows = next(iter(chosen))
    batch = SimpleNamespace(x=np.empty((2, 4, 3)), y=np.empty((2, 4, 2)), keys=None)
    chosen.load(batch, rows)
    assert_array_equal(rows, batches._order[[2, 1], :4])
    assert_array_equal(batch.x, jobs[0].problem.X[rows])
    assert_array_equal(batch.y, jobs[0].problem.Y[rows])


def test_selected_batches_are_loaded_into_new_buffers():
    batches = PopulationBatches(population(batch_size=7))
    rows = next(iter(batches))
    batch = SimpleNamespace(x=np.empty((3, 7, 3)), y=np.empty((3, 7, 2)), keys=None)
    batches.load(batch, rows)
    chosen = batches.select([2])
    batch.x, batch.y = np.full((1, 7, 3), np.nan), np.empty((1, 7, 2))
    chosen.load(batch, rows[[2]])
    assert not np.isnan(batch.x).any()


def test_equal_arrays_are_laid_out_once():
    a, b = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(3, 2) + 10
    data, starts = _laid_out([a, b, a.copy(), b, a])
    assert_array_equal(data, np.vstack([a, b]))
    assert_array_equal(starts, [[0], [3], [0], [3], [0]])
    data, starts = _laid_out([a, a, b])
    assert_array_equal(data, np.vstack([a, b]))
    assert_array_equal(starts, [[0], [0], [3]])
    data, starts = _laid_out([a, a.copy(), a])
    assert data is a
    assert starts is None


def test_large_arrays_are_not_copied(monkeypatch):
    a, b = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(3, 2) + 10
    arrays = [a, b, a.copy(), b]
    monkeypatch.setattr("skbackprop.core.training.batches._LARGE", a.nbytes + b.nbytes - 1)
    data, starts = _laid_out(arrays)
    assert [id(array) for array in data] == [id(a), id(b), id(a), id(b)]
    assert starts is None
    monkeypatch.setattr("skbackprop.core.training.batches._LARGE", a.nbytes + b.nbytes)
    assert len(_laid_out(arrays)[0]) == 6


def test_arrays_of_the_same_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr("skbackprop.core.training.batches.crc32", lambda array: 0)
    a, b = np.zeros((2, 1)), np.ones((2, 1))
    data, starts = _laid_out([a, b, b.copy()])
    for array, start in zip((a, b, b), starts[:, 0], strict=True):
        assert_array_equal(data[start : start + 2], array)


# Ensembles ------------------------------------------------------------------------


FOLDS = {
    "equal": [slice(0, 4), slice(4, 8), slice(8, 12)],
    "unequal": [slice(0, 1), slice(1, 8), slice(8, 12)],
    "empty": [slice(0, 7), slice(7, 7), slice(7, 12)],
    "two": [slice(0, 5), slice(5, 12)],
}


def shared(Y, folds, batch_size=6, chosen=slice(None), seed=7):
    X = np.arange(24.0).reshape(12, 2)
    weights = np.random.RandomState(0).uniform(0.5, 2, size=(len(folds), 12, 1))
    for own, rows in zip(weights, folds, strict=True):
        own[rows] = 0.0
    rng = np.random.RandomState(seed)
    own_targets = Y[chosen] if Y.ndim == 3 else Y
    return (
        SharedBatches(X, own_targets, weights[chosen], folds, chosen, batch_size, rng),
        X,
        weights[chosen],
    )


def epoch(batches):
    """The batches of an epoch, as copies: x, y and sample_weight of the members."""
    batches.shuffle()
    for rows in batches:
        batches.load(None, rows)
        assert batches.n_rows_in(rows) == batches.batch_size
        yield [batches.arrays[name].copy() for name in ("x", "y", "sample_weight")]


@pytest.mark.parametrize("folds", FOLDS.values(), ids=FOLDS)
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("batch_size", [1, 5, 6, 12, 99])
def test_each_member_sees_each_of_its_rows_once_an_epoch(folds, own, batch_size):
    """Whatever is beside them has weight zero; the mean over places is one over all rows."""
    Y = np.random.RandomState(1).standard_normal((len(folds), 12, 1) if own else (12, 1))
    batches, X, weights = shared(Y, folds, batch_size)
    for _ in range(3):
        seen = [{} for _ in folds]
        n_batches = 0
        for x, y, w in epoch(batches):
            n_batches += 1
            assert x.shape == (len(folds), batches.batch_size, 2)
            for k, found in enumerate(seen):
                for row in np.flatnonzero(w[k, :, 0]):
                    number = int(x[k, row, 0]) // 2
                    assert number not in found
                    found[number] = w[k, row, 0]
                    assert_array_equal(x[k, row], X[number])
                    assert_array_equal(y[k, row], (Y[k] if own else Y)[number])
        assert n_batches == batches.n_batches
        factor = batches.n_batches * batches.batch_size / 12
        for k, found in enumerate(seen):
            expected = {i: weights[k, i, 0] * factor for i in np.flatnonzero(weights[k])}
            assert found.keys() == expected.keys()
            assert_allclose([found[i] for i in expected], list(expected.values()), rtol=1e-12)


def test_members_share_what_they_have_in_common():
    """The ring of blocks is gathered once: a row that two members see stands at one address."""
    batches, _, _ = shared(np.zeros((12, 1)), FOLDS["equal"])
    x = batches.arrays["x"]
    block = batches.batch_size // 2
    assert np.shares_memory(x[0, block:], x[1, :block])
    assert x.strides[0] == block * x.strides[1]


@pytest.mark.parametrize("chosen", [slice(0, 1), slice(1, 3), slice(2, 3)])
def test_some_members_have_the_batches_that_they_have_among_all(chosen):
    Y = np.random.RandomState(1).standard_normal((3, 12, 1))
    every, some = (shared(Y, FOLDS["unequal"], chosen=c)[0] for c in (slice(None), chosen))
    for _ in range(2):
        for all_arrays, arrays in zip(epoch(every), epoch(some), strict=True):
            for of_all, own in zip(all_arrays, arrays, strict=True):
                assert_array_equal(own, of_all[chosen])


def test_a_fold_is_spread_evenly_over_the_batches():
    batches, _, _ = shared(np.zeros((12, 1)), FOLDS["unequal"], batch_size=6)
    assert (batches.n_batches, batches.batch_size) == (2, 8)
    counts = []
    for x, _, w in epoch(batches):
        rows = x[0, w[0, :, 0] > 0, 0].astype(int) // 2
        counts.append([np.sum(rows < 8), np.sum(rows >= 8)])
    assert_array_equal(counts, [[3, 2], [4, 2]])


def test_batches_are_drawn_anew_each_epoch():
    batches, _, _ = shared(np.zeros((12, 1)), FOLDS["equal"])
    first, second = ([x for x, _, _ in epoch(batches)] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("batch_size", "expected"), [(99, (1, 8)), (12, (1, 8)), (6, (2, 4)), (5, (2, 4)), (1, (4, 2))]
)
def test_sizes_of_batches(batch_size, expected):
    batches, _, _ = shared(np.zeros((12, 1)), FOLDS["equal"], batch_size)
    assert (batches.n_batches, batches.batch_size) == expected
