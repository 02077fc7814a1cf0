"""Sparse codes: penalties on the activations of the code."""

from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr

from .penalty import PenaltyLayer, row_shares


@dataclass(frozen=True)
class L1Penalty(PenaltyLayer):
    """λ Σⱼ |hⱼ|, averaged over the samples."""

    term = "sparsity"

    def term_of(self, signal, penalty, room):
        h, delta, scratch = signal.value, signal.delta, room.scratch(self.width)
        set_shares, shares = row_shares(room)

        def value():
            np.abs(h, out=scratch)
            np.multiply(scratch, shares, out=scratch)
            np.sum(scratch, axis=(-2, -1), dtype=np.float64, out=penalty)
            np.multiply(penalty, self.weight, out=penalty)

        def gradient():
            np.sign(h, out=scratch)
            np.multiply(scratch, self.weight * shares, out=scratch)
            np.add(delta, scratch, out=delta)

        return [*set_shares, value], [gradient]


@dataclass(frozen=True)
class KLSparsity(PenaltyLayer):
    """λ Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ the mean activation of unit j over the batch (Ng, 2011).

    For activations in (0, 1). With sample weights, ρ̂ⱼ is the weighted mean.

    Parameters
    ----------
    width : int
    weight : float
        λ.
    target : float
        ρ.
    """

    target: float

    term = "sparsity"

    def term_of(self, signal, penalty, room):
        h, delta, scratch = signal.value, signal.delta, room.scratch(self.width)
        set_shares, shares = row_shares(room)  # in a mean of weight one: (..., n_rows, 1)
        mean = room.row("mean", self.width)  # ρ̂: (..., 1, width)
        rho, tiny = self.target, np.finfo(h.dtype).eps

        def normalize_shares():
            total = shares.sum(axis=-2, keepdims=True)
            np.divide(shares, np.where(total > 0, total, 1.0), out=shares)

        def value():  # λ Σⱼ [ρ log(ρ / ρ̂ⱼ) + (1 − ρ) log((1 − ρ) / (1 − ρ̂ⱼ))]
            np.matmul(shares.swapaxes(-1, -2), h, out=mean)
            np.clip(mean, tiny, 1.0 - tiny, out=mean)
            divergence = rel_entr(rho, mean) + rel_entr(1.0 - rho, 1.0 - mean)
            penalty[...] = self.weight * np.sum(divergence, axis=(-2, -1), dtype=np.float64)

        def gradient():
            slope = (1.0 - rho) / (1.0 - mean) - rho / mean  # ∂KL/∂ρ̂
            np.multiply(self.weight * shares, slope, out=scratch)
            np.add(delta, scratch, out=delta)

        if set_shares:
            set_shares.append(normalize_shares)
        return [*set_shares, value], [gradient]
