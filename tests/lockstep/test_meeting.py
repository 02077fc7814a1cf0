"""Who is trained with whom."""

import time

import joblib
import numpy as np
import pytest
from lockstep_cases import RATES, X, assert_same, classifier, in_both_ways, step_grid, y
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from skbackprop import lockstep
from skbackprop._lockstep.tasks import running_task
from skbackprop.core import solve as solve_module

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]


def test_max_members_limits_those_who_wait(groups):
    waiting = []

    def function(key):
        waiting.append(len(running_task().turns.meeting.places))

    with lockstep(max_members=4, n_threads=1):
        step_grid(function, range(7)).fit(X, y)
    assert groups == [4, 4, 4, 2]
    assert max(waiting) == 3


def test_much_data_does_not_wait(groups, monkeypatch):
    monkeypatch.setattr("skbackprop._lockstep.meeting._MAX_BYTES", 4 * X.nbytes)
    with lockstep(n_threads=1):
        step_grid(None, range(20)).fit(X, y)
    assert sum(groups) == 40
    assert 2 < max(groups) < 15


def test_large_networks_train_alone(groups):
    network = classifier(hidden_layer_sizes=(512, 256), max_iter=1)
    result, expected = in_both_ways(lambda: cross_validate(network, X, y, return_estimator=True))
    assert_same(result, expected)
    assert groups == []


@pytest.mark.filterwarnings("ignore:lbfgs failed")
@pytest.mark.parametrize(("threshold", "at_once"), [(1 << 40, 1), (0, 3)], ids=["small", "large"])
def test_small_networks_alone_train_one_after_the_other(threshold, at_once, monkeypatch):
    """Several at a time would wait for each other's interpreter lock."""
    monkeypatch.setattr("skbackprop._lockstep.groups._CONCURRENT", threshold)
    begun, most = [], []

    def solve(run, max_fun):
        begun.append(run)
        time.sleep(0.05)
        most.append(len(begun))
        begun.remove(run)
        return train_alone(run, max_fun)

    train_alone = solve_module._solve_lbfgs
    monkeypatch.setattr(solve_module, "_solve_lbfgs", solve)
    with lockstep(n_threads=3):
        cross_val_score(classifier(solver="lbfgs"), X, y, cv=3)
    assert len(most) == 3
    assert max(most) == at_once


def test_an_activation_for_two_axes_only(groups):
    """A group that cannot begin is trained one by one."""
    from skbackprop import Activation

    def function(z, out):
        assert z.ndim == 2  # not written for a population
        np.tanh(z, out=out)

    activation = Activation(
        "two axes", function, lambda a, out: np.subtract(1, a * a, out=out), uses_z=False
    )
    result, expected = in_both_ways(
        lambda: cross_validate(
            classifier(activation=activation, dropout=0.1), X, y, return_estimator=True
        )
    )
    assert_same(result, expected)
    assert sum(groups) > 0


def test_global_random_state():
    with lockstep():
        np.random.seed(0)
        search = GridSearchCV(classifier(random_state=None), {"alpha": RATES}).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_random_state_instance_advances_as_in_the_ordinary_fit():
    def fit():
        rng = np.random.RandomState(3)
        scores = [cross_val_score(classifier(random_state=rng), X, y, cv=3) for _ in range(2)]
        return [*scores, rng.randint(1000)]

    assert_same(*in_both_ways(fit))


def test_blas_threads_are_restored():
    from threadpoolctl import threadpool_info, threadpool_limits

    with threadpool_limits(2):
        before = threadpool_info()
        with lockstep(n_threads=2):
            cross_val_score(classifier(hidden_layer_sizes=(500, 500), max_iter=1), X, y)
            step_grid(None, range(40)).fit(X, y)
        assert threadpool_info() == before


def test_one_thread_in_a_worker_process(groups, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    monkeypatch.setattr("skbackprop._lockstep.groups._SMALLEST", 1)
    with lockstep():
        step_grid(None, range(5)).fit(X, y)
    assert groups == [5, 5]
    groups.clear()
    monkeypatch.setattr("multiprocessing.parent_process", lambda: "a process")
    with lockstep():
        step_grid(None, range(5)).fit(X, y)
    assert groups == [10]


@pytest.mark.parametrize("params", [{"n_threads": 0}, {"max_members": 0}])
def test_parameters_are_checked(params):
    with pytest.raises(ValueError, match="at least 1"), lockstep(**params):
        pass


def test_partial_fit_meets_too(groups):
    def work(seed):
        network = classifier(random_state=seed, dropout=0.1)
        for _ in range(3):
            network.partial_fit(X, y, classes=[0, 1])
        return network

    with lockstep(n_threads=1):
        result = joblib.Parallel()(joblib.delayed(work)(seed) for seed in range(4))
    assert_same(result, [work(seed) for seed in range(4)])
    assert groups == [4, 4, 4]


def test_warm_start_in_tasks(groups):
    def work(seed):
        network = classifier(random_state=seed, warm_start=True)
        return network.fit(X, y).fit(X, y)

    result, expected = in_both_ways(
        lambda: joblib.Parallel()(joblib.delayed(work)(seed) for seed in range(4))
    )
    assert_same(result, expected)
    assert sum(groups) == 8
