"""Ctrl-C releases everything."""

import gc
import os
import signal
import threading
import time

import pytest
from lockstep_cases import X, classifier, step_grid, y
from sklearn.model_selection import GridSearchCV, cross_val_score

from skbackprop import lockstep
from skbackprop._lockstep import scheduler


@pytest.fixture(name="interrupt_after")
def _interrupt_after():
    """Ctrl-C after a while.

    Without garbage collection: hypothesis has a callback for it, where Ctrl-C would be lost.
    """
    timers = []
    gc.disable()

    def interrupt_after(seconds):
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
        timers.append(timer)
        timer.start()

    yield interrupt_after
    gc.enable()
    for timer in timers:
        timer.cancel()
        timer.join()


LONG = {
    "training": lambda: cross_val_score(
        classifier(max_iter=10**9, tol=0, n_iter_no_change=10**9), X, y
    ),
    "training alone": lambda: cross_val_score(
        classifier(hidden_layer_sizes=(400, 400), max_iter=10**9, tol=0, n_iter_no_change=10**9),
        X,
        y,
    ),
    "lbfgs": lambda: cross_val_score(
        classifier((300, 300), solver="lbfgs", max_iter=10**9, tol=0, max_fun=10**9), X, y
    ),
    "nested": lambda: cross_val_score(
        GridSearchCV(
            classifier(max_iter=10**9, tol=0, n_iter_no_change=10**9), {"alpha": [0, 1]}, cv=2
        ),
        X,
        y,
    ),
    "scoring": lambda: cross_val_score(
        classifier(early_stopping=True, scoring=lambda *a: time.sleep(0.05) or 0.0, max_iter=10**9),
        X,
        y,
    ),
    "outside of training": lambda: step_grid(lambda key: time.sleep(0.05), range(1000)).fit(X, y),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LONG)
def test_ctrl_c(name, interrupt_after):
    with lockstep(n_threads=2):
        interrupt_after(0.4)
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            LONG[name]()
        assert time.monotonic() - start < 4
        assert len(cross_val_score(classifier(), X, y)) == 5  # all is in order again


@pytest.mark.filterwarnings("ignore")
def test_ctrl_c_when_a_task_does_not_end(interrupt_after, monkeypatch):
    """It is left to itself; the others are released."""
    monkeypatch.setattr(scheduler, "_GRACE", 0.2)
    released, threads = threading.Event(), set(threading.enumerate())

    def function(key):
        if key == 3:
            interrupt_after(0.1)
            released.wait(10)

    with lockstep():
        with pytest.raises(KeyboardInterrupt):
            step_grid(function, range(5)).fit(X, y)
        deadline = time.monotonic() + 5
        while len(set(threading.enumerate()) - threads) > 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(set(threading.enumerate()) - threads) == 1
        released.set()
        assert len(cross_val_score(classifier(), X, y)) == 5


@pytest.mark.filterwarnings("ignore")
def test_no_thread_is_freed_in_the_thread_that_ctrl_c_interrupts(monkeypatch):
    """It runs a weak reference's callback, and what is raised in one is lost."""
    made, freed_in = [], []

    class Thread(threading.Thread):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(None)

        def __del__(self):
            freed_in.append(threading.get_ident())

    monkeypatch.setattr(threading, "Thread", Thread)
    with lockstep(n_threads=2):
        step_grid(None, range(100)).fit(X, y)
    deadline = time.monotonic() + 5
    while len(freed_in) < len(made) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(freed_in) == len(made) > 200
    assert threading.get_ident() not in freed_in
