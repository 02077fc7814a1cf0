"""Parts of a kind: some of its members, trained on their own, here or in another process."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._estimator.threads import single_thread
from ..core.optimizers import Adam
from ..core.schedules import make_schedule
from ..core.training.ensemble import EnsembleTraining, LeftOutScores, SharedBatches, members
from ..core.training.minibatch import MiniBatch

_BIAS_RATE = 0.1


@dataclass(frozen=True, eq=False)
class Part:
    """Some members of a kind: by what they are trained. It does not change.

    Parameters
    ----------
    kind : Kind
    table : Table
    loss : Loss
    options : Options
    network : Network
        Its members before their training.
    chosen : slice
        Which of all members they are.
    order_seed : int
        Of the order of the rows.
    """

    kind: Any
    table: Any
    loss: Any
    options: Any
    network: Any
    chosen: slice
    order_seed: int

    def of(self, chosen):
        """A part of it: those of its members that a slice names."""
        own = slice(self.chosen.start + chosen.start, self.chosen.start + chosen.stop)
        return replace(self, network=members(self.network, chosen), chosen=own)

    @property
    def rows(self):
        """The rows that these members leave out."""
        folds = self.table.folds[self.chosen]
        return slice(folds[0].start, folds[-1].stop)

    @property
    def work(self):
        """Multiplications of a step, nearly; the rest is counted as what takes as long."""
        network, n_rows = self.network, self.options.batch_size
        n_units = sum(layer.n_out for layer in network.layers)
        update, activation = 40, 70
        return len(network.params) * (
            network.n_params * (n_rows + update) + n_units * n_rows * activation
        )


@dataclass(frozen=True, eq=False)
class Epoch:
    """What an epoch of a part comes to.

    Attributes
    ----------
    loss : ndarray of shape (n_members,)
    scores : ndarray of shape (n_rows, n_outputs)
        Raw scores of the part's ``rows``.
    params : ndarray of shape (n_members, n_params)
    """

    loss: np.ndarray
    scores: np.ndarray
    params: np.ndarray

    @classmethod
    def joined(cls, parts):
        """That of all members, from those of some after others."""
        fields = ("loss", "scores", "params")
        return cls(*(np.concatenate([getattr(one, name) for one in parts]) for name in fields))


class PartTraining:
    """The training of a part, from its beginning or from where another has left it.

    Parameters
    ----------
    part : Part
    progress : Progress, default=None
        How far it is.
    """

    def __init__(self, part, progress=None):
        table, kind, options = part.table, part.kind, part.options
        inputs, targets = table.seen_by(kind), table.targets
        if targets.ndim == 3:
            targets = targets[part.chosen]
        start = part.network
        self._network = start.of_layers(start.layers, start.params.copy(), start.statistics.copy())
        batches = SharedBatches(
            inputs,
            targets,
            table.member_weights(part.chosen),
            options.batch_size,
            np.random.RandomState(part.order_seed),
        )
        solver = MiniBatch(
            options.n_epochs,
            0.0,
            np.inf,
            Adam(0.9, 0.95),
            make_schedule("coslog4", kind.rate * options.rate_factor),
            bias_rate=_BIAS_RATE,
        )
        self._training = EnsembleTraining(self._network, batches, part.loss, solver)
        if progress is not None:
            self._training.progress = progress
        self._rows = part.rows
        self._scores = np.empty((len(inputs), targets.shape[-1]), np.float32)
        self._write_scores = LeftOutScores(self._network, inputs, table.folds[part.chosen])

    @property
    def progress(self):
        """How far it is, as a view."""
        return self._training.progress

    def epoch(self):
        """Train for one epoch; returns an `Epoch`."""
        loss = self._training.epoch()
        self._write_scores(self._scores)
        return Epoch(loss, self._scores[self._rows].copy(), self._network.params.copy())


def run_epochs(part, progress, n_epochs):
    """Train a part for some epochs from where it is.

    Parameters
    ----------
    part : Part
    progress : Progress, or None at the beginning
    n_epochs : int

    Returns
    -------
    progress : Progress
    epochs : list of Epoch
    """
    with single_thread(), np.errstate(all="ignore"):  # each thread has its own
        training = PartTraining(part, progress)
        epochs = [training.epoch() for _ in range(n_epochs)]
    return training.progress, epochs
