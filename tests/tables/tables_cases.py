"""Made-up tables, and estimators that train for a short time."""

from __future__ import annotations

import numpy as np

from skbackprop import TabularClassifier, TabularRegressor

QUICK = {"max_iter": 8, "hidden_layer_sizes": (8,), "random_state": 0}


def make_table(n_samples=200, seed=0, *, noise=0.3):
    """Three numeric columns of unlike scales and a category of three levels, as an array.

    Returns
    -------
    X : ndarray of shape (n_samples, 4)
        The category last, as numbers.
    y : ndarray of shape (n_samples,)
    """
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, 4))
    X[:, 1] = np.exp(X[:, 1])
    X[:, 3] = rng.randint(3, size=n_samples)
    y = np.sin(2 * X[:, 0]) + (X[:, 1] > 1) + X[:, 3] * X[:, 2]
    return X, y + noise * rng.standard_normal(n_samples)


def make_classes(n_samples=200, n_classes=3, seed=0, *, noise=0.3):
    """The table of `make_table`; the classes are ranges of its target."""
    X, y = make_table(n_samples, seed, noise=noise)
    edges = np.quantile(make_table(5000, 1000)[1], np.arange(1, n_classes) / n_classes)
    return X, np.searchsorted(edges, y)


def quick(target, **params):
    """An estimator that trains for a short time, for "classes" or "numbers"."""
    Estimator = TabularClassifier if target == "classes" else TabularRegressor
    return Estimator(**{**QUICK, **params})


def data_of(target, *args, **kwargs):
    """A table for "classes" or "numbers"."""
    return (make_classes if target == "classes" else make_table)(*args, **kwargs)


def outputs(estimator, X):
    """Probabilities or predictions."""
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def parameters(estimator):
    """All weights and biases of all members, in one vector."""
    pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    return np.concatenate([np.ravel(a) for pair in pairs for part in pair for a in part])
