"""L-BFGS: reaches what has a closed form, and ends as it says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_job, make_network, make_problem

from skbackprop.core.layers import SharedDense, TiedDense
from skbackprop.core.losses import Poisson
from skbackprop.core.network import Network
from skbackprop.core.training.lbfgs import LBFGS
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.state import State

WEIGHTS = np.random.RandomState(5).uniform(0.1, 2, (10, 1))


def lbfgs(max_iter=500, tol=1e-10, patience=10, **options):
    return LBFGS(max_iter, tol, patience, **{"ftol": 1e-15, **options})


def job_of(solver=None, problem=None, widths=(3, 2), dtype=np.float64, **fields):
    problem = make_problem(alpha=0.5) if problem is None else problem
    state = State(make_network(widths, dtype=dtype), np.random.RandomState(0))
    return make_job(problem.astype(dtype), solver or lbfgs(), state, **fields)


def ridge(problem):
    """The minimum for a linear network in closed form; the intercept is not penalised."""
    rows = problem.rows
    X, Y = np.column_stack([problem.X[rows], np.ones(len(rows))]), problem.Y[rows]
    w = np.ones((len(rows), 1)) if problem.sample_weight is None else problem.sample_weight[rows]
    penalty = np.diag([*[problem.alpha / problem.mean_sample_weight] * 3, 0.0])
    return np.linalg.solve(X.T @ (w * X) + penalty, X.T @ (w * Y))


@pytest.mark.parametrize("rows", [None, [0, 1, 2, 4, 5, 6, 8]])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_a_linear_network_is_ridge_regression(weights, rows):
    problem = make_problem(alpha=0.5, sample_weight=weights, mean_sample_weight=0.6, rows=rows)
    job = job_of(problem=problem)
    job.train()
    (W,), (b,) = job.state.network.weights(), job.state.network.biases()
    assert_allclose(np.vstack([W, b]), ridge(problem), rtol=1e-6, atol=1e-7)
    assert job.state.outcome == "converged"


def test_history_is_that_of_the_iterates():
    seen = []

    def look(job):
        network = job.state.network
        _, terms, gradient = Objective(job.problem, network.copy()).value_and_gradient()
        norms = [np.linalg.norm(g) for g in network.weights(gradient)]
        seen.append((sum(terms.values()), terms, norms))

    job = job_of(lbfgs(max_iter=8), widths=(3, 4, 2), on_epoch=look)
    job.train()
    history = job.state.history
    assert len(seen) == job.state.n_iter == len(history.loss_curve) == 8
    for (loss, terms, norms), recorded, recorded_terms, recorded_norms in zip(
        seen, history.loss_curve, history.loss_terms, history.gradient_norms, strict=True
    ):
        assert_allclose(recorded, loss, rtol=1e-12)
        assert {k: pytest.approx(v) for k, v in terms.items()} == recorded_terms
        assert_allclose(recorded_norms, norms, rtol=1e-10)
    assert (np.diff(history.loss_curve) < 0).all()
    assert job.state.loss == history.loss_curve[-1]


def test_norms_of_tied_weights_are_those_of_the_iterate():
    network = Network([SharedDense(3, 2), TiedDense(2, 3, 0)])
    network.params[...] = np.random.RandomState(0).standard_normal(network.n_params)
    problem = make_problem(n_outputs=3)
    job = make_job(problem, lbfgs(max_iter=4), State(network, None))
    job.train()
    assert len(job.state.history.gradient_norms) == 4
    for norms in job.state.history.gradient_norms:
        assert norms[0] == norms[1] > 0
    _, _, gradient = Objective(problem, network).value_and_gradient()
    assert_allclose(job.state.history.gradient_norms[-1][0], np.linalg.norm(gradient[:6]))


def test_initial_loss():
    job = job_of(lbfgs(max_iter=3))
    _, terms, _ = Objective(job.problem, job.state.network.copy()).value_and_gradient()
    job.train()
    assert job.state.initial_loss == pytest.approx(terms["data"])


def test_ends_at_max_iter_and_says_so():
    job = job_of(lbfgs(max_iter=3), widths=(3, 4, 2))
    job.train()
    assert job.state.outcome == "not_converged"
    assert job.state.n_iter == 3
    assert "after 3 iteration(s) (status=1)" in job.state.message
    assert job.state.message.endswith(
        "\n\nIncrease the number of iterations to improve the convergence (max_iter=3)."
    )


def test_ends_at_max_fun_and_says_so():
    job = job_of(lbfgs(max_fun=5), widths=(3, 4, 2))
    job.train()
    assert job.state.outcome == "not_converged"
    assert job.state.n_iter < 6
    assert "status=1" in job.state.message
    assert "max_iter" not in job.state.message


@pytest.mark.parametrize("tol", [1e-1, 1e-3])
def test_tol_is_the_largest_component_of_the_gradient(tol):
    job = job_of(lbfgs(tol=tol), widths=(3, 4, 2))
    job.train()
    _, _, gradient = Objective(job.problem, job.state.network).value_and_gradient()
    assert job.state.outcome == "converged"
    assert 0.01 * tol < np.abs(gradient).max() <= tol


def test_nothing_to_do_at_the_minimum():
    """No iteration takes place, but the loss is known."""
    job = job_of()
    job.train()
    again = job_of(lbfgs(tol=1e-3))
    again.state.network.params[...] = job.state.network.params
    again.train()
    assert again.state.n_iter == 0
    assert again.state.outcome == "converged"
    assert again.state.loss == again.state.best_loss == pytest.approx(job.state.loss)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_divergence():
    problem = make_problem(loss=Poisson())
    problem.Y[...] = np.abs(problem.Y)
    job = job_of(problem=problem)
    job.state.network.biases()[0][...] = 1e3  # its exponential is infinite
    job.train()
    assert job.state.outcome == "diverged"


def test_single_precision_stays_and_ends():
    """SciPy's default for ftol is below the rounding of the loss: it would go on for nothing."""
    job = job_of(LBFGS(1000, 1e-12, 10), widths=(3, 4, 2), dtype=np.float32)
    job.train()
    assert job.state.network.params.dtype == np.float32
    assert job.state.outcome == "converged"
    expected = LBFGS(9, 1e-4, 1)._options(np.dtype(np.float32))["ftol"]
    assert expected == pytest.approx(1.19e-6, rel=0.01)
    same = job_of(LBFGS(1000, 1e-12, 10, ftol=expected), widths=(3, 4, 2), dtype=np.float32)
    same.train()
    assert_array_equal(same.state.network.params, job.state.network.params)
    assert same.state.n_iter == job.state.n_iter
    assert "ftol" not in LBFGS(9, 1e-4, 1)._options(np.dtype(np.float64))
    assert LBFGS(9, 1e-4, 1, ftol=0.1)._options(np.dtype(np.float32))["ftol"] == 0.1


def test_on_epoch_stops_at_an_iterate():
    seen = []

    def on_epoch(job):
        seen.append(job.state.network.params.copy())
        return len(seen) == 3

    job = job_of(widths=(3, 4, 2), on_epoch=on_epoch)
    job.train()
    assert job.state.outcome == "stopped"
    assert job.state.n_iter == 3
    assert_array_equal(job.state.network.params, seen[-1])


def test_ctrl_c_keeps_the_last_iterate():
    """...not a trial of the line search."""
    seen = []

    def on_epoch(job):
        seen.append(job.state.network.params.copy())

    job = job_of(widths=(3, 4, 2), on_epoch=on_epoch)
    loss = job.problem.loss

    class Interrupting(type(loss)):
        n_calls = 0

        def __call__(self, *args):
            super().__call__(*args)
            Interrupting.n_calls += 1
            if Interrupting.n_calls == 8:
                raise KeyboardInterrupt

    job.problem = job.problem.astype(np.float64, loss=Interrupting())
    job.train()
    assert job.state.outcome == "interrupted"
    assert 0 < len(seen) < 8
    assert_array_equal(job.state.network.params, seen[-1])


def test_best_score_comes_back():
    scores, seen = iter([0.5, 0.9, 0.7, 0.6, 0.8, 0.1]), []

    def validate(network):
        seen.append(network.params.copy())
        return next(scores)

    job = job_of(lbfgs(patience=2), widths=(3, 4, 2), validate=validate)
    job.train()
    assert job.state.outcome == "converged"
    assert len(seen) == 5
    assert_array_equal(job.state.network.params, seen[1])


def test_what_a_solver_says_of_itself():
    solver = lbfgs(max_iter=7)
    assert not solver.is_stochastic
    assert solver.epoch_name == "iteration"
    assert solver.last_epoch == np.inf
    assert solver.max_epochs == 8
    assert solver.rows_per_step(1234) == 1234
    assert solver.population_key(job_of()) is None
