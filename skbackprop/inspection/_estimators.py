"""What users hold in their hands, and the network or the coder in it."""

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._estimator.base import BaseBackprop


def unwrap(estimator, X=None, y=None):
    """The estimator that does the work, and the data as it sees them.

    Pipelines are followed to their last step, and X is transformed by the steps before. Searches
    give their best estimator, a ``TransformedTargetRegressor`` its regressor and y transformed,
    ``BackpropOutlierDetector`` its autoencoder; frozen estimators, and classifiers with a threshold
    of their own, give what they were made around.

    Parameters
    ----------
    estimator : fitted estimator, or a fitted meta-estimator around one, to any depth
    X : array-like or None
        Data for ``estimator``.
    y : array-like or None
        Targets for ``estimator``.

    Returns
    -------
    inner : estimator
    X : array-like or None
    y : array-like or None

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    if isinstance(estimator, Pipeline):
        if X is not None and len(estimator.steps) > 1:
            check_is_fitted(estimator)
            X = estimator[:-1].transform(X)
        return unwrap(estimator.steps[-1][1], X, y)
    if hasattr(estimator, "fit"):  # whatever else it is, the caller will say
        check_is_fitted(estimator)
    if isinstance(estimator, TransformedTargetRegressor):
        return unwrap(estimator.regressor_, X, _transformed_target(estimator, y))
    inner = _inner(estimator)
    return (estimator, X, y) if inner is None else unwrap(inner, X, y)


def _inner(estimator):
    """What a meta-estimator delegates to, None for another estimator."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if isinstance(estimator, FixedThresholdClassifier | TunedThresholdClassifierCV):
        return estimator.estimator_
    return getattr(estimator, "best_estimator_", getattr(estimator, "autoencoder_", None))


def _transformed_target(estimator, y):
    """y as a fitted ``TransformedTargetRegressor`` hands it to its regressor."""
    if y is None:
        return None
    y = np.asarray(y)
    transformed = estimator.transformer_.transform(y.reshape(len(y), -1))
    one_column = transformed.ndim == 2 and transformed.shape[1] == 1
    return transformed[:, 0] if one_column else transformed


def unwrap_network(estimator, X, y, caller):
    """``unwrap``, for callers that need one of this package's networks.

    Raises
    ------
    TypeError
        If the estimator within is another.
    NotFittedError
        If it is not fitted.
    """
    inner, X, y = unwrap(estimator, X, y)
    require_network(inner, caller)
    return inner, X, y


def require_network(estimator, caller):
    """Check that an estimator is one of this package's networks.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(estimator, BaseBackprop):
        raise TypeError(
            f"{caller} needs a BackpropClassifier, BackpropRegressor or BackpropAutoencoder, or a "
            f"pipeline or search that ends in one; got {type(estimator).__name__}."
        )


def network_to_be_fitted(estimator):
    """The network at the end of a pipeline or within a ``TransformedTargetRegressor``."""
    if isinstance(estimator, Pipeline):
        return network_to_be_fitted(estimator.steps[-1][1])
    if isinstance(estimator, TransformedTargetRegressor):
        return network_to_be_fitted(estimator.regressor)
    return estimator


def unwrap_attribute(estimator, attribute, caller):
    """The estimator that does the work, which must have a fitted attribute of that name.

    Raises
    ------
    TypeError
        If it has no such attribute.
    NotFittedError
        If it is not fitted.
    """
    inner, _, _ = unwrap(estimator)
    if not hasattr(inner, attribute):
        raise TypeError(
            f"{caller} needs an estimator with the attribute '{attribute}', such as those of "
            f"skbackprop; {type(inner).__name__} has none."
        )
    return inner


# Coders ---------------------------------------------------------------------------


def coder_of(estimator, methods, caller):
    """What encodes and decodes: the estimator, a search's best, a detector's autoencoder.

    A pipeline stays one, so that what it decodes is in the units of its input.

    Parameters
    ----------
    estimator : fitted estimator
    methods : tuple of str
        That it must have, such as "transform" and "inverse_transform".
    caller : str
        For the message of an error.

    Raises
    ------
    TypeError
        If it lacks one of the methods.
    NotFittedError
        If it is not fitted.
    """
    if hasattr(estimator, "best_estimator_"):
        return coder_of(estimator.best_estimator_, methods, caller)
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        if hasattr(last, "autoencoder_"):
            estimator = Pipeline([*estimator.steps[:-1], (name, last.autoencoder_)])
    elif hasattr(estimator, "autoencoder_"):
        estimator = estimator.autoencoder_
    lacking = [name for name in methods if not hasattr(estimator, name)]
    if lacking:
        unwrap(estimator)  # a detector has none before it is fitted
        raise TypeError(
            f"{caller} needs an estimator with {' and '.join(methods)}, such as an autoencoder; "
            f"{type(estimator).__name__} has no {lacking[0]}."
        )
    unwrap(estimator)
    return estimator


def encode(coder, X):
    """The codes of samples, shape (n_samples, n_components)."""
    codes = as_array(coder.transform(X))
    return codes.reshape(len(codes), -1)


def reconstruct(coder, X):
    """Samples, and the same encoded and decoded; two arrays of shape (n_samples, n_features)."""
    return as_array(X), as_array(coder.inverse_transform(coder.transform(X)))


# Data -----------------------------------------------------------------------------


def as_array(X):
    """Data as a dense float array of shape (n_samples, n_features)."""
    X = X.toarray() if issparse(X) else np.asarray(X)
    return X.astype(np.float64, copy=False)


def frame_like(rows, X):
    """Rows as a frame with the columns of X, if X is a frame: estimators know features by name."""
    if hasattr(X, "iloc"):  # pandas
        return type(X)(rows, columns=X.columns)
    if hasattr(X, "columns"):  # polars
        return type(X)(rows, schema=list(X.columns))
    return rows


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
