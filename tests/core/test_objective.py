"""The objective: its value written out, its parts, and what it leaves untouched."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.architectures import AutoencoderArchitecture
from skbackprop.core.losses import LogLoss, SquaredError
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.operations import Vectors
from skbackprop.core.training.minibatch import Steps
from skbackprop.core.training.objective import L2Penalty, Objective

ROWS = np.array([1, 2, 4, 7, 8, 9])
WEIGHTS = np.random.RandomState(5).uniform(0, 2, (10, 1))


def forward(network, X):
    W1, W2 = network.weights()
    b1, b2 = network.biases()
    return np.tanh(X @ W1 + b1) @ W2 + b2


def squares(network):
    return sum((W**2).sum() for W in network.weights())


@pytest.mark.parametrize("mean_weight", [1.0, 0.6])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_value(weights, mean_weight):
    """E = (Σ w̃ᵢ ℓᵢ + α / (2 w̄) ‖W‖²) / n over the training rows."""
    problem = make_problem(
        rows=ROWS, alpha=0.3, sample_weight=weights, mean_sample_weight=mean_weight
    )
    network = make_network()
    value, terms, _ = Objective(problem, network).value_and_gradient()
    losses = ((forward(network, problem.X) - problem.Y) ** 2).sum(axis=1)[ROWS] / 2
    data = losses.mean() if weights is None else (weights[ROWS, 0] * losses).mean()
    l2 = 0.3 / mean_weight / 2 * squares(network) / len(ROWS)
    assert_allclose(value, data + l2, rtol=1e-12)
    assert list(terms) == ["data", "l2"]
    assert_allclose(terms["l2"], l2, rtol=1e-12)
    assert_allclose(terms["data"], data / 2, rtol=1e-12)  # reported: a mean over the two outputs


def test_a_loss_that_is_a_sum_over_outputs_is_reported_as_it_is():
    problem = make_problem(loss=LogLoss("logistic"))
    problem.Y[...] = problem.Y > 0
    value, terms, _ = Objective(problem, make_network()).value_and_gradient()
    assert terms["data"] == value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_is_the_rate_of_change(dtype):
    problem = make_problem(rows=ROWS, alpha=0.3, sample_weight=WEIGHTS).astype(dtype)
    network = make_network(dtype=dtype)
    objective = Objective(problem, network)
    _, _, gradient = objective.value_and_gradient()
    assert gradient.dtype == dtype
    assert gradient.shape == network.params.shape
    direction = np.random.RandomState(3).standard_normal(network.n_params)
    kept, gradient, h = (
        network.params.copy(),
        gradient.copy(),
        1e-3 if dtype == np.float32 else 1e-5,
    )
    values = []
    for sign in (1, -1):
        network.params[...] = kept + sign * h * direction
        values.append(objective.value_and_gradient()[0])
    rate = (values[0] - values[1]) / (2 * h)
    assert_allclose(gradient @ direction, rate, rtol=1e-2 if dtype == np.float32 else 1e-8)


def test_parameters_are_left_alone():
    network = make_network()
    before = network.params.copy()
    Objective(make_problem(alpha=0.3), network).value_and_gradient()
    assert_array_equal(network.params, before)


def test_the_gradient_is_that_of_a_step_over_all_rows():
    """Mini-batches and L-BFGS minimise the same."""
    problem = make_problem(rows=ROWS, alpha=0.3, sample_weight=WEIGHTS, mean_sample_weight=0.7)
    job = make_job(problem, make_solver(batch_size=99, shuffle=False))
    before = job.state.network.params.copy()
    job.state.set_up_moments(job.solver.optimizer)
    terms, norms = Steps.of_job(job).epoch(lambda fraction: 0.1)
    step = job.state.network.params - before
    job.state.network.params[...] = before
    _, whole_terms, gradient = Objective(problem, job.state.network).value_and_gradient()
    assert_allclose(step, -0.1 * gradient, rtol=1e-10, atol=1e-14)
    assert_allclose([terms[name] for name in whole_terms], list(whole_terms.values()))
    weights = job.state.network.weights(gradient)
    assert_allclose(norms, [np.linalg.norm(g) for g in weights])


def test_sparse_rows():
    problem = make_problem(rows=ROWS)
    sparse = make_problem(rows=ROWS)
    object.__setattr__(sparse, "X", csr_array(problem.X))
    assert sparse.is_sparse
    for one, other in zip(
        Objective(problem, make_network()).value_and_gradient(),
        Objective(sparse, make_network()).value_and_gradient(),
        strict=True,
    ):
        if isinstance(one, dict):
            one, other = list(one.values()), list(other.values())
        assert_allclose(one, other, rtol=1e-12)


def code_network(**options):
    network = AutoencoderArchitecture(
        n_features=3, n_components=2, encoder=[], decoder=[],
        code_activation=ACTIVATIONS["logistic"], **options,
    ).network()  # fmt: skip
    network.params += 0.5 * np.random.RandomState(0).standard_normal(network.n_params)
    return network


def test_terms_of_the_layers():
    problem = make_problem(n_outputs=3, alpha=0.3)
    network = code_network(sparsity="l1", sparsity_weight=0.4)
    objective = Objective(problem, network)
    value, terms, _ = objective.value_and_gradient()
    assert set(terms) == {"data", "sparsity", "l2"}
    codes = 1 / (1 + np.exp(-(problem.X @ network.weights()[0] + network.biases()[0])))
    assert_allclose(terms["sparsity"], 0.4 * codes.sum(axis=1).mean(), rtol=1e-12)
    assert_allclose(value, 3 * terms["data"] + terms["sparsity"] + terms["l2"], rtol=1e-12)


def test_noise_and_keys_reach_the_layers():
    X = make_problem().X
    problem = make_problem(n_outputs=3, rows=ROWS, sample_keys=sample_keys(X))
    network = code_network(beta=0.5)
    values = [
        Objective(problem, network, noise=Noise(seed)).value_and_gradient()[0] for seed in (0, 0, 1)
    ]
    assert values[0] == values[1]
    assert values[0] != values[2]
    objective = Objective(problem, network, noise=Noise(0))
    assert_array_equal(objective.batch.keys, problem.sample_keys[ROWS])


def test_visits_see_each_layer_after_its_forward_and_before_its_backward():
    problem, network = make_problem(alpha=0.3), make_network()
    objective = Objective(problem, network)
    expected = [np.copy(objective.value_and_gradient()[2]), objective.value_and_gradient()[0]]
    seen = []

    def visit(bound, way):
        shown = bound.above.value if way == "forward" else bound.above.delta
        seen.append((way, objective.batch.layers.index(bound), shown.copy()))

    value, _, gradient = objective.value_and_gradient(visit)
    assert_allclose(gradient, expected[0], rtol=1e-12)
    assert value == expected[1]
    assert [(way, i) for way, i, _ in seen] == [
        *(("forward", i) for i in range(3)),
        *(("backward", i) for i in (2, 1, 0)),
    ]
    W1, _ = network.weights()
    assert_allclose(seen[0][2], problem.X @ W1 + network.biases()[0])
    assert_allclose(seen[2][2], forward(network, problem.X))
    assert_allclose(seen[3][2], (forward(network, problem.X) - problem.Y) / 10)


# The penalty ----------------------------------------------------------------------


def test_penalty_and_its_gradient():
    w = np.array([1.0, -2.0, 3.0])
    penalty, gradient = L2Penalty(0.5, 2.0), np.ones(3)
    assert penalty.value(w) == 0.5 / 2.0 / 2 * 14
    penalty.add_gradient(w, gradient, Vectors(w), 10)
    assert_allclose(gradient, 1 + 0.5 / 2.0 / 10 * w)


def test_penalties_of_a_population():
    w = np.array([[1.0, -2.0], [3.0, 0.5], [2.0, 2.0]])
    alpha, mean = np.array([[0.5], [0.0], [1.0]]), np.array([[2.0], [1.0], [4.0]])
    for alphas, means in ((alpha, mean), (alpha, 2.0), (0.7, mean), (0.7, 2.0)):
        penalty, gradient = L2Penalty(alphas, means), np.ones((3, 2))
        strength = np.broadcast_to(alphas / np.asarray(means), (3, 1))
        assert_allclose(penalty.value(w), 0.5 * strength[:, 0] * (w**2).sum(axis=1))
        penalty.add_gradient(w, gradient, Vectors(w), 10)
        assert_allclose(gradient, 1 + strength / 10 * w)


def test_no_penalty_costs_nothing():
    """...and hides no weight that is not finite: 0 · ∞ would be NaN."""
    w, gradient = np.array([np.inf, 1.0]), np.ones(2)
    penalty = L2Penalty(0.0)
    assert penalty.value(w) == 0.0
    penalty.add_gradient(w, gradient, Vectors(w), 10)
    assert_array_equal(gradient, 1.0)


def test_a_problem_in_another_precision():
    problem = make_problem(sample_weight=WEIGHTS, alpha=0.3)
    single = problem.astype(np.float32, alpha=0.7)
    assert {a.dtype for a in (single.X, single.Y, single.sample_weight)} == {np.dtype(np.float32)}
    assert (single.alpha, problem.alpha) == (0.7, 0.3)
    assert single.n_rows == 10
    assert problem.astype(np.float64).X is problem.X
    assert make_problem().astype(np.float32).sample_weight is None
    assert isinstance(problem.loss, SquaredError)
