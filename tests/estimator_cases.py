"""Classifiers and regressors for a kind of target, and the comparison of two of them."""

from __future__ import annotations

from numpy.testing import assert_allclose

from skbackprop import BackpropClassifier, BackpropRegressor

BOTH = [BackpropClassifier, BackpropRegressor]
SOLVERS = ["adam", "sgd", "lbfgs"]
STOCHASTIC = ["adam", "sgd"]
CLASSIFICATION = ["binary", "multiclass", "multilabel"]
REGRESSION = ["regression", "multioutput", "poisson"]
TARGETS = CLASSIFICATION + REGRESSION

SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 8, "random_state": 0}


def make(target, **params):
    """An estimator for a kind of target."""
    if target in CLASSIFICATION:
        return BackpropClassifier(**{**SMALL, **params})
    loss = {"loss": "poisson"} if target == "poisson" else {}
    return BackpropRegressor(**{**SMALL, **loss, **params})


def same(one, other, **tolerance):
    """Equal weights and biases."""
    pairs = zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True)
    for a, b in pairs:
        assert_allclose(a, b, **{"rtol": 1e-12, "atol": 1e-14, **tolerance})
