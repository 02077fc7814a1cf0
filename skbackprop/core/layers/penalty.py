"""Layers that pass their input on and add a term of their own to the objective."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from ..operations import copy
from .base import BoundLayer, SameWidth, Signal


@dataclass(frozen=True)
class PenaltyLayer(SameWidth):
    """Base of the penalties on activations.

    Parameters
    ----------
    width : int
    weight : float
        λ, the strength.
    """

    weight: float

    def bind(self, below, room):
        h = below.value  # (..., n_rows, width)
        forward = []
        if below.is_input:
            h = room.buffer("out", self.width)
            forward.append(copy(below.value, h))
        above = Signal(h, below.delta, False, below.tangent, below.gamma)
        if not room.for_training:
            return BoundLayer(above, forward)
        penalty = room.scalar()
        value, gradient = self.term_of(above, penalty, room)
        return BoundLayer(above, [*forward, *value], gradient, penalty)

    @abstractmethod
    def term_of(self, signal, penalty, room):
        """Operations for the term.

        Parameters
        ----------
        signal : Signal
            What the layer passes on.
        penalty : float64 ndarray of shape (...)
            Where the term's value goes: its mean over the batch, weighted by the sample weights.
        room : Room

        Returns
        -------
        value, gradient : list of operations
            The second add ∂(term)/∂h to ``signal.delta``.
        """


def row_shares(room):
    """An operation, and what it leaves: w̃ᵢ / b, what row i counts in a batch mean.

    Returns
    -------
    operations : list
        Empty without sample weights.
    shares : ndarray of shape (..., n_rows, 1)
    """
    shares = room.like_column(1.0 / room.n_rows)
    sample_weight, n_rows = room.sample_weight, room.n_rows
    if sample_weight is None:
        return [], shares

    def set_shares():  # ``room`` itself would keep the workspace alive, in a cycle of references
        np.divide(sample_weight, n_rows, out=shares)

    return [set_shares], shares
