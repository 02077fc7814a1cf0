"""What chooses an epoch, and tells whether more of them are worth while."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Criterion:
    """The score of an epoch, and the error that a score stands for.

    Parameters
    ----------
    score : callable(oof) -> float
        Of raw out-of-fold scores in the order of the folds; higher is better.
    error : callable(score) -> float
        Zero at best.
    """

    score: Callable
    error: Callable

    def __call__(self, oof):
        """The score; NaN, which is never the best, where there are scores that are not finite."""
        return self.score(oof) if np.isfinite(oof).all() else np.nan

    def gain(self, before, after):
        """The share of the error that is saved; 1 where there was none before."""
        before, after = self.error(before), self.error(after)
        return (before - after) / before if before > 0 else 1.0
