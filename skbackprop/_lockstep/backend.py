"""The joblib backend that is selected by ``lockstep``, and the calls that it leaves alone."""

import functools
import sys
import traceback
import types
from collections.abc import Mapping
from contextlib import contextmanager

import joblib
from joblib.parallel import (
    FallbackToBackend,
    LokyBackend,
    SequentialBackend,
    ThreadingBackend,
)

_NOT_GIVEN = 1 << 30  # stands for an n_jobs that nobody has given

# What a task of scikit-learn's own consists of. A class of anybody else's may train a network.
_KNOWN = {"sklearn", "numpy", "scipy", "pandas", "polars", "pyarrow", "joblib"}
_KNOWN |= sys.stdlib_module_names - {"__main__"}

_OPTIONS = ("max_nbytes", "temp_folder", "mmap_mode", "prefer", "require")


class LockstepBackend(ThreadingBackend):
    """Runs tasks in threads, one at a time.

    Parameters
    ----------
    scheduler : Scheduler
    before : joblib.parallel.ParallelBackendBase
        The backend that was active before lockstep, for calls that train no network.
    distribution : Distribution, default=None
        Where the tasks of calls from outside go; to threads of this process if None.
    nesting_level : int, default=0
    """

    default_n_jobs = _NOT_GIVEN
    supports_timeout = False
    takes_turns = True

    def __init__(self, scheduler, before, distribution=None, nesting_level=0, **kwargs):
        super().__init__(nesting_level=nesting_level, **kwargs)
        self.scheduler = scheduler
        self.before = before
        self.distribution = distribution
        self.parallel = None
        self._call = None
        self._n_jobs, self._options = None, {}

    def effective_n_jobs(self, n_jobs):
        """One where that is asked for; otherwise as many as can wait for each other."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs == 1:
            return 1
        if self.distribution is not None:
            return max(2, self.distribution.n_tasks)
        return max(2, self.scheduler.meeting.max_members)

    def configure(self, n_jobs=1, parallel=None, **kwargs):
        """Prepare for the calls of ``parallel``; returns the number of jobs.

        Raises
        ------
        FallbackToBackend
            With the backend to use instead: each ``Parallel`` has one of its own, since calls may
            be nested and interleaved.
        """
        n_together = self.effective_n_jobs(n_jobs)
        if n_together == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        if self.parallel is None:
            own = LockstepBackend(
                self.scheduler, self.before, self.distribution, self.nesting_level
            )
            own.parallel = parallel
            raise FallbackToBackend(own)
        self._n_jobs = None if n_jobs == _NOT_GIVEN else n_jobs
        self._options = {name: kwargs[name] for name in _OPTIONS if name in kwargs}
        return n_together

    def get_nested_backend(self):
        """A backend for the tasks of a task: they take part."""
        nested = LockstepBackend(self.scheduler, self.before, nesting_level=self.nesting_level + 1)
        return nested, None

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
            self._run_elsewhere()
            self.scheduler.complete(self._call)
        yield

    def _run_elsewhere(self):
        """Run the tasks that are not for threads of this process, if it is so."""
        if not any(may_train_a_network(task.function) for task in self._call.pending):
            if self._n_jobs is None:
                return
            run = functools.partial(run_as_before, n_jobs=self._n_jobs, backend=self.before)
        elif self.distribution is not None:
            run = self.distribution.run
        else:
            return
        while self._call.pending:  # a callback may add more
            tasks = self.scheduler.withdraw(self._call)
            results = run([task.function for task in tasks], options=self._options)
            for task, result in zip(tasks, results, strict=True):
                task.callback((result, None))

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


# -- calls that train no network -------------------------------------------------------------------


def may_train_a_network(batch):
    """Whether a batch of tasks may train a network of ours.

    It does not where it consists of scikit-learn's functions and estimators, and data.

    Parameters
    ----------
    batch : joblib.parallel.BatchedCalls
    """
    to_do, seen = list(batch.items), set()
    while to_do:
        thing = to_do.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if not _is_known(thing):
            return True
        to_do.extend(_parts(thing))
    return False


def _is_known(thing):
    owner = thing if isinstance(thing, type | types.FunctionType) else type(thing)
    return (owner.__module__ or "builtins").partition(".")[0] in _KNOWN


def _parts(thing):
    """What a thing consists of, as far as an estimator may be among it."""
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, list | tuple | set):
        return list(thing)
    if isinstance(thing, functools.partial):
        return [thing.func, thing.args, thing.keywords]
    if isinstance(thing, types.MethodType):
        return [thing.__self__, thing.__func__]
    if type(thing).__module__.startswith(("sklearn.", "types")):
        return list(getattr(thing, "__dict__", {}).values())
    return []


def run_as_before(batches, *, n_jobs, backend, options):
    """Run batches of tasks as they would be run without lockstep; returns the results of each.

    Parameters
    ----------
    batches : list of joblib.parallel.BatchedCalls
    n_jobs : int
    backend : joblib.parallel.ParallelBackendBase
        The one that was active before lockstep.
    options : dict
        Of ``joblib.Parallel``, such as "prefer".
    """
    in_threads = options.get("prefer") == "threads" or options.get("require") == "sharedmem"
    if in_threads and isinstance(backend, LokyBackend):
        backend = "threading"
    tasks = [task for batch in batches for task in batch.items]
    results = iter(joblib.Parallel(n_jobs, backend=backend, **options)(tasks))
    return [[next(results) for _ in batch.items] for batch in batches]
