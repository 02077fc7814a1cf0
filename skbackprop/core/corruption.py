"""Corruption of the input: denoising (Vincent et al., 2010, "Stacked denoising autoencoders")."""

import numpy as np

from .layers import Layer
from .operations import operation


class Corruption(Layer):
    """Base: changes the input at random in training, and leaves it as it is in prediction.

    Parameters
    ----------
    width : int
    level : float
        Strength: the noise's standard deviation, or the share of entries that are changed.
    """

    random = True
    per_member = ("level",)

    def __init__(self, width, level):
        super().__init__(width)
        self.level = level

    def bind(self, slot, buffer, training):
        slot.mask = buffer("mask", self.n_out) if training else None

    @operation
    def forward(self, s):
        np.copyto(s.out, s.x)
        if s.mask is not None:
            self.corrupt(s)

    def corrupt(self, s):
        """Change ``s.out`` in place, with ``s.mask`` as room for random numbers."""
        raise NotImplementedError

    def backward(self, s):
        """Nothing to train below."""
        return []


class GaussianCorruption(Corruption):
    """x + level · ε, ε ~ N(0, 1)."""

    def corrupt(self, s):
        s.draw("normal", s.mask)
        np.multiply(s.mask, self.level, out=s.mask)
        np.add(s.out, s.mask, out=s.out)


class MaskingCorruption(Corruption):
    """Each entry zero with probability ``level``."""

    def corrupt(self, s):
        s.draw("uniform", s.mask)
        np.greater_equal(s.mask, self.level, out=s.mask)
        np.multiply(s.out, s.mask, out=s.out)


class SaltAndPepperCorruption(Corruption):
    """Each entry, with probability ``level``, its feature's smallest or largest value.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        The features' range.
    """

    def __init__(self, width, level, low, high):
        super().__init__(width, level)
        self.low, self.high = low, high

    def corrupt(self, s):
        s.draw("uniform", s.mask)
        np.copyto(s.out, self.low, where=s.mask < 0.5 * self.level)
        np.copyto(s.out, self.high, where=s.mask >= 1.0 - 0.5 * self.level)

    def key(self):
        return (*super().key(), self.low.tobytes(), self.high.tobytes())


CORRUPTIONS = {
    "gaussian": GaussianCorruption,
    "masking": MaskingCorruption,
    "salt_pepper": SaltAndPepperCorruption,
}
