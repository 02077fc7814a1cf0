"""The contractive penalty λ ‖J‖²_F, J the Jacobian of the code, by tangent propagation.

Rifai et al. (2011), "Contractive auto-encoders". For v ~ N(0, I), E ‖J v‖² = ‖J‖²_F, so each sample
sends one random direction v through the encoder along with its input:

    ż = ȧ W,      ȧ = σ′(z) ⊙ ż      (forward mode, from ȧ⁰ = v to the code)

and λ ‖ȧ‖² is penalised. Writing P for the penalty and γ = ∂P/∂ȧ, the way back is

    ∂P/∂ż = γ ⊙ σ′(z),   ∂P/∂z += γ ⊙ ż ⊙ σ″(z),   ∂P/∂W += (ȧˡ⁻¹)ᵀ ∂P/∂ż,   γˡ⁻¹ = ∂P/∂ż Wᵀ.

The layers below carry ȧ in ``slot.tangent`` and γ in ``slot.gamma``, and read those of their input
from ``slot.below``.
"""

from functools import partial

import numpy as np

from .layers import Activate, Dense, Layer
from .operations import accumulate, multiply, operation, product
from .penalties import PenaltyLayer


class Directions(Layer):
    """Draws v, and passes the input on."""

    random = True

    def bind(self, slot, buffer, training):
        slot.tangent = buffer("tangent", self.n_out) if training else None
        slot.gamma = None

    @operation
    def forward(self, s):
        np.copyto(s.out, s.x)
        if s.tangent is not None:
            s.draw("normal", s.tangent)

    def backward(self, s):
        """Nothing to train below."""
        return []


class TangentDense(Dense):
    """z = a W + b, and ż = ȧ W."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        if training:
            slot.tangent = buffer("tangent", self.n_out)
            slot.gamma = buffer("gamma", self.n_out)
            slot.tangent_dW = np.empty_like(slot.dW)

    def forward(self, s):
        if not s.training:
            return super().forward(s)
        return [*super().forward(s), product(s.below.tangent, s.W, s.tangent)]  # ż = ȧ W

    def backward(self, s):
        operations = [
            *super().backward(s),
            product(s.below.tangent.swapaxes(-1, -2), s.gamma, s.tangent_dW),
            accumulate(s.tangent_dW, s.dW),  # ∂P/∂W = (ȧˡ⁻¹)ᵀ ∂P/∂ż
        ]
        if s.below.gamma is not None:
            operations.append(product(s.gamma, s.W_T, s.below.gamma))  # γˡ⁻¹ = ∂P/∂ż Wᵀ
        return operations


class TangentActivate(Activate):
    """a = σ(z), and ȧ = σ′(z) ⊙ ż."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        if training:
            slot.tangent = buffer("tangent", self.n_out)
            slot.gamma = buffer("gamma", self.n_out)
            slot.scratch = buffer("scratch", self.n_out)

    def forward(self, s):
        if not s.training:
            return super().forward(s)
        return [
            *super().forward(s),
            *self.derivative(s),
            multiply(s.slope, s.below.tangent, s.tangent),  # ȧ = σ′(z) ⊙ ż
        ]

    def backward(self, s):
        return [
            multiply(s.delta, s.slope, s.delta),  # δ ⊙ σ′(z)
            multiply(s.gamma, s.slope, s.below.gamma),  # ∂P/∂ż = γ ⊙ σ′(z)
            partial(self.activation.second_derivative, s.source, s.scratch),
            multiply(s.scratch, s.gamma, s.scratch),
            multiply(s.scratch, s.below.tangent, s.scratch),
            accumulate(s.scratch, s.delta),  # ∂P/∂z += γ ⊙ ż ⊙ σ″(z)
        ]


class ContractivePenalty(PenaltyLayer):
    """λ ‖ȧ‖² at the code, averaged over the samples."""

    term = "contractive"

    def __init__(self, width, weight):
        super().__init__(width)
        self.weight = weight

    def value(self, s):
        """The batch mean of the term."""
        return self.weight * self.batch_mean(s, s.below.tangent**2)

    @operation
    def backward(self, s):
        factor = 2.0 * self.weight * self.row_shares(s)
        np.multiply(s.below.tangent, factor, out=s.below.gamma)  # γ = ∂P/∂ȧ

    def key(self):
        return (*super().key(), self.weight)
