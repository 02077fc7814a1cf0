"""A call's tasks in parts: each goes to a worker process, which runs it in lockstep."""

import math
from dataclasses import dataclass
from importlib.util import find_spec

import joblib
from joblib.parallel import BACKENDS, EXTERNAL_BACKENDS

from .._estimator.sklearn_compat import InvalidParameterError

_IN_THIS_PROCESS = {"sequential", "threading"}
_SENT_APART = 1000  # bytes of an array that is sent once to a worker, and not with each part


@dataclass(frozen=True)
class Distribution:
    """Where the parts of a call go.

    Parameters
    ----------
    backend : joblib.parallel.ParallelBackendBase
        Of processes.
    n_jobs : int
        Parts at a time.
    max_members : int
        Tasks of a part.
    """

    backend: object
    n_jobs: int
    max_members: int

    @classmethod
    def named(cls, backend, n_jobs, max_members):
        """The distribution that the parameters of ``lockstep`` describe.

        Raises
        ------
        ValueError
            If joblib has no such backend, or it cannot be used as it is.
        ImportError
            If it needs a package that is not installed.
        """
        known = sorted((set(BACKENDS) | set(EXTERNAL_BACKENDS)) - _IN_THIS_PROCESS)
        if backend not in known:
            hint = ""
            if backend == "ray":
                hint = " For 'ray', install the package and call ray.util.joblib.register_ray()."
            elif backend in _IN_THIS_PROCESS:
                hint = " For threads in this process, set n_threads and no backend."
            raise InvalidParameterError(
                "The 'backend' parameter of lockstep must be a joblib backend of processes, one of "
                f"{known}, or None. Got {backend!r} instead.{hint}"
            )
        if backend == "dask" and find_spec("distributed") is None:
            raise ImportError("lockstep(backend='dask') needs Dask: pip install distributed.")
        with joblib.parallel_config(backend, n_jobs=n_jobs):
            made, _ = joblib.parallel.get_active_backend()
        return cls(made, -1 if n_jobs is None else n_jobs, max_members)

    @property
    def n_tasks(self):
        """Tasks that are under way at the same time."""
        return self.backend.effective_n_jobs(self.n_jobs) * self.max_members

    def run(self, batches, options):
        """Run batches of tasks; returns the results of each.

        Parameters
        ----------
        batches : list of joblib.parallel.BatchedCalls
        options : dict
            Of ``joblib.Parallel``, such as "max_nbytes".
        """
        n_workers = self.backend.effective_n_jobs(self.n_jobs)
        n_parts = math.ceil(len(batches) / self.max_members)
        n_parts = min(math.ceil(n_parts / n_workers) * n_workers, len(batches))  # all are busy
        calls = []
        for i in range(n_parts):
            part, arrays = _without_arrays([batch.items for batch in batches[i::n_parts]])
            calls.append(joblib.delayed(run_part)(part, self.max_members, *arrays))
        options = {name: options[name] for name in ("max_nbytes", "temp_folder", "mmap_mode")}
        parallel = joblib.Parallel(self.n_jobs, backend=self.backend, batch_size=1, **options)
        results = [None] * len(batches)
        for i, of_part in enumerate(parallel(calls)):
            results[i::n_parts] = of_part
        return results


@dataclass(frozen=True)
class Reference:
    """Stands for an array that is sent beside a part."""

    number: int


def _without_arrays(part):
    """The part with references in place of its arrays, and the arrays, each of them once.

    Where tasks have the same array, it thus is the same in the worker; and Dask keeps what it finds
    among the arguments of a call where it was used last.
    """
    numbers, arrays = {}, []

    def replaced(value):
        if getattr(value, "nbytes", 0) < _SENT_APART:
            return value
        if id(value) not in numbers:
            numbers[id(value)] = Reference(len(arrays))
            arrays.append(value)
        return numbers[id(value)]

    return _with_arguments(part, replaced), arrays


def _with_arguments(part, change):
    return [
        [
            (
                function,
                tuple(change(value) for value in args),
                {name: change(value) for name, value in kwargs.items()},
            )
            for function, args, kwargs in batch
        ]
        for batch in part
    ]


def run_part(part, max_members, *arrays):
    """Run batches of tasks in lockstep; returns the results of each. Called in a worker."""
    from . import lockstep

    def restored(value):
        return arrays[value.number] if isinstance(value, Reference) else value

    with lockstep(n_threads=1, max_members=max_members):
        return joblib.Parallel(n_jobs=None)(
            joblib.delayed(run_batch)(batch) for batch in _with_arguments(part, restored)
        )


def run_batch(batch):
    """The results of the tasks of a batch."""
    return [function(*args, **kwargs) for function, args, kwargs in batch]
