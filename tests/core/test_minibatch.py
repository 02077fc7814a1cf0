"""Steps and epochs of mini-batches, and what is reported of them, against a loop written out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.layers import Dense, L1Penalty
from skbackprop.core.network import Network
from skbackprop.core.optimizers import Adam
from skbackprop.core.schedules import Factor
from skbackprop.core.training.minibatch import Steps
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.state import State

ALPHA, MEAN_WEIGHT, N = 0.3, 0.7, 10
WEIGHTS = np.random.RandomState(5).uniform(0, 2, (N, 1))
STILL = Factor(1e-300, lambda progress: 1.0)  # a rate of nearly nothing


def job_of(network=None, problem=None, **options):
    if problem is None:
        problem = make_problem(alpha=ALPHA, mean_sample_weight=MEAN_WEIGHT)
    network = make_network() if network is None else network
    solver = make_solver(**{"shuffle": False, "batch_size": 4, **options})
    return make_job(problem, solver, State(network, np.random.RandomState(0)))


def gradients(params, X, Y, weights):
    """E of a batch without its penalty, its gradient by the chain rule, for 3-4-2 with tanh."""
    W1, W2, b1, b2 = (
        params[place].reshape(shape)
        for place, shape in zip(
            (slice(0, 12), slice(12, 20), slice(20, 24), slice(24, 26)),
            ((3, 4), (4, 2), (4,), (2,)),
            strict=True,
        )
    )
    a1 = np.tanh(X @ W1 + b1)
    residual = a1 @ W2 + b2 - Y
    losses = weights[:, 0] * (residual**2).sum(axis=1) / 2
    delta2 = weights * residual / len(X)
    delta1 = delta2 @ W2.T * (1 - a1**2)
    parts = [X.T @ delta1, a1.T @ delta2, delta1.sum(axis=0), delta2.sum(axis=0)]
    return losses.sum(), np.concatenate([part.ravel() for part in parts])


def epochs_by_hand(job, n_epochs, rate=0.1, decay=0.0, longest=np.inf, weights=None):
    """Gradient descent on batches of four, four and two rows."""
    problem, theta = job.problem, job.state.network.params.copy()
    weights = np.ones((N, 1)) if weights is None else weights
    data, l2, norms = [], [], []
    for _ in range(n_epochs):
        data.append(0.0)
        l2.append(0.0)
        for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
            n = rows.stop - rows.start
            loss, g = gradients(theta, problem.X[rows], problem.Y[rows], weights[rows])
            data[-1] += loss
            l2[-1] += ALPHA / MEAN_WEIGHT / 2 * (theta[:20] ** 2).sum()
            g[:20] += ALPHA / MEAN_WEIGHT / n * theta[:20]
            last_norms = [np.linalg.norm(g[:12]), np.linalg.norm(g[12:20])]
            g *= min(1.0, longest / np.linalg.norm(g))
            theta[:20] *= 1.0 - rate * decay
            theta -= rate * g
        norms.append(last_norms)
    return theta, np.array(data) / N / 2, np.array(l2) / N, norms


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_decay": 0.2},
        {"max_grad_norm": 0.5},
        {"weight_decay": 0.2, "max_grad_norm": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_training_by_hand(weights, options):
    """Parameters, losses, penalties and norms after three epochs, the last batch being short."""
    problem = make_problem(alpha=ALPHA, mean_sample_weight=MEAN_WEIGHT, sample_weight=weights)
    job = job_of(problem=problem, max_iter=3, **options)
    decay, longest = options.get("weight_decay", 0.0), options.get("max_grad_norm", np.inf)
    theta, data, l2, norms = epochs_by_hand(job, 3, 0.1, decay, longest, weights)
    job.train()
    history = job.state.history
    assert_allclose(job.state.network.params, theta, rtol=1e-10)
    assert_allclose([terms["data"] for terms in history.loss_terms], data, rtol=1e-12)
    assert_allclose([terms["l2"] for terms in history.loss_terms], l2, rtol=1e-12)
    assert_allclose(history.loss_curve, data + l2, rtol=1e-12)
    assert_allclose(history.gradient_norms, norms, rtol=1e-10)
    assert all(type(value) is float for terms in history.loss_terms for value in terms.values())


def test_rates_of_biases():
    jobs = [job_of(max_iter=1, batch_size=N, bias_rate=factor) for factor in (1.0, 0.25)]
    start = jobs[0].state.network.params.copy()
    for job in jobs:
        job.train()
    whole, slow = (job.state.network.params - start for job in jobs)
    assert_allclose(slow[:20], whole[:20], rtol=1e-10)
    assert_allclose(slow[20:], 0.25 * whole[20:], rtol=1e-10)


def test_terms_of_layers_are_means_over_the_rows():
    """Batches of four, four and two rows: each counts by its size, in the penalty too."""
    network = Network([Dense(3, 2), L1Penalty(2, 0.4)])
    network.params[...] = np.random.RandomState(0).standard_normal(network.n_params)
    job = job_of(network, schedule=STILL, max_iter=2)
    codes = job.problem.X @ network.weights()[0] + network.biases()[0]
    job.train()
    for terms in job.state.history.loss_terms:
        assert list(terms) == ["data", "l2", "sparsity"]
        assert_allclose(terms["sparsity"], 0.4 * np.abs(codes).sum(axis=1).mean(), rtol=1e-12)


def test_sparse_rows_train_as_dense_ones():
    problem = make_problem(alpha=ALPHA)
    problem.X[np.abs(problem.X) < 0.5] = 0.0
    sparse = dataclasses.replace(problem, X=csr_array(problem.X))
    jobs = [job_of(problem=one, max_iter=3, optimizer=Adam()) for one in (problem, sparse)]
    for job in jobs:
        job.train()
    assert_allclose(*(job.state.network.params for job in jobs), rtol=1e-10)
    assert_allclose(*(job.state.history.loss_curve for job in jobs), rtol=1e-12)
    assert jobs[1].solver.population_key(jobs[1]) is None


def test_a_single_step_keeps_its_norms():
    job = job_of()
    job.state.set_up_moments(job.solver.optimizer)
    steps = Steps.of_job(job)
    steps.step(np.arange(8, 10), 0.0)
    expected = gradients(
        job.state.network.params, job.problem.X[8:], job.problem.Y[8:], np.ones((2, 1))
    )[1]
    expected[:20] += ALPHA / MEAN_WEIGHT / 2 * job.state.network.params[:20]
    assert_allclose(
        steps.update.gradient_norms,
        [np.linalg.norm(expected[:12]), np.linalg.norm(expected[12:20])],
    )
    assert steps.n_steps == 1
    kept = steps.update.gradient_norms
    steps.step(np.arange(4), 0.0, is_last=False)
    assert steps.update.gradient_norms is kept


def test_losses_are_added_up_in_double_precision():
    """In single precision, the small losses would be lost beside the large one."""
    problem = make_problem(n_samples=4, n_outputs=1).astype(np.float32)
    problem.Y[:, 0] = [4e4, 1.0, 1.0, 1.0]
    network = make_network((3, 1), dtype=np.float32)
    network.params[...] = 0.0
    job = make_job(problem, make_solver(max_iter=1), State(network, np.random.RandomState(0)))
    job.state.set_up_moments(job.solver.optimizer)
    steps = Steps.of_job(job)
    steps.epoch(lambda fraction: 0.0)
    assert steps.initial_loss.dtype == np.float64
    assert steps.initial_loss == (4e4**2 + 3) / 2 / 4
    _, terms, _ = Objective(problem, network).value_and_gradient()
    assert terms["data"] == (4e4**2 + 3) / 2 / 4


def test_progress_of_a_single_epoch():
    seen = []

    def factor(progress):
        seen.append(progress)
        return 1.0

    job_of(max_iter=1, schedule=Factor(0.1, factor)).train()
    assert_allclose(seen, [0.0, 1 / 3, 2 / 3])


def test_overflow_is_no_warning(recwarn):
    job = job_of(max_iter=50, schedule=Factor(1e200, lambda progress: 1.0))
    job.train()
    assert job.state.outcome == "diverged"
    assert not recwarn.list


def test_a_step_counts_the_steps_before():
    """Adam's first step goes by the rate; the hundredth does not."""
    moved = []
    for n_steps in (0, 99):
        job = job_of(max_iter=1, batch_size=N, optimizer=Adam())
        job.state.optimizer, job.state.n_steps = Adam(), n_steps
        size = job.state.network.n_params
        job.state.moments = [np.zeros(size), np.zeros(size)]
        before = job.state.network.params.copy()
        job.train()
        moved.append(np.abs(job.state.network.params - before))
        assert job.state.n_steps == n_steps + 1
    assert_allclose(moved[0], 0.1, rtol=1e-4)
    expected = 0.1 * np.sqrt(1 - 0.999**100) / (1 - 0.9**100) * 0.1 / np.sqrt(0.001)
    assert_allclose(moved[1], expected, rtol=1e-4)
    assert_array_equal(moved[0] > moved[1], expected < 0.1)
