"""Networks against gradient-boosted trees, on data that scikit-learn brings or makes.

    OMP_NUM_THREADS=1 python benchmarks/bench_trees.py

Prints a table of mean scores on the test folds of a five-fold cross-validation: accuracy for
classes, R² for numbers. "default" is ``HistGradientBoosting*`` as it comes, against a
``Backprop*`` as it comes behind a ``StandardScaler`` (for numbers, with a scaled target, too).
"tuned" is the network with learning rate and penalty chosen by a random search of twelve settings
within each training fold.
"""

import warnings

import numpy as np
from scipy.stats import loguniform
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_friedman1,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.datasets import make_spirals

N_SETTINGS = 12


def steps(n_samples, random_state):
    """A chessboard of four by four fields, among eight columns of which two count."""
    rng = np.random.default_rng(random_state)
    X = rng.uniform(size=(n_samples, 8))
    return X, ((4 * X[:, 0]).astype(int) + (4 * X[:, 1]).astype(int)) % 2


def problems():
    """Yield (name, X, y, whether y are classes)."""
    yield "wine, 178 × 13", *load_wine(return_X_y=True), True
    yield "breast cancer, 569 × 30", *load_breast_cancer(return_X_y=True), True
    yield "digits, 1797 × 64", *load_digits(return_X_y=True), True
    yield "spirals, 600 × 2", *make_spirals(600, noise=1.5, random_state=0), True
    yield "chessboard, 2000 × 8", *steps(2000, 0), True
    yield "diabetes, 442 × 10", *load_diabetes(return_X_y=True), False
    yield "Friedman 1, 1000 × 5", *make_friedman1(1000, 5, noise=1.0, random_state=0), False
    yield "Friedman 1, 1000 × 50", *make_friedman1(1000, 50, noise=1.0, random_state=0), False


def network(is_classification):
    """A network as it comes, behind a scaler, and the prefix of its parameters."""
    if is_classification:
        return make_pipeline(
            StandardScaler(), BackpropClassifier(random_state=0)
        ), "backpropclassifier"
    pipeline = make_pipeline(StandardScaler(), BackpropRegressor(random_state=0))
    scaled = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    return scaled, "regressor__backpropregressor"


def scores(X, y, is_classification):
    """Mean scores of the trees, the network, and the tuned network."""
    Folds = StratifiedKFold if is_classification else KFold
    folds = Folds(5, shuffle=True, random_state=0)
    trees = (
        HistGradientBoostingClassifier if is_classification else HistGradientBoostingRegressor
    )(random_state=0)
    model, prefix = network(is_classification)
    space = {
        f"{prefix}__learning_rate_init": loguniform(1e-3, 3e-2),
        f"{prefix}__alpha": loguniform(1e-3, 1e2),
    }
    search = RandomizedSearchCV(model, space, n_iter=N_SETTINGS, cv=4, random_state=0)
    return [cross_val_score(each, X, y, cv=folds).mean() for each in (trees, model, search)]


def main():
    """Print the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| data | trees, default | network, default | network, tuned |\n|---|---|---|---|")
    for name, X, y, is_classification in problems():
        cells = " | ".join(f"{score:.3f}" for score in scores(X, y, is_classification))
        print(f"| {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
