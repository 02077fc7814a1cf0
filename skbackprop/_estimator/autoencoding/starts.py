"""Several starts of an autoencoder: the best of them counts."""

import math

from sklearn.exceptions import ConvergenceWarning

from ..outcome import is_finite
from ..warn import warn_user


def best_start(jobs):
    """The job with the highest validation score, or the smallest loss.

    Warns of starts that failed. Where none is left, it is the first, whatever became of it.

    Parameters
    ----------
    jobs : list of Job
        As they were trained.

    Returns
    -------
    Job

    Raises
    ------
    Exception
        What was raised in the course of the first start, if something was raised in all.
    """
    for job in jobs:
        if job.error is not None and not isinstance(job.error, Exception):
            raise job.error
    good = [job for job in jobs if job.error is None and is_finite(job)]
    if not good:
        if jobs[0].error is not None:
            raise jobs[0].error
        return jobs[0]
    if len(good) < len(jobs):
        warn_user(
            f"{len(jobs) - len(good)} of n_init={len(jobs)} starts diverged; the best of the "
            "others is kept.",
            ConvergenceWarning,
        )
    if good[0].validate is not None:
        return max(good, key=lambda job: job.state.best_score)
    return min(good, key=_loss)


def _loss(job):
    """The last loss; that of a start that was interrupted in its first epoch is not known."""
    return math.inf if job.state.loss is None else job.state.loss
