"""Validated data of a fit, as the engine takes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import column_or_1d

from .sklearn_compat import _check_sample_weight
from .warn import warn_user

FLOATS = (np.float64, np.float32)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A validated data set.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
        The network's input: float64 or float32, in the units that it sees.
    Y : ndarray of shape (n_samples, n_outputs)
        The encoded target, of the dtype of X.
    sample_weight : float64 ndarray of shape (n_samples,), or None
        With the class weights in it.
    X_given : ndarray or CSR, default=None
        X in the user's units, where those differ.
    limits : tuple of two ndarrays of shape (n_features,), default=None
        The smallest and the largest value of each feature of X, where they are needed.
    """

    X: Any
    Y: np.ndarray
    sample_weight: np.ndarray | None
    X_given: Any = None
    limits: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def n_samples(self):
        """Number of samples."""
        return self.X.shape[0]

    def take(self, rows):
        """The data of some rows."""
        weights = self.sample_weight
        return TrainingData(self.X[rows], self.Y[rows], None if weights is None else weights[rows])


def as_vector(y):
    """y of shape (n_samples,), from a column with scikit-learn's warning, at the user's line.

    Raises
    ------
    ValueError
        If y has more than one column.
    """
    y = np.asarray(y)
    vector = column_or_1d(y)
    if y.ndim == 2:
        warn_user(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of "
            "y to (n_samples, ), for example using ravel().",
            DataConversionWarning,
        )
    return vector


def validate_sample_weight(sample_weight, X, name="sample_weight"):
    """Sample weights as float64 of shape (n_samples,), or None.

    Raises
    ------
    ValueError
        If they do not fit X, if one is negative, or if all are zero.
    """
    if sample_weight is None:
        return None
    return refuse_bad_weights(_check_sample_weight(sample_weight, X, dtype=np.float64), name)


def refuse_bad_weights(weights, name):
    """Return the weights, unless one is negative or all are zero.

    Raises
    ------
    ValueError
        With the name of the parameter.
    """
    if (weights < 0).any():
        raise ValueError(f"Negative values in data passed to `{name}`: {weights.min()}.")
    if not weights.any():
        raise ValueError(f"{name} must have at least one positive value; all are zero.")
    return weights
