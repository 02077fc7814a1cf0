"""Who looks on while a network trains: scikit-learn's callbacks, and a watcher of our own."""

import copy

from .context import watcher
from .sklearn_compat import with_callbacks
from .training import train


def train_in_public(estimator, jobs, X, y, sample_weight, *, incremental):
    """Train the jobs of a fit under the eyes of the estimator's callbacks and of the watcher.

    ``partial_fit`` is one epoch of a training that its caller leads: callbacks see only ``fit``.

    Parameters
    ----------
    estimator : estimator
        In the course of a fit.
    jobs : list of Job
        To be trained in place.
    X, y, sample_weight : object
        As they were given to ``fit``.
    incremental : bool
        Whether this is ``partial_fit``.
    """
    watch = watcher.get()
    if watch is not None:
        for job in jobs:
            watch(estimator, job)
            job.on_epoch = lambda job: watch(estimator, job)
    if getattr(estimator, "_skl_callbacks", None) and not incremental:
        _train_with_callbacks(estimator, jobs, X, y, sample_weight)
    else:
        train(jobs)
    for job in jobs:
        job.on_epoch = None


@with_callbacks
def _train_with_callbacks(estimator, jobs, X, y, sample_weight):
    tasks = FitTasks(estimator, jobs, X, y, sample_weight)
    for job in jobs:
        watch = job.on_epoch or (lambda job: False)
        job.on_epoch = lambda job, watch=watch: bool(watch(job)) | tasks.end_epoch(job)
    train(jobs)
    tasks.end(jobs[0])


def snapshot(estimator, job):
    """A copy of the estimator as if it had been fitted up to the present epoch of its job."""
    fitted = copy.copy(estimator)
    fitted._publish_network(job.state.network.copy())
    fitted._publish_history(job.state)
    fitted.loss_curve_ = list(fitted.loss_curve_)
    return fitted


class FitTasks:
    """The tasks of one fit as callbacks see them: the fit itself, and in it one task an epoch.

    L-BFGS alone knows whether another iteration follows, so its last task may be empty. The epochs
    of several jobs, the starts of an autoencoder, follow one another in one sequence.
    """

    def __init__(self, estimator, jobs, X, y, sample_weight):
        self._estimator = estimator
        self._given = {
            "estimator": estimator,
            "X": X,
            "y": y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        self._n_ended, self._running = 0, len(jobs)
        self._n_tasks = sum(job.solver.max_epochs for job in jobs)
        self._task_name = jobs[0].solver.epoch_name
        self._fit = estimator._init_callback_context(max_subtasks=self._n_tasks)
        self._fit.call_on_fit_task_begin(**self._given)
        self._begin_epoch()

    def _begin_epoch(self):
        self._epoch = self._fit.subcontext(task_name=self._task_name)
        self._epoch.call_on_fit_task_begin(**self._given)

    def _attributes(self, job):
        return lambda: vars(snapshot(self._estimator, job))  # made only for those who ask

    def end_epoch(self, job):
        """End the task of an epoch, begin the next; returns whether a callback wants to stop."""
        attributes = self._attributes(job)
        stop = self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes)
        self._epoch = None
        self._n_ended += 1
        has_ended = stop or job.state.outcome is not None
        has_ended |= job.state.n_iter >= job.solver.max_epochs
        self._running -= bool(has_ended)
        if self._running and self._n_ended < self._n_tasks:
            self._begin_epoch()
        return stop

    def end(self, job):
        """End the task of the fit."""
        if self._epoch is not None:  # interrupted, or L-BFGS was done
            self._epoch.call_on_fit_task_end(estimator=self._estimator)
        self._fit.call_on_fit_task_end(
            **self._given, reconstruction_attributes=self._attributes(job)
        )
