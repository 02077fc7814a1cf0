"""First-order optimizers that update a flat parameter vector in place.

An optimizer never changes. Its moments, arrays like the parameters, and the number of steps are
part of the training's state (``training/state.py``). Once a step, ``coefficients`` turns the
learning rate into the numbers that the update needs; then ``update`` is called for each block of
the vectors (``training/update.py``): small blocks stay in the processor's cache. Rates and
hyperparameters are numbers, or arrays of shape (K, 1) for a population of K networks.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Optimizer(ABC):
    """Base of the optimizers."""

    #: Names of the moments, in the order in which the state keeps them.
    moment_names: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def coefficients(self, rate, t):
        """The numbers for step number ``t`` = 1, 2, ..., at the learning rate ``rate``."""

    @abstractmethod
    def update(self, block, *coefficients):
        """Update a block of the parameters in place; its gradient may be overwritten.

        Parameters
        ----------
        block : Block
        *coefficients : float or ndarray of shape (K, 1)
            What ``coefficients`` returned.
        """

    def adopt(self, moments, former):  # noqa: B027
        """Make the moments that an optimizer of other hyperparameters left behind this one's own.

        Parameters
        ----------
        moments : list of ndarray
            Changed in place.
        former : Optimizer
            Of the same class.
        """


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent with momentum μ, optionally Nesterov's.

    v ← μ v − η g; θ ← θ + v, or with Nesterov's momentum θ ← θ + μ v − η g.
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning".
    """

    momentum: float = 0.9
    nesterov: bool = True

    moment_names: ClassVar = ("velocity",)

    def coefficients(self, rate, t):
        return -rate, self.momentum

    def update(self, block, minus_rate, momentum):
        theta, g, (v,), n = block.params, block.gradient, block.moments, block.size
        block.apply_bias_rate(g)
        block.scale(momentum, v)
        block.add(g, v, n, minus_rate)  # v ← μ v − η g
        if self.nesterov:
            block.add(v, theta, n, momentum)
            block.add(g, theta, n, minus_rate)  # θ ← θ + μ v − η g
        else:
            block.add(v, theta)  # θ ← θ + v


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba, 2015, "Adam: a method for stochastic optimization").

    m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
    θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).

    The moments are kept as m / (1 − β₁) and v / (1 − β₂), and the factors go into the step size and
    ε: two passes over the vectors less, for the same θ.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    moment_names: ClassVar = ("m", "v")

    def coefficients(self, rate, t):
        correction = (1.0 - self.beta_2**t) ** 0.5 / (1.0 - self.beta_1**t)
        root = (1.0 - self.beta_2) ** 0.5  # √v = root · √(v / (1 − β₂))
        return (
            -rate * correction * (1.0 - self.beta_1) / root,
            self.epsilon / root,
            self.beta_1,
            self.beta_2,
        )

    def update(self, block, minus_size, epsilon, beta_1, beta_2):
        theta, g, (m, v) = block.params, block.gradient, block.moments
        block.scale(beta_1, m)
        block.add(g, m)  # m ← β₁ m + g
        block.scale(beta_2, v)
        step = np.multiply(g, g, out=g)  # in place: another array would not stay in cache
        block.add(step, v)  # v ← β₂ v + g²
        np.sqrt(v, out=step)
        np.add(step, epsilon, out=step)
        np.divide(m, step, out=step)
        block.apply_bias_rate(step)
        block.consume(step, theta, block.size, minus_size)  # θ ← θ − size · m / (√v + ε)

    def adopt(self, moments, former):
        """Rescale the moments, since they are kept divided by 1 − β."""
        for moment, before, now in zip(
            moments, (former.beta_1, former.beta_2), (self.beta_1, self.beta_2), strict=True
        ):
            if before != now:
                moment *= (1.0 - before) / (1.0 - now)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
