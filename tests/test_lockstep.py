"""Under ``lockstep`` meta-estimators give what they give without it, and nothing hangs."""

import contextlib
import faulthandler
import signal
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    lockstep,
)
from skbackprop._lockstep import turns, workers
from skbackprop._lockstep.tasks import running_task

TIMEOUT = 30  # seconds for one test


class TimedOut(BaseException):
    """Not an ``Exception``: scikit-learn catches those."""


@pytest.fixture(autouse=True)
def _no_test_hangs():
    """Fail a test that takes too long; if it cannot even be failed, end the process."""
    faulthandler.dump_traceback_later(3 * TIMEOUT, exit=True)
    on_alarm = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()

    def fail(signum, frame):
        faulthandler.dump_traceback(all_threads=True)
        raise TimedOut(f"more than {TIMEOUT} s")

    if on_alarm:
        before = signal.signal(signal.SIGALRM, fail)
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
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


@pytest.fixture(name="groups")
def _groups(monkeypatch):
    """The sizes of the groups that are trained together."""
    sizes, train = [], workers.train_population

    def spy(runs):
        sizes.append(len(runs))
        train(runs)

    monkeypatch.setattr(workers, "train_population", spy)
    return sizes


def problem(kind="binary", n_samples=62, seed=0):
    """62 rows: the sizes of five folds differ by one."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, 4))
    scores = np.sin(X @ rng.standard_normal((4, 3))) + 0.3 * rng.standard_normal((n_samples, 3))
    return X, {
        "binary": (scores[:, 0] > 0).astype(int),
        "multiclass": scores.argmax(axis=1),
        "multilabel": (scores > 0).astype(int),
        "regression": scores[:, 0],
        "multioutput": scores,
    }[kind]


def classifier(**params):
    defaults = {"hidden_layer_sizes": (5,), "max_iter": 6, "batch_size": 10, "random_state": 0}
    return BackpropClassifier(**{**defaults, **params})


def regressor(**params):
    defaults = {"hidden_layer_sizes": (5,), "max_iter": 6, "batch_size": 10, "random_state": 0}
    return BackpropRegressor(**{**defaults, **params})


RATES = [0.001, 0.01, 0.1]


def networks(fitted):
    """All networks of ours inside a fitted object, in a fixed order."""
    found, seen = [], set()

    def look(thing):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if hasattr(thing, "coefs_"):
            found.append(thing)
        elif type(thing).__module__.startswith(("sklearn.", "skbackprop.")):
            for _, value in sorted(getattr(thing, "__dict__", {}).items()):
                look(value)
        elif isinstance(thing, list | tuple):
            for value in thing:
                look(value)
        elif isinstance(thing, dict):
            for _, value in sorted(thing.items()):
                look(value)

    look(fitted)
    return found


def assert_same(result, expected):
    """Compare arrays, dicts of them, and fitted estimators by their weights."""
    assert type(result) is type(expected)
    if isinstance(expected, BaseEstimator):
        ours, theirs = networks(result), networks(expected)
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs, strict=True):
            assert one.n_iter_ == other.n_iter_
            assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-8, atol=1e-8)
            for a, b in zip(one.coefs_, other.coefs_, strict=True):
                assert_allclose(a, b, rtol=1e-8, atol=1e-8)
        if hasattr(expected, "cv_results_"):
            assert_same(result.cv_results_, expected.cv_results_)
            assert result.best_params_ == expected.best_params_
    elif isinstance(expected, dict):
        assert list(result) == list(expected)
        for name in expected:
            if name == "params":
                assert str(result[name]) == str(expected[name])
            elif "time" not in name:
                assert_same(result[name], expected[name])
    elif isinstance(expected, list | tuple):
        assert len(result) == len(expected)
        for one, other in zip(result, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray) and expected.dtype.kind in "fc":
        assert_allclose(result, expected, rtol=1e-8, atol=1e-8)
    elif isinstance(expected, np.ndarray) and expected.dtype == object:
        assert [str(one) for one in result] == [str(one) for one in expected]
    elif isinstance(expected, float):
        assert result == pytest.approx(expected, rel=1e-8)
    else:
        np.testing.assert_array_equal(result, expected)


def in_both_ways(fit, **params):
    """The results of ``fit()`` without and within ``lockstep``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        with joblib.parallel_config(backend="sequential"):
            expected = fit()
        with lockstep(**{"n_threads": 2, **params}):
            result = fit()
    return result, expected


# -- meta-estimators ----------------------------------------------------------------------------

X, y = problem()
X3, y3 = problem("multiclass")
XR, yr = problem("regression")
XM, ym = problem("multioutput")
XL, yl = problem("multilabel")
PIPELINE = make_pipeline(StandardScaler(), classifier())
GRID = {"backpropclassifier__learning_rate_init": RATES, "backpropclassifier__alpha": [0, 0.1]}

META = {
    "GridSearchCV": (lambda: GridSearchCV(PIPELINE, GRID).fit(X, y), 30),
    "GridSearchCV, n_jobs=2": (lambda: GridSearchCV(PIPELINE, GRID, n_jobs=2).fit(X, y), 30),
    "GridSearchCV, regressor, return_train_score": (
        lambda: GridSearchCV(regressor(), {"alpha": [0, 1]}, return_train_score=True).fit(XR, yr),
        10,
    ),
    "GridSearchCV, different preprocessing": (
        lambda: GridSearchCV(
            make_pipeline(StandardScaler(), classifier()),
            {"standardscaler": [StandardScaler(), MinMaxScaler(), "passthrough", PCA(whiten=True)]},
        ).fit(X, y),
        20,
    ),
    "GridSearchCV, several shapes and solvers": (
        lambda: GridSearchCV(
            classifier(max_iter=4),
            [
                {"hidden_layer_sizes": [(3,), (4, 3)], "learning_rate_init": RATES},
                {"solver": ["sgd"], "momentum": [0.5, 0.9], "nesterovs_momentum": [True, False]},
                {"solver": ["lbfgs"], "batch_size": ["auto"], "alpha": [0.1, 1.0]},
                {"normalization": ["batch"], "dropout": [0.2], "weight_decay": [0, 0.1]},
            ],
        ).fit(X, y),
        60,
    ),
    "GridSearchCV, all that may differ": (
        lambda: GridSearchCV(
            classifier(),
            [
                {"beta_1": [0.5, 0.9], "beta_2": [0.9], "epsilon": [1e-6], "random_state": [1, 2]},
                {"learning_rate": ["cosine", "one_cycle", "invscaling", "adaptive"]},
                {"max_iter": [1, 3, 9], "shuffle": [True, False], "tol": [0.1]},
            ],
        ).fit(X, y),
        70,
    ),
    "GridSearchCV, early stopping": (
        lambda: GridSearchCV(
            classifier(early_stopping=True, n_iter_no_change=2, max_iter=30),
            {"learning_rate_init": RATES, "scoring": [None, "loss"]},
        ).fit(X, y),
        30,
    ),
    "GridSearchCV, class weights and dropout": (
        lambda: GridSearchCV(
            classifier(class_weight="balanced"), {"dropout": [0.1, 0.3], "random_state": [0, 1]}
        ).fit(X, y),
        20,
    ),
    "RandomizedSearchCV": (
        lambda: RandomizedSearchCV(
            PIPELINE, {"backpropclassifier__alpha": np.logspace(-4, 1)}, n_iter=4, random_state=0
        ).fit(X, y),
        20,
    ),
    "HalvingGridSearchCV": (
        lambda: HalvingGridSearchCV(
            PIPELINE, GRID, resource="backpropclassifier__max_iter", max_resources=9, random_state=0
        ).fit(X, y),
        40,
    ),
    "cross_val_score": (lambda: cross_val_score(PIPELINE, X, y), 5),
    "cross_validate": (
        lambda: cross_validate(
            PIPELINE, X3, y3, return_estimator=True, scoring=["accuracy", "neg_log_loss"]
        ),
        5,
    ),
    "cross_val_predict": (
        lambda: cross_val_predict(PIPELINE, X, y, method="predict_proba", cv=3),
        3,
    ),
    "learning_curve": (
        lambda: learning_curve(PIPELINE, X, y, train_sizes=[0.5, 1.0], random_state=0),
        10,
    ),
    "learning_curve, partial_fit": (
        lambda: learning_curve(classifier(), X, y, exploit_incremental_learning=True, cv=3),
        15,
    ),
    "validation_curve": (
        lambda: validation_curve(
            PIPELINE, X, y, param_name="backpropclassifier__alpha", param_range=[0.0, 0.1, 1.0]
        ),
        15,
    ),
    "permutation_test_score": (
        lambda: permutation_test_score(classifier(), X, y, n_permutations=4, random_state=0, cv=3),
        12,
    ),
    "BaggingClassifier": (
        lambda: BaggingClassifier(classifier(), n_estimators=12, random_state=0).fit(X, y),
        12,
    ),
    "BaggingRegressor": (
        lambda: BaggingRegressor(
            regressor(), n_estimators=6, max_samples=0.5, random_state=0, n_jobs=2
        ).fit(XR, yr),
        6,
    ),
    "OneVsRestClassifier": (lambda: OneVsRestClassifier(classifier()).fit(X3, y3), 3),
    "OneVsOneClassifier": (lambda: OneVsOneClassifier(classifier()).fit(X3, y3), None),
    "MultiOutputRegressor": (lambda: MultiOutputRegressor(regressor()).fit(XM, ym), 3),
    "MultiOutputClassifier": (lambda: MultiOutputClassifier(classifier()).fit(XL, yl), 3),
    "StackingClassifier": (
        lambda: StackingClassifier(
            [("a", PIPELINE), ("b", classifier(alpha=1.0)), ("c", LogisticRegression())], cv=3
        ).fit(X, y),
        8,
    ),
    "VotingClassifier": (
        lambda: VotingClassifier([("a", PIPELINE), ("b", classifier(alpha=1.0))]).fit(X, y),
        2,
    ),
    "CalibratedClassifierCV": (lambda: CalibratedClassifierCV(classifier(), cv=3).fit(X, y), 3),
    "SequentialFeatureSelector": (
        lambda: SequentialFeatureSelector(classifier(), n_features_to_select=2, cv=3)
        .fit(X, y)
        .get_support(),
        None,
    ),
    "ColumnTransformer": (
        lambda: ColumnTransformer([("a", classifier(), [0, 1]), ("b", classifier(), [2, 3])])
        .fit(X, y)
        .transformers_[0][1],
        2,
    ),
    "autoencoder": (
        lambda: GridSearchCV(
            BackpropAutoencoder(2, (5,), max_iter=5, batch_size=10, random_state=0),
            {"learning_rate_init": RATES},
        ).fit(X),
        15,
    ),
    "denoising, sparse autoencoder": (
        lambda: cross_validate(
            BackpropAutoencoder(
                2, (5,), max_iter=4, random_state=0, corruption="gaussian", sparsity="l1"
            ),
            X,
            return_estimator=True,
        ),
        5,
    ),
    "variational autoencoder": (
        lambda: GridSearchCV(
            BackpropAutoencoder(2, (5,), max_iter=4, random_state=0, variational=True),
            {"alpha": [0, 0.1], "weight_decay": [0.01]},
        ).fit(X),
        10,
    ),
    "outlier detector": (
        lambda: cross_validate(
            BackpropOutlierDetector(
                BackpropAutoencoder(2, (5,), max_iter=4, random_state=0)
            ),
            X,
            scoring=lambda estimator, X, y=None: float(estimator.score_samples(X).mean()),
        ),
        5,
    ),
}


@pytest.mark.parametrize("name", META)
def test_same_as_without(name, groups):
    fit, n_together = META[name]
    result, expected = in_both_ways(fit)
    assert_same(result, expected)
    if n_together is not None:
        assert sum(groups) >= n_together - 1  # folds of another size may leave one alone


# -- the tasks run as they do without -----------------------------------------------------------


class Step(BaseEstimator):
    """A transformer that calls a function in ``fit``."""

    def __init__(self, function=None, key=0):
        self.function = function
        self.key = key

    def fit(self, X, y=None):
        if self.function is not None:
            self.function(self.key)
        return self

    def transform(self, X):
        return X


def step_grid(function, keys, network=None, **params):
    """A grid search whose tasks call ``function(key)`` before a network is trained."""
    pipeline = make_pipeline(Step(function), network or classifier())
    return GridSearchCV(pipeline, {"step__key": list(keys)}, cv=2, refit=False, **params)


def fail_at(*keys, error=ValueError):
    def function(key):
        if key in keys:
            raise error(f"key {key}")

    return function


@pytest.mark.parametrize("failing", [0, 2, 4])
def test_an_error_is_raised_as_without(failing):
    for context in (contextlib.nullcontext(), lockstep()):
        search = step_grid(fail_at(failing, 3), range(5), error_score="raise")
        with context, pytest.raises(ValueError, match=f"key {min(failing, 3)}") as caught:
            search.fit(X, y)
        assert type(caught.value) is ValueError
    assert "fail_at" in str(caught.value.__cause__)  # where it was raised can be seen


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
    """Weights that are not finite, and a scorer that fails."""

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
    assert np.isnan(expected["mean_test_score"]).sum() == 4
    assert sum(groups) == 18


def caught_warnings(fit, action, **lockstep_params):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        fit()
    return sorted((w.category.__name__, str(w.message), w.lineno) for w in caught)


@pytest.mark.parametrize("action", ["always", "default", "ignore", "once"])
def test_warnings_are_those_of_the_ordinary_fit(action):
    def fit():
        GridSearchCV(classifier(), {"max_iter": [2, 3, 100]}, cv=3).fit(X, y)

    expected = caught_warnings(fit, action)
    with lockstep():
        result = caught_warnings(fit, action)
    assert result == expected
    assert len(expected) == {"always": 6, "default": 6, "ignore": 0, "once": 6}[action]


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


class Silent(BaseEstimator):
    """Fits a network without its warnings."""

    def __init__(self, alpha=0.0, silent=True):
        self.alpha, self.silent = alpha, silent

    def fit(self, X, y):
        with warnings.catch_warnings():
            if self.silent:
                warnings.simplefilter("ignore")
            self.network_ = classifier(alpha=self.alpha).fit(X, y)
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
    assert len(expected) == 6
    assert groups == [12]


def test_a_scorer_is_called_with_the_configuration_and_the_filters_of_its_task():
    from sklearn import config_context, get_config

    seen = []

    def scorer(estimator, X, y):
        seen.append(get_config()["transform_output"])
        warnings.warn("from the scorer", UserWarning, stacklevel=1)
        return estimator.score(X, y)

    def fit():
        network = classifier(early_stopping=True, scoring=scorer, max_iter=3)
        cross_val_score(network, X, y, cv=3)

    with config_context(transform_output="pandas"):
        expected, n_seen = caught_warnings(fit, "always"), len(seen)
        with lockstep(n_threads=2):
            result = caught_warnings(fit, "always")
    assert result == expected
    assert seen == 2 * n_seen * ["pandas"]


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
        unused = joblib.Parallel(return_as="generator")(tasks())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            del unused
            used_once = joblib.Parallel(return_as="generator")(tasks())
            assert_same(next(used_once), expected[0])
            del used_once
        assert len(joblib.Parallel()(tasks())) == 4


def test_an_error_in_making_the_tasks():
    def tasks():
        yield joblib.delayed(classifier().fit)(X, y)
        raise ZeroDivisionError

    with lockstep(), pytest.raises(ZeroDivisionError):
        joblib.Parallel()(tasks())


# -- nesting ------------------------------------------------------------------------------------

NESTED = {
    "nested cross-validation": (
        lambda: cross_validate(
            GridSearchCV(classifier(max_iter=4), {"alpha": [0, 1]}, cv=2),
            X,
            y,
            cv=3,
            return_estimator=True,
        ),
        12,
    ),
    "bagging in a grid search": (
        lambda: GridSearchCV(
            BaggingClassifier(classifier(max_iter=4), n_estimators=3, random_state=0),
            {"estimator__alpha": [0, 1]},
            cv=2,
        ).fit(X, y),
        15,
    ),
    "stacking in cross-validation": (
        lambda: cross_validate(
            StackingClassifier(
                [("a", classifier()), ("b", OneVsRestClassifier(classifier(alpha=1.0)))],
                cv=2,
            ),
            X3,
            y3,
            cv=2,
            return_estimator=True,
        ),
        24,
    ),
    "not taking part": (
        lambda: GridSearchCV(
            BaggingClassifier(classifier(max_iter=4), n_estimators=3, random_state=0, n_jobs=1),
            {"estimator__alpha": [0, 1]},
            cv=2,
        ).fit(X, y),
        15,
    ),
}


@pytest.mark.parametrize("max_members", [1, 2, 3, None])
@pytest.mark.parametrize("name", NESTED)
def test_nested_calls(name, max_members, groups):
    fit, n_together = NESTED[name]
    result, expected = in_both_ways(fit, max_members=max_members)
    assert_same(result, expected)
    if max_members is None:
        assert sum(groups) >= n_together - 3


def test_nested_calls_meet(groups):
    with lockstep(n_threads=1):
        search = GridSearchCV(classifier(), {"alpha": [0, 1, 2]}, cv=2, refit=False)
        cross_val_score(search, X[:60], y[:60], cv=2, error_score="raise", scoring=lambda *a: 0.0)
    assert groups == [12]


def test_an_error_in_a_nested_call():
    def fit(error_score):
        inner = step_grid(fail_at(2), range(4), error_score="raise")
        return cross_validate(inner, X, y, cv=3, error_score=error_score, scoring=lambda *a: 1.0)

    with lockstep():
        with pytest.raises(ValueError, match="key 2"):
            fit("raise")
        with pytest.raises(ValueError, match="All the 3 fits failed"):
            fit(np.nan)


def test_an_error_beside_a_nested_call():
    """The tasks of the nested calls are given up with those that made them."""

    def outer(key):
        if key == 3:
            raise ZeroDivisionError
        cross_val_score(classifier(max_iter=1000, tol=0), X, y)

    start = time.monotonic()
    with lockstep(), pytest.raises(ZeroDivisionError):
        joblib.Parallel()(joblib.delayed(outer)(key) for key in range(4))
    assert time.monotonic() - start < 5


class InLockstep(BaseEstimator):
    """A meta-estimator that brings its own lockstep."""

    def __init__(self, alpha=0.0):
        self.alpha = alpha

    def fit(self, X, y):
        with lockstep():
            self.scores_ = cross_val_score(classifier(alpha=self.alpha), X, y, cv=2)
        return self

    def score(self, X, y):
        return self.scores_.mean()


def test_a_second_lockstep_inside(groups):
    def fit():
        return GridSearchCV(InLockstep(), {"alpha": [0, 1, 2]}, cv=2, refit=False).fit(X, y)

    assert_same(fit().cv_results_, fit().cv_results_)
    groups.clear()
    with lockstep(n_threads=1), lockstep(n_threads=1):
        fit()
    assert groups == [12]


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
        fitted = []

        def fit():
            fitted.append(classifier(alpha=alpha).fit(X, y))

        thread = threading.Thread(target=copy_context().run, args=(fit,))
        thread.start()
        thread.join()
        return fitted[0]

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


# -- what is special about a group --------------------------------------------------------------


def test_an_activation_for_two_axes_only(groups):
    """A group that cannot begin is trained one by one."""
    from skbackprop import Activation

    def function(z, out):
        n_samples, n_units = z.shape  # not written for a population
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


# -- interruption -------------------------------------------------------------------------------


@pytest.fixture(name="interrupt_after")
def _interrupt_after():
    """Ctrl-C after a while."""
    os_kill = pytest.importorskip("os")
    timers = []

    def interrupt_after(seconds):
        kill = os_kill.kill
        timer = threading.Timer(seconds, kill, (os_kill.getpid(), signal.SIGINT))
        timers.append(timer)
        timer.start()

    yield interrupt_after
    for timer in timers:
        timer.cancel()
        timer.join()


def forever(key):
    while True:
        time.sleep(0.01)


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
        classifier(solver="lbfgs", batch_size="auto", max_iter=10**9, tol=0, max_fun=10**9), X, y
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
    monkeypatch.setattr(turns, "_PATIENCE", 0.2)
    released = threading.Event()

    def function(key):
        if key == 3:
            released.wait(10)

    with lockstep():
        interrupt_after(0.3)
        with pytest.raises(KeyboardInterrupt):
            step_grid(function, range(5)).fit(X, y)
        assert threading.active_count() <= 3  # the task, the timer and this one
        released.set()
        assert len(cross_val_score(classifier(), X, y)) == 5


# -- stress -------------------------------------------------------------------------------------


class Restless(BaseEstimator):
    """Sleeps, fits some networks, perhaps in nested calls, perhaps fails: all by its seed."""

    def __init__(self, seed=0, depth=0):
        self.seed = seed
        self.depth = depth

    def fit(self, X, y):
        rng = np.random.RandomState(self.seed)
        self.value_ = 0.0
        for _ in range(rng.randint(4)):
            what = rng.choice(["sleep", "fit", "fit", "fit", "raise", "nested", "regress"])
            if what == "sleep":
                time.sleep(rng.uniform(0, 0.003))
            elif what == "fit":
                network = classifier(
                    hidden_layer_sizes=(rng.randint(2, 4),),
                    max_iter=rng.randint(1, 6),
                    solver=rng.choice(["adam", "sgd", "lbfgs"]),
                    early_stopping=bool(rng.randint(2)),
                    random_state=rng.randint(100),
                )
                self.value_ += float(np.sum(network.fit(X, y).coefs_[0]))
            elif what == "raise" and rng.rand() < 0.5:
                raise ValueError(f"seed {self.seed}")
            elif what == "nested" and self.depth < 2:
                seeds = [self.seed * 7 + k for k in range(rng.randint(1, 5))]
                search = GridSearchCV(
                    Restless(depth=self.depth + 1), {"seed": seeds}, cv=2, refit=False
                )
                self.value_ += float(np.nansum(search.fit(X, y).cv_results_["mean_test_score"]))
            elif what == "regress":
                network = regressor(learning_rate_init=rng.choice([0.01, 1e300]), solver="sgd")
                self.value_ += float(np.sum(network.fit(X, y).coefs_[0]))
        return self

    def score(self, X, y):
        return self.value_


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("max_members", [1, 3, None])
def test_stress(max_members):
    def fit():
        search = GridSearchCV(Restless(), {"seed": range(40)}, cv=2, refit=False)
        return search.fit(X, y).cv_results_

    result, expected = in_both_ways(fit, max_members=max_members)
    assert_same(result, expected)
