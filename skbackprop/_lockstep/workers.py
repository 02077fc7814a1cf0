"""Threads that train groups of waiting runs."""

import copy
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial

from sklearn import config_context
from threadpoolctl import ThreadpoolController

from ..core.population import train_population
from .groups import gains_from_threads
from .jobs import Jobs
from .surroundings import surround, surroundings


class Workers:
    """Trains groups, several at a time.

    Parameters
    ----------
    n_threads : int
    """

    def __init__(self, n_threads):
        self.n_threads = n_threads
        self._one_at_a_time = threading.Lock()
        self._one_small_run = threading.Lock()
        self._blas = ThreadpoolController()

    def train(self, groups):
        """Train each group of places; what is raised is left in the places.

        Parameters
        ----------
        groups : list of list of Place
        """
        jobs = Jobs(groups)
        n_threads = min(self.n_threads, len(groups))
        # several threads have one thread of linear algebra each
        with self._blas.limit(limits=1, user_api="blas") if n_threads > 1 else nullcontext():
            try:
                for _ in range(n_threads):
                    threading.Thread(target=self._work, args=(jobs,), daemon=True).start()
                jobs.wait()
            except BaseException:  # Ctrl-C
                jobs.interrupt()
                raise

    def _work(self, jobs):
        while (group := jobs.take()) is not None:
            try:
                group[0].context.copy().run(self._train_group, group)
            except BaseException as error:
                for place in group:
                    place.error = error
            finally:
                jobs.end(group)

    def _train_group(self, group):
        with config_context(**group[0].config), ExitStack() as stack:
            for place in group:
                stack.enter_context(self._observed(place))
            if len(group) > 1:
                self._train_together(group)
            else:
                self._train_alone(group[0])

    def _train_together(self, group):
        runs = [place.run for place in group]
        streams = [_streams(run) for run in runs]
        try:
            train_population(runs)
        except Exception:  # say, an activation of the user's that is written for two axes
            if any(run.n_iter for run in runs):
                raise
            for place, before in zip(group, streams, strict=True):
                _restore_streams(place.run, before)
                self._train_alone(place)
        else:
            for place in group:
                place.error = place.run.error

    def _train_alone(self, place):
        try:
            with nullcontext() if gains_from_threads(place.run) else self._one_small_run:
                place.messages = place.alone()
        except BaseException as error:
            place.error = error

    @contextmanager
    def _observed(self, place):
        """Have the run's observers called as from its task."""
        run, stopping = place.run, place.run.stopping
        validate, on_epoch = stopping.validate, run.on_epoch
        if validate is not None:
            stopping.validate = partial(self._call_as_in_task, place, validate)
        if on_epoch is not None:
            run.on_epoch = partial(self._call_as_in_task, place, on_epoch)
        try:
            yield
        finally:
            stopping.validate, run.on_epoch = validate, on_epoch

    def _call_as_in_task(self, place, function, *args):
        """Call with the context and the warning filters of the task, one call at a time."""
        with self._one_at_a_time:
            own = surroundings()
            surround(place.task.surroundings)
            try:
                return place.context.run(function, *args)
            finally:
                place.task.surroundings = surroundings()
                surround(own)


def _streams(run):
    """The state of the random numbers of a run, before a training that may have to begin again."""
    return run.rng.get_state(), copy.deepcopy(run.noise)


def _restore_streams(run, streams):
    state, run.noise = streams
    run.rng.set_state(state)
    run.outcome = run.error = None
