"""Seconds of a fit with the machine's default threads of linear algebra, with one, and with all.

    python benchmarks/bench_threads.py [--repeats 5] [--only autoencoder]

A fit holds the linear algebra to one thread where its products are small. "default" is a fit as a
user makes it; "1" and "all" have a fixed number of threads, "all" without that rule. They alternate
in one process; a figure is the smallest of the repeats, the ratio that of the default to the
better of the others. Prints a table.
"""

import argparse
import contextlib
import math
import os
import platform
import time
import warnings
from unittest import mock

import numpy as np
import scipy
import sklearn
from threadpoolctl import threadpool_info, threadpool_limits

import skbackprop
from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    TabularClassifier,
    TabularRegressor,
)
from skbackprop._estimator import threads

TARGET = 1.15
SOLVERS = ("adam", "sgd", "lbfgs")

#: Name, samples, features, hidden layers, batch size and epochs (a third of them for L-BFGS).
SIZES = [
    ("tiny", 400, 2, (16,), 32, 30),
    ("small", 1797, 64, (100,), 200, 20),
    ("small batches", 1797, 64, (100,), 32, 6),
    ("middle", 2000, 128, (256, 128), 200, 6),
    ("large", 2000, 784, (512, 256), 200, 3),
    ("wide", 1000, 784, (1024, 1024), 256, 2),
]


def data(n_samples, n_features, n_classes=10):
    """Points of as many clusters as there are classes, and their numbers."""
    rng = np.random.RandomState(0)
    y = rng.randint(n_classes, size=n_samples)
    centres = 2.0 * rng.standard_normal((n_classes, n_features))
    return centres[y] + rng.standard_normal((n_samples, n_features)), y


def cases():
    """Yield a name, an estimator, X and y."""
    for Estimator in (BackpropClassifier, BackpropRegressor):
        for name, n_samples, n_features, hidden, batch_size, epochs in SIZES:
            X, y = data(n_samples, n_features)
            for solver in SOLVERS:
                model = Estimator(
                    hidden_layer_sizes=hidden,
                    solver=solver,
                    batch_size=batch_size,
                    max_iter=max(2, epochs // 3) if solver == "lbfgs" else epochs,
                    random_state=0,
                )
                yield f"{Estimator.__name__[8:].lower()}, {name}, {solver}", model, X, y
    yield from _autoencoders()
    for n_samples, n_features in ((600, 6), (2000, 40)):
        X, _ = data(n_samples, n_features)
        yield (
            f"detector, ({n_samples}, {n_features})",
            BackpropOutlierDetector(BackpropAutoencoder(max_iter=10), random_state=0),
            X,
            None,
        )
    for n_samples, n_features in ((600, 6), (3000, 30)):
        X, y = data(n_samples, n_features, 3)
        for Tabular in (TabularClassifier, TabularRegressor):
            name = f"{Tabular.__name__}, ({n_samples}, {n_features})"
            yield name, Tabular(max_iter=5, random_state=0), X, y


def _autoencoders():
    for n_samples, n_features, hidden in ((600, 3, (64, 32)), (1500, 64, (128,))):
        X, _ = data(n_samples, n_features)
        for solver in ("adam", "lbfgs"):
            for init, n_init in (("glorot_uniform", 1), ("glorot_uniform", 4), ("pca", 1)):
                model = BackpropAutoencoder(
                    hidden_layer_sizes=hidden,
                    solver=solver,
                    init=init,
                    n_init=n_init,
                    max_iter=10,
                    random_state=0,
                )
                name = f"autoencoder, ({n_samples}, {n_features}), {solver}, {init}, {n_init} start"
                yield name + ("s" if n_init > 1 else ""), model, X, None
    rng = np.random.RandomState(0)
    t = np.sort(rng.uniform(0, 3 * np.pi, 600))
    X = np.column_stack([t * np.cos(t), t * np.sin(t)]) + 0.1 * rng.standard_normal((600, 2))
    model = BackpropAutoencoder(
        1, hidden_layer_sizes=(64, 32), solver="lbfgs", init="isomap", max_iter=100, random_state=0
    )
    yield "autoencoder, (600, 2), lbfgs, isomap, 1 start", model, X, None


def settings(n_threads):
    """The three ways to fit, as contexts."""
    limit = mock.patch.object(threads, "_WORTH_ONE", 0)  # the rule never applies
    return {
        "default": contextlib.nullcontext,
        "1": lambda: threadpool_limits(1, user_api="blas"),
        "all": lambda: limit if n_threads > 1 else threadpool_limits(1, user_api="blas"),
    }


def seconds_of(model, X, y):
    time.sleep(0.1)  # threads of the fit before still wait, busily, for more to do
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def measure(model, X, y, ways, repeats):
    """The smallest seconds of a fit in each of the ways, which take turns."""
    best = dict.fromkeys(ways, math.inf)
    for _ in range(repeats):
        for name, context in ways.items():
            with context():
                best[name] = min(best[name], seconds_of(model, X, y))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # unfinished, and without effect on L-BFGS
    n_threads = max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, {n_threads} BLAS threads by default, "
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"scikit-learn {sklearn.__version__}, skbackprop {skbackprop.__version__}"
    )
    ways = settings(n_threads)
    header = "".join(f"{name:>9}" for name in ways)
    print(f"{'seconds of a fit':60}{header}    ratio target")
    for name, model, X, y in cases():
        if arguments.only.lower() in name.lower():
            best = measure(model, X, y, ways, arguments.repeats)
            ratio = best["default"] / min(best["1"], best["all"])
            mark = "" if ratio <= TARGET else "  above"
            figures = "".join(f"{best[way]:9.3f}" for way in ways)
            print(f"{name:60}{figures}{ratio:9.2f}{TARGET:7.2f}{mark}", flush=True)


if __name__ == "__main__":
    main()
