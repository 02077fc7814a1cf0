"""What a layer is, and what it becomes when it is bound to the arrays of a pass.

A *layer* is a description: its widths and constants. Its arithmetic needs arrays, and those belong
to a pass (``core/passes.py``). ``Layer.bind`` takes what the layer below hands up, finds the
parameters and makes the buffers in a ``Room``, and returns a ``BoundLayer``: the operations
(``core/operations.py``) of its forward and of its backward equations, on these very arrays.

All arrays are addressed over their last two axes, (n_rows, width). Writing E for the objective of a
batch, a layer's backward operations find ∂E/∂(its output) in ``above.delta`` and leave ∂E/∂(its
input) in ``below.delta``.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)
class Signal:
    """What one layer hands to the next, and gets back from it.

    Attributes
    ----------
    value : ndarray of shape (..., n_rows, width), or Placeholder
        The activations.
    delta : ndarray of the same shape, or None
        ∂E/∂value; None where nobody below is trained, and in prediction.
    is_input : bool
        Whether it is the batch itself, which no layer may overwrite.
    tangent, gamma : ndarray of the same shape, or None
        For the contractive penalty only, see ``contractive.py``.
    """

    value: object
    delta: np.ndarray | None = None
    is_input: bool = False
    tangent: np.ndarray | None = None
    gamma: np.ndarray | None = None


@dataclass(eq=False)
class BoundLayer:
    """A layer bound to the arrays of a pass.

    Attributes
    ----------
    above : Signal
        The output.
    forward, backward : list of operations
        To be run in this order, those of ``backward`` in training only.
    penalty : float64 ndarray of shape (...), or None
        The layer's own term of the objective, a batch mean, after ``forward``; one for each network
        of a population.
    shown : ndarray, or None
        What a trace shows of the layer beside its output and δ: σ′ of an activation, the standard
        deviation's inverse of a normalization.
    """

    above: Signal
    forward: list[Callable[[], object]]
    backward: list[Callable[[], object]] = field(default_factory=list)
    penalty: np.ndarray | None = None
    shown: np.ndarray | None = None


@dataclass(frozen=True)
class Layer(ABC):
    """Base of all layers. The fields of a subclass are what its constructor takes.

    Attributes
    ----------
    n_in, n_out : int
        Widths of the input and of the output.
    """

    #: Name of the term that the layer adds to the objective, as in ``loss_terms_``.
    term = None
    #: Whether it draws random numbers in training.
    is_random = False
    #: Fields that may differ between the members of a population.
    per_member = ()

    def parameters(self):
        """Shapes by name: {name: (section, shape)}; sections are "weights", "biases", "norms"."""
        return {}

    def statistics(self):
        """Values kept with the parameters but not trained: {name: (shape, initial value)}."""
        return {}

    @abstractmethod
    def bind(self, below, room):
        """Bind the layer's equations to arrays.

        Parameters
        ----------
        below : Signal
            The input.
        room : Room
            Parameters, gradients and buffers of this layer in a pass.

        Returns
        -------
        BoundLayer
        """

    def key(self):
        """What must be equal for layers to be trained together along the population axis."""
        values = [
            getattr(self, one.name)
            for one in dataclasses.fields(self)
            if one.name not in self.per_member
        ]
        values = [v.tobytes() if isinstance(v, np.ndarray) else v for v in values]
        return (type(self).__name__, *values)

    @staticmethod
    def joined(layers, dtype):
        """One layer for a population, in place of its members' layers of equal ``key()``.

        What is named in ``per_member`` becomes an array of shape (K, 1, 1) where it differs.
        """
        different = {}
        for name in layers[0].per_member:
            values = [getattr(layer, name) for layer in layers]
            if any(value != values[0] for value in values):
                different[name] = np.array(values, dtype)[:, np.newaxis, np.newaxis]
        return dataclasses.replace(layers[0], **different)


@dataclass(frozen=True)
class SameWidth(Layer):
    """Base of the layers whose output is as wide as their input.

    Parameters
    ----------
    width : int
    """

    width: int

    @property
    def n_in(self):
        return self.width

    @property
    def n_out(self):
        return self.width
