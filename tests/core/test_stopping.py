"""The end of an epoch: what is recorded, what counts as an improvement, and when training ends."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.layers import Dense, GaussianCorruption, Sampling
from skbackprop.core.network import Network
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.prediction import feed_forward
from skbackprop.core.schedules import Adaptive
from skbackprop.core.training.lbfgs import LBFGS
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.state import State


def run_epochs(job, losses):
    """End an epoch for each loss until the job ends; the number of epochs."""
    for epoch, loss in enumerate(losses, 1):
        job.end_epoch({"data": loss, "l2": 0.0}, [1.0, 2.0])
        if job.state.outcome is not None:
            return epoch
    return None


def watching(scores, **solver):
    """A job whose validation score is given."""
    given = iter(scores)
    return make_job(
        solver=make_solver(max_iter=100, **solver), validate=lambda network: next(given)
    )


# What is recorded -----------------------------------------------------------------


def test_an_epoch_is_recorded():
    job = make_job()
    job.end_epoch({"data": 0.5, "l2": 0.25, "kl": 0.125}, [3.0, 4.0])
    job.end_epoch({"data": 0.25, "l2": 0.25, "kl": 0.0}, [1.0, 2.0])
    state, history = job.state, job.state.history
    assert state.n_iter == state.n_epochs == 2
    assert state.loss == 0.5
    assert history.loss_curve == [0.875, 0.5]
    assert history.loss_terms[0] == {"data": 0.5, "l2": 0.25, "kl": 0.125}
    assert history.gradient_norms == [[3.0, 4.0], [1.0, 2.0]]
    assert history.validation_scores == []
    assert state.outcome is None


def test_verbose_prints_loss_and_score(capsys):
    job = watching([0.5, 0.25], patience=0)
    job.verbose = True
    run_epochs(job, [1.0, 0.5])
    assert capsys.readouterr().out.splitlines() == [
        "Iteration 1, loss = 1.00000000",
        "Validation score: 0.500000",
        "Iteration 2, loss = 0.50000000",
        "Validation score: 0.250000",
        "Validation score did not improve more than tol=0.000000 for 0 consecutive epochs. "
        "Stopping.",
    ]


def test_without_verbose_nothing_is_printed(capsys):
    run_epochs(watching([0.5, 0.25], patience=0), [1.0, 0.5])
    assert capsys.readouterr().out == ""


# The training loss ----------------------------------------------------------------


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_training_ends_after_more_than_patience_epochs_without_improvement(patience):
    """The first epoch improves on infinity; then the loss stands still."""
    job = make_job(solver=make_solver(max_iter=100, tol=0.1, patience=patience))
    assert run_epochs(job, [1.0] * 50) == 1 + patience + 1
    assert job.state.outcome == "converged"
    assert job.state.n_no_improvement == 0  # a later call is patient again


def test_infinite_patience_runs_to_max_iter():
    job = make_job(solver=make_solver(max_iter=7, tol=1.0))
    assert run_epochs(job, [1.0] * 50) == 7
    assert job.state.outcome == "max_iter"


@pytest.mark.parametrize("step, improves", [(0.25, True), (0.2499, False), (-0.5, False)])
def test_an_improvement_is_one_of_tol(step, improves):
    """...over the smallest loss so far, however that came about."""
    job = make_job(solver=make_solver(max_iter=100, tol=0.25))
    run_epochs(job, [2.0, 1.0, 1.5])
    assert job.state.n_no_improvement == 1
    run_epochs(job, [1.0 - step])
    assert job.state.n_no_improvement == (0 if improves else 2)
    assert job.state.best_loss == min(1.0, 1.0 - step)


def test_without_a_tolerance_standing_still_is_an_improvement():
    """As in scikit-learn."""
    job = make_job(solver=make_solver(max_iter=100, tol=0.0, patience=0))
    assert run_epochs(job, [1.0, 1.0, 1.0, 1.0 + 1e-15]) == 4
    assert job.state.outcome == "converged"


def test_small_improvements_count_from_the_smallest_loss():
    """Each is below tol: patience runs out although the loss falls."""
    job = make_job(solver=make_solver(max_iter=100, tol=0.1, patience=2))
    assert run_epochs(job, 1.0 - 0.01 * np.arange(50)) == 4
    assert job.state.best_loss == pytest.approx(0.97)


# A validation score ---------------------------------------------------------------


def test_score_replaces_the_loss():
    """The loss stands still, the score rises."""
    job = watching(np.arange(1, 9) / 10, tol=0.05, patience=1)
    assert run_epochs(job, [1.0] * 8) is None
    assert job.state.history.validation_scores == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert job.state.best_loss == math.inf


def test_score_must_rise_by_tol():
    job = watching([0.5, 0.75, 1.0, 1.125, 1.1875], tol=0.25, patience=1)
    assert run_epochs(job, [1.0] * 5) == 5
    assert job.state.outcome == "converged"
    assert job.state.best_score == 1.1875


def test_best_network_is_a_copy_of_the_best_epoch():
    job = watching([0.1, 0.3, 0.2, 0.3])
    seen = []
    for _ in range(4):
        job.state.network.params += 1.0
        seen.append(job.state.network.params.copy())
        job.end_epoch({"data": 1.0}, [])
    assert_array_equal(job.state.best_network.params, seen[1])  # the first of two equals
    job.state.restore_best()
    assert_array_equal(job.state.network.params, seen[1])
    assert job.state.best_network is None


def test_without_a_score_no_network_is_kept():
    job = make_job()
    before = job.state.network
    run_epochs(job, [1.0])
    job.state.restore_best()
    assert job.state.network is before


# Divergence -----------------------------------------------------------------------


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_ends_the_training(loss):
    job = make_job(solver=make_solver(max_iter=100))
    assert run_epochs(job, [1.0, loss, 0.5]) == 2
    assert job.state.outcome == "diverged"


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_no_score_is_taken_of_a_diverged_network(loss):
    job = watching([0.5])  # a second call would fail
    assert run_epochs(job, [1.0, loss]) == 2
    assert job.state.outcome == "diverged"
    assert_array_equal(job.state.history.validation_scores, [0.5, math.nan])
    assert job.state.best_score == 0.5


def test_a_score_that_is_not_a_number_ends_the_training():
    job = watching([0.5, math.nan, 0.7])
    assert run_epochs(job, [1.0] * 3) == 2
    assert job.state.outcome == "diverged"
    assert job.state.best_score == 0.5


# Who decides ----------------------------------------------------------------------


def test_a_plateau_of_an_adaptive_schedule_goes_on_at_a_smaller_rate(capsys):
    solver = make_solver(schedule=Adaptive(1e-5), max_iter=100, tol=0.1, patience=1)
    job = make_job(solver=solver, verbose=True)
    assert run_epochs(job, [1.0] * 50) == 1 + 2 * 3
    assert job.state.outcome == "converged"
    assert job.state.n_plateaus == 2
    said = [line for line in capsys.readouterr().out.splitlines() if "did not improve" in line]
    assert {line.split(" did not improve")[0] for line in said} == {"Training loss"}
    assert [line.rsplit("epochs. ", 1)[1] for line in said] == [
        "Setting learning rate to 0.000002",
        "Setting learning rate to 0.000000",
        "Learning rate too small. Stopping.",
    ]


def test_on_epoch_stops_after_its_epoch():
    seen = []

    def on_epoch(job):
        seen.append(len(job.state.history.loss_curve))
        return len(seen) == 3

    job = make_job(solver=make_solver(max_iter=100), on_epoch=on_epoch)
    assert run_epochs(job, [1.0] * 50) == 3
    assert job.state.outcome == "stopped"
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("losses, expected", [([1.0, math.nan], "diverged"), ([1, 1], "converged")])
def test_what_ended_the_training_before_is_not_overwritten(losses, expected):
    """...neither by ``on_epoch`` nor by ``max_iter``."""
    solver = make_solver(max_iter=2, tol=0.1, patience=0)
    job = make_job(solver=solver, on_epoch=lambda job: job.state.n_iter == 2)
    assert run_epochs(job, losses) == 2
    assert job.state.outcome == expected


def test_on_epoch_comes_before_max_iter():
    job = make_job(solver=make_solver(max_iter=2), on_epoch=lambda job: job.state.n_iter == 2)
    run_epochs(job, [1.0, 1.0])
    assert job.state.outcome == "stopped"


def test_on_epoch_is_called_although_training_has_ended():
    seen = []
    solver = make_solver(max_iter=100, tol=0.1, patience=0)
    job = make_job(solver=solver, on_epoch=lambda job: seen.append(job.state.outcome))
    run_epochs(job, [1.0, 1.0])
    assert seen == [None, "converged"]


def test_max_iter_is_that_of_one_call():
    job = make_job(solver=make_solver(max_iter=3))
    job.state.n_epochs = 40
    assert run_epochs(job, [1.0] * 9) == 3
    assert job.state.n_epochs == 43
    job = make_job(solver=make_solver(max_iter=3, epochs_per_call=1))
    assert run_epochs(job, [1.0] * 9) == 1


def test_is_watched():
    assert not make_job().is_watched
    assert make_job(on_epoch=lambda job: None).is_watched
    assert make_job(validate=lambda network: 0.0).is_watched


def test_lbfgs_has_patience_with_a_score_only():
    solver = LBFGS(100, 0.1, 0)
    for validate, expected in ((None, None), (lambda network: 0.5, "converged")):
        job = make_job(solver=solver, validate=validate)
        run_epochs(job, [1.0, 1.0])
        assert job.state.outcome == expected


# A whole training -----------------------------------------------------------------


def test_training_ends_with_the_best_network():
    """The score is best after the second epoch of five."""
    scores, seen = iter([0.1, 0.9, 0.3, 0.2, 0.8]), []

    def validate(network):
        seen.append(network.params.copy())
        return next(scores)

    job = make_job(solver=make_solver(max_iter=5), validate=validate)
    job.train()
    assert job.state.outcome == "max_iter"
    assert len(seen) == 5
    assert_array_equal(job.state.network.params, seen[1])


def test_ctrl_c_keeps_the_weights_so_far():
    def interrupt(job):
        if job.state.n_iter == 2:
            raise KeyboardInterrupt

    job = make_job(solver=make_solver(max_iter=5), on_epoch=interrupt)
    start = job.state.network.params.copy()
    job.train()
    assert job.state.outcome == "interrupted"
    assert len(job.state.history.loss_curve) == 2
    other = make_job(solver=make_solver(max_iter=2))
    other.train()
    assert_array_equal(job.state.network.params, other.state.network.params)
    assert (job.state.network.params != start).any()


@pytest.mark.parametrize("solver", [make_solver(max_iter=0), LBFGS(0, 1e-4, 10)], ids=["", "lbfgs"])
def test_without_an_epoch_the_network_is_evaluated(solver):
    job = make_job(make_problem(alpha=0.3), solver)
    network = make_network()
    network.params[...] = job.state.network.params
    job.train()
    assert_array_equal(job.state.network.params, network.params)
    problem = job.problem
    W1, W2 = network.weights()
    b1, b2 = network.biases()
    residuals = np.tanh(problem.X @ W1 + b1) @ W2 + b2 - problem.Y
    squares = (W1**2).sum() + (W2**2).sum()
    expected = (residuals**2).sum() / 2 / 2 / 10 + 0.3 / 2 / 10 * squares  # mean over 2 outputs
    assert job.state.loss == pytest.approx(expected, rel=1e-12)
    assert job.state.outcome == "max_iter"


@pytest.mark.parametrize("solver", [make_solver(max_iter=0), LBFGS(0, 1e-4, 10)], ids=["", "lbfgs"])
def test_without_an_epoch_a_loss_that_is_not_finite_is_divergence(solver):
    job = make_job(solver=solver)
    job.state.network.params[...] = np.nan
    job.train()
    assert job.state.outcome == "diverged"
    assert job.state.n_iter == 0
    assert job.state.history.loss_curve == []


@pytest.mark.parametrize("loss_of", ["dropout", "corruption"])
def test_what_is_evaluated_without_an_epoch_is_not_perturbed(loss_of):
    """...by dropout or corruption; and the random numbers stay where they were."""
    if loss_of == "dropout":
        network = make_network((3, 4, 3), dropout=(0.9,))
    else:
        network = Network([GaussianCorruption(3, 5.0), Dense(3, 3)])
        network.params += 0.1
    problem = make_problem(n_outputs=3)
    problem = dataclasses.replace(problem, sample_keys=sample_keys(problem.X))
    state = State(network, np.random.RandomState(0), Noise(0))
    job = make_job(problem, make_solver(max_iter=0), state)
    job.train()
    clean = np.sum((feed_forward(network, problem.X) - problem.Y) ** 2) / 2 / 10 / 3
    assert state.loss == pytest.approx(clean, rel=1e-12)
    assert vars(state.noise)["_rng"].random() == vars(Noise(0))["_rng"].random()


def test_a_variational_code_is_evaluated_by_a_draw_of_its_own():
    network = Network([Dense(3, 4), Sampling(2, 1.0), Dense(2, 3)])
    network.params += 0.1
    problem = make_problem(n_outputs=3)
    problem = dataclasses.replace(problem, sample_keys=sample_keys(problem.X))
    job = make_job(problem, make_solver(max_iter=0), State(network, None, Noise(0)))
    job.train()
    _, terms, _ = Objective(problem, network, noise=Noise(0)).value_and_gradient()
    assert job.state.loss == sum(terms.values())
    assert vars(job.state.noise)["_rng"].random() == vars(Noise(0))["_rng"].random()
