"""The contractive penalty λ ‖J‖²_F, J the Jacobian of the code, by tangent propagation.

Rifai et al. (2011), "Contractive auto-encoders". For v ~ N(0, I), E ‖J v‖² = ‖J‖²_F, so each sample
sends one random direction v through the encoder along with its input:

    ż = ȧ W,      ȧ = σ′(z) ⊙ ż      (forward mode, from ȧ⁰ = v to the code)

and λ ‖ȧ‖² is penalised. Writing P for the penalty and γ = ∂P/∂ȧ, the way back is

    ∂P/∂ż = γ ⊙ σ′(z),   ∂P/∂z += γ ⊙ ż ⊙ σ″(z),   ∂P/∂W += (ȧˡ⁻¹)ᵀ ∂P/∂ż,   γˡ⁻¹ = ∂P/∂ż Wᵀ.

The layers below carry ȧ in ``slot.tangent`` and γ in ``slot.gamma``, and read those of their input
from ``slot.below``.
"""

import numpy as np

from .layers import Activate, Dense, Layer
from .penalties import PenaltyLayer


class Directions(Layer):
    """Draws v, and passes the input on."""

    random = True

    def bind(self, slot, buffer, training):
        slot.tangent = buffer("tangent", self.n_out) if training else None
        slot.gamma = None

    def forward(self, s):
        np.copyto(s.out, s.x)
        if s.tangent is not None:
            s.draw("normal", s.tangent)

    def backward(self, s):
        """Nothing to train below."""


class TangentDense(Dense):
    """z = a W + b, and ż = ȧ W."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        if training:
            slot.tangent = buffer("tangent", self.n_out)
            slot.gamma = buffer("gamma", self.n_out)

    def forward(self, s):
        super().forward(s)
        if s.training:
            s.product(s.below.tangent, s.W, out=s.tangent)  # ż = ȧ W

    def backward(self, s):
        super().backward(s)
        s.dW += s.product(s.below.tangent.swapaxes(-1, -2), s.gamma)  # (ȧˡ⁻¹)ᵀ ∂P/∂ż
        if s.below.gamma is not None:
            s.product(s.gamma, s.W_T, out=s.below.gamma)  # γˡ⁻¹ = ∂P/∂ż Wᵀ


class TangentActivate(Activate):
    """a = σ(z), and ȧ = σ′(z) ⊙ ż."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        if training:
            slot.tangent = buffer("tangent", self.n_out)
            slot.gamma = buffer("gamma", self.n_out)
            slot.slope = buffer("slope", self.n_out)

    def forward(self, s):
        super().forward(s)
        if s.training:
            self.activation.derivative(s.source, s.slope)
            np.multiply(s.slope, s.below.tangent, out=s.tangent)  # ȧ = σ′(z) ⊙ ż

    def backward(self, s):
        np.multiply(s.delta, s.slope, out=s.delta)  # δ ⊙ σ′(z)
        np.multiply(s.gamma, s.slope, out=s.below.gamma)  # ∂P/∂ż = γ ⊙ σ′(z)
        self.activation.second_derivative(s.source, s.scratch)
        np.multiply(s.scratch, s.gamma, out=s.scratch)
        np.multiply(s.scratch, s.below.tangent, out=s.scratch)
        np.add(s.delta, s.scratch, out=s.delta)  # ∂P/∂z += γ ⊙ ż ⊙ σ″(z)


class ContractivePenalty(PenaltyLayer):
    """λ ‖ȧ‖² at the code, averaged over the samples."""

    term = "contractive"

    def __init__(self, width, weight):
        super().__init__(width)
        self.weight = weight

    def value(self, s):
        """The batch mean of the term."""
        return self.weight * self.batch_mean(s, s.below.tangent**2)

    def backward(self, s):
        factor = 2.0 * self.weight * self.row_shares(s)
        np.multiply(s.below.tangent, factor, out=s.below.gamma)  # γ = ∂P/∂ȧ

    def key(self):
        return (*super().key(), self.weight)
