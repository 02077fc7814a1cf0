"""What the user is told of how a training ended."""

import math

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..core.losses import mean_loss
from .warn import warn_user

_FAR_ABOVE = 100.0  # times the loss that training began with


def is_finite(job):
    """Whether the weights and running statistics are finite, and the loss that belongs to them.

    With a validation score they are the best epoch's, whatever came later.
    """
    state = job.state
    network = state.network
    if not (np.isfinite(network.params).all() and np.isfinite(network.statistics).all()):
        return False
    return state.outcome != "diverged" or math.isfinite(state.best_score)


def refuse_divergence(job):
    """Raise if loss or weights did not stay finite.

    Raises
    ------
    ValueError
        That says what to try.
    """
    if is_finite(job):
        return
    raise ValueError(
        "Solver produced non-finite parameter weights. The input data may contain large values and "
        f"need to be preprocessed. Training diverged in {job.solver.epoch_name} "
        f"{max(1, job.state.n_iter)}. {_remedy(job.solver)}."
    )


def _remedy(solver):
    if solver.is_stochastic:
        return "Try a smaller learning_rate_init, max_grad_norm, or scaling the data"
    return "Try scaling the data"


def warn_of_outcome(job, *, incremental):
    """Warn, as scikit-learn does, where training did not end by convergence."""
    state, solver = job.state, job.solver
    if state.outcome == "interrupted":
        warn_user("Training interrupted by user.")
    elif state.outcome == "diverged":
        warn_user(
            f"Training diverged in {solver.epoch_name} {state.n_iter}: the loss or the score is "
            f"not finite. The best weights before are kept. {_remedy(solver)}.",
            ConvergenceWarning,
        )
    elif state.outcome == "not_converged":
        warn_user(
            f"{state.message}\nYou might also want to scale the data as shown in:\n"
            "    https://scikit-learn.org/stable/modules/preprocessing.html",
            ConvergenceWarning,
        )
    elif solver.is_stochastic:
        _warn_of_epochs(state, solver, incremental)
    if not incremental:
        _warn_of_growth(job)


def _warn_of_epochs(state, solver, incremental):
    if incremental and solver.schedule.per_step and state.n_epochs > solver.max_iter:
        warn_user(
            f"The schedule of the learning rate came to its end after max_iter={solver.max_iter} "
            "calls of partial_fit. Increase max_iter, or set learning_rate='constant'.",
            ConvergenceWarning,
        )
    elif state.outcome == "max_iter" and not (
        incremental or solver.schedule.per_step or solver.max_iter == 0
    ):
        warn_user(
            f"Stochastic Optimizer: Maximum iterations ({solver.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
        )


def _warn_of_growth(job):
    """Warn of a loss that ended far above where it began.

    After a start that was almost exact, as that from an embedding can be, the loss must also be far
    above that of a network which does not look at its input.
    """
    state, terms = job.state, job.state.history.loss_terms
    if (
        not state.n_iter
        or state.initial_loss is None
        or state.outcome in ("interrupted", "diverged")
    ):
        return
    began, ended = state.initial_loss, terms[-1]["data"]
    if _is_far_above(ended, began) and _is_far_above(ended, _loss_of_zero_scores(job.problem)):
        warn_user(
            f"The loss ended far above where it began: {ended:.3g} after {state.n_iter} epochs, "
            f"{began:.3g} at the initial weights. Training has diverged, though not "
            "to infinity: try a smaller learning_rate_init, max_grad_norm, or scaling the data.",
            ConvergenceWarning,
        )


def _is_far_above(loss, other):
    return loss - other > _FAR_ABOVE * abs(other)


def _loss_of_zero_scores(problem):
    """The mean data loss of the raw scores z = 0, over the training rows; 1 where it is none."""
    Y, weights = problem.Y[problem.rows], problem.sample_weight
    weights = None if weights is None else weights[problem.rows, 0]
    with np.errstate(all="ignore"):
        return mean_loss(problem.loss, np.zeros_like(Y), Y, weights) or 1.0
