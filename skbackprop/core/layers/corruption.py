"""Corruption of the input: denoising (Vincent et al., 2010, "Stacked denoising autoencoders")."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..operations import add, copy, multiply
from .base import BoundLayer, SameWidth, Signal


@dataclass(frozen=True)
class Corruption(SameWidth):
    """Base: changes the input at random in training, and leaves it as it is in prediction.

    Parameters
    ----------
    width : int
    level : float
        Strength: the noise's standard deviation, or the share of entries that are changed.
    """

    level: float

    is_random = True
    per_member = ("level",)

    #: The distribution of the random numbers that ``corrupt`` works with.
    distribution = "uniform"

    def bind(self, below, room):
        x, out = below.value, room.buffer("out", self.width)  # (..., n_rows, width)
        forward = [copy(x, out)]
        if room.perturbs:
            noise = room.buffer("noise", self.width)
            forward += [room.draw(self.distribution, noise), *self.corrupt(noise, out, room)]
        return BoundLayer(Signal(out), forward)  # nothing to train below

    @abstractmethod
    def corrupt(self, noise, out, room):
        """Operations that change ``out`` by the random numbers in ``noise``."""


@dataclass(frozen=True)
class GaussianCorruption(Corruption):
    """x + level · ε, ε ~ N(0, 1)."""

    distribution = "normal"

    def corrupt(self, noise, out, room):
        return [multiply(noise, self.level, noise), add(out, noise, out)]


@dataclass(frozen=True)
class MaskingCorruption(Corruption):
    """Each entry zero with probability ``level``."""

    def corrupt(self, noise, out, room):
        return [partial(np.greater_equal, noise, self.level, noise), multiply(out, noise, out)]


@dataclass(frozen=True, eq=False)
class SaltAndPepperCorruption(Corruption):
    """Each entry, with probability ``level``, its feature's smallest or largest value.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        The features' range.
    """

    low: np.ndarray
    high: np.ndarray

    def corrupt(self, noise, out, room):
        chosen = np.empty(out.shape, bool)

        def pepper_and_salt():
            np.less(noise, 0.5 * self.level, out=chosen)
            np.copyto(out, self.low, where=chosen)
            np.greater_equal(noise, 1.0 - 0.5 * self.level, out=chosen)
            np.copyto(out, self.high, where=chosen)

        return [pepper_and_salt]


CORRUPTIONS = {
    "gaussian": GaussianCorruption,
    "masking": MaskingCorruption,
    "salt_pepper": SaltAndPepperCorruption,
}
