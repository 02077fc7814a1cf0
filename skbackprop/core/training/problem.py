"""What is trained on what: data, loss and penalty."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import issparse

from ..losses import Loss


@dataclass(frozen=True, eq=False)
class Problem:
    """Minimise E(θ) = (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ over the training rows.

    Biases are not penalised. The sample weights are normalised once, over the training rows, to
    mean one: w̃ᵢ = wᵢ / w̄. A batch of b rows has E = (1/b) Σ w̃ᵢ ℓᵢ + α / (2 b w̄) ‖W‖².

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_outputs)
        Encoded targets, of the dtype of X.
    loss : Loss
    rows : ndarray of int
        The rows of X to train on; the others are held out.
    sample_weight : ndarray of shape (n_samples, 1), default=None
        w̃.
    mean_sample_weight : float, default=1.0
        w̄.
    alpha : float, default=0.0
        α, the strength of the L2 penalty.
    sample_keys : ndarray of shape (n_samples, 1), default=None
        The samples' keys where layers draw random numbers, see ``noise.py``.
    """

    X: object
    Y: np.ndarray
    loss: Loss
    rows: np.ndarray
    sample_weight: np.ndarray | None = None
    mean_sample_weight: float = 1.0
    alpha: float = 0.0
    sample_keys: np.ndarray | None = None

    @property
    def n_rows(self):
        """Number of training rows."""
        return len(self.rows)

    @cached_property
    def is_sparse(self):
        """Whether X is CSR."""
        return issparse(self.X)

    def astype(self, dtype, **changes):
        """The problem in another dtype, perhaps with other fields."""
        weights = self.sample_weight
        return replace(
            self,
            X=self.X.astype(dtype, copy=False),
            Y=self.Y.astype(dtype, copy=False),
            sample_weight=None if weights is None else weights.astype(dtype, copy=False),
            **changes,
        )
