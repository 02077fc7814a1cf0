"""Training on all rows at once, by L-BFGS."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize

from .objective import Objective
from .solver import Solver
from .update import norm

_STOPPED = 99  # SciPy's status where the callback has ended the minimisation


@dataclass(frozen=True)
class LBFGS(Solver):
    """L-BFGS (Liu & Nocedal, 1989), as SciPy has it, on the whole objective.

    ``tol`` is the largest component of the gradient at convergence. ``patience`` counts only where
    a validation score is watched.

    Parameters
    ----------
    max_fun : int, default=15000
        Largest number of evaluations of the objective.
    ftol : float, default=None
        Relative decrease of the objective at which to stop. None for SciPy's default; in single
        precision, ten times the rounding error of a number near one.
    """

    max_fun: int = 15000
    ftol: float | None = None

    is_stochastic: ClassVar = False
    epoch_name: ClassVar = "iteration"

    def train(self, job):
        state, problem = job.state, job.problem
        network = state.network
        objective = Objective(problem, network)
        accepted = network.params.copy()
        terms = {}

        def value_and_gradient(theta):
            network.params[...] = theta
            value, shown, gradient = objective.value_and_gradient()
            terms.update(shown)
            if state.initial_loss is None:
                state.initial_loss = shown["data"]
            return value, gradient.astype(np.float64)

        def end_iteration(intermediate_result):
            accepted[...] = network.params[...] = intermediate_result.x
            gradients = network.weights(objective.workspace.gradient, as_owned=True)
            job.end_epoch(dict(terms), np.array([norm(g.ravel()) for g in gradients]))
            if state.outcome is not None:
                raise StopIteration

        try:
            with np.errstate(all="ignore"):
                result = minimize(
                    value_and_gradient,
                    network.params.astype(np.float64),
                    method="L-BFGS-B",
                    jac=True,
                    callback=end_iteration,
                    options=self._options(network.params.dtype),
                )
            network.params[...] = result.x
            self._conclude(job, result, terms)
        except KeyboardInterrupt:
            network.params[...] = accepted  # not a trial of the line search
            state.outcome = "interrupted"
        state.restore_best()

    def _options(self, dtype):
        options = {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol}
        if self.ftol is not None:
            options["ftol"] = self.ftol
        elif dtype == np.float32:  # a decrease below the rounding of the loss is no progress
            options["ftol"] = 10 * float(np.finfo(dtype).eps)
        return options

    def _conclude(self, job, result, terms):
        """Say how the minimisation ended, unless a callback has ended it."""
        state = job.state
        if state.n_iter == 0:
            state.loss = sum(terms.values())
            state.best_loss = min(state.best_loss, state.loss)
        if state.outcome is not None and result.status == _STOPPED:
            return
        if not math.isfinite(result.fun):
            state.outcome = "diverged"
        elif result.status == 0:
            state.outcome = "converged"
        else:
            state.outcome = "not_converged"
            state.message = (
                f"lbfgs failed to converge after {result.nit} iteration(s) "
                f"(status={result.status}):\n{result.message}\n"
            )
            if result.nit >= self.max_iter:
                state.message += (
                    "\nIncrease the number of iterations to improve the convergence "
                    f"(max_iter={self.max_iter})."
                )

    def end_plateau(self, job):
        if job.validate is not None:
            job.state.outcome = "converged"

    @property
    def last_epoch(self):
        return math.inf  # SciPy counts, and says why it stopped

    @property
    def max_epochs(self):
        return self.max_iter + 1

    def rows_per_step(self, n_rows):
        return n_rows
