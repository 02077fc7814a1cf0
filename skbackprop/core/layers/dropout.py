"""Dropout."""

from dataclasses import dataclass

import numpy as np

from ..operations import copy, multiply
from .base import BoundLayer, SameWidth, Signal


@dataclass(frozen=True)
class Dropout(SameWidth):
    """Inverted dropout: a ⊙ m / (1 − p), m ~ Bernoulli(1 − p), in training only.

    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".

    Parameters
    ----------
    width : int
    rate : float
        p.
    """

    rate: float

    is_random = True
    per_member = ("rate",)

    def bind(self, below, room):
        a, out = below.value, room.buffer("out", self.width)  # (..., n_rows, width)
        if not room.perturbs:
            return BoundLayer(Signal(out, below.delta), [copy(a, out)])

        mask = room.buffer("mask", self.width)  # m / (1 − p)

        def make_mask():
            np.greater_equal(mask, self.rate, out=mask)
            np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)

        forward = [room.draw("uniform", mask), make_mask, multiply(a, mask, out)]
        delta = below.delta
        backward = [] if delta is None else [multiply(delta, mask, delta)]
        return BoundLayer(Signal(out, delta), forward, backward)
