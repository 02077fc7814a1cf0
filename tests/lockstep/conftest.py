"""Nothing hangs, and nothing is left behind."""

import faulthandler
import os
import signal
import threading
import time
import warnings

import joblib
import pytest

from skbackprop._estimator import dispatch

TIMEOUT = 30  # seconds for one test, on processors of its own
TIMEOUT_OF_PROCESSES = 150  # they take long to start


def crowd():
    """Processes that want a processor, for each that there is; 1 if there are fewer."""
    return max(1.0, os.getloadavg()[0] / os.cpu_count()) if hasattr(os, "getloadavg") else 1.0


class TimedOut(BaseException):
    """Not an ``Exception``: scikit-learn catches those."""


@pytest.fixture(autouse=True)
def _no_test_hangs(request):
    """Fail a test that takes too long; if it cannot even be failed, end the process."""
    timeout = TIMEOUT
    if request.path.stem in ("test_dask", "test_processes", "test_other_tasks") or (
        "in_a_process" in request.fixturenames
    ):
        timeout = TIMEOUT_OF_PROCESSES
    start, last = time.monotonic(), 20 * timeout
    faulthandler.dump_traceback_later(last, exit=True)
    on_alarm = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()

    def fail(signum, frame):
        left = min(timeout * crowd(), last) - (time.monotonic() - start)
        if left > 0:
            signal.setitimer(signal.ITIMER_REAL, left)
            return
        faulthandler.dump_traceback(all_threads=True)
        raise TimedOut(f"more than {timeout} s")

    if on_alarm:
        before = signal.signal(signal.SIGALRM, fail)
        signal.setitimer(signal.ITIMER_REAL, timeout)
    yield
    if on_alarm:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    """No thread, no filter of warnings, no joblib backend outlives a test."""
    threads, filters, show = set(threading.enumerate()), warnings.filters[:], warnings.showwarning
    backend = joblib.parallel.get_active_backend()[0].__class__
    yield
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - threads
    assert warnings.filters == filters
    assert warnings.showwarning is show
    assert joblib.parallel.get_active_backend()[0].__class__ is backend


@pytest.fixture(name="in_a_process")
def _in_a_process():
    """For tests that start one, which takes long."""


@pytest.fixture(name="as_it_is")
def _as_it_is():
    """For tests of whether a fit waits at all."""


@pytest.fixture(autouse=True)
def _all_fits_wait(request, monkeypatch):
    """Fits as short as those of the tests would not wait, and not everywhere train in threads."""
    if "as_it_is" not in request.fixturenames:
        monkeypatch.setattr("skbackprop._lockstep.groups._MIN_STEPS", 0)
        monkeypatch.setattr("skbackprop._lockstep.meeting.n_free_processors", lambda: 64)


@pytest.fixture(name="groups")
def _groups(monkeypatch):
    """The sizes of the groups that have been trained together, at least for an epoch."""
    sizes, train = [], dispatch.train_population

    def spy(jobs):
        train(jobs)
        trained = [job for job in jobs if job.state.n_iter > 0 and job.state.outcome != "failed"]
        if trained:
            sizes.append(len(trained))

    monkeypatch.setattr(dispatch, "train_population", spy)
    return sizes
