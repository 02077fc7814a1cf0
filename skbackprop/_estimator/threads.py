"""Threads of the linear algebra: only one for products that are too small for more.

SciPy's wheels bring a library of their own, with threads of its own. Two sets of threads that
wait actively take the processors from each other. So SciPy's has one in any case: it has only
products below the sizes where threads start, and the vectors of L-BFGS.
"""

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

from threadpoolctl import ThreadpoolController

# Multiplications of a product. Up to _WORTH_ONE, a second thread gains less than a tenth on an idle
# machine, while on a busy one it makes a fit several times slower: each product waits for a thread
# that has no processor. OpenBLAS works in one thread by itself only where products are tiny, and
# not in all routines: those of L-BFGS have limits of their own.
_WORTH_ONE = 1 << 22

_limiting = Lock()  # limits are the process's own: held by the one fit that has set them


def suitable_threads(jobs):
    """A context in which ``jobs`` are trained: see `threads_for`."""
    return threads_for(max(_largest_product(job) for job in jobs))


def threads_for(largest_product):
    """A context of one thread of linear algebra where products are small.

    Parameters
    ----------
    largest_product : int
        Multiplications of the largest matrix product of a step.
    """
    return _limited(_libraries() if largest_product <= _WORTH_ONE else _scipy_s_own())


def single_thread():
    """A context of one thread of linear algebra."""
    return _limited(_libraries())


@contextmanager
def _limited(libraries):
    """One thread of some libraries.

    Of several fits at a time, in threads, the first sets the limit and takes it back.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with libraries.limit(limits=1, user_api="blas"):
            yield
    finally:
        _limiting.release()


def _largest_product(job):
    """Multiplications of the largest matrix product of a step."""
    n_rows = job.solver.rows_per_step(job.problem.n_rows)
    return n_rows * max(W.size for W in job.state.network.weights())


@cache
def _libraries():
    """Those of this process, found once: that takes a millisecond."""
    return ThreadpoolController()


@cache
def _scipy_s_own():
    """The library of SciPy's wheel; none where SciPy shares one with NumPy."""
    paths = [one["filepath"] for one in _libraries().info()]
    return _libraries().select(
        filepath=[path for path in paths if {"scipy", "scipy.libs"} & set(Path(path).parts)]
    )
