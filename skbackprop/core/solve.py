"""Where a run is trained: alone, unless someone offers to train it together with others."""

from contextvars import ContextVar
from functools import partial

from .lbfgs import train_lbfgs
from .training import train

#: ``callable(run, alone) -> list of str``: trains the run with others, or by calling ``alone()``.
together: ContextVar = ContextVar("together", default=None)


def solve(run, *, max_fun, lbfgs):
    """Train ``run`` in place by its solver.

    Returns
    -------
    list of str
        What the user is to be warned of.
    """
    alone = partial(_solve_lbfgs, run, max_fun) if lbfgs else partial(_solve_by_batches, run)
    meet = together.get()
    return alone() if meet is None else meet(run, alone)


def _solve_by_batches(run):
    train(run)
    return []


def _solve_lbfgs(run, max_fun):
    result = train_lbfgs(run, max_fun)
    if result is None or (run.outcome is not None and result.status == 99):
        return []
    if result.status == 0:
        run.outcome = "converged"
        return []
    message = f"lbfgs failed to converge after {result.nit} iteration(s) (status={result.status}):"
    message += f"\n{result.message}\n"
    if result.nit >= run.max_iter:
        message += (
            "\nIncrease the number of iterations to improve the convergence "
            f"(max_iter={run.max_iter})."
        )
    message += (
        "\nYou might also want to scale the data as shown in:\n"
        "    https://scikit-learn.org/stable/modules/preprocessing.html"
    )
    return [message]
