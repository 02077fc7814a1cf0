"""The two kinds of network in an ensemble, and how the members of one are trained."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..core.activations import ACTIVATIONS
from ..core.architectures import multilayer_perceptron
from ..core.network import stack
from ..core.optimizers import Adam
from ..core.schedules import make_schedule
from ..core.training.ensemble import SharedBatches, left_out_scores, train_ensemble
from ..core.training.minibatch import MiniBatch
from . import rules

_WEIGHT_GAIN = 0.7
_BIAS_RATE = 0.1


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

    def member_weights(self):
        """Weights of shape (K, n_samples, 1): zero where left out, of mean one otherwise."""
        seen = self.fold != np.arange(self.n_folds)[:, np.newaxis]
        weights = np.where(seen, self.sample_weight, 0.0)
        weights /= np.maximum(weights.mean(axis=1, keepdims=True), np.finfo(float).tiny)
        return weights.astype(np.float32)[:, :, np.newaxis]


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


@dataclass(eq=False)
class Trained:
    """The trained members of one kind.

    Attributes
    ----------
    kind : Kind
    network : Network
        A population of K, at the chosen epoch.
    oof : ndarray of shape (n_samples, n_outputs)
        Raw scores of each row by the member that left it out, in the order of the folds.
    interrupted : bool
        Whether Ctrl-C ended the training.
    loss_curve, validation_scores : list of float
        Mean loss of the members, and out-of-fold score, an entry an epoch.
    best_epoch : int
        The chosen epoch, counted from 1.
    """

    kind: Kind
    network: object
    oof: np.ndarray | None = None
    loss_curve: list = field(default_factory=list)
    validation_scores: list = field(default_factory=list)
    best_epoch: int = 0
    interrupted: bool = False


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

    members = []
    for _ in range(n_members):
        network = multilayer_perceptron(widths, activations, dtype=np.float32)
        network.initialize([hidden_layer] * len(hidden) + [output_layer], rng)
        members.append(network)
    return stack(members)


def train_kind(kind, table, loss, score, options, seed, watch=lambda trained: False):
    """Train the members of one kind, side by side; keep the epoch with the best score.

    Parameters
    ----------
    kind : Kind
    table : Table
    loss : Loss
    score : callable(oof) -> float
        Of raw out-of-fold scores in the order of the folds; higher is better. Of equal ones the
        last counts.
    options : Options
    seed : int
    watch : callable(trained) -> bool
        Called after each epoch; True stops the training.

    Returns
    -------
    Trained
    """
    rng = np.random.RandomState(seed)
    inputs, n_outputs = table.seen_by(kind), table.targets.shape[-1]
    network = initial_members(kind, inputs.shape[1], options.hidden, n_outputs, table.n_folds, rng)
    batches = SharedBatches(inputs, table.targets, table.member_weights(), options.batch_size, rng)
    solver = MiniBatch(
        options.n_epochs,
        0.0,
        np.inf,
        Adam(0.9, 0.95),
        make_schedule("coslog4", kind.rate * options.rate_factor),
        bias_rate=_BIAS_RATE,
    )
    trained = Trained(kind, network)
    first, last = rules.checkpoint(options.n_epochs)

    def is_over(best_epoch, epoch):
        """Whether the third cycle of the schedule has brought no better out-of-fold score."""
        return epoch == last and best_epoch < first

    best = {"score": -np.inf, "params": network.params.copy()}

    def end_epoch(epoch, losses):
        oof = left_out_scores(network, inputs, table.folds)
        trained.loss_curve.append(float(np.mean(losses)))
        trained.validation_scores.append(score(oof))
        if trained.validation_scores[-1] >= best["score"]:
            best["score"], trained.oof, trained.best_epoch = (
                trained.validation_scores[-1],
                oof,
                epoch,
            )
            best["params"][...] = network.params
        return watch(trained) or is_over(trained.best_epoch, epoch)

    try:
        train_ensemble(network, batches, loss, solver, end_epoch)
    except KeyboardInterrupt:
        if trained.oof is None:
            raise
        trained.interrupted = True
    network.params[...] = best["params"]
    return trained
