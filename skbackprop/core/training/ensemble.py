"""Ensembles: members that see the same batches, each without the rows that it leaves out.

The rows of a step are gathered once for all members, each of which reads the stretch of them that
it may see. Afterwards, the rows that a member has never seen are an honest test of it.
"""

import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..passes import Workspace
from ..prediction import CHUNK
from .minibatch import Steps
from .objective import L2Penalty


class SharedBatches:
    """Mini-batches that the members of an ensemble share; each sees those rows that it may see.

    A step takes a block of rows from each fold, and all rows have their turn once in an epoch. The
    blocks lie in a ring, fold after fold, and the rows of member k are the stretch of it between
    two blocks of fold k: what is gathered once is there for all, and what a member leaves out costs
    it nothing.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_outputs) or (n_members, n_samples, n_outputs)
        Targets; a member's own where there is a leading axis.
    sample_weight : ndarray of shape (n_members, n_samples, 1)
        Zero where a member leaves a row out.
    folds : list of slice
        The rows of each fold, one after the other.
    chosen : slice
        The members, by the folds that they leave out.
    batch_size : int
        Rows of a step, of all folds together; a block has its share of them, rounded up.
    rng : numpy.random.RandomState

    Attributes
    ----------
    order : ndarray of int of shape (n_samples + 1,)
        That of the rows in the last epoch, fold after fold, and a row that does not exist.
    batch_size : int
        Rows of a step for one member.
    arrays : dict of str to ndarray
        The batch of the members, of shape (n_members, batch_size, ...): "x", "y" and
        "sample_weight", as views of the ring.
    """

    is_sparse = False
    is_weighted = True

    def __init__(self, X, Y, sample_weight, folds, chosen, batch_size, rng):
        n_samples, n_folds = len(X), len(folds)
        block = -(-min(batch_size, n_samples) // n_folds)
        self.n_batches = -(-n_samples // (block * n_folds))
        self._places, block = _deal(folds, self.n_batches)
        self.batch_size = (n_folds - 1) * block
        self.n_rows = self.n_batches * self.batch_size
        self.order, self.rng = np.arange(n_samples + 1), rng
        self._folds, self._X, self._Y = folds, X, Y

        # a mean over places is one over rows, although some are of no use: these have weight zero
        factor = self.n_rows / n_samples
        shape = (len(sample_weight), n_samples + 1, 1)
        self._sample_weight = np.zeros_like(sample_weight, shape=shape)
        np.multiply(sample_weight, factor, out=self._sample_weight[:, :n_samples])

        n_places = self._places.shape[1]
        self._x = np.empty((n_places, X.shape[-1]), X.dtype)
        self._y = np.empty((*Y.shape[:-2], n_places, Y.shape[-1]), Y.dtype)
        self._w = np.empty((len(sample_weight), n_places, 1), sample_weight.dtype)
        n_once = n_folds * block
        self._once, self._again = self._x[:n_once], self._x[n_once:]
        start, n_members = (chosen.indices(n_folds)[0] + 1) * block, len(sample_weight)
        self.arrays = {
            name: _stretches(ring[..., start:, :], n_members, self.batch_size, block)
            for name, ring in (("x", self._x), ("y", self._y), ("sample_weight", self._w))
        }

    def shuffle(self):
        """Draw the order of a new epoch, fold by fold."""
        for rows in self._folds:
            self.rng.shuffle(self.order[rows])

    def __iter__(self):
        """Yield the rows of each ring."""
        for places in self._places:
            yield self.order.take(places)

    def n_rows_in(self, rows):
        """Rows of a batch for one member."""
        return self.batch_size

    def load(self, batch, rows):
        """Gather the rows into ``arrays``, which ``batch`` reads; X is gathered once."""
        once = rows[: len(self._once)]
        if self._X.flags.c_contiguous:
            self._X.take(once, 0, self._once, "clip")
        else:  # ``take`` would make a copy of all rows first
            self._once[...] = self._X[np.minimum(once, len(self._X) - 1)]
        self._again[...] = self._once[: len(self._again)]
        self._Y.take(rows, self._Y.ndim - 2, self._y, "clip")
        self._sample_weight.take(rows, 1, self._w, "clip")


def _deal(folds, n_batches):
    """The places of ``order`` that make the ring of each batch, and the size of its blocks.

    A fold's rows are spread evenly over the batches. Where a block has more places than rows, the
    others are given the row after the last, which does not exist.

    Returns
    -------
    places : ndarray of int of shape (n_batches, (2 * n_folds - 1) * block)
    block : int
    """
    starts, stops = (np.array([getattr(fold, end) for fold in folds]) for end in ("start", "stop"))
    sizes = stops - starts
    block = max(1, -(-int(sizes.max()) // n_batches))
    edges = np.arange(n_batches + 1)[:, np.newaxis] * sizes // n_batches
    place = edges[:-1, :, np.newaxis] + np.arange(block)  # (n_batches, n_folds, block)
    exists = place < edges[1:, :, np.newaxis]
    place = np.where(exists, starts[:, np.newaxis] + place, stops[-1])
    ring = np.concatenate([place, place[:, :-1]], axis=1)
    return ring.reshape(n_batches, -1), block


def _stretches(ring, n_members, length, step):
    """Stretches of a ring, one after ``step`` places of the other, as a view.

    Parameters
    ----------
    ring : ndarray of shape (n_places, width) or (n_members, n_places, width)

    Returns
    -------
    ndarray of shape (n_members, length, width)
    """
    *own, of_row, of_column = ring.strides  # ``own`` where each member has a ring
    strides = (sum(own) + step * of_row, of_row, of_column)
    return as_strided(ring, (n_members, length, ring.shape[-1]), strides)


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a training is: all that an epoch changes.

    Attributes
    ----------
    params : ndarray of shape (K, n_params)
    moments : list of ndarray like ``params``
    n_epochs : int
    order : ndarray of int of shape (n_samples + 1,)
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
