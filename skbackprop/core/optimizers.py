"""First-order optimizers that update a flat parameter vector in place.

An optimizer keeps its moments as arrays like the parameters. ``prepare(rate)`` is called once a
step, then ``update`` for each block of the vectors (``stepper.Block``): small blocks stay in the
processor's cache.
Rates and coefficients are numbers, or arrays of shape (K, 1) for a population of K networks.
"""

import numpy as np


class Optimizer:
    """Base of the optimizers.

    Attributes
    ----------
    moments : list of ndarray
        Arrays like the parameters, one for each name in ``moment_names``.
    t : int or ndarray of shape (K, 1)
        Number of steps taken.
    """

    moment_names: tuple[str, ...] = ()
    hyperparameter_names: tuple[str, ...] = ()

    def __init__(self):
        self.moments = None
        self.t = 0

    def start(self, params):
        """Allocate the moments, at zero, unless they exist."""
        if self.moments is None:
            self.moments = [np.zeros_like(params) for _ in self.moment_names]
        self._dtype, self._population = params.dtype, params.ndim > 1

    def _in_dtype(self, *coefficients):
        """Coefficients of a population in the parameters' dtype; plain numbers have none."""
        if not self._population:
            return coefficients
        return tuple(np.asarray(c, self._dtype) for c in coefficients)

    def prepare(self, rate):
        """Begin a step with learning rate ``rate``."""
        raise NotImplementedError

    def update(self, block):
        """Update a block of the parameters in place; its gradient may be overwritten.

        Parameters
        ----------
        block : Block
        """
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent with momentum μ, optionally Nesterov's.

    v ← μ v − η g; θ ← θ + v, or with Nesterov's momentum θ ← θ + μ v − η g.
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning".
    """

    moment_names = ("velocity",)
    hyperparameter_names = ("momentum",)

    def __init__(self, momentum=0.9, nesterov=True):
        super().__init__()
        self.momentum = momentum
        self.nesterov = nesterov

    def prepare(self, rate):
        self.t = self.t + 1
        self._minus_rate, self._momentum = self._in_dtype(-rate, self.momentum)

    def update(self, block):
        theta, g, (v,), n = block.params, block.gradient, block.moments, block.size
        block.scale(self._momentum, v)
        block.add(g, v, n, self._minus_rate)  # v ← μ v − η g
        if self.nesterov:
            block.add(v, theta, n, self._momentum)
            block.add(g, theta, n, self._minus_rate)  # θ ← θ + μ v − η g
        else:
            block.add(v, theta)  # θ ← θ + v


class Adam(Optimizer):
    """Adam (Kingma & Ba, 2015, "Adam: a method for stochastic optimization").

    m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
    θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).

    The moments are kept as m / (1 − β₁) and v / (1 − β₂), and the factors go into the step size and
    ε: two passes over the vectors less, for the same θ.
    """

    moment_names = ("m", "v")
    hyperparameter_names = ("beta_1", "beta_2", "epsilon")

    def __init__(self, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__()
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def prepare(self, rate):
        self.t = self.t + 1
        correction = (1.0 - self.beta_2**self.t) ** 0.5 / (1.0 - self.beta_1**self.t)
        root = (1.0 - self.beta_2) ** 0.5  # √v = root · √(v / (1 − β₂))
        self._minus_size, self._epsilon, self._decay_1, self._decay_2 = self._in_dtype(
            -rate * correction * (1.0 - self.beta_1) / root,
            self.epsilon / root,
            self.beta_1,
            self.beta_2,
        )

    def update(self, block):
        theta, g, (m, v) = block.params, block.gradient, block.moments
        scratch, n = block.scratch, block.size
        block.scale(self._decay_1, m)
        block.add(g, m)  # m ← β₁ m + g
        block.scale(self._decay_2, v)
        np.multiply(g, g, out=scratch)
        block.add(scratch, v)  # v ← β₂ v + g²
        np.sqrt(v, out=scratch)
        np.add(scratch, self._epsilon, out=scratch)
        np.divide(m, scratch, out=scratch)
        block.add(scratch, theta, n, self._minus_size)  # θ ← θ − size · m / (√v + ε)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
