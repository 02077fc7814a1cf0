"""Calls of ``joblib.Parallel`` in which no network can be trained."""

import functools
import sys
import types
from collections.abc import Mapping

import joblib
from joblib.parallel import LokyBackend

# What a task of scikit-learn's own consists of. A class of anybody else's may train a network.
_KNOWN = {"sklearn", "numpy", "scipy", "pandas", "polars", "pyarrow", "joblib"}
_KNOWN |= sys.stdlib_module_names - {"__main__"}


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
