"""Lockstep in the workers of a Dask cluster."""

import os
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
from lockstep_cases import (
    X,
    assert_same,
    classifier,
    count_together,
    fail_at,
    regressor,
    sizes_of_groups,
    step_grid,
    y,
)
from sklearn.model_selection import cross_val_score

from skbackprop import lockstep

distributed = pytest.importorskip("distributed")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    """Overrides the check of threads: the cluster has its own, and keeps them between tests."""


@pytest.fixture(name="cluster", scope="module")
def _cluster():
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            2, processes=True, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


@pytest.mark.filterwarnings("ignore")
def test_dask(cluster, tmp_path):
    path = str(tmp_path / "sizes")
    Path(path).touch()
    search = step_grid(count_together, [path] * 12, classifier())
    expected = search.fit(X, y).cv_results_
    Path(path).write_text("")
    with lockstep(backend="dask"):
        result = search.fit(X, y).cv_results_
    assert_same(result, expected)
    assert sum(sizes_of_groups(path)) == 24


@pytest.mark.filterwarnings("ignore")
def test_dask_errors(cluster):
    with lockstep(backend="dask"):
        with pytest.raises(ValueError, match="key 3"):
            step_grid(fail_at(3), range(6), error_score="raise").fit(X, y)
        assert len(cross_val_score(regressor(), X, y)) == 5


def die_once(path):
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.filterwarnings("ignore")
def test_dask_starts_again_what_a_killed_worker_has_left(cluster, tmp_path):
    search = step_grid(die_once, [str(tmp_path / "died")] * 6)
    with lockstep(backend="dask"):
        scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert (tmp_path / "died").exists()
    assert np.isfinite(scores).all()
