"""Tasks run in lockstep as they do without: errors, warnings, configuration, order."""

import contextlib
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
from lockstep_cases import (
    XR,
    X,
    assert_same,
    caught_warnings,
    classifier,
    fail_at,
    in_both_ways,
    regressor,
    step_grid,
    y,
    yr,
)
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import lockstep

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
    pytest.mark.filterwarnings("ignore:One or more of the test scores"),
]


@pytest.mark.parametrize("failing", [0, 2, 4])
def test_an_error_is_raised_as_without(failing):
    for context in (contextlib.nullcontext(), lockstep()):
        search = step_grid(fail_at(failing, 3), range(5), error_score="raise")
        with context, pytest.raises(ValueError, match=f"key {min(failing, 3)}") as caught:
            search.fit(X, y)
        assert type(caught.value) is ValueError
    assert "in function" in str(caught.value.__cause__)  # where it was raised can be seen


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_more_than_an_exception_is_raised_as_without(error):
    for context in (contextlib.nullcontext(), lockstep()):
        with context, pytest.raises(error):
            step_grid(fail_at(1, error=error), range(3)).fit(X, y)


def test_error_score_is_given_to_those_that_fail(groups):
    def fit():
        with pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 10"):
            return step_grid(fail_at(1, 3), range(5), error_score=np.nan).fit(X, y).cv_results_

    result, expected = in_both_ways(fit)
    assert_same(result, expected)
    assert sum(groups) == 6


def test_an_error_in_training_is_given_to_its_own_task(groups):
    """A loss that is not finite, and a scorer that fails."""

    def scorer(estimator, X, y):
        if estimator.alpha == 1.0:
            raise RuntimeError("no score")
        return estimator.score(X, y)

    def fit():
        network = regressor(solver="sgd", early_stopping=True, scoring=scorer)
        grid = {"alpha": [0.0, 1.0, 2.0], "learning_rate_init": [0.001, 1e300]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return GridSearchCV(network, grid, cv=3, refit=False).fit(XR, yr).cv_results_

    result, expected = in_both_ways(fit)
    assert_same(result, expected)
    assert np.isnan(expected["mean_test_score"]).tolist() == [False, True, True, True, False, True]
    assert sum(groups) == 15  # all but the three whose scorer fails


@pytest.mark.parametrize("action", ["always", "default", "ignore", "once"])
def test_warnings_are_those_of_the_ordinary_fit(action):
    def fit():
        GridSearchCV(classifier(), {"max_iter": [2, 3, 100]}, cv=3).fit(X, y)

    expected = caught_warnings(fit, action)
    with lockstep():
        result = caught_warnings(fit, action)
    assert result == expected
    assert bool(expected) == (action != "ignore")


def test_a_warning_that_is_an_error_is_raised_in_its_own_task():
    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", ConvergenceWarning)
            network = classifier(tol=0.01, n_iter_no_change=1)
            grid = {"max_iter": [2, 100]}
            return GridSearchCV(network, grid, cv=3, refit=False).fit(X, y).cv_results_

    result, expected = fit(), None
    with lockstep():
        expected = fit()
    assert_same(result, expected)
    assert np.isnan(result["mean_test_score"][0])
    assert np.isfinite(result["mean_test_score"][1])


def warning_scorer(estimator, X, y):
    warnings.warn("from the scorer", UserWarning, stacklevel=1)
    return estimator.score(X, y)


class Silent(BaseEstimator):
    """Fits a network without its warnings."""

    def __init__(self, alpha=0.0, silent=True):
        self.alpha, self.silent = alpha, silent

    def fit(self, X, y):
        with warnings.catch_warnings():
            if self.silent:
                warnings.simplefilter("ignore")
            network = classifier(alpha=self.alpha, early_stopping=True, scoring=warning_scorer)
            self.network_ = network.fit(X, y)
        return self

    def score(self, X, y):
        return self.network_.score(X, y)


def test_filters_of_warnings_are_in_force_in_their_own_task_only(groups):
    def fit():
        search = GridSearchCV(Silent(), {"alpha": [0, 1, 2], "silent": [True, False]}, cv=2)
        return search.set_params(refit=False).fit(X, y)

    expected = caught_warnings(fit, "always")
    with lockstep(n_threads=1):
        result = caught_warnings(fit, "always")
    assert result == expected
    assert len(expected) == 6 * (1 + 6)  # of the fit, and of its scorer in each epoch
    assert groups == [12]


def test_a_scorer_is_called_with_the_configuration_of_its_task():
    from sklearn import config_context, get_config

    seen = []

    def scorer(estimator, X, y):
        seen.append(get_config()["transform_output"])
        return estimator.score(X, y)

    network = classifier(early_stopping=True, scoring=scorer, max_iter=3)
    with config_context(transform_output="pandas"), lockstep(n_threads=2):
        cross_val_score(network, X, y, cv=3)
    assert set(seen) == {"pandas"}


def test_tasks_begin_in_order_and_one_at_a_time():
    log, busy = [], threading.Lock()

    def function(key):
        assert busy.acquire(blocking=False)
        log.append(key)
        time.sleep(0.001)
        busy.release()

    with lockstep():
        step_grid(function, range(5)).fit(X, y)
    assert log == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_n_jobs_1_stays_out(groups):
    with lockstep():
        cross_val_score(classifier(), X, y, n_jobs=1)
    assert groups == []


def test_fit_outside_of_a_task_is_the_ordinary_one(groups):
    with lockstep():
        result = classifier().fit(X, y)
    assert_same(result, classifier().fit(X, y))
    assert groups == []


def test_tasks_that_never_fit():
    def fit():
        forest = RandomForestClassifier(5, random_state=0)
        return GridSearchCV(forest, {"max_depth": [1, 2]}).fit(X, y).cv_results_

    assert_same(*in_both_ways(fit))
    with lockstep():
        assert joblib.Parallel()(joblib.delayed(abs)(-i) for i in range(600)) == list(range(600))
        assert joblib.Parallel()(joblib.delayed(abs)(i) for i in ()) == []


def test_some_tasks_fit_and_some_do_not(groups):
    def fit():
        network, other = classifier(), LogisticRegression()
        grid = {"classifier": [network, other, clone(network).set_params(alpha=1.0)]}
        pipeline = make_pipeline(StandardScaler(), other)
        pipeline.steps[1] = ("classifier", other)
        return GridSearchCV(pipeline, grid).fit(X, y).cv_results_["mean_test_score"]

    assert_same(*in_both_ways(fit))
    assert sum(groups) >= 9


def test_results_may_be_generated():
    def tasks():
        return (joblib.delayed(classifier(alpha=i).fit)(X, y) for i in range(4))

    expected = [classifier(alpha=i).fit(X, y) for i in range(4)]
    with lockstep():
        both = [joblib.Parallel(return_as="generator")(tasks()) for _ in range(2)]
        for generated in both[::-1]:
            assert_same(list(generated), expected)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            unused, used, used_once = (
                joblib.Parallel(return_as="generator")(tasks()) for _ in range(3)
            )
            del unused
            assert_same(next(used_once), expected[0])
            del used_once
            assert_same(list(used), expected)
        assert_same(joblib.Parallel()(tasks()), expected)


def test_an_error_in_making_the_tasks():
    def tasks():
        yield joblib.delayed(classifier().fit)(X, y)
        raise ZeroDivisionError

    with lockstep(), pytest.raises(ZeroDivisionError):
        joblib.Parallel()(tasks())


def test_lockstep_in_two_threads():
    results, expected = {}, cross_val_score(classifier(), X, y)

    def work(name):
        with lockstep(n_threads=1):
            results[name] = cross_val_score(classifier(), X, y)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threads = [threading.Thread(target=work, args=(name,)) for name in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for result in results.values():
        assert_allclose(result, expected)


def test_a_fit_in_a_thread_of_the_tasks_own_making():
    from contextvars import copy_context

    def work(alpha):
        fitted = {}

        def fit(seed):
            fitted[seed] = classifier(alpha=alpha, random_state=seed).fit(X, y)

        threads = [
            threading.Thread(target=copy_context().run, args=(fit, seed)) for seed in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [fitted[seed] for seed in range(3)]

    with lockstep():
        result = joblib.Parallel()(joblib.delayed(work)(alpha) for alpha in range(3))
    assert_same(result, [work(alpha) for alpha in range(3)])


def test_other_backends_in_a_task():
    def work(alpha):
        return joblib.Parallel(2, backend="threading")(
            joblib.delayed(classifier(alpha=alpha, max_iter=m).fit)(X, y) for m in (1, 2)
        )

    with lockstep():
        result = joblib.Parallel()(joblib.delayed(work)(alpha) for alpha in range(3))
    assert_same(result, [work(alpha) for alpha in range(3)])


def test_a_scorer_that_trains_a_network():
    def scorer(estimator, X, y):
        return classifier(max_iter=2).fit(X, y).score(X, y)

    def fit():
        network = classifier(early_stopping=True, scoring=scorer, max_iter=2)
        return cross_validate(network, X, y, scoring=scorer, cv=3)

    assert_same(*in_both_ways(fit))
