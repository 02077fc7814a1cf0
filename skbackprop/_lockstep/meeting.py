"""The meeting point: where the fits of different tasks wait, and the threads that train them."""

import math
import os
import threading
import time
from collections import deque
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from sklearn import config_context, get_config

from .._estimator.dispatch import train_here
from .._estimator.threads import single_thread
from ..core.training.job import Job
from .groups import gains_from_threads, is_worth_waiting, make_groups
from .tasks import set_warning_state, warning_state
from .threads import start_in_thread

# Bytes of training data that may wait. A fit holds them twice: as scikit-learn has cut them
# out, and as they are preprocessed.
_MAX_BYTES = 1 << 25
_FEWEST = 4  # fits that may wait however large their data
_GRACE = 5.0  # seconds in which training that is interrupted has to end


class WaitingFit:
    """The jobs of a fit that waits, and the circumstances in which its observers are called.

    Parameters
    ----------
    task : Task
        In which the fit was started.
    jobs : list of Job

    Attributes
    ----------
    config : dict
        scikit-learn's, in the task.
    context : contextvars.Context
        Of the task.
    """

    def __init__(self, task, jobs):
        self.task = task
        self.jobs = jobs
        self.config = get_config()
        self.context = copy_context()


@dataclass(eq=False)
class Member:
    """A job to be trained, alone or with others, and the fit that it belongs to."""

    fit: WaitingFit
    job: Job


class Meeting:
    """Trains the jobs of all fits that wait.

    Parameters
    ----------
    n_threads : int
        Threads to train in.
    max_members : int
        Fits that may wait.

    Attributes
    ----------
    fits : dict of Task to WaitingFit
    """

    def __init__(self, n_threads, max_members):
        self.max_members = max_members
        self.fits = {}
        self._arrays = {}
        self._lock = threading.Lock()
        self._workers = Workers(n_threads)

    def is_worth_waiting(self, jobs):
        """Whether jobs can gain from waiting for those of other fits."""
        return any(is_worth_waiting(job, self._workers.n_threads) for job in jobs)

    def add(self, task, jobs):
        """Let ``task`` wait until ``jobs`` have been trained."""
        with self._lock:
            self.fits[task] = WaitingFit(task, jobs)
            for job in jobs:
                for array in (job.problem.X, job.problem.Y):
                    self._arrays[id(array)] = array.data.nbytes

    def remove(self, task):
        """Let ``task`` wait no longer."""
        self.fits.pop(task, None)

    @property
    def is_full(self):
        """Whether no more should come before the training."""
        if len(self.fits) >= self.max_members:
            return True
        return len(self.fits) >= _FEWEST and sum(self._arrays.values()) >= _MAX_BYTES

    def train(self):
        """Train the jobs of all fits that wait; returns their tasks."""
        with self._lock:
            fits, self.fits, self._arrays = self.fits, {}, {}
        members = [Member(fit, job) for fit in fits.values() for job in fit.jobs]
        self._workers.train(make_groups(members, self._workers.n_threads))
        return list(fits)


class GroupQueue:
    """Groups to be trained, by whichever thread is free.

    Parameters
    ----------
    groups : list of list of Member
    """

    def __init__(self, groups):
        self._groups = groups
        self._waiting = deque(groups)
        self._n_ended = 0
        self._ended = SimpleQueue()

    def take(self):
        """The next group, or None."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def end(self, group):
        """Tell that a group has been trained."""
        self._ended.put(group)

    def join(self, deadline=math.inf):
        """Return when all groups have been trained, or at the deadline."""
        while self._n_ended < len(self._groups) and time.monotonic() < deadline:
            with suppress(Empty):
                self._ended.get(timeout=0.5)  # short, so that Ctrl-C is noticed
                self._n_ended += 1

    def interrupt(self):
        """Start no more groups, and end the training of the others at their next epoch."""
        while (group := self.take()) is not None:
            self.end(group)
        for member in (member for group in self._groups for member in group):
            state = member.job.state
            state.outcome = state.outcome or "interrupted"
        self.join(time.monotonic() + _GRACE)


class Workers:
    """Trains groups, several at a time.

    Parameters
    ----------
    n_threads : int
    """

    def __init__(self, n_threads):
        self.n_threads = n_threads
        self._one_at_a_time = threading.Lock()
        self._one_small_job = threading.Lock()

    def train(self, groups):
        """Train each group; what is raised is left in the jobs.

        Parameters
        ----------
        groups : list of list of Member
        """
        queue = GroupQueue(groups)
        n_threads = min(self.n_threads, len(groups))
        if n_threads > 1:
            n_threads = min(n_threads, max(1, n_free_processors()))
        # several threads have one thread of linear algebra each
        with single_thread() if n_threads > 1 else nullcontext():
            try:
                for _ in range(n_threads):
                    start_in_thread(self._work, queue)
                queue.join()
            except BaseException:  # Ctrl-C
                queue.interrupt()
                raise

    def _work(self, queue):
        while (group := queue.take()) is not None:
            try:
                group[0].fit.context.copy().run(self._train_group, group)
            except BaseException as error:
                for member in group:
                    member.job.error = error
            finally:
                queue.end(group)

    def _train_group(self, group):
        with ExitStack() as stack:
            for member in group:
                stack.enter_context(self._observed(member))
            jobs = [member.job for member in group]
            is_small = len(jobs) == 1 and not gains_from_threads(jobs[0])
            with self._one_small_job if is_small else nullcontext():
                train_here(jobs)

    @contextmanager
    def _observed(self, member):
        """Have the job's observers called as from its task."""
        job = member.job
        validate, on_epoch = job.validate, job.on_epoch
        if validate is not None:
            job.validate = partial(self._call_as_in_task, member.fit, validate)
        if on_epoch is not None:
            job.on_epoch = partial(self._call_as_in_task, member.fit, on_epoch)
        try:
            yield
        finally:
            job.validate, job.on_epoch = validate, on_epoch

    def _call_as_in_task(self, fit, function, *args):
        """Call with the context, configuration and warning filters of the task, one at a time."""
        with self._one_at_a_time:
            own = warning_state()
            set_warning_state(fit.task.warning_state)
            try:
                with config_context(**fit.config):
                    return fit.context.run(function, *args)
            finally:
                fit.task.warning_state = warning_state()
                set_warning_state(own)


def n_free_processors():
    """Processors that no other process wants at present.

    Several threads that need the interpreter lock in turn are slower than one where they must also
    wait for a processor. Where the system does not tell (it is not Linux), all count as free.
    """
    wanted = []
    with suppress(OSError, ValueError, IndexError):
        for _ in range(3):  # what only comes and goes does not count
            runnable = int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
            wanted.append(runnable - _n_runnable_threads())
            time.sleep(0.001)
    return (os.cpu_count() or 1) - max(0, min(wanted, default=0))


def _n_runnable_threads():
    """Threads of this process that run or could run, this one among them."""
    n_runnable = 0
    for path in Path("/proc/self/task").glob("*/stat"):
        with suppress(OSError):  # the thread has ended
            n_runnable += path.read_text().rpartition(")")[2].split()[0] == "R"
    return n_runnable
