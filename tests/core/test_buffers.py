"""A step allocates nothing the size of a layer, whatever the network is made of.

All that a step allocates is measured by ``tracemalloc``, to which NumPy reports its arrays. What is
allowed is small: columns and rows, and the 8192 elements that NumPy casts at a time.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from training_cases import make_solver

from skbackprop.core.activations import ACTIVATIONS, Activation
from skbackprop.core.architectures import AutoencoderArchitecture, multilayer_perceptron
from skbackprop.core.layers import CORRUPTIONS
from skbackprop.core.losses import LOSSES, LogLoss, SquaredError
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.optimizers import SGD, Adam
from skbackprop.core.training.batches import PopulationBatches
from skbackprop.core.training.job import Job
from skbackprop.core.training.minibatch import Steps
from skbackprop.core.training.objective import Objective
from skbackprop.core.training.population import Population
from skbackprop.core.training.problem import Problem
from skbackprop.core.training.state import State

N_ROWS, WIDTH, N_OUTPUTS = 4096, 32, 32
SAMPLES = N_ROWS + 10  # two batches, the second short


def mlp(activation="tanh", dtype=np.float64, **options):
    activation = ACTIVATIONS.get(activation, activation)
    widths = (WIDTH, WIDTH, WIDTH, N_OUTPUTS)
    return multilayer_perceptron(widths, [activation] * 2, dtype=dtype, **options)


def autoencoder(activation="tanh", code="logistic", dtype=np.float64, **options):
    activation = ACTIVATIONS[activation]
    architecture = AutoencoderArchitecture(
        n_features=WIDTH,
        n_components=WIDTH,
        encoder=[(WIDTH, activation)],
        decoder=[(WIDTH, activation)],
        code_activation=ACTIVATIONS[code],
        **options,
    )
    return architecture.network(dtype)


def steps_of(make, *, loss=None, weighted=False, dtype=np.float64, members=1, alpha=0.1, **options):
    """The steps of a job, or of a population, after an epoch of training."""
    rng = np.random.RandomState(0)
    X = rng.uniform(0.1, 0.9, (SAMPLES, WIDTH)).astype(dtype)
    Y = rng.dirichlet(np.ones(N_OUTPUTS), SAMPLES).astype(dtype)
    sample_weight = rng.uniform(0.5, 1.5, (SAMPLES, 1)).astype(dtype) if weighted else None
    jobs = []
    for k in range(members):
        network = make(dtype=dtype)
        network.params[: network.n_weights] = 0.1 * rng.standard_normal(network.n_weights)
        problem = Problem(
            X,
            Y,
            loss or SquaredError(),
            np.arange(SAMPLES),
            sample_weight,
            alpha=alpha,
            sample_keys=sample_keys(X),
        )
        solver = make_solver(batch_size=N_ROWS, **options)
        jobs.append(Job(problem, solver, State(network, np.random.RandomState(k), Noise(k))))
        jobs[-1].state.set_up_moments(solver.optimizer)
    if members == 1:
        steps = Steps.of_job(jobs[0])
    else:
        steps = Population(jobs, PopulationBatches(jobs))._steps
    steps.epoch(lambda fraction: 1e-3)
    assert np.isfinite(steps.network.params).all()
    return steps


def allocated(function, *args):
    """The most bytes that were allocated at any time within a call."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        function(*args)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def assert_steps_allocate_little(steps):
    members = len(steps.network.params) if steps.network.population else 1
    layer = members * N_ROWS * WIDTH * steps.network.params.itemsize
    rows = next(iter(steps.batches))
    steps.step(rows, 1e-3)
    assert allocated(steps.step, rows, 1e-3) < layer / 2


MEMBERS = pytest.mark.parametrize("members", [1, 3], ids=["alone", "population"])


def test_an_allocation_is_seen():
    """Of a user's activation that does not write where it should at once."""

    def copied(z, out):
        out[...] = np.tanh(z)

    careless = Activation("careless", copied, ACTIVATIONS["tanh"].derivative, uses_z=False)
    steps = steps_of(lambda dtype: mlp(careless, dtype))
    layer = N_ROWS * WIDTH * 8
    assert layer <= allocated(steps.step, next(iter(steps.batches)), 1e-3) < 1.5 * layer


@MEMBERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, dtype, members):
    steps = steps_of(lambda dtype: mlp(activation, dtype), dtype=dtype, members=members)
    assert_steps_allocate_little(steps)


LOSS_CASES = [(name, link) for name, kind in LOSSES.items() for link in kind.links]


@MEMBERS
@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize("name, link", LOSS_CASES)
def test_losses(name, link, weighted, members):
    loss = LOSSES[name](link=link)
    assert_steps_allocate_little(steps_of(mlp, loss=loss, weighted=weighted, members=members))


@MEMBERS
@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize(
    "options",
    [{"normalization": "layer"}, {"normalization": "batch"}, {"dropout": (0.3, 0.3)}],
    ids=["layer norm", "batch norm", "dropout"],
)
def test_layers(options, weighted, members):
    def make(dtype):
        return mlp(dtype=dtype, **options)

    assert_steps_allocate_little(steps_of(make, weighted=weighted, members=members))


AUTOENCODERS = {
    "tied": {"tied": True},
    "l1": {"sparsity": "l1", "sparsity_weight": 0.1},
    "kl": {"sparsity": "kl", "sparsity_weight": 0.1},
    "variational": {"beta": 0.1, "code": "identity"},
    **{kind: {"corruption": kind} for kind in CORRUPTIONS},
}


@MEMBERS
@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize("name", AUTOENCODERS)
def test_autoencoders(name, weighted, members):
    options = dict(AUTOENCODERS[name])
    kind = options.pop("corruption", None)
    if kind is not None:
        limits = (np.zeros(WIDTH), np.ones(WIDTH)) if kind == "salt_pepper" else ()
        options["corruption"] = CORRUPTIONS[kind](WIDTH, 0.2, *limits)
    steps = steps_of(lambda dtype: autoencoder(**options), weighted=weighted, members=members)
    assert_steps_allocate_little(steps)


@MEMBERS
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_contractive_autoencoders(activation, tied, members):
    """They alone need σ″."""
    steps = steps_of(
        lambda dtype: autoencoder(activation, contractive_weight=0.1, tied=tied),
        weighted=True,
        members=members,
    )
    assert_steps_allocate_little(steps)


@MEMBERS
@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.9, False), Adam()], ids=str)
def test_updates(optimizer, members):
    steps = steps_of(
        mlp,
        optimizer=optimizer,
        weight_decay=0.1,
        max_grad_norm=1.0,
        bias_rate=0.1,
        members=members,
    )
    assert_steps_allocate_little(steps)


def test_short_last_batch():
    steps = steps_of(mlp)
    rows = next(iter(steps.batches))[: N_ROWS - 7]
    steps.step(rows, 1e-3)
    assert allocated(steps.step, rows, 1e-3) < N_ROWS * WIDTH * 8 / 2


def test_whole_objective():
    """As L-BFGS and the gradient check evaluate it."""
    rng = np.random.RandomState(0)
    network = mlp("gelu")
    network.params += 0.1 * rng.standard_normal(network.n_params)
    X, Y = rng.standard_normal((2, N_ROWS, WIDTH))
    objective = Objective(Problem(X, Y, LogLoss(), np.arange(N_ROWS), alpha=0.1), network)
    objective.value_and_gradient()
    assert allocated(objective.value_and_gradient) < N_ROWS * WIDTH * 8 / 2
