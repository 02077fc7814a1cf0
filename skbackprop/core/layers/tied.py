"""Tied weights: a decoder layer that uses an encoder layer's weights, transposed.

The way back comes to the tied layer first. It writes its part of the gradient of the common
weights; their owner, a `SharedDense`, then adds its own.
"""

from dataclasses import dataclass

import numpy as np

from ..operations import accumulate, add_row, product, sum_rows, transpose
from .base import BoundLayer, Signal
from .dense import Dense


@dataclass(frozen=True)
class TiedDense(Dense):
    """z = a Vᵀ + b, with V the weights of layer number ``owner`` of the network."""

    owner: int

    def parameters(self):
        return {"b": ("biases", (1, self.n_out))}

    def bind(self, below, room):
        a, z = below.value, room.buffer("z", self.n_out)  # (..., n_rows, width)
        V = room.params_of(self.owner)["W"]  # (..., n_out, n_in)
        b = room.params["b"]  # (..., 1, n_out)
        forward = [
            product(a, transpose(V), z),
            add_row(b, z),  # z = a Vᵀ + b
        ]
        if not room.for_training:
            return BoundLayer(Signal(z), forward)

        delta = room.buffer("delta", self.n_out)
        dV, db = room.gradients_of(self.owner)["W"], room.gradients["b"]
        backward = [
            product(transpose(delta), a, dV),  # ∂E/∂V = δᵀ a
            sum_rows(delta, db),  # ∂E/∂b = Σ δ
        ]
        if below.delta is not None:
            backward.append(product(delta, V, below.delta))  # ∂E/∂a = δ V
        return BoundLayer(Signal(z, delta), forward, backward)


@dataclass(frozen=True)
class SharedDense(Dense):
    """A dense layer whose weights a `TiedDense` uses too: ∂E/∂W is the sum over both uses."""

    def bind(self, below, room):
        if not room.for_training:
            return super().bind(below, room)
        total = room.gradients["W"]
        own = room.gradients["W"] = np.empty_like(total, order="C")
        bound = super().bind(below, room)
        bound.backward.append(accumulate(own, total))
        return bound
