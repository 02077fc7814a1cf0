"""Seconds of a fit against PyTorch, skorch and JAX, where they are installed.

    python benchmarks/bench_frameworks.py [--repeats 3] [--only digits]

The same network, batches and epochs, Adam without penalty, alternating in one process. PyTorch runs
eagerly with one and with two threads, and the better of the two counts; ours likewise. The floor is
the time of the bare matrix products of all steps. JAX runs an epoch as one compiled scan; its
compilation is left out.
"""

import argparse
import importlib.util
import itertools
import time
import warnings

import numpy as np
from _cases import CASES
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skbackprop import BackpropClassifier


def fit_ours(case, X, y):
    """One fit of BackpropClassifier."""
    BackpropClassifier(**case.settings(), alpha=0.0).fit(X, y)


def fit_torch(case, X, y):
    """One eager training run of the same network in PyTorch."""
    import torch

    torch.manual_seed(0)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    binary = len(torch.unique(y)) == 2
    widths = [X.shape[1], *case.hidden, 1 if binary else int(y.max()) + 1]
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}
    layers = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [torch.nn.Linear(n_in, n_out, dtype=X.dtype), activation[case.activation]()]
    network = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loss_of = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()
    target = y.to(X.dtype)[:, None] if binary else y
    for _ in range(case.epochs):
        order = torch.randperm(len(X))
        total = 0.0
        for start in range(0, len(X), case.batch_size):
            rows = order[start : start + case.batch_size]
            optimizer.zero_grad()
            loss = loss_of(network(X[rows]), target[rows])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)


def fit_skorch(case, X, y):
    """One fit of skorch's NeuralNetClassifier."""
    import skorch
    import torch

    widths = [X.shape[1], *case.hidden, len(np.unique(y))]
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}
    layers = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [torch.nn.Linear(n_in, n_out, dtype=getattr(torch, X.dtype.name))]
        layers += [activation[case.activation]()]
    skorch.NeuralNetClassifier(
        torch.nn.Sequential(*layers[:-1]),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=case.epochs,
        batch_size=case.batch_size,
        train_split=None,
        verbose=0,
    ).fit(X, np.asarray(y, np.int64))


def fit_jax(case, X, y):
    """One training run in JAX: an epoch is one compiled scan over its batches."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", X.dtype == np.float64)
    widths = [X.shape[1], *case.hidden, len(np.unique(y))]
    rng = np.random.RandomState(0)
    params = [
        (rng.normal(0, n_in**-0.5, (n_in, n_out)).astype(X.dtype), np.zeros(n_out, X.dtype))
        for n_in, n_out in itertools.pairwise(widths)
    ]
    sigma = {"tanh": jnp.tanh, "relu": jax.nn.relu, "logistic": jax.nn.sigmoid}[case.activation]

    def loss(params, X, y):
        for W, b in params[:-1]:
            X = sigma(X @ W + b)
        scores = jax.nn.log_softmax(X @ params[-1][0] + params[-1][1])
        return -jnp.mean(jnp.take_along_axis(scores, y[:, None], 1))

    def step(state, rows):
        params, m, v, t = state
        gradient = jax.grad(loss)(params, X_all[rows], y_all[rows])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(
            lambda p, m, v: p - rate.astype(p.dtype) * m / (jnp.sqrt(v) + 1e-8), params, m, v
        )
        return (params, m, v, t), None

    X_all, y_all = jnp.asarray(X), jnp.asarray(y)
    n_batches = max(1, len(X) // case.batch_size)  # without the short last one
    epoch = jax.jit(lambda state, batches: jax.lax.scan(step, state, batches)[0])
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, zeros, jnp.asarray(0.0))
    batches = rng.permutation(len(X))[: n_batches * case.batch_size].reshape(n_batches, -1)
    jax.block_until_ready(epoch(state, batches))  # compile
    start = time.perf_counter()
    for _ in range(case.epochs):
        batches = rng.permutation(len(X))[: n_batches * case.batch_size].reshape(n_batches, -1)
        state = epoch(state, batches)
    jax.block_until_ready(state)
    return time.perf_counter() - start


def products(case, X, y):
    """The bare matrix products of all steps of a fit."""
    widths = [X.shape[1], *case.hidden, 1 if len(np.unique(y)) == 2 else len(np.unique(y))]
    b = min(case.batch_size, len(X))
    a = [np.ones((b, n), X.dtype) for n in widths]
    W = [np.ones(shape, X.dtype) for shape in itertools.pairwise(widths)]
    dW = [np.empty_like(w) for w in W]
    for _ in range(case.epochs * -(-len(X) // b)):
        for i, w in enumerate(W):
            np.dot(a[i], w, out=a[i + 1])
        for i in reversed(range(len(W))):
            np.dot(a[i].T, a[i + 1], out=dW[i])
            if i:
                np.dot(a[i + 1], W[i].T, out=a[i])
        for one in a:
            one.fill(1.0)


def seconds_of(fit, case, X, y, threads):
    """Seconds of one run with that many threads."""
    if "torch" in fit.__name__ or "skorch" in fit.__name__:
        import torch

        torch.set_num_threads(threads)
    with threadpool_limits(threads):
        start = time.perf_counter()
        reported = fit(case, X, y)
        return time.perf_counter() - start if reported is None else reported


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    sides = {"ours": fit_ours, "products": products}
    for name, fit in (("torch", fit_torch), ("skorch", fit_skorch), ("jax", fit_jax)):
        if importlib.util.find_spec(name):
            sides[name] = fit
    others = [name for name in sides if name not in ("ours", "products")]
    print(f"{'network':18} {'batch':>5} {'dtype':8} {'ours s':>8} {'x floor':>8} ", end="")
    print(" ".join(f"{name + ' / ours':>14}" for name in others))
    for case in CASES:
        if arguments.only not in case.name:
            continue
        X, y = case.load()
        y = np.asarray(y, np.int64)
        best = dict.fromkeys(sides, np.inf)
        for _ in range(arguments.repeats):
            for name, fit in sides.items():
                for threads in (1, 2):
                    best[name] = min(best[name], seconds_of(fit, case, X, y, threads))
        print(
            f"{case.name:18} {case.batch_size:5} {np.dtype(case.dtype).name:8} "
            f"{best['ours']:8.3f} {best['ours'] / best['products']:8.2f} ",
            end="",
        )
        print(" ".join(f"{best[name] / best['ours']:14.2f}" for name in others), flush=True)


if __name__ == "__main__":
    main()
