"""Many fits as one: the networks of a whole grid search, trained together.

Reading order: ``turns`` (the tasks of a meta-estimator, one running at a time), ``meeting`` (where
their fits wait for each other), ``groups`` (who is trained with whom), ``backend`` (how joblib
comes in).
"""

import multiprocessing
from contextlib import contextmanager

import joblib

from .backend import LockstepBackend
from .meeting import Meeting
from .turns import Turns, running_task

__all__ = ["lockstep"]


@contextmanager
def lockstep(*, n_threads=None, max_members=None):
    """Train the networks of scikit-learn's meta-estimators together, as one.

    A step of a small network is almost all overhead: a hundred networks of one shape, stepped
    together along an extra axis of every array, cost little more than a few. Within this context
    the tasks of ``GridSearchCV``, ``cross_validate``, ``BaggingClassifier``,
    ``OneVsRestClassifier`` and all others that go through joblib run in threads, one at a time,
    until each of them comes to the training of a network. There they wait for each other. Networks
    of the same shape are then trained together; what has no companion is trained by itself. The
    results are those of the ordinary fit.

    ``n_jobs`` of a meta-estimator has no effect, except that ``n_jobs=1`` keeps its tasks out of
    the lockstep.

    Parameters
    ----------
    n_threads : int, default=None
        Threads in which networks are trained. None stands for the number of processors or, in a
        worker process, for one.
    max_members : int, default=None
        Fits that may wait for each other; each of them holds its data in memory. None stands for
        128 for each thread. Fewer wait where their data take more than 1 GiB.

    Raises
    ------
    ValueError
        If ``n_threads`` or ``max_members`` is less than 1.
    ImportError
        If joblib is older than 1.3.

    Notes
    -----
    Trained together are networks with equal layers, activations, loss, solver, batch size, number
    of training rows and data type, and equal use of sample weights and gradient clipping. All else
    may differ: data, initial weights, learning rates and schedules, ``alpha``, moments, dropout,
    weight decay, early stopping, ``max_iter``. L-BFGS, sparse data and large networks are trained
    by themselves: large ones several at a time, small ones one after the other.

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
    ...     hidden_layer_sizes=(16,), activation="tanh", batch_size=20, max_iter=80, n_iter_no_change=100, random_state=0
    ... )
    >>> grid = {"backpropclassifier__learning_rate_init": [0.003, 0.01, 0.03, 0.1]}
    >>> with lockstep():
    ...     search = GridSearchCV(make_pipeline(StandardScaler(), network), grid).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """
    if not hasattr(joblib, "parallel_config"):
        raise ImportError(f"lockstep needs joblib 1.3 or newer, found {joblib.__version__}.")
    for name, value in (("n_threads", n_threads), ("max_members", max_members)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}.")
    task = running_task()
    if task is not None:  # a second lockstep, in a task of the first: one meeting for all
        turns = task.turns
    else:
        n_threads = n_threads or _n_processors()
        turns = Turns(Meeting(n_threads, max_members or 128 * n_threads))
    with joblib.parallel_config(backend=LockstepBackend(turns), n_jobs=None):
        yield


def _n_processors():
    """The number of processors; a worker process has one, its siblings the others."""
    return joblib.cpu_count() if multiprocessing.parent_process() is None else 1
