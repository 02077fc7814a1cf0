"""Noise on the input: of the right kind and strength, in training only."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skbackprop.core.layers import CORRUPTIONS, Dense
from skbackprop.core.losses import SquaredError
from skbackprop.core.network import Network
from skbackprop.core.noise import Noise, sample_keys
from skbackprop.core.passes import Workspace
from skbackprop.core.prediction import feed_forward

N_SAMPLES, N_FEATURES = 4000, 3
X = 2.0 + np.random.RandomState(0).standard_normal((N_SAMPLES, N_FEATURES))
LOW, HIGH = X.min(axis=0), X.max(axis=0)


def corrupted(kind, level, seed=0, dtype=np.float64):
    """What the next layer sees in three steps of training, shape (3, n_samples, n_features)."""
    layer = make(kind, level, dtype)
    network = Network([layer, Dense(N_FEATURES, 1)], dtype=dtype)
    workspace = Workspace(network, N_SAMPLES, loss=SquaredError(), noise=[Noise(seed)])
    batch = workspace.for_rows(N_SAMPLES)
    batch.x[...] = X
    batch.keys[...] = sample_keys(X)
    seen = []
    for _ in range(3):
        batch.forward()
        seen.append(batch.layers[0].above.value.copy())
    assert_array_equal(batch.x, X.astype(dtype))
    return np.array(seen)


def make(kind, level, dtype=np.float64):
    limits = (LOW.astype(dtype), HIGH.astype(dtype)) if kind == "salt_pepper" else ()
    return CORRUPTIONS[kind](N_FEATURES, level, *limits)


def test_gaussian_noise_has_the_level_as_its_deviation():
    noise = corrupted("gaussian", 0.3) - X
    assert_allclose(noise.std(axis=1), 0.3, rtol=0.05)
    assert_allclose(noise.mean(axis=1), 0.0, atol=0.02)
    assert stats.kstest(noise[0, :, 0] / 0.3, "norm").pvalue > 1e-3


def test_masking_sets_the_level_s_share_to_zero():
    seen = corrupted("masking", 0.3)
    assert_allclose((seen == 0).mean(axis=1), 0.3, atol=0.03)
    assert ((seen == 0) | (seen == X)).all()


def test_salt_and_pepper_sets_the_level_s_share_to_the_ends():
    seen = corrupted("salt_pepper", 0.3)
    at_low, at_high = seen == LOW, seen == HIGH
    assert_allclose(at_low.mean(axis=1), 0.15, atol=0.03)
    assert_allclose(at_high.mean(axis=1), 0.15, atol=0.03)
    assert (at_low | at_high | (seen == X)).all()


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_noise_is_fresh_in_each_step_and_apart_for_each_entry(kind):
    changed = (corrupted(kind, 0.5) != X).astype(float)
    if kind == "gaussian":
        changed = corrupted(kind, 0.5) - X
    steps = np.corrcoef(changed.reshape(3, -1))
    features = np.corrcoef(changed[0].T)
    for correlations in (steps, features):
        assert np.abs(correlations - np.eye(3)).max() < 0.06


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_seed_makes_the_noise(kind):
    assert_array_equal(corrupted(kind, 0.3, seed=1), corrupted(kind, 0.3, seed=1))
    assert (corrupted(kind, 0.3, seed=1) != corrupted(kind, 0.3, seed=2)).any()


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_level_zero_changes_nothing(kind):
    assert_array_equal(corrupted(kind, 0.0)[0], X)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_single_precision_stays(kind):
    assert corrupted(kind, 0.3, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_prediction_sees_clean_input(kind):
    network = Network([make(kind, 0.9), Dense(N_FEATURES, N_FEATURES)])
    network.weights()[0][...] = np.eye(N_FEATURES)
    assert_array_equal(feed_forward(network, X), X)
