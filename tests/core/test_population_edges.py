"""Populations of which little is left: one member, none that goes on, one that fails at once."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.activations import ACTIVATIONS, Activation
from skbackprop.core.architectures import multilayer_perceptron
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.optimizers import SGD, Adam
from skbackprop.core.schedules import Factor
from skbackprop.core.training.batches import PopulationBatches
from skbackprop.core.training.population import (
    Population,
    _common_optimizer,
    column,
    train_population,
)
from skbackprop.core.training.state import State


def jobs_of(n=3, dropout=(), normalization=None, **solver):
    """Members that differ by weights, seeds and data."""
    jobs = []
    for k in range(n):
        problem = make_problem(seed=k, alpha=0.1 * k)
        problem = dataclasses.replace(problem, sample_keys=sample_keys(problem.X))
        network = make_network(seed=k, dropout=dropout, normalization=normalization)
        state = State(network, np.random.RandomState(k), Noise(k) if dropout else None)
        jobs.append(make_job(problem, make_solver(**solver), state))
    return jobs


def population_of(jobs):
    for job in jobs:
        job.state.set_up_moments(job.solver.optimizer)
    return Population(jobs, PopulationBatches(jobs))


def assert_as_alone(jobs, alone):
    for job, other in zip(jobs, alone, strict=True):
        other.train()
        assert job.state.outcome == other.state.outcome
        assert job.state.n_iter == other.state.n_iter
        assert_allclose(job.state.network.params, other.state.network.params, rtol=1e-10)
        assert_allclose(job.state.history.loss_curve, other.state.history.loss_curve, rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 8, 9])
def test_all_end_in_the_same_epoch(n):
    jobs = jobs_of(n)
    train_population(jobs)
    assert [job.state.outcome for job in jobs] == ["max_iter"] * n
    assert_as_alone(jobs, jobs_of(n))


def test_members_leave_one_by_one_until_none_is_left():
    """...with dropout and running statistics, which are their own."""

    def jobs():
        made = jobs_of(12, dropout=(0.3,), normalization="batch")
        for k, job in enumerate(made):
            job.solver = make_solver(max_iter=k + 1)
        return made

    together, alone = jobs(), jobs()
    train_population(together)
    assert_as_alone(together, alone)
    for job, other in zip(together, alone, strict=True):
        assert_allclose(job.state.network.statistics, other.state.network.statistics, rtol=1e-10)


def test_members_are_left_behind_when_an_eighth_has_ended():
    """A place that nobody looks at costs less than to copy all others, until they are many."""
    jobs = jobs_of(16)
    for job in jobs[:3]:
        job.solver = make_solver(max_iter=1)
    jobs[3].solver = make_solver(max_iter=2)
    population = population_of(jobs)
    assert not population.has_many_ended
    population.epoch()
    assert population.active == list(range(3, 16))
    assert population.has_many_ended
    smaller = population.without_ended_members()
    assert smaller.jobs == jobs[3:]
    assert smaller.network.params.shape[0] == 13
    smaller.epoch()
    assert len(smaller.active) == 12
    assert not smaller.has_many_ended


def test_a_population_that_has_ended_is_not_made_smaller():
    population = population_of(jobs_of(3, max_iter=1))
    population.epoch()
    assert population.active == []
    assert not population.has_many_ended


def test_a_member_that_ends_at_once():
    jobs, alone = jobs_of(3), jobs_of(3)
    for these in (jobs, alone):
        these[1].on_epoch = lambda job: True
    train_population(jobs)
    assert_as_alone(jobs, alone)
    assert jobs[1].state.outcome == "stopped"


def test_all_fail():
    jobs = jobs_of(3)

    def fail(job):
        raise ValueError("mine")

    for job in jobs:
        job.on_epoch = fail
    train_population(jobs)
    assert [job.state.outcome for job in jobs] == ["failed"] * 3
    assert [str(job.error) for job in jobs] == ["mine"] * 3
    assert [job.state.n_iter for job in jobs] == [1] * 3


def test_all_schedules_fail():
    def fail(progress):
        raise ValueError("no rate")

    jobs = jobs_of(3, schedule=Factor(0.1, fail))
    train_population(jobs)
    assert [job.state.outcome for job in jobs] == ["failed"] * 3
    assert [str(job.error) for job in jobs] == ["no rate"] * 3
    assert [job.state.n_iter for job in jobs] == [0] * 3


def test_a_failing_member_keeps_its_last_weights():
    jobs, alone = jobs_of(3), jobs_of(3)

    def fail(job):
        if job.state.n_iter == 2:
            raise ValueError("mine")

    jobs[1].on_epoch = fail
    alone[1].solver = make_solver(max_iter=2)
    train_population(jobs)
    alone[1].train()
    assert_allclose(jobs[1].state.network.params, alone[1].state.network.params, rtol=1e-10)


def test_a_member_without_weight():
    """Its gradient is that of its penalty alone."""

    def jobs():
        made = jobs_of(3)
        for k, job in enumerate(made):
            weights = np.full((10, 1), float(k > 0))
            job.problem = dataclasses.replace(job.problem, sample_weight=weights)
        return made

    together, alone = jobs(), jobs()
    start = together[0].state.network.params.copy()
    train_population(together)
    assert_as_alone(together, alone)
    assert_array_equal(together[0].state.network.params, start)


def test_members_that_go_on_from_different_steps():
    """Adam's bias correction is each member's own."""

    def jobs():
        made = jobs_of(3, optimizer=Adam(), shuffle=False)
        for k, job in enumerate(made):
            job.solver = dataclasses.replace(job.solver, max_iter=2 * k, epochs_per_call=None)
            if k:
                job.train()
            state = job.state
            job.state = state.resumed(state.network, state.history, incremental=True)
            job.solver = make_solver(Adam(), max_iter=3, shuffle=False)
        return made

    together, alone = jobs(), jobs()
    train_population(together)
    assert_as_alone(together, alone)
    assert [job.state.n_steps for job in together] == [9, 15, 21]


def interrupting_activation(n_calls):
    """tanh, until it has been called often enough: then Ctrl-C."""
    calls = []

    def function(z, out):
        calls.append(None)
        if len(calls) == n_calls:
            raise KeyboardInterrupt
        np.tanh(z, out=out)

    return Activation("interrupting", function, ACTIVATIONS["tanh"].derivative, uses_z=False)


@pytest.mark.parametrize("n_epochs", [0, 2])
def test_ctrl_c_in_a_step_keeps_the_weights_so_far(n_epochs):
    """After whole epochs of three steps, and the first step of another."""
    jobs, alone = jobs_of(3, shuffle=False), jobs_of(3, shuffle=False)
    activation = interrupting_activation(n_calls=3 * n_epochs + 2)
    for job in jobs:
        network = multilayer_perceptron((3, 4, 2), [activation])
        network.params[...] = job.state.network.params
        job.state.network = network
    jobs[2].solver = make_solver(max_iter=1, shuffle=False)
    train_population(jobs)
    ended = ["interrupted", "interrupted", "max_iter" if n_epochs else "interrupted"]
    assert [job.state.outcome for job in jobs] == ended
    assert [job.state.n_iter for job in jobs] == [n_epochs, n_epochs, min(n_epochs, 1)]
    for job, other in zip(jobs[:2], alone, strict=False):
        other.solver = make_solver(max_iter=n_epochs, shuffle=False)
        other.train()
        other.state.outcome = None
        first_batch = other.problem.rows[:4]
        other.problem = dataclasses.replace(other.problem, rows=first_batch)
        other.solver = make_solver(epochs_per_call=1, shuffle=False)
        other.train()
        assert_allclose(job.state.network.params, other.state.network.params, rtol=1e-10)


def test_column():
    assert column([0.5, 0.5]) == 0.5
    assert_array_equal(column([1, 2, 1]), [[1.0], [2.0], [1.0]])
    assert column([1, 2], np.float32).dtype == np.float32


def test_biases_have_their_own_rate():
    together, alone = jobs_of(3, bias_rate=0.1), jobs_of(3, bias_rate=0.1)
    train_population(together)
    assert_as_alone(together, alone)


@pytest.mark.parametrize(
    "other",
    [{"optimizer": Adam()}, {"batch_size": 5}, {"bias_rate": 0.1}, {"max_grad_norm": 1.0}],
    ids=lambda options: next(iter(options)),
)
def test_what_must_be_equal_in_a_population(other):
    (job,), (same,), (different,) = jobs_of(1), jobs_of(1, max_iter=2), jobs_of(1, **other)
    assert job.solver.population_key(job) == same.solver.population_key(same)
    assert job.solver.population_key(job) != different.solver.population_key(different)


def test_hyperparameters_are_in_the_dtype_of_the_parameters():
    """Arithmetic in single precision stays there, and is as fast as it can be."""
    jobs = []
    for k in range(3):
        problem = make_problem(alpha=0.1 * k, mean_sample_weight=1.0 + k).astype(np.float32)
        solver = make_solver(Adam(0.5 + 0.1 * k), weight_decay=0.1 * k, max_grad_norm=1.0 + k)
        jobs.append(make_job(problem, solver))
    update = population_of(jobs)._steps.update
    assert update._weight_decay.dtype == update._max_grad_norm.dtype == np.float32
    assert update._l2._strength.dtype == np.float32
    seen = []
    update._optimizer = SimpleNamespace(
        coefficients=lambda rate, t: (rate, 0.5),
        update=lambda block, *coefficients: seen.extend(coefficients),
    )
    update(np.array([[0.1], [0.2], [0.3]]), 1, 4, with_norms=False)
    rate, number = seen
    assert rate.dtype == np.float32
    assert number == 0.5


def test_common_optimizer():
    assert _common_optimizer([Adam(), Adam()]) == Adam()
    common = _common_optimizer([SGD(0.5, True), SGD(0.9, True)])
    assert_array_equal(common.momentum, [[0.5], [0.9]])
    assert common.nesterov is True
