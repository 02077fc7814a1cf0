"""Which estimators can be looked into, also at the end of a pipeline or inside a search."""

import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._base import BaseBackprop


def unwrap(estimator, X=None):
    """The last step of a fitted pipeline, and X as that step sees it.

    Parameters
    ----------
    estimator : estimator, fitted Pipeline or fitted search over either
    X : array-like or None
        Data for ``estimator``.

    Returns
    -------
    last : estimator
    X : array-like or None
        X after the steps before the last.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    if hasattr(estimator, "best_estimator_"):
        return unwrap(estimator.best_estimator_, X)
    if isinstance(estimator, Pipeline):
        if X is not None and len(estimator.steps) > 1:
            check_is_fitted(estimator)
            X = estimator[:-1].transform(X)
        return unwrap(estimator.steps[-1][1], X)
    if hasattr(estimator, "fit"):  # whatever else it is, the caller will say
        check_is_fitted(estimator)
    return estimator, X


def unwrap_network(estimator, X, caller):
    """``unwrap``, for callers that need one of this package's estimators.

    Raises
    ------
    TypeError
        If the last step is another estimator.
    NotFittedError
        If it is not fitted.
    """
    last, X = unwrap(estimator, X)
    require_network(last, caller)
    return last, X


def require_network(estimator, caller):
    """Check that an estimator is one of this package's networks.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(estimator, BaseBackprop):
        raise TypeError(
            f"{caller} needs an estimator of skbackprop, or a pipeline that ends in one; "
            f"got {type(estimator).__name__}."
        )


def unwrap_attribute(estimator, attribute, caller):
    """The last step of a fitted pipeline, which must have a fitted attribute of that name.

    Raises
    ------
    TypeError
        If it has no such attribute.
    NotFittedError
        If it is not fitted.
    """
    last, _ = unwrap(estimator)
    if not hasattr(last, attribute):
        raise TypeError(
            f"{caller} needs an estimator with the attribute '{attribute}', such as those of "
            f"skbackprop; {type(last).__name__} has none."
        )
    return last


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
