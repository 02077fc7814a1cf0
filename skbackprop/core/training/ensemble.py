"""Ensembles: members that see the same batches, each without the rows that it leaves out.

All members draw the rows of a step together, so a batch is gathered once; a row that a member
leaves out has weight zero in its loss. Afterwards, the rows that a member has never seen are an
honest test of it.
"""

import copy
from dataclasses import dataclass, replace

import numpy as np

from ..passes import Workspace
from ..prediction import CHUNK
from .minibatch import Steps
from .objective import L2Penalty


class SharedBatches:
    """Mini-batches that all members of an ensemble share; a short last batch is dropped.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_outputs) or (K, n_samples, n_outputs)
        Targets; a member's own where there is a leading axis.
    sample_weight : ndarray of shape (K, n_samples, 1)
        Zero where a member leaves a row out.
    batch_size : int
    rng : numpy.random.RandomState

    Attributes
    ----------
    order : ndarray of int of shape (n_samples,)
        That of the rows in the last epoch.
    """

    is_sparse = False
    is_weighted = True
    shares_rows = True

    def __init__(self, X, Y, sample_weight, batch_size, rng):
        self.batch_size = min(batch_size, len(X))
        self.n_batches = len(X) // self.batch_size
        self.n_rows = self.n_batches * self.batch_size
        self._X, self._Y, self._sample_weight = X, Y, sample_weight
        self.order, self.rng = np.arange(len(X)), rng

    @property
    def shares_targets(self):
        """Whether all members have the same targets."""
        return self._Y.ndim == 2

    def shuffle(self):
        """Draw the order of a new epoch."""
        self.rng.shuffle(self.order)

    def __iter__(self):
        """Yield the rows of each batch."""
        for start in range(0, self.n_rows, self.batch_size):
            yield self.order[start : start + self.batch_size]

    def load(self, batch, rows):
        """Gather the rows into the buffers of a pass."""
        if self._X.flags.c_contiguous:
            self._X.take(rows, 0, batch.x, "clip")
        else:  # ``take`` would make a copy of all rows first
            batch.x[...] = self._X[rows]
        self._Y.take(rows, self._Y.ndim - 2, batch.y, "clip")
        self._sample_weight.take(rows, 1, batch.sample_weight, "clip")


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a training is: all that an epoch changes.

    Attributes
    ----------
    params : ndarray of shape (K, n_params)
    moments : list of ndarray like ``params``
    n_epochs : int
    order : ndarray of int of shape (n_samples,)
    rng : numpy.random.RandomState
    """

    params: np.ndarray
    moments: list[np.ndarray]
    n_epochs: int
    order: np.ndarray
    rng: np.random.RandomState

    def of(self, chosen):
        """That of some members, a slice."""
        moments = [moment[chosen] for moment in self.moments]
        return replace(self, params=self.params[chosen], moments=moments)

    @classmethod
    def joined(cls, parts):
        """That of all members, from those of some after others."""
        moments = zip(*(one.moments for one in parts), strict=True)
        params = np.concatenate([one.params for one in parts])
        return replace(parts[0], params=params, moments=[np.concatenate(one) for one in moments])


class EnsembleTraining:
    """The training of the members of a population on shared batches, an epoch at a time.

    Parameters
    ----------
    network : Network
        A population of K, trained in place.
    batches : SharedBatches
    loss : Loss
    solver : MiniBatch
        Its optimizer, schedule, ``max_iter`` and ``bias_rate`` count.
    """

    def __init__(self, network, batches, loss, solver):
        self._network, self._batches, self._solver = network, batches, solver
        self._moments = [np.zeros_like(network.params) for _ in solver.optimizer.moment_names]
        self._n_epochs = 0
        self._steps = Steps(
            network,
            batches,
            loss,
            solver.optimizer,
            self._moments,
            0,
            L2Penalty(0.0),
            [None] * len(network.params),
            bias_rate=solver.bias_rate,
        )

    @property
    def progress(self):
        """How far it is, as a view. It may be set to that of another training, to go on there."""
        batches = self._batches
        return Progress(
            self._network.params, self._moments, self._n_epochs, batches.order, batches.rng
        )

    @progress.setter
    def progress(self, reached):
        self._network.params[...] = reached.params
        for moment, own in zip(reached.moments, self._moments, strict=True):
            own[...] = moment
        self._n_epochs = reached.n_epochs
        self._steps.n_steps = reached.n_epochs * self._batches.n_batches
        self._batches.order[...] = reached.order
        self._batches.rng = copy.deepcopy(reached.rng)  # others may go on there, too

    def epoch(self):
        """Take the steps of one epoch; returns the mean loss of each member, shape (K,)."""
        schedule, n_before, n_all = self._solver.schedule, self._n_epochs, self._solver.max_iter

        def rate(fraction):
            progress = (n_before + fraction) / n_all
            return schedule.rate(n_samples=0, n_plateaus=0, progress=progress)

        terms, _ = self._steps.epoch(rate)
        self._n_epochs += 1
        return terms["data"]


def members(network, chosen):
    """Some members of a population, an int or a slice, as a network of its own; a view."""
    return network.of_layers(network.layers, network.params[chosen], network.statistics[chosen])


class LeftOutScores:
    """The raw scores of each member on the rows that it has left out, computed again and again.

    Parameters
    ----------
    network : Network
        A population of K.
    X : ndarray of shape (n_samples, n_features)
    folds : list of slice
        The rows that each member has left out.
    """

    def __init__(self, network, X, folds):
        self._folds, self._X = folds, X
        n_rows = max(1, min(CHUNK, max(rows.stop - rows.start for rows in folds)))
        self._workspaces = [Workspace(members(network, k), n_rows) for k in range(len(folds))]

    def __call__(self, out):
        """Write them into ``out``, of shape (n_samples, n_outputs); other rows stay as they are."""
        for workspace, rows in zip(self._workspaces, self._folds, strict=True):
            for start in range(rows.start, rows.stop, workspace.n_rows):
                stop = min(start + workspace.n_rows, rows.stop)
                batch = workspace.for_rows(stop - start)
                batch.set_input(self._X[start:stop])
                out[start:stop] = batch.forward()
