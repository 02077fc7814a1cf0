"""Mini-batches: rows drawn in order or shuffled, gathered into the buffers of a pass."""

from copy import copy
from zlib import crc32

import numpy as np

from .shufflers import make_shufflers


class Batches:
    """The mini-batches of one job.

    A batch is gathered row by row into a buffer; the training set is never copied as a whole.

    Parameters
    ----------
    job : Job
    """

    #: Whether all networks of a population see the same rows, and have the same targets.
    shares_rows = shares_targets = False

    def __init__(self, job):
        problem, solver = job.problem, job.solver
        self.n_rows = problem.n_rows
        self.batch_size = solver.rows_per_step(self.n_rows)
        self.is_sparse = problem.is_sparse
        self.is_weighted = problem.sample_weight is not None
        self._whole = self.batch_size == self.n_rows
        self._loaded = None
        self._X, self._Y = problem.X, problem.Y
        self._sample_weight, self._keys = problem.sample_weight, problem.sample_keys
        self._order = problem.rows.copy()
        self._rng = job.state.rng if solver.is_stochastic and solver.shuffle else None

    @property
    def n_batches(self):
        """Batches an epoch; the last may be short."""
        return -(-self.n_rows // self.batch_size)

    def shuffle(self):
        """Draw the order of a new epoch."""
        if self._rng is not None:
            self._rng.shuffle(self._order)

    def __iter__(self):
        """Yield the rows of each batch, as indices of shape (..., b)."""
        for start in range(0, self.n_rows, self.batch_size):
            yield self._order[..., start : start + self.batch_size]

    def load(self, batch, rows):
        """Gather the rows into the buffers of a pass.

        A batch of all rows is loaded once: their order makes no difference.
        """
        if self._whole:
            if self._loaded is batch:
                return
            self._loaded = batch
        self._gather(batch, rows)

    def _gather(self, batch, rows):
        if self.is_sparse:
            batch.set_input(self._X[rows])
        else:
            self._X.take(rows, 0, batch.x, "clip")
        self._Y.take(rows, 0, batch.y, "clip")
        if self.is_weighted:
            self._sample_weight.take(rows, 0, batch.sample_weight, "clip")
        if batch.keys is not None:
            self._keys.take(rows, 0, batch.keys, "clip")


class PopulationBatches(Batches):
    """The mini-batches of K jobs over equally many rows: arrays have a leading axis of length K.

    Members that train on equal data share one copy of them; different data are laid end to end.

    Parameters
    ----------
    jobs : list of Job
    """

    def __init__(self, jobs):
        super().__init__(jobs[0])
        self._order = np.stack([job.problem.rows for job in jobs])
        self._shufflers = make_shufflers(jobs)
        self._sources = {
            "x": _end_to_end([job.problem.X for job in jobs]),
            "y": _end_to_end([job.problem.Y for job in jobs]),
        }
        if self.is_weighted:
            weights = [job.problem.sample_weight for job in jobs]
            self._sources["sample_weight"] = _end_to_end(weights)
        if self._keys is not None:
            self._sources["keys"] = _end_to_end([job.problem.sample_keys for job in jobs])

    def shuffle(self):
        """Draw the order of a new epoch: one shuffle of the rows for each member."""
        for shuffler in self._shufflers:
            shuffler.shuffle(self._order)

    def _gather(self, batch, rows):
        for name, (data, starts) in self._sources.items():
            data.take(rows if starts is None else rows + starts, 0, getattr(batch, name), "clip")

    def leave(self, k):
        """Draw no more random numbers for member ``k``."""
        for shuffler in self._shufflers:
            shuffler.leave(k)

    def select(self, members):
        """The batches of some of the members, given by their numbers."""
        chosen = copy(self)
        chosen._loaded = None
        chosen._order = self._order[members]
        chosen._shufflers = [shuffler.select(members) for shuffler in self._shufflers]
        chosen._sources = {
            name: (data, None if starts is None else starts[members])
            for name, (data, starts) in self._sources.items()
        }
        return chosen


def _end_to_end(arrays):
    """The distinct arrays among ``arrays`` as one, and where each member's begins.

    Returns
    -------
    data : ndarray
    starts : ndarray of shape (K, 1), or None
        None where all members share one array.
    """
    places, distinct, position = {}, {}, 0  # by identity, by content
    for array in arrays:
        if id(array) in places:
            continue
        content = (array.shape, crc32(np.ascontiguousarray(array)))
        twin, start = distinct.get(content, (None, None))
        if twin is None or not np.array_equal(twin, array):
            start, position = position, position + len(array)
            distinct[content] = (array, start)
        places[id(array)] = (array, start)
    starts = np.array([places[id(array)][1] for array in arrays])[:, np.newaxis]
    if position == len(arrays[0]):
        return arrays[0], None
    ordered = sorted({start: array for array, start in places.values()}.items())
    return np.concatenate([array for _, array in ordered]), starts
