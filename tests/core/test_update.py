"""The update of a step: penalty, clipping, decay and rate factors, block by block."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_network

from skbackprop.core.layers import SharedDense, TiedDense
from skbackprop.core.network import Network, stack
from skbackprop.core.optimizers import SGD, Adam
from skbackprop.core.training import update as update_module
from skbackprop.core.training.objective import L2Penalty
from skbackprop.core.training.update import Update, flush, norm

RATE, N_ROWS = 0.5, 4


class Step:
    """One update of a network, or of three, by a given gradient, of plain gradient descent."""

    def __init__(self, members=None, l2=None, optimizer=None, dtype=np.float64, **options):
        optimizer = optimizer or SGD(0.0, False)
        if members is None:
            self.network = make_network(dtype=dtype, normalization="layer")
        else:
            self.network = stack([make_network(seed=k, dtype=dtype) for k in range(members)])
        self.before = self.network.params.copy()
        self.n_weights = self.network.n_weights
        rng = np.random.RandomState(9)
        self.g = rng.standard_normal(self.before.shape).astype(dtype)
        self.gradient = self.g.copy()
        self.moments = [np.zeros_like(self.before) for _ in optimizer.moment_names]
        l2 = l2 or L2Penalty(0.0)
        self.update = Update(self.network, self.gradient, self.moments, optimizer, l2, **options)

    def take(self, rate=RATE, t=1, with_norms=False):
        self.update(rate, t, N_ROWS, with_norms=with_norms)
        return self

    @property
    def change(self):
        return self.network.params - self.before

    @property
    def is_weight(self):
        mask = np.zeros(self.before.shape, bool)
        mask[..., : self.n_weights] = True
        return mask


@pytest.fixture(params=[1 << 18, 64], ids=["one block", "blocks of eight"])
def block_bytes(request, monkeypatch):
    """Blocks of eight parameters, so that one straddles the end of the weights, and one block."""
    monkeypatch.setattr(update_module, "_BLOCK_BYTES", request.param)
    return request.param


def test_blocks_cover_the_parameters_once(block_bytes):
    blocks = Step().update._blocks
    n_params = make_network(normalization="layer").n_params
    assert sum(block.size for block in blocks) == n_params == 34
    assert sum(block.n_weights for block in blocks) == 20
    assert len(blocks) == (1 if block_bytes > 64 else 5)
    if len(blocks) > 1:
        assert [block.n_weights for block in blocks] == [8, 8, 4, 0, 0]


def test_blocks_of_a_population_share_the_cache(monkeypatch):
    monkeypatch.setattr(update_module, "_BLOCK_BYTES", 3 * 64)
    assert [block.size for block in Step(members=3).update._blocks] == [8, 8, 8, 2]


def test_plain_step(block_bytes):
    step = Step().take()
    assert_allclose(step.change, -RATE * step.g)


@pytest.mark.parametrize("with_norms", [False, True])
def test_penalty_is_on_weights_only(block_bytes, with_norms):
    step = Step(l2=L2Penalty(0.3, 0.6)).take(with_norms=with_norms)
    penalty = np.where(step.is_weight, 0.3 / 0.6 / N_ROWS * step.before, 0.0)
    assert_allclose(step.change, -RATE * (step.g + penalty))


@pytest.mark.parametrize("with_norms", [False, True])
def test_penalty_is_that_of_the_weights_before_their_decay(block_bytes, with_norms):
    step = Step(l2=L2Penalty(0.3), weight_decay=0.2).take(with_norms=with_norms)
    penalty = 0.3 / N_ROWS * step.before + 0.2 * step.before
    assert_allclose(step.change, -RATE * (step.g + np.where(step.is_weight, penalty, 0.0)))


def test_decay_is_decoupled_and_on_weights_only(block_bytes):
    step = Step(weight_decay=0.2, optimizer=Adam()).take()
    plain = Step(optimizer=Adam()).take()
    decay = np.where(step.is_weight, -RATE * 0.2 * step.before, 0.0)
    assert_allclose(step.change, plain.change + decay, atol=1e-12)


@pytest.mark.parametrize("limit", [0.01, 1.0, 100.0])
def test_long_gradients_are_clipped(block_bytes, limit):
    """By the length of the whole gradient, the penalty's part included."""
    step = Step(l2=L2Penalty(2.0), max_grad_norm=limit).take()
    g = step.g + np.where(step.is_weight, 2.0 / N_ROWS * step.before, 0.0)
    length = np.linalg.norm(g)
    assert 1.0 < length < 100.0
    assert_allclose(step.change, -RATE * g * min(1.0, limit / length))


def test_a_gradient_of_zero_is_not_clipped():
    step = Step(max_grad_norm=1.0)
    step.gradient[...] = 0.0
    assert_array_equal(step.take().change, 0.0)


def test_a_tiny_gradient_is_not_lengthened():
    step = Step(max_grad_norm=1.0, dtype=np.float32)
    step.gradient[...] = 1e-30  # its square is zero in single precision
    assert_allclose(step.take(rate=1e30).network.params, step.before - 1.0, rtol=1e-5)


def test_norms_are_those_of_the_weights_of_each_layer(block_bytes):
    step = Step(l2=L2Penalty(2.0), max_grad_norm=0.1)
    assert step.update.gradient_norms == []
    step.take(with_norms=True)
    weights = step.network.weights(step.g)
    penalties = step.network.weights(2.0 / N_ROWS * step.before)
    expected = [np.linalg.norm(g + p) for g, p in zip(weights, penalties, strict=True)]
    assert_allclose(step.update.gradient_norms, expected)  # before clipping
    kept = step.update.gradient_norms
    step.gradient[...] = 7.0
    step.take()
    assert step.update.gradient_norms is kept


def test_tied_weights_have_one_norm_each_time_they_are_used():
    """...of the gradient as it is now."""
    network = Network([SharedDense(3, 2), TiedDense(2, 3, 0)])
    gradient = np.empty_like(network.params)
    update = Update(network, gradient, [np.zeros_like(gradient)], SGD(0.0, False), L2Penalty(0.0))
    for value in (1.0, 2.0):
        gradient[...] = value
        update(0.1, 1, N_ROWS, with_norms=True)
        assert_allclose(update.gradient_norms, [value * np.sqrt(6)] * 2)


@pytest.mark.parametrize("members", [None, 3], ids=["alone", "population"])
@pytest.mark.parametrize("factor", [0.1, 2.0])
@pytest.mark.parametrize("optimizer", [SGD(0.0, False), SGD(0.5, True), Adam()], ids=str)
def test_biases_and_norms_have_their_own_rate(block_bytes, optimizer, factor, members):
    slow = Step(members, bias_rate=factor, optimizer=optimizer)
    plain = Step(members, optimizer=optimizer)
    for t in (1, 2):
        for step in (slow, plain):
            step.gradient[...] = step.g
            step.take(t=t)
    factors = np.where(slow.is_weight, 1.0, factor)
    assert_allclose(slow.change, factors * plain.change, atol=1e-12)


def test_members_have_their_own_penalty_decay_limit_and_rate(block_bytes):
    alphas, means, decays = [0.0, 0.5, 2.0], [1.0, 0.6, 2.0], [0.1, 0.0, 0.3]
    limits, rates = [0.01, 100.0, 1.0], [0.1, 0.2, 0.3]

    def column(values):
        return np.array(values)[:, np.newaxis]

    step = Step(
        members=3,
        l2=L2Penalty(column(alphas), column(means)),
        weight_decay=column(decays),
        max_grad_norm=column(limits),
    ).take(rate=column(rates), with_norms=True)
    for k in range(3):
        g = step.g[k].copy()
        is_weight = step.is_weight[k]
        g[is_weight] += alphas[k] / means[k] / N_ROWS * step.before[k][is_weight]
        norms = [np.linalg.norm(w) for w in make_network().weights(g)]
        assert_allclose([one[k] for one in step.update.gradient_norms], norms)
        g *= min(1.0, limits[k] / np.linalg.norm(g))
        kept = np.where(is_weight, 1.0 - rates[k] * decays[k], 1.0)
        assert_allclose(step.network.params[k], kept * step.before[k] - rates[k] * g)


def test_columns_do_not_change_the_precision():
    step = Step(
        members=3,
        dtype=np.float32,
        weight_decay=np.full((3, 1), 0.1, np.float32),
        optimizer=Adam(),
    )
    step.take(rate=np.full((3, 1), 0.1), t=np.array([[1], [2], [3]]))
    assert step.network.params.dtype == np.float32


def test_norm():
    vectors = np.random.RandomState(0).standard_normal((3, 5))
    assert_allclose(norm(vectors), np.linalg.norm(vectors, axis=1))
    assert norm(vectors[0]) == pytest.approx(np.linalg.norm(vectors[0]))
    assert isinstance(norm(vectors[0]), float)


# -- negligible numbers ---------------------------------------------------------------------------


def subnormal_numbers(array):
    return np.count_nonzero((array != 0.0) & (np.abs(array) < np.finfo(array.dtype).tiny))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", [Adam(0.9, 0.95), SGD(0.9, True)], ids=["adam", "sgd"])
@pytest.mark.parametrize("members", [None, 3])
def test_moments_of_vanished_gradients_never_become_subnormal(members, optimizer, dtype):
    n_steps = 1000 if dtype == np.float32 else 8000  # far beyond 0.9 ** n < the smallest normal
    step = Step(members, optimizer=optimizer, dtype=dtype)
    step.take()
    found = 0
    for t in range(2, n_steps):
        step.gradient[...] = 0.0
        step.take(t=t)
        found += sum(map(subnormal_numbers, step.moments))
    assert found == 0
    assert not step.moments[0].any()


def test_a_flush_changes_no_parameter():
    dead = Step(optimizer=Adam(0.9, 0.95), dtype=np.float32)
    live = Step(optimizer=Adam(0.9, 0.95), dtype=np.float32)
    for t in range(1, 1000):
        for step in (dead, live):
            step.gradient[...] = step.g if t == 1 else 0.0
        live.update._steps_to_flush = 1000  # never
        dead.take(RATE * 1e-3, t=t)
        live.take(RATE * 1e-3, t=t)
    assert subnormal_numbers(live.moments[0])
    assert_array_equal(dead.network.params, live.network.params)


def test_weights_that_a_penalty_has_shrunk_do_not_become_subnormal():
    step = Step(l2=L2Penalty(1.0), optimizer=SGD(0.0, False), dtype=np.float32)
    for t in range(1, 400):
        step.gradient[...] = 0.0
        step.take(0.5 * N_ROWS, t=t)  # halves each weight
        assert not subnormal_numbers(step.network.params)
    assert not step.network.params[: step.n_weights].any()


def test_a_moment_under_a_root_outlives_the_one_above_it():
    m, v = np.array([1e-35, 1e-5], np.float32), np.array([1e-32, 1e-32], np.float32)
    flush([m, v])
    assert_array_equal(m, np.array([0.0, 1e-5], np.float32))
    assert_array_equal(v, np.array([0.0, 1e-32], np.float32))
