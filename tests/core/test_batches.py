"""Mini-batches: each training row once an epoch, in a new order, with what belongs to it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
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


def shared(Y, batch_size=3):
    X = np.arange(20.0).reshape(10, 2)
    weights = np.random.RandomState(0).uniform(size=(2, 10, 1))
    return SharedBatches(X, Y, weights, batch_size, np.random.RandomState(7)), X, weights


@pytest.mark.parametrize("own", [False, True])
def test_members_share_rows_and_have_their_own_weights(own):
    Y = np.random.RandomState(1).standard_normal((2, 10, 1) if own else (10, 1))
    batches, X, weights = shared(Y)
    assert batches.shares_targets is not own
    batch = SimpleNamespace(
        x=np.empty((3, 2)),
        y=np.empty((2, 3, 1) if own else (3, 1)),
        sample_weight=np.empty((2, 3, 1)),
    )
    batches.shuffle()
    for rows in batches:
        batches.load(batch, rows)
        assert_array_equal(batch.x, X[rows])
        assert_array_equal(batch.y, Y[..., rows, :])
        assert_array_equal(batch.sample_weight, weights[:, rows])


def test_a_short_last_batch_is_dropped():
    """...but not always the same rows."""
    batches, _, _ = shared(np.zeros((10, 1)))
    assert (batches.n_batches, batches.n_rows) == (3, 9)
    left_out = set()
    for _ in range(20):
        batches.shuffle()
        rows = np.concatenate(list(batches))
        assert len(set(rows)) == 9
        left_out |= set(range(10)) - set(rows)
    assert len(left_out) > 3


def test_a_batch_is_no_larger_than_the_data():
    batches, _, _ = shared(np.zeros((10, 1)), batch_size=99)
    assert (batches.batch_size, batches.n_batches, batches.n_rows) == (10, 1, 10)
