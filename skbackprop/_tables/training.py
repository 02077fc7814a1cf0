"""The kinds of an ensemble trained side by side, epoch by epoch."""

import time
from contextlib import contextmanager
from itertools import islice, pairwise

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from .._estimator.threads import single_thread
from . import rules
from .kinds import KINDS, KindTraining, Options
from .parts import PartTraining, run_epochs


def make_trainings(table, loss, score, options, rng, n_jobs):
    """A `KindTraining` for each kind, in parts for ``n_jobs`` workers.

    Parameters
    ----------
    table : Table
    loss : Loss
    score : callable(oof) -> float
    options : Options
    rng : numpy.random.RandomState
    n_jobs : int or None
        As joblib has it.

    Returns
    -------
    list of KindTraining
    """
    seeds = rng.randint(2**31 - 1, size=len(KINDS))
    trainings = [
        KindTraining(kind, table, loss, score, options, seed)
        for kind, seed in zip(KINDS, seeds, strict=True)
    ]
    share_out(trainings, count_workers(n_jobs))
    return trainings


def count_workers(n_jobs):
    """As joblib has it; one where its tasks take turns, as in lockstep."""
    backend, _ = get_active_backend()
    return 1 if getattr(backend, "takes_turns", False) else effective_n_jobs(n_jobs)


def share_out(trainings, n_workers):
    """Split kinds into parts, of which each worker can take an equal share.

    The members of all kinds in a row are cut into stretches of about equal work.

    Parameters
    ----------
    trainings : list of KindTraining
    n_workers : int
    """
    n_members = [len(one.network.params) for one in trainings]
    of_one = [one.parts[0].work / n for one, n in zip(trainings, n_members, strict=True)]
    work = np.repeat(of_one, n_members)
    middle = np.cumsum(work) - work / 2
    worker = (n_workers * middle / work.sum()).astype(int)
    for training, own in zip(trainings, np.split(worker, np.cumsum(n_members)[:-1]), strict=True):
        edges = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
        training.split([slice(*stretch) for stretch in pairwise(edges)])


def make_options(hidden, max_iter, batch_size, rate_factor, n_samples):
    """The options of the training, by the rules where they are "auto"."""
    return Options(
        hidden=tuple(hidden),
        n_epochs=rules.n_epochs(n_samples) if max_iter == "auto" else max_iter,
        batch_size=rules.batch_size(n_samples) if batch_size == "auto" else batch_size,
        rate_factor=rate_factor,
    )


def train(trainings, n_jobs, on_epoch):
    """Train until all kinds are over, or somebody wants to stop.

    Parameters
    ----------
    trainings : list of KindTraining
        Trained in place.
    n_jobs : int or None
        As joblib has it.
    on_epoch : callable(trainings) -> bool
        Called after each epoch with those that have trained in it; True stops the training.

    Returns
    -------
    bool
        Whether Ctrl-C ended it. What has been reached before is kept.
    """
    try:
        with _runner(n_jobs) as run:
            while running := [one for one in trainings if one.n_epochs_ahead]:
                n_epochs = run.n_epochs(running[0].n_epochs_ahead)
                results = run([part for one in running for part in one.parts], n_epochs)
                if _end_epochs(running, zip(*results, strict=True), on_epoch):
                    break
    except KeyboardInterrupt:
        if any(one.oof is None for one in trainings):
            raise  # there is nothing to keep
        return True
    return False


def _end_epochs(trainings, epochs, on_epoch):
    """End epochs, of all parts of all kinds, one after the other; returns whether to stop."""
    for epoch in epochs:
        parts = iter(epoch)
        for training in trainings:
            training.end_epoch(list(islice(parts, len(training.parts))))
        if on_epoch(trainings):
            return True
    return False


@contextmanager
def _runner(n_jobs):
    """What runs parts for some epochs: a call with them returns a list of `Epoch` for each."""
    if count_workers(n_jobs) == 1:
        with single_thread():
            yield _InTurn()
    else:
        with Parallel(n_jobs, batch_size=1, pre_dispatch="all") as parallel:
            yield _SideBySide(parallel)


class _InTurn:
    """Runs parts one after the other, an epoch at a time."""

    def __init__(self):
        self._trainings = {}

    @staticmethod
    def n_epochs(n_ahead):
        """Epochs of the next call, of so many that there are to come."""
        return 1

    def __call__(self, parts, n_epochs):
        for part in parts:
            if part not in self._trainings:
                self._trainings[part] = PartTraining(part)
        return [[self._trainings[part].epoch() for _ in range(n_epochs)] for part in parts]


class _SideBySide:
    """Runs parts in joblib's workers: in processes, if nobody says otherwise.

    Steps take some ten microseconds an operation: threads would spend much of their time waiting
    for the interpreter. What a part has reached goes to a process and back, so calls are for more
    and more epochs, as long as they are short: whoever looks on, or interrupts, does so in between.
    """

    _MOST, _LONG = 16, 1.0  # epochs of a call; seconds

    def __init__(self, parallel):
        self._parallel, self._reached = parallel, {}
        self._n_epochs, self._seconds = 1, 0.0

    def n_epochs(self, n_ahead):
        """Epochs of the next call, of so many that there are to come."""
        if self._seconds < self._LONG:
            self._n_epochs = min(2 * self._n_epochs, self._MOST)
        return n_ahead if n_ahead < 1.5 * self._n_epochs else self._n_epochs

    def __call__(self, parts, n_epochs):
        start = time.perf_counter()
        longest_first = sorted(parts, key=lambda part: -part.work)
        results = self._parallel(
            delayed(run_epochs)(part, self._reached.get(part), n_epochs) for part in longest_first
        )
        self._seconds = time.perf_counter() - start
        by_part = dict(zip(longest_first, results, strict=True))
        self._reached = {part: progress for part, (progress, _) in by_part.items()}
        return [by_part[part][1] for part in parts]
