"""Learning-rate schedules.

A schedule holds the current ``rate``. ``before_step(progress)`` is called before each step with the
share of the training run that is done, in [0, 1], when ``per_step`` is true; ``end_epoch(t)`` after
each epoch with the number of samples seen; ``on_plateau()`` when training stopped improving: it
says whether training is to stop.
"""

import math

_SMALLEST_ADAPTIVE_RATE = 1e-6  # below it "adaptive" stops; scikit-learn's constant


class Schedule:
    """A constant learning rate, and the base of all schedules."""

    per_step = False

    def __init__(self, initial_rate):
        self.initial_rate = float(initial_rate)
        self.rate = self.initial_rate

    def before_step(self, progress):
        """Update the rate for the coming step."""

    def end_epoch(self, t):
        """Update the rate after ``t`` samples."""

    def on_plateau(self):
        """Say whether training is to stop, and why."""
        return True, "Stopping."


class InverseScaling(Schedule):
    """rate = initial_rate / (t + 1)^power_t, t the samples seen, updated after each epoch."""

    def __init__(self, initial_rate, power_t=0.5, t=0):
        super().__init__(initial_rate)
        self.power_t = power_t
        if t:
            self.end_epoch(t)

    def end_epoch(self, t):
        self.rate = self.initial_rate / (t + 1) ** self.power_t


class Adaptive(Schedule):
    """Divide the rate by 5 on each plateau; stop when it is 1e-6 or less."""

    def on_plateau(self):
        if self.rate <= _SMALLEST_ADAPTIVE_RATE:
            return True, "Learning rate too small. Stopping."
        self.rate /= 5.0
        return False, f"Setting learning rate to {self.rate:f}"


class Factor(Schedule):
    """rate = initial_rate · factor(progress), before each step."""

    per_step = True

    def __init__(self, initial_rate, factor):
        super().__init__(initial_rate)
        self.factor = factor

    def before_step(self, progress):
        self.rate = self.initial_rate * float(self.factor(progress))


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


FACTORS = {"cosine": cosine, "one_cycle": one_cycle}


def make_schedule(learning_rate, initial_rate, *, power_t=0.5, t=0):
    """The schedule for the parameter ``learning_rate``: a name or callable(progress) -> factor."""
    if callable(learning_rate):
        return Factor(initial_rate, learning_rate)
    if learning_rate in FACTORS:
        return Factor(initial_rate, FACTORS[learning_rate])
    if learning_rate == "invscaling":
        return InverseScaling(initial_rate, power_t, t)
    if learning_rate == "adaptive":
        return Adaptive(initial_rate)
    return Schedule(initial_rate)
