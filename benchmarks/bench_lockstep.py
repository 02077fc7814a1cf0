"""Seconds of a grid search and of bagging: MLPClassifier, ours, and ours in lockstep.

    OMP_NUM_THREADS=1 python benchmarks/bench_lockstep.py [--epochs 200] [--jobs 2] [--repeats 3]

- search: GridSearchCV over 8 learning rates × 5 alphas × 5 folds of StandardScaler and a 2-16-8-1
  tanh network on 400 points of two spirals, batches of 32;
- bagging: 50 networks 64-32-10 on the digits, batches of 200, a tenth of the epochs.

All networks train for all epochs on all sides (``tol=0``, no patience). Worker processes are
started before the clock is. Sides alternate; the ratio is that of the minima. Prints a table.
"""

import argparse
import contextlib
import os
import platform
import time
import warnings

os.environ["PYTHONWARNINGS"] = "ignore"  # in worker processes too: no network converges

import joblib
import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import skbackprop
from skbackprop import BackpropClassifier, lockstep
from skbackprop.datasets import make_spirals


def search(Estimator, epochs, n_jobs):
    """Mean test scores of the grid search."""
    X, y = make_spirals(400, random_state=0)
    network = Estimator(
        (16, 8),
        activation="tanh",
        batch_size=32,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10**6,
        random_state=0,
    )
    grid = {
        "network__learning_rate_init": np.logspace(-3.5, -1.5, 8),
        "network__alpha": np.logspace(-6, -2, 5),
    }
    pipeline = Pipeline([("scale", StandardScaler()), ("network", network)])
    fitted = GridSearchCV(pipeline, grid, cv=5, n_jobs=n_jobs, refit=False).fit(X, y)
    return fitted.cv_results_["mean_test_score"]


def bagging(Estimator, epochs, n_jobs):
    """Predicted probabilities of the bagged networks."""
    X, y = load_digits(return_X_y=True)
    network = Estimator(
        (32,), batch_size=200, max_iter=max(1, epochs // 10), tol=0.0, n_iter_no_change=10**6
    )
    bagged = BaggingClassifier(network, n_estimators=50, n_jobs=n_jobs, random_state=0)
    bagged.fit(X / 16.0, y)
    return np.mean([one.predict_proba(X / 16.0) for one in bagged.estimators_], axis=0)


def time_side(run, Estimator, epochs, n_jobs, context):
    """Seconds, and what ``run`` returned."""
    if n_jobs is not None:
        joblib.Parallel(n_jobs)(joblib.delayed(np.zeros)(1) for _ in range(2 * n_jobs))
    start = time.perf_counter()
    with context():
        result = run(Estimator, epochs, n_jobs)
    return time.perf_counter() - start, result


def compare(run, epochs, n_jobs, repeats):
    """Print a table row for each side."""
    sides = {
        f"MLPClassifier, n_jobs={n_jobs}": (MLPClassifier, n_jobs, contextlib.nullcontext),
        f"ours, n_jobs={n_jobs}": (BackpropClassifier, n_jobs, contextlib.nullcontext),
        "ours, one after the other": (BackpropClassifier, None, contextlib.nullcontext),
        "ours, lockstep": (BackpropClassifier, None, lambda: lockstep(n_threads=n_jobs)),
    }
    seconds, results = {side: [] for side in sides}, {}
    for _ in range(repeats):
        for side, (Estimator, jobs, context) in sides.items():
            took, results[side] = time_side(run, Estimator, epochs, jobs, context)
            seconds[side].append(took)
    first = next(iter(sides))
    for side in sides:
        best = min(seconds[side])
        difference = np.max(np.abs(results[side] - results[first]))
        ratio = min(seconds[first]) / best
        print(f"{run.__name__:8} {side:26} {best:8.2f} {ratio:6.1f} {difference:15.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", default="", help="search or bagging")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"{platform.machine()}, {joblib.cpu_count()} processors, "
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, joblib {joblib.__version__}, "
        f"skbackprop {skbackprop.__version__}, {arguments.epochs} epochs"
    )
    print(f"{'':8} {'side':26} {'seconds':>8} {'ratio':>6} {'results differ':>15}")
    for run in (search, bagging):
        if arguments.only in run.__name__:
            compare(run, arguments.epochs, arguments.jobs, arguments.repeats)


if __name__ == "__main__":
    main()
