"""A table as the networks see it: fitted preprocessing, applied some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn import config_context

from .._estimator.sklearn_compat import _safe_indexing
from ..core.noise import sample_keys
from .columns import as_numbers, fit_preprocessor, n_plain_inputs

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer  # loads a third of scikit-learn

_CHUNK = 4096  # rows at a time: fewer cost more time, more cost more memory


@dataclass(frozen=True, eq=False)
class Inputs:
    """The inputs of the networks.

    Parameters
    ----------
    preprocessor : ColumnTransformer
        Fitted.
    is_category : ndarray of bool of shape (n_features,)
    n_plain : int
        How many of the inputs come before the piecewise linear encoding.
    """

    preprocessor: ColumnTransformer
    is_category: np.ndarray
    n_plain: int

    @classmethod
    def fitted(cls, X, sample_weight, is_category, n_bins):
        """Fit the preprocessing."""
        with config_context(enable_metadata_routing=False, transform_output="default"):
            preprocessor = fit_preprocessor(X, sample_weight, is_category, n_bins)
        return cls.of(preprocessor, is_category)

    @classmethod
    def of(cls, preprocessor, is_category):
        """The inputs that a fitted preprocessor makes."""
        return cls(preprocessor, is_category, n_plain_inputs(preprocessor))

    def blocks(self, X):
        """Yield the inputs for some rows after others, float32, of shape (n_rows, n_inputs)."""
        for rows in _chunks(np.arange(X.shape[0])):
            yield self._transform(self.preprocessor, _safe_indexing(X, rows))

    def __call__(self, X, rows):
        """The inputs for some rows of X, float32, of shape (len(rows), n_inputs)."""
        out, start = None, 0
        for chunk in _chunks(rows):
            block = self._transform(self.preprocessor, _safe_indexing(X, chunk))
            if out is None:
                out = np.empty((len(rows), block.shape[1]), np.float32)
            out[start : start + len(block)] = block
            start += len(block)
        return out

    @staticmethod
    def _transform(transformer, X):
        with config_context(transform_output="default"):
            return transformer.transform(X).astype(np.float32, copy=False)

    def keys(self, X, rng):
        """A key for each row, a hash: rows that the networks cannot tell apart have the same one.

        Parameters
        ----------
        X : array or DataFrame of shape (n_samples, n_features)
        rng : numpy.random.RandomState
            Another draw gives other keys.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        salt = rng.uniform(1.0, 2.0)
        numbers = np.flatnonzero(~self.is_category).tolist()
        categories = np.flatnonzero(self.is_category).tolist()
        keys = []
        for rows in _chunks(np.arange(X.shape[0])):
            chunk = _safe_indexing(X, rows)
            parts = [np.full((len(rows), 1), salt)]
            if len(numbers):
                values = as_numbers(_safe_indexing(chunk, numbers, axis=1)).astype(np.float64)
                values[np.isnan(values)] = np.nan  # there are many, in bits
                parts.append(values)
            if len(categories):
                one_hot = self.preprocessor.named_transformers_["category"]
                levels = _safe_indexing(chunk, categories, axis=1)
                parts.append(self._transform(one_hot, levels))
            keys.append(sample_keys(np.column_stack(parts))[:, 0])
        return np.concatenate(keys)


def _chunks(rows):
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
