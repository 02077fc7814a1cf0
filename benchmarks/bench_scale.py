"""Large data: seconds and peak memory against the number of rows, streaming, latency.

    python benchmarks/bench_scale.py

Memory is the peak resident size of a process of its own in the fit, above its size before the fit,
with the data loaded.
"""

import subprocess
import sys
import tempfile
import time
import timeit
import warnings
from pathlib import Path

import numpy as np
from _memory import peak_bytes, resident_bytes
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skbackprop import BackpropClassifier

N_FEATURES = 50


def make_data(n_rows, path=None):
    """Float32 rows whose class is the sign of a linear score; in a file where ``path`` is given."""
    rng = np.random.default_rng(0)
    shape = (n_rows, N_FEATURES)
    if path is None:
        X = np.empty(shape, np.float32)
    else:
        X = np.memmap(path, np.float32, "w+", shape=shape)
    y = np.empty(n_rows, np.int8)
    for start in range(0, n_rows, 10_000):
        stop = min(start + 10_000, n_rows)
        X[start:stop] = rng.standard_normal((stop - start, N_FEATURES), dtype=np.float32)
        y[start:stop] = X[start:stop, :2].sum(axis=1) > 0
    return X, y


def measure_fit(n_rows):
    """Print seconds and memory of two epochs on ``n_rows`` rows."""
    X, y = make_data(n_rows)
    clf = BackpropClassifier((32,), max_iter=2, batch_size=1000, random_state=0)
    clf.fit(X[:2000], y[:2000])  # what is loaded once
    before = resident_bytes()
    start = time.perf_counter()
    clf.fit(X, y)
    seconds = time.perf_counter() - start
    extra = peak_bytes() - before
    print(f"{n_rows:9} {seconds:8.2f} {seconds / n_rows * 1e6:8.3f} {extra / 2**20:9.1f} ", end="")
    print(f"{extra / X.nbytes:8.1%}")


def measure_stream(n_rows):
    """Print seconds and memory of ``partial_fit`` over a memory-mapped file."""
    with tempfile.TemporaryDirectory() as folder:
        X, y = make_data(n_rows, Path(folder) / "rows")
        del X
        X = np.memmap(Path(folder) / "rows", np.float32, "r", shape=(n_rows, N_FEATURES))
        clf = BackpropClassifier((32,), batch_size=1000, random_state=0)
        clf.partial_fit(np.array(X[:1000]), y[:1000], classes=[0, 1])
        before = resident_bytes("RssAnon")
        start = time.perf_counter()
        for first in range(0, n_rows, 10_000):
            rows = slice(first, first + 10_000)
            clf.partial_fit(X[rows], y[rows])
        seconds = time.perf_counter() - start
        more = resident_bytes("RssAnon") - before
        print(f"{n_rows:9} {seconds:8.2f} {more / 2**20:9.1f}")


def measure_latency():
    """Print microseconds of ``predict_proba`` against MLPClassifier."""
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    settings = {"max_iter": 5, "random_state": 0}
    theirs = MLPClassifier(**settings).fit(X, y)
    ours = BackpropClassifier(**settings).fit(X, y)
    for rows in (X[:1], np.tile(X, (56, 1))[:100_000]):
        number = 300 if len(rows) == 1 else 3
        best = [np.inf, np.inf]
        for _ in range(7):
            for i, clf in enumerate((theirs, ours)):
                seconds = timeit.timeit(lambda c=clf, r=rows: c.predict_proba(r), number=number)
                best[i] = min(best[i], seconds / number)
        print(f"{len(rows):9} {best[0] * 1e6:10.0f} {best[1] * 1e6:10.0f} {best[0] / best[1]:6.2f}")


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    if len(sys.argv) > 1:
        {"fit": measure_fit, "stream": measure_stream}[sys.argv[1]](int(sys.argv[2]))
        return
    print(f"fit, {N_FEATURES} columns float32, one hidden layer of 32, two epochs")
    print(f"{'rows':>9} {'s':>8} {'us/row':>8} {'MiB more':>9} {'of data':>8}")
    for n_rows in (10_000, 100_000, 1_000_000):
        subprocess.run([sys.executable, __file__, "fit", str(n_rows)], check=True)
    print("partial_fit over a memory-mapped file")
    print(f"{'rows':>9} {'s':>8} {'MiB more':>9}")
    for n_rows in (10_000, 100_000, 1_000_000):
        subprocess.run([sys.executable, __file__, "stream", str(n_rows)], check=True)
    print("predict_proba, digits 64-100-10, microseconds")
    print(f"{'rows':>9} {'MLP':>10} {'ours':>10} {'ratio':>6}")
    measure_latency()


if __name__ == "__main__":
    main()
