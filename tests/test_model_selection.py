"""Within pipelines, cross-validation and a grid search."""

from __future__ import annotations

import pytest
from estimator_cases import BOTH
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_grid_search_over_a_pipeline():
    X, y = make_spirals(200, noise=0.2, random_state=0)
    pipeline = make_pipeline(
        StandardScaler(),
        BackpropClassifier(solver="lbfgs", activation="tanh", random_state=0, max_iter=300),
    )
    search = GridSearchCV(
        pipeline,
        {
            "backpropclassifier__hidden_layer_sizes": [(), (12, 6)],
            "backpropclassifier__alpha": [1e-3, 1.0],
        },
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["backpropclassifier__hidden_layer_sizes"] == (12, 6)
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("Estimator", BOTH)
def test_cross_validation(Estimator, problem):
    X, y = problem("binary" if Estimator is BackpropClassifier else "regression", n_samples=150)
    model = Estimator(hidden_layer_sizes=(20,), learning_rate_init=0.01, random_state=0)
    scores = cross_val_score(make_pipeline(StandardScaler(), model), X, y, error_score="raise")
    assert scores.shape == (5,)
    assert scores.mean() > (0.65 if Estimator is BackpropClassifier else 0.1)
