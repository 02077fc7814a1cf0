"""The contractive penalty λ ‖J‖²_F, J the Jacobian of the code, by tangent propagation.

Rifai et al. (2011), "Contractive auto-encoders". For v ~ N(0, I), E ‖J v‖² = ‖J‖²_F, so each sample
sends one random direction v through the encoder along with its input:

    ż = ȧ W,      ȧ = σ′(z) ⊙ ż      (forward mode, from ȧ⁰ = v to the code)

and λ ‖ȧ‖² is penalised. Writing P for the penalty and γ = ∂P/∂ȧ, the way back is

    ∂P/∂ż = γ ⊙ σ′(z),   ∂P/∂z += γ ⊙ ż ⊙ σ″(z),   ∂P/∂W += (ȧˡ⁻¹)ᵀ ∂P/∂ż,   γˡ⁻¹ = ∂P/∂ż Wᵀ.

The signals between the layers below carry ȧ as ``tangent`` and γ as ``gamma``.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..activations import value_and_slope
from ..operations import accumulate, copy, multiply, product, transpose
from .activate import Activate
from .base import BoundLayer, SameWidth, Signal
from .dense import Dense
from .penalty import PenaltyLayer, row_shares
from .tied import SharedDense


@dataclass(frozen=True)
class Directions(SameWidth):
    """Draws v, and passes the input on."""

    is_random = True

    def bind(self, below, room):
        out = room.buffer("out", self.width)
        bound = BoundLayer(Signal(out), [copy(below.value, out)])
        if room.for_training:
            tangent = bound.above.tangent = room.buffer("tangent", self.width)  # v
            bound.forward.append(room.draw("normal", tangent))
        return bound  # nothing to train below


@dataclass(frozen=True)
class TangentDense(Dense):
    """z = a W + b, and ż = ȧ W."""

    def bind(self, below, room):
        bound = super().bind(below, room)
        if not room.for_training:
            return bound
        above, W, dW = bound.above, room.params["W"], room.gradients["W"]
        above.tangent = room.buffer("tangent", self.n_out)  # ż
        above.gamma = room.buffer("gamma", self.n_out)  # ∂P/∂ż
        tangent_dW = np.empty_like(dW, order="C")
        bound.forward.append(product(below.tangent, W, above.tangent))  # ż = ȧ W
        bound.backward += [
            product(transpose(below.tangent), above.gamma, tangent_dW),
            accumulate(tangent_dW, dW),  # ∂P/∂W = (ȧˡ⁻¹)ᵀ ∂P/∂ż
        ]
        if below.gamma is not None:  # γˡ⁻¹ = ∂P/∂ż Wᵀ
            bound.backward.append(product(above.gamma, transpose(W), below.gamma))
        return bound


@dataclass(frozen=True)
class SharedTangentDense(SharedDense, TangentDense):
    """A dense layer that carries a tangent, and whose weights the decoder uses too."""


@dataclass(frozen=True)
class TangentActivate(Activate):
    """a = σ(z), and ȧ = σ′(z) ⊙ ż."""

    def bind(self, below, room):
        if not room.for_training:
            return super().bind(below, room)
        sigma, z, width = self.activation, below.value, self.width
        a = room.buffer("a", width) if sigma.uses_z else z
        slope, second = room.buffer("slope", width), room.buffer("second", width)  # σ′, σ″
        tangent, gamma = room.buffer("tangent", width), room.buffer("gamma", width)  # ȧ, γ
        scratch, delta = room.scratch(width), below.delta
        value, derivative = value_and_slope(sigma, z, a, slope, scratch)
        written_in, extra = z if sigma.uses_z else a, [scratch] if sigma.uses_scratch else []
        forward = [
            *value,
            *derivative,
            multiply(slope, below.tangent, tangent),  # ȧ = σ′(z) ⊙ ż
        ]
        backward = [
            multiply(delta, slope, delta),  # δ ⊙ σ′(z)
            multiply(gamma, slope, below.gamma),  # ∂P/∂ż = γ ⊙ σ′(z)
            partial(sigma.second_derivative, written_in, second, *extra),
            multiply(second, gamma, second),
            multiply(second, below.tangent, second),
            accumulate(second, delta),  # ∂P/∂z += γ ⊙ ż ⊙ σ″(z)
        ]
        above = Signal(a, delta, False, tangent, gamma)
        return BoundLayer(above, forward, backward, shown=slope)


@dataclass(frozen=True)
class ContractivePenalty(PenaltyLayer):
    """λ ‖ȧ‖² at the code, averaged over the samples."""

    term = "contractive"

    def term_of(self, signal, penalty, room):
        tangent, gamma, scratch = signal.tangent, signal.gamma, room.scratch(self.width)
        set_shares, shares = row_shares(room)

        def value():
            np.multiply(tangent, tangent, out=scratch)
            np.multiply(scratch, shares, out=scratch)
            np.sum(scratch, axis=(-2, -1), dtype=np.float64, out=penalty)
            np.multiply(penalty, self.weight, out=penalty)

        def gradient():
            np.multiply(tangent, 2.0 * self.weight * shares, out=gamma)  # γ = ∂P/∂ȧ

        return [*set_shares, value], [gradient]
