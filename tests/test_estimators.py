"""`BackpropClassifier` and `BackpropRegressor`, row by row of their documentation."""

from __future__ import annotations

import _thread
import copy
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, get_scorer, log_loss, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import Activation, BackpropClassifier, BackpropRegressor
from skbackprop.datasets import make_spirals

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [BackpropClassifier, BackpropRegressor]
SOLVERS = ["adam", "sgd", "lbfgs"]
STOCHASTIC = ["adam", "sgd"]
CLASSIFICATION = ["binary", "multiclass", "multilabel"]
REGRESSION = ["regression", "multioutput", "poisson"]
TARGETS = CLASSIFICATION + REGRESSION

SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 8, "random_state": 0}


def make(target, **params):
    """An estimator for a kind of target."""
    if target in CLASSIFICATION:
        return BackpropClassifier(**{**SMALL, **params})
    loss = {"loss": "poisson"} if target == "poisson" else {}
    return BackpropRegressor(**{**SMALL, **loss, **params})


def same(one, other, **tolerance):
    """Equal weights and biases."""
    pairs = zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True)
    for a, b in pairs:
        assert_allclose(a, b, **{"rtol": 1e-12, "atol": 1e-14, **tolerance})


# Attributes -----------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("layers", [(), (6,), (6, 5)])
def test_fitted_attributes(target, solver, layers, problem):
    X, y = problem(target)
    model = make(target, solver=solver, hidden_layer_sizes=layers)
    assert model.fit(X, y) is model

    n_outputs = {"multiclass": 3, "multilabel": 3, "multioutput": 3}.get(target, 1)
    sizes = [5, *layers, n_outputs]
    assert [W.shape for W in model.coefs_] == list(pairwise(sizes))
    assert [b.shape for b in model.intercepts_] == [(size,) for size in sizes[1:]]
    assert isinstance(model.coefs_, list)
    assert isinstance(model.intercepts_, list)
    assert model.n_features_in_ == 5
    assert model.n_layers_ == len(sizes)
    assert model.n_outputs_ == n_outputs
    assert model.out_activation_ == {
        "binary": "logistic",
        "multilabel": "logistic",
        "multiclass": "softmax",
        "poisson": "exp",
    }.get(target, "identity")
    assert isinstance(model.n_iter_, int)
    assert 1 <= model.n_iter_ <= model.max_iter
    assert isinstance(model.loss_curve_, list)
    assert len(model.loss_curve_) == model.n_iter_
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.gradient_norms_.shape == (model.n_iter_, model.n_layers_ - 1)
    assert np.all(model.gradient_norms_ > 0)
    if solver != "lbfgs":
        assert model.t_ == model.n_iter_ * len(X)
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("Estimator", BOTH)
def test_feature_names(Estimator, problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("binary")
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = Estimator(**SMALL).fit(frame, y)
    assert model.feature_names_in_.tolist() == list("abcde")
    same(model, Estimator(**SMALL).fit(X, y))


def test_the_last_gradient_of_an_epoch_is_recorded(problem, weights_of):
    """In plain descent the norm is that of the step, over the rate."""
    X, y = problem("multiclass")
    init = weights_of([5, 6, 3])
    rate = 0.3
    clf = BackpropClassifier(
        hidden_layer_sizes=(6,),
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate_init=rate,
        batch_size=len(X),
        max_iter=1,
        init=init,
    ).fit(X, y)
    steps = [np.linalg.norm(W - V) for W, (V, _) in zip(clf.coefs_, init, strict=True)]
    assert_allclose(clf.gradient_norms_, [np.array(steps) / rate], rtol=1e-10)


# Prediction -----------------------------------------------------------------------


@pytest.mark.parametrize("target", CLASSIFICATION)
@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_methods_of_the_classifier_agree(target, loss, problem):
    X, y = problem(target)
    if target != "multilabel":
        y = np.array(["ash", "birch", "cedar"])[y]
    clf = make(target, loss=loss, max_iter=30).fit(X, y)
    scores, proba = clf.decision_function(X), clf.predict_proba(X)
    if target == "binary":
        assert scores.shape == (len(X),)
        assert_allclose(proba, np.c_[1 - expit(scores), expit(scores)], rtol=1e-10)
        expected = clf.classes_[(scores > 0).astype(int)]
    elif target == "multiclass":
        assert scores.shape == (len(X), 3)
        assert_allclose(proba, softmax(scores, axis=1), rtol=1e-10)
        expected = clf.classes_[scores.argmax(axis=1)]
    else:
        assert scores.shape == (len(X), 3)
        assert_allclose(proba, expit(scores), rtol=1e-10)
        expected = (scores > 0).astype(int)
    assert_array_equal(clf.predict(X), expected)
    assert_allclose(clf.predict_log_proba(X), np.log(proba), rtol=1e-8, atol=1e-12)
    assert_allclose(clf.score(X, y), accuracy_score(y, clf.predict(X)))
    weights = np.arange(1.0, len(X) + 1)
    assert_allclose(
        clf.score(X, y, weights), accuracy_score(y, clf.predict(X), sample_weight=weights)
    )


@pytest.mark.parametrize("target", REGRESSION)
def test_methods_of_the_regressor_agree(target, problem):
    X, y = problem(target)
    reg = make(target).fit(X, y)
    assert reg.predict(X).shape == y.shape
    assert_allclose(reg.score(X, y), r2_score(y, reg.predict(X)))
    if target == "poisson":
        assert reg.predict(X).min() > 0
    for method in ("predict_proba", "decision_function", "transform"):
        if method != "transform":
            assert not hasattr(reg, method)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_prediction_is_the_forward_pass(activation, problem):
    """W and b are where ``coefs_`` and ``intercepts_`` say that they are."""
    X, y = problem("multioutput")
    reg = make("multioutput", activation=activation).fit(X, y)
    function = {
        "identity": lambda z: z,
        "logistic": expit,
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
    }[activation]
    a = X
    for W, b in list(zip(reg.coefs_, reg.intercepts_, strict=True))[:-1]:
        a = function(a @ W + b)
    assert_allclose(reg.predict(X), a @ reg.coefs_[-1] + reg.intercepts_[-1], rtol=1e-10)


def test_extreme_scores_stay_finite():
    """The loss is taken from the scores: certainty costs no infinity."""
    X = np.array([[-1e4], [1e4]])
    clf = BackpropClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        learning_rate_init=1e-9,
        init=[([[1.0]], [0.0])],
        max_iter=1,
    ).fit(X, [1, 0])
    assert_allclose(clf.loss_, 1e4, rtol=1e-3)
    log_proba = clf.predict_log_proba(X)
    assert np.isfinite(log_proba).all()
    assert_allclose(np.diag(log_proba), 0, atol=1e-12)  # certain, and wrong
    assert np.diag(log_proba[:, ::-1]).max() < -700
    assert np.isfinite(clf.gradient_norms_).all()


# Hidden features ------------------------------------------------------------------


def test_transform_is_the_last_hidden_layer(problem):
    X, y = problem("multiclass")
    clf = make("multiclass", activation="tanh")
    features = clone(clf).fit_transform(X, y)
    clf.fit(X, y)
    hidden = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    hidden = np.tanh(hidden @ clf.coefs_[1] + clf.intercepts_[1])
    assert_allclose(clf.transform(X), hidden, rtol=1e-10)
    assert_allclose(features, hidden, rtol=1e-10)
    names = clf.get_feature_names_out()
    assert names.tolist() == [f"backpropclassifier{i}" for i in range(5)]


def test_no_hidden_layer_no_transform(problem):
    X, y = problem("binary")
    clf = make("binary", hidden_layer_sizes=())
    for fitted in (clf, clf.fit(X, y)):
        for method in ("transform", "fit_transform", "get_feature_names_out"):
            assert not hasattr(fitted, method)


def test_features_as_a_frame(problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("binary")
    clf = make("binary").set_output(transform="pandas").fit(X, y)
    frame = clf.transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == clf.get_feature_names_out().tolist()


# Containers and precision ---------------------------------------------------------

CONTAINERS = [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("target", ["multiclass", "multioutput"])
def test_sparse_is_dense(container, solver, target, problem):
    X, y = problem(target)
    X = np.where(np.abs(X) > 0.7, X, 0)
    params = {"solver": solver, "max_iter": 5, "dropout": 0 if solver == "lbfgs" else 0.1}
    dense = make(target, **params).fit(X, y)
    model = make(target, **params).fit(container(X), y)
    same(model, dense, rtol=1e-8, atol=1e-10)
    assert_allclose(model.predict(container(X)), dense.predict(X), rtol=1e-8)
    if target == "multiclass":
        assert_allclose(model.transform(container(X)), dense.transform(X), rtol=1e-8)


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, "strided", "list"])
def test_memory_layout_does_not_matter(layout, problem):
    X, y = problem("regression")
    expected = make("regression").fit(X, y)
    if layout == "strided":
        X = np.repeat(X, 2, axis=1)[:, ::2]
    elif layout == "list":
        X, y = X.tolist(), y.tolist()
    else:
        X = layout(X)
    same(make("regression").fit(X, y), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_precision_goes_through(dtype, target, solver, problem):
    X, y = problem(target)
    model = make(target, solver=solver).fit(X.astype(dtype), y)
    assert {p.dtype for p in [*model.coefs_, *model.intercepts_]} == {np.dtype(dtype)}
    X = X.astype(dtype)
    if target in CLASSIFICATION:
        for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
            assert getattr(model, method)(X).dtype == dtype
    else:
        assert model.predict(X).dtype == dtype
    assert isinstance(model.loss_, float)


@pytest.mark.parametrize(
    "params",
    [
        {"normalization": "layer"},
        {"normalization": "batch"},
        {"dropout": 0.2},
        {"weight_decay": 0.1, "max_grad_norm": 0.5},
        {"init": "he_normal", "learning_rate": "cosine"},
        {"early_stopping": True},
    ],
    ids=str,
)
def test_single_precision_survives_every_option(params, problem):
    X, y = problem("binary")
    model = make("binary", **params).fit(X.astype(np.float32), y)
    assert {p.dtype for p in [*model.coefs_, *model.intercepts_]} == {np.dtype("f4")}
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_integers_and_booleans_are_numbers(problem):
    X, y = problem("binary")
    X = (X > 0).astype(int)
    expected = make("binary").fit(X.astype(float), y)
    same(make("binary").fit(X, y), expected)
    same(make("binary").fit(X.astype(bool), y), expected)
    assert expected.coefs_[0].dtype == np.float64


def test_the_data_are_left_alone(problem):
    X, y = problem("regression")
    copies = X.copy(), y.copy()
    for array in (X, y):
        array.setflags(write=False)
    weights = np.ones(len(y))
    weights.setflags(write=False)
    model = make("regression", batch_size=7, early_stopping=True)
    model.fit(X, y, sample_weight=weights).predict(X)
    assert_array_equal(X, copies[0])
    assert_array_equal(y, copies[1])


# Activations, initial weights, schedules ------------------------------------------

ACTIVATIONS = [
    "identity",
    "logistic",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_activation_learns(activation, solver, problem):
    X, y = problem("regression")
    params = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.01} if solver == "adam" else {}
    reg = make("regression", activation=activation, solver=solver, max_iter=150, **params)
    assert reg.fit(X, y).loss_ < 0.6 * reg.loss_curve_[0]


def test_own_activation(problem):
    X, y = problem("regression")
    own = Activation(
        "own tanh",
        function=lambda z, out: np.tanh(z, out=out),
        derivative=lambda z, out: np.subtract(1.0, np.tanh(z) ** 2, out=out),
    )
    model = make("regression", activation=own).fit(X, y)
    same(model, make("regression", activation="tanh").fit(X, y), rtol=1e-9)
    mixed = make("regression", activation=[own, "relu"]).fit(X, y)
    same(mixed, make("regression", activation=["tanh", "relu"]).fit(X, y), rtol=1e-9)


def test_activations_layer_by_layer(problem):
    X, y = problem("regression")
    reg = make("regression", activation=["tanh", "logistic"]).fit(X, y)
    hidden = np.tanh(X @ reg.coefs_[0] + reg.intercepts_[0])
    hidden = expit(hidden @ reg.coefs_[1] + reg.intercepts_[1])
    expected = (hidden @ reg.coefs_[2] + reg.intercepts_[2])[:, 0]
    assert_allclose(reg.predict(X), expected, rtol=1e-10)
    # a list of one and the same is the name
    same(
        make("regression", activation=["tanh", "tanh"]).fit(X, y),
        make("regression", activation="tanh").fit(X, y),
    )


@pytest.mark.parametrize(
    "init, spread",
    [
        ("glorot_uniform", np.sqrt(2 / 350)),
        ("glorot_normal", np.sqrt(2 / 350)),
        ("he_uniform", np.sqrt(2 / 200)),
        ("he_normal", np.sqrt(2 / 200)),
        ("lecun_normal", np.sqrt(1 / 200)),
    ],
)
def test_spread_of_initial_weights(init, spread):
    """The standard deviation of 200 x 150 weights, after a step that moves nothing."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((10, 200)), rng.standard_normal(10)
    reg = BackpropRegressor(
        hidden_layer_sizes=(150,),
        init=init,
        learning_rate_init=1e-12,
        max_iter=1,
        random_state=0,
    ).fit(X, y)
    W = reg.coefs_[0]
    assert_allclose(W.std(), spread, rtol=0.02)
    assert abs(W.mean()) < 0.02 * spread
    kurtosis = np.mean((W / W.std()) ** 4)
    if init.endswith("uniform"):
        assert_allclose(np.abs(W).max(), np.sqrt(3) * spread, rtol=1e-2)
        assert_allclose(kurtosis, 1.8, atol=0.05)
    else:
        assert kurtosis > 2.2
    if init == "glorot_uniform":  # scikit-learn draws the biases too
        assert np.abs(reg.intercepts_[0]).max() > 0.5 * np.sqrt(3) * spread
    else:
        assert np.abs(reg.intercepts_[0]).max() < 1e-9


def test_init_by_a_function(problem):
    """Asked once a layer, from input to output, with the generator of the run."""
    X, y = problem("regression")
    calls = []

    def init(rng, fan_in, fan_out):
        calls.append((fan_in, fan_out))
        W = rng.uniform(-1, 1, (fan_in, fan_out))
        return W if fan_out > 1 else (W, np.full(fan_out, 7.0))

    reg = make("regression", init=init, learning_rate_init=1e-15, max_iter=1).fit(X, y)
    assert calls == [(5, 6), (6, 5), (5, 1)]
    rng = np.random.RandomState(0)
    for W, (fan_in, fan_out) in zip(reg.coefs_, calls, strict=True):
        assert_allclose(W, rng.uniform(-1, 1, (fan_in, fan_out)), atol=1e-12)
    assert_allclose(np.concatenate(reg.intercepts_), [0.0] * 11 + [7.0], atol=1e-12)


def test_init_by_a_list_takes_no_draws(problem, weights_of):
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1])
    copies = copy.deepcopy(init)
    one, other = (make("regression", init=init, shuffle=False, random_state=s) for s in (0, 1))
    same(one.fit(X, y), other.fit(X, y))
    for (W, b), (V, c) in zip(init, copies, strict=True):  # and leaves the arrays alone
        assert_array_equal(W, V)
        assert_array_equal(b, c)


def _rates(learning_rate, n_epochs=20, batch_size=60):
    """The rate of each epoch's only step, read off a model that is only a bias.

    With features and targets of zero, plain descent shrinks the bias by the factor
    (1 − rate) a step, and the loss of an epoch shows the bias it began with.
    """
    reg = BackpropRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate=learning_rate,
        learning_rate_init=0.1,
        shuffle=False,
        batch_size=batch_size,
        init=[(np.zeros((1, 1)), np.ones(1))],
        max_iter=n_epochs,
        tol=0,
        n_iter_no_change=np.inf,
    ).fit(np.zeros((60, 1)), np.zeros(60))
    biases = np.sqrt(2 * np.array(reg.loss_curve_))
    return 1 - np.append(biases, abs(reg.intercepts_[0][0]))[1:] / biases


@pytest.mark.parametrize(
    "learning_rate", ["constant", "invscaling", "cosine", "one_cycle", lambda p: 1 - 0.5 * p]
)
def test_schedules_of_plain_descent(learning_rate):
    rates = _rates(learning_rate)
    epochs = np.arange(20)
    if learning_rate == "constant":
        assert_allclose(rates, 0.1, rtol=1e-9)
    elif learning_rate == "invscaling":
        assert_allclose(rates, 0.1 / (60 * epochs + 1) ** 0.5, rtol=1e-9)
    elif learning_rate == "cosine":
        assert_allclose(rates[0], 0.1, rtol=1e-9)
        assert np.all(np.diff(rates) < 0)
        assert rates[-1] < 0.02 * rates[0]
        assert_allclose(rates[10], 0.05, rtol=0.1)
    elif learning_rate == "one_cycle":
        peak = rates.argmax()
        assert 2 <= peak <= 12
        assert_allclose(rates[peak], 0.1, rtol=0.1)
        assert np.all(np.diff(rates[: peak + 1]) > 0)
        assert np.all(np.diff(rates[peak:]) < 0)
        assert rates[0] < 0.5 * rates[peak]
        assert rates[-1] < 0.1 * rates[peak]
    else:  # falls by the same amount each epoch, from 1 to about one half
        assert_allclose(rates[0], 0.1, rtol=1e-9)
        assert_allclose(np.diff(rates), np.diff(rates)[0], rtol=1e-6)
        assert_allclose(rates[-1], 0.05, rtol=0.06)


@pytest.mark.parametrize("batch_size", [20, 60])
def test_a_schedule_sees_progress_from_zero_to_one(batch_size):
    seen = []

    def learning_rate(progress):
        seen.append(progress)
        return 1.0

    _rates(learning_rate, n_epochs=10, batch_size=batch_size)
    assert seen[0] == 0
    assert np.all(np.diff(seen) >= 0)
    assert 0.85 <= seen[-1] <= 1


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_a_constant_schedule_of_ones_is_none(solver, problem):
    X, y = problem("binary")
    same(
        make("binary", solver=solver, learning_rate=lambda progress: 1.0).fit(X, y),
        make("binary", solver=solver).fit(X, y),
    )


@pytest.mark.parametrize("schedule", ["invscaling", "cosine", "one_cycle", lambda p: 0.5])
def test_schedules_change_adam(schedule, problem):
    X, y = problem("binary")
    model = make("binary", learning_rate=schedule).fit(X, y)
    plain = make("binary").fit(X, y)
    assert np.abs(model.coefs_[0] - plain.coefs_[0]).max() > 1e-4
    if callable(schedule):
        same(model, make("binary", learning_rate_init=5e-4).fit(X, y), rtol=1e-9)


# Regularisation -------------------------------------------------------------------


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_weight_decay_is_decoupled(solver, problem, weights_of):
    """One step from the same place: W shrinks by rate · decay more, b does not."""
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1])
    params = {
        "solver": solver,
        "init": init,
        "alpha": 0,
        "learning_rate_init": 0.05,
        "max_iter": 1,
    }
    decayed = make("regression", weight_decay=0.4, **params).fit(X, y)
    plain = make("regression", **params).fit(X, y)
    for W, V, (start, _) in zip(decayed.coefs_, plain.coefs_, init, strict=True):
        assert_allclose(W, V - 0.05 * 0.4 * start, atol=1e-10)
    for b, c in zip(decayed.intercepts_, plain.intercepts_, strict=True):
        assert_allclose(b, c, rtol=1e-12)


def test_weight_decay_follows_the_schedule(problem, weights_of):
    X, y = problem("regression")
    params = {
        "solver": "sgd",
        "init": weights_of([5, 6, 5, 1]),
        "alpha": 0,
        "weight_decay": 0.4,
        "max_iter": 5,
    }
    halved = make("regression", learning_rate=lambda p: 0.5, learning_rate_init=0.1, **params).fit(
        X, y
    )
    same(halved, make("regression", learning_rate_init=0.05, **params).fit(X, y), rtol=1e-10)


@pytest.mark.parametrize("most", [1e-3, 0.1])
def test_clipping_bounds_the_step(most, problem, weights_of, parameters):
    X, y = problem("regression")
    init = weights_of([5, 6, 5, 1], scale=2.0)
    params = {
        "solver": "sgd",
        "momentum": 0,
        "alpha": 0,
        "init": init,
        "learning_rate_init": 0.05,
        "max_iter": 1,
    }
    start = np.concatenate([p.ravel() for i in (0, 1) for p in [pair[i] for pair in init]])
    clipped = parameters(make("regression", max_grad_norm=most, **params).fit(X, y)) - start
    free = parameters(make("regression", **params).fit(X, y)) - start
    assert np.linalg.norm(free) > 0.05 * most
    assert_allclose(np.linalg.norm(clipped), 0.05 * most, rtol=1e-6)
    # the direction stays
    cosine = clipped @ free / np.linalg.norm(clipped) / np.linalg.norm(free)
    assert_allclose(cosine, 1, rtol=1e-9)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_clipping_leaves_small_gradients_alone(solver, problem):
    X, y = problem("regression")
    clipped = make("regression", solver=solver, max_grad_norm=1e6).fit(X, y)
    same(clipped, make("regression", solver=solver).fit(X, y))


def test_dropout_acts_in_training_only(problem):
    X, y = problem("regression", n_samples=200)
    params = {"hidden_layer_sizes": (40,), "max_iter": 60, "learning_rate_init": 0.01}
    free = make("regression", **params).fit(X, y)
    dropped = make("regression", dropout=0.5, **params).fit(X, y)
    assert np.abs(free.coefs_[0] - dropped.coefs_[0]).max() > 1e-2
    assert_array_equal(dropped.predict(X), dropped.predict(X))
    # what it is for: the fit to the training set is worse
    assert dropped.score(X, y) < free.score(X, y)
    # and the seed decides it
    same(make("regression", dropout=0.5, **params).fit(X, y), dropped)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_dropout_keeps_the_expected_activation(rate):
    """Inverted dropout: units are scaled by 1 / (1 − p), and all of them predict.

    Fifty hidden units are one and an output is their mean, whatever the features; a step
    of nearly no length keeps it so. With masks m the output is mean(m) / (1 − p), of mean
    1 and variance p / (1 − p) / 50: against the target 1, half of that is the loss.
    """
    n = 50
    X = np.random.RandomState(0).standard_normal((2000, 1))
    reg = BackpropRegressor(
        hidden_layer_sizes=(n,),
        activation="identity",
        dropout=rate,
        init=[(np.zeros((1, n)), np.ones(n)), (np.full((n, 1), 1 / n), np.zeros(1))],
        learning_rate_init=1e-12,
        alpha=0,
        batch_size=2000,
        max_iter=20,
        n_iter_no_change=20,
        random_state=0,
    ).fit(X, np.ones(2000))
    variance = rate / (1 - rate) / n
    assert_allclose(reg.loss_curve_, variance / 2, rtol=0.25)
    assert_allclose(np.mean(reg.loss_curve_), variance / 2, rtol=0.05)
    assert_allclose(reg.predict(X[:3]), np.ones(3), rtol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, [0.0, 0.0]])
def test_no_dropout_is_none(dropout, problem):
    X, y = problem("binary")
    same(make("binary", dropout=dropout).fit(X, y), make("binary").fit(X, y))


def test_dropout_layer_by_layer(problem):
    X, y = problem("binary")
    first, second, both = (
        make("binary", dropout=rates).fit(X, y).coefs_[0] for rates in ([0.5, 0.0], [0.0, 0.5], 0.5)
    )
    assert np.abs(first - second).max() > 1e-4
    assert np.abs(first - both).max() > 1e-4


def test_alpha_shrinks_the_weights(problem):
    X, y = problem("binary")
    norms = [
        np.linalg.norm(make("binary", alpha=alpha, max_iter=100).fit(X, y).coefs_[0])
        for alpha in (0, 1, 30)
    ]
    assert norms[0] > norms[1] > norms[2]


# Normalisation --------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["layer", "batch"])
@pytest.mark.parametrize("target", TARGETS)
def test_normalization_learns(normalization, target, problem):
    X, y = problem(target, n_samples=121)  # the last batch has one row
    model = make(
        target,
        normalization=normalization,
        batch_size=20,
        max_iter=60,
        learning_rate_init=0.01,
    ).fit(X, y)
    assert model.loss_ < 0.9 * model.loss_curve_[0]
    assert np.isfinite(model.loss_curve_).all()


@pytest.mark.parametrize("normalization", ["layer", "batch"])
def test_predictions_do_not_depend_on_the_batch(normalization, problem):
    X, y = problem("regression")
    reg = make("regression", normalization=normalization, batch_size=16).fit(X, y)
    together = reg.predict(X)
    alone = np.array([reg.predict(x[None])[0] for x in X])
    assert_allclose(together, alone, rtol=1e-9)


def test_normalization_undoes_the_scale_of_the_weights(problem, weights_of):
    """Layer normalisation comes before the activation: W and 7 W mean the same."""
    X, y = problem("regression")
    (W1, _), (W2, b2) = weights_of([5, 6, 1])
    predictions = [
        BackpropRegressor(
            hidden_layer_sizes=(6,),
            activation="tanh",
            normalization="layer",
            init=[(factor * W1, np.zeros(6)), (W2, b2)],
            learning_rate_init=1e-12,
            max_iter=1,
        )
        .fit(X, y)
        .predict(X)
        for factor in (1.0, 7.0)
    ]
    assert_allclose(predictions[0], predictions[1], rtol=1e-3, atol=1e-4)
    z = X @ W1
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    assert_allclose(predictions[1], (np.tanh(z) @ W2 + b2)[:, 0], rtol=1e-3, atol=1e-3)


def _standing_still(X, n_rows, batch_size, n_epochs, weights_of):
    """A batch-normalised network whose weights do not move, only its statistics."""
    init = weights_of([5, 6, 1])
    model = BackpropRegressor(
        hidden_layer_sizes=(6,),
        activation="tanh",
        normalization="batch",
        init=init,
        learning_rate_init=1e-12,
        batch_size=batch_size,
        shuffle=False,
        max_iter=n_epochs,
        n_iter_no_change=n_epochs,
    )
    return model.fit(X[:n_rows], np.zeros(n_rows)), init


def test_batch_statistics_become_those_of_the_data(weights_of):
    """What predictions standardise by, after many batches."""
    X = np.random.RandomState(0).standard_normal((300, 5)) * 3 + 7
    reg, ((W1, b1), (W2, b2)) = _standing_still(X, 300, 50, 40, weights_of)
    z = X @ W1 + b1
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    assert_allclose(reg.predict(X), (np.tanh(z) @ W2 + b2)[:, 0], atol=0.05)


def test_a_batch_of_one_row_has_no_statistics(weights_of):
    X = np.random.RandomState(0).standard_normal((21, 5))
    without, _ = _standing_still(X, 20, 20, 1, weights_of)
    with_one_more, _ = _standing_still(X, 21, 20, 1, weights_of)
    assert_allclose(with_one_more.predict(X), without.predict(X), rtol=1e-6)


# Early stopping -------------------------------------------------------------------

STOPS = {
    "early_stopping": True,
    "hidden_layer_sizes": (30,),
    "learning_rate_init": 0.05,
    "n_iter_no_change": 5,
    "max_iter": 300,
}


def _reference_score(model, scoring, X, y):
    """The score of a fitted model, by scikit-learn alone."""
    if scoring is None:
        return model.score(X, y)
    if scoring == "loss":
        if hasattr(model, "classes_"):
            return -log_loss(y, model.predict_proba(X))
        return -np.mean((model.predict(X) - y) ** 2) / 2
    return get_scorer(scoring)(model, X, y)


@pytest.mark.parametrize(
    "target, scoring",
    [
        ("binary", None),
        ("binary", "loss"),
        ("binary", "roc_auc"),
        ("binary", "neg_log_loss"),
        ("multiclass", "balanced_accuracy"),
        ("multiclass", "loss"),
        ("regression", None),
        ("regression", "loss"),
        ("regression", "neg_mean_absolute_error"),
    ],
)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_early_stopping_brings_the_best_weights_back(target, scoring, solver, problem):
    """The model that is left scores what the best epoch scored."""
    X, y = problem(target, n_samples=150)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    model = make(target, scoring=scoring, solver=solver, **STOPS)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ < model.max_iter
    assert len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None
    assert_allclose(
        _reference_score(model, scoring, X_val, y_val), model.best_validation_score_, rtol=1e-9
    )
    # not those of the last epoch
    worse = [s for s in model.validation_scores_ if s < model.best_validation_score_]
    assert worse


def test_scoring_by_a_function(problem):
    X, y = problem("regression")
    calls = []

    def scoring(estimator, X, y, sample_weight=None):
        calls.append(estimator.predict(X).shape == y.shape)
        return -len(calls)  # always worse than before

    reg = make("regression", scoring=scoring, **STOPS).fit(X, y)
    assert all(calls)
    assert reg.validation_scores_ == [-float(i + 1) for i in range(len(calls))]
    # the first epoch was best, and patience runs out after it
    assert reg.n_iter_ == 1 + reg.n_iter_no_change + 1
    first = make("regression", **{**STOPS, "max_iter": 1}).fit(X, y)
    same(reg, first)


def test_scorers_see_the_labels(problem):
    X, y = problem("multiclass")
    y = np.array(["ash", "birch", "cedar"])[y]
    seen = set()

    def scoring(estimator, X, y, sample_weight=None):
        seen.update(y)
        return accuracy_score(y, estimator.predict(X))

    make("multiclass", scoring=scoring, **STOPS).fit(X, y)
    assert seen == {"ash", "birch", "cedar"}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("as_sparse", [False, True])
def test_own_validation_set(target, as_sparse, problem):
    """All of X trains; what is watched is X_val."""
    X, y = problem(target)
    X_val, y_val = problem(target, n_samples=30, seed=1)
    container = sparse.csr_array if as_sparse else np.asarray
    params = {"early_stopping": True, "max_iter": 6, "tol": 0}
    watched = make(target, **params).fit(container(X), y, X_val=container(X_val), y_val=y_val)
    assert watched.t_ == watched.n_iter_ * len(X)
    plain = make(target, max_iter=watched.n_iter_).fit(container(X), y)
    assert_allclose(watched.loss_curve_, plain.loss_curve_, rtol=1e-10)
    assert_allclose(watched.score(X_val, y_val), watched.best_validation_score_, rtol=1e-9)


@pytest.mark.parametrize("target", ["binary", "regression"])
@pytest.mark.parametrize("scoring", [None, "loss"])
def test_weights_of_the_validation_set(target, scoring, problem):
    """A weight of zero is as good as leaving the sample out."""
    X, y = problem(target)
    X_val, y_val = problem(target, n_samples=30, seed=1)
    weights = np.where(np.arange(30) < 20, 2.0, 0.0)
    params = {"early_stopping": True, "max_iter": 6, "tol": 0, "scoring": scoring}
    weighted = make(target, **params).fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    left_out = make(target, **params).fit(X, y, X_val=X_val[:20], y_val=y_val[:20])
    assert_allclose(weighted.validation_scores_, left_out.validation_scores_, rtol=1e-10)
    everything = make(target, **params).fit(X, y, X_val=X_val, y_val=y_val)
    assert not np.allclose(weighted.validation_scores_, everything.validation_scores_)


def test_held_out_part_is_not_trained_on(problem):
    X, y = problem("regression")
    reg = make("regression", early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert len(reg.validation_scores_) == reg.n_iter_
    rows = []

    def scoring(estimator, X_val, y_val, sample_weight=None):
        rows.append(len(X_val))
        return r2_score(y_val, estimator.predict(X_val))

    reg.set_params(scoring=scoring).fit(X, y)
    assert set(rows) == {15}


@pytest.mark.parametrize("target", ["binary", "regression"])
def test_the_split_is_a_validation_set_of_ones_own(target, problem):
    """Handing over the parts gives the same fit: weights are normalised over the first."""
    X, y = problem(target, n_samples=80)
    weights = np.random.RandomState(0).uniform(0.1, 5, 80)
    held_out = []

    def scoring(estimator, X_val, y_val, sample_weight=None):
        held_out[:] = [np.flatnonzero((row == X).all(axis=1))[0] for row in X_val]
        return get_scorer("accuracy" if target == "binary" else "r2")(
            estimator, X_val, y_val, sample_weight=sample_weight
        )

    params = {"early_stopping": True, "scoring": scoring, "batch_size": 80, "tol": 0, "alpha": 1}
    split = make(target, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # 80 rows are more than are trained on
        split.fit(X, y, sample_weight=weights)
    assert len(set(held_out)) == 8
    rows = np.setdiff1d(np.arange(80), held_out)
    val = held_out.copy()
    whole = make(target, **{**params, "batch_size": len(rows)}).fit(
        X[rows],
        y[rows],
        sample_weight=weights[rows],
        X_val=X[val],
        y_val=y[val],
        sample_weight_val=weights[val],
    )
    assert_allclose(whole.loss_curve_, split.loss_curve_, rtol=1e-8)
    assert_allclose(whole.validation_scores_, split.validation_scores_, rtol=1e-8)
    same(whole, split, rtol=1e-7, atol=1e-9)


# Going on: warm_start and partial_fit ---------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_partial_fit_is_an_epoch(target, solver, problem):
    X, y = problem(target)
    params = {"solver": solver, "batch_size": 16, "shuffle": False}
    whole = make(target, max_iter=6, **params).fit(X, y)
    steps = make(target, **params)
    classes = {}
    if target in CLASSIFICATION:
        classes = {"classes": np.arange(3 if y.ndim == 2 else y.max() + 1)}
    for i in range(6):
        assert steps.partial_fit(X, y, **classes) is steps
        assert steps.n_iter_ == 1
        assert len(steps.loss_curve_) == i + 1
        assert steps.t_ == (i + 1) * len(X)
    same(steps, whole)
    assert_allclose(steps.loss_curve_, whole.loss_curve_, rtol=1e-12)


def test_partial_fit_over_classes_in_turn(problem):
    """A batch need not hold all classes."""
    X, y = problem("multiclass", n_samples=150)
    clf = make("multiclass", learning_rate_init=0.01)
    for _ in range(60):
        for part in np.array_split(np.argsort(y, kind="stable"), 15):
            clf.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert clf.classes_.tolist() == [0, 1, 2]
    assert clf.predict_proba(X).shape == (150, 3)
    assert len(np.unique(clf.predict(X))) >= 2


@pytest.mark.parametrize("Estimator", BOTH)
def test_partial_fit_after_fit_goes_on(Estimator, problem):
    X, y = problem("binary")
    model = Estimator(**{**SMALL, "max_iter": 100}).fit(X, y)
    before = model.loss_
    for _ in range(50):
        model.partial_fit(X, y)
    assert model.loss_ < before


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", SOLVERS)
def test_warm_start_begins_where_the_last_fit_ended(Estimator, solver, problem):
    X, y = problem("binary")
    warm = Estimator(**{**SMALL, "solver": solver, "warm_start": True, "max_iter": 30})
    end = warm.fit(X, y).loss_
    assert warm.fit(X, y).loss_ <= end * 1.01
    cold = Estimator(**{**SMALL, "solver": solver, "max_iter": 30}).fit(X, y)
    assert_allclose(cold.fit(X, y).loss_, end, rtol=1e-12)


def test_warm_start_works_through_a_path_of_penalties(problem):
    X, y = problem("binary")
    clf = make("binary", solver="lbfgs", warm_start=True, max_iter=200)
    norms = [
        np.linalg.norm(clf.set_params(alpha=alpha).fit(X, y).coefs_[0]) for alpha in (0.1, 1, 10)
    ]
    assert norms[0] > norms[1] > norms[2]


@pytest.mark.parametrize(
    "old, new",
    [
        ({"activation": "relu"}, {"activation": "tanh"}),
        ({"activation": ["relu", "relu"]}, {"activation": ["relu", "elu"]}),
        ({"dropout": 0.5}, {"dropout": 0.0}),
        ({"dropout": 0.0}, {"dropout": 0.5}),
        ({"normalization": None}, {"normalization": "layer"}),
        ({"normalization": "batch"}, {"normalization": None}),
        ({"loss": "squared_error"}, {"loss": "absolute_error"}),
        ({"alpha": 0.0}, {"alpha": 10.0}),
        ({"weight_decay": 0.0}, {"weight_decay": 0.5}),
        ({"max_grad_norm": None}, {"max_grad_norm": 1e-6}),
        ({"learning_rate_init": 0.001}, {"learning_rate_init": 0.1}),
        ({"batch_size": 60}, {"batch_size": 10}),
        ({"momentum": 0.9}, {"momentum": 0.0}),
    ],
    ids=str,
)
def test_warm_start_follows_changed_parameters_or_refuses(old, new, problem, state):
    """A parameter that is set between two fits must not be ignored in silence."""
    X, y = problem("regression")
    params = {"solver": "sgd", "warm_start": True, "max_iter": 3}
    changed, unchanged = (make("regression", **params, **old).fit(X, y) for _ in range(2))
    changed.set_params(**new)
    before = state(changed)
    try:
        changed.fit(X, y)
    except ValueError as error:
        refusal = str(error)
    else:
        unchanged.fit(X, y)
        assert np.abs(changed.coefs_[0] - unchanged.coefs_[0]).max() > 1e-8
        return
    (name,) = new
    assert name in refusal
    assert state(changed) == before


def test_warm_start_without_dropout_is_a_fit_without_dropout(problem):
    """Fine-tuning: the second fit is what it would be from the same weights alone."""
    X, y = problem("regression")
    params = {"solver": "sgd", "momentum": 0, "shuffle": False, "max_iter": 3}
    tuned = make("regression", dropout=0.5, warm_start=True, **params).fit(X, y)
    pairs = zip(tuned.coefs_, tuned.intercepts_, strict=True)
    init = [(W.copy(), b.copy()) for W, b in pairs]
    tuned.set_params(dropout=0.0).fit(X, y)
    same(tuned, make("regression", init=init, **params).fit(X, y))


# Interruption ---------------------------------------------------------------------


def _long(Estimator, solver, **params):
    return Estimator(
        hidden_layer_sizes=(100,),
        solver=solver,
        alpha=0,
        tol=0,
        n_iter_no_change=np.inf,
        max_iter=10**6,
        max_fun=10**7,
        random_state=0,
        **params,
    )


def _fit_interrupted(model, *args):
    """Fit, with the warnings; an interrupt that gets through is a failure."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(*args)
        except KeyboardInterrupt:
            pytest.fail("KeyboardInterrupt came through fit")
    return [w for w in caught if "interrupted" in str(w.message)]


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_ctrl_c_keeps_the_model_so_far(Estimator, solver, problem):
    """Interrupted from outside, as a user at the keyboard does it, after some epochs."""
    X, y = problem("binary")
    has_begun = threading.Event()

    def tell(progress):
        if progress > 5 / 10**6:
            has_begun.set()
        return 1.0

    def interrupt():
        if has_begun.wait(60):
            _thread.interrupt_main()

    model = _long(Estimator, solver, learning_rate=tell)
    user = threading.Thread(target=interrupt)
    user.start()
    try:
        caught = _fit_interrupted(model, X, y)
    finally:
        has_begun.set()
        user.join()
    assert len(caught) == 1
    assert 1 <= model.n_iter_ < model.max_iter
    assert len(model.loss_curve_) == model.n_iter_
    assert model.predict(X).shape == y.shape
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.parametrize("solver", SOLVERS)
def test_interrupt_in_an_activation(solver, problem):
    """...in the middle of a forward pass: the weights are those of a whole step."""
    X, y = problem("multiclass")
    calls = []

    def function(z, out):
        calls.append(None)
        if len(calls) == 30:
            raise KeyboardInterrupt
        np.tanh(z, out=out)

    def derivative(z, out):
        np.subtract(1.0, np.tanh(z) ** 2, out=out)

    model = _long(BackpropClassifier, solver, activation=Activation("tanh!", function, derivative))
    assert len(_fit_interrupted(model, X, y)) == 1
    assert 1 <= model.n_iter_ <= 30
    assert len(model.loss_curve_) == model.n_iter_
    assert np.isfinite(model.predict_proba(X)).all()
    loss = log_loss(y, model.predict_proba(X))
    assert loss < model.loss_curve_[0]
    if solver == "lbfgs":  # not a trial of the line search
        assert_allclose(loss, model.loss_curve_[-1], rtol=1e-6)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_interrupt_in_a_schedule(solver, problem):
    """...at a known place: epochs that were complete are kept."""
    X, y = problem("binary")
    calls = []

    def learning_rate(progress):
        calls.append(progress)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return 1.0

    model = _long(BackpropClassifier, solver, learning_rate=learning_rate, batch_size=20)
    assert len(_fit_interrupted(model, X, y)) == 1
    assert 12 <= model.n_iter_ <= 40
    assert model.n_iter_ == len(model.loss_curve_)
    assert model.predict(X).shape == y.shape
    same(model, pickle.loads(pickle.dumps(model.set_params(learning_rate="constant"))))


def test_interrupt_during_early_stopping_brings_the_best_weights_back(problem):
    X, y = problem("regression")
    seen = []

    def scoring(estimator, X, y, sample_weight=None):
        if len(seen) == 9:
            raise KeyboardInterrupt
        seen.append(r2_score(y, estimator.predict(X)) if len(seen) < 3 else -1.0)
        return seen[-1]

    model = _long(
        BackpropRegressor, "adam", early_stopping=True, scoring=scoring, learning_rate_init=0.01
    )
    assert len(_fit_interrupted(model, X, y)) == 1
    assert model.best_validation_score_ == max(seen)
    assert_allclose([len(model.validation_scores_), len(model.loss_curve_)], model.n_iter_, atol=1)
    best = int(np.argmax(seen)) + 1
    same(
        model,
        BackpropRegressor(
            hidden_layer_sizes=(100,),
            alpha=0,
            tol=0,
            early_stopping=True,
            learning_rate_init=0.01,
            max_iter=best,
            scoring=_Rising(),
            random_state=0,
        ).fit(X, y),
    )


class _Rising:
    """A scorer that finds every epoch better than the one before."""

    def __init__(self):
        self.calls = 0

    def __call__(self, estimator, X, y, sample_weight=None):
        self.calls += 1
        return float(self.calls)


# Copies ---------------------------------------------------------------------------


def _joblib_round_trip(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


COPIES = {
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "joblib": _joblib_round_trip,
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("how_fitted", ["fit", "warm fit", "partial_fit"])
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize(
    "params",
    [{}, {"normalization": "batch"}, {"dropout": 0.2}, {"normalization": "layer"}],
    ids=str,
)
def test_a_copy_goes_on_as_the_original(how, how_fitted, solver, params, problem, tmp_path):
    X, y = problem("multiclass")
    model = make(
        "multiclass",
        solver=solver,
        batch_size=16,
        warm_start=how_fitted == "warm fit",
        **params,
    )
    if how_fitted == "partial_fit":
        for _ in range(3):
            model.partial_fit(X, y, classes=[0, 1, 2])
    else:
        model.fit(X, y)
    duplicate = COPIES[how](model, tmp_path)
    same(duplicate, model)
    assert_array_equal(duplicate.predict_proba(X), model.predict_proba(X))
    before = duplicate.predict_proba(X)
    for estimator in (model, duplicate):
        for _ in range(3):
            if how_fitted == "warm fit":
                estimator.fit(X, y)
            else:
                estimator.partial_fit(X, y)
        if estimator is model:  # the two share nothing
            assert_array_equal(duplicate.predict_proba(X), before)
    same(duplicate, model)
    # training still reaches what prediction reads
    assert np.abs(duplicate.predict_proba(X) - before).max() > 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
def test_size_of_a_pickle(solver, problem):
    X, y = problem("binary")
    clf = make("binary", solver=solver, hidden_layer_sizes=(400, 100), max_iter=2).fit(X, y)
    weights = sum(p.nbytes for p in [*clf.coefs_, *clf.intercepts_])
    assert weights <= len(pickle.dumps(clf)) < 1.1 * weights


def test_clone_is_unfitted_and_fits_the_same(problem):
    X, y = problem("binary")
    clf = make("binary", activation=["tanh", "elu"], dropout=[0.1, 0.0]).fit(X, y)
    duplicate = clone(clf)
    assert not hasattr(duplicate, "coefs_")
    same(duplicate.fit(X, y), clf)


# Threads --------------------------------------------------------------------------


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_concurrent_predictions(normalization, problem):
    X, y = problem("multiclass", n_samples=400)
    clf = make("multiclass", normalization=normalization).fit(X, y)
    parts = [X[: 1 + 37 * i % 400] for i in range(200)]
    expected = [clf.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        for result, alone in zip(pool.map(clf.predict_proba, parts), expected, strict=True):
            assert_array_equal(result, alone)


def test_concurrent_fits(problem):
    X, y = problem("binary")
    models = [make("binary", random_state=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda model: clone(model).fit(X, y), models))
    for model, other in zip(models, together, strict=True):
        same(model.fit(X, y), other)


# In scikit-learn's company --------------------------------------------------------


def test_grid_search_over_a_pipeline():
    X, y = make_spirals(200, noise=0.2, random_state=0)
    pipeline = make_pipeline(
        StandardScaler(),
        BackpropClassifier(solver="lbfgs", activation="tanh", random_state=0, max_iter=300),
    )
    search = GridSearchCV(
        pipeline,
        {
            "backpropclassifier__hidden_layer_sizes": [(), (12, 6)],
            "backpropclassifier__alpha": [1e-3, 1.0],
        },
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["backpropclassifier__hidden_layer_sizes"] == (12, 6)
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("Estimator", BOTH)
def test_cross_validation(Estimator, problem):
    X, y = problem("binary" if Estimator is BackpropClassifier else "regression", n_samples=150)
    model = Estimator(hidden_layer_sizes=(20,), learning_rate_init=0.01, random_state=0)
    scores = cross_val_score(make_pipeline(StandardScaler(), model), X, y, error_score="raise")
    assert scores.shape == (5,)
    assert scores.mean() > (0.65 if Estimator is BackpropClassifier else 0.1)


def test_as_a_step_in_the_middle(problem):
    """The hidden layer as features of something else."""
    X, y = problem("multiclass")
    from sklearn.linear_model import LogisticRegression

    pipeline = make_pipeline(StandardScaler(), make("multiclass"), LogisticRegression())
    pipeline.fit(X, y)
    assert pipeline.predict(X).shape == y.shape
    names = pipeline[:-1].get_feature_names_out()
    assert len(names) == pipeline[-1].n_features_in_ == 5


def test_classes_of_every_kind():
    X, y = make_blobs(n_samples=60, centers=3, cluster_std=0.3, random_state=0)
    for labels in (
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([-5, 0, 7]),
        np.array([0.0, 1.0, 2.0]),
    ):
        clf = BackpropClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
        clf.fit(X, labels[y])
        assert_array_equal(clf.classes_, labels)
        if labels.dtype != object:
            assert clf.classes_.dtype == labels.dtype
            assert clf.predict(X).dtype == labels.dtype
        assert clf.score(X, labels[y]) == 1.0
    booleans = BackpropClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
    assert booleans.fit(X, y == 1).predict(X).dtype == bool


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_unfinished_training_is_said(Estimator, solver, problem):
    model = Estimator(**{**SMALL, "solver": solver, "max_iter": 2})
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\) reached"):
        model.fit(*problem("binary"))


def test_verbose_tells_every_epoch(problem, capsys):
    make("binary", verbose=True, early_stopping=True, max_iter=3).fit(*problem("binary"))
    out = capsys.readouterr().out
    assert out.count("Iteration") == 3
    assert out.count("Validation score") == 3
    make("binary", max_iter=3).fit(*problem("binary"))
    assert capsys.readouterr().out == ""
