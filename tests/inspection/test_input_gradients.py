"""Gradients with respect to the input: finite differences are the oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import InputGradientsDisplay, input_gradients, integrated_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TARGETS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "poisson"]
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


def outputs(est, X, of):
    """Scores or predictions of shape (n_samples, n_outputs), by the estimator's own methods."""
    if hasattr(est, "decision_function"):
        values = est.decision_function(X) if of == "score" else est.predict_proba(X)
        if of == "prediction" and est.n_outputs_ == 1:
            values = values[:, 1]
    else:
        values = est.predict(X)
        if of == "score" and est.out_activation_ == "exp":
            values = np.log(values)
    return np.asarray(values).reshape(len(X), -1)


def differences(function, X, h=1e-5):
    """Central differences of a function, shape (n_samples, n_features, n_outputs)."""
    shifts = h * np.eye(X.shape[1])
    columns = [(function(X + shift) - function(X - shift)) / (2 * h) for shift in shifts]
    return np.stack(columns, axis=1)


def assert_is_derivative(est, X, of="score"):
    expected = differences(lambda X: outputs(est, X, of), X)
    found = input_gradients(est, X, of=of)
    assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-8)
    assert np.abs(expected).max() > 1e-4


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("of", ["score", "prediction"])
def test_every_target_and_normalization(target, normalization, of, network):
    est, X, _ = network(target, normalization=normalization, dropout=0.3)
    assert_is_derivative(est, X, of)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_every_activation(activation, normalization, network):
    est, X, _ = network("multiclass", activation=activation, normalization=normalization)
    assert_is_derivative(est, X, "prediction")


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_losses_with_the_same_link(loss, network):
    est, X, _ = network("multiclass", loss=loss)
    assert_is_derivative(est, X, "prediction")


def test_normalization_that_has_learned(network):
    """Gains and shifts far from one and zero."""
    for normalization in ("layer", "batch"):
        est, X, _ = network("binary", normalization=normalization, max_iter=300)
        assert_is_derivative(est, X)


def test_without_a_hidden_layer_it_is_the_weights(network):
    est, X, _ = network("multiclass", hidden_layer_sizes=())
    assert_allclose(input_gradients(est, X), np.tile(est.coefs_[0], (len(X), 1, 1)))


def test_more_rows_than_a_chunk(problem):
    X, y = problem("multiclass", n_samples=600)
    clf = BackpropClassifier((4,), "tanh", max_iter=2, random_state=0).fit(X, y)
    whole = input_gradients(clf, X)
    assert_allclose(whole[-3:], input_gradients(clf, X[-3:]))
    assert_is_derivative(clf, X[250:260])


def test_shapes_and_outputs(network):
    est, X, _ = network("multiclass")
    whole = input_gradients(est, X)
    assert whole.shape == (24, 4, 3)
    assert_allclose(input_gradients(est, X, output=1), whole[:, :, 1])
    assert_allclose(input_gradients(est, csr_array(X)), whole)
    single, X, _ = network("binary")
    assert input_gradients(single, X).shape == input_gradients(single, X, output=0).shape == (24, 4)


def test_float32(problem):
    X, y = problem("binary", n_features=4)
    clf = BackpropClassifier((5,), "tanh", max_iter=5, random_state=0).fit(X.astype(np.float32), y)
    expected = differences(lambda X: outputs(clf, X, "score"), X.astype(np.float32), h=1e-2)
    found = input_gradients(clf, X.astype(np.float32))
    assert_allclose(found, expected[:, :, 0], atol=2e-3)


def test_nothing_changes(network, state):
    est, X, _ = network("multiclass", normalization="batch")
    before = state(est)
    input_gradients(est, X)
    assert state(est) == before


def test_within_a_pipeline_and_a_transformed_target(problem):
    """The gradient is that of the network: in units of its own input and output."""
    X, y = problem("regression", n_features=3)
    X = 100 + 7 * X
    reg = BackpropRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=5, random_state=0)
    meta = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), reg), transformer=StandardScaler()
    ).fit(X, 50 * y)
    scale_in = meta.regressor_[0].scale_
    found = input_gradients(meta, X) / scale_in * meta.transformer_.scale_
    expected = differences(lambda X: meta.predict(X)[:, np.newaxis], X)
    assert_allclose(found, expected[:, :, 0], rtol=1e-5, atol=1e-8)


# Integrated gradients -------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("of", ["score", "prediction"])
def test_shares_add_up(target, normalization, of, network):
    est, X, _ = network(target, normalization=normalization)
    X = X[:3]
    baseline = np.full(4, 0.3)
    shares = integrated_gradients(est, X, baseline=baseline, of=of)
    shares = shares.reshape(3, 4, -1)
    difference = outputs(est, X, of) - outputs(est, baseline[np.newaxis], of)
    assert_allclose(shares.sum(axis=1), difference, rtol=1e-6, atol=1e-7)
    assert np.abs(difference).max() > 1e-3


def test_kinks_need_more_steps(network):
    est, X, _ = network("regression", activation="relu", max_iter=50)
    difference = outputs(est, X, "score") - outputs(est, X.mean(axis=0, keepdims=True), "score")
    errors = [
        np.abs(integrated_gradients(est, X, n_steps=n).sum(axis=1) - difference[:, 0]).max()
        for n in (5, 50, 500)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.02 * np.abs(difference).max()


def test_shares_of_a_linear_model(network):
    """(xⱼ − x̄ⱼ) wⱼ, whatever the number of steps."""
    est, X, _ = network("multiclass", hidden_layer_sizes=())
    expected = (X - X.mean(axis=0))[:, :, np.newaxis] * est.coefs_[0]
    assert_allclose(integrated_gradients(est, X, n_steps=1), expected)
    assert_allclose(integrated_gradients(est, X, output=2), expected[:, :, 2])


def test_a_feature_without_influence_gets_nothing(network):
    est, X, _ = network("binary")
    est.coefs_[0][2] = 0
    assert_allclose(integrated_gradients(est, X)[:, 2], 0)


def test_baselines(problem):
    X, y = problem("binary", n_features=3)
    frame = pd.DataFrame(10 + 5 * X, columns=["a", "b", "c"])
    clf = BackpropClassifier((4,), "tanh", max_iter=5, random_state=0)
    pipe = make_pipeline(StandardScaler(), clf).fit(frame, y)
    mean = frame.to_numpy().mean(axis=0)
    expected = integrated_gradients(pipe, frame)
    assert_allclose(integrated_gradients(pipe, frame, baseline=mean), expected, atol=1e-12)
    rows = np.tile(mean, (len(frame), 1))
    assert_allclose(integrated_gradients(pipe, frame, baseline=rows), expected, atol=1e-12)
    difference = pipe.decision_function(frame) - pipe.decision_function(
        pd.DataFrame([mean], columns=frame.columns)
    )
    assert_allclose(expected.sum(axis=1), difference, rtol=1e-6, atol=1e-8)


class Nothing(BaseEstimator):
    """Has no network."""


def test_what_is_refused(network):
    est, X, y = network("multiclass")
    for function in (input_gradients, integrated_gradients):
        name = function.__name__
        with pytest.raises(TypeError, match=rf"{name} needs .* got LogisticRegression"):
            function(LogisticRegression().fit(X, y), X)
        with pytest.raises(TypeError, match=rf"{name} needs a classifier or a regressor"):
            function(BackpropAutoencoder(1, (2,), max_iter=2).fit(X), X)
        with pytest.raises(NotFittedError):
            function(BackpropClassifier(), X)
        with pytest.raises(ValueError, match=r"of must be 'score' or 'prediction', got 'loss'"):
            function(est, X, of="loss")
        with pytest.raises(ValueError, match="output must be one of 3 outputs, got 3"):
            function(est, X, output=3)
    with pytest.raises(ValueError, match="n_steps must be at least 1, got 0"):
        integrated_gradients(est, X, n_steps=0)
    with pytest.raises(ValueError, match=r"baseline of shape \(3,\) does not fit"):
        integrated_gradients(est, X, baseline=np.zeros(3))
    with pytest.raises(ValueError, match="baseline has 5 rows, but X has 24"):
        integrated_gradients(est, X, baseline=np.zeros((5, 4)))


# The display ----------------------------------------------------------------------


def test_features_are_ranked(network):
    est, X, _ = network("multiclass")
    display = InputGradientsDisplay.from_estimator(est, X)
    expected = np.abs(input_gradients(est, X)).mean(axis=0) * X.std(axis=0)[:, np.newaxis]
    order = np.argsort(-expected.sum(axis=1))
    assert_array_equal(display.order_, order)
    left = np.zeros(4)
    for k, bars in enumerate(display.bars_):
        assert_allclose([bar.get_width() for bar in bars], expected[order, k])
        assert_allclose([bar.get_x() for bar in bars], left)
        left += expected[order, k]
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"x{'₁₂₃₄'[i]}" for i in order]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["class 0", "class 1", "class 2"]
    assert display.ax_.yaxis_inverted()


def test_shares_are_ranked(network):
    est, X, _ = network("multiclass")
    options = {"kind": "integrated", "baseline": np.ones(4), "of": "prediction", "output": 1}
    display = InputGradientsDisplay.from_estimator(est, X, max_features=2, **options)
    shares = integrated_gradients(est, X, baseline=np.ones(4), of="prediction", output=1)
    expected = np.abs(shares).mean(axis=0)
    (bars,) = display.bars_
    assert_allclose([bar.get_width() for bar in bars], np.sort(expected)[:1:-1])
    assert display.ax_.get_title() == "the first 2 of 4 features"
    assert display.ax_.get_legend() is None


def test_the_unit_of_a_feature_does_not_matter(problem):
    """A linear model, its features in other units."""
    X, y = problem("regression", n_features=3)
    scale = np.array([1.0, 100.0, 0.01])
    params = {"hidden_layer_sizes": (), "random_state": 0, "max_iter": 2}
    plain, scaled = BackpropRegressor(**params).fit(X, y), BackpropRegressor(**params).fit(X, y)
    scaled.coefs_[0][:] = plain.coefs_[0] / scale[:, np.newaxis]
    found = InputGradientsDisplay.from_estimator(scaled, X * scale).importances
    assert_allclose(found, InputGradientsDisplay.from_estimator(plain, X).importances)


def test_names_of_a_pipeline(problem):
    X, y = problem("binary", n_features=2)
    frame = pd.DataFrame(X, columns=["height", "weight"])
    pipe = make_pipeline(StandardScaler(), BackpropClassifier((3,), max_iter=3)).fit(frame, y)
    display = InputGradientsDisplay.from_estimator(pipe, frame)
    labels = {label.get_text() for label in display.ax_.get_yticklabels()}
    assert labels == {"height", "weight"}
    with pytest.raises(ValueError, match=r"kind must be one of .* got 'saliency'"):
        InputGradientsDisplay.from_estimator(pipe, frame, kind="saliency")
