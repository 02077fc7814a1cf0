"""Who looks on while a network trains: scikit-learn's callbacks, and a watcher of our own."""

import copy
from contextvars import ContextVar

from ._sklearn_compat import with_callbacks
from ._threads import suitable_threads
from .core.solve import solve

#: ``callable(estimator, run) -> bool`` that sees the start and each epoch of the fits in its
#: context; True stops.
watcher: ContextVar = ContextVar("watcher", default=None)


def solve_in_public(estimator, run, X, y, sample_weight, *, incremental):
    """Train ``run`` under the eyes of the estimator's callbacks and of the watcher, if any.

    ``partial_fit`` is one epoch of a training that its caller leads: callbacks see only ``fit``.

    Parameters
    ----------
    estimator : estimator
        In the course of a fit.
    run : Run
        To be trained in place.
    X, y, sample_weight : object
        As they were given to ``fit``.
    incremental : bool
        Whether this is ``partial_fit``.

    Returns
    -------
    list of str
        What the user is to be warned of.
    """
    watch = watcher.get()
    if watch is not None:
        watch(estimator, run)
        run.on_epoch = lambda run: watch(estimator, run)
    if getattr(estimator, "_skl_callbacks", None) and not incremental:
        return _solve_with_callbacks(estimator, run, X, y, sample_weight)
    return _solve(estimator, run)


def _solve(estimator, run):
    return solve(
        run,
        max_fun=estimator.max_fun,
        lbfgs=estimator.solver == "lbfgs",
        within=suitable_threads,
    )


@with_callbacks
def _solve_with_callbacks(estimator, run, X, y, sample_weight):
    tasks = FitTasks(estimator, run, X, y, sample_weight)
    watch = run.on_epoch or (lambda run: False)
    run.on_epoch = lambda run: bool(watch(run)) | tasks.end_epoch(run)
    messages = _solve(estimator, run)
    tasks.end(run)
    return messages


def snapshot(estimator, run):
    """A copy of the estimator as if it had been fitted up to the present epoch of its run."""
    fitted = copy.copy(estimator)
    fitted._publish_network(run.network.copy())
    fitted._publish_history(run)
    fitted.loss_curve_ = list(fitted.loss_curve_)
    return fitted


class FitTasks:
    """The tasks of one fit as callbacks see them: the fit itself, and in it one task an epoch.

    L-BFGS alone knows whether another iteration follows, so its last task may be empty.
    """

    def __init__(self, estimator, run, X, y, sample_weight):
        self._estimator = estimator
        self._given = {
            "estimator": estimator,
            "X": X,
            "y": y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        lbfgs = estimator.solver == "lbfgs"
        self._task_name = "iteration" if lbfgs else "epoch"
        self._n_tasks = run.last_epoch + 1 if lbfgs else run.last_epoch
        self._fit = estimator._init_callback_context(max_subtasks=self._n_tasks)
        self._fit.call_on_fit_task_begin(**self._given)
        self._begin_epoch()

    def _begin_epoch(self):
        self._epoch = self._fit.subcontext(task_name=self._task_name)
        self._epoch.call_on_fit_task_begin(**self._given)

    def _attributes(self, run):
        return lambda: vars(snapshot(self._estimator, run))  # made only for those who ask

    def end_epoch(self, run):
        """End the task of an epoch, begin the next; returns whether a callback wants to stop."""
        attributes = self._attributes(run)
        stop = self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes)
        self._epoch = None
        if not stop and run.outcome is None and run.n_iter < self._n_tasks:
            self._begin_epoch()
        return stop

    def end(self, run):
        """End the task of the fit."""
        if self._epoch is not None:  # interrupted, or L-BFGS was done
            self._epoch.call_on_fit_task_end(estimator=self._estimator)
        self._fit.call_on_fit_task_end(
            **self._given, reconstruction_attributes=self._attributes(run)
        )
