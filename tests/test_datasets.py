"""The generators of `skbackprop.datasets`."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.datasets import make_spiral_curve, make_spirals, make_xor

GENERATORS = [make_spirals, make_spiral_curve, make_xor]


@pytest.mark.parametrize("make", GENERATORS)
class TestEveryGenerator:
    def test_shapes_and_dtypes(self, make):
        for n_samples in (1, 2, 3, 4, 5, 41):
            X, target = make(n_samples, random_state=0)
            assert X.shape == (n_samples, 2)
            assert target.shape == (n_samples,)
            assert X.dtype == np.float64
            expected = np.floating if make is make_spiral_curve else np.integer
            assert np.issubdtype(target.dtype, expected)

    def test_default_size(self, make):
        expected = {make_spirals: 400, make_spiral_curve: 500, make_xor: 4}[make]
        assert len(make()[0]) == expected

    def test_same_seed_same_data(self, make):
        first, second = (make(30, noise=0.2, random_state=7) for _ in range(2))
        assert_array_equal(first[0], second[0])
        assert_array_equal(first[1], second[1])

    def test_other_seed_other_data(self, make):
        X, _ = make(30, noise=0.2, random_state=7)
        other, _ = make(30, noise=0.2, random_state=8)
        assert not np.allclose(X, other)

    def test_takes_numpy_scalars(self, make):
        X, _ = make(np.int32(30), noise=np.float32(0.5), random_state=np.int64(7))
        assert_array_equal(X, make(30, noise=0.5, random_state=7)[0])

    def test_noise_has_the_given_standard_deviation(self, make):
        noiseless, target = make(10_000, noise=0.0, random_state=3)
        X, same_target = make(10_000, noise=0.3, random_state=3)
        assert_array_equal(target, same_target)
        assert_allclose((X - noiseless).mean(axis=0), 0, atol=0.015)
        assert_allclose((X - noiseless).std(axis=0), 0.3, atol=0.01)

    def test_noise_level_does_not_move_the_stream(self, make):
        states = []
        for noise in (0.0, 1.0):
            rng = np.random.RandomState(0)
            make(30, noise=noise, random_state=rng)
            states.append(rng.random_sample())
        assert states[0] == states[1]

    def test_leaves_the_global_stream_alone_when_seeded(self, make):
        np.random.seed(0)
        expected = np.random.random_sample()
        np.random.seed(0)
        make(30, random_state=1)
        assert np.random.random_sample() == expected

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"n_samples": 0}, ValueError, r"n_samples == 0, must be >= 1"),
            ({"n_samples": -5}, ValueError, r"n_samples == -5, must be >= 1"),
            ({"n_samples": 10.0}, TypeError, r"n_samples must be .* int, not float"),
            ({"noise": -0.1}, ValueError, r"noise == -0.1, must be >= 0"),
            ({"noise": np.nan}, ValueError, r"noise == nan, must be finite"),
            ({"noise": np.inf}, ValueError, r"noise == inf, must be finite"),
            ({"noise": None}, TypeError, r"noise must be .* float, not NoneType"),
            ({"random_state": "no seed"}, ValueError, r"'no seed' cannot be used"),
        ],
    )
    def test_rejects_bad_parameters(self, make, parameters, error, message):
        with pytest.raises(error, match=message):
            make(**parameters)


class TestSpirals:
    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"n_arms": 0}, ValueError, r"n_arms == 0, must be >= 1"),
            ({"n_arms": 2.5}, TypeError, r"n_arms must be .* int, not float"),
            ({"n_turns": 0}, ValueError, r"n_turns == 0, must be > 0"),
            ({"n_turns": np.inf}, ValueError, r"n_turns == inf, must be finite"),
            ({"n_turns": "1"}, TypeError, r"n_turns must be .* float, not str"),
            ({"shuffle": "yes"}, TypeError, r"shuffle must be .*bool.*, not str"),
        ],
    )
    def test_rejects_bad_parameters(self, parameters, error, message):
        with pytest.raises(error, match=message):
            make_spirals(**parameters)

    @pytest.mark.parametrize(
        ("n_samples", "n_arms", "expected"),
        [
            (400, 2, [200, 200]),
            (401, 2, [201, 200]),
            (11, 3, [4, 4, 3]),
            (10, 1, [10]),
            (2, 3, [1, 1]),
        ],
    )
    def test_arms_share_the_points(self, n_samples, n_arms, expected):
        _, y = make_spirals(n_samples, n_arms=n_arms, random_state=0)
        assert_array_equal(np.bincount(y), expected)

    @pytest.mark.parametrize("n_turns", [0.5, 1.0, 3])
    def test_points_lie_on_the_curve(self, n_turns):
        X, y = make_spirals(900, n_arms=3, n_turns=n_turns, noise=0, shuffle=False, random_state=5)
        theta = np.sqrt(np.random.RandomState(5).rand(300)) * 2 * np.pi * n_turns
        for k in range(3):
            angle = theta + 2 * np.pi * k / 3
            curve = (2 * theta + np.pi) * np.array([np.cos(angle), np.sin(angle)])
            assert_allclose(X[y == k], curve.T, atol=1e-12)

    def test_shorter_arm_takes_the_first_points(self):
        X, y = make_spirals(41, noise=0, shuffle=False, random_state=0)
        assert_array_equal(X[y == 1], -X[y == 0][:20])

    def test_shuffle_permutes_the_same_points(self):
        ordered, y_ordered = make_spirals(50, shuffle=False, random_state=0)
        shuffled, y_shuffled = make_spirals(50, shuffle=True, random_state=0)
        assert_array_equal(y_ordered, np.repeat([0, 1], 25))
        assert not np.array_equal(y_ordered, y_shuffled)
        rows = {(*x, k) for x, k in zip(ordered, y_ordered, strict=True)}
        assert rows == {(*x, k) for x, k in zip(shuffled, y_shuffled, strict=True)}

    def test_draws_in_the_documented_order(self):
        n_arms, n = 4, 25
        rng, replayed = (np.random.RandomState(42) for _ in range(2))
        X, y = make_spirals(n_arms * n, n_arms=n_arms, noise=0.3, random_state=rng)

        theta = np.sqrt(replayed.rand(n)) * 2 * np.pi
        r = 2 * theta + np.pi
        arms = []
        for k in range(n_arms):
            angle = theta + 2 * np.pi * k / n_arms
            x_k = r * np.cos(angle) + replayed.randn(n) * 0.3
            y_k = r * np.sin(angle) + replayed.randn(n) * 0.3
            arms.append(np.column_stack([x_k, y_k]))
        order = replayed.permutation(n_arms * n)

        assert_allclose(X, np.vstack(arms)[order], atol=1e-12)
        assert_array_equal(y, np.repeat(np.arange(n_arms), n)[order])
        assert rng.random_sample() == replayed.random_sample()

    def test_two_arms_are_exact_mirror_images(self):
        X, y = make_spirals(60, noise=0, shuffle=False, random_state=1)
        assert_array_equal(X[y == 1], -X[y == 0])

    def test_two_spirals_replay_the_published_training_curve(self):
        """2-16-8-1, tanh, gradient descent on the whole set, in plain NumPy."""
        rng = np.random.RandomState(42)
        X, y = make_spirals(400, noise=0.3, shuffle=False, random_state=rng)
        X = (X - X.mean(axis=0)) / X.std(axis=0)

        curve, correct = descend(
            X,
            y[:, None],
            weights=normal_weights(rng, (2, 16, 8, 1), lambda i, o: 1 / i),
            hidden=(np.tanh, lambda a: 1 - a**2),
            error=lambda a, t: a - t,
            loss=lambda a, t: -np.mean(np.where(t == 1, np.log(a), np.log(1 - a))),
            learning_rate=0.5,
            n_epochs=300,
        )
        assert round(curve[99], 4) == 0.0972
        assert correct == 1.0


class TestSpiralCurve:
    def test_rejects_bad_n_turns(self):
        with pytest.raises(ValueError, match=r"n_turns == -1, must be > 0"):
            make_spiral_curve(n_turns=-1)

    @pytest.mark.parametrize("n_turns", [0.5, 1.0, 3])
    def test_points_lie_on_the_curve(self, n_turns):
        X, t = make_spiral_curve(100, n_turns=n_turns, noise=0)
        assert_allclose(t, np.arange(100) / 99 * 2 * np.pi * n_turns, atol=1e-12)
        assert_allclose(X, np.column_stack([t * np.cos(t), t * np.sin(t)]), atol=1e-12)

    def test_draws_in_the_documented_order(self):
        rng, replayed = (np.random.RandomState(42) for _ in range(2))
        X, t = make_spiral_curve(50, noise=0.3, random_state=rng)
        assert_array_equal(X[:, 0], t * np.cos(t) + replayed.randn(50) * 0.3)
        assert_array_equal(X[:, 1], t * np.sin(t) + replayed.randn(50) * 0.3)
        assert rng.random_sample() == replayed.random_sample()

    def test_autoencoder_replays_the_published_error(self):
        """2-1-2, sigmoid, gradient descent on the whole set, in plain NumPy."""
        rng = np.random.RandomState(42)
        X, _ = make_spiral_curve(500, noise=0.3, random_state=rng)
        X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))

        curve, _ = descend(
            X,
            X,
            weights=normal_weights(rng, (2, 1, 2), lambda i, o: 2 / (i + o)),
            hidden=(sigmoid, lambda a: a * (1 - a)),
            error=lambda a, t: (a - t) * a * (1 - a),
            loss=lambda a, t: np.mean((a - t) ** 2),
            learning_rate=1.0,
            n_epochs=2000,
        )
        assert round(curve[-1], 4) == 0.0361


class TestXor:
    def test_truth_table_is_repeated(self):
        X, y = make_xor(11)
        corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert_array_equal(X, (corners * 3)[:11])
        assert_array_equal(y, ([0, 1, 1, 0] * 3)[:11])

    def test_noise_moves_the_points_and_not_the_labels(self):
        X, y = make_xor(12, noise=10.0, random_state=0)
        assert not np.isin(X, [0, 1]).any()
        assert_array_equal(y, [0, 1, 1, 0] * 3)

    def test_draws_in_the_documented_order(self):
        rng, replayed = (np.random.RandomState(42) for _ in range(2))
        X, _ = make_xor(8, noise=0.3, random_state=rng)
        corners, _ = make_xor(8)
        assert_array_equal(X[:, 0], corners[:, 0] + replayed.randn(8) * 0.3)
        assert_array_equal(X[:, 1], corners[:, 1] + replayed.randn(8) * 0.3)
        assert rng.random_sample() == replayed.random_sample()


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def normal_weights(rng, sizes, variance):
    """Weights (fan_out, fan_in), layer by layer, N(0, variance(fan_in, fan_out))."""
    return [
        rng.randn(fan_out, fan_in) * np.sqrt(variance(fan_in, fan_out))
        for fan_in, fan_out in pairwise(sizes)
    ]


def descend(X, target, *, weights, hidden, error, loss, learning_rate, n_epochs):
    """Gradient descent with sigmoid outputs, independent of the package's engine.

    Returns the loss before each step, and the share of outputs on the right side of
    one half before the last one.
    """
    weights = [W.copy() for W in weights]
    biases = [np.zeros(len(W)) for W in weights]
    activation, derivative = hidden
    curve = []
    for _ in range(n_epochs):
        a = [X]
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            a.append(activation(a[-1] @ W.T + b))
        output = sigmoid(a[-1] @ weights[-1].T + biases[-1])
        curve.append(loss(output, target))

        delta = error(output, target) / len(X)
        for layer in reversed(range(len(weights))):
            coef_grad, intercept_grad = delta.T @ a[layer], delta.sum(axis=0)
            if layer:
                delta = (delta @ weights[layer]) * derivative(a[layer])
            weights[layer] -= learning_rate * coef_grad
            biases[layer] -= learning_rate * intercept_grad
    return curve, np.mean((output > 0.5) == (target > 0.5))
