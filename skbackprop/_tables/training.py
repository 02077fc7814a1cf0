"""The kinds of an ensemble trained side by side, epoch by epoch."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from joblib import effective_n_jobs

from .._estimator.threads import single_thread
from . import rules
from .kinds import KINDS, KindTraining, Options


def make_trainings(table, loss, score, options, rng, n_jobs):
    """A `KindTraining` for each kind, in parts for ``n_jobs`` threads.

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
    n_threads = effective_n_jobs(n_jobs)
    seeds = rng.randint(2**31 - 1, size=len(KINDS))
    return [
        KindTraining(kind, table, loss, score, options, seed, n_parts=n_threads)
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
    on_epoch : callable(trainings) -> bool
        Called after each epoch with those that have trained in it; True stops the training.

    Returns
    -------
    bool
        Whether Ctrl-C ended it. What has been reached before is kept.
    """
    try:
        with _runner(effective_n_jobs(n_jobs)) as run:
            while running := [training for training in trainings if not training.is_over]:
                run([part for training in running for part in training.parts])
                for training in running:
                    training.end_epoch()
                if on_epoch(running):
                    break
    except KeyboardInterrupt:
        if any(training.oof is None for training in trainings):
            raise  # there is nothing to keep
        return True
    return False


@contextmanager
def _runner(n_threads):
    """A function that runs an epoch of parts, in so many threads.

    The parts are independent of each other and take turns at the interpreter, so each product of
    theirs is left to one thread.
    """
    with single_thread():
        if n_threads == 1:
            yield _run_in_turn
            return
        with ThreadPoolExecutor(n_threads) as pool:  # leaving it waits for what is running
            yield lambda parts: list(pool.map(_run, parts))


def _run_in_turn(parts):
    for part in parts:
        _run(part)


def _run(part):
    with np.errstate(all="ignore"):  # each thread has its own
        part.run_epoch()
