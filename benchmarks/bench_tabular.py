"""Estimators with their defaults on tables: test error, log loss, seconds.

    python benchmarks/bench_tabular.py DIRECTORY [--only vowel car] [--splits 3] [--threads 1 2]
    python benchmarks/bench_tabular.py --bundled
    python benchmarks/bench_tabular.py --scale
    python benchmarks/bench_tabular.py DIRECTORY --sides tabular boosting --set max_iter=32

DIRECTORY holds a NumPy archive for each set: ``X`` (n, d), ``y`` (n,), of a float dtype for
regression and any other for classes, and ``cat_mask`` (d,), True for columns of integer codes
of categories. ``--bundled`` takes the sets that scikit-learn brings along instead. ``--set`` gives
the tabular estimators other parameters than their defaults.

A fifth of the rows is for testing, stratified for classes. Sets below 3000 rows are split three
times, larger ones once, and the mean is taken; ``--splits`` gives all sets the same number. Each
split has a ``random_state`` of its own, for the split and for the estimators. The error is the
share of wrong classes, or the root mean squared error over the standard deviation of the test
targets. The score of an estimator is the geometric mean, over the sets, of (its error + 0.003) /
(boosting's error + 0.003), where boosting is HistGradientBoosting*; ``--unscored`` names sets that
are shown only. Behind "±" are standard errors over the splits: of the error, and of the score where
all sets have as many.

CPU seconds are those of the process and its children in ``fit``. Each fit runs once a number
of threads; errors are those of the first number.
"""

import argparse
import ast
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
from _tables import bundled_names, bundled_table, make_table, read_table
from _tabular_sides import installed_sides, side_names, tabular_parameters
from sklearn.metrics import log_loss, root_mean_squared_error
from threadpoolctl import threadpool_limits

import skbackprop

_OFFSET = 0.003  # so that a set on which all are nearly perfect does not decide the score


def cpu_seconds():
    """CPU time of this process and of the children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(make, table, split, threads):
    """Error, log loss (NaN for regression), CPU and wall seconds of one fit."""
    seed, X_train, X_test, y_train, y_test = split
    with threadpool_limits(threads):
        estimator = make(table, threads, seed)
        cpu, wall = cpu_seconds(), time.perf_counter()
        estimator.fit(X_train, y_train)
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        if not table.is_classification:
            error = root_mean_squared_error(y_test, estimator.predict(X_test)) / np.std(y_test)
            return error, np.nan, cpu, wall
        probabilities = estimator.predict_proba(X_test)
    classes = np.asarray(estimator.classes_)
    error = np.mean(classes[probabilities.argmax(axis=1)] != y_test)
    # float32 rows sum to 1 only nearly
    probabilities = np.asarray(probabilities, np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return error, log_loss(y_test, probabilities, labels=classes), cpu, wall


def measure_table(make, table, threads, n_splits):
    """Mean over the splits: error, log loss, and (CPU, wall) for each number of threads."""
    splits = table.splits(n_splits)
    runs = np.array([[measure(make, table, split, t) for t in threads] for split in splits])
    means = runs.mean(axis=0)
    return {
        "error": means[0, 0],
        "log_loss": means[0, 1],
        "seconds": means[:, 2:].tolist(),
        "errors": runs[:, 0, 0].tolist(),
    }


def print_results(table, results, threads):
    """One line a side."""
    n_samples, n_features = table.X.shape
    print(f"\n{table.name}: {n_samples} rows, {n_features} columns", flush=True)
    reference = results.get("boosting")
    for name, result in results.items():
        ratio = _ratio(result, reference) if reference else np.nan
        seconds = "".join(
            f"  {t} thread{'s' * (t > 1)}: {cpu:7.2f} CPU {wall:7.2f} wall"
            for t, (cpu, wall) in zip(threads, result["seconds"], strict=True)
        )
        print(
            f"  {name:9} error {result['error']:.4f} ± {_standard_error(result['errors']):.4f}"
            f"  ratio {ratio:5.3f}  log loss {result['log_loss']:.4f}{seconds}",
            flush=True,
        )


def _ratio(result, reference):
    return (result["error"] + _OFFSET) / (reference["error"] + _OFFSET)


def _standard_error(values):
    return np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan


def _score_of_each_split(pairs):
    """The score of each split alone; empty where sets have different numbers of splits."""
    if len({len(result["errors"]) for result, _ in pairs}) > 1:
        return []
    errors = np.array([[one["errors"] for one in pair] for pair in pairs]) + _OFFSET
    return np.exp(np.log(errors[:, 0] / errors[:, 1]).mean(axis=0))


def print_summary(all_results, scored, threads):
    """Scores, sets won, and seconds over the scored sets."""
    print(f"\nover {len(scored)} sets: {', '.join(scored)}")
    for name in next(iter(all_results.values())):
        pairs = [(all_results[table][name], all_results[table].get("boosting")) for table in scored]
        if any(reference is None for _, reference in pairs):
            print("no score without boosting")
            return
        ratios = [_ratio(result, reference) for result, reference in pairs]
        ahead = sum(ratio < 1 for ratio in ratios)
        with_loss = [(a, b) for a, b in pairs if not np.isnan(a["log_loss"])]
        likelier = sum(a["log_loss"] <= b["log_loss"] for a, b in with_loss)
        seconds = np.sum([result["seconds"] for result, _ in pairs], axis=0)
        print(
            f"  {name:9} score {np.exp(np.mean(np.log(ratios))):.3f}"
            f" ± {_standard_error(_score_of_each_split(pairs)):.3f}  ahead on {ahead}/{len(pairs)}"
            f"  log loss at or below on {likelier}/{len(with_loss)}"
            + "".join(
                f"  {t} thread{'s' * (t > 1)}: {cpu:.1f} CPU {wall:.1f} wall"
                for t, (cpu, wall) in zip(threads, seconds, strict=True)
            ),
            flush=True,
        )


# Rows -----------------------------------------------------------------------------


def measure_scale(side, n_samples, threads):
    """Seconds of a fit and a prediction, and the memory of the fit, in this process."""
    table = make_table(n_samples)
    X_new, y_new = make_table(n_samples, seed=1).X, make_table(n_samples, seed=1).y
    make = installed_sides([side])[side]
    with threadpool_limits(threads):
        make(table, threads, 0).fit(table.X[:200], table.y[:200])  # what is loaded once
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = cpu_seconds(), time.perf_counter()
        estimator = make(table, threads, 0).fit(table.X, table.y)
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        predicted = estimator.predict(X_new)
        predicting = time.perf_counter() - start
    error = root_mean_squared_error(y_new, predicted) / np.std(y_new)
    tables = (after - before) * 1024 / table.X.nbytes
    return {"cpu": cpu, "wall": wall, "predict": predicting, "tables": tables, "error": error}


def scale(sides, threads):
    """Seconds and memory against rows, each in a process of its own."""
    print("\nrows x 30 columns, regression; memory in float32 tables of that size")
    for n_samples in (1000, 10_000, 100_000):
        for side in sides:
            command = [sys.executable, __file__, "--measure-scale", side, str(n_samples)]
            command += ["--threads", str(threads)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            result = json.loads(output.splitlines()[-1])
            print(
                f"  {n_samples:7} {side:9} fit {result['cpu']:7.2f} CPU {result['wall']:7.2f} wall"
                f"  predict {result['predict']:6.3f}  memory {result['tables']:5.1f}"
                f"  error {result['error']:.4f}",
                flush=True,
            )


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", nargs="?", type=Path, help="where the archives are")
    parser.add_argument("--bundled", action="store_true", help="scikit-learn's own sets")
    parser.add_argument("--scale", action="store_true", help="made-up tables of many rows")
    parser.add_argument("--only", nargs="+", help="sets to run, all by default")
    parser.add_argument("--splits", type=int, help="of each set; three below 3000 rows, else one")
    parser.add_argument("--unscored", nargs="*", default=[], help="sets that do not count")
    parser.add_argument("--sides", nargs="+", default=side_names())
    parser.add_argument("--set", nargs="+", default=[], help="NAME=VALUE, of the tabular side")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--json", type=Path, help="file to write all results to")
    parser.add_argument("--measure-scale", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not (arguments.directory or arguments.bundled or arguments.scale or arguments.measure_scale):
        parser.error("give a DIRECTORY, --bundled or --scale")
    return arguments


def tables(arguments):
    """Yield the tables that were asked for."""
    if arguments.bundled:
        for name in arguments.only or bundled_names():
            yield bundled_table(name)
    if arguments.directory:
        names = arguments.only or sorted(path.stem for path in arguments.directory.glob("*.npz"))
        for name in names:
            yield read_table(arguments.directory / f"{name}.npz")


def main():
    arguments = read_arguments()
    warnings.simplefilter("ignore")
    if arguments.measure_scale:
        side, n_samples = arguments.measure_scale
        print(json.dumps(measure_scale(side, int(n_samples), arguments.threads[0])))
        return
    sides = installed_sides(arguments.sides)
    for name, value in (setting.split("=", 1) for setting in arguments.set):
        tabular_parameters[name] = ast.literal_eval(value)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, "
        f"skbackprop {skbackprop.__version__}; sides: {', '.join(sides)} {tabular_parameters or ''}"
    )
    all_results = {}
    for table in tables(arguments):
        results = {
            name: measure_table(make, table, arguments.threads, arguments.splits)
            for name, make in sides.items()
        }
        all_results[table.name] = results
        print_results(table, results, arguments.threads)
        if arguments.json:
            arguments.json.write_text(json.dumps(all_results, indent=1))
    scored = [name for name in all_results if name not in arguments.unscored]
    if scored:
        print_summary(all_results, scored, arguments.threads)
    if arguments.scale:
        scale(sides, arguments.threads[0])


if __name__ == "__main__":
    main()
