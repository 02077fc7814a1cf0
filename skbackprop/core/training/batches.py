"""Mini-batches: rows drawn in order or shuffled, gathered into the buffers of a pass."""

from copy import copy
from zlib import crc32

import numpy as np

from .shufflers import make_shufflers

_LARGE = 1 << 22  # bytes of training data that are not copied to be one array


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

    Members that train on equal data share one copy of them; different data are laid end to end, as
    long as that is a small copy.

    Parameters
    ----------
    jobs : list of Job
    """

    def __init__(self, jobs):
        super().__init__(jobs[0])
        self._order = np.stack([job.problem.rows for job in jobs])
        self._shufflers = make_shufflers(jobs)
        self._sources = {
            "x": _laid_out([job.problem.X for job in jobs]),
            "y": _laid_out([job.problem.Y for job in jobs]),
        }
        if self.is_weighted:
            weights = [job.problem.sample_weight for job in jobs]
            self._sources["sample_weight"] = _laid_out(weights)
        if self._keys is not None:
            self._sources["keys"] = _laid_out([job.problem.sample_keys for job in jobs])

    def shuffle(self):
        """Draw the order of a new epoch: one shuffle of the rows for each member."""
        for shuffler in self._shufflers:
            shuffler.shuffle(self._order)

    def _gather(self, batch, rows):
        for name, (data, starts) in self._sources.items():
            target = getattr(batch, name)
            if isinstance(data, list):
                for array, own_rows, out in zip(data, rows, target, strict=True):
                    array.take(own_rows, 0, out, "clip")
            else:
                data.take(rows if starts is None else rows + starts, 0, target, "clip")

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
            name: (
                [data[k] for k in members] if isinstance(data, list) else data,
                None if starts is None else starts[members],
            )
            for name, (data, starts) in self._sources.items()
        }
        return chosen


def _laid_out(arrays):
    """What the rows of each member are gathered from: distinct arrays only, small ones as one.

    Returns
    -------
    data : ndarray, or list of ndarray with one for each member
    starts : ndarray of shape (K, 1), or None
        Where each member's rows begin in ``data``; None where all share it, and for a list.
    """
    arrays = _without_twins(arrays)
    distinct = {id(array): array for array in arrays}
    if len(distinct) == 1:
        return arrays[0], None
    if sum(array.nbytes for array in distinct.values()) > _LARGE:
        return arrays, None
    ends = np.cumsum([len(array) for array in distinct.values()])
    begins = dict(zip(distinct, [0, *ends], strict=False))
    starts = np.array([begins[id(array)] for array in arrays])[:, np.newaxis]
    return np.concatenate(list(distinct.values())), starts


def _without_twins(arrays):
    """The arrays, with the first of those that are equal in the place of each."""
    first, known = {}, {}  # by content, by identity
    for array in arrays:
        if id(array) not in known:
            content = (array.shape, crc32(np.ascontiguousarray(array)))
            twin = first.setdefault(content, array)
            known[id(array)] = twin if np.array_equal(twin, array) else array
    return [known[id(array)] for array in arrays]
