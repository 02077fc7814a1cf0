"""To look at an estimator leaves it as it is."""

import copy

import joblib

from skbackprop.inspection import loss_and_gradients, trace

from .findings import Finding
from .values import OWN, is_tabular


def check_inspection(case, estimator, data, guarded):
    """Trace the estimator, and ask for its gradients; returns how many calls were made."""
    if case.estimator not in OWN or is_tabular(case.estimator):
        return 0
    before = joblib.hash(copy.deepcopy(vars(estimator)))
    X, y = data.X(), data.y()
    guarded(case, "trace", lambda X: trace(estimator, X), X=X)
    if case.estimator == "BackpropAutoencoder":
        guarded(case, "loss_and_gradients", lambda X: loss_and_gradients(estimator, X), X=X)
    else:
        guarded(
            case, "loss_and_gradients", lambda X, y: loss_and_gradients(estimator, X, y), X=X, y=y
        )
    if joblib.hash(copy.deepcopy(vars(estimator))) != before:
        raise Finding("broken promise", "inspection changed the estimator")
    return 2
