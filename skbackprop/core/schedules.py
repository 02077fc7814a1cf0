"""Learning-rate schedules: the rate of a step, as a function of where training stands.

A schedule never changes. What it depends on is part of the training's state: the samples seen, the
plateaus passed, and the share of the planned training that is done.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

_SMALLEST_ADAPTIVE_RATE = 1e-6  # below it "adaptive" stops; scikit-learn's constant


@dataclass(frozen=True)
class Schedule:
    """A constant rate, and the base of all schedules.

    Parameters
    ----------
    initial_rate : float
    """

    initial_rate: float

    #: Whether the rate changes from step to step, over the whole of the planned training.
    per_step: ClassVar[bool] = False

    def rate(self, *, n_samples, n_plateaus, progress):
        """The rate of the coming step.

        Parameters
        ----------
        n_samples : int
            Samples seen in the epochs before.
        n_plateaus : int
            How often training stopped improving.
        progress : float
            Share of the planned training that is done, in [0, 1].
        """
        return self.initial_rate

    def ends_at_plateau(self, rate):
        """Whether a plateau at this rate ends the training; and what to say of it."""
        return True, "Stopping."


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """rate = initial_rate / (t + 1)^power_t, t the samples seen in the epochs before."""

    power_t: float = 0.5

    def rate(self, *, n_samples, n_plateaus, progress):
        return self.initial_rate / (n_samples + 1) ** self.power_t


@dataclass(frozen=True)
class Adaptive(Schedule):
    """The rate is divided by 5 on each plateau; training stops when it is 1e-6 or less."""

    def rate(self, *, n_samples, n_plateaus, progress):
        rate = self.initial_rate
        for _ in range(n_plateaus):  # as scikit-learn rounds it
            rate /= 5.0
        return rate

    def ends_at_plateau(self, rate):
        if rate <= _SMALLEST_ADAPTIVE_RATE:
            return True, "Learning rate too small. Stopping."
        return False, f"Setting learning rate to {rate / 5.0:f}"


@dataclass(frozen=True)
class Factor(Schedule):
    """rate = initial_rate · factor(progress), before each step."""

    factor: Callable[[float], float]
    per_step: ClassVar[bool] = True

    def rate(self, *, n_samples, n_plateaus, progress):
        return self.initial_rate * float(self.factor(progress))


def cosine(progress):
    """½ (1 + cos π p): from 1 down to 0 (Loshchilov & Hutter, 2017, without restarts).

    >>> [round(cosine(p), 3) for p in (0.0, 0.5, 1.0)]
    [1.0, 0.5, 0.0]
    """
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress, *, warm_up=0.3, start=1 / 25, end=1 / 250_000):
    """Rise from ``start`` to 1 in the first 30 %, then fall to ``end``, both along a cosine.

    Smith & Topin (2018), "Super-convergence"; the constants are those of PyTorch's ``OneCycleLR``.

    >>> [round(one_cycle(p), 3) for p in (0.0, 0.3, 1.0)]
    [0.04, 1.0, 0.0]
    """
    if progress < warm_up:
        return start + (1.0 - start) * (1.0 - cosine(progress / warm_up))
    return end + (1.0 - end) * cosine((progress - warm_up) / (1.0 - warm_up))


def coslog4(progress):
    """½ (1 − cos(2π log₂(1 + 15 p))): four cycles, each twice as long as the one before.

    Holzmüller, Grinsztajn & Steinwart (2024), "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data".

    >>> [round(coslog4(p), 3) for p in (0.0, 1 / 15, 1.0)]
    [0.0, 0.0, 0.0]
    """
    return 0.5 * (1.0 - math.cos(2.0 * math.pi * math.log2(1.0 + 15.0 * progress)))


FACTORS = {"cosine": cosine, "one_cycle": one_cycle, "coslog4": coslog4}


def make_schedule(learning_rate, initial_rate, *, power_t=0.5):
    """The schedule for the parameter ``learning_rate``: a name or callable(progress) -> factor."""
    initial_rate = float(initial_rate)
    if callable(learning_rate):
        return Factor(initial_rate, learning_rate)
    if learning_rate in FACTORS:
        return Factor(initial_rate, FACTORS[learning_rate])
    if learning_rate == "invscaling":
        return InverseScaling(initial_rate, power_t)
    if learning_rate == "adaptive":
        return Adaptive(initial_rate)
    return Schedule(initial_rate)
