"""The fitted network: published as attributes, kept in step with them, pickled once."""

import math

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .core.prediction import feed_forward


class FittedNetworkMixin:
    """Publishes a network as ``coefs_``, ``intercepts_`` and the like, and predicts with it."""

    def _publish_network(self, network):
        self._network = network
        self.coefs_ = network.weights()
        self.intercepts_ = network.biases()
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = network.n_outputs

    def _publish_history(self, run):
        history = run.history
        self.n_iter_ = run.n_iter
        self.t_ = run.t
        self.loss_curve_ = history.loss_curve
        self.loss_ = history.loss_curve[-1] if history.loss_curve else math.nan
        self.gradient_norms_ = np.array(history.gradient_norms).reshape(-1, self.n_layers_ - 1)
        if self.early_stopping:
            self.validation_scores_ = history.validation_scores
            self.best_validation_score_ = run.stopping.best
            self.best_loss_ = None
        else:
            self.validation_scores_ = self.best_validation_score_ = None
            self.best_loss_ = run.stopping.best

    # -- prediction -------------------------------------------------------------------------------

    def _synchronised_network(self):
        """The fitted network, after taking over arrays that were put into ``coefs_``."""
        network = self._network
        for published, own in (
            (self.coefs_, network.weights()),
            (self.intercepts_, network.biases()),
        ):
            for i, (array, view) in enumerate(zip(published, own, strict=True)):
                if array is not view:
                    view[...] = array
                    published[i] = view
        return network

    def _raw_scores(self, X):
        """Raw scores z of the output layer, shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = self._validate_X(X)
        return feed_forward(self._synchronised_network(), X)

    def _mean_loss(self, network, X, Y, sample_weight):
        """The (weighted) mean loss of a network on a data set, without penalties."""
        loss = self._make_loss()
        z = feed_forward(network, X)
        losses, delta = np.empty_like(z), np.empty_like(z)
        with np.errstate(over="ignore", invalid="ignore"):
            loss(z, Y, losses, delta)
            mean = float(np.average(losses.sum(axis=1, dtype=np.float64), weights=sample_weight))
        return mean / Y.shape[1] if loss.mean_over_outputs else mean

    # -- pickling ---------------------------------------------------------------------------------

    def __getstate__(self):
        state = super().__getstate__().copy()
        if "_network" in state:  # coefs_ and intercepts_ are views of its parameters
            self._synchronised_network()
            state.pop("coefs_", None)
            state.pop("intercepts_", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_network" in vars(self):
            self._publish_network(self._network)
