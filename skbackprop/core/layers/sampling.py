"""The variational code: a sample from the encoder's Gaussian."""

from dataclasses import dataclass

import numpy as np

from ..operations import copy
from .base import BoundLayer, Layer, Signal
from .penalty import row_shares

_MAX_LOG_VARIANCE = 10.0


@dataclass(frozen=True)
class Sampling(Layer):
    """z = μ + s ⊙ ε, ε ~ N(0, I), with β times the KL divergence to N(0, I) as penalty.

    The input holds [μ, log s²], log s² clipped to ±10; prediction passes μ on.
    β KL = β/2 Σⱼ (μⱼ² + sⱼ² − 1 − log sⱼ²)   (Kingma & Welling, 2014; Higgins et al., 2017).

    Parameters
    ----------
    width : int
        Of the code.
    beta : float
    """

    width: int
    beta: float

    term = "kl"
    is_random = True

    @property
    def n_in(self):
        return 2 * self.width

    @property
    def n_out(self):
        return self.width

    def bind(self, below, room):
        mean, log_variance = np.split(below.value, 2, axis=-1)  # (..., n_rows, width)
        z = room.buffer("z", self.width)
        if not room.for_training:
            return BoundLayer(Signal(z), [copy(mean, z)])

        clipped = room.buffer("clipped", self.width)  # log s²
        std = room.buffer("std", self.width)  # s
        noise = room.buffer("noise", self.width)  # ε, then s ⊙ ε
        scratch, penalty = room.scratch(self.width), room.scalar()
        set_shares, shares = row_shares(room)

        def sample():
            np.clip(log_variance, -_MAX_LOG_VARIANCE, _MAX_LOG_VARIANCE, out=clipped)
            np.multiply(clipped, 0.5, out=std)
            np.exp(std, out=std)
            np.multiply(noise, std, out=noise)
            np.add(mean, noise, out=z)

        def divergence():
            np.multiply(mean, mean, out=scratch)
            np.subtract(scratch, clipped, out=scratch)
            np.subtract(scratch, 1.0, out=scratch)
            np.multiply(scratch, shares, out=scratch)
            total = np.sum(scratch, axis=(-2, -1), dtype=np.float64)
            np.multiply(std, std, out=scratch)
            np.multiply(scratch, shares, out=scratch)
            total = total + np.sum(scratch, axis=(-2, -1), dtype=np.float64)
            penalty[...] = 0.5 * self.beta * total

        delta = room.buffer("delta", self.width)
        d_mean, d_log_variance = np.split(below.delta, 2, axis=-1)

        def backward():
            weights = self.beta * shares
            np.multiply(mean, weights, out=d_mean)
            np.add(d_mean, delta, out=d_mean)  # ∂z/∂μ = 1
            np.multiply(std, std, out=scratch)
            np.subtract(scratch, 1.0, out=scratch)
            np.multiply(scratch, weights, out=scratch)
            np.multiply(delta, noise, out=d_log_variance)  # ∂z/∂log s² = ½ s ε
            np.add(d_log_variance, scratch, out=d_log_variance)
            np.multiply(d_log_variance, 0.5, out=d_log_variance)
            np.equal(clipped, log_variance, out=scratch)  # no slope where it is clipped
            np.multiply(d_log_variance, scratch, out=d_log_variance)

        forward = [room.draw("normal", noise), sample, *set_shares, divergence]
        return BoundLayer(Signal(z, delta), forward, [backward], penalty)
