"""From raw scores of the members to one prediction: blend of the kinds, and calibration."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

_GRID = np.linspace(0.0, 1.0, 21)
_TINY = 1e-12


def softmax(scores):
    """Probabilities from raw scores, along the last axis."""
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def best_share(first, second, loss):
    """The share of the first of two predictions with the smallest loss of the blend."""
    losses = [loss(share * first + (1.0 - share) * second) for share in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def log_loss_of(codes, sample_weight):
    """The mean log loss of probabilities, as a function of them."""
    rows = np.arange(len(codes))

    def loss(p):
        return -np.average(np.log(np.maximum(p[rows, codes], _TINY)), weights=sample_weight)

    return loss


@dataclass(frozen=True)
class Calibration:
    """p ↦ q^(1/T) / Σ q^(1/T), with q the probability without the label smoothing ε.

    Smoothed targets are (1 − ε) y + ε / K, so q = (p − ε / K) / (1 − ε), kept above zero. The
    temperature T (Guo et al., 2017) is the one with the smallest out-of-fold log loss.
    """

    smoothing: float = 0.0
    temperature: float = 1.0

    def __call__(self, p):
        n_classes = p.shape[-1]
        q = (p - self.smoothing / n_classes) / (1.0 - self.smoothing)
        q = np.maximum(q, self._floor(n_classes))
        q **= 1.0 / self.temperature
        q /= q.sum(axis=-1, keepdims=True)
        return q

    @staticmethod
    def _floor(n_classes):
        return 1e-4 / n_classes

    @classmethod
    def fitted(cls, p, codes, sample_weight, smoothing):
        """The calibration with the smallest log loss of out-of-fold probabilities."""
        loss = log_loss_of(codes, sample_weight)
        found = minimize_scalar(
            lambda log_t: loss(cls(smoothing, float(np.exp(log_t)))(p)),
            bounds=(-1.5, 1.5),
            method="bounded",
        )
        return cls(smoothing, float(np.exp(found.x)))
