"""Converted models and their data, for the tests beside it."""

from functools import cache

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_linnerud,
    load_wine,
)
from sklearn.preprocessing import StandardScaler

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")
initial_types = pytest.importorskip("skbackprop.onnx").initial_types

OPSETS = [15, skl2onnx.__max_supported_opset__]
RAW = {"zipmap": False}

MARKS = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("default::DeprecationWarning"),  # those of other packages
    pytest.mark.filterwarnings("default::FutureWarning"),
]


def converted(model, X, *, options=None, opset=None):
    """A function that computes the outputs of the converted model, {name: output}."""
    options = None if options is None else {id(model): options}
    proto = skl2onnx.to_onnx(model, X[:1], options=options, target_opset=opset)
    onnx.checker.check_model(proto)
    session = runtime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]

    def run(X):
        if hasattr(X, "columns"):
            inputs = {name: X[[name]].to_numpy() for name in X.columns}
        else:
            inputs = {session.get_inputs()[0].name: X}
        return dict(zip(names, session.run(None, inputs), strict=True))

    return run


def assert_close(actual, expected, *, dtype=np.float32, tolerance=1e-5, exact=True):
    """Equal up to ``tolerance``, of the largest value where that is more than one.

    Doubles are equal up to 1e-12 where ``exact``: where all is computed in them.
    """
    if dtype == np.float64 and exact:
        tolerance = min(tolerance, 1e-12)
    assert actual.dtype == dtype
    assert actual.shape == expected.shape
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual / scale, expected / scale, rtol=0, atol=tolerance)


@cache
def data(name, dtype=np.float32):
    """Features with mean 0 and variance 1, and the target, of one of scikit-learn's data sets."""
    load = {
        "binary": load_breast_cancer,
        "multiclass": load_wine,
        "digits": load_digits,
        "regression": load_diabetes,
        "multioutput": load_linnerud,
    }[name]
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X).astype(dtype), y


def labels_of_digits():
    """Three labels: even, a multiple of three, more than four."""
    X, y = data("digits")
    return X, np.column_stack([y % 2 == 0, y % 3 == 0, y > 4]).astype(int)


def check_classifier(classifier, X, *, dtype=np.float32, tolerance=1e-5, opset=None):
    outputs = converted(classifier, X, options=RAW, opset=opset)(X)
    assert list(outputs) == ["label", "probabilities"]
    np.testing.assert_array_equal(outputs["label"], classifier.predict(X))
    expected = classifier.predict_proba(X)
    assert_close(outputs["probabilities"], expected, dtype=dtype, tolerance=tolerance)


def incomplete(dtype):
    """Features in their own units, with missing values, a constant and an empty column."""
    X = load_wine().data.astype(dtype)
    X[::7, 2] = np.nan
    X[1::5, 12] = np.nan
    return np.column_stack([X, np.full(len(X), 3.0), np.full(len(X), np.nan)]).astype(dtype)
