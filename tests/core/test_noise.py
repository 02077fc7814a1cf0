"""Random numbers that belong to samples: uniform, pairwise independent, the same for equal rows."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.sparse import csr_array

from skbackprop.core import noise as noise_module
from skbackprop.core.noise import Noise, sample_keys

N, WIDTH = 4000, 5


def draw(noise, keys, distribution="uniform", width=WIDTH, dtype=np.float64):
    out = np.full((len(keys), width), np.nan, dtype)
    getattr(noise, distribution)(keys, out, np.empty((2, len(keys), width)))
    return out


@pytest.fixture(scope="module")
def keys():
    return sample_keys(np.random.RandomState(0).standard_normal((N, 3)))


# Keys -----------------------------------------------------------------------------


def test_keys_are_uniform(keys):
    assert keys.shape == (N, 1)
    assert keys.dtype == np.float64
    assert ((keys >= 0) & (keys < 1)).all()
    assert len(np.unique(keys)) == N
    assert stats.kstest(keys[:, 0], "uniform").pvalue > 1e-3


def test_keys_of_integers_are_uniform_too():
    """Few distinct values, as of pixels and categories."""
    X = np.random.RandomState(0).randint(0, 3, (N, 30))
    assert stats.kstest(sample_keys(X)[:, 0], "uniform").pvalue > 1e-3


def test_a_key_is_that_of_the_row_s_content():
    X = np.random.RandomState(0).standard_normal((20, 4))
    keys = sample_keys(X)
    order = np.random.RandomState(1).permutation(20)
    assert_array_equal(sample_keys(X[order]), keys[order])
    assert_array_equal(sample_keys(np.vstack([X, X])), np.vstack([keys, keys]))
    for j in range(4):
        other = X.copy()
        other[:, j] = np.nextafter(other[:, j], 9)
        assert (sample_keys(other) != keys).all()


def test_columns_are_told_apart():
    X = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert len(np.unique(sample_keys(X))) == 5


def test_zeros_do_not_count_so_sparse_rows_have_the_keys_of_dense_ones():
    X = np.random.RandomState(0).standard_normal((50, 6))
    X[np.random.RandomState(1).uniform(size=X.shape) < 0.6] = 0.0
    X[7] = 0.0
    keys = sample_keys(X)
    assert_array_equal(sample_keys(csr_array(X)), keys)
    stored = csr_array(X)
    stored.data[::3] = 0.0  # zeros that are kept
    assert_array_equal(sample_keys(stored), sample_keys(stored.toarray()))
    negative = X.copy()
    negative[X == 0] = -0.0
    assert_array_equal(sample_keys(negative), keys)
    assert_array_equal(sample_keys(np.hstack([X, np.zeros((50, 2))])), keys)


def test_precision_and_layout_do_not_count():
    X = np.random.RandomState(0).standard_normal((20, 4)).astype(np.float32)
    keys = sample_keys(X)
    assert_array_equal(sample_keys(X.astype(np.float64)), keys)
    assert_array_equal(sample_keys(np.asfortranarray(X)), keys)
    assert_array_equal(sample_keys(csr_array(X)), keys)


def test_bits_are_mixed_by_splitmix64():
    """The first outputs of the generator from the seed 0, as published with it."""
    states = np.array([0, 0x9E3779B97F4A7C15, 0x3C6EF372FE94F82A], np.uint64)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert noise_module._mix(states).tolist() == expected


@pytest.mark.parametrize("layout", [np.asarray, csr_array])
def test_keys_are_made_in_chunks(layout, monkeypatch):
    X = layout(np.random.RandomState(0).standard_normal((23, 4)))
    whole = sample_keys(X)
    monkeypatch.setattr(noise_module, "_CHUNK", 7)
    assert_array_equal(sample_keys(X), whole)


# Numbers --------------------------------------------------------------------------


def test_uniform(keys):
    h = draw(Noise(0), keys)
    assert ((h >= 0) & (h < 1)).all()
    for unit in h.T:
        assert stats.kstest(unit, "uniform").pvalue > 1e-3


def test_a_sample_of_key_zero_has_numbers_of_its_own():
    """u of h(k) = (a k + u) mod 1: each unit's and each step's another."""
    noise = Noise(0)
    first, second = (draw(noise, np.zeros((2, 1)), width=1000) for _ in range(2))
    assert_array_equal(first[0], first[1])
    assert (first != second).all()
    assert stats.kstest(first[0], "uniform").pvalue > 1e-3


def test_normal(keys):
    for unit in draw(Noise(0), keys, "normal").T:
        assert stats.kstest(unit, "norm").pvalue > 1e-3


def test_normal_is_that_of_the_uniform_numbers(keys):
    h = draw(Noise(0), keys)
    assert_allclose(stats.norm.cdf(draw(Noise(0), keys, "normal")), h, atol=1e-12)


def test_normal_numbers_are_finite_at_the_ends():
    class Ends(Noise):
        def _hash(self, keys, h, whole):
            h[...] = [[0.0, np.nextafter(1, 0)]]
            return h

    h = draw(Ends(0), np.zeros((1, 1)), "normal", width=2)
    assert np.isfinite(h).all()
    assert_allclose(h, [[-7.03, 7.03]], atol=0.01)


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_rows_units_and_steps_are_uncorrelated(distribution):
    """Of a few rows, over many steps."""
    few = sample_keys(np.random.RandomState(1).standard_normal((4, 3)))
    noise = Noise(0)
    steps = np.array([draw(noise, few, distribution, width=2).ravel() for _ in range(N)])
    assert np.abs(np.corrcoef(steps.T) - np.eye(8)).max() < 5 / np.sqrt(N)
    following = np.corrcoef(steps[:-1].T, steps[1:].T)[:8, 8:]
    assert np.abs(following).max() < 5 / np.sqrt(N)


def test_rows_are_pairwise_independent():
    """Two rows' numbers fill the unit square evenly; so a product of them has the right mean."""
    noise, two = Noise(0), np.array([[0.3], [0.3 + 1e-5]])
    pairs = np.concatenate([draw(noise, two, width=50) for _ in range(200)], axis=1)
    counts, _, _ = np.histogram2d(*pairs, bins=5, range=[(0, 1), (0, 1)])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-3


def test_equal_rows_have_equal_numbers_wherever_they_stand():
    keys = np.array([[0.1], [0.7], [0.1]])
    h = draw(Noise(0), keys)
    assert_array_equal(h[0], h[2])
    assert (h[0] != h[1]).all()
    assert_array_equal(draw(Noise(0), keys[[1, 0]]), h[[1, 0]])


def test_seed_and_step_make_the_numbers(keys):
    noise = Noise([1, 2])
    first, second = draw(noise, keys), draw(noise, keys)
    again = Noise([1, 2])
    assert_array_equal(draw(again, keys), first)
    assert_array_equal(draw(again, keys), second)
    assert (first != second).all()
    assert (draw(Noise([1, 3]), keys) != first).all()


def test_numbers_do_not_depend_on_precision(keys):
    single = draw(Noise(0), keys, dtype=np.float32)
    assert single.dtype == np.float32
    assert_array_equal(single, draw(Noise(0), keys).astype(np.float32))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_copies_go_on_from_the_same_place(copied, keys):
    noise = Noise(3)
    draw(noise, keys)
    other = copied(noise)
    expected = draw(noise, keys)
    assert_array_equal(draw(other, keys), expected)
