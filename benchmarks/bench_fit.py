"""Seconds of a fit against scikit-learn's MLPClassifier: the same model from the same seed.

    python benchmarks/bench_fit.py [--repeats 5] [--threads 1] [--only spirals]

The two sides alternate in one process; the ratio is that of the minima. Prints a table.
"""

import argparse
import platform
import time
import warnings

import numpy as np
import scipy
import sklearn
from _cases import CASES
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import skbackprop
from skbackprop import BackpropClassifier


def time_fit(Estimator, case, X, y):
    """Seconds of one fit, and the fitted estimator."""
    estimator = Estimator(**case.settings())
    start = time.perf_counter()
    estimator.fit(X, y)
    return time.perf_counter() - start, estimator


def compare(case, repeats):
    """Best seconds of both sides, and the largest relative difference of their loss curves."""
    X, y = case.load()
    ours, theirs = [], []
    for _ in range(repeats):
        seconds, mlp = time_fit(MLPClassifier, case, X, y)
        theirs.append(seconds)
        seconds, backprop = time_fit(BackpropClassifier, case, X, y)
        ours.append(seconds)
    curves = np.array(mlp.loss_curve_), np.array(backprop.loss_curve_)
    return min(ours), min(theirs), np.max(np.abs(curves[0] - curves[1]) / curves[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="BLAS threads")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
        f"skbackprop {skbackprop.__version__}, {arguments.threads} BLAS thread(s)"
    )
    print(
        f"{'network':18} {'batch':>5} {'dtype':8} {'MLP s':>8} {'ours s':>8} {'ratio':>6}", end=""
    )
    print(f" {'target':>6} {'loss differs':>12}")
    with threadpool_limits(arguments.threads):
        for case in CASES:
            if arguments.only in case.name:
                ours, theirs, difference = compare(case, arguments.repeats)
                target = "" if case.target is None else f"{case.target:.2f}"
                print(
                    f"{case.name:18} {case.batch_size:5} {np.dtype(case.dtype).name:8} "
                    f"{theirs:8.3f} {ours:8.3f} {theirs / ours:6.2f} {target:>6} "
                    f"{difference:12.1e}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
