"""Batch normalization."""

from dataclasses import dataclass

import numpy as np

from .base import BoundLayer, SameWidth, Signal
from .layer_norm import EPSILON, gain_and_shift_gradients

_MOMENTUM = 0.1  # PyTorch's


@dataclass(frozen=True)
class BatchNorm(SameWidth):
    """γ x̂ + β, each feature standardised over the batch (Ioffe & Szegedy, 2015).

    Means are weighted by the sample weights, so that a weight of k is a sample repeated k times.
    Prediction uses running statistics: the plain average over the first batches, then an
    exponential one. A batch of a single row has no spread to learn from: it is standardised by the
    running statistics, as in prediction.
    """

    def parameters(self):
        return {"gain": ("norms", (1, self.width)), "shift": ("norms", (1, self.width))}

    def statistics(self):
        width = (1, self.width)
        return {
            "running_mean": (width, 0.0),
            "running_variance": (width, 1.0),
            "seen": ((1, 1), 0.0),
        }

    def bind(self, below, room):
        x, out = below.value, room.buffer("out", self.width)  # (..., n_rows, width)
        gain, shift = room.params["gain"], room.params["shift"]  # γ, β: (..., 1, width)
        normed = room.buffer("normed", self.width)  # x̂
        scratch = room.scratch(self.width)
        inverse_std = np.empty_like(gain)  # 1 / √(var + ε): (..., 1, width)
        shares = room.like_column(1.0 / room.n_rows)  # of each row in the means: (..., n_rows, 1)
        mean, variance, seen = (
            room.statistics[name] for name in ("running_mean", "running_variance", "seen")
        )

        sample_weight = room.sample_weight

        def set_shares():
            _shares_of_weights(sample_weight, out=shares)

        def standardize_by_batch():
            batch_mean = shares.swapaxes(-1, -2) @ x
            np.subtract(x, batch_mean, out=normed)
            np.multiply(normed, normed, out=scratch)
            batch_variance = shares.swapaxes(-1, -2) @ scratch
            np.divide(1.0, np.sqrt(batch_variance + EPSILON), out=inverse_std)
            np.multiply(normed, inverse_std, out=normed)
            np.add(seen, 1.0, out=seen)
            rate = np.maximum(1.0 / seen, _MOMENTUM)
            np.add(mean, rate * (batch_mean - mean), out=mean)
            np.add(variance, rate * (batch_variance - variance), out=variance)

        def standardize_by_running_statistics():
            np.divide(1.0, np.sqrt(variance + EPSILON), out=inverse_std)
            np.subtract(x, mean, out=normed)
            np.multiply(normed, inverse_std, out=normed)

        def scale_and_shift():
            np.multiply(normed, gain, out=out)
            np.add(out, shift, out=out)

        by_batch = room.for_training and room.n_rows > 1 and not room.running_statistics
        if by_batch:
            forward = [standardize_by_batch, scale_and_shift]
            if sample_weight is not None:
                forward.insert(0, set_shares)
        else:
            forward = [standardize_by_running_statistics, scale_and_shift]
        if not room.for_training:
            return BoundLayer(Signal(out), forward)

        delta = room.buffer("delta", self.width) if below.delta is None else below.delta
        backward = [gain_and_shift_gradients(delta, normed, scratch, room)]
        ones = np.ones((1, room.n_rows), out.dtype)

        def through_the_means():
            # ∂E/∂xᵢ = (uᵢ − pᵢ (Σ u + x̂ᵢ Σ u ⊙ x̂)) / √(var + ε), pᵢ row i's share of the means
            np.multiply(delta, normed, out=scratch)
            np.multiply(normed, ones @ scratch, out=scratch)
            np.add(scratch, ones @ delta, out=scratch)
            np.multiply(scratch, shares, out=scratch)
            np.subtract(delta, scratch, out=delta)

        def divide_by_std():  # all there is for a single row: its mean and var are constants
            np.multiply(delta, inverse_std, out=delta)

        backward += [through_the_means, divide_by_std] if by_batch else [divide_by_std]
        return BoundLayer(Signal(out, delta), forward, backward, shown=inverse_std)


def _shares_of_weights(sample_weight, out):
    """Each row's share of the batch's weight; equal shares where all weights are zero."""
    total = sample_weight.sum(axis=-2, keepdims=True)
    np.divide(sample_weight, np.where(total > 0, total, 1.0), out=out)
    np.copyto(out, 1.0 / out.shape[-2], where=total <= 0)
