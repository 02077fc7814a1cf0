"""Seconds of a grid search and of bagging: MLPClassifier, ours, and ours in lockstep.

    OMP_NUM_THREADS=1 python benchmarks/bench_lockstep.py [--epochs 200] [--jobs 2] [--repeats 3]
    OMP_NUM_THREADS=1 python benchmarks/bench_lockstep.py --only gain [--busy 1] [--cpu]

- search: GridSearchCV over 8 learning rates × 5 alphas × 5 folds of StandardScaler and a 2-16-8-1
  tanh network on 400 points of two spirals, batches of 32;
- bagging: 50 networks 64-32-10 on the digits, batches of 200, a tenth of the epochs;
- gain: our fits one after the other against the same in lockstep, over sizes of the network and of
  the batch, numbers of members, lengths of the fits and threads. No row should be below 1 by more
  than the noise. ``--busy`` starts processes that keep processors busy in the meantime; ``--cpu``
  counts the processor time of this process, which says nothing of threads but can be measured on
  any machine.

All networks train for all epochs on all sides (``tol=0``, no patience). Worker processes are
started before the clock is. Sides alternate; the ratio is that of the minima, for ``gain`` the
median of those of the pairs. Prints a table.
"""

import argparse
import contextlib
import itertools
import os
import platform
import statistics
import subprocess
import sys
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
    start = time.perf_counter()
    with context():
        result = run(Estimator, epochs, n_jobs)
    return time.perf_counter() - start, result


def start_workers(n_jobs):
    """Start worker processes that have imported what they need."""
    if n_jobs is not None:
        joblib.Parallel(n_jobs, pre_dispatch="all")(
            joblib.delayed(time.sleep)(0.1) for _ in range(2 * n_jobs)
        )
        network = BackpropClassifier(max_iter=0)
        joblib.Parallel(n_jobs)(
            joblib.delayed(network.fit)([[0.0], [1.0]], [0, 1]) for _ in range(2 * n_jobs)
        )


def compare(run, epochs, n_jobs, repeats):
    """Print a table row for each side."""
    sides = {
        f"MLPClassifier, n_jobs={n_jobs}": (MLPClassifier, n_jobs, contextlib.nullcontext),
        f"ours, n_jobs={n_jobs}": (BackpropClassifier, n_jobs, contextlib.nullcontext),
        "ours, one after the other": (BackpropClassifier, None, contextlib.nullcontext),
        "ours, lockstep, one thread": (BackpropClassifier, None, lambda: lockstep(n_threads=1)),
        "ours, lockstep": (BackpropClassifier, None, lambda: lockstep(n_threads=n_jobs)),
        f"ours, lockstep in {n_jobs} processes": (
            BackpropClassifier,
            None,
            lambda: lockstep(backend="loky", n_jobs=n_jobs),
        ),
    }
    seconds, results = {side: [] for side in sides}, {}
    start_workers(n_jobs)
    for _ in range(repeats):
        for side, (Estimator, jobs, context) in sides.items():
            took, results[side] = time_side(run, Estimator, epochs, jobs, context)
            seconds[side].append(took)
    first = next(iter(sides))
    for side in sides:
        best = min(seconds[side])
        difference = np.max(np.abs(results[side] - results[first]))
        ratio = min(seconds[first]) / best
        print(f"{run.__name__:8} {side:32} {best:8.2f} {ratio:6.1f} {difference:15.1e}", flush=True)


SIZES = [(8,), (16, 8), (32,), (100,), (100, 100), (256, 256)]
N_FEATURES, N_ROWS = 20, 400


def gain(n_threads, repeats, clock):
    """Print how many times as fast as one after the other fits are in lockstep."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((N_ROWS, N_FEATURES))
    y = (X[:, 0] > 0).astype(int)
    print(f"{'hidden':12} {'batch':>5} {'members':>7} {'epochs':>6} {'threads':>7} {'ratio':>6}")
    cases = itertools.product(SIZES, (32, 200), (4, 40), (2, 20), n_threads)
    for hidden, batch_size, n_members, epochs, threads in cases:
        n_members = n_members // 4 if hidden[0] > 100 and n_members > 4 else n_members
        network = BackpropClassifier(
            hidden, batch_size=batch_size, max_iter=epochs, tol=0.0, n_iter_no_change=10**6
        )
        search = GridSearchCV(
            network, {"alpha": np.linspace(0, 1, n_members // 2)}, cv=2, refit=False
        )
        ratio = paired_ratio(lambda search=search: search.fit(X, y), threads, repeats, clock)
        print(
            f"{hidden!s:12} {batch_size:5} {n_members:7} {epochs:6} {threads:7} {ratio:6.2f}",
            flush=True,
        )


def paired_ratio(run, n_threads, repeats, clock):
    """The median ratio of times one after the other and in lockstep, taken in turn."""
    ratios = []
    for _ in range(repeats):
        start = clock()
        run()
        alone = clock() - start
        start = clock()
        with lockstep(n_threads=n_threads):
            run()
        ratios.append(alone / (clock() - start))
    return statistics.median(ratios)


@contextlib.contextmanager
def busy_processes(n):
    """Keep ``n`` processors busy."""
    spin = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(spin) for _ in range(n)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", default="", help="search, bagging or gain")
    parser.add_argument("--busy", type=int, default=0, help="processes beside, for gain")
    parser.add_argument("--cpu", action="store_true", help="processor time, for gain")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"{platform.machine()}, {joblib.cpu_count()} processors, "
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, joblib {joblib.__version__}, "
        f"skbackprop {skbackprop.__version__}, {arguments.epochs} epochs"
    )
    if arguments.only == "gain":
        clock = time.process_time if arguments.cpu else time.perf_counter
        n_threads = (1,) if arguments.cpu else (1, arguments.jobs)
        with busy_processes(arguments.busy):
            gain(n_threads, max(3, arguments.repeats), clock)
        return
    print(f"{'':8} {'side':32} {'seconds':>8} {'ratio':>6} {'results differ':>15}")
    for run in (search, bagging):
        if arguments.only in run.__name__:
            compare(run, arguments.epochs, arguments.jobs, arguments.repeats)


if __name__ == "__main__":
    main()
