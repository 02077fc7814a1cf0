"""The tables that benchmarks of tabular estimators share."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split

_BUNDLED = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}
_SMALL = 3000  # rows; smaller sets are split three times


@dataclass
class Table:
    """A data set. ``is_category`` tells which columns hold integer codes of categories."""

    name: str
    X: np.ndarray
    y: np.ndarray
    is_category: np.ndarray

    @property
    def is_classification(self):
        """Whether the target is a class: any dtype but a float."""
        return self.y.dtype.kind != "f"

    def splits(self, n_splits=None):
        """Yield (seed, X_train, X_test, y_train, y_test), a fifth of the rows to test on.

        By default, there are three splits of small sets and one of the others.
        """
        for seed in range(n_splits or (3 if len(self.y) < _SMALL else 1)):
            stratify = self.y if self.is_classification else None
            yield (
                seed,
                *train_test_split(
                    self.X, self.y, test_size=0.2, random_state=seed, stratify=stratify
                ),
            )


def read_table(path):
    """Read a NumPy archive: X (n, d), y (n,), and cat_mask (d,) where there are categories."""
    with np.load(path, allow_pickle=False) as archive:
        X, y = archive["X"], archive["y"]
        mask = archive["cat_mask"] if "cat_mask" in archive else np.zeros(X.shape[1], bool)
    return Table(Path(path).stem, X.astype(np.float32), y, mask.astype(bool))


def bundled_table(name):
    """One of the sets that scikit-learn brings along."""
    X, y = _BUNDLED[name](return_X_y=True)
    return Table(name, X.astype(np.float32), y, np.zeros(X.shape[1], bool))


def bundled_names():
    """The names that ``bundled_table`` knows."""
    return list(_BUNDLED)


def make_table(n_samples, n_features=30, *, seed=0):
    """A regression of many rows: steps, bends and products of columns of several shapes."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features), dtype=np.float32)
    X[:, 1::3] = np.exp(X[:, 1::3])  # skewed
    X[:, 2::3] = np.maximum(X[:, 2::3] - 1, 0)  # mostly zero
    y = np.sin(2 * X[:, 0]) + (X[:, 1] > 1.5) + 2 * np.minimum(X[:, 2], 0.5)
    y += X[:, 3] * (X[:, 4] < 1) + 0.5 * np.abs(X[:, 6]) + 0.3 * rng.standard_normal(n_samples)
    return Table("made up", X, y.astype(np.float64), np.zeros(n_features, bool))
