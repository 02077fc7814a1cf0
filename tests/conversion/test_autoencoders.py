"""Converted autoencoders and outlier detectors."""

import numpy as np
import pytest
from onnx_cases import (
    MARKS,
    OPSETS,
    assert_close,
    converted,
    data,
)
from sklearn.datasets import (
    load_digits,
    load_wine,
)

from skbackprop import (
    BackpropAutoencoder,
    BackpropOutlierDetector,
)

pytestmark = MARKS


# -- autoencoder -----------------------------------------------------------------------------------

VARIANTS = {
    "plain": {},
    "linear": {"hidden_layer_sizes": ()},
    "deep": {"hidden_layer_sizes": (24, 12), "activation": ["relu", "gelu"]},
    "another decoder": {"decoder_layer_sizes": (8, 12)},
    "tied": {"tied_weights": True},
    "own units": {"standardize": False},
    "bent code": {"code_activation": "tanh", "normalization": "layer"},
    "batch": {"normalization": "batch", "dropout": 0.1},
    "denoising": {"corruption": "gaussian"},
    "sparse": {"sparsity": "kl", "code_activation": "logistic"},
    "contractive": {"contractive_weight": 0.1},
    "contractive and tied": {"contractive_weight": 0.1, "tied_weights": True},
    "variational": {"variational": True, "hidden_layer_sizes": (16, 8)},
    "variational and linear": {"variational": True, "hidden_layer_sizes": ()},
}


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_autoencoder(variant, opset):
    X, _ = data("binary")
    parameters = {"hidden_layer_sizes": (16,), "max_iter": 3, "random_state": 0}
    model = BackpropAutoencoder(3, **{**parameters, **VARIANTS[variant]}).fit(X)
    codes = converted(model, X, opset=opset)(X)
    assert list(codes) == ["variable"]
    assert_close(codes["variable"], model.transform(X))

    both = converted(model, X, options={"reconstruction": True}, opset=opset)(X)
    assert list(both) == ["codes", "reconstruction"]
    assert_close(both["codes"], model.transform(X))
    assert_close(both["reconstruction"], model.predict(X))


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_outputs_in_the_unit_interval(loss):
    X = (load_digits().data / 16).astype(np.float32)
    model = BackpropAutoencoder(
        4, (16,), loss=loss, output_activation="logistic", max_iter=3, random_state=0
    ).fit(X)
    outputs = converted(model, X, options={"reconstruction": True})(X)
    assert_close(outputs["reconstruction"], model.predict(X))


def test_autoencoder_in_units_of_the_data():
    X = load_wine().data.astype(np.float32)  # from 0.1 to 1,700
    model = BackpropAutoencoder(3, (16,), max_iter=10, random_state=0).fit(X)
    outputs = converted(model, X, options={"reconstruction": True})(X)
    assert_close(outputs["codes"], model.transform(X))
    difference = (outputs["reconstruction"] - model.predict(X)) / model.scale_
    assert np.abs(difference).max() < 1e-5


def test_autoencoder_in_double_precision():
    X, _ = data("digits", np.float64)  # three features are constant
    model = BackpropAutoencoder(3, (16,), max_iter=3, random_state=0).fit(X)
    outputs = converted(model, X, options={"reconstruction": True})(X)
    assert_close(outputs["codes"], model.transform(X), dtype=np.float64)
    assert_close(outputs["reconstruction"], model.predict(X), dtype=np.float64)


# -- outlier detector ------------------------------------------------------------------------------


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("criterion", ["tail_probability", "density", "reconstruction"])
@pytest.mark.parametrize("kind", ["binary", "digits"])
def test_outlier_detector(kind, criterion, dtype, opset):
    X, _ = data(kind, dtype)
    autoencoder = BackpropAutoencoder(5, (16,), max_iter=5)
    detector = BackpropOutlierDetector(
        autoencoder, criterion=criterion, contamination=0.1, random_state=0
    ).fit(X.astype(np.float64))
    outputs = converted(detector, X, options={"score_samples": True}, opset=opset)(X)
    assert list(outputs) == ["label", "scores", "score_samples"]
    is_clear = np.abs(detector.decision_function(X)) > 1e-12  # not the sample at the threshold
    assert np.count_nonzero(~is_clear) <= 1
    np.testing.assert_array_equal(outputs["label"][is_clear], detector.predict(X)[is_clear])
    for name, expected in (
        ("scores", detector.decision_function(X)),
        ("score_samples", detector.score_samples(X)),
    ):
        assert_close(outputs[name], expected[:, np.newaxis], dtype=dtype)
    assert list(converted(detector, X)(X)) == ["label", "scores"]
    assert 0.05 < np.mean(outputs["label"] == -1) < 0.15
    run = converted(detector, X)
    assert (run(X + np.asarray(100.0, dtype))["label"] == -1).all()


def test_outlier_detector_as_it_is_and_far_away():
    X = load_wine().data
    X[:, 3] = X[:, 3].round()  # ties
    detector = BackpropOutlierDetector(random_state=0).fit(X)
    run = converted(detector, X)
    for factor in (1.0, -3.0, 1e6):
        outputs, expected = run(factor * X), detector.decision_function(factor * X)
        difference = outputs["scores"][:, 0] - expected
        assert np.abs(difference / np.maximum(1.0, np.abs(expected))).max() < 1e-9
