"""Ensembles: each member trains as it would on its own rows, on batches that all share."""

from __future__ import annotations

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
from skbackprop.core.training.ensemble import (
    EnsembleTraining,
    LeftOutScores,
    SharedBatches,
)
from skbackprop.core.training.ensemble import members as members_of

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


def members():
    return [make_network(seed=k) for k in range(K)]


def train(network, Y=Y, loss=None, weights=None, batch_size=5, on_epoch=None, **solver):
    batches = SharedBatches(
        X,
        Y,
        weights_without_folds() if weights is None else weights,
        batch_size,
        np.random.RandomState(4),
    )
    solver = make_solver(**{"max_iter": 4, **solver})
    training = EnsembleTraining(network, batches, loss or SquaredError(), solver)
    for _ in range(solver.max_iter):
        losses = training.epoch()
        if on_epoch is not None:
            on_epoch(losses)
    return network


def left_out_scores(network, X, folds):
    scores = np.full((len(X), network.n_outputs), np.nan, X.dtype)
    LeftOutScores(network, X, folds)(scores)
    return scores


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
    population = train(stack(members()), **solver)
    alone = []
    for k, network in enumerate(members()):
        one = stack([network])
        alone.append(train(one, weights=weights_without_folds()[[k]], **solver).params[0])
    assert_allclose(population.params, alone, rtol=1e-10, atol=1e-12)
    assert len({params.tobytes() for params in population.params}) == K


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss("softmax")], ids=["squared", "log"])
def test_rows_left_out_do_not_count(loss):
    """Whatever their targets are, the member is the same."""
    target = np.eye(2)[rng.randint(0, 2, N)]
    first = train(stack(members()), target, loss)
    for k, rows in enumerate(FOLDS):
        other = target.copy()
        other[rows] = other[rows, ::-1]
        second = train(stack(members()), other, loss)
        assert_array_equal(second.params[k], first.params[k])
        assert (second.params[k - 1] != first.params[k - 1]).any()


def test_members_may_have_their_own_targets():
    own = np.stack([Y, 2 * Y, -Y])
    population = train(stack(members()), own)
    for k in range(K):
        shared = train(stack(members()), own[k])
        assert_allclose(population.params[k], shared.params[k], rtol=1e-12, atol=1e-13)


def test_a_step_by_hand():
    """One batch of all rows, plain gradient descent: θ − η (1/n) Σ wᵢ ∂ℓᵢ/∂θ."""
    networks, weights = members(), weights_without_folds()
    population = train(stack(networks), batch_size=N, max_iter=1, optimizer=SGD(0.0, False))
    for k, network in enumerate(networks):
        workspace = Workspace(network, N, loss=SquaredError(), weighted=True)
        batch = workspace.for_rows(N)
        batch.x[...], batch.y[...], batch.sample_weight[...] = X, Y, weights[k]
        batch.forward()
        batch.loss()
        batch.backward()
        expected = network.params - 0.1 * workspace.gradient
        assert_allclose(population.params[k], expected, rtol=1e-12, atol=1e-13)


def test_an_epoch_gives_each_member_its_loss():
    seen = []
    train(stack(members()), on_epoch=seen.append, max_iter=3)
    assert [losses.shape for losses in seen] == [(K,)] * 3
    assert all(np.isfinite(losses).all() for losses in seen)


def test_training_may_stop_between_epochs():
    """The first epochs are the same however many follow."""
    states = []
    population = stack(members())
    train(population, on_epoch=lambda losses: states.append(population.params.copy()), max_iter=5)
    assert_array_equal(states[2], train(stack(members()), max_iter=3).params)
    assert (states[2] != states[3]).any()


def test_the_loss_is_the_mean_of_the_epoch():
    """At a rate of nearly nothing, that of the initial networks; rows left out count nothing."""
    losses = []
    train(
        stack(members()),
        schedule=Factor(1e-300, lambda progress: 1.0),
        on_epoch=losses.append,
    )
    expected = []
    for network, weights in zip(members(), weights_without_folds(), strict=True):
        errors = (feed_forward(network, X) - Y) ** 2 / 2
        expected.append((weights * errors).sum() / N / 2)
    assert_allclose(losses, [expected] * 4, rtol=1e-12)


def test_schedule_runs_over_all_epochs():
    seen = []

    def factor(progress):
        seen.append(progress)
        return 1.0

    train(stack(members()), schedule=Factor(0.1, factor), max_iter=2, batch_size=10)
    assert_allclose(seen, [0.0, 0.25, 0.5, 0.75])


def test_a_member_is_a_view():
    population = stack(members())
    one = members_of(population, 1)
    assert np.shares_memory(one.params, population.params)
    assert_array_equal(feed_forward(one, X), feed_forward(make_network(seed=1), X))


def test_scores_of_rows_left_out():
    population = stack(members())
    scores = left_out_scores(population, X, FOLDS)
    for network, rows in zip(members(), FOLDS, strict=True):
        assert_allclose(scores[rows], feed_forward(network, X[rows]))
    empty = [slice(0, 0), slice(0, 14), slice(14, 20)]
    assert_allclose(left_out_scores(population, X, empty)[:14], feed_forward(members()[1], X[:14]))


def test_single_precision_stays():
    networks = [make_network(seed=k, dtype=np.float32) for k in range(K)]
    scores = left_out_scores(stack(networks), X.astype(np.float32), FOLDS)
    assert scores.dtype == np.float32
