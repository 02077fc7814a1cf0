"""Under ``lockstep`` meta-estimators give what they give without it."""

import numpy as np
import pytest
from lockstep_cases import (
    RATES,
    X3,
    XL,
    XM,
    XR,
    X,
    assert_same,
    classifier,
    in_both_ways,
    regressor,
    y,
    y3,
    yl,
    ym,
    yr,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skbackprop import BackpropAutoencoder, BackpropOutlierDetector

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]

PIPELINE = make_pipeline(StandardScaler(), classifier())
GRID = {"backpropclassifier__learning_rate_init": RATES, "backpropclassifier__alpha": [0, 0.1]}

META = {
    "GridSearchCV": (lambda: GridSearchCV(PIPELINE, GRID).fit(X, y), 30),
    "GridSearchCV, n_jobs=2": (lambda: GridSearchCV(PIPELINE, GRID, n_jobs=2).fit(X, y), 30),
    "GridSearchCV, regressor, return_train_score": (
        lambda: GridSearchCV(regressor(), {"alpha": [0, 1]}, return_train_score=True).fit(XR, yr),
        10,
    ),
    "GridSearchCV, different preprocessing": (
        lambda: GridSearchCV(
            make_pipeline(StandardScaler(), classifier()),
            {"standardscaler": [StandardScaler(), MinMaxScaler(), "passthrough", PCA(whiten=True)]},
        ).fit(X, y),
        20,
    ),
    "GridSearchCV, several shapes and solvers": (
        lambda: GridSearchCV(
            classifier(max_iter=4),
            [
                {"hidden_layer_sizes": [(3,), (4, 3)], "learning_rate_init": RATES},
                {"solver": ["sgd"], "momentum": [0.5, 0.9], "nesterovs_momentum": [True, False]},
                {"solver": ["lbfgs"], "batch_size": ["auto"], "alpha": [0.1, 1.0]},
                {"normalization": ["batch"], "dropout": [0.2], "weight_decay": [0, 0.1]},
            ],
        ).fit(X, y),
        60,
    ),
    "GridSearchCV, all that may differ": (
        lambda: GridSearchCV(
            classifier(),
            [
                {"beta_1": [0.5, 0.9], "beta_2": [0.9], "epsilon": [1e-6], "random_state": [1, 2]},
                {"learning_rate": ["cosine", "one_cycle", "invscaling", "adaptive"]},
                {"max_iter": [1, 3, 9], "shuffle": [True, False], "tol": [0.1]},
            ],
        ).fit(X, y),
        70,
    ),
    "GridSearchCV, early stopping": (
        lambda: GridSearchCV(
            classifier(early_stopping=True, n_iter_no_change=2, max_iter=30),
            {"learning_rate_init": RATES, "scoring": [None, "loss"]},
        ).fit(X, y),
        30,
    ),
    "GridSearchCV, class weights and dropout": (
        lambda: GridSearchCV(
            classifier(class_weight="balanced"), {"dropout": [0.1, 0.3], "random_state": [0, 1]}
        ).fit(X, y),
        20,
    ),
    "RandomizedSearchCV": (
        lambda: RandomizedSearchCV(
            PIPELINE, {"backpropclassifier__alpha": np.logspace(-4, 1)}, n_iter=4, random_state=0
        ).fit(X, y),
        20,
    ),
    "HalvingGridSearchCV": (
        lambda: HalvingGridSearchCV(
            PIPELINE, GRID, resource="backpropclassifier__max_iter", max_resources=9, random_state=0
        ).fit(X, y),
        40,
    ),
    "cross_val_score": (lambda: cross_val_score(PIPELINE, X, y), 5),
    "cross_validate": (
        lambda: cross_validate(
            PIPELINE, X3, y3, return_estimator=True, scoring=["accuracy", "neg_log_loss"]
        ),
        5,
    ),
    "cross_val_predict": (
        lambda: cross_val_predict(PIPELINE, X, y, method="predict_proba", cv=3),
        3,
    ),
    "learning_curve": (
        lambda: learning_curve(PIPELINE, X, y, train_sizes=[0.5, 1.0], random_state=0),
        10,
    ),
    "learning_curve, partial_fit": (
        lambda: learning_curve(classifier(), X, y, exploit_incremental_learning=True, cv=3),
        15,
    ),
    "validation_curve": (
        lambda: validation_curve(
            PIPELINE, X, y, param_name="backpropclassifier__alpha", param_range=[0.0, 0.1, 1.0]
        ),
        15,
    ),
    "permutation_test_score": (
        lambda: permutation_test_score(classifier(), X, y, n_permutations=4, random_state=0, cv=3),
        12,
    ),
    "BaggingClassifier": (
        lambda: BaggingClassifier(classifier(), n_estimators=12, random_state=0).fit(X, y),
        12,
    ),
    "BaggingRegressor": (
        lambda: BaggingRegressor(
            regressor(), n_estimators=6, max_samples=0.5, random_state=0, n_jobs=2
        ).fit(XR, yr),
        6,
    ),
    "OneVsRestClassifier": (lambda: OneVsRestClassifier(classifier()).fit(X3, y3), 3),
    "OneVsOneClassifier": (lambda: OneVsOneClassifier(classifier()).fit(X3, y3), None),
    "MultiOutputRegressor": (lambda: MultiOutputRegressor(regressor()).fit(XM, ym), 3),
    "MultiOutputClassifier": (lambda: MultiOutputClassifier(classifier()).fit(XL, yl), 3),
    "StackingClassifier": (
        lambda: StackingClassifier(
            [("a", PIPELINE), ("b", classifier(alpha=1.0)), ("c", LogisticRegression())], cv=3
        ).fit(X, y),
        8,
    ),
    "VotingClassifier": (
        lambda: VotingClassifier([("a", PIPELINE), ("b", classifier(alpha=1.0))]).fit(X, y),
        2,
    ),
    "CalibratedClassifierCV": (lambda: CalibratedClassifierCV(classifier(), cv=3).fit(X, y), 3),
    "SequentialFeatureSelector": (
        lambda: (
            SequentialFeatureSelector(classifier(), n_features_to_select=2, cv=3)
            .fit(X, y)
            .get_support()
        ),
        None,
    ),
    "ColumnTransformer": (
        lambda: (
            ColumnTransformer([("a", classifier(), [0, 1]), ("b", classifier(), [2, 3])])
            .fit(X, y)
            .transformers_[0][1]
        ),
        2,
    ),
    "autoencoder": (
        lambda: GridSearchCV(
            BackpropAutoencoder(2, (5,), max_iter=5, batch_size=10, random_state=0),
            {"learning_rate_init": RATES},
        ).fit(X),
        15,
    ),
    "denoising, sparse autoencoder": (
        lambda: cross_validate(
            BackpropAutoencoder(
                2, (5,), max_iter=4, random_state=0, corruption="gaussian", sparsity="l1"
            ),
            X,
            return_estimator=True,
        ),
        5,
    ),
    "variational autoencoder": (
        lambda: GridSearchCV(
            BackpropAutoencoder(2, (5,), max_iter=4, random_state=0, variational=True),
            {"alpha": [0, 0.1], "weight_decay": [0.01]},
        ).fit(X),
        10,
    ),
    "outlier detector": (
        lambda: cross_validate(
            BackpropOutlierDetector(BackpropAutoencoder(2, (5,), max_iter=4, random_state=0)),
            X,
            scoring=lambda estimator, X, y=None: float(estimator.score_samples(X).mean()),
        ),
        5,
    ),
}


@pytest.mark.parametrize("name", META)
def test_same_as_without(name, groups):
    fit, n_together = META[name]
    result, expected = in_both_ways(fit)
    assert_same(result, expected)
    if n_together is not None:
        assert sum(groups) >= n_together - 1  # folds of another size may leave one alone
