"""The fitted network: published as attributes, synchronised with them, pickled once."""

import dataclasses
import math

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..core.network import Network
from ..core.noise import Noise
from ..core.optimizers import OPTIMIZERS
from ..core.prediction import feed_forward
from ..core.training.state import State
from .pickling import PicklingMixin
from .plain import PlainValues

_PLAIN = PlainValues(Network, State, Noise, *OPTIMIZERS.values())


class FittedNetworkMixin(PicklingMixin):
    """Publishes a network as ``coefs_``, ``intercepts_`` and the like, and predicts with it."""

    def _publish_network(self, network):
        self._network = network
        self.coefs_ = network.weights()
        self.intercepts_ = network.biases()
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = network.n_outputs

    def _publish_history(self, state):
        history = state.history
        self.n_iter_ = state.n_iter
        self.t_ = state.n_samples
        self.loss_curve_ = history.loss_curve
        self.loss_ = math.nan if state.loss is None else state.loss
        self.gradient_norms_ = np.array(history.gradient_norms).reshape(-1, self.n_layers_ - 1)
        if self.early_stopping:
            self.validation_scores_ = history.validation_scores
            self.best_validation_score_ = state.best_score
            self.best_loss_ = None
        else:
            self.validation_scores_ = self.best_validation_score_ = None
            self.best_loss_ = state.best_loss

    def _synchronised_network(self):
        """The fitted network, after taking over arrays that were put into ``coefs_``.

        Raises
        ------
        ValueError
            If an array has another shape than the network's.
        """
        network = self._network
        self.coefs_ = _taken_over("coefs_", self.coefs_, network.weights())
        self.intercepts_ = _taken_over("intercepts_", self.intercepts_, network.biases())
        return network

    def _raw_scores(self, X):
        """Raw scores z of the output layer, shape (n_samples, n_outputs)."""
        X = self._validate_new_X(X)
        return feed_forward(self._synchronised_network(), X)

    def _validate_new_X(self, X):
        """Validated data for the fitted network.

        What `validate_data` would find nothing wrong with is returned at once: that takes 50 µs,
        several times as long as a small prediction.
        """
        if "_network" not in vars(self):
            check_is_fitted(self)
        return np.ascontiguousarray(X) if self._needs_no_validation(X) else self._validate_X(X)

    def _needs_no_validation(self, X):
        """Whether X is a plain array of the network's dtype and width, of finite numbers."""
        if not (
            type(X) is np.ndarray
            and X.dtype == self._network.params.dtype
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and "feature_names_in_" not in vars(self)
        ):
            return False
        with np.errstate(all="ignore"):
            return math.isfinite(X.sum())

    # -- pickling ---------------------------------------------------------------------------------

    def _described_state(self):
        state = super()._described_state()
        if "_network" in state:  # coefs_ and intercepts_ are views of its parameters
            state["_network"] = _PLAIN.describe(self._synchronised_network())
            state.pop("coefs_", None)
            state.pop("intercepts_", None)
        if "_state" in state:  # whose network is this one, and whose history is published
            kept = dataclasses.replace(self._state, network=None, history=None)
            state["_state"] = _PLAIN.describe(kept)
        return state

    def _restore(self, state):
        described = {name: state[name] for name in ("_network", "_state") if name in state}
        super()._restore({**state, **_PLAIN.rebuild(described)})
        if "_network" in state:
            self._publish_network(self._network)
        if "_state" in state:
            self._state.network = self._network
            self._state.history = self._history()

    def __copy__(self):
        duplicate = super().__copy__()
        if hasattr(self, "_network"):  # assigning to an element leaves the original's list alone
            duplicate.coefs_, duplicate.intercepts_ = list(self.coefs_), list(self.intercepts_)
        return duplicate


def _taken_over(name, published, own):
    """The network's own arrays, after copying into them what was published in their place."""
    if len(published) != len(own):
        raise ValueError(f"{name} must hold {len(own)} arrays, one a layer; got {len(published)}.")
    for i, (array, view) in enumerate(zip(published, own, strict=True)):
        if array is view:
            continue
        array = np.asarray(array)
        if array.shape != view.shape or array.dtype.kind not in "fiub":
            raise ValueError(
                f"{name}[{i}] must be an array of real numbers of shape {view.shape}; got shape "
                f"{array.shape} and dtype {array.dtype}."
            )
        view[...] = array
    if isinstance(published, list):
        published[:] = own
        return published
    return own
