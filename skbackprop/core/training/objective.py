"""What training minimises, beside the loss: the L2 penalty; and the whole of it on all rows."""

import numpy as np

from ..operations import Vectors
from ..passes import Workspace


class L2Penalty:
    """α / (2 b w̄) ‖W‖² for a batch of b rows, and its gradient α W / (b w̄).

    Parameters
    ----------
    alpha : float or ndarray of shape (K, 1)
        α.
    mean_sample_weight : float or ndarray of shape (K, 1), default=1.0
        w̄.
    """

    def __init__(self, alpha, mean_sample_weight=1.0):
        self._strength = alpha / mean_sample_weight
        self._is_on = bool(np.any(alpha))

    def value(self, weights):
        """α / (2 w̄) ‖W‖²: b times the penalty, as a float or an array of shape (K,).

        Parameters
        ----------
        weights : ndarray of shape (n_weights,) or (K, n_weights)
        """
        if not self._is_on:
            return 0.0
        if weights.ndim == 1:
            return 0.5 * self._strength * float(np.dot(weights, weights))
        strength = self._strength[:, 0] if np.ndim(self._strength) else self._strength
        return 0.5 * strength * np.einsum("kp,kp->k", weights, weights)

    def add_gradient(self, weights, gradient, vectors, n_rows):
        """Add α W / (b w̄) to the gradient of (a block of) the weights, in place."""
        if self._is_on:
            vectors.add(weights, gradient, weights.shape[-1], self._strength / n_rows)


class Objective:
    """E(θ) and ∂E/∂θ of a problem, with all its training rows as one batch.

    Parameters
    ----------
    problem : Problem
    network : Network
        Its ``params`` are θ.
    noise : Noise, default=None
        For random layers.
    **options
        Of `Workspace`, such as ``input_gradient``.

    Attributes
    ----------
    batch : Pass
        With its input, targets and sample weights loaded.
    workspace : Workspace
    """

    def __init__(self, problem, network, *, noise=None, **options):
        rows = problem.rows
        self.problem, self.network = problem, network
        self.workspace = Workspace(
            network,
            len(rows),
            loss=problem.loss,
            noise=[noise],
            weighted=problem.sample_weight is not None,
            sparse_input=problem.is_sparse,
            **options,
        )
        self.batch = self.workspace.for_rows(len(rows))
        self.batch.set_input(problem.X[rows])
        self.batch.y[...] = problem.Y[rows]
        if problem.sample_weight is not None:
            self.batch.sample_weight[...] = problem.sample_weight[rows]
        if self.batch.keys is not None:
            self.batch.keys[...] = problem.sample_keys[rows]
        self._l2 = L2Penalty(problem.alpha, problem.mean_sample_weight)
        self._weights = network.params[: network.n_weights]
        self._weight_gradient = self.workspace.gradient[: network.n_weights]
        self._vectors = Vectors(self._weights)

    def value_and_gradient(self, visit=None):
        """E and ∂E/∂θ at ``network.params``.

        Parameters
        ----------
        visit : callable(bound_layer, way), default=None
            Called for each layer after its "forward" and before its "backward" operations.

        Returns
        -------
        value : float
            E.
        terms : dict of str to float
            The parts of E, with the data loss as it is reported.
        gradient : ndarray of shape (n_params,)
            ∂E/∂θ; overwritten by the next call.
        """
        batch, loss = self.batch, self.problem.loss
        if visit is None:
            batch.forward()
            batch.loss()
            batch.backward()
        else:
            batch.run_visited(visit)
        self._l2.add_gradient(self._weights, self._weight_gradient, self._vectors, batch.n_rows)
        terms = {"data": float(batch.losses.sum(dtype=np.float64)) / batch.n_rows}
        terms |= {term: float(value) for term, value in batch.penalties}
        terms["l2"] = self._l2.value(self._weights) / batch.n_rows
        value = sum(terms.values())
        terms["data"] = loss.reported(terms["data"], batch.losses.shape[-1])
        return value, terms, self.workspace.gradient
