"""The kinds of an ensemble trained side by side, epoch by epoch."""

import time
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from .._estimator.threads import single_thread
from ..core.training.ensemble import Progress
from . import rules
from .kinds import KINDS, KindTraining, Options
from .parts import Epoch, PartTraining, run_epochs


def make_trainings(table, loss, criterion, options, rng):
    """A `KindTraining` for each kind.

    Parameters
    ----------
    table : Table
    loss : Loss
    criterion : Criterion
    options : Options
    rng : numpy.random.RandomState

    Returns
    -------
    list of KindTraining
    """
    seeds = rng.randint(2**31 - 1, size=len(KINDS))
    return [
        KindTraining(kind, table, loss, criterion, options, seed)
        for kind, seed in zip(KINDS, seeds, strict=True)
    ]


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
                for epochs in zip(*run(running, n_epochs), strict=True):
                    for training, epoch in zip(running, epochs, strict=True):
                        training.end_epoch(epoch)
                    if on_epoch(running):
                        return False
    except KeyboardInterrupt:
        if any(one.oof is None for one in trainings):
            raise  # there is nothing to keep
        return True
    return False


@contextmanager
def _runner(n_jobs):
    """What trains kinds for some epochs: a call with them returns a list of `Epoch` for each."""
    n_workers = count_workers(n_jobs)
    if n_workers == 1:
        with single_thread():
            yield _InTurn()
    else:
        with Parallel(n_jobs, batch_size=1, pre_dispatch="all") as parallel:
            yield _SideBySide(parallel, n_workers)


def count_workers(n_jobs):
    """As joblib has it; one where its tasks take turns, as in lockstep."""
    backend, _ = get_active_backend()
    return 1 if getattr(backend, "takes_turns", False) else effective_n_jobs(n_jobs)


class _InTurn:
    """Trains one kind after the other, an epoch at a time."""

    def __init__(self):
        self._trainings = {}

    @staticmethod
    def n_epochs(n_ahead):
        """Epochs of the next call, of so many that there are to come."""
        return 1

    def __call__(self, kinds, n_epochs):
        for kind in kinds:
            if kind not in self._trainings:
                self._trainings[kind] = PartTraining(kind.part)
        return [[self._trainings[kind].epoch() for _ in range(n_epochs)] for kind in kinds]


class _SideBySide:
    """Trains parts of the kinds in joblib's workers: in processes, if nobody says otherwise.

    Steps take some ten microseconds an operation: threads would spend much of their time waiting
    for the interpreter. What a part has reached goes to a process and back, so calls are for more
    and more epochs, as long as they are short: whoever looks on, or interrupts, does so in between.
    """

    _MOST, _LONG = 16, 1.0  # epochs of a call; seconds

    def __init__(self, parallel, n_workers):
        self._parallel, self._n_workers = parallel, n_workers
        self._reached = {}  # by kind
        self._n_epochs, self._seconds = 1, 0.0

    def n_epochs(self, n_ahead):
        """Epochs of the next call, of so many that there are to come."""
        if self._seconds < self._LONG:
            self._n_epochs = min(2 * self._n_epochs, self._MOST)
        return n_ahead if n_ahead < 1.5 * self._n_epochs else self._n_epochs

    def __call__(self, kinds, n_epochs):
        start = time.perf_counter()
        shares = share_out([kind.part for kind in kinds], self._n_workers)
        parts = [(kind, one) for kind, own in zip(kinds, shares, strict=True) for one in own]
        parts.sort(key=lambda pair: -pair[1].work)  # the longest first
        results = self._parallel(
            delayed(run_epochs)(part, self._progress(kind, part), n_epochs) for kind, part in parts
        )
        by_part = {part: result for (_, part), result in zip(parts, results, strict=True)}
        self._seconds = time.perf_counter() - start
        return [
            self._joined(kind, [by_part[part] for part in own])
            for kind, own in zip(kinds, shares, strict=True)
        ]

    def _progress(self, kind, part):
        """What a part of a kind has reached."""
        return self._reached[kind].of(part.chosen) if kind in self._reached else None

    def _joined(self, kind, results):
        """The epochs of a kind from those of its parts; keeps what they have reached."""
        progress, epochs = zip(*results, strict=True)
        self._reached[kind] = Progress.joined(progress)
        return [Epoch.joined(parts) for parts in zip(*epochs, strict=True)]


def share_out(wholes, n_workers):
    """Cut all members in a row into stretches of about equal work, one for each worker.

    Parameters
    ----------
    wholes : list of Part
        All members of a kind each.
    n_workers : int

    Returns
    -------
    list of list of Part
        For each kind, its members by the workers that are to train them.
    """
    n_members = [len(whole.network.params) for whole in wholes]
    of_one = [whole.work / n for whole, n in zip(wholes, n_members, strict=True)]
    work = np.repeat(of_one, n_members)
    middle = np.cumsum(work) - work / 2
    worker = (n_workers * middle / work.sum()).astype(int)
    shares = []
    for whole, own in zip(wholes, np.split(worker, np.cumsum(n_members)[:-1]), strict=True):
        edges = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
        shares.append([whole.of(slice(*stretch)) for stretch in pairwise(edges)])
    return shares
