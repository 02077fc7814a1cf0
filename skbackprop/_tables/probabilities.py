"""From raw scores of the members to one prediction: blend of the kinds, and calibration."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

_GRID = np.linspace(0.0, 1.0, 21)
_LOG_TEMPERATURES = (-2.0, 2.0)
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


def tempered(p, temperature):
    """p^(1/T) / Σ p^(1/T) (Guo, Pleiss, Sun & Weinberger, 2017)."""
    q = np.log(np.maximum(p, _TINY)) / temperature
    return softmax(q)


def best_temperature(p, loss):
    """The temperature with the smallest loss."""
    found = minimize_scalar(
        lambda log_t: loss(tempered(p, np.exp(log_t))), bounds=_LOG_TEMPERATURES, method="bounded"
    )
    return float(np.exp(found.x))


@dataclass(frozen=True)
class Blend:
    """One probability from those of the two kinds, calibrated on out-of-fold predictions.

    Each kind has a temperature of its own, which also undoes its label smoothing; then come the
    share of the first kind, and a temperature of the blend. Last, a little of the uniform
    distribution is mixed in, so that no class is impossible.

    Parameters
    ----------
    temperatures : tuple of float
        Of the two kinds.
    share : float
        Of the first kind.
    temperature : float
        Of the blend.
    uniform : float
        Share of the uniform distribution.
    """

    temperatures: tuple[float, float]
    share: float
    temperature: float
    uniform: float

    def __call__(self, first, second):
        """Probabilities of shape (..., n_classes) from those of the two kinds."""
        p = self.share * tempered(first, self.temperatures[0])
        p += (1.0 - self.share) * tempered(second, self.temperatures[1])
        p = tempered(p, self.temperature)
        return (1.0 - self.uniform) * p + self.uniform / p.shape[-1]

    @classmethod
    def fitted(cls, first, second, codes, sample_weight):
        """The blend with the smallest out-of-fold log loss."""
        loss = log_loss_of(codes, sample_weight)
        temperatures = tuple(best_temperature(p, loss) for p in (first, second))
        first, second = (tempered(p, t) for p, t in zip((first, second), temperatures, strict=True))
        share = best_share(first, second, loss)
        temperature = best_temperature(share * first + (1.0 - share) * second, loss)
        return cls(temperatures, share, temperature, 1.0 / (len(codes) + 1.0))
