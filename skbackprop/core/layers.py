"""Layers: the equations of the forward and the backward pass.

A layer is stateless but for its description. Its arrays live in a *slot* (one layer's place in a
``Workspace``): the input ``x``, the output ``out``, the gradient δ with respect to the output
(``delta``) and to the input (``delta_in``), views of the parameters and of their gradients, and
what the layer keeps from its forward pass for its backward pass. All arrays are addressed over
their last two axes, (n_samples, width).

``forward`` and ``backward`` bind a layer's equations to the arrays of a slot, as a list of
operations that a pass runs again and again. Writing the error of a batch as E, those of
``backward`` find ``slot.delta`` = ∂E/∂out and leave ``slot.delta_in`` = ∂E/∂x.
"""

import copy
from functools import partial

import numpy as np

from .operations import add_row, multiply, operation, product, sum_rows


class Layer:
    """Base of all layers: describes parameters, binds buffers, computes forward and backward.

    Parameters
    ----------
    n_in, n_out : int
        Width of the input and of the output.
    """

    #: Whether the output may overwrite the input, in the same buffer.
    in_place = False
    #: Whether the forward pass draws random numbers, ``slot.draw(distribution, out)``.
    random = False
    #: Whether it adds a term to the objective, left in ``slot.penalty``.
    has_penalty = False
    #: Numbers that may differ between members of a population.
    per_member: tuple[str, ...] = ()
    #: Whether ``delta_in`` is ``delta``, changed in place.
    delta_in_place = True

    def __init__(self, n_in, n_out=None):
        self.n_in = n_in
        self.n_out = n_in if n_out is None else n_out

    def parameters(self):
        """Shapes by name: {name: (section, shape)}; sections are "weights", "biases", "norms"."""
        return {}

    def state(self):
        """Values kept with the parameters but not trained: {name: (shape, initial value)}."""
        return {}

    def bind(self, slot, buffer, training):
        """Take the buffers the layer needs beyond x, out and deltas: ``buffer(name, width)``."""

    def forward(self, slot):
        """The operations that compute ``slot.out`` from ``slot.x``."""
        raise NotImplementedError

    def backward(self, slot):
        """The operations that compute ``slot.delta_in`` and the parameters' gradients."""
        raise NotImplementedError

    def key(self):
        """What must be equal for two layers to be trained together along the population axis."""
        return (type(self).__name__, self.n_in, self.n_out)

    @classmethod
    def joined(cls, layers, dtype):
        """One layer for a population, in place of its members' layers of equal ``key()``.

        What is named in ``per_member`` becomes an array of shape (K, 1, 1) where it differs.
        """
        together = copy.copy(layers[0])
        for name in cls.per_member:
            values = [getattr(layer, name) for layer in layers]
            if any(value != values[0] for value in values):
                setattr(together, name, np.array(values, dtype)[:, np.newaxis, np.newaxis])
        return together


class Dense(Layer):
    """z = a W + b."""

    delta_in_place = False

    def owner(self, place):
        """The place of the layer that owns the weights, for a layer at ``place``."""
        return place

    def parameters(self):
        return {"W": ("weights", (self.n_in, self.n_out)), "b": ("biases", (1, self.n_out))}

    def bind(self, slot, buffer, training):
        slot.x_T, slot.W_T = slot.x.swapaxes(-1, -2), slot.W.swapaxes(-1, -2)

    def forward(self, s):
        return [
            product(s.x, s.W, s.out),
            add_row(s.b, s.out),  # zˡ = aˡ⁻¹ Wˡ + bˡ
        ]

    def backward(self, s):
        return [
            product(s.x_T, s.delta, s.dW),  # ∂E/∂Wˡ = (aˡ⁻¹)ᵀ δˡ
            sum_rows(s.delta, s.db),  # ∂E/∂bˡ = Σ δˡ
            *self.below(s),
        ]

    @staticmethod
    def below(s):
        """δˡ⁻¹ = δˡ (Wˡ)ᵀ ⊙ σ′(zˡ⁻¹): the first factor; ``Activate.backward`` has the second."""
        return [] if s.delta_in is None else [product(s.delta, s.W_T, s.delta_in)]


class Activate(Layer):
    """a = σ(z)."""

    def __init__(self, width, activation):
        super().__init__(width)
        self.activation = activation
        self.in_place = not activation.uses_z

    def bind(self, slot, buffer, training):
        slot.source = slot.x if self.activation.uses_z else slot.out  # what σ′ is written in
        slot.slope = buffer("slope", self.n_out) if training else None
        slot.slope_is_ready = training and self.activation.with_derivative is not None

    def forward(self, s):
        if s.slope_is_ready:
            return [partial(self.activation.with_derivative, s.x, s.out, s.slope)]
        return [partial(self.activation.function, s.x, s.out)]

    def backward(self, s):
        return [*self.derivative(s), multiply(s.delta, s.slope, s.delta)]  # δˡ = … ⊙ σ′(zˡ)

    def derivative(self, s):
        """σ′(zˡ) into ``s.slope``, unless the forward pass has left it there."""
        if s.slope_is_ready:
            return []
        return [partial(self.activation.derivative, s.source, s.slope)]

    def key(self):
        return (*super().key(), self.activation)


class Dropout(Layer):
    """Inverted dropout: a ⊙ m / (1 − p), m ~ Bernoulli(1 − p), in training only.

    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    """

    def __init__(self, width, rate):
        super().__init__(width)
        self.rate = rate

    random = True
    per_member = ("rate",)

    def bind(self, slot, buffer, training):
        slot.mask = buffer("mask", self.n_out) if training else None

    @operation
    def forward(self, s):
        if s.mask is None:
            np.copyto(s.out, s.x)
            return
        s.draw("uniform", s.mask)
        np.greater_equal(s.mask, self.rate, out=s.mask)
        np.multiply(s.mask, 1.0 / (1.0 - self.rate), out=s.mask)
        np.multiply(s.x, s.mask, out=s.out)

    @operation
    def backward(self, s):
        if s.mask is not None:
            np.multiply(s.delta, s.mask, out=s.delta)
