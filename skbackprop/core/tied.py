"""Tied weights: a decoder layer that uses an encoder layer's weights, transposed."""

import numpy as np

from .layers import Dense
from .operations import accumulate, product, sum_rows


class TiedDense(Dense):
    """z = a Vᵀ + b, with V the weights of layer number ``source`` of the network."""

    def __init__(self, n_in, n_out, source):
        super().__init__(n_in, n_out)
        self.source = source

    def owner(self, place):
        return self.source

    def parameters(self):
        return {"b": ("biases", (1, self.n_out))}

    def bind(self, slot, buffer, training):
        slot.W = slot.network_views[self.source]["W"].swapaxes(-1, -2)
        super().bind(slot, buffer, training)
        if training:
            owner = slot.by_place[self.source]
            slot.dW = np.empty_like(owner.dW)
            owner.tied.append(slot.dW)

    def backward(self, s):
        return [
            product(s.delta.swapaxes(-1, -2), s.x, s.dW),  # ∂E/∂V = δᵀ a
            sum_rows(s.delta, s.db),
            *self.below(s),
        ]

    def key(self):
        return (*super().key(), self.source)


class SharedDense(Dense):
    """A dense layer whose weights others use too: ∂E/∂W is the sum over all uses."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        slot.tied = []

    def backward(self, s):
        return [*super().backward(s), *[accumulate(gradient, s.dW) for gradient in s.tied]]
