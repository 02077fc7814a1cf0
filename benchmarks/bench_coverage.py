"""How many fresh targets the intervals and sets of the tabular estimators hold, and their width.

    python benchmarks/bench_coverage.py [DIRECTORY] [--splits 3] [--coverage 0.8 0.9]

Real data are those that scikit-learn brings along and, with a DIRECTORY, its archives (see
bench_tabular.py); a fifth of the rows is fresh. Made-up ones have noise that is not the same
everywhere, 2000 rows to train on and 10,000 fresh ones. Means over the splits; ± is the standard
error of the mean that the number of fresh rows alone would bring about. Widths are in standard
deviations of the targets, sizes in classes. Where MAPIE is installed and ``--mapie`` is given, its
CV+ around the same estimator, with as many folds as ours, stands beside, for sets below 3000 rows.
"""

import argparse
import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _tables import bundled_table, read_table

from skbackprop import TabularClassifier, TabularRegressor

_SMALL = 3000  # rows; MAPIE trains once a fold


@dataclass
class Split:
    """Rows to train on, and fresh ones."""

    X: np.ndarray
    y: np.ndarray
    X_new: np.ndarray
    y_new: np.ndarray
    is_category: np.ndarray
    seed: int


# Made-up tables -------------------------------------------------------------------

_NOISE = {
    "grows": lambda X: 0.2 + np.abs(X[:, 0]),
    "steps": lambda X: np.where(X[:, 1] > 0, 2.0, 0.2),
    "skewed": lambda X: np.exp(0.8 * X[:, 2]),
    "bursts": lambda X: np.where(X[:, 3] > 1.2, 5.0, 0.3),
    "two scales": lambda X: np.where(np.sin(3 * X[:, 0]) > 0, 1.0, 0.1),
}


def make_split(name, n_classes, seed, n_samples=2000, n_new=10_000):
    """A table with noise of unequal size; with ``n_classes``, ranges of its target."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples + n_new, 4))
    y = np.sin(2 * X[:, 0]) + X[:, 1] + _NOISE[name](X) * rng.standard_normal(len(X))
    if n_classes:
        y = np.searchsorted(np.quantile(y, np.arange(1, n_classes) / n_classes), y)
    is_category = np.zeros(4, bool)
    return Split(X[:n_samples], y[:n_samples], X[n_samples:], y[n_samples:], is_category, seed)


def splits_of(table, n_splits):
    """The splits of a real table."""
    for seed, X, X_new, y, y_new in table.splits(n_splits):
        yield Split(X, y, X_new, y_new, table.is_category, seed)


def sources(directory, n_splits, only):
    """Yield name, whether its target is a class, and its splits."""
    readers = dict.fromkeys(("diabetes", "breast_cancer", "digits"), bundled_table)
    paths = {path.stem: path for path in sorted(directory.glob("*.npz"))} if directory else {}
    readers |= {name: lambda name: read_table(paths[name]) for name in paths}
    for name, read in readers.items():
        if only is None or name in only:
            table = read(name)
            yield name, table.is_classification, splits_of(table, n_splits)
    for n_classes in (0, 4):
        for noise in _NOISE:
            name = f"made up: {noise}"
            if only is None or name in only:
                made = (make_split(noise, n_classes, seed) for seed in range(n_splits))
                yield name, bool(n_classes), made


# Measurement ----------------------------------------------------------------------


def measure(split, is_class, coverages, mapie):
    """{(side, coverage): (share of fresh targets inside, width or size)}."""
    Estimator = TabularClassifier if is_class else TabularRegressor
    estimator = Estimator(categorical_features=split.is_category, random_state=split.seed)
    estimator.fit(split.X, split.y)
    found = {}
    for method in ("ensemble", "cv+"):
        for coverage in coverages:
            predict = estimator.predict_set if is_class else estimator.predict_interval
            found[method, coverage] = judge(
                predict(split.X_new, coverage, method=method), split, estimator, is_class
            )
    if mapie and not is_class and len(split.y) < _SMALL:
        for coverage in coverages:
            found["MAPIE", coverage] = judge(
                mapie_intervals(split, coverage), split, estimator, is_class
            )
    return found


def judge(predicted, split, estimator, is_class):
    """Share of fresh targets inside, and the mean width or size."""
    if is_class:
        place = np.searchsorted(estimator.classes_, split.y_new)
        return predicted[np.arange(len(place)), place].mean(), predicted.sum(axis=1).mean()
    low, high = predicted.T
    inside = (low <= split.y_new) & (split.y_new <= high)
    return inside.mean(), np.mean(high - low) / np.std(split.y_new)


def mapie_intervals(split, coverage):
    """The CV+ intervals of MAPIE."""
    from mapie.regression import CrossConformalRegressor

    estimator = TabularRegressor(categorical_features=split.is_category, random_state=split.seed)
    conformal = CrossConformalRegressor(estimator, confidence_level=coverage, method="plus", cv=5)
    conformal.fit_conformalize(split.X, split.y)
    return conformal.predict_interval(split.X_new)[1][:, :, 0]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", nargs="?", type=Path, help="where the archives are")
    parser.add_argument("--only", nargs="+", help="sets to run, all by default")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--coverage", nargs="+", type=float, default=[0.8, 0.9])
    parser.add_argument("--mapie", action="store_true", help="run MAPIE, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    mapie = arguments.mapie and importlib.util.find_spec("mapie") is not None
    for name, is_class, splits in sources(arguments.directory, arguments.splits, arguments.only):
        found, n_new = [], 0
        for split in splits:
            found.append(measure(split, is_class, arguments.coverage, mapie))
            n_new += len(split.y_new)
        for method, coverage in found[0]:
            inside, size = np.mean([one[method, coverage] for one in found], axis=0)
            noise = np.sqrt(coverage * (1.0 - coverage) / n_new)
            print(
                f"{name:22} {'sets' if is_class else 'intervals':9} {method:8} "
                f"asked {coverage:.2f}  inside {inside:.3f} ± {noise:.3f}  size {size:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
