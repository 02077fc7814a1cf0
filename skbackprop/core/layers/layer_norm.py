"""Layer normalization."""

from dataclasses import dataclass

import numpy as np

from .base import BoundLayer, SameWidth, Signal

EPSILON = 1e-5  # PyTorch's


@dataclass(frozen=True)
class LayerNorm(SameWidth):
    """γ x̂ + β, each sample standardised over its features: x̂ = (x − mean) / √(var + ε).

    Ba, Kiros & Hinton (2016), "Layer normalization".
    """

    def parameters(self):
        return {"gain": ("norms", (1, self.width)), "shift": ("norms", (1, self.width))}

    def bind(self, below, room):
        x, out = below.value, room.buffer("out", self.width)  # (..., n_rows, width)
        gain, shift = room.params["gain"], room.params["shift"]  # γ, β: (..., 1, width)
        normed = room.buffer("normed", self.width)  # x̂
        scratch = room.scratch(self.width)
        inverse_std = room.buffer("inverse_std", 1)  # 1 / √(var + ε): (..., n_rows, 1)
        shares = np.full((self.width, 1), 1.0 / self.width, out.dtype)  # a mean is a product

        def standardize():
            np.subtract(x, x @ shares, out=normed)
            np.multiply(normed, normed, out=scratch)
            np.add(scratch @ shares, EPSILON, out=inverse_std)
            np.sqrt(inverse_std, out=inverse_std)
            np.divide(1.0, inverse_std, out=inverse_std)
            np.multiply(normed, inverse_std, out=normed)

        def scale_and_shift():
            np.multiply(normed, gain, out=out)
            np.add(out, shift, out=out)

        forward = [standardize, scale_and_shift]
        if not room.for_training:
            return BoundLayer(Signal(out), forward)

        delta = room.buffer("delta", self.width) if below.delta is None else below.delta
        parameter_gradients = gain_and_shift_gradients(delta, normed, scratch, room)

        def input_gradient():
            # ∂E/∂x = (u − mean(u) − x̂ mean(u ⊙ x̂)) / √(var + ε)   (Ioffe & Szegedy, 2015)
            np.multiply(delta, normed, out=scratch)
            np.multiply(normed, scratch @ shares, out=scratch)
            np.subtract(delta, delta @ shares, out=delta)
            np.subtract(delta, scratch, out=delta)
            np.multiply(delta, inverse_std, out=delta)

        backward = [parameter_gradients, input_gradient]
        return BoundLayer(Signal(out, delta), forward, backward, shown=inverse_std)


def gain_and_shift_gradients(delta, normed, scratch, room):
    """An operation that leaves ∂E/∂γ and ∂E/∂β, and turns δ into u = ∂E/∂x̂."""
    gain, dgain, dshift = room.params["gain"], room.gradients["gain"], room.gradients["shift"]
    ones = np.ones((1, room.n_rows), delta.dtype)  # a sum is a product

    def operation():
        np.multiply(delta, normed, out=scratch)
        np.matmul(ones, scratch, out=dgain)  # ∂E/∂γ = Σ δ ⊙ x̂
        np.matmul(ones, delta, out=dshift)  # ∂E/∂β = Σ δ
        np.multiply(delta, gain, out=delta)  # u = δ ⊙ γ

    return operation
