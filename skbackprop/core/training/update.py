"""The update of a step: penalty, clipping, decay and the optimizer's rule, on the flat vectors."""

import math

import numpy as np

from ..operations import Vectors

_BLOCK_BYTES = 1 << 18  # of each vector, updated at a time: a few such blocks stay in cache
_STEPS_BETWEEN_FLUSHES = 100
_NEGLIGIBLE = 1e8  # times the smallest normal number: 0.9¹⁰⁰ of it is not subnormal yet


class Block(Vectors):
    """A stretch of the flat vectors, as views, with in-place arithmetic on them.

    Parameters
    ----------
    stretch : slice
    network : Network
    gradient : ndarray like ``network.params``
    moments : list of ndarray like ``network.params``
    scratch : ndarray
        Room for the longest block.
    bias_rate : float
        Factor of the learning rate for all that is not a weight.

    Attributes
    ----------
    params, gradient : ndarray of shape (..., size)
    moments : list of ndarray of shape (..., size)
    weights, weight_gradient : ndarray of shape (..., n_weights)
        The part that is weights: they come first in the vectors.
    """

    def __init__(self, stretch, network, gradient, moments, scratch, bias_rate):
        self.params, self.gradient = network.params[..., stretch], gradient[..., stretch]
        self.moments = [moment[..., stretch] for moment in moments]
        self.size = self.params.shape[-1]
        n = self.n_weights = max(0, min(network.n_weights, stretch.stop) - stretch.start)
        self.weights, self.weight_gradient = self.params[..., :n], self.gradient[..., :n]
        self._bias_rate, self._has_own_rates = bias_rate, bias_rate != 1.0 and n < self.size
        super().__init__(self.params, scratch[..., : self.size])

    def apply_bias_rate(self, step):
        """Scale a step, or a gradient, where it is not one of weights, in place."""
        if self._has_own_rates:
            step[..., self.n_weights :] *= self._bias_rate


class Update:
    """Updates the parameters of a network, or of a population, from the gradient.

    Parameters
    ----------
    network : Network
    gradient : ndarray like ``network.params``
        ∂E/∂θ, without the L2 penalty's; overwritten.
    moments : list of ndarray like ``network.params``
    optimizer : Optimizer
    l2 : L2Penalty
    weight_decay : float or ndarray of shape (K, 1), default=0.0
        Decoupled: each step scales the weights by 1 − rate · weight_decay.
    max_grad_norm : float or ndarray of shape (K, 1), default=None
        Longest gradient.
    bias_rate : float, default=1.0
        Factor of the learning rate for all that is not a weight.

    Attributes
    ----------
    gradient_norms : list of float or of ndarray of shape (K,)
        ‖∂E/∂W‖ of each dense layer in the last step that asked for them.
    """

    def __init__(
        self,
        network,
        gradient,
        moments,
        optimizer,
        l2,
        *,
        weight_decay=0.0,
        max_grad_norm=None,
        bias_rate=1.0,
    ):
        self.weights = network.params[..., : network.n_weights]
        self.gradient_norms = []
        self._gradient, self._optimizer, self._l2 = gradient, optimizer, l2
        self._is_population = bool(network.population)
        self._weight_decay, self._decays = weight_decay, bool(np.any(weight_decay))
        self._max_grad_norm, self._clips = max_grad_norm, max_grad_norm is not None
        self._layer_gradients = [
            g.reshape(*g.shape[:-2], -1) for g in network.weights(gradient, as_owned=True)
        ]
        self._blocks = _split(network, gradient, moments, bias_rate)
        self._params, self._moments, self._steps_to_flush = network.params, moments, 0

    def __call__(self, rate, t, n_rows, *, with_norms):
        """Take step number ``t`` from the gradient of a batch of ``n_rows``.

        Parameters
        ----------
        rate : float or ndarray of shape (K, 1)
        t : int or ndarray of shape (K, 1)
        n_rows : int
        with_norms : bool
            Whether to keep the gradient's norms.
        """
        coefficients = self._optimizer.coefficients(rate, t)
        if self._is_population:
            coefficients = self._in_dtype(coefficients)
        whole = with_norms or self._clips  # the whole gradient is needed before the first update
        if whole:
            for block in self._blocks:
                self._add_penalty_gradient(block, n_rows)
            if with_norms:
                self.gradient_norms = [norm(g) for g in self._layer_gradients]
            if self._clips:
                self._clip()
        if self._decays:
            (kept,) = self._in_dtype([1.0 - rate * self._weight_decay])
        if self._steps_to_flush == 0:
            flush(self._moments)
            flush([self._params])
            self._steps_to_flush = _STEPS_BETWEEN_FLUSHES
        self._steps_to_flush -= 1
        update = self._optimizer.update
        for block in self._blocks:
            if not whole:
                self._add_penalty_gradient(block, n_rows)
            if self._decays:  # after the gradient: θ ← (1 − η λ) θ for the weights
                np.multiply(block.weights, kept, out=block.weights)
            update(block, *coefficients)

    def _add_penalty_gradient(self, block, n_rows):
        if block.n_weights:
            self._l2.add_gradient(block.weights, block.weight_gradient, block, n_rows)

    def _clip(self):
        """g ← g · min(1, c / ‖g‖) (Pascanu, Mikolov & Bengio, 2013)."""
        length = np.maximum(norm(self._gradient), np.finfo(self._gradient.dtype).tiny)
        self._gradient *= np.minimum(1.0, self._max_grad_norm / length[..., np.newaxis])

    def _in_dtype(self, numbers):
        """Arrays among the numbers in the parameters' dtype; plain numbers have none."""
        return [
            number.astype(self._gradient.dtype) if isinstance(number, np.ndarray) else number
            for number in numbers
        ]


def _split(network, gradient, moments, bias_rate):
    """The flat vectors block by block."""
    params = network.params
    n, members = params.shape[-1], int(np.prod(network.population))
    size = max(1, _BLOCK_BYTES // (params.itemsize * members))
    scratch = np.empty_like(params[..., :size])
    stretches = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    return [Block(s, network, gradient, moments, scratch, bias_rate) for s in stretches]


def flush(vectors):
    """Set what is negligible to zero, in place.

    Moments whose gradient stays zero, as below a relu unit that is off for all rows, decay into
    subnormal numbers, and so do weights of constant inputs under an L2 penalty. Many processors
    compute a hundred times more slowly there.

    Parameters
    ----------
    vectors : list of ndarray
        An element of one is negligible only where those before are: a quotient of a moment and
        the root of the next never grows.
    """
    is_negligible = True
    for vector in vectors:
        is_negligible &= np.abs(vector) < _NEGLIGIBLE * np.finfo(vector.dtype).tiny
        np.copyto(vector, 0.0, where=is_negligible)


def norm(vector):
    """L2 norm over the last axis."""
    if vector.ndim == 1:
        return math.sqrt(np.dot(vector, vector))
    return np.sqrt(np.einsum("kp,kp->k", vector, vector))
