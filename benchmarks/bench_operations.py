"""Microseconds of a training step: what binding operations once gains, and what SciPy's BLAS does.

    python benchmarks/bench_operations.py [--repeats 15] [--steps 300] [--only spirals]

Four ways of the same step (forward, log loss, backward, Adam), on one BLAS thread:

- *textbook*: NumPy as one writes it, a new array for each result, Adam array by array
- *buffers*: NumPy's functions called in each step, into arrays that are kept, Adam on flat vectors
- *bound*: the engine, with operations that are bound once and made of NumPy's functions only
- *engine*: the engine as it is, small operations being calls of SciPy's BLAS

They alternate in one process; each figure is the smallest of the repeats, and the speed-up is over
*textbook*. All four must have the same parameters after five steps.
"""

import argparse
import platform
import time
from contextlib import nullcontext
from unittest import mock

import numpy as np
import scipy
from _cases import CASES
from scipy.special import expit
from threadpoolctl import threadpool_limits

from skbackprop.core import operations
from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.architectures import multilayer_perceptron
from skbackprop.core.losses import LogLoss
from skbackprop.core.optimizers import Adam
from skbackprop.core.schedules import Schedule
from skbackprop.core.training.job import Job
from skbackprop.core.training.minibatch import MiniBatch, Steps
from skbackprop.core.training.problem import Problem
from skbackprop.core.training.state import State

RATE, BETA_1, BETA_2, EPSILON, ALPHA = 0.001, 0.9, 0.999, 1e-8, 1e-4


def logistic(z):
    """σ(z)."""
    return 1.0 / (1.0 + np.exp(-z))


#: σ, and σ′ written in a = σ(z)
SIGMA = {
    "tanh": (np.tanh, lambda a: 1.0 - a**2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda a: (a > 0).astype(a.dtype)),
    "logistic": (logistic, lambda a: a * (1.0 - a)),
}


class Textbook:
    """NumPy as one writes it."""

    def __init__(self, network, X, Y, activation):
        self.W = [W.copy() for W in network.weights()]
        self.b = [b.copy() for b in network.biases()]
        self.X, self.Y = X, Y
        self.sigma, self.derivative = SIGMA[activation]
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.W + self.b]
        self.t = 0

    @property
    def params(self):
        """All parameters in the order of the engine's vector."""
        return np.concatenate([p.ravel() for p in self.W + self.b])

    def step(self, rows):
        """One step on a batch."""
        W, b, x, y = self.W, self.b, self.X[rows], self.Y[rows]
        activations = [x]
        for l in range(len(W)):
            z = activations[-1] @ W[l] + b[l]
            activations.append(self.sigma(z) if l < len(W) - 1 else z)
        losses, delta = self.loss(activations.pop(), y)
        penalty = ALPHA / 2 * sum((w**2).sum() for w in W)
        self.value = (losses.sum() + penalty) / len(rows)
        delta = delta / len(rows)
        dW, db = [None] * len(W), [None] * len(W)
        for l in reversed(range(len(W))):
            dW[l] = activations[l].T @ delta + ALPHA / len(rows) * W[l]
            db[l] = delta.sum(axis=0)
            if l:
                delta = delta @ W[l].T * self.derivative(activations[l])
        self.t += 1
        size = RATE * np.sqrt(1.0 - BETA_2**self.t) / (1.0 - BETA_1**self.t)
        for p, g, (m, v) in zip(W + b, dW + db, self.moments, strict=True):
            m[...] = BETA_1 * m + (1.0 - BETA_1) * g
            v[...] = BETA_2 * v + (1.0 - BETA_2) * g**2
            p -= size * m / (np.sqrt(v) + EPSILON)

    @staticmethod
    def loss(z, y):
        """The log loss, and its gradient with respect to the raw scores."""
        if y.shape[1] == 1:
            return np.logaddexp(z, 0.0) - z * y, logistic(z) - y
        shifted = z - z.max(axis=1, keepdims=True)
        exp = np.exp(shifted)
        total = exp.sum(axis=1, keepdims=True)
        return (np.log(total) - shifted) * y, exp / total - y


class Buffers:
    """The same with NumPy's functions, into arrays that are kept."""

    def __init__(self, network, X, Y, activation, batch_size):
        self.network, self.X, self.Y = network, X, Y
        self.params, self.gradient = network.params, np.empty_like(network.params)
        self.W, self.b = network.weights(), network.biases()
        self.dW, self.db = network.weights(self.gradient), network.biases(self.gradient)
        self.m, self.v, self.scratch = (np.zeros_like(self.params) for _ in range(3))
        self.weights = self.params[: network.n_weights]
        self.activation, self.t = activation, 0
        widths = [X.shape[1], *(W.shape[1] for W in self.W)]
        self.buffers = [
            [np.empty((batch_size, width), X.dtype) for width in widths] for _ in range(3)
        ]
        self.y = np.empty((batch_size, Y.shape[1]), X.dtype)
        self.column = np.empty((batch_size, 1), X.dtype)

    def step(self, rows):
        """One step on a batch."""
        n, W = len(rows), self.W
        a, delta, slope = ([one[:n] for one in arrays] for arrays in self.buffers)
        y, column = self.y[:n], self.column[:n]
        self.X.take(rows, 0, a[0], "clip")
        self.Y.take(rows, 0, y, "clip")
        for l in range(len(W)):
            np.matmul(a[l], W[l], out=a[l + 1])
            np.add(a[l + 1], self.b[l], out=a[l + 1])
            if l < len(W) - 1:
                self.activate(a[l + 1], slope[l + 1])
        self.loss(a[-1], y, slope[-1], delta[-1], column)
        value = slope[-1].sum() + ALPHA / 2 * np.dot(self.weights, self.weights)
        self.value = value / n
        np.multiply(delta[-1], 1.0 / n, out=delta[-1])
        for l in reversed(range(len(W))):
            np.matmul(a[l].T, delta[l + 1], out=self.dW[l])
            np.sum(delta[l + 1], axis=0, out=self.db[l])
            if l:
                np.matmul(delta[l + 1], W[l].T, out=delta[l])
                np.multiply(delta[l], slope[l], out=delta[l])
        self.update(n)

    def activate(self, z, slope):
        """σ in place, and σ′."""
        if self.activation == "tanh":
            np.tanh(z, out=z)
            np.multiply(z, z, out=slope)
            np.subtract(1.0, slope, out=slope)
        elif self.activation == "relu":
            np.greater(z, 0.0, out=slope)
            np.multiply(z, slope, out=z)
        else:
            expit(z, out=z)
            np.subtract(1.0, z, out=slope)
            np.multiply(slope, z, out=slope)

    @staticmethod
    def loss(z, y, losses, delta, column):
        """The log loss, and its gradient with respect to the raw scores."""
        if y.shape[1] == 1:
            np.logaddexp(z, 0.0, out=losses)
            np.multiply(z, y, out=delta)
            np.subtract(losses, delta, out=losses)
            expit(z, out=delta)
        else:
            np.max(z, axis=1, keepdims=True, out=column)
            np.subtract(z, column, out=losses)
            np.exp(losses, out=delta)
            np.sum(delta, axis=1, keepdims=True, out=column)
            np.divide(delta, column, out=delta)
            np.log(column, out=column)
            np.subtract(column, losses, out=losses)
            np.multiply(losses, y, out=losses)
        np.subtract(delta, y, out=delta)

    def update(self, n):
        """Adam on the flat vectors, with the L2 penalty's gradient."""
        g, m, v, scratch = self.gradient, self.m, self.v, self.scratch
        part = scratch[: len(self.weights)]
        np.multiply(self.weights, ALPHA / n, out=part)
        np.add(g[: len(part)], part, out=g[: len(part)])
        self.t += 1
        size = RATE * (1.0 - BETA_2**self.t) ** 0.5 / (1.0 - BETA_1**self.t)
        np.multiply(m, BETA_1, out=m)
        np.multiply(g, 1.0 - BETA_1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(v, BETA_2, out=v)
        np.multiply(g, g, out=scratch)
        np.multiply(scratch, 1.0 - BETA_2, out=scratch)
        np.add(v, scratch, out=v)
        np.sqrt(v, out=scratch)
        np.add(scratch, EPSILON, out=scratch)
        np.divide(m, scratch, out=scratch)
        np.multiply(scratch, size, out=scratch)
        np.subtract(self.params, scratch, out=self.params)


class Engine:
    """The engine's own steps."""

    def __init__(self, network, X, Y, batch_size, blas):
        loss = LogLoss("logistic" if Y.shape[1] == 1 else "softmax")
        problem = Problem(X, Y, loss, np.arange(len(X)), alpha=ALPHA)
        optimizer = Adam(BETA_1, BETA_2, EPSILON)
        solver = MiniBatch(1, 0.0, 1, optimizer, Schedule(RATE), batch_size=batch_size)
        state = State(network, np.random.RandomState(0))
        state.set_up_moments(optimizer)
        numpy_only = mock.patch.multiple(operations, _is_small=no, _is_small_product=no)
        with nullcontext() if blas else numpy_only:
            self.steps = Steps.of_job(Job(problem, solver, state))
            self.steps.workspace.for_rows(batch_size)  # binds
        self.network = network

    @property
    def params(self):
        """The parameters."""
        return self.network.params

    def step(self, rows):
        """One step on a batch."""
        self.steps.step(rows, RATE, is_last=False)


def no(*args):
    """Nothing is small."""
    return False


def make_sides(case):
    """The four ways from the same initial weights."""
    X, y = case.load()
    labels = np.unique(y, return_inverse=True)[1]
    Y = labels[:, None] if labels.max() == 1 else np.eye(labels.max() + 1)[labels]
    Y = Y.astype(X.dtype)
    widths = [X.shape[1], *case.hidden, Y.shape[1]]
    activations = [ACTIVATIONS[case.activation]] * len(case.hidden)
    rng = np.random.RandomState(0)

    network = multilayer_perceptron(widths, activations, dtype=X.dtype)
    for W in network.weights():
        W[...] = rng.normal(0.0, W.shape[0] ** -0.5, W.shape)
    b = min(case.batch_size, len(X))
    sides = {
        "textbook": Textbook(network, X, Y, case.activation),
        "buffers": Buffers(network.copy(), X, Y, case.activation, b),
        "bound": Engine(network.copy(), X, Y, b, blas=False),
        "engine": Engine(network.copy(), X, Y, b, blas=True),
    }
    starts = range(0, len(X) - b + 1, b)
    order = rng.permutation(len(X))
    return sides, [order[start : start + b] for start in starts]


def measure(case, repeats, steps):
    """Smallest microseconds of a step of each side."""
    sides, batches = make_sides(case)
    assert_same(case, sides, batches)
    best = dict.fromkeys(sides, np.inf)
    with np.errstate(all="ignore"):
        for _ in range(repeats):
            for name, side in sides.items():
                start = time.perf_counter()
                for i in range(steps):
                    side.step(batches[i % len(batches)])
                best[name] = min(best[name], (time.perf_counter() - start) / steps * 1e6)
    return best


def assert_same(case, sides, batches):
    """All sides go to the same place in their first five steps, but for rounding."""
    before = sides["engine"].params.copy()
    for side in sides.values():
        for i in range(5):
            side.step(batches[i % len(batches)])
    moved = sides["engine"].params - before
    for side in sides.values():
        error = np.linalg.norm(side.params - before - moved) / np.linalg.norm(moved)
        assert error < (0.02 if case.dtype == np.float32 else 1e-6), error


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--steps", type=int, default=300, help="steps a repeat")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, 1 BLAS thread; microseconds of a step (times as fast)"
    )
    names = ("textbook", "buffers", "bound", "engine")
    print(f"{'network':18} {'batch':>5} {'dtype':8}" + "".join(f"{name:>16}" for name in names))
    with threadpool_limits(1):
        for case in CASES:
            if arguments.only not in case.name:
                continue
            size = sum(np.prod(pair) for pair in zip(case.hidden, case.hidden[1:], strict=False))
            steps = max(3, arguments.steps // (1 + int(size) // 3000))
            best = measure(case, arguments.repeats, steps)
            columns = (f"{best[n]:8.1f} ({best['textbook'] / best[n]:4.2f})" for n in names)
            dtype = np.dtype(case.dtype).name
            print(
                f"{case.name:18} {case.batch_size:5} {dtype:8}"
                + "".join(f"{c:>16}" for c in columns),
                flush=True,
            )


if __name__ == "__main__":
    main()
