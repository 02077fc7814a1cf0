"""The dense layer: z = a W + b."""

from dataclasses import dataclass

from ..operations import add_row, product, sum_rows, transpose
from .base import BoundLayer, Layer, Signal


@dataclass(frozen=True)
class Dense(Layer):
    """zˡ = aˡ⁻¹ Wˡ + bˡ, from n_in to n_out units."""

    n_in: int
    n_out: int

    def parameters(self):
        return {"W": ("weights", (self.n_in, self.n_out)), "b": ("biases", (1, self.n_out))}

    def bind(self, below, room):
        a = below.value  # aˡ⁻¹: (..., n_rows, n_in)
        z = room.buffer("z", self.n_out)  # (..., n_rows, n_out)
        W, b = room.params["W"], room.params["b"]  # (..., n_in, n_out), (..., 1, n_out)
        forward = [
            product(a, W, z),
            add_row(b, z),  # zˡ = aˡ⁻¹ Wˡ + bˡ
        ]
        if not room.for_training:
            return BoundLayer(Signal(z), forward)

        delta = room.buffer("delta", self.n_out)  # δˡ = ∂E/∂zˡ
        dW, db = room.gradients["W"], room.gradients["b"]
        backward = [
            product(transpose(a), delta, dW),  # ∂E/∂Wˡ = (aˡ⁻¹)ᵀ δˡ
            sum_rows(delta, db),  # ∂E/∂bˡ = Σ δˡ
        ]
        if below.delta is not None:
            backward.append(product(delta, transpose(W), below.delta))  # ∂E/∂aˡ⁻¹ = δˡ (Wˡ)ᵀ
        return BoundLayer(Signal(z, delta), forward, backward)
