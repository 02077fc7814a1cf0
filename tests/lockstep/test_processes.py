"""Lockstep in worker processes."""

import os
import signal
import threading
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from lockstep_cases import (
    X3,
    X,
    assert_same,
    classifier,
    count_together,
    fail_at,
    sizes_of_groups,
    step_grid,
    y,
    y3,
)
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier

from skbackprop import lockstep
from skbackprop._lockstep import parts

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]


@pytest.fixture(autouse=True)
def _no_worker_is_left():
    yield
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


def loky(**params):
    return lockstep(backend="loky", n_jobs=2, **params)


FITS = {
    "GridSearchCV": lambda: GridSearchCV(classifier(), {"alpha": [0, 1]}, cv=3).fit(X, y),
    "cross_validate": lambda: cross_validate(classifier(), X3, y3, return_estimator=True),
    "BaggingClassifier": lambda: BaggingClassifier(classifier(), 7, random_state=0).fit(X, y),
    "OneVsRestClassifier": lambda: OneVsRestClassifier(classifier()).fit(X3, y3),
    "nested": lambda: cross_validate(
        GridSearchCV(classifier(), {"alpha": [0, 1]}, cv=2), X, y, cv=3, return_estimator=True
    ),
    "no network": lambda: cross_val_score(LogisticRegression(), X, y),
    "a forest": lambda: (
        RandomForestClassifier(4, random_state=0, n_jobs=2).fit(X, y).predict_proba(X)
    ),
}


def test_same_as_without():
    with loky():
        for fit in FITS.values():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                result = fit()
                with joblib.parallel_config(backend="sequential"):
                    expected = fit()
            assert_same(result, expected)


@pytest.mark.parametrize(("max_members", "sizes"), [(None, [12, 12]), (4, [4] * 6)])
def test_each_worker_trains_its_part_in_lockstep(max_members, sizes, tmp_path):
    path = str(tmp_path / "sizes")
    Path(path).touch()
    search = step_grid(count_together, [path] * 12, classifier())
    with loky(max_members=max_members):
        search.fit(X, y)
    assert sizes_of_groups(path) == sizes


def test_results_come_in_order():
    tasks = [joblib.delayed(abs)(-i) for i in range(1000)]
    with loky(max_members=3):
        assert joblib.Parallel()(tasks) == list(range(1000))
        assert list(joblib.Parallel(return_as="generator")(tasks)) == list(range(1000))


def test_arrays_are_sent_once_with_a_part():
    large, small = np.zeros((100, 100)), np.zeros(3)
    batch = [(max, (large, small), {"key": large}), (max, (1, "a"), {})]
    part, arrays = parts._without_arrays([batch, batch])
    assert len(arrays) == 1
    assert arrays[0] is large
    (_, args, kwargs), (_, others, _) = part[1]
    assert args[0] == kwargs["key"] == parts.Reference(0)
    assert args[1] is small
    assert others == (1, "a")


def same_memory(X, i):
    return type(X).__name__, i


def test_large_arrays_are_mapped_into_the_workers():
    large = np.zeros(1 << 18)
    with loky():
        results = joblib.Parallel()(joblib.delayed(same_memory)(large, i) for i in range(4))
    assert results == [("memmap", i) for i in range(4)]


def test_an_error_is_raised_as_without():
    with loky():
        with pytest.raises(ValueError, match="key 3"):
            step_grid(fail_at(3), range(6), error_score="raise").fit(X, y)
        assert len(cross_val_score(classifier(), X, y)) == 5


def test_error_score_is_given_to_those_that_fail():
    search = step_grid(fail_at(1, 3), range(4), error_score=np.nan)
    with loky(), pytest.warns(match="4 fits failed out of a total of 8"):
        scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert np.isnan(scores).tolist() == [False, True, False, True]


def die(key):
    if key == 2:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies():
    with loky():
        with pytest.raises(joblib.externals.loky.process_executor.TerminatedWorkerError):
            step_grid(die, range(4)).fit(X, y)
        assert len(cross_val_score(classifier(), X, y)) == 5


def leave_a_sign(path):
    for _ in range(1000):
        time.sleep(0.05)
        with open(path, "a") as file:
            file.write(".")


def test_ctrl_c(tmp_path):
    path = str(tmp_path / "signs")
    Path(path).touch()

    def interrupt():
        while not Path(path).read_text():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Thread(target=interrupt)
    timer.start()
    with loky():
        with pytest.raises(KeyboardInterrupt):
            step_grid(leave_a_sign, [path] * 4).fit(X, y)
        timer.join()
        n_signs = len(Path(path).read_text())
        assert len(cross_val_score(classifier(), X, y)) == 5
    assert len(Path(path).read_text()) == n_signs


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"backend": "nope"}, ValueError, r"'backend' parameter .*'loky'.* Got 'nope'"),
        ({"backend": "ray"}, ValueError, r"ray\.util\.joblib\.register_ray"),
        ({"backend": "threading"}, ValueError, "set n_threads and no backend"),
        ({"n_jobs": 2}, ValueError, "n_jobs=2 needs a backend"),
        ({"backend": "loky", "n_jobs": 0}, ValueError, "int other than 0, or None. Got 0"),
        ({"backend": "loky", "n_jobs": 1.5}, ValueError, "int other than 0, or None. Got 1.5"),
        ({"backend": "loky", "n_threads": 2}, ValueError, "n_threads=2 has no use"),
    ],
)
def test_parameters_are_checked_at_once(params, error, message):
    with pytest.raises(error, match=message), lockstep(**params):
        pytest.fail("the context was entered")


@pytest.mark.skipif(find_spec("distributed") is not None, reason="Dask is installed")
def test_a_backend_that_is_not_installed():
    with pytest.raises(ImportError, match="pip install distributed"), lockstep(backend="dask"):
        pytest.fail("the context was entered")
