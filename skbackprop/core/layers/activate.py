"""The activation layer: a = σ(z)."""

from dataclasses import dataclass
from functools import partial

from ..activations import Activation, value_and_slope
from ..operations import multiply
from .base import BoundLayer, SameWidth, Signal


@dataclass(frozen=True)
class Activate(SameWidth):
    """aˡ = σ(zˡ), element by element; in place where σ′ can be had from a."""

    activation: Activation

    def bind(self, below, room):
        sigma, z = self.activation, below.value  # (..., n_rows, width)
        in_place = not sigma.uses_z and not below.is_input
        a = z if in_place else room.buffer("a", self.width)
        if not room.for_training:
            return BoundLayer(Signal(a), [partial(sigma.function, z, a)])

        slope = room.buffer("slope", self.width)  # σ′(zˡ)
        forward, backward = value_and_slope(sigma, z, a, slope, room.scratch(self.width))
        delta = below.delta
        if delta is not None:
            backward.append(multiply(delta, slope, delta))  # δˡ = ∂E/∂aˡ ⊙ σ′(zˡ)
        return BoundLayer(Signal(a, delta), forward, backward, shown=slope)
