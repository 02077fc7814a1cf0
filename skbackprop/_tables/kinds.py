"""The two kinds of network in an ensemble, and how the members of one are trained."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..core.activations import ACTIVATIONS
from ..core.architectures import multilayer_perceptron
from ..core.network import stack
from ..core.prediction import feed_forward
from . import rules
from .parts import Part

_WEIGHT_GAIN = 0.7


@dataclass(frozen=True)
class Kind:
    """What the members of one kind have in common.

    Parameters
    ----------
    name : str
    encodes : bool
        Whether they see the piecewise linear encoding of numeric columns beside the columns.
    activation : str
    rate : float
        The highest learning rate.
    """

    name: str
    encodes: bool
    activation: str
    rate: float


KINDS = (
    Kind("piecewise", encodes=True, activation="relu", rate=0.005),
    Kind("plain", encodes=False, activation="silu", rate=0.01),
)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as the members see it, its rows in the order of the folds.

    Attributes
    ----------
    inputs : float32 ndarray of shape (n_samples, n_inputs)
        The piecewise linear encoding last.
    n_plain : int
        How many of the inputs come before it.
    targets : float32 ndarray of shape (n_samples, n_outputs) or (K, n_samples, n_outputs)
        As the loss is to see them; a member's own where there is a leading axis.
    sample_weight : ndarray of shape (n_samples,)
    fold : ndarray of int of shape (n_samples,)
        In increasing order.
    n_folds : int
        K: member k leaves out fold k.
    """

    inputs: np.ndarray
    n_plain: int
    targets: np.ndarray
    sample_weight: np.ndarray
    fold: np.ndarray
    n_folds: int

    def seen_by(self, kind):
        """The inputs of a kind."""
        return self.inputs if kind.encodes else self.inputs[:, : self.n_plain]

    @property
    def folds(self):
        """The rows of each fold."""
        edges = np.searchsorted(self.fold, np.arange(self.n_folds + 1))
        return [slice(int(start), int(stop)) for start, stop in pairwise(edges)]

    def member_weights(self, chosen=slice(None)):
        """Weights of shape (K, n_samples, 1): zero where left out, of mean one otherwise.

        Of some members only, with a slice.
        """
        seen = self.fold != np.arange(self.n_folds)[chosen, np.newaxis]
        mean = seen @ self.sample_weight / len(self.fold)
        mean = np.where(mean > 0, mean, 1.0)  # a member that sees nothing
        weights = np.empty(seen.shape, np.float32)
        for own, is_seen, own_mean in zip(weights, seen, mean, strict=True):
            own[...] = np.where(is_seen, self.sample_weight / own_mean, 0.0)
        return weights[:, :, np.newaxis]


@dataclass(frozen=True, eq=False)
class Fitted:
    """The trained members of one kind.

    Attributes
    ----------
    kind : Kind
    network : Network
        A population of K.
    """

    kind: Kind
    network: Any

    def scores(self, inputs):
        """Raw scores of the members, shape (K, n_samples, n_outputs); all inputs are given."""
        return feed_forward(self.network, inputs[:, : self.network.n_inputs])

    def in_double(self):
        """The same in float64: there, rounding by a row's place in X cannot be noticed."""
        network = self.network
        params = network.params.astype(np.float64)
        return Fitted(self.kind, network.of_layers(network.layers, params, network.statistics))


@dataclass(frozen=True)
class Options:
    """How the members are trained.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    n_epochs, batch_size : int
    rate_factor : float, default=1.0
        Factor of the kinds' learning rates.
    """

    hidden: tuple[int, ...]
    n_epochs: int
    batch_size: int
    rate_factor: float = 1.0


def initial_members(kind, n_inputs, hidden, n_outputs, n_members, rng):
    """Members before their training, stacked: weights and biases uniform, the output layer zero."""
    widths = [n_inputs, *hidden, n_outputs]
    activations = [ACTIVATIONS[kind.activation]] * len(hidden)

    def hidden_layer(rng, fan_in, fan_out):
        bound = _WEIGHT_GAIN * np.sqrt(6.0 / fan_in)
        W = rng.uniform(-bound, bound, (fan_in, fan_out))
        return W, rng.uniform(-1.0, 1.0, fan_out) / np.sqrt(fan_in)

    def output_layer(rng, fan_in, fan_out):
        return np.zeros((fan_in, fan_out))

    networks = []
    for _ in range(n_members):
        network = multilayer_perceptron(widths, activations, dtype=np.float32)
        network.initialize([hidden_layer] * len(hidden) + [output_layer], rng)
        networks.append(network)
    return stack(networks)


class KindTraining:
    """The training of the members of one kind, an epoch at a time; it keeps the best epoch.

    Parameters
    ----------
    kind : Kind
    table : Table
    loss : Loss
    criterion : Criterion
        Chooses the epoch; of equal scores the last counts.
    options : Options
    seed : int

    Attributes
    ----------
    oof : ndarray of shape (n_samples, n_outputs), or None before the end of an epoch
        Raw scores of each row by the member that left it out, in the best epoch.
    loss_curve, validation_scores : list of float
        Mean loss of the members, and out-of-fold score, an entry an epoch.
    best_epoch : int
        Counted from 1.
    part : Part
        All its members. What becomes of one does not depend on which others it is trained with.
    """

    def __init__(self, kind, table, loss, criterion, options, seed):
        rng = np.random.RandomState(seed)
        n_inputs, n_outputs = table.seen_by(kind).shape[1], table.targets.shape[-1]
        self.kind = kind
        initial = initial_members(kind, n_inputs, options.hidden, n_outputs, table.n_folds, rng)
        self._criterion, self._n_epochs = criterion, options.n_epochs
        order_seed = rng.randint(2**31 - 1)  # all parts see the rows in one order
        everyone = slice(0, table.n_folds)
        self.part = Part(kind, table, loss, options, initial, everyone, order_seed)
        self._best_params, self._best_score = initial.params, -np.inf
        self.oof, self.best_epoch = None, 0
        self.loss_curve, self.validation_scores = [], []

    def end_epoch(self, epoch):
        """Take note of an epoch that has been run.

        Parameters
        ----------
        epoch : Epoch
        """
        score = self._criterion(epoch.scores)
        self.loss_curve.append(float(np.mean(epoch.loss)))
        self.validation_scores.append(score)
        if score >= self._best_score:
            self._best_score, self.best_epoch = score, len(self.loss_curve)
            self.oof, self._best_params = epoch.scores, epoch.params

    @property
    def n_epochs_ahead(self):
        """Epochs to come before it may be over: none where it is.

        So it is, too, where the third cycle of the schedule has gained too little.
        """
        first, last = rules.checkpoint(self._n_epochs)
        n_done = len(self.loss_curve)
        if n_done < last:
            return last - n_done
        if 0 < n_done == last and self._gain_since(first) < rules.LEAST_GAIN:
            return 0
        return self._n_epochs - n_done

    def _gain_since(self, epoch):
        """The share of the error saved from an epoch on; 1 where no score comes before it."""
        before = np.fmax.reduce(self.validation_scores[: epoch - 1], initial=-np.inf)
        return self._criterion.gain(before, self._best_score) if np.isfinite(before) else 1.0

    def best(self):
        """The members in the best epoch so far, a population of K."""
        network = self.part.network
        return network.of_layers(network.layers, self._best_params, network.statistics)
