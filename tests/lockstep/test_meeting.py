"""Who is trained with whom."""

import time

import joblib
import numpy as np
import pytest
from lockstep_cases import RATES, X, assert_same, classifier, in_both_ways, step_grid, y
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from skbackprop import Activation, lockstep
from skbackprop._estimator import dispatch
from skbackprop._lockstep.tasks import running_task
from skbackprop.core.training.lbfgs import LBFGS

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]


def test_max_members_limits_those_who_wait(groups):
    waiting = []

    def function(key):
        waiting.append(len(running_task().scheduler.meeting.fits))

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

    def train(solver, job):
        begun.append(job)
        time.sleep(0.05)
        most.append(len(begun))
        begun.remove(job)
        train_alone(solver, job)

    train_alone = LBFGS.train
    monkeypatch.setattr(LBFGS, "train", train)
    with lockstep(n_threads=3):
        cross_val_score(classifier(solver="lbfgs"), X, y, cv=3)
    assert len(most) == 3
    assert max(most) == at_once


def for_two_axes(z, out):
    assert z.ndim == 2
    np.tanh(z, out=out)


def of_the_first_axis(z, out):
    np.tanh(z, out=out)
    out[1:] *= 0.5  # rows, or all networks but the first


@pytest.mark.parametrize("function", [for_two_axes, of_the_first_axis])
def test_an_activation_for_two_axes_only_trains_alone(function, groups):
    activation = Activation(
        "two axes", function, lambda a, out: np.subtract(1, a * a, out=out), uses_z=False
    )
    result, expected = in_both_ways(
        lambda: cross_validate(
            classifier(activation=activation, dropout=0.1), X, y, return_estimator=True
        )
    )
    assert_same(result, expected)
    assert groups == []


def _tanh_and_derivative(z, out, slope):
    np.tanh(z, out=out)
    np.subtract(1, out * out, out=slope)


def _tanh_in_scratch(z, out, slope, scratch):
    np.tanh(z, out=scratch)
    np.copyto(out, scratch)
    np.subtract(1, out * out, out=slope)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"with_derivative": _tanh_and_derivative},
        {"with_derivative": _tanh_in_scratch, "uses_scratch": True},
    ],
)
def test_an_activation_for_any_axes_trains_together(more, groups):
    activation = Activation(
        "any axes",
        lambda z, out: np.tanh(z, out=out),
        lambda a, out: np.subtract(1, a * a, out=out),
        uses_z=False,
        **more,
    )
    result, expected = in_both_ways(
        lambda: cross_validate(classifier(activation=activation), X[:60], y[:60])
    )
    assert_same(result, expected)
    assert sum(groups) == 5


def test_an_activation_whose_derivative_is_for_two_axes_only_trains_alone(groups):
    def with_derivative(z, out, slope):
        assert z.ndim == 2
        _tanh_and_derivative(z, out, slope)

    activation = Activation(
        "two axes",
        lambda z, out: np.tanh(z, out=out),
        lambda a, out: np.subtract(1, a * a, out=out),
        uses_z=False,
        with_derivative=with_derivative,
    )
    result, expected = in_both_ways(
        lambda: cross_validate(classifier(activation=activation), X[:60], y[:60])
    )
    assert_same(result, expected)
    assert groups == []


def test_what_population_training_raises_is_raised_in_each_task(monkeypatch):
    """Nothing but what is known not to be trainable together is trained alone."""

    def fail(jobs):
        raise RuntimeError("the population failed")

    monkeypatch.setattr(dispatch, "train_population", fail)
    with lockstep(), pytest.raises(RuntimeError, match="the population failed"):
        cross_val_score(classifier(), X, y, error_score="raise")
    with lockstep(), pytest.raises(ValueError, match="All the 6 fits failed"):
        GridSearchCV(classifier(), {"alpha": RATES}, cv=2).fit(X, y)


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
    monkeypatch.setattr("skbackprop._lockstep.groups._SMALLEST_BESIDE_OTHERS", 1)
    with lockstep():
        step_grid(None, range(5)).fit(X, y)
    assert groups == [5, 5]
    groups.clear()
    monkeypatch.setattr("multiprocessing.parent_process", lambda: "a process")
    with lockstep():
        step_grid(None, range(5)).fit(X, y)
    assert groups == [10]


@pytest.mark.parametrize("name", ["n_threads", "max_members"])
@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, "2", True, 10**7])
def test_parameters_are_checked_at_once(name, value):
    message = rf"'{name}' parameter of lockstep must be an int in the range \[1, 4096\].*{value!r}"
    with pytest.raises(ValueError, match=message), lockstep(**{name: value}):
        pytest.fail("the context was entered")


@pytest.mark.parametrize("value", [1, np.int64(2), None])
def test_ints_of_any_kind_are_parameters(value):
    with lockstep(n_threads=value, max_members=value):
        assert len(cross_val_score(classifier(), X, y)) == 5


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
