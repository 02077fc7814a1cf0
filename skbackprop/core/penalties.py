"""Penalties on activations: layers that pass their input on and add to the objective.

A penalty layer leaves ``slot.penalty``, the (weighted) batch mean of its term, in the forward pass
and adds the term's gradient to δ in the backward pass.
"""

import numpy as np
from scipy.special import rel_entr

from .layers import Layer
from .operations import operation


class PenaltyLayer(Layer):
    """Base of layers with a term of their own in the objective.

    Attributes
    ----------
    term : str
        Name of the term in ``loss_terms_``.
    """

    term: str
    has_penalty = True
    in_place = True

    @staticmethod
    def row_shares(s):
        """w̃ᵢ / b: what row i counts in a batch mean; a number, or an array (..., n_rows, 1)."""
        return 1.0 / s.n_rows if s.weights is None else s.weights / s.n_rows

    @classmethod
    def batch_mean(cls, s, rows):
        """Σᵢ w̃ᵢ rᵢ / b for ``rows`` of shape (..., n_rows, width), summed over the width too."""
        return np.sum(rows * cls.row_shares(s), axis=(-2, -1), dtype=np.float64)

    @operation
    def forward(self, s):
        if s.out is not s.x:
            np.copyto(s.out, s.x)
        if s.training:
            s.penalty = self.value(s)


class L1Penalty(PenaltyLayer):
    """λ Σⱼ |hⱼ|, averaged over the samples."""

    term = "sparsity"

    def __init__(self, width, weight):
        super().__init__(width)
        self.weight = weight

    def value(self, s):
        """The batch mean of the term."""
        return self.weight * self.batch_mean(s, np.abs(s.out))

    @operation
    def backward(self, s):
        s.delta += self.weight * self.row_shares(s) * np.sign(s.out)

    def key(self):
        return (*super().key(), self.weight)


class KLSparsity(PenaltyLayer):
    """λ Σⱼ KL(ρ ‖ ρ̂ⱼ), ρ̂ⱼ the mean activation of unit j over the batch (Ng, 2011).

    For activations in (0, 1). With weights, ρ̂ⱼ is the weighted mean.
    """

    term = "sparsity"

    def __init__(self, width, weight, target):
        super().__init__(width)
        self.weight = weight
        self.target = target

    def value(self, s):
        """λ Σⱼ [ρ log(ρ / ρ̂ⱼ) + (1 − ρ) log((1 − ρ) / (1 − ρ̂ⱼ))]."""
        shares = self.row_shares(s)
        if s.weights is not None:
            total = shares.sum(axis=-2, keepdims=True)
            shares = shares / np.where(total > 0, total, 1.0)
        s.shares = shares
        mean = np.sum(s.out * shares, axis=-2, keepdims=True)
        tiny = np.finfo(s.out.dtype).eps
        s.mean_activation = np.clip(mean, tiny, 1.0 - tiny)
        rho = self.target
        divergence = rel_entr(rho, s.mean_activation) + rel_entr(1 - rho, 1 - s.mean_activation)
        return self.weight * np.sum(divergence, axis=(-2, -1), dtype=np.float64)

    @operation
    def backward(self, s):
        rho, mean = self.target, s.mean_activation
        s.delta += self.weight * s.shares * ((1 - rho) / (1 - mean) - rho / mean)

    def key(self):
        return (*super().key(), self.weight, self.target)


_MAX_LOG_VARIANCE = 10.0


class Reparameterization(PenaltyLayer):
    """z = μ + σ ⊙ ε, ε ~ N(0, I), with the KL divergence to N(0, I) as penalty: a variational code.

    The input holds [μ, log σ²], log σ² clipped to ±10; prediction passes μ on.
    β KL = β/2 Σⱼ (μⱼ² + σⱼ² − 1 − log σⱼ²)   (Kingma & Welling, 2014; Higgins et al., 2017).
    """

    term = "kl"
    random = True
    in_place = False
    delta_in_place = False

    def __init__(self, width, beta):
        super().__init__(2 * width, width)
        self.beta = beta

    def bind(self, slot, buffer, training):
        slot.mean, slot.log_variance = np.split(slot.x, 2, axis=-1)
        slot.noise = buffer("noise", self.n_out) if training else None

    @operation
    def forward(self, s):
        if not s.training:
            np.copyto(s.out, s.mean)
            return
        s.inside = np.abs(s.log_variance) < _MAX_LOG_VARIANCE
        np.clip(s.log_variance, -_MAX_LOG_VARIANCE, _MAX_LOG_VARIANCE, out=s.log_variance)
        s.variance = np.exp(s.log_variance)
        s.draw("normal", s.noise)
        np.multiply(s.noise, np.sqrt(s.variance), out=s.noise)  # σ ⊙ ε
        np.add(s.mean, s.noise, out=s.out)
        s.penalty = self.value(s)

    def value(self, s):
        """The batch mean of β KL."""
        kl = 0.5 * (s.mean**2 + s.variance - 1.0 - s.log_variance)
        return self.beta * self.batch_mean(s, kl)

    @operation
    def backward(self, s):
        shares = self.beta * self.row_shares(s)
        d_mean, d_log_variance = np.split(s.delta_in, 2, axis=-1)
        np.add(s.delta, shares * s.mean, out=d_mean)  # ∂z/∂μ = 1
        np.multiply(s.delta, 0.5 * s.noise, out=d_log_variance)  # ∂z/∂log σ² = ½ σ ε
        d_log_variance += shares * 0.5 * (s.variance - 1.0)
        d_log_variance *= s.inside

    def key(self):
        return (*super().key(), self.beta)
