"""The objective that a fitted estimator was trained on, for any data, as one full batch."""

import numpy as np
from scipy.sparse import issparse

from ..core.corruption import Corruption
from ..core.layers import Dropout, Layer
from ..core.network import Network
from ..core.noise import Noise, sample_keys
from ..core.normalization import BatchNorm
from ..core.objective import Objective
from ..core.operations import operation
from ..core.workspace import Workspace


class PassOn(Layer):
    """Hands its input on: takes the place of a layer that is switched off."""

    in_place = True

    @operation
    def forward(self, s):
        if s.out is not s.x:
            np.copyto(s.out, s.x)

    def backward(self, s):
        """Nothing to do: δ is handed on too."""
        return []


class BatchNormInPrediction(BatchNorm):
    """Standardises by the running statistics, whatever the rows."""

    def bind(self, slot, buffer, training):
        super().bind(slot, buffer, training)
        slot.by_batch = False


class FittedObjective:
    """E(θ) = (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ over given data, around the weights of a fitted estimator.

    The rows form one batch, as in a full-batch training. Dropout and the corruption of the input
    are off, and batch normalization standardises by the statistics of these very rows (by its
    running statistics if there is only one). What an autoencoder adds to the objective is in it;
    where that is random, every evaluation draws the same numbers. The estimator is not touched:
    parameters and statistics are copies.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder, fitted
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like
        As for ``estimator.fit``.
    sample_weight : array-like of shape (n_samples,), default=None
    dtype : dtype, default=None
        In which to compute; that of the estimator if None.
    as_in_prediction : bool, default=False
        Whether batch normalization uses its running statistics in any case.

    Attributes
    ----------
    network : Network
        The layers that are switched off are replaced.
    objective : Objective
    batch : Pass
        With its input, targets and weights loaded.
    """

    def __init__(self, estimator, X, y, sample_weight=None, *, dtype=None, as_in_prediction=False):
        fitted = estimator._synchronised_network()
        dtype = fitted.params.dtype if dtype is None else dtype
        X, Y = estimator._validate(X, y, sample_weight, continuing=True, incremental=True)
        weights = estimator._validate_weights(sample_weight, X, Y, incremental=False)
        layers = [self._in_place_of(layer, as_in_prediction) for layer in fitted.layers]
        self.network = Network(layers, fitted.params.astype(dtype), fitted.state.astype(dtype))
        mean_weight = 1.0 if weights is None else float(weights.mean())
        self.objective = Objective(estimator._make_loss(), estimator.alpha, mean_weight)
        self._workspace = Workspace(
            self.network, X.shape[0], weighted=weights is not None, sparse_input=issparse(X)
        )
        self.batch = self._workspace.rows(X.shape[0])
        self.batch.set_input(X.astype(dtype, copy=False))
        self.batch.y[...] = estimator._training_target(Y)
        if weights is not None:
            self.batch.weights[...] = (weights / mean_weight)[:, np.newaxis]
        if self.batch.keys is not None:
            self.batch.keys[...] = sample_keys(X)

    @staticmethod
    def _in_place_of(layer, as_in_prediction):
        if isinstance(layer, Dropout | Corruption):
            return PassOn(layer.n_in)
        if as_in_prediction and isinstance(layer, BatchNorm):
            return BatchNormInPrediction(layer.n_in)
        return layer

    def value_and_gradient(self):
        """E and ∂E/∂θ at ``network.params``; the gradient is overwritten by the next call."""
        self._workspace.noise[:] = [Noise(0)]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, _, gradient = self.objective.value_and_gradient(self._workspace, self.batch)
        return value, gradient
