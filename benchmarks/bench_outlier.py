"""How well the outlier detector orders samples, and how many clean ones it flags.

    python benchmarks/bench_outlier.py
    python benchmarks/bench_outlier.py --data DIRECTORY --splits 3

``--data`` names a directory with files ``anomaly_*.npz``, which may also be given as the
environment variable SKBACKPROP_DATA; README.md beside this file says what they hold. Sets made of
those that scikit-learn bundles come along in any case. Prints two kinds of table: areas under the
ROC curve, and shares of clean samples that are flagged.
"""

import argparse
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skbackprop
from skbackprop import BackpropOutlierDetector

CHOSEN_ON = ("cardio", "thyroid")  # with made-up data, where the default was chosen
DETECTORS = {
    "isolation forest": lambda seed: IsolationForest(random_state=seed),
    "tail probability": lambda seed: BackpropOutlierDetector(random_state=seed),
    "density": lambda seed: BackpropOutlierDetector(criterion="density", random_state=seed),
    "reconstruction": lambda seed: BackpropOutlierDetector(
        criterion="reconstruction", random_state=seed
    ),
    "Mahalanobis": lambda seed: EmpiricalCovariance(),
}


# Data -----------------------------------------------------------------------------


def rare(X, is_anomaly, share=0.1):
    """X and y with all normal samples, and of the anomalies so many that they are ``share``."""
    normal, odd = X[~is_anomaly], X[is_anomaly]
    n_odd = min(len(odd), round(len(normal) * share / (1.0 - share)))
    chosen = np.random.RandomState(0).choice(len(odd), n_odd, replace=False)
    return np.vstack([normal, odd[chosen]]), np.repeat([0, 1], [len(normal), n_odd])


def bundled():
    """Name, X and y of sets whose anomalies are a class kept at a tenth of the samples."""
    X, y = load_breast_cancer(return_X_y=True)
    yield "breast cancer", *rare(X, y == 0)
    X, y = load_wine(return_X_y=True)
    for label in range(3):
        yield f"wine, class {label}", *rare(X, y == label)
    X, y = load_digits(return_X_y=True)
    for digit in range(10):
        known = y == digit
        yield f"digits but {digit}", *rare(X, ~known)
    for digit in range(10):
        yield f"digits, {digit} rare", *rare(X, y == digit, 0.05)


def stored(directory):
    """Name, X and y of each ``anomaly_*.npz``."""
    for path in sorted(Path(directory).glob("anomaly_*.npz")):
        with np.load(path) as data:
            yield path.stem.removeprefix("anomaly_"), np.float64(data["X"]), data["y"]


# Tables ---------------------------------------------------------------------------


def oddness(detector, X):
    """Higher is odder, for each row."""
    if isinstance(detector, EmpiricalCovariance):
        return detector.mahalanobis(X)
    return -detector.score_samples(X)


def areas_of(X, y, n_splits):
    """Mean areas under the ROC curve of the detectors, and their CPU seconds a fit."""
    areas, seconds = np.zeros((2, len(DETECTORS), n_splits))
    for seed in range(n_splits):
        train, test, _, truth = train_test_split(X, y, test_size=0.4, stratify=y, random_state=seed)
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
        for i, make in enumerate(DETECTORS.values()):
            start = time.process_time()
            detector = make(seed).fit(train)
            seconds[i, seed] = time.process_time() - start
            areas[i, seed] = roc_auc_score(truth, oddness(detector, test))
    return areas.mean(axis=1), seconds.mean(axis=1)


def row(name, values, form="{:>17.3f}"):
    print(f"{name:18}" + "".join(form.format(value) for value in values), flush=True)


def order(sets, title, n_splits):
    """Print the areas of each set, their mean, and the seconds."""
    print(f"\n{title}: area under the ROC curve, {n_splits} splits of 60/40, standardised")
    row("", DETECTORS, "{:>17}")
    results = []
    for name, X, y in sets:
        results.append(areas_of(X, y, n_splits))
        row(name + (" *" if name in CHOSEN_ON else ""), results[-1][0])
    if results:
        areas, seconds = np.mean(results, axis=0)
        row("mean", areas)
        row("CPU seconds a fit", seconds)


def flagged(n_repeats):
    """Print which share of new samples of a Gaussian is flagged by contamination='auto'."""
    print(f"\nPer cent of new, clean Gaussian samples flagged, mean of {n_repeats} repeats")
    dimensions = (1, 2, 5, 10, 20)
    row("training samples", [f"{d} features" for d in dimensions], "{:>17}")
    for criterion in ("tail_probability", "density", "reconstruction"):
        print(criterion)
        for n_samples in (200, 1000, 5000):
            shares = [
                np.mean([_flagged_once(criterion, n_samples, d, s) for s in range(n_repeats)])
                for d in dimensions
            ]
            row(f"{n_samples:>16}", 100 * np.array(shares), "{:>17.2f}")


def _flagged_once(criterion, n_samples, n_features, seed):
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((n_features, n_features))
    detector = BackpropOutlierDetector(criterion=criterion, random_state=seed)
    detector.fit(rng.standard_normal((n_samples, n_features)) @ mixing)
    return np.mean(detector.predict(rng.standard_normal((20_000, n_features)) @ mixing) == -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKBACKPROP_DATA"), type=Path)
    parser.add_argument("--splits", default=3, type=int, help="splits of each set")
    parser.add_argument("--repeats", default=5, type=int, help="Gaussian samples of each size")
    options = parser.parse_args()
    if options.data is not None and not options.data.is_dir():
        parser.error(f"--data: {options.data} is not a directory")
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"skbackprop {skbackprop.__version__}, scikit-learn {sklearn.__version__}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}, Python {platform.python_version()}"
    )
    with threadpool_limits(1):
        if options.data is not None:
            order(stored(options.data), "Stored sets (* default chosen on it)", options.splits)
        order(bundled(), "Bundled sets", options.splits)
        flagged(options.repeats)


if __name__ == "__main__":
    main()
