"""Small jobs for the tests of the engine, made of the engine's own parts."""

from __future__ import annotations

import numpy as np

from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.architectures import multilayer_perceptron
from skbackprop.core.losses import SquaredError
from skbackprop.core.optimizers import SGD
from skbackprop.core.schedules import Schedule
from skbackprop.core.training.job import Job
from skbackprop.core.training.minibatch import MiniBatch
from skbackprop.core.training.problem import Problem
from skbackprop.core.training.state import State


def make_network(widths=(3, 4, 2), activation="tanh", seed=0, dtype=np.float64, **options):
    """A multilayer perceptron at random weights."""
    activations = [ACTIVATIONS[activation]] * (len(widths) - 2)
    network = multilayer_perceptron(widths, activations, dtype=dtype, **options)
    network.params += 0.5 * np.random.RandomState(seed).standard_normal(network.n_params)
    return network


def make_problem(n_samples=10, n_features=3, n_outputs=2, seed=0, rows=None, **fields):
    """Random data; all rows are trained on by default."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, n_features))
    Y = rng.standard_normal((n_samples, n_outputs))
    rows = np.arange(n_samples) if rows is None else np.asarray(rows)
    loss = fields.pop("loss", SquaredError())
    return Problem(X, Y, loss, rows, **fields)


def make_solver(optimizer=None, schedule=None, max_iter=5, tol=0.0, patience=np.inf, **options):
    """Mini-batches of four, by plain gradient descent at a rate of 0.1."""
    options = {"batch_size": 4, **options}
    return MiniBatch(
        max_iter, tol, patience, optimizer or SGD(0.0, False), schedule or Schedule(0.1), **options
    )


def make_job(problem=None, solver=None, state=None, **fields):
    """A job on a network that fits the problem."""
    problem = make_problem() if problem is None else problem
    solver = make_solver() if solver is None else solver
    if state is None:
        widths = (problem.X.shape[1], 4, problem.Y.shape[1])
        network = make_network(widths, dtype=problem.X.dtype)
        state = State(network, np.random.RandomState(1))
    return Job(problem, solver, state, **fields)
