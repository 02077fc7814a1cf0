"""Logistic regression behind the piecewise linear encoding, against the scaled columns alone.

    python benchmarks/bench_encoder.py [DIRECTORY]

Errors of a five-fold cross-validation, with their standard errors over the folds, and log losses.
The sets are those of two or more classes and no categories that scikit-learn brings along and, with
a DIRECTORY, its archives (see bench_tabular.py) of up to 10,000 rows and 100 columns.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from _tables import bundled_table, read_table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop.preprocessing import PiecewiseLinearEncoder


def tables(directory):
    """Yield the sets."""
    for name in ("breast_cancer", "digits", "wine"):
        yield bundled_table(name)
    for path in sorted(directory.glob("*.npz")) if directory else ():
        with np.load(path) as archive:
            n_samples, n_features = archive["X"].shape[0], archive["X"][0].size
        if path.stem.startswith("anomaly"):
            continue  # their labels are for measuring only
        if n_samples <= 10_000 and n_features <= 100:
            table = read_table(path)
            if table.is_classification and not table.is_category.any():
                yield table


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", nargs="?", type=Path, help="where the archives are")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    steps = {"scaled": StandardScaler, "encoded": PiecewiseLinearEncoder}
    for table in tables(arguments.directory):
        for name, step in steps.items():
            scores = cross_validate(
                make_pipeline(step(), LogisticRegression(max_iter=1000)),
                table.X,
                table.y,
                cv=StratifiedKFold(5, shuffle=True, random_state=0),
                scoring=["accuracy", "neg_log_loss"],
            )
            errors = 1.0 - scores["test_accuracy"]
            print(
                f"{table.name:20} {name:8} error {errors.mean():.4f} ± "
                f"{errors.std(ddof=1) / np.sqrt(len(errors)):.4f}"
                f"  log loss {-scores['test_neg_log_loss'].mean():.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
