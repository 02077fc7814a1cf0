"""What lockstep takes: threads, memory, and time where it gains nothing."""

import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from lockstep_cases import X, assert_same, classifier, in_both_ways, step_grid, y
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score

from skbackprop import lockstep
from skbackprop._lockstep import groups as groups_module
from skbackprop._lockstep.meeting import n_free_processors

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]


# -- locks ----------------------------------------------------------------------------------------


class Locking(BaseEstimator):
    """Holds a lock around ``fit``."""

    lock = threading.Lock()

    def __init__(self, alpha=0.0):
        self.alpha = alpha

    def fit(self, X, y):
        with self.lock:
            self.network_ = classifier(alpha=self.alpha).fit(X, y)
        return self

    def score(self, X, y):
        return self.network_.score(X, y)


class Polling(Locking):
    """Looks again and again whether it may fit."""

    def fit(self, X, y):
        while not self.lock.acquire(blocking=False):
            time.sleep(0.01)
        try:
            self.network_ = classifier(alpha=self.alpha).fit(X, y)
        finally:
            self.lock.release()
        return self


@pytest.mark.parametrize("Estimator", [Locking, Polling])
def test_tasks_that_hold_a_lock_around_fit(Estimator):
    seconds = []

    def fit():
        start = time.monotonic()
        search = GridSearchCV(Estimator(), {"alpha": range(8)}, cv=3, refit=False).fit(X, y)
        seconds.append(time.monotonic() - start)
        return search.cv_results_

    assert_same(*in_both_ways(fit))
    alone, together = seconds
    assert together < 8 + 3 * alone  # a second for the first task, none for the 23 others


def test_a_lock_in_nested_calls():
    def outer(alpha):
        search = GridSearchCV(Locking(), {"alpha": [alpha, 1 + alpha]}, cv=2, refit=False)
        return search.fit(X, y).cv_results_["mean_test_score"]

    def fit():
        return joblib.Parallel()(joblib.delayed(outer)(alpha) for alpha in range(3))

    assert_same(*in_both_ways(fit))


def test_fits_meet_again_after_a_lock(groups):
    with lockstep(n_threads=1):
        cross_val_score(Locking(), X[:60], y[:60], cv=3)
        assert groups == []
        cross_val_score(classifier(), X[:60], y[:60], cv=3)
        assert groups == [3]


def test_a_slow_task_is_not_taken_for_a_blocked_one(groups):
    """One that keeps the process busy."""

    def function(key):
        if key == 3:
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                pass

    with lockstep(n_threads=1):
        step_grid(function, range(5)).fit(X, y)
    assert groups == [10]


# -- threads --------------------------------------------------------------------------------------


def test_threads_are_bounded():
    most = 0

    def function(key):
        nonlocal most
        most = max(most, threading.active_count())

    before = threading.active_count()
    with lockstep(n_threads=32):
        step_grid(function, range(300), classifier(max_iter=1)).fit(X, y)
    assert 200 < most - before <= 256


def test_threads_of_nested_calls_are_bounded():
    most = 0

    def function(key):
        nonlocal most
        most = max(most, threading.active_count())

    def outer(key):
        step_grid(function, [0], classifier(max_iter=1)).fit(X, y)

    before = threading.active_count()
    with lockstep(n_threads=1, max_members=8):
        joblib.Parallel()(joblib.delayed(outer)(key) for key in range(100))
    assert 8 < most - before <= 2 * 8


# -- memory ---------------------------------------------------------------------------------------

MEMORY = """
import resource, sys, warnings
import numpy as np
from sklearn.model_selection import GridSearchCV
from skbackprop import BackpropRegressor, lockstep
warnings.simplefilter("ignore")
rng = np.random.RandomState(0)
X = rng.standard_normal(({n_rows}, 50))
network = BackpropRegressor(hidden_layer_sizes=(8,), max_iter=1, random_state=0)
search = GridSearchCV(network, {{"alpha": np.arange(12)}}, cv=4, refit=False)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
search.set_params(param_grid={{"alpha": [0]}}).fit(X, X[:, 0])
search.set_params(param_grid={{"alpha": np.arange(12)}})
before = peak()
with lockstep(n_threads=1):
    search.fit(X, X[:, 0])
print(peak() - before, X.nbytes / 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux counts it")
@pytest.mark.parametrize("n_rows", [40_000, 8_000])
def test_memory_is_bounded(n_rows, in_a_process):
    """48 fits of 15 and of 3 MiB each."""
    run = [sys.executable, "-c", MEMORY.format(n_rows=n_rows)]
    output = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    used, size = map(float, output.split())
    assert used < 10 + 7 * size


# -- what gains nothing ---------------------------------------------------------------------------


def has_waited(monkeypatch, network, X=X, y=y, **params):
    """Whether the fits of a cross-validation have waited for each other."""
    waited = []
    add = groups_module.is_worth_waiting
    monkeypatch.setattr(
        "skbackprop._lockstep.meeting.is_worth_waiting",
        lambda *args: waited.append(add(*args)) or waited[-1],
    )
    with lockstep(**params):
        cross_val_score(network, X, y, cv=2)
    assert len(waited) == 2
    return waited[0]


@pytest.mark.parametrize(
    ("params", "n_threads", "waits"),
    [
        ({"max_iter": 100}, 1, True),
        ({"max_iter": 2}, 1, False),
        ({"hidden_layer_sizes": (150, 150), "max_iter": 100}, 1, False),
        ({"hidden_layer_sizes": (300, 300), "max_iter": 20}, 1, False),
        ({"hidden_layer_sizes": (300, 300), "max_iter": 20}, 2, True),
        ({"solver": "lbfgs", "max_iter": 20}, 1, False),
        ({"solver": "lbfgs", "max_iter": 20}, 2, False),
    ],
)
@pytest.mark.filterwarnings("ignore:lbfgs failed")
def test_only_what_gains_waits(params, n_threads, waits, as_it_is, monkeypatch):
    network = classifier(**params)
    assert has_waited(monkeypatch, network, n_threads=n_threads) == waits


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_processors_that_others_use_are_not_free(as_it_is):
    """Beside as many busy processes as there are processors, none is free."""
    spin = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(spin) for _ in range(joblib.cpu_count())]
    try:
        time.sleep(0.5)
        assert n_free_processors() <= 0
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_one_thread_where_no_processor_is_free(groups, monkeypatch):
    monkeypatch.setattr("skbackprop._lockstep.meeting.n_free_processors", lambda: 0)
    monkeypatch.setattr("skbackprop._lockstep.groups._SMALLEST_BESIDE_OTHERS", 1)
    running, most = set(), []

    def scorer(estimator, X, y):
        running.add(threading.get_ident())
        most.append(len(running))
        return 0.0

    with lockstep(n_threads=3):
        network = classifier(early_stopping=True, scoring=scorer, max_iter=2)
        cross_val_score(network, X[:60], y[:60], cv=6)
    assert groups == [2, 2, 2]
    assert max(most) == 1


def test_large_data_do_not_wait_for_many(groups):
    rng = np.random.RandomState(0)
    large = rng.standard_normal((40_000, 60))  # 18 MiB
    network = classifier(max_iter=1, batch_size=1000)
    search = GridSearchCV(network, {"alpha": [0, 1, 2, 3]}, cv=2, refit=False)
    with lockstep(n_threads=1):
        search.fit(large, (large[:, 0] > 0).astype(int))
    assert groups == [4, 4]
