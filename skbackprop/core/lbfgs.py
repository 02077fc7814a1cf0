"""The training loop on all rows at once: L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from .batches import Batches
from .objective import Objective
from .stepper import norm
from .workspace import Workspace


def train_lbfgs(run, max_fun, ftol=None):
    """Minimise the objective over all rows by L-BFGS (Liu & Nocedal, 1989), as SciPy has it.

    ``run.stopping.validate``, where given, is asked after each iteration.

    Parameters
    ----------
    run : Run
    max_fun : int
        Largest number of evaluations of the objective.
    ftol : float, default=None
        Relative decrease of the objective at which to stop; SciPy's default if None.

    Returns
    -------
    scipy.optimize.OptimizeResult, or None
        None when interrupted by Ctrl-C.
    """
    network, dtype = run.network, run.network.params.dtype
    objective = Objective(run.loss, run.alpha, run.mean_weight)
    batches = Batches(run)
    workspace = Workspace(
        network, batches.n_rows, weighted=batches.weighted, sparse_input=batches.sparse
    )
    batch = workspace.rows(batches.n_rows)
    batches.load(batch, run.rows)
    reported, accepted = {}, network.params.copy()

    def value_and_gradient(theta):
        network.params[...] = theta
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, shown, gradient = objective.value_and_gradient(workspace, batch)
        reported["terms"] = shown
        return value, gradient.astype(np.float64)

    def end_iteration(intermediate_result):
        accepted[...] = network.params[...] = intermediate_result.x
        run.n_iter += 1
        norms = np.array(
            [norm(g.ravel()) for g in network.weights(workspace.gradient, as_owned=True)]
        )
        run.record(reported["terms"], norms)
        if run.stopping.validate is not None and run.stopping.on_plateau:
            run.outcome = "converged"
        run.call_back()
        if run.outcome is not None:
            raise StopIteration

    options = {"maxfun": max_fun, "maxiter": run.max_iter, "gtol": run.stopping.tol}
    if ftol is not None:
        options["ftol"] = ftol
    if dtype == np.float32:  # a decrease below the rounding of the loss is no progress
        options["ftol"] = 10 * float(np.finfo(dtype).eps)
    try:
        result = minimize(
            value_and_gradient,
            network.params.astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=end_iteration,
            options=options,
        )
        network.params[...] = result.x
    except KeyboardInterrupt:
        result = None
        network.params[...] = accepted  # not a trial of the line search
        run.outcome = "interrupted"
    run.finish()
    return result
