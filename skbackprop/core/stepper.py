"""One optimizer step over the flat vectors, in cache-sized blocks."""

import math

import numpy as np

_BLOCK_BYTES = 1 << 18  # of each vector, updated at a time: a few such blocks stay in cache


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
        """Views of (weights, their gradient, scratch) and of all vectors, block by block."""
        params, n_weights = network.params, network.n_weights
        members = int(np.prod(network.population))
        size = max(1, _BLOCK_BYTES // (params.itemsize * members))
        scratch = np.empty_like(params[..., : min(size, params.shape[-1])])
        vectors = [params, self.gradient, *self.optimizer.moments]
        blocks = []
        for start in range(0, params.shape[-1], size):
            stop = min(start + size, params.shape[-1])
            w = slice(start, max(start, min(stop, n_weights)))
            n_w = w.stop - w.start
            penalised = (params[..., w], self.gradient[..., w], scratch[..., :n_w]) if n_w else None
            theta, g, *moments = (v[..., start:stop] for v in vectors)
            blocks.append((penalised, (theta, g, scratch[..., : stop - start], *moments)))
        return blocks

    def step(self, rate, n_rows, is_last):
        """One step; the gradient's norms are kept when it ``is_last`` of the epoch."""
        self.optimizer.prepare(rate)
        whole = is_last or self.clips  # the whole gradient is needed before the first update
        if whole:
            for penalised, _ in self._blocks:
                if penalised:
                    self.objective.add_penalty_gradient(*penalised, n_rows)
            if is_last:
                self.gradient_norms = [norm(g) for g in self._layer_gradients]
            if self.clips:
                self._clip()
        kept = self._kept(rate) if self.decays else 1.0
        for penalised, vectors in self._blocks:
            if penalised and not whole:
                self.objective.add_penalty_gradient(*penalised, n_rows)
            if penalised and self.decays:
                np.multiply(penalised[0], kept, out=penalised[0])  # decoupled weight decay
            self.optimizer.update(*vectors)

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
