"""From an estimator's parameters to the solver that they describe."""

import math

import numpy as np

from ..core.optimizers import SGD, Adam
from ..core.schedules import FACTORS, make_schedule
from ..core.training.lbfgs import LBFGS
from ..core.training.minibatch import MiniBatch

#: The class that trains for each value of the parameter ``solver``.
SOLVERS = {"lbfgs": LBFGS, "sgd": MiniBatch, "adam": MiniBatch}

_LEAST_EPSILON = float(np.finfo(np.float32).tiny)  # 0 / 0 is no step in single precision, either

_OPTIMIZERS = {
    "sgd": lambda estimator: SGD(estimator.momentum, estimator.nesterovs_momentum),
    "adam": lambda estimator: Adam(
        estimator.beta_1, estimator.beta_2, max(estimator.epsilon, _LEAST_EPSILON)
    ),
}


def make_solver(estimator, batch_size, *, incremental):
    """The solver that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
    batch_size : int
    incremental : bool
        Whether this is ``partial_fit``, which trains a single epoch.

    Returns
    -------
    Solver
    """
    if SOLVERS[estimator.solver] is LBFGS:
        return LBFGS(
            estimator.max_iter,
            estimator.tol,
            estimator.n_iter_no_change,
            max_fun=estimator.max_fun,
        )
    return MiniBatch(
        estimator.max_iter,
        estimator.tol,
        math.inf if runs_to_the_end(estimator) else estimator.n_iter_no_change,
        _OPTIMIZERS[estimator.solver](estimator),
        make_schedule(
            estimator.learning_rate, estimator.learning_rate_init, power_t=estimator.power_t
        ),
        batch_size=batch_size,
        shuffle=estimator.shuffle,
        epochs_per_call=1 if incremental else None,
        weight_decay=estimator.weight_decay,
        max_grad_norm=estimator.max_grad_norm,
    )


def is_stochastic(estimator):
    """Whether the estimator's solver trains by mini-batches."""
    return SOLVERS[estimator.solver].is_stochastic


def has_planned_rates(estimator):
    """Whether the learning rate follows a schedule over the whole of ``max_iter``."""
    return is_stochastic(estimator) and (
        callable(estimator.learning_rate) or estimator.learning_rate in FACTORS
    )


def runs_to_the_end(estimator):
    """Whether training goes on to the end of a planned schedule, whatever becomes of the loss."""
    return has_planned_rates(estimator) and not estimator.early_stopping
