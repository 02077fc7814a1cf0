"""Converted networks give in onnxruntime what they give here."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from onnx_cases import (
    MARKS,
    OPSETS,
    RAW,
    assert_close,
    check_classifier,
    converted,
    data,
    labels_of_digits,
)
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from skbackprop import (
    Activation,
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    TabularClassifier,
    TabularRegressor,
)
from skbackprop.core.activations import ACTIVATIONS
from skbackprop.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

pytestmark = MARKS


# -- classifier ------------------------------------------------------------------------------------


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, dtype, opset):
    X, y = data("digits", dtype)
    network = BackpropClassifier((24, 16), activation, max_iter=3, random_state=0).fit(X, y)
    if activation == "gelu" and dtype == np.float64:  # onnxruntime has Erf for floats only
        outputs = converted(network, X, options=RAW, opset=opset)(X)
        difference = outputs["probabilities"] - network.predict_proba(X)
        assert 1e-15 < np.abs(difference).max() < 1e-6
    else:
        check_classifier(network, X, dtype=dtype, opset=opset)


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "digits"])
def test_targets_and_normalization(kind, normalization, opset):
    X, y = data(kind)
    network = BackpropClassifier(
        (16, 8), ["gelu", "tanh"], normalization=normalization, max_iter=20, random_state=0
    )
    check_classifier(network.fit(X, y), X, opset=opset)


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_multilabel(normalization, opset):
    X, Y = labels_of_digits()
    network = BackpropClassifier(
        (16,), normalization=normalization, dropout=0.1, max_iter=5, random_state=0
    ).fit(X, Y)
    check_classifier(network, X, opset=opset)
    default = converted(network, X)(X)  # no list of dictionaries for several labels
    np.testing.assert_array_equal(default["probabilities"].shape, Y.shape)


def test_trained_in_double_precision_run_in_single():
    X, y = data("digits", np.float64)
    network = BackpropClassifier((32,), max_iter=10, random_state=0).fit(X, y)
    check_classifier(network, X.astype(np.float32))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_linear_model(kind):
    X, y = data(kind)
    check_classifier(BackpropClassifier((), max_iter=20, random_state=0).fit(X, y), X)


@pytest.mark.parametrize(
    "classes",
    [["one", "two", "three"], [10, -3, 7], [2.0, 0.0, 1.0], ["no", "yes"], [False, True]],
)
def test_labels(classes):
    X, y = data("multiclass" if len(classes) == 3 else "binary")
    network = BackpropClassifier((8,), max_iter=30, random_state=0).fit(X, np.array(classes)[y])
    outputs = converted(network, X, options=RAW)(X)
    assert outputs["label"].dtype == (object if isinstance(classes[0], str) else np.int64)
    np.testing.assert_array_equal(outputs["label"], network.predict(X))


def test_one_class():
    X, _ = data("multiclass")
    network = BackpropClassifier((8,), max_iter=2, random_state=0).fit(X, np.full(len(X), "only"))
    check_classifier(network, X)


def test_squared_error_and_smoothed_labels():
    X, y = data("multiclass")
    network = BackpropClassifier(
        (8,), loss="squared_error", label_smoothing=0.1, max_iter=20, random_state=0
    )
    check_classifier(network.fit(X, y), X)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_options_of_a_classifier(kind):
    X, y = data(kind)
    names = np.array(["a", "b", "c"])[y]
    network = BackpropClassifier((8,), max_iter=30, random_state=0).fit(X, names)
    probabilities = network.predict_proba(X)

    zipped = converted(network, X)(X)
    assert list(zipped) == ["output_label", "output_probability"]
    rows = [[row[name] for name in network.classes_] for row in zipped["output_probability"]]
    np.testing.assert_allclose(rows, probabilities, rtol=0, atol=1e-5)

    columns = converted(network, X, options={"zipmap": "columns"})(X)
    for k, name in enumerate(network.classes_):
        np.testing.assert_allclose(columns[f"s{name}"], probabilities[:, k], rtol=0, atol=1e-5)

    indices = converted(network, X, options={"nocl": True, **RAW})(X)
    np.testing.assert_array_equal(network.classes_[indices["label"]], network.predict(X))

    with_labels = converted(network, X, options={"output_class_labels": True, **RAW})(X)
    np.testing.assert_array_equal(with_labels["class_labels"], network.classes_)

    raw = converted(network, X, options={"raw_scores": True, **RAW})(X)
    expected = network.decision_function(X)
    if kind == "binary":
        expected = np.column_stack([-expected, expected])
    assert_close(raw["probabilities"], expected)

    features = converted(network, X, options={"features": True})(X)
    assert_close(features["variable"], network.transform(X))


def test_other_options_are_refused():
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=2).fit(X, y)
    with pytest.raises(NameError, match="'score' not in"):
        converted(network, X, options={"score": True})


# -- regressor -------------------------------------------------------------------------------------


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber", "quantile"])
def test_regressor(loss, dtype, opset):
    X, y = data("regression", dtype)
    network = BackpropRegressor(
        loss, (16, 8), "silu", normalization="batch", max_iter=20, random_state=0
    ).fit(X, y)
    outputs = converted(network, X, opset=opset)(X)
    assert_close(outputs["variable"], network.predict(X)[:, np.newaxis], dtype=dtype)


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_several_outputs(normalization):
    X, Y = data("multioutput")
    network = BackpropRegressor(
        hidden_layer_sizes=(16,), normalization=normalization, max_iter=50, random_state=0
    ).fit(X, Y)
    assert_close(converted(network, X)(X)["variable"], network.predict(X))


# -- state, and what is refused --------------------------------------------------------------------


def test_integers_are_converted():
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.int64)
    network = BackpropClassifier((8,), max_iter=3, random_state=0).fit(X, y)
    outputs = converted(network, X, options=RAW)(X)
    assert_close(outputs["probabilities"], network.predict_proba(X), dtype=np.float32)


def test_weights_are_those_of_the_moment():
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=5, random_state=0).fit(X, y)
    loaded = pickle.loads(pickle.dumps(network))
    check_classifier(loaded, X)
    loaded.partial_fit(X, y)
    loaded.coefs_[0] = 2.0 * loaded.coefs_[0]
    check_classifier(loaded, X)
    assert np.abs(loaded.predict_proba(X) - network.predict_proba(X)).max() > 0.01


@pytest.mark.parametrize(
    "own",
    [
        Activation("sine", lambda z, out: np.sin(z, out=out), lambda z, out: np.cos(z, out=out)),
        Activation("tanh", lambda z, out: np.sin(z, out=out), lambda z, out: np.cos(z, out=out)),
    ],
    ids=["by a new name", "by a known name"],
)
def test_own_activation_is_refused(own):
    X, y = data("multiclass")
    network = BackpropClassifier((8,), own, max_iter=2, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=rf"(?s){own.name}.* cannot be converted to ONNX.*relu"):
        converted(network, X)


def test_classes_that_onnx_does_not_have():
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=2).fit(X, np.array(["1", "2", "3"])[y])
    network.classes_ = np.array([0.5, 1.5, 2.5])
    with pytest.raises(ValueError, match=r"integers or strings, got .*\[0.5 1.5 2.5\]"):
        converted(network, X, options=RAW)


@pytest.mark.parametrize(
    "estimator",
    [
        BackpropClassifier(),
        BackpropRegressor(),
        BackpropAutoencoder(),
        BackpropOutlierDetector(),
        PiecewiseLinearEncoder(),
        SmoothClipScaler(),
        TabularClassifier(),
        TabularRegressor(),
    ],
)
def test_unfitted_estimators_are_refused(estimator):
    with pytest.raises(NotFittedError):
        converted(estimator, data("multiclass")[0])


def test_import_says_what_to_install():
    code = "import sys; sys.modules['skl2onnx'] = None; import skbackprop.onnx"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError" in result.stderr
    assert "pip install skbackprop[onnx]" in result.stderr
