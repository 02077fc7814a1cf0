"""Shufflers: the orders of a population's rows, as each member would draw them on its own."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from training_cases import make_job, make_problem, make_solver

from skbackprop.core.training.shufflers import Shuffler, make_shufflers

N_ROWS = 6


def jobs_of(seeds, shuffle=True, rows=None):
    jobs = []
    for k, seed in enumerate(seeds):
        own = None if rows is None else rows[k]
        job = make_job(make_problem(rows=own), make_solver(shuffle=shuffle))
        job.state.rng.seed(seed)
        jobs.append(job)
    return jobs


def orders(n):
    return np.tile(np.arange(N_ROWS), (n, 1))


def shuffle(shufflers, order):
    for shuffler in shufflers:
        shuffler.shuffle(order)


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2), (0, 0, 0), (0, 1, 0, 1)])
def test_members_draw_as_they_would_alone(seeds):
    shufflers = make_shufflers(jobs_of(seeds))
    assert len(shufflers) == len(set(seeds))
    order, alone = orders(len(seeds)), orders(len(seeds))
    generators = [np.random.RandomState(seed) for seed in seeds]
    for _ in range(3):
        shuffle(shufflers, order)
        for rng, own in zip(generators, alone, strict=True):
            rng.shuffle(own)
        assert_array_equal(order, alone)


def test_generators_of_members_that_share_a_stream_are_left_alone_until_they_leave():
    jobs = jobs_of((0, 0, 0))
    (shuffler,) = make_shufflers(jobs)
    order, expected = orders(3), np.random.RandomState(0)
    for _ in range(2):
        shuffler.shuffle(order)
        expected.shuffle(np.arange(N_ROWS))
    shuffler.leave(1)
    assert jobs[1].state.rng.randint(1 << 30) == copy.deepcopy(expected).randint(1 << 30)
    assert jobs[0].state.rng.randint(1 << 30) == np.random.RandomState(0).randint(1 << 30)


def test_a_member_that_has_left_is_not_shuffled():
    shufflers = make_shufflers(jobs_of((0, 0, 1)))
    order = orders(3)
    for k in (1, 2):
        for shuffler in shufflers:
            shuffler.leave(k)
    shuffle(shufflers, order)
    assert_array_equal(order[1:], orders(2))
    assert (order[0] != np.arange(N_ROWS)).any()


def test_a_stream_whose_members_have_all_left_draws_no_more():
    (job,) = jobs_of((0,))
    (shuffler,) = make_shufflers([job])
    shuffler.leave(0)
    shuffler.leave(0)  # twice makes no difference
    shuffler.shuffle(orders(1))
    assert job.state.rng.randint(1 << 30) == np.random.RandomState(0).randint(1 << 30)


def test_a_single_member_draws_from_its_own_generator():
    (job,) = jobs_of((0,))
    (shuffler,) = make_shufflers([job])
    shuffler.shuffle(orders(1))
    expected = np.random.RandomState(0)
    expected.shuffle(np.arange(N_ROWS))
    shuffler.leave(0)
    assert job.state.rng.randint(1 << 30) == expected.randint(1 << 30)


def test_other_rows_are_another_stream():
    """Equal generators on different rows end at different places."""
    rows = [np.arange(N_ROWS), np.arange(N_ROWS) + 1]
    assert len(make_shufflers(jobs_of((0, 0), rows=rows))) == 2
    assert len(make_shufflers(jobs_of((0, 0), rows=rows[:1] * 2))) == 1


@pytest.mark.parametrize("n", [2, 3])
def test_a_shared_generator_draws_for_one_member_after_the_other(n):
    jobs = jobs_of((0,) * n)
    for job in jobs[1:]:
        job.state.rng = jobs[0].state.rng
    order, alone, rng = orders(n), orders(n), np.random.RandomState(0)
    shuffle(make_shufflers(jobs), order)
    for own in alone:
        rng.shuffle(own)
    assert_array_equal(order, alone)
    assert len({own.tobytes() for own in order}) == n


def test_members_that_do_not_shuffle_have_no_stream():
    assert make_shufflers(jobs_of((0, 1), shuffle=False)) == []
    jobs = jobs_of((0,)) + jobs_of((0,), shuffle=False)
    order = orders(2)
    shuffle(make_shufflers(jobs), order)
    assert_array_equal(order[1], np.arange(N_ROWS))


def test_select_numbers_members_anew():
    generators = [np.random.RandomState(k) for k in range(4)]
    shuffler = Shuffler(np.random.RandomState(9), dict(enumerate(generators)))
    shuffler.leave(2)
    chosen = shuffler.select([1, 2, 3])  # 2 has left
    order = orders(3)
    chosen.shuffle(order)
    assert_array_equal(order[0], order[2])
    assert_array_equal(order[1], np.arange(N_ROWS))
    chosen.leave(0)
    after = np.random.RandomState(9)
    after.shuffle(np.arange(N_ROWS))
    assert generators[1].randint(1 << 30) == after.randint(1 << 30)
