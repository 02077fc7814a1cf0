"""Distances to neighbours against a search by hand; sample weights against repeats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neighbors import NearestNeighbors

from skbackprop.core.neighbours import FLOOR, NeighbourDistance, distinct_rows


def by_hand(X, new, k=10):
    distances, _ = NearestNeighbors(n_neighbors=k).fit(X).kneighbors(new)
    return np.log(distances.mean(axis=1) + FLOOR)


@pytest.mark.parametrize("n_features", [1, 2, 30])
def test_log_of_the_mean_distance_to_ten(n_features):
    rng = np.random.RandomState(0)
    X, new = rng.standard_normal((300, n_features)), 3 * rng.standard_normal((2500, n_features))
    found = NeighbourDistance.estimate(X, np.ones(300))
    assert_allclose(found.oddness(new), by_hand(X, new), rtol=1e-10)


def test_a_part_of_many_samples():
    """No more than 1024 are kept, and new samples are ordered nearly as by all."""
    rng = np.random.RandomState(0)
    X, new = rng.standard_normal((20_000, 3)), 2 * rng.standard_normal((500, 3))
    found = NeighbourDistance.estimate(X, np.ones(len(X)))
    assert found.references.shape == (1024, 3)
    rows = {row.tobytes() for row in X}
    assert all(row.tobytes() in rows for row in found.references)
    assert np.corrcoef(found.oddness(new), by_hand(X, new, k=195))[0, 1] > 0.99


def test_a_weight_is_a_repetition_and_its_unit_does_not_matter():
    rng = np.random.RandomState(0)
    X, new, weights = (
        rng.standard_normal((90, 4)),
        rng.standard_normal((50, 4)),
        rng.randint(1, 5, 90),
    )
    weighted = NeighbourDistance.estimate(X, weights.astype(float)).oddness(new)
    repeated = np.repeat(X, weights, axis=0)
    order = rng.permutation(len(repeated))
    found = NeighbourDistance.estimate(repeated[order], np.ones(len(repeated))).oddness(new)
    assert_allclose(found, weighted, rtol=1e-12)
    assert_allclose(NeighbourDistance.estimate(X, 1e3 * weights).oddness(new), weighted, rtol=1e-12)


def test_the_last_neighbour_counts_in_part():
    """Four samples on a line, of weights 1, 2, 1, 4: three of the four nearest are averaged."""
    X = np.array([[1.0], [2.0], [4.0], [7.0]])
    found = NeighbourDistance.estimate(X, np.array([1.0, 2.0, 1.0, 4.0]))
    # a reach of 3 / 4 of the weight 8: from 0, distances 1, 2, 4 count in full and half of the 7
    expected = (1 * 1 + 2 * 2 + 1 * 4 + 2 * 7) / 6
    assert_allclose(found.oddness(np.array([[0.0]])), np.log(expected + FLOOR))


def test_units_of_the_features():
    rng = np.random.RandomState(0)
    X, new, scale = rng.standard_normal((50, 2)), rng.standard_normal((9, 2)), np.array([1e3, 1e-3])
    found = NeighbourDistance.estimate(X * scale, np.ones(50), scale).oddness(new * scale)
    assert_allclose(found, by_hand(X, new), rtol=1e-9)


def test_the_rows_before_it_do_not_change_a_row():
    rng = np.random.RandomState(0)
    found = NeighbourDistance.estimate(rng.standard_normal((200, 5)), np.ones(200))
    new = rng.standard_normal((3000, 5))
    whole = found.oddness(new)
    for row in (0, 1023, 1024, 2999):
        assert_array_equal(found.oddness(new[row : row + 1]), whole[row : row + 1])


@pytest.mark.parametrize("n_samples", [1, 2, 3, 12])
def test_few_samples(n_samples):
    X = np.arange(n_samples, dtype=float)[:, np.newaxis]
    found = NeighbourDistance.estimate(X, np.ones(n_samples)).oddness(np.array([[0.0], [1e6]]))
    assert np.isfinite(found).all()
    assert found[1] > found[0] + 5


def test_equal_samples():
    found = NeighbourDistance.estimate(np.full((30, 3), 0.1), np.ones(30))
    assert_allclose(found.oddness(np.full((2, 3), 0.1)), np.log(FLOOR))


def test_the_tail_of_a_gaussian_is_exponential():
    """The mean excess of the log does not grow with the threshold; that of the distance does."""
    rng = np.random.RandomState(0)
    X, new = rng.standard_normal((2, 100_000, 2))
    logs = NeighbourDistance.estimate(X, np.ones(len(X))).oddness(new)

    def growth(values):
        low, high = (np.quantile(values, q) for q in (0.75, 0.99))
        return (values[values > high] - high).mean() / (values[values > low] - low).mean()

    assert growth(logs) < 1.0 < growth(np.exp(logs))


def test_distinct_rows():
    X = np.array([[2.0, 1.0], [0.0, 5.0], [2.0, 1.0], [0.0, -1.0], [-0.0, 5.0]])
    assert_array_equal(distinct_rows(X), [1, 2, 1, 0, 2])
