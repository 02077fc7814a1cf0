"""Microseconds of a prediction against scikit-learn's MLP*: the same weights, the same checks.

    python benchmarks/bench_predict.py [--repeats 9] [--threads 1] [--only digits]

The two sides alternate in one process, in bursts of calls; a figure is the smallest of the bursts'
means, the ratio that of the figures. Prints a table.
"""

import argparse
import platform
import time
import warnings

import numpy as np
import scipy
import sklearn
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

import skbackprop
from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.datasets import make_spirals

#: Name, data, the two estimators, hidden layers, and the methods that are timed.
CASES = [
    ("spirals", make_spirals(400, random_state=0), "classifier", (16,)),
    ("digits", load_digits(return_X_y=True), "classifier", (100,)),
    ("diabetes", load_diabetes(return_X_y=True), "regressor", (100, 50)),
]
PAIRS = {
    "classifier": (MLPClassifier, BackpropClassifier, ("predict", "predict_proba")),
    "regressor": (MLPRegressor, BackpropRegressor, ("predict",)),
}
ROWS = (1, 10, 100)
TARGET = 1.0  # one row


def burst(call, X, seconds=0.02):
    """Mean seconds of a call, over about so many seconds."""
    call(X)
    start, n_calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        call(X)
        n_calls += 1
    return elapsed / n_calls


def compare(theirs, ours, X, repeats):
    """Best mean seconds of both sides, in turn."""
    pairs = [(burst(theirs, X), burst(ours, X)) for _ in range(repeats)]
    return np.min(pairs, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
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
        f"{'model':10} {'method':14} {'rows':>4} {'MLP µs':>8} {'ours µs':>8} {'ratio':>6} target"
    )
    with threadpool_limits(arguments.threads):
        for name, (X, y), kind, hidden in CASES:
            if arguments.only not in name:
                continue
            Theirs, Ours, methods = PAIRS[kind]
            params = {"hidden_layer_sizes": hidden, "max_iter": 3, "random_state": 0}
            theirs, ours = Theirs(**params).fit(X, y), Ours(**params).fit(X, y)
            for method in methods:
                for n_rows in ROWS:
                    calls = getattr(theirs, method), getattr(ours, method)
                    seconds = compare(*calls, X[:n_rows], arguments.repeats)
                    target = f"{TARGET:6.2f}" if n_rows == 1 else ""
                    print(
                        f"{name:10} {method:14} {n_rows:4} {1e6 * seconds[0]:8.1f} "
                        f"{1e6 * seconds[1]:8.1f} {seconds[0] / seconds[1]:6.2f} {target}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
