"""The joblib backend that is selected by ``lockstep``."""

import traceback
from contextlib import contextmanager

from joblib.parallel import FallbackToBackend, SequentialBackend, ThreadingBackend


class LockstepBackend(ThreadingBackend):
    """Runs tasks in threads, one at a time.

    Parameters
    ----------
    scheduler : Scheduler
    nesting_level : int, default=0
    """

    default_n_jobs = -1
    supports_timeout = False

    def __init__(self, scheduler, nesting_level=0, **kwargs):
        super().__init__(nesting_level=nesting_level, **kwargs)
        self.scheduler = scheduler
        self.parallel = None
        self._call = None

    def effective_n_jobs(self, n_jobs):
        """One where that is asked for; otherwise as many as can wait for each other."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        return 1 if n_jobs == 1 else max(2, self.scheduler.meeting.max_members)

    def configure(self, n_jobs=1, parallel=None, **kwargs):
        """Prepare for the calls of ``parallel``; returns the number of jobs.

        Raises
        ------
        FallbackToBackend
            With the backend to use instead: each ``Parallel`` has one of its own, since calls may
            be nested and interleaved.
        """
        n_jobs = self.effective_n_jobs(n_jobs)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        if self.parallel is None:
            own = LockstepBackend(self.scheduler, self.nesting_level)
            own.parallel = parallel
            raise FallbackToBackend(own)
        return n_jobs

    def get_nested_backend(self):
        """A backend for the tasks of a task: they take part."""
        return LockstepBackend(self.scheduler, self.nesting_level + 1), None

    def start_call(self):
        """Begin a call of ``Parallel``."""
        self._call = self.scheduler.open()

    def submit(self, func, callback=None):
        """Add a task; it begins when the caller waits for results."""
        return self.scheduler.add(self._call, func, callback)

    apply_async = submit

    @contextmanager
    def retrieval_context(self):
        """Complete the call, then let its results be retrieved."""
        if not self.parallel._aborting:  # a task could not even be made
            self.scheduler.complete(self._call)
        yield

    def retrieve_result_callback(self, out):
        """The result of a task; raises what the task raised."""
        result, error = out
        if error is None:
            return result
        if error.__cause__ is None:  # joblib takes the traceback off
            error.__cause__ = TaskTraceback("".join(traceback.format_exception(error)))
        raise error

    def abort_everything(self, ensure_ready=True):
        """Give the call up: tasks end where they wait."""
        if self._call is not None:
            self.scheduler.cancel(self._call)

    def stop_call(self):
        """End a call of ``Parallel``."""
        self.scheduler.close(self._call)

    def terminate(self):
        """No pool to shut down."""


class TaskTraceback(Exception):
    """Shows where an exception was raised in a task."""

    def __str__(self):
        return f'\n"""\n{self.args[0]}"""'
