"""Where scikit-learn's MLP* err, and we do not: ten points, each seen from both sides.

Every point has a test of ours and, beside it, a test that `MLPClassifier` or
`MLPRegressor` still behaves as the documentation says it does. It must pass with each
scikit-learn up to `LAST_SEEN`; where a newer one has mended a point, it is skipped and
says so.
"""

from __future__ import annotations

import itertools
import pickle
import re
import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skbackprop import BackpropClassifier, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SKLEARN_VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
LAST_SEEN = (1, 9)  # the newest scikit-learn in which all points were found
needs_weights = pytest.mark.skipif(
    SKLEARN_VERSION < (1, 7), reason="MLP* takes sample_weight from 1.7 on"
)


def still_so(claim, version=SKLEARN_VERSION):
    """Fail if the claim is wrong; skip if this scikit-learn is newer than the claim."""
    if not claim and version > LAST_SEEN:
        pytest.skip(f"scikit-learn {sklearn.__version__} does this right")
    assert claim, f"scikit-learn {sklearn.__version__} does not do what is described"


def test_a_claim_can_fail():
    """On the versions it was seen on; later ones may have mended it."""
    still_so(True)
    with pytest.raises(AssertionError, match="does not do what is described"):
        still_so(False, LAST_SEEN)
    with pytest.raises(pytest.skip.Exception, match="does this right"):
        still_so(False, (LAST_SEEN[0], LAST_SEEN[1] + 1))


# 1. Weights are normalised once, not per batch ------------------------------------


def _weighted_one_by_one(Estimator, weights):
    X, y = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [0.3, -1.0, 0.7]
    return Estimator(
        hidden_layer_sizes=(3,),
        activation="tanh",
        solver="sgd",
        alpha=0.0,
        batch_size=1,
        max_iter=2,
        shuffle=False,
        learning_rate_init=0.01,
        momentum=0,
        random_state=0,
    ).fit(X, y, sample_weight=weights)


def test_1_weights_count_in_batches_of_one(parameters):
    even = _weighted_one_by_one(BackpropRegressor, [1, 1, 1])
    uneven = _weighted_one_by_one(BackpropRegressor, [1, 1, 100])
    assert np.abs(parameters(even) - parameters(uneven)).max() > 1e-3
    # only the ratios count
    scaled = _weighted_one_by_one(BackpropRegressor, [7, 7, 700])
    assert_allclose(parameters(uneven), parameters(scaled), rtol=1e-10)


def test_1_each_step_is_scaled_by_the_normalised_weight():
    """One sample a batch, no hidden layer: two steps written out."""
    X, y, weights = np.array([[1.0], [2.0]]), np.array([1.0, 3.0]), np.array([1, 3])
    reg = BackpropRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        alpha=0,
        batch_size=1,
        max_iter=1,
        shuffle=False,
        learning_rate_init=0.1,
        momentum=0,
        init=[(np.zeros((1, 1)), np.zeros(1))],
    ).fit(X, y, sample_weight=weights)
    w = b = 0.0
    for x, target, weight in zip(X[:, 0], y, weights / weights.mean(), strict=True):
        error = w * x + b - target
        w, b = w - 0.1 * weight * error * x, b - 0.1 * weight * error
    assert_allclose([reg.coefs_[0][0, 0], reg.intercepts_[0][0]], [w, b], rtol=1e-12)


def test_1_a_batch_may_weigh_nothing(parameters):
    """Samples of weight zero in a batch of their own change nothing (alpha=0)."""
    model = _weighted_one_by_one(BackpropRegressor, [1, 1, 0])
    assert np.isfinite(parameters(model)).all()
    assert np.isfinite(model.loss_curve_).all()


@needs_weights
def test_1_mlp_ignores_weights_in_batches_of_one(parameters):
    even = _weighted_one_by_one(MLPRegressor, [1, 1, 1])
    uneven = _weighted_one_by_one(MLPRegressor, [1, 1, 100])
    still_so(np.allclose(parameters(even), parameters(uneven), rtol=1e-12))


@needs_weights
def test_1_mlp_fails_on_a_batch_that_weighs_nothing():
    failed = False
    try:
        _weighted_one_by_one(MLPRegressor, [1, 1, 0])
    except ZeroDivisionError:
        failed = True
    still_so(failed)


# 2. The validation set of a multi-class problem is stratified ---------------------

IMBALANCED_X, _ = make_blobs(n_samples=100, random_state=0)
IMBALANCED_Y = np.repeat([0, 1, 2], [70, 20, 10])


class _Spy:
    """A scorer that remembers the targets it was asked to score."""

    def __init__(self):
        self.targets = []

    def __call__(self, estimator, X, y, sample_weight=None):
        self.targets.append(np.array(y))
        return estimator.score(X, y)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("labels", [np.array([0, 1, 2]), np.array(["a", "b", "c"])])
def test_2_multiclass_validation_set_is_stratified(seed, labels):
    spy = _Spy()
    BackpropClassifier(
        hidden_layer_sizes=(4,),
        early_stopping=True,
        validation_fraction=0.2,
        scoring=spy,
        max_iter=2,
        random_state=seed,
    ).fit(IMBALANCED_X, labels[IMBALANCED_Y])
    counts = [np.sum(spy.targets[0] == label) for label in labels]
    assert counts == [14, 4, 2]


def test_2_a_class_that_cannot_be_split_is_an_error():
    X, y = [[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]] * 2, [0, 0, 1, 1, 1, 1] * 2
    y[-1] = 2
    clf = BackpropClassifier(early_stopping=True, validation_fraction=0.3)
    with pytest.raises(ValueError, match="least populated class"):
        clf.fit(X, y)


def test_2_mlp_does_not_stratify(monkeypatch):
    seen = []

    def spy(self, X, y, sample_weight=None):
        seen.append(np.bincount(y, minlength=3).tolist())
        return 0.0

    monkeypatch.setattr(MLPClassifier, "_score", spy)
    for seed in range(5):
        MLPClassifier(
            hidden_layer_sizes=(4,),
            early_stopping=True,
            validation_fraction=0.2,
            max_iter=1,
            random_state=seed,
        ).fit(IMBALANCED_X, IMBALANCED_Y)
    still_so(any(counts != [14, 4, 2] for counts in seen))


# 3. partial_fit shuffles anew on every call ---------------------------------------


def _orders_of_partial_fit(Estimator, n_calls=6):
    """The order in which each call of `partial_fit` takes the samples.

    All features are zero, so that plain descent in batches of one with rate 1/2 just
    averages the targets into the bias, b <- (b + y) / 2: the order can be read off.
    """
    y = np.array([0.0, 1.0, 10.0, 100.0, 1000.0])
    reg = Estimator(
        hidden_layer_sizes=(),
        solver="sgd",
        batch_size=1,
        learning_rate_init=0.5,
        momentum=0,
        alpha=0,
        random_state=0,
    )
    # the first call only makes the bias known
    reg.partial_fit(np.zeros((5, 1)), y)
    bias, orders = reg.intercepts_[0][0], []
    for _ in range(n_calls):
        reg.partial_fit(np.zeros((5, 1)), y)
        remainder = reg.intercepts_[0][0] - bias / 2**5
        shares = 0.5 ** np.arange(5, 0, -1)
        (order,) = (
            order
            for order in itertools.permutations(range(5))
            if np.isclose(shares @ y[list(order)], remainder, rtol=1e-9)
        )
        orders.append(order)
        bias = reg.intercepts_[0][0]
    return orders


def test_3_partial_fit_shuffles_anew():
    assert len(set(_orders_of_partial_fit(BackpropRegressor))) > 1


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_3_an_integer_seeds_one_generator_for_all_calls(solver, problem, parameters):
    X, y = problem("binary")
    models = [
        BackpropClassifier(solver=solver, hidden_layer_sizes=(6,), batch_size=8, random_state=seed)
        for seed in (0, np.random.RandomState(0))
    ]
    for model in models:
        for _ in range(7):
            model.partial_fit(X, y, classes=[0, 1])
    assert_allclose(parameters(models[0]), parameters(models[1]), rtol=1e-12)


def test_3_mlp_shuffles_identically():
    still_so(len(set(_orders_of_partial_fit(MLPRegressor))) == 1)


# 4. warm_start begins a new search for the optimum from the old weights -----------


def _fit_twice(Estimator, problem):
    X, y = problem("binary")
    clf = Estimator(
        hidden_layer_sizes=(6,),
        learning_rate_init=0.01,
        warm_start=True,
        tol=1e-3,
        n_iter_no_change=5,
        max_iter=1000,
        random_state=0,
    ).fit(X, y)
    assert clf.n_iter_ < clf.max_iter
    return clf.fit(X, y)


def test_4_warm_start_after_convergence_is_patient_again(problem):
    clf = _fit_twice(BackpropClassifier, problem)
    assert clf.n_iter_ > clf.n_iter_no_change


def test_4_mlp_gives_up_after_one_epoch(problem):
    still_so(_fit_twice(MLPClassifier, problem).n_iter_ == 1)


def _easy_then_hopeless(Estimator):
    X, y = make_blobs(n_samples=120, centers=2, cluster_std=0.5, random_state=0)
    clf = Estimator(
        hidden_layer_sizes=(6,),
        learning_rate_init=0.05,
        early_stopping=True,
        warm_start=True,
        max_iter=30,
        random_state=0,
    ).fit(X, y)
    assert clf.best_validation_score_ == 1.0
    shuffled = np.random.RandomState(1).permutation(y)
    return clf.fit(X, shuffled)


def test_4_warm_start_forgets_the_score_on_other_data():
    clf = _easy_then_hopeless(BackpropClassifier)
    assert clf.best_validation_score_ < 1.0
    assert clf.best_validation_score_ == max(clf.validation_scores_[-clf.n_iter_ :])


def test_4_mlp_keeps_the_score_on_other_data():
    still_so(_easy_then_hopeless(MLPClassifier).best_validation_score_ == 1.0)


def _epoch_by_epoch(Estimator, problem, solver):
    """The weights after ten warm-started epochs, and after ten epochs of one fit."""
    X, y = problem("regression")
    params = {
        "solver": solver,
        "hidden_layer_sizes": (6,),
        "shuffle": False,
        "random_state": 0,
    }
    steps = Estimator(warm_start=True, max_iter=1, **params)
    for _ in range(10):
        steps.fit(X, y)
    return steps, Estimator(max_iter=10, **params).fit(X, y)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_4_warm_start_keeps_the_moments(solver, problem, parameters):
    steps, whole = _epoch_by_epoch(BackpropRegressor, problem, solver)
    assert_allclose(parameters(steps), parameters(whole), rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_4_mlp_forgets_the_moments(solver, problem, parameters):
    steps, whole = _epoch_by_epoch(MLPRegressor, problem, solver)
    still_so(not np.allclose(parameters(steps), parameters(whole), rtol=1e-6))


# 5. Divergence ends the fit, and is said ------------------------------------------


def _diverge(Estimator, problem, **params):
    X, y = problem("regression")
    reg = Estimator(
        hidden_layer_sizes=(20,),
        activation="identity",
        solver="sgd",
        learning_rate_init=5.0,
        max_iter=100,
        random_state=0,
        **params,
    )
    with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reg.fit(X, y)
    messages = [str(w.message) for w in caught if w.category is ConvergenceWarning]
    return reg, messages


def test_5_divergence_with_early_stopping_stops_and_warns(problem, parameters):
    reg, messages = _diverge(BackpropRegressor, problem, early_stopping=True)
    assert reg.n_iter_ < 50
    assert len(messages) == 1
    assert re.search(rf"diverged in epoch {reg.n_iter_}.* not finite", messages[0])
    assert np.isfinite(parameters(reg)).all()
    assert np.isfinite(reg.best_validation_score_)


def test_5_divergence_without_early_stopping_is_an_error_at_once(problem):
    """The rate is asked for as long as training goes on."""
    progress = []

    def rate(done):
        progress.append(done)
        return 1.0

    with pytest.raises(ValueError, match="non-finite parameter weights"):
        _diverge(BackpropRegressor, problem, learning_rate=rate)
    assert max(progress) < 0.5


def test_5_mlp_trains_on_and_only_speaks_of_iterations(problem):
    reg, messages = _diverge(MLPRegressor, problem, early_stopping=True)
    still_so(np.isnan(reg.validation_scores_[-1]) and reg.n_iter_ == 100)
    still_so(all("Maximum iter" in message for message in messages))


# 6. L-BFGS sees the gradient of the value it is given -----------------------------


def _many_outputs(Estimator, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((50, 6))
    Y = X @ rng.standard_normal((6, 8)) + rng.standard_normal((50, 8))
    reg = Estimator(
        hidden_layer_sizes=(),
        solver="lbfgs",
        alpha=10.0,
        tol=1e-8,
        max_iter=5000,
        max_fun=50000,
        random_state=0,
    ).fit(X, Y)
    return reg, X, Y, Ridge(alpha=10.0).fit(X, Y)


def test_6_multioutput_lbfgs_reaches_the_optimum():
    reg, _, _, ridge = _many_outputs(BackpropRegressor)
    assert_allclose(reg.coefs_[0], ridge.coef_.T, atol=1e-4)
    assert_allclose(reg.intercepts_[0], ridge.intercept_, atol=1e-4)


def test_6_the_loss_reported_is_the_mean_over_outputs():
    reg, X, Y, _ = _many_outputs(BackpropRegressor)
    penalty = 10.0 / 2 * np.sum(reg.coefs_[0] ** 2) / len(X)
    expected = 0.5 * np.mean((reg.predict(X) - Y) ** 2) + penalty
    assert_allclose(reg.loss_, expected, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:scipy.optimize:DeprecationWarning")  # from scikit-learn 1.6
def test_6_mlp_misses_the_optimum():
    reg, _, _, ridge = _many_outputs(MLPRegressor)
    still_so(np.abs(reg.coefs_[0] - ridge.coef_.T).max() > 1e-2)


# 7. L-BFGS keeps the precision, the history and the promise of early stopping -----


def _single_precision_lbfgs(Estimator, problem, **params):
    X, y = problem("binary")
    return Estimator(
        hidden_layer_sizes=(5,), solver="lbfgs", max_iter=50, random_state=0, **params
    ).fit(X.astype(np.float32), y)


def test_7_lbfgs_keeps_single_precision(problem):
    clf = _single_precision_lbfgs(BackpropClassifier, problem)
    assert {p.dtype for p in [*clf.coefs_, *clf.intercepts_]} == {np.dtype("f4")}
    assert clf.predict_proba(np.zeros((1, 5), np.float32)).dtype == np.float32


def test_7_lbfgs_records_its_loss(problem):
    X, y = problem("binary")
    clf = BackpropClassifier(
        hidden_layer_sizes=(5,), solver="lbfgs", max_iter=50, random_state=0
    ).fit(X, y)
    assert len(clf.loss_curve_) == clf.n_iter_ > 1
    assert np.all(np.diff(clf.loss_curve_) <= 1e-12)
    assert_allclose(clf.loss_curve_[-1], clf.loss_)
    assert_allclose(clf.best_loss_, min(clf.loss_curve_))


def test_7_lbfgs_stops_early(problem):
    """...when the score has not risen for ``n_iter_no_change`` iterations."""
    X, y = problem("binary", n_samples=120)
    clf = BackpropClassifier(
        hidden_layer_sizes=(5,),
        solver="lbfgs",
        early_stopping=True,
        n_iter_no_change=5,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.fit(X, y)
    assert len(clf.validation_scores_) == clf.n_iter_ < clf.max_iter
    assert clf.n_iter_ == np.argmax(clf.validation_scores_) + 1 + clf.n_iter_no_change + 1
    assert clf.best_validation_score_ == max(clf.validation_scores_)


def test_7_mlp_widens_and_forgets(problem):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf = _single_precision_lbfgs(MLPClassifier, problem, early_stopping=True)
    still_so(clf.coefs_[0].dtype == np.float64)
    still_so(not hasattr(clf, "loss_curve_"))
    still_so(not any("early_stopping" in str(w.message) for w in caught))


# 8. No partial_fit where there is none --------------------------------------------


@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor])
def test_8_lbfgs_has_no_partial_fit(Estimator):
    assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")
    assert hasattr(Estimator(solver="sgd"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        Estimator(solver="lbfgs").partial_fit([[0.0], [1.0]], [0, 1])


def test_8_mlp_claims_to_have_one():
    still_so(hasattr(MLPRegressor(solver="lbfgs"), "partial_fit"))


# 9. A parameter that has no effect is named ---------------------------------------

WITHOUT_EFFECT = [
    ("adam", {"momentum": 0.5}),
    ("adam", {"nesterovs_momentum": False}),
    ("adam", {"max_fun": 100}),
    ("sgd", {"beta_1": 0.5}),
    ("sgd", {"beta_2": 0.5}),
    ("sgd", {"epsilon": 1e-4}),
    ("sgd", {"max_fun": 100}),
    ("lbfgs", {"batch_size": 10}),
    ("lbfgs", {"learning_rate": "adaptive"}),
    ("lbfgs", {"learning_rate_init": 0.1}),
    ("lbfgs", {"shuffle": False}),
    ("lbfgs", {"momentum": 0.5}),
    ("lbfgs", {"beta_1": 0.5}),
    ("lbfgs", {"max_grad_norm": 1.0}),
    ("lbfgs", {"weight_decay": 0.1}),
    ("sgd", {"beta_1": 0.5, "epsilon": 1e-4}),
]


def _warnings_of_fit(estimator, problem):
    kind = "binary" if hasattr(estimator, "predict_proba") else "regression"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(*problem(kind))
    return [str(w.message) for w in caught]


@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor])
@pytest.mark.parametrize("solver, ignored", WITHOUT_EFFECT, ids=str)
def test_9_a_parameter_without_effect_is_named_once(Estimator, solver, ignored, problem):
    estimator = Estimator(solver=solver, max_iter=5, hidden_layer_sizes=3, **ignored)
    messages = _warnings_of_fit(estimator, problem)
    for name in ignored:
        assert sum(name in message for message in messages) == 1, messages
    assert any(solver in message for message in messages), messages


@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor])
@pytest.mark.parametrize(
    "solver, used",
    [
        ("adam", {}),
        ("sgd", {}),
        ("lbfgs", {}),
        ("adam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-4, "batch_size": 10}),
        ("adam", {"learning_rate": "adaptive", "shuffle": False}),
        ("sgd", {"momentum": 0.5, "nesterovs_momentum": False, "batch_size": 10}),
        ("sgd", {"learning_rate": "invscaling", "power_t": 0.2}),
        ("lbfgs", {"max_fun": 100, "tol": 1e-3}),
    ],
    ids=str,
)
def test_9_a_parameter_with_effect_is_not(Estimator, solver, used, problem):
    estimator = Estimator(solver=solver, max_iter=5, hidden_layer_sizes=3, **used)
    assert _warnings_of_fit(estimator, problem) == []


@pytest.mark.parametrize("schedule", ["adaptive", "invscaling"])
def test_9_schedules_act_with_adam(schedule, problem, parameters):
    """...so that they need no warning."""
    X, y = problem("binary")
    constant, scheduled = (
        BackpropClassifier(
            hidden_layer_sizes=3,
            learning_rate=learning_rate,
            tol=1e9,  # every epoch counts as one without progress
            n_iter_no_change=1,
            max_iter=6,
            random_state=0,
        ).fit(X, y)
        for learning_rate in ("constant", schedule)
    )
    if schedule == "adaptive":
        assert scheduled.n_iter_ > constant.n_iter_
    else:
        assert not np.allclose(parameters(constant), parameters(scheduled))


@pytest.mark.parametrize("solver, ignored", WITHOUT_EFFECT[:12], ids=str)
def test_9_mlp_says_nothing(solver, ignored, problem):
    estimator = MLPClassifier(solver=solver, max_iter=5, hidden_layer_sizes=3, **ignored)
    messages = _warnings_of_fit(estimator, problem)
    still_so(not any(name in message for message in messages for name in ignored))


# 10. A pickle holds the weights once ----------------------------------------------


def _pickled_size(Estimator, problem, **params):
    """Bytes of the pickle for each byte of weights."""
    X, y = problem("binary", n_samples=40)
    clf = Estimator(hidden_layer_sizes=(300, 300), max_iter=3, random_state=0, **params)
    clf.fit(X, y)
    weights = sum(p.nbytes for p in [*clf.coefs_, *clf.intercepts_])
    return len(pickle.dumps(clf)) / weights


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_10_pickle_holds_the_weights_once(solver, early_stopping, problem):
    size = _pickled_size(BackpropClassifier, problem, solver=solver, early_stopping=early_stopping)
    assert 1 <= size < 1.1


def test_10_pickle_of_lbfgs_holds_the_weights_once(problem):
    assert 1 <= _pickled_size(BackpropClassifier, problem, solver="lbfgs") < 1.1


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver, most", [("adam", 3.1), ("sgd", 2.1)])
def test_10_only_warm_starts_carry_moments(solver, most, early_stopping, problem):
    size = _pickled_size(
        BackpropClassifier,
        problem,
        solver=solver,
        warm_start=True,
        early_stopping=early_stopping,
    )
    assert 1 <= size < most


@pytest.mark.parametrize("solver, times", [("adam", 4), ("sgd", 3)])
def test_10_mlp_holds_them_several_times(solver, times, problem):
    still_so(_pickled_size(MLPClassifier, problem, solver=solver) > times - 0.1)
