"""Shufflers: the random numbers that put the rows of a population in order, epoch by epoch."""

import copy
import pickle
from collections import Counter


class Shuffler:
    """A generator that shuffles the rows of one member of a population, or of several alike.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Of a single member its own; of several a copy.
    owners : dict of int to numpy.random.RandomState
        The members, by number, and their own generators.
    """

    def __init__(self, rng, owners):
        self._rng = rng
        self._owners = owners

    def shuffle(self, order):
        """Shuffle the members' rows of ``order``, of shape (K, n_rows), in place."""
        if not self._owners:
            return
        first, *others = self._owners
        self._rng.shuffle(order[first])
        if others:
            order[others] = order[first]

    def leave(self, k):
        """Draw no more for member ``k``; its own generator goes on from here."""
        own = self._owners.pop(k, None)
        if own is not None and own is not self._rng:
            own.set_state(self._rng.get_state(legacy=False))

    def select(self, members):
        """The shuffler of some of the population's members, which are numbered anew."""
        owners = {new: self._owners[k] for new, k in enumerate(members) if k in self._owners}
        return Shuffler(self._rng, owners)


def make_shufflers(jobs):
    """The shufflers of a population.

    Members whose generators are in the same state would draw the same orders, as in a grid search
    with a fixed seed: one draws for all. A generator that several share draws for one after the
    other.

    Parameters
    ----------
    jobs : list of Job

    Returns
    -------
    list of Shuffler
    """
    generators = [job.state.rng for job in jobs]
    shares = Counter(id(rng) for rng in generators)
    alike = {}
    for k, (job, rng) in enumerate(zip(jobs, generators, strict=True)):
        if job.solver.shuffle:
            key = k if shares[id(rng)] > 1 else (_state(rng), job.problem.rows.tobytes())
            alike.setdefault(key, {})[k] = rng
    return [
        Shuffler(copy.deepcopy(first) if others else first, owners)
        for owners in alike.values()
        for first, *others in [owners.values()]
    ]


def _state(rng):
    return pickle.dumps(rng.get_state(legacy=False))
