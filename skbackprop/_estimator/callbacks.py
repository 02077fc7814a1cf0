"""The observers of a training: scikit-learn's callbacks, and the watcher of ``inspection``."""

import copy

from .context import watcher
from .dispatch import train
from .sklearn_compat import with_callbacks


def train_observed(estimator, jobs, X, y, sample_weight, *, incremental):
    """Train the jobs of a fit, observed by the estimator's callbacks and by the watcher.

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
    """The epochs of several jobs, the starts of an autoencoder, follow one another."""
    n_tasks, running = sum(job.solver.max_epochs for job in jobs), len(jobs)
    tasks = FitTasks(estimator, X, y, sample_weight, n_tasks, jobs[0].solver.epoch_name)
    tasks.begin_epoch()

    def attributes(job):
        return lambda: vars(snapshot(estimator, job))  # made only for those who ask

    def end_epoch(job):
        nonlocal running
        stop = tasks.end_epoch(attributes(job))
        has_ended = job.state.outcome is not None or job.state.n_iter >= job.solver.max_epochs
        running -= stop or has_ended
        if running:
            tasks.begin_epoch()
        return stop

    for job in jobs:
        watch = job.on_epoch or (lambda job: False)
        job.on_epoch = lambda job, watch=watch: bool(watch(job)) | end_epoch(job)
    train(jobs)
    tasks.end(attributes(jobs[0]))


def snapshot(estimator, job):
    """A copy of the estimator as if it had been fitted up to the present epoch of its job."""
    fitted = copy.copy(estimator)
    fitted._publish_network(job.state.network.copy())
    fitted._publish_history(job.state)
    fitted.loss_curve_ = list(fitted.loss_curve_)
    return fitted


class FitTasks:
    """The tasks of one fit as callbacks see them: the fit itself, and in it one task an epoch.

    L-BFGS alone knows whether another iteration follows, so its last task may be empty.

    Parameters
    ----------
    estimator : estimator
    X, y, sample_weight : object
        As they were given to ``fit``.
    n_tasks : int
        The most epochs there can be.
    task_name : str, default="epoch"
    """

    def __init__(self, estimator, X, y, sample_weight, n_tasks, task_name="epoch"):
        self._given = {
            "estimator": estimator,
            "X": X,
            "y": y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        self._n_begun, self._n_tasks, self._task_name = 0, n_tasks, task_name
        self._epoch = None
        self._fit = estimator._init_callback_context(max_subtasks=n_tasks)
        self._fit.call_on_fit_task_begin(**self._given)

    def begin_epoch(self):
        """Begin the task of an epoch, unless that was the last."""
        if self._n_begun < self._n_tasks:
            self._n_begun += 1
            self._epoch = self._fit.subcontext(task_name=self._task_name)
            self._epoch.call_on_fit_task_begin(**self._given)

    def end_epoch(self, attributes):
        """End the task of an epoch; returns whether a callback wants to stop.

        Parameters
        ----------
        attributes : callable() -> dict
            Makes the attributes of an estimator that is fitted up to here.
        """
        epoch, self._epoch = self._epoch, None
        return bool(epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes))

    def end(self, attributes):
        """End the task of the fit."""
        if self._epoch is not None:  # interrupted, or L-BFGS was done
            self._epoch.call_on_fit_task_end(estimator=self._given["estimator"])
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes)
