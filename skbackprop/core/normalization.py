"""Normalization: layers that standardise the sums before an activation."""

import numpy as np

from .layers import Layer
from .operations import operation

_NORM_EPSILON = 1e-5  # PyTorch's


class LayerNorm(Layer):
    """γ x̂ + β, each sample standardised over its features: x̂ = (x − μ) / √(σ² + ε).

    Ba, Kiros & Hinton (2016), "Layer normalization".
    """

    def parameters(self):
        return {"gain": ("norms", (1, self.n_out)), "shift": ("norms", (1, self.n_out))}

    def bind(self, slot, buffer, training):
        slot.normed = buffer("normed", self.n_out)
        slot.scratch = buffer("scratch", self.n_out)
        slot.ones = np.ones((1, slot.n_rows), slot.out.dtype)
        slot.shares = np.full((self.n_out, 1), 1.0 / self.n_out, slot.out.dtype)

    @staticmethod
    def mean(s, values):
        """The mean that standardises, with the axis kept; as a product, which is faster."""
        return values @ s.shares

    @operation
    def forward(self, s):
        self._standardize(s)
        self._scale(s)

    def _standardize(self, s):
        mean = self.mean(s, s.x)
        np.subtract(s.x, mean, out=s.normed)
        np.multiply(s.normed, s.normed, out=s.scratch)
        variance = self.mean(s, s.scratch)
        s.inverse_std = 1.0 / np.sqrt(variance + _NORM_EPSILON)
        np.multiply(s.normed, s.inverse_std, out=s.normed)  # x̂
        return mean, variance

    @staticmethod
    def _scale(s):
        np.multiply(s.normed, s.gain, out=s.out)
        np.add(s.out, s.shift, out=s.out)

    @operation
    def backward(self, s):
        self._parameter_gradients(s)
        # ∂E/∂x = (u − mean(u) − x̂ mean(u ⊙ x̂)) / √(σ² + ε)   (Ioffe & Szegedy, 2015)
        np.multiply(s.delta, s.normed, out=s.scratch)
        np.multiply(s.normed, self.mean(s, s.scratch), out=s.scratch)
        s.delta -= self.mean(s, s.delta)
        s.delta -= s.scratch
        np.multiply(s.delta, s.inverse_std, out=s.delta)

    @staticmethod
    def _parameter_gradients(s):
        np.multiply(s.delta, s.normed, out=s.scratch)
        np.matmul(s.ones, s.scratch, out=s.dgain)  # ∂E/∂γ = Σ δ ⊙ x̂
        np.matmul(s.ones, s.delta, out=s.dshift)  # ∂E/∂β = Σ δ
        np.multiply(s.delta, s.gain, out=s.delta)  # u = ∂E/∂x̂


class BatchNorm(LayerNorm):
    """γ x̂ + β, each feature standardised over the batch (Ioffe & Szegedy, 2015).

    Means are weighted by the sample weights, so that a weight of k is a sample repeated k times.
    Prediction uses running statistics: the plain average over the first batches, then an
    exponential one. A batch of a single row has no spread to learn from: it is standardised by the
    running statistics, as in prediction.
    """

    momentum = 0.1

    def state(self):
        width = (1, self.n_out)
        return {
            "running_mean": (width, 0.0),
            "running_variance": (width, 1.0),
            "seen": ((1, 1), 0.0),
        }

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        slot.by_batch = training and slot.n_rows > 1
        slot.shares = np.full((slot.n_rows, 1), 1.0 / slot.n_rows, slot.out.dtype)

    @staticmethod
    def mean(s, values):
        return s.shares.swapaxes(-1, -2) @ values

    @operation
    def forward(self, s):
        if s.by_batch:
            if s.weights is not None:
                total = s.weights.sum(axis=-2, keepdims=True)
                s.shares = np.where(
                    total > 0, s.weights / np.where(total > 0, total, 1), 1 / s.n_rows
                )
            self._track(s, *self._standardize(s))
        else:
            s.inverse_std = 1.0 / np.sqrt(s.running_variance + _NORM_EPSILON)
            np.subtract(s.x, s.running_mean, out=s.normed)
            np.multiply(s.normed, s.inverse_std, out=s.normed)
        self._scale(s)

    def _track(self, s, mean, variance):
        s.seen += 1.0
        rate = np.maximum(1.0 / s.seen, self.momentum)
        s.running_mean += rate * (mean - s.running_mean)
        s.running_variance += rate * (variance - s.running_variance)

    @operation
    def backward(self, s):
        self._parameter_gradients(s)
        if s.by_batch:
            # ∂E/∂xᵢ = (uᵢ − pᵢ (Σ u + x̂ᵢ Σ u ⊙ x̂)) / √(σ² + ε), pᵢ row i's share of the means
            np.multiply(s.delta, s.normed, out=s.scratch)
            np.multiply(s.normed, s.ones @ s.scratch, out=s.scratch)
            s.scratch += s.ones @ s.delta
            s.scratch *= s.shares
            s.delta -= s.scratch
        np.multiply(s.delta, s.inverse_std, out=s.delta)  # one row: μ and σ² are constants


NORMALIZATIONS = {"layer": LayerNorm, "batch": BatchNorm}
