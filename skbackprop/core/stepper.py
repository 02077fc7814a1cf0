"""One optimizer step over the flat vectors, in cache-sized blocks."""

import math

import numpy as np

from .operations import Vectors

_BLOCK_BYTES = 1 << 18  # of each vector, updated at a time: a few such blocks stay in cache


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

    Attributes
    ----------
    params, gradient, scratch : ndarray of shape (..., size)
    moments : list of ndarray of shape (..., size)
    weights, weight_gradient : ndarray of shape (..., n_weights)
        The part that is weights: they come first in the vectors.
    """

    def __init__(self, stretch, network, gradient, moments, scratch):
        self.params, self.gradient = network.params[..., stretch], gradient[..., stretch]
        self.moments = [moment[..., stretch] for moment in moments]
        self.size = self.params.shape[-1]
        self.scratch = scratch[..., : self.size]
        n = self.n_weights = max(0, min(network.n_weights, stretch.stop) - stretch.start)
        self.weights, self.weight_gradient = self.params[..., :n], self.gradient[..., :n]
        super().__init__(self.params, self.scratch)


class Stepper:
    """Takes the optimizer's steps, in cache-sized blocks of the flat vectors.

    A step adds the L2 penalty's gradient, clips, decays the weights and updates the parameters.
    """

    def __init__(self, training):
        run, network = training.runs[0], training.network
        self.objective = training.objective
        self.optimizer = training.optimizer
        dtype = network.params.dtype
        self.weight_decay = training._column("weight_decay", dtype)
        self.decays = bool(np.any(self.weight_decay))
        self.clips = run.max_grad_norm is not None
        self.max_grad_norm = training._column("max_grad_norm", dtype) if self.clips else None
        self.gradient = training.workspace.gradient
        self.weights = network.params[..., : network.n_weights]
        self._layer_gradients = [
            g.reshape(*g.shape[:-2], -1) for g in network.weights(self.gradient, as_owned=True)
        ]
        self._blocks = self._split(network)
        self.gradient_norms = None

    def _split(self, network):
        """The flat vectors block by block."""
        params, moments = network.params, self.optimizer.moments
        n, members = params.shape[-1], int(np.prod(network.population))
        size = max(1, _BLOCK_BYTES // (params.itemsize * members))
        scratch = np.empty_like(params[..., :size])
        stretches = [slice(start, min(start + size, n)) for start in range(0, n, size)]
        return [Block(s, network, self.gradient, moments, scratch) for s in stretches]

    def step(self, rate, n_rows, is_last):
        """One step; the gradient's norms are kept when it ``is_last`` of the epoch."""
        self.optimizer.prepare(rate)
        whole = is_last or self.clips  # the whole gradient is needed before the first update
        if whole:
            for block in self._blocks:
                self._add_penalty_gradient(block, n_rows)
            if is_last:
                self.gradient_norms = [norm(g) for g in self._layer_gradients]
            if self.clips:
                self._clip()
        kept = self._kept(rate) if self.decays else 1.0
        for block in self._blocks:
            if not whole:
                self._add_penalty_gradient(block, n_rows)
            if self.decays:
                np.multiply(block.weights, kept, out=block.weights)  # decoupled weight decay
            self.optimizer.update(block)

    def _add_penalty_gradient(self, block, n_rows):
        if block.n_weights:
            self.objective.add_penalty_gradient(block.weights, block.weight_gradient, block, n_rows)

    def _kept(self, rate):
        """The factor of decoupled weight decay, in the parameters' dtype."""
        kept = 1.0 - rate * self.weight_decay
        return kept.astype(self.weights.dtype) if isinstance(kept, np.ndarray) else kept

    def _clip(self):
        """g ← g · min(1, c / ‖g‖) (Pascanu, Mikolov & Bengio, 2013)."""
        length = np.maximum(norm(self.gradient), np.finfo(self.gradient.dtype).tiny)
        self.gradient *= np.minimum(1.0, self.max_grad_norm / length[..., np.newaxis])


def norm(vector):
    """L2 norm over the last axis."""
    if vector.ndim == 1:
        return math.sqrt(np.dot(vector, vector))
    return np.sqrt(np.einsum("kp,kp->k", vector, vector))
