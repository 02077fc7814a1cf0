"""What an estimator does that encodes and decodes, whatever its class."""

import numpy as np
from scipy.sparse import issparse

from ._estimators import unwrap


def as_array(X):
    """Data as a dense float array of shape (n_samples, n_features)."""
    X = X.toarray() if issparse(X) else np.asarray(X)
    return X.astype(np.float64, copy=False)


def check_coder(estimator, methods, caller):
    """Check that an estimator is fitted and has the methods.

    Raises
    ------
    TypeError
        If it lacks one.
    NotFittedError
        If it is not fitted.
    """
    lacking = [name for name in methods if not hasattr(estimator, name)]
    if lacking:
        raise TypeError(
            f"{caller} needs an estimator with {' and '.join(methods)}, such as an autoencoder; "
            f"{type(estimator).__name__} has no {lacking[0]}."
        )
    unwrap(estimator)


def encode(estimator, X, caller):
    """The codes of samples, shape (n_samples, n_components)."""
    check_coder(estimator, ("transform",), caller)
    codes = as_array(estimator.transform(X))
    return codes.reshape(len(codes), -1)


def reconstruct(estimator, X, caller):
    """Samples, and the same encoded and decoded; two arrays of shape (n_samples, n_features)."""
    check_coder(estimator, ("transform", "inverse_transform"), caller)
    return as_array(X), as_array(estimator.inverse_transform(estimator.transform(X)))


def feature_names_of(X, n_features):
    """The column names of a frame, or "feature 1" and so on."""
    if hasattr(X, "columns"):
        return [str(name) for name in X.columns]
    return [f"feature {i + 1}" for i in range(n_features)]


def columns_of(values, columns):
    """Some columns of an array.

    Raises
    ------
    ValueError
        If they are not two, or not there.
    """
    n = values.shape[1]
    if len(columns) != 2 or not all(-n <= column < n for column in columns):
        raise ValueError(f"Points need two of {n} columns as coordinates; got {columns!r}.")
    return values[:, list(columns)]
