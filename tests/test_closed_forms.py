"""Models that have an answer elsewhere: no hidden layer, weights, limits of losses.

A network without hidden layers trained by L-BFGS is a generalised linear model. Ours
minimises (1/n) Σ wᵢ ℓᵢ + α/2n ‖W‖² (weights of mean 1, bias not penalised), so α
stands for ``1 / C`` in `LogisticRegression`, for ``alpha`` in `Ridge` (whose squared
error has no factor ½, nor has its penalty) and for n times ``alpha`` in
`PoissonRegressor`.

Tolerances. L-BFGS ends when no component of the projected gradient exceeds ``tol``,
or when the value stalls at about 1e-9 of itself: near an optimum of curvature λ the
weights are then off by up to sqrt(2 · 1e-9 / λ), 1e-4 for the problems here.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import (
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
)
from sklearn.utils.class_weight import compute_sample_weight

from skbackprop import BackpropClassifier, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LINEAR = {
    "hidden_layer_sizes": (),
    "solver": "lbfgs",
    "tol": 1e-9,
    "max_iter": 5000,
    "max_fun": 50000,
    "random_state": 0,
}
CLOSE = {"rtol": 1e-3, "atol": 2e-4}
WEIGHTS = np.random.RandomState(7).uniform(0.2, 5, 60)


# Generalised linear models --------------------------------------------------------


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_binary_is_logistic_regression(alpha, weights, problem):
    X, y = problem("binary")
    clf = BackpropClassifier(alpha=alpha, **LINEAR).fit(X, y, sample_weight=weights)
    logistic = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000)
    logistic.fit(X, y, sample_weight=weights)
    assert_allclose(clf.coefs_[0].T, logistic.coef_, **CLOSE)
    assert_allclose(clf.intercepts_[0], logistic.intercept_, **CLOSE)
    assert_allclose(clf.predict_proba(X), logistic.predict_proba(X), **CLOSE)
    assert_allclose(clf.decision_function(X), logistic.decision_function(X), **CLOSE)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_multiclass_is_multinomial_regression(alpha, weights, problem):
    """The penalty fixes the weights; the biases stay free to shift together."""
    X, y = problem("multiclass")
    clf = BackpropClassifier(alpha=alpha, **LINEAR).fit(X, y, sample_weight=weights)
    logistic = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000)
    logistic.fit(X, y, sample_weight=weights)
    assert_allclose(clf.coefs_[0].T, logistic.coef_, **CLOSE)
    ours, theirs = clf.intercepts_[0], logistic.intercept_
    assert_allclose(ours - ours.mean(), theirs - theirs.mean(), **CLOSE)
    assert_allclose(clf.predict_proba(X), logistic.predict_proba(X), **CLOSE)


def test_multilabel_is_one_logistic_regression_per_label(problem):
    X, Y = problem("multilabel")
    clf = BackpropClassifier(alpha=1.0, **LINEAR).fit(X, Y)
    for label, y in enumerate(Y.T):
        logistic = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(X, y)
        assert_allclose(clf.coefs_[0][:, label], logistic.coef_[0], **CLOSE)
        assert_allclose(clf.intercepts_[0][label], logistic.intercept_[0], **CLOSE)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("alpha", [0.0, 1.0, 20.0])
@pytest.mark.parametrize("target", ["regression", "multioutput"])
def test_squared_error_is_ridge(target, alpha, weights, problem):
    X, y = problem(target)
    reg = BackpropRegressor(alpha=alpha, **LINEAR).fit(X, y, sample_weight=weights)
    ridge = Ridge(alpha=alpha).fit(X, y, sample_weight=weights)
    assert_allclose(reg.coefs_[0].T, np.atleast_2d(ridge.coef_), **CLOSE)
    assert_allclose(reg.intercepts_[0], np.atleast_1d(ridge.intercept_), **CLOSE)
    assert_allclose(reg.predict(X), ridge.predict(X), **CLOSE)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_poisson_is_the_poisson_glm(alpha, weights, problem):
    X, y = problem("poisson")
    reg = BackpropRegressor(loss="poisson", alpha=alpha, **LINEAR)
    reg.fit(X, y, sample_weight=weights)
    # the GLM divides its deviance, but not its penalty, by the sum of weights
    total = len(y) if weights is None else weights.sum()
    glm = PoissonRegressor(alpha=alpha / total, tol=1e-9, max_iter=1000)
    glm.fit(X, y, sample_weight=weights)
    assert_allclose(reg.coefs_[0][:, 0], glm.coef_, **CLOSE)
    assert_allclose(reg.intercepts_[0][0], glm.intercept_, **CLOSE)
    assert_allclose(reg.predict(X), glm.predict(X), **CLOSE)


def _pinball(y, prediction, quantile):
    error = y - prediction
    return np.mean(np.maximum(quantile * error, (quantile - 1) * error))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
def test_quantile_is_quantile_regression(quantile, problem):
    """The optimum is a vertex of a linear programme: compare values, not weights.

    Subgradient steps of a rate that falls to zero end within 0.1 % of the optimal
    value, which the simplex method finds exactly.
    """
    X, y = problem("regression")
    reg = BackpropRegressor(
        loss="quantile",
        quantile=quantile,
        hidden_layer_sizes=(),
        alpha=0,
        batch_size=len(X),
        learning_rate="cosine",
        learning_rate_init=0.02,
        max_iter=3000,
        tol=0,
        n_iter_no_change=3000,
        random_state=0,
    ).fit(X, y)
    exact = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y)
    optimum = _pinball(y, exact.predict(X), quantile)
    reached = _pinball(y, reg.predict(X), quantile)
    assert optimum - 1e-9 <= reached < 1.001 * optimum
    assert_allclose(reg.loss_, reached, rtol=1e-3)


# Weights --------------------------------------------------------------------------

COUNTS = np.random.RandomState(8).randint(0, 4, 60)


@pytest.mark.parametrize(
    "target, params",
    [
        ("binary", {}),
        ("binary", {"loss": "squared_error"}),
        ("multiclass", {"label_smoothing": 0.1}),
        ("multilabel", {}),
        ("regression", {}),
        ("regression", {"loss": "huber", "huber_delta": 0.5}),
        ("regression", {"loss": "quantile", "quantile": 0.3}),
        ("multioutput", {"loss": "absolute_error"}),
        ("poisson", {"loss": "poisson"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_weight_of_k_is_k_rows(target, params, solver, problem, parameters):
    X, y = problem(target)
    Estimator = {
        "binary": BackpropClassifier,
        "multiclass": BackpropClassifier,
        "multilabel": BackpropClassifier,
    }.get(target, BackpropRegressor)
    model = Estimator(
        hidden_layer_sizes=(6,),
        activation="tanh",
        solver=solver,
        alpha=0.1,
        shuffle=True,
        max_iter=20 if solver == "lbfgs" else 50,
        random_state=0,
        **params,
    )
    weighted = parameters(model.fit(X, y, sample_weight=COUNTS))
    loss = model.loss_
    repeated = parameters(model.fit(X.repeat(COUNTS, 0), y.repeat(COUNTS, 0)))
    # L-BFGS magnifies the rounding of its line search
    tolerance = 1e-4 if solver == "lbfgs" else 1e-8
    assert_allclose(weighted, repeated, rtol=tolerance, atol=tolerance)
    assert_allclose(loss, model.loss_, rtol=tolerance)


ANIMALS = np.array(["lynx", "otter", "seal"])


def _class_weighted(solver, class_weight=None):
    return BackpropClassifier(
        hidden_layer_sizes=(6,),
        solver=solver,
        class_weight=class_weight,
        batch_size="auto" if solver == "lbfgs" else 16,
        max_iter=20,
        random_state=0,
    )


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("class_weight", ["balanced", {"lynx": 3, "otter": 0.5}])
def test_class_weight_is_sample_weight(target, solver, class_weight, problem, parameters):
    X, y = problem(target)
    y = ANIMALS[y]
    by_class = _class_weighted(solver, class_weight).fit(X, y)
    weights = compute_sample_weight(class_weight, y)
    by_sample = _class_weighted(solver).fit(X, y, sample_weight=weights)
    assert_allclose(parameters(by_class), parameters(by_sample), rtol=1e-6)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_class_weights_multiply_sample_weights(solver, problem, parameters):
    X, y = problem("multiclass")
    y = ANIMALS[y]
    class_weight = {"lynx": 3, "otter": 0.5}
    by_class = _class_weighted(solver, class_weight).fit(X, y, sample_weight=WEIGHTS)
    weights = WEIGHTS * compute_sample_weight(class_weight, y)
    by_sample = _class_weighted(solver).fit(X, y, sample_weight=weights)
    assert_allclose(parameters(by_class), parameters(by_sample), rtol=1e-6)


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_balanced_classes_count_samples_by_weight(target, solver, problem, parameters):
    """...so that a weight of k is still k rows."""
    X, y = problem(target)
    clf = _class_weighted(solver, "balanced").set_params(batch_size="auto")
    weighted = parameters(clf.fit(X, y, sample_weight=COUNTS))
    repeated = parameters(clf.fit(X.repeat(COUNTS, 0), y.repeat(COUNTS)))
    assert_allclose(weighted, repeated, rtol=1e-5)


@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor])
def test_equal_weights_are_no_weights(Estimator, problem, parameters):
    X, y = problem("binary")
    model = Estimator(hidden_layer_sizes=(6,), batch_size=16, random_state=0)
    unweighted = parameters(model.fit(X, y))
    weighted = parameters(model.fit(X, y, sample_weight=np.ones(len(y))))
    assert_allclose(weighted, unweighted, rtol=1e-8)


# Constant predictors: all features are zero, so only the bias learns --------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("labels", [np.repeat([0, 1], [6, 2]), np.repeat([0, 1, 2], 4)])
def test_label_smoothing_mixes_in_the_uniform(labels, smoothing):
    """The constant that fits best is the mean of the targets (1-ε) y + ε/K."""
    if len(np.unique(labels)) == 3:
        labels = labels[:-3]
    clf = BackpropClassifier(label_smoothing=smoothing, alpha=0, **LINEAR)
    clf.fit(np.zeros((len(labels), 1)), labels)
    frequency = np.bincount(labels) / len(labels)
    expected = (1 - smoothing) * frequency + smoothing / len(frequency)
    assert_allclose(clf.predict_proba([[0.0]])[0], expected, atol=1e-4)


def test_label_smoothing_of_each_label():
    Y = np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    clf = BackpropClassifier(label_smoothing=0.2, alpha=0, **LINEAR)
    clf.fit(np.zeros((4, 1)), Y)
    expected = 0.8 * Y.mean(axis=0) + 0.1
    assert_allclose(clf.predict_proba([[0.0]])[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    "loss, params, best",
    [
        ("squared_error", {}, np.mean),
        ("poisson", {}, np.mean),
        ("absolute_error", {}, np.median),
        ("quantile", {"quantile": 0.7}, lambda y: np.quantile(y, 0.7)),
        ("huber", {"huber_delta": 1e3}, np.mean),
        ("huber", {"huber_delta": 1e-3}, np.median),
    ],
)
def test_constant_that_fits_best(loss, params, best):
    y = np.array([0.2, 5.0, 0.9, 2.0, 0.4, 1.1, 3.3])
    reg = BackpropRegressor(
        loss=loss,
        hidden_layer_sizes=(),
        alpha=0,
        learning_rate="cosine",
        learning_rate_init=0.05,
        max_iter=2000,
        tol=0,
        n_iter_no_change=2000,
        random_state=0,
        **params,
    ).fit(np.zeros((len(y), 1)), y)
    if loss == "quantile":  # 7 x 0.7 is no whole number: one sample is the quantile
        assert_allclose(reg.predict([[0.0]]), np.sort(y)[4], atol=0.01)
    else:
        assert_allclose(reg.predict([[0.0]]), best(y), atol=0.01)


# Losses that meet in a limit ------------------------------------------------------


def _fit(problem, loss, learning_rate_init=0.01, **params):
    X, y = problem("regression")
    return BackpropRegressor(
        loss=loss,
        hidden_layer_sizes=(6,),
        activation="tanh",
        solver="sgd",
        learning_rate_init=learning_rate_init,
        alpha=0,
        max_iter=30,
        tol=0,
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    ).fit(X, y)


def test_huber_of_a_large_delta_is_squared_error(problem, parameters):
    huber = _fit(problem, "huber", huber_delta=1e6)
    squared = _fit(problem, "squared_error")
    assert_allclose(parameters(huber), parameters(squared), rtol=1e-10)
    assert_allclose(huber.loss_curve_, squared.loss_curve_, rtol=1e-10)


def test_huber_of_a_small_delta_is_absolute_error(problem, parameters):
    """Its slope is ± delta almost everywhere: a rate 1 / delta makes up for it."""
    delta = 1e-9
    huber = _fit(problem, "huber", learning_rate_init=0.01 / delta, huber_delta=delta)
    absolute = _fit(problem, "absolute_error")
    assert_allclose(parameters(huber), parameters(absolute), rtol=1e-6)
    assert_allclose(np.array(huber.loss_curve_) / delta, absolute.loss_curve_, rtol=1e-6)


def test_absolute_error_is_twice_the_median_loss(problem, parameters):
    median = _fit(problem, "quantile", learning_rate_init=0.02)
    absolute = _fit(problem, "absolute_error")
    assert_allclose(parameters(median), parameters(absolute), rtol=1e-10)
    assert_allclose(2 * np.array(median.loss_curve_), absolute.loss_curve_, rtol=1e-10)
