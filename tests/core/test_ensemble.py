"""Ensembles: each member trains as it would on its own rows, on batches that all share."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_network, make_solver

from skbackprop.core.losses import LogLoss, SquaredError
from skbackprop.core.network import stack
from skbackprop.core.optimizers import SGD, Adam
from skbackprop.core.passes import Workspace
from skbackprop.core.prediction import feed_forward
from skbackprop.core.schedules import Factor
from skbackprop.core.training import ensemble
from skbackprop.core.training.ensemble import (
    EnsembleTraining,
    LeftOutScores,
    SharedBatches,
    members,
)

N, K = 20, 3
rng = np.random.RandomState(0)
X = rng.standard_normal((N, 3))
Y = rng.standard_normal((N, 2))
FOLDS = [slice(0, 7), slice(7, 14), slice(14, 20)]


def weights_without_folds():
    weights = np.ones((K, N, 1))
    for own, rows in zip(weights, FOLDS, strict=True):
        own[rows] = 0.0
    return weights


def make_members():
    return [make_network(seed=k) for k in range(K)]


def train(network, Y=Y, loss=None, weights=None, batch_size=5, n_epochs=None, **solver):
    """Train, all epochs by default; the losses of the epochs."""
    weights = weights_without_folds() if weights is None else weights
    batches = SharedBatches(X, Y, weights, batch_size, np.random.RandomState(4))
    solver = make_solver(**{"max_iter": 4, **solver})
    training = EnsembleTraining(network, batches, loss or SquaredError(), solver)
    return [training.epoch() for _ in range(n_epochs or solver.max_iter)]


def trained(network, *args, **options):
    train(network, *args, **options)
    return network


@pytest.mark.parametrize(
    "solver",
    [
        {"optimizer": SGD(0.9, True)},
        {"optimizer": Adam(), "bias_rate": 0.1},
        {"optimizer": Adam(0.9, 0.95), "schedule": Factor(0.1, lambda progress: 1 - progress)},
    ],
    ids=["sgd", "adam", "schedule"],
)
def test_members_train_as_alone(solver):
    """The same batches, with one member's weights at a time, step by step."""
    population = trained(stack(make_members()), **solver)
    alone = []
    for k, network in enumerate(make_members()):
        one = stack([network])
        alone.append(trained(one, weights=weights_without_folds()[[k]], **solver).params[0])
    assert_allclose(population.params, alone, rtol=1e-10, atol=1e-12)
    assert len({params.tobytes() for params in population.params}) == K


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss("softmax")], ids=["squared", "log"])
def test_rows_left_out_do_not_count(loss):
    """Whatever their targets are, the member is the same."""
    target = np.eye(2)[rng.randint(0, 2, N)]
    first = trained(stack(make_members()), target, loss)
    for k, rows in enumerate(FOLDS):
        other = target.copy()
        other[rows] = other[rows, ::-1]
        second = trained(stack(make_members()), other, loss)
        assert_array_equal(second.params[k], first.params[k])
        assert (second.params[k - 1] != first.params[k - 1]).any()


def test_members_may_have_their_own_targets():
    own = np.stack([Y, 2 * Y, -Y])
    population = trained(stack(make_members()), own)
    for k in range(K):
        shared = trained(stack(make_members()), own[k])
        assert_allclose(population.params[k], shared.params[k], rtol=1e-12, atol=1e-13)


def test_a_step_by_hand():
    """One batch of all rows, plain gradient descent: θ − η (1/n) Σ wᵢ ∂ℓᵢ/∂θ."""
    networks, weights = make_members(), weights_without_folds()
    population = trained(stack(networks), batch_size=N, max_iter=1, optimizer=SGD(0.0, False))
    for k, network in enumerate(networks):
        workspace = Workspace(network, N, loss=SquaredError(), weighted=True)
        batch = workspace.for_rows(N)
        batch.x[...], batch.y[...], batch.sample_weight[...] = X, Y, weights[k]
        batch.forward()
        batch.loss()
        batch.backward()
        expected = network.params - 0.1 * workspace.gradient
        assert_allclose(population.params[k], expected, rtol=1e-12, atol=1e-13)


def test_training_goes_on_from_epoch_to_epoch():
    network, whole = stack(make_members()), stack(make_members())
    losses = train(whole)
    assert [loss.shape for loss in losses] == [(K,)] * 4
    first = train(network, n_epochs=2)
    assert_array_equal(first, losses[:2])
    assert (network.params != whole.params).any()


@pytest.mark.parametrize("optimizer", [SGD(0.9, True), Adam()], ids=["sgd", "adam"])
def test_another_training_goes_on_where_one_has_come_to(optimizer):
    """Steps, moments, the order of the rows and the schedule: all is taken over."""

    def training(seed):
        network = stack([make_network(seed=seed + k) for k in range(K)])
        batches = SharedBatches(X, Y, weights_without_folds(), 5, np.random.RandomState(seed))
        solver = make_solver(
            max_iter=5,
            optimizer=optimizer,
            schedule=Factor(0.1, lambda progress: 1 - progress),
        )
        return EnsembleTraining(network, batches, SquaredError(), solver)

    whole, first, second = training(0), training(0), training(7)
    losses = [whole.epoch() for _ in range(5)]
    for _ in range(2):
        first.epoch()
    second.progress = pickle.loads(pickle.dumps(first.progress))
    assert_array_equal([second.epoch() for _ in range(3)], losses[2:])
    assert_array_equal(second.progress.params, whole.progress.params)
    assert second.progress.n_epochs == 5


def test_the_loss_is_the_mean_of_the_epoch():
    """At a rate of nearly nothing, that of the initial networks; rows left out count nothing."""
    losses = train(stack(make_members()), schedule=Factor(1e-300, lambda progress: 1.0))
    expected = []
    for network, weights in zip(make_members(), weights_without_folds(), strict=True):
        errors = (feed_forward(network, X) - Y) ** 2 / 2
        expected.append((weights * errors).sum() / N / 2)
    assert_allclose(losses, [expected] * 4, rtol=1e-12)


def test_schedule_runs_over_all_epochs():
    seen = []

    def factor(progress):
        seen.append(progress)
        return 1.0

    train(stack(make_members()), schedule=Factor(0.1, factor), max_iter=4, batch_size=10)
    assert_allclose(seen, np.arange(8) / 8)


@pytest.mark.parametrize("chosen", [1, slice(1, 3)], ids=["one", "two"])
def test_members_are_views(chosen):
    population = stack(make_members())
    some = members(population, chosen)
    assert np.shares_memory(some.params, population.params)
    expected = [feed_forward(network, X) for network in make_members()]
    assert_allclose(feed_forward(some, X), np.array(expected)[chosen], rtol=1e-12)


def test_the_first_step_is_the_first_of_adam():
    """...of the length of the rate, before any other has been taken."""
    network = trained(stack(make_members()), batch_size=N, max_iter=1, optimizer=Adam())
    moved = np.abs(network.params - stack(make_members()).params)
    assert_allclose(moved, 0.1, rtol=1e-3)


def test_biases_have_their_own_rate():
    """A first step of plain gradient descent is so much shorter for them."""
    start = stack(make_members())
    once = {"batch_size": N, "max_iter": 1}
    plain, slow = (trained(stack(make_members()), bias_rate=rate, **once) for rate in (1.0, 0.1))
    n = start.n_weights
    assert_array_equal(slow.params[:, :n], plain.params[:, :n])
    moved, expected = (network.params[:, n:] - start.params[:, n:] for network in (slow, plain))
    assert_allclose(moved, 0.1 * expected, rtol=1e-9, atol=1e-12)


def test_members_have_their_own_running_statistics():
    networks = [make_network(seed=k, normalization="batch") for k in range(K)]
    population = trained(stack(networks))
    one = members(population, 2)
    assert_array_equal(one.statistics, population.statistics[2])
    assert (one.statistics != networks[2].statistics).any()


def scores_of(population, folds, X=X):
    out = np.full((N, 2), np.nan, X.dtype)
    LeftOutScores(population, X, folds)(out)
    return out


@pytest.mark.parametrize("chunk", [1, 3, 256])
def test_scores_of_rows_left_out(chunk, monkeypatch):
    monkeypatch.setattr(ensemble, "CHUNK", chunk)
    scores = scores_of(stack(make_members()), FOLDS)
    for network, rows in zip(make_members(), FOLDS, strict=True):
        assert_allclose(scores[rows], feed_forward(network, X[rows]), rtol=1e-12)


def test_a_member_may_leave_nothing_out():
    scores = scores_of(stack(make_members()), [slice(0, 0), slice(3, 14), slice(14, 14)])
    assert_allclose(scores[3:14], feed_forward(make_members()[1], X[3:14]), rtol=1e-12)
    assert np.isnan(scores[:3]).all()
    assert np.isnan(scores[14:]).all()


def test_scores_follow_the_training():
    """They are of the parameters as they are, not as they were."""
    population = stack(make_members())
    scores, out = LeftOutScores(population, X, FOLDS), np.empty((N, 2))
    scores(out)
    before = out.copy()
    train(population, n_epochs=1)
    scores(out)
    assert (out != before).all()
    assert_array_equal(out, scores_of(population, FOLDS))


def test_single_precision_stays():
    networks = [make_network(seed=k, dtype=np.float32) for k in range(K)]
    single = scores_of(stack(networks), FOLDS, X.astype(np.float32))
    assert_allclose(single, scores_of(stack(make_members()), FOLDS), rtol=1e-3, atol=1e-5)


def test_rows_that_are_not_contiguous_are_gathered_alike():
    shared = SharedBatches(X, Y, weights_without_folds(), 5, np.random.RandomState(4))
    other = SharedBatches(np.asfortranarray(X), Y, weights_without_folds(), 5, None)
    rows = np.array([7, 2, 19, 0, 3])
    seen = []
    for batches in (shared, other):
        workspace = Workspace(
            stack(make_members()), 5, loss=SquaredError(), weighted=True, shared_rows=True
        )
        batch = workspace.for_rows(5)
        batch.y = np.empty((5, 2))
        batches.load(batch, rows)
        seen.append(batch.x.copy())
    assert_array_equal(*seen)
    assert_array_equal(seen[0], X[rows])
