"""Tied weights: a decoder layer that uses an encoder layer's weights, transposed."""

import numpy as np

from .layers import Dense


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
        s.product(s.delta.swapaxes(-1, -2), s.x, out=s.dW)  # ∂E/∂V = δᵀ a
        s.product(s.ones, s.delta, out=s.db)
        if s.delta_in is not None:
            s.product(s.delta, s.W_T, out=s.delta_in)

    def key(self):
        return (*super().key(), self.source)


class SharedDense(Dense):
    """A dense layer whose weights others use too: ∂E/∂W is the sum over all uses."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        slot.tied = []

    def backward(self, s):
        super().backward(s)
        for gradient in s.tied:
            np.add(s.dW, gradient, out=s.dW)
