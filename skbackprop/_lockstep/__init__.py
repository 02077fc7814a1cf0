"""Many fits as one: the networks of a whole grid search, trained together.

Reading order: ``backend`` (what joblib sees), ``scheduler`` (runs the tasks of a meta-estimator,
one at a time), ``tasks``, ``meeting`` (where their fits wait for each other and are trained),
``groups`` (who is trained with whom); ``parts`` (calls in worker processes).
"""

import multiprocessing
from contextlib import contextmanager
from numbers import Integral

import joblib

from .._estimator.sklearn_compat import InvalidParameterError
from .backend import LockstepBackend
from .meeting import Meeting
from .parts import Distribution
from .scheduler import Scheduler
from .tasks import running_task

__all__ = ["lockstep"]


@contextmanager
def lockstep(*, backend=None, n_jobs=None, n_threads=None, max_members=None):
    """Train the networks of scikit-learn's meta-estimators together, as one.

    A step of a small network is almost all overhead: a hundred networks of one shape, stepped
    together along an extra axis of every array, cost little more than a few. Within this context
    the tasks of ``GridSearchCV``, ``cross_validate``, ``BaggingClassifier``,
    ``OneVsRestClassifier`` and all others that go through joblib run in threads, one at a time,
    until each of them comes to the training of a network. There they wait for each other. Networks
    of the same shape are then trained together; what has no companion is trained by itself. The
    results are those of the ordinary fit.

    ``n_jobs`` of a meta-estimator has no effect, except that ``n_jobs=1`` keeps its tasks out of
    the lockstep. Estimators of scikit-learn's own in which no network is trained have their jobs as
    without lockstep.

    Parameters
    ----------
    backend : str, default=None
        A joblib backend of processes, "loky", or "dask" or "ray" where they are registered with
        joblib: the tasks go out to workers in parts, and each worker runs its part in lockstep, in
        one thread. None is for all tasks in this process.
    n_jobs : int, default=None
        With a ``backend``: its number of workers, as in ``joblib.Parallel``. None stands for all.
    n_threads : int, default=None
        Without a ``backend``: the largest number of threads in which networks are trained. None
        stands for the number of processors or, in a worker process, for one.
    max_members : int, default=None
        Fits that may wait for each other, each in a thread that sleeps. None stands for 128 for
        each of ``n_threads``, at most 256. Fewer wait, though at least four, where their training
        data take more than 32 MiB.

    Raises
    ------
    ValueError
        If ``n_threads`` or ``max_members`` is not an int in the range [1, 4096], if joblib knows no
        such ``backend`` of processes, or if parameters are combined that exclude each other.
    ImportError
        If joblib is older than 1.3, or a package that the ``backend`` needs is not installed.

    Notes
    -----
    Trained together are networks with equal layers, activations, loss, solver, batch size, number
    of training rows and data type, and equal use of sample weights and gradient clipping. All else
    may differ: data, initial weights, learning rates and schedules, ``alpha``, moments, dropout,
    weight decay, early stopping, ``max_iter``. What would gain nothing (L-BFGS, sparse data, few
    steps, in one thread large networks) does not wait, and is trained as without lockstep.

    Weights may differ from those of the ordinary fit by rounding, since sums are added up in
    another order.

    Times such as ``mean_fit_time`` include the waiting, so they are all about that of the whole.
    With ``random_state=None`` all networks draw from NumPy's global stream: seeding it with
    ``numpy.random.seed`` does not make them reproducible here.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skbackprop import BackpropClassifier, lockstep
    >>> from skbackprop.datasets import make_spirals
    >>> X, y = make_spirals(200, random_state=0)
    >>> network = BackpropClassifier(
    ...     hidden_layer_sizes=(16,),
    ...     activation="tanh",
    ...     batch_size=20,
    ...     max_iter=80,
    ...     n_iter_no_change=100,
    ...     random_state=0,
    ... )
    >>> grid = {"backpropclassifier__learning_rate_init": [0.003, 0.01, 0.03, 0.1]}
    >>> with lockstep():
    ...     search = GridSearchCV(make_pipeline(StandardScaler(), network), grid).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """
    if not hasattr(joblib, "parallel_config"):
        raise ImportError(f"lockstep needs joblib 1.3 or newer, found {joblib.__version__}.")
    _check_int("n_threads", n_threads)
    _check_int("max_members", max_members)
    if backend is None and n_jobs is not None:
        raise InvalidParameterError(
            f"n_jobs={n_jobs!r} needs a backend, such as 'loky'; n_threads is for this process."
        )
    if backend is not None and n_threads is not None:
        raise InvalidParameterError(
            f"n_threads={n_threads!r} has no use with backend={backend!r}: each of its workers "
            "trains in one thread."
        )
    if n_jobs == 0 or not isinstance(n_jobs, Integral | None) or isinstance(n_jobs, bool):
        raise InvalidParameterError(
            "The 'n_jobs' parameter of lockstep must be an int other than 0, or None. "
            f"Got {n_jobs!r} instead."
        )
    before, _ = joblib.parallel.get_active_backend()
    task = running_task()
    if task is not None:  # a second lockstep, in a task of the first: one meeting for all
        scheduler = task.scheduler
    else:
        n_threads = n_threads or _n_processors()
        scheduler = Scheduler(Meeting(n_threads, max_members or min(128 * n_threads, 256)))
    distribution = None
    if backend is not None and task is None:
        distribution = Distribution.named(backend, n_jobs, max_members or 128)
    own = LockstepBackend(scheduler, before, distribution)
    with joblib.parallel_config(backend=own, n_jobs=None):
        yield


_LARGEST_INT = 4096  # threads of a process


def _check_int(name, value):
    """Raise unless ``value`` is None or a number of threads."""
    is_int = isinstance(value, Integral) and not isinstance(value, bool)
    if value is not None and not (is_int and 1 <= value <= _LARGEST_INT):
        raise InvalidParameterError(
            f"The {name!r} parameter of lockstep must be an int in the range [1, {_LARGEST_INT}] "
            f"or None. Got {value!r} instead."
        )


def _n_processors():
    """The number of processors; a worker process has one, its siblings the others."""
    return joblib.cpu_count() if multiprocessing.parent_process() is None else 1
