"""What training minimises: data loss plus penalties, and its gradient."""

import numpy as np

from .operations import Vectors


class Objective:
    """E(θ) = (1/b) Σᵢ w̃ᵢ ℓ(zᵢ, yᵢ) + α / (2 b w̄) ‖W‖², for a batch of b rows.

    The sample weights w̃ are normalised once, over the whole training set, to mean one; w̄ is their
    mean before. So on the full training set E = (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ. Biases are not
    penalised. One objective serves mini-batches, L-BFGS and the gradient check.

    Parameters
    ----------
    loss : Loss
    alpha : float or ndarray of shape (K, 1), default=0.0
        Strength of the L2 penalty.
    mean_weight : float or ndarray of shape (K, 1), default=1.0
        w̄.
    """

    def __init__(self, loss, alpha=0.0, mean_weight=1.0):
        self.loss = loss
        self.alpha = alpha
        self.mean_weight = mean_weight
        self._l2 = alpha / mean_weight
        self._has_l2 = bool(np.any(alpha))

    def data_gradient(self, batch):
        """Forward, loss, backward: fill ``batch.losses`` and the gradient of the data loss.

        Parameters
        ----------
        batch : Pass
            With its input, targets ``y`` and, where it has them, ``weights`` loaded.
        """
        z = batch.forward()
        self.loss(z, batch.y, batch.losses, batch.delta)
        if batch.weights is not None:
            np.multiply(batch.losses, batch.weights, out=batch.losses)
            np.multiply(batch.delta, batch.weights, out=batch.delta)
        batch.average_delta()
        batch.backward()

    def penalty(self, weights):
        """α / (2 w̄) ‖W‖²: b times the penalty, as a float or an array of shape (K,).

        Parameters
        ----------
        weights : ndarray of shape (n_weights,) or (K, n_weights)
        """
        if not self._has_l2:
            return 0.0
        if weights.ndim == 1:
            return 0.5 * self._l2 * float(np.dot(weights, weights))
        l2 = self._l2[:, 0] if np.ndim(self._l2) else self._l2
        return 0.5 * l2 * np.einsum("kp,kp->k", weights, weights)

    def add_penalty_gradient(self, weights, gradient, vectors, n_rows):
        """Add α W / (b w̄) to the gradient of (a block of) the weights, in place."""
        if self._has_l2:
            vectors.add(weights, gradient, weights.shape[-1], self._l2 / n_rows)

    def reported(self, data_loss, n_outputs):
        """The data loss as it is shown: a mean over outputs where the loss says so."""
        return data_loss / n_outputs if self.loss.mean_over_outputs else data_loss

    def value_and_gradient(self, workspace, batch):
        """The objective and its gradient on one batch.

        Returns
        -------
        value : float
            E.
        terms : dict of str to float
            The parts of E, with the data loss as it is shown.
        gradient : ndarray of shape (n_params,)
            ∂E/∂θ; the workspace's own array.
        """
        network = workspace.network
        self.data_gradient(batch)
        gradient, n = workspace.gradient, network.n_weights
        weights = network.params[:n]
        self.add_penalty_gradient(weights, gradient[:n], Vectors(weights), batch.n_rows)
        data_loss = float(batch.losses.sum(dtype=np.float64)) / batch.n_rows
        terms = {term: float(slot.penalty) for term, slot in batch.penalties}
        terms["l2"] = self.penalty(weights) / batch.n_rows
        value = data_loss + sum(terms.values())
        terms["data"] = self.reported(data_loss, batch.losses.shape[-1])
        return value, terms, gradient
