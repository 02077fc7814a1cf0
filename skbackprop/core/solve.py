"""Where a run is trained: alone, unless someone offers to train it together with others."""

from contextlib import nullcontext
from contextvars import ContextVar

from .lbfgs import train_lbfgs
from .training import train

#: ``callable(run, alone) -> list of str``: trains the run with others, or by calling ``alone()``.
together: ContextVar = ContextVar("together", default=None)


def solve(run, *, max_fun, lbfgs, within=nullcontext):
    """Train ``run`` in place by its solver.

    Parameters
    ----------
    run : Run
    max_fun : int
        Largest number of evaluations of the objective by L-BFGS.
    lbfgs : bool
        Whether the solver is L-BFGS.
    within : callable(run) -> context manager, default=nullcontext
        What a run that is trained alone is trained in.

    Returns
    -------
    list of str
        What the user is to be warned of.
    """

    def alone():
        with within(run):
            return _solve_lbfgs(run, max_fun) if lbfgs else _solve_by_batches(run)

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
