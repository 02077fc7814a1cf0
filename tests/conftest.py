"""Helpers shared by the test modules, handed out as fixtures."""

from __future__ import annotations

from itertools import pairwise

import joblib
import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def _one_blas_thread():
    """Networks this small only lose by threads, and sums keep their order."""
    with threadpool_limits(limits=1):
        yield


def make_problem(kind, n_samples=60, n_features=5, seed=0):
    """A small problem with a target of the given kind, learnable but not separable.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel", "regression", "multioutput", \
            "poisson"}

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    """
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, n_features))
    if kind == "multilabel":
        _, y = make_multilabel_classification(n_samples, n_features, n_classes=3, random_state=seed)
        X[:, : y.shape[1]] += y
        return X, y
    directions = rng.standard_normal((n_features, 3))
    scores = np.sin(X @ directions) + 0.3 * rng.standard_normal((n_samples, 3))
    y = {
        "binary": lambda: (scores[:, 0] > 0).astype(int),
        "multiclass": lambda: scores.argmax(axis=1),
        "regression": lambda: scores[:, 0],
        "multioutput": lambda: scores,
        "poisson": lambda: rng.poisson(np.exp(scores[:, 0])).astype(float),
    }[kind]()
    return X, y


def estimator_state(estimator):
    """A hash of every attribute, by name: equal if and only if nothing changed."""
    return {name: joblib.hash(value) for name, value in vars(estimator).items()}


def parameter_vector(estimator):
    """All weights and biases in one vector, copied."""
    return np.concatenate([np.ravel(p) for p in [*estimator.coefs_, *estimator.intercepts_]])


def init_list(sizes, seed=0, scale=0.5):
    """A random ``init=[(W, b), ...]`` for layers of the given sizes."""
    rng = np.random.RandomState(seed)
    return [
        (scale * rng.standard_normal((i, o)), scale * rng.standard_normal(o))
        for i, o in pairwise(sizes)
    ]


@pytest.fixture(name="problem", scope="session")
def _problem():
    return make_problem


@pytest.fixture(name="state", scope="session")
def _state():
    return estimator_state


@pytest.fixture(name="parameters", scope="session")
def _parameters():
    return parameter_vector


@pytest.fixture(name="weights_of", scope="session")
def _weights_of():
    return init_list
