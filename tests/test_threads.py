"""Threads of the linear algebra: limited around small fits, and given back."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skbackprop import Activation, BackpropClassifier, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def n_threads(*, scipy_s=None):
    """Those of each library of linear algebra, or of those that SciPy brings along, or not."""
    return [
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas"
        and scipy_s in (None, "scipy.libs" in Path(library["filepath"]).parts)
    ]


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if set(n_threads()) != {2}:
            pytest.skip("the linear algebra has one thread only")
        yield


class Looker:
    """A learning rate that takes down how many threads there are in the course of a fit."""

    def __init__(self):
        self.seen, self.seen_in_scipy = set(), set()

    def __call__(self, progress):
        self.seen.update(n_threads(scipy_s=False))
        self.seen_in_scipy.update(n_threads(scipy_s=True))
        return 1.0

    def __deepcopy__(self, memo):  # clones and snapshots tell the same one
        return self


def fit(width, batch_size, looker, **params):
    X = np.random.RandomState(0).uniform(size=(400, 64))
    model = BackpropClassifier(
        (width,), batch_size=batch_size, max_iter=2, learning_rate=looker, **params
    )
    return model.fit(X, X[:, 0] > 0.5)


@pytest.mark.parametrize(
    ("width", "batch_size", "expected"),
    [(50, 200, 1), (4, 32, 1), (400, 400, 2)],
    ids=["small", "tiny", "large"],
)
def test_small_products_have_one_thread(width, batch_size, expected):
    looker = Looker()
    fit(width, batch_size, looker)
    assert looker.seen == {expected}
    assert looker.seen_in_scipy <= {1}  # or SciPy uses the same library as NumPy
    assert set(n_threads()) == {2}


def seen_by_lbfgs(n_rows, width):
    """Threads of NumPy's library and of SciPy's own in the course of a fit by L-BFGS."""
    looker = Looker()

    def activation(z, out):
        looker(0.0)
        np.tanh(z, out)

    look = Activation("look", activation, lambda a, out: np.subtract(1.0, a * a, out), False)
    X = np.random.RandomState(0).uniform(size=(n_rows, 64))
    BackpropRegressor(hidden_layer_sizes=(width,), activation=look, solver="lbfgs", max_iter=2).fit(
        X, X[:, 0]
    )
    return looker.seen, looker.seen_in_scipy


def test_lbfgs_multiplies_all_rows():
    seen, seen_in_scipy = seen_by_lbfgs(400, 50)
    assert seen | seen_in_scipy == {1}
    assert set(n_threads()) == {2}


def test_scipy_s_own_threads_do_not_compete_with_those_of_numpy():
    """L-BFGS is SciPy's: two sets of threads that wait actively slowed its fits down fourfold."""
    seen, seen_in_scipy = seen_by_lbfgs(2000, 100)
    assert seen == {2}
    assert seen_in_scipy <= {1}
    assert set(n_threads()) == {2}


def test_threads_are_given_back_after_an_error():
    def fail(progress):
        raise RuntimeError("as asked")

    with pytest.raises(RuntimeError, match="as asked"):
        fit(50, 200, fail)
    assert set(n_threads()) == {2}
    looker = Looker()
    fit(50, 200, looker)
    assert looker.seen == {1}


def test_fits_in_several_threads_leave_the_limit_as_it_was():
    lookers = [Looker() for _ in range(6)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threads = [threading.Thread(target=fit, args=(50, 200, one)) for one in lookers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert set(n_threads()) == {2}
