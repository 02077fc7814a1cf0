"""The units of the targets of a regression, for each member its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TargetScale:
    """What turns each member's scores into targets, and the range that it keeps to.

    They are taken from the rows that the member sees. All are arrays of shape (K, 1, n_outputs).

    Attributes
    ----------
    centre, spread : ndarray
        Weighted mean and standard deviation of the targets; 1 where they are constant.
    low, high : ndarray
        The smallest and the largest target.
    """

    centre: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, Y, sample_weight, fold, n_folds):
        """Those for targets of shape (n_samples, n_outputs)."""
        found = []
        for k in range(n_folds):
            seen = fold != k
            if not seen.any():  # all rows are equal
                seen[:] = True
            y, weights = Y[seen], sample_weight[seen]
            centre = np.average(y, axis=0, weights=weights)
            largest = np.abs(y - centre).max(axis=0)  # squares of shares do not overflow
            largest = np.where(largest > 1e-12 * np.abs(centre), largest, 1.0)
            shares = (y - centre) / largest
            spread = largest * np.sqrt(np.average(shares**2, axis=0, weights=weights))
            constant = spread <= 1e-12 * np.abs(centre)
            found.append((centre, np.where(constant, 1.0, spread), y.min(axis=0), y.max(axis=0)))
        return cls(*(np.array(values)[:, np.newaxis] for values in zip(*found, strict=True)))

    def standardised(self, Y):
        """Targets in the units of each member, (K, n_samples, n_outputs)."""
        return (Y - self.centre) / self.spread

    def predictions(self, scores, members=None):
        """Raw scores of shape (K, n_samples, n_outputs) in the units of y, inside the range.

        With ``members``, one for each sample, scores of shape (n_samples, n_outputs).
        """
        centre, spread, low, high = self.centre, self.spread, self.low, self.high
        if members is not None:
            centre, spread, low, high = (a[members, 0] for a in (centre, spread, low, high))
        return np.clip(scores * spread + centre, low, high)
