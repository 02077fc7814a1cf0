"""Converted models give in onnxruntime what they give here."""

import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_linnerud,
    load_wine,
)
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

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

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")
initial_types = pytest.importorskip("skbackprop.onnx").initial_types

OPSETS = [15, skl2onnx.__max_supported_opset__]
RAW = {"zipmap": False}

pytestmark = [
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


# -- preprocessing ---------------------------------------------------------------------------------


def incomplete(dtype):
    """Features in their own units, with missing values, a constant and an empty column."""
    X = load_wine().data.astype(dtype)
    X[::7, 2] = np.nan
    X[1::5, 12] = np.nan
    return np.column_stack([X, np.full(len(X), 3.0), np.full(len(X), np.nan)]).astype(dtype)


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "transformer",
    [
        PiecewiseLinearEncoder(),
        PiecewiseLinearEncoder(5, add_indicator=False),
        SmoothClipScaler(),
        SmoothClipScaler(0.5),
    ],
    ids=str,
)
def test_preprocessing(transformer, dtype, opset):
    X = incomplete(dtype)
    model = clone(transformer).fit(X[:100])
    run = converted(model, X, opset=opset)
    far = X.copy()
    far[0], far[1] = 1e30, -1e30
    far[2] = 4.0  # not the constant
    for new in (X, far):
        expected, actual = model.transform(new), run(new)["variable"]
        np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
        assert_close(np.nan_to_num(actual), np.nan_to_num(expected), dtype=dtype)


def test_preprocessing_before_a_network():
    X, y = load_wine(return_X_y=True)
    X = X.astype(np.float32)
    features = FeatureUnion([("bins", PiecewiseLinearEncoder(8)), ("scaled", SmoothClipScaler())])
    network = BackpropClassifier((16,), max_iter=30, random_state=0)
    check_classifier(make_pipeline(features, network).fit(X, y), X)


def test_encoder_without_components_is_refused():
    X = np.ones((10, 2), np.float32)
    with pytest.raises(ValueError, match="no components"):
        converted(PiecewiseLinearEncoder().fit(X), X)


# -- tables ----------------------------------------------------------------------------------------


def table_of_wines(dtype):
    """Numbers and categories, both with missing values; levels that are rare, and numbers."""
    pd = pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    rng = np.random.RandomState(0)
    table = X[["alcohol", "ash", "hue"]].astype(dtype)
    table.loc[::7, "ash"] = np.nan
    table["empty"] = np.full(len(table), np.nan, dtype)
    table["origin"] = np.where(X["proline"] > 700, "north", "south").astype(object)
    table.loc[::9, "origin"] = None
    table["cellar"] = np.array([f"cellar {i}" for i in rng.randint(90, size=len(X))], object)
    table["grade"] = pd.Series(rng.choice([1.0, 2.0, 2.5], len(X)), dtype="category")
    return table, y.to_numpy()


def feed(table, session):
    """The columns as onnxruntime takes them."""
    columns = {}
    for name, node in zip(table.columns, session.get_inputs(), strict=True):
        column = table[name].astype(object)
        if node.type == "tensor(string)":
            values = column.where(column.notna(), "").astype(str).to_numpy(object)
        else:
            values = column.to_numpy().astype({"float": "f4", "double": "f8"}[node.type[7:-1]])
        columns[node.name] = values[:, np.newaxis]
    return columns


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["classifier", "binary", "regressor", "quantile", "two outputs"])
def test_tabular(kind, dtype, opset):
    table, y = table_of_wines(dtype)
    if kind in ("classifier", "binary"):
        model = TabularClassifier(4, max_iter=4, random_state=0)
        y = np.array(["a", "b", "c" if kind == "classifier" else "b"])[y]
    else:
        loss = "quantile" if kind == "quantile" else "squared_error"
        model = TabularRegressor(loss, n_members=4, max_iter=4, random_state=0)
        y = load_wine().data[:, [12, 9]][:, : 2 if kind == "two outputs" else 1].squeeze()
    model.fit(table.iloc[:150], y[:150])
    table.loc[160, "origin"] = "east"  # not seen in fit
    table.loc[161, ["hue", "cellar"]] = [np.nan, None]
    types = initial_types(table)
    assert [type(one).__name__[:6] for _, one in types[4:6]] == ["String", "String"]
    options = {id(model): RAW} if kind in ("classifier", "binary") else None
    if dtype == np.float32:  # grades are float64 in the table
        types[-1] = ("grade", type(types[0][1])([None, 1]))
    proto = skl2onnx.to_onnx(model, initial_types=types, options=options, target_opset=opset)
    session = runtime.InferenceSession(proto.SerializeToString())
    outputs = session.run(None, feed(table, session))
    if options is None:
        expected = model.predict(table).reshape(len(table), -1)
    else:
        expected = model.predict_proba(table)
        np.testing.assert_array_equal(outputs[0], model.predict(table))
    assert_close(outputs[-1], expected.astype(dtype), dtype=outputs[-1].dtype.type, exact=False)
    assert outputs[-1].dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tabular_on_an_array_with_categories(dtype):
    X = incomplete(dtype)
    X[:, 0] = X[:, 0].round()
    X[5, 0] = np.nan
    model = TabularRegressor(n_members=4, max_iter=4, categorical_features=[0], random_state=0)
    model.fit(X, load_wine().target)
    X[0, 0] = 99.0  # not seen in fit
    assert_close(
        converted(model, X)(X)["variable"],
        model.predict(X)[:, np.newaxis].astype(dtype),
        dtype=dtype,
        exact=False,
    )


def test_text_in_a_column_of_numbers_is_refused():
    table, y = table_of_wines(np.float64)
    model = TabularRegressor(n_members=4, max_iter=2).fit(table, y)
    types = initial_types(table)
    types[1] = ("ash", types[4][1])
    with pytest.raises(ValueError, match="Column 1 was one of numbers"):
        skl2onnx.to_onnx(model, initial_types=types)


def test_initial_types():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {"a": [1.0], "b": [2], "c": ["x"], "d": [True]},
        schema_overrides={"a": pl.Float32, "c": pl.Categorical},
    )
    names = {name: type(one).__name__ for name, one in initial_types(frame)}
    double, text = "DoubleTensorType", "StringTensorType"
    assert names == {"a": "FloatTensorType", "b": double, "c": text, "d": double}
    with pytest.raises(TypeError, match="X must be a DataFrame, got ndarray"):
        initial_types(np.ones((2, 2)))


# -- within other estimators -----------------------------------------------------------------------


def test_pipeline():
    X, y = load_wine(return_X_y=True)
    X = X.astype(np.float32)
    model = make_pipeline(StandardScaler(), BackpropClassifier((8,), max_iter=20, random_state=0))
    check_classifier(model.fit(X, y), X)


def test_columns_with_categories():
    pd = pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    table = X[["alcohol", "ash"]].astype(np.float32)
    table["origin"] = np.where(X["hue"] > 1, "north", "south")
    table["origin"] = table["origin"].astype(object)
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["alcohol", "ash"]),
            ("categories", OneHotEncoder(sparse_output=False), ["origin"]),
        ]
    )
    network = BackpropClassifier((8,), normalization="batch", max_iter=30, random_state=0)
    model = make_pipeline(columns, network).fit(table, y)
    assert isinstance(table, pd.DataFrame)
    check_classifier(model, table)


def test_columns_of_a_table_one_by_one():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X[["alcohol", "ash"]].astype(np.float32)
    check_classifier(BackpropClassifier((8,), max_iter=20, random_state=0).fit(X, y), X)


def test_as_transformers():
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=20, random_state=0)
    union = FeatureUnion(
        [("codes", BackpropAutoencoder(2, (8,), max_iter=5, random_state=0)), ("hidden", network)]
    )
    columns = ColumnTransformer(
        [("first", clone(network), slice(0, 6)), ("rest", "passthrough", slice(6, 13))]
    )
    for transformer in (union, columns, clone(network)):
        model = make_pipeline(transformer, LogisticRegression(max_iter=1000)).fit(X, y)
        options = {BackpropClassifier: {"features": True}, LogisticRegression: RAW}
        proto = skl2onnx.to_onnx(model, X[:1], options=options)
        session = runtime.InferenceSession(proto.SerializeToString())
        _, probabilities = session.run(None, {"X": X})
        assert_close(probabilities, model.predict_proba(X))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda network: GridSearchCV(network, {"alpha": [0.01, 0.1]}, cv=2),
        lambda network: VotingClassifier(
            [("a", network), ("b", clone(network))], voting="soft", flatten_transform=False
        ),
        lambda network: StackingClassifier([("a", network)], LogisticRegression(), cv=2),
        lambda network: BaggingClassifier(network, 2, random_state=0),
        lambda network: CalibratedClassifierCV(network, cv=2),
        lambda network: OneVsRestClassifier(network),
    ],
    ids=["search", "voting", "stacking", "bagging", "calibrated", "one against the rest"],
)
def test_within_meta_estimators(wrap):
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=20, random_state=0)
    check_classifier(wrap(network).fit(X, y), X)


def test_within_a_regressor():
    X, y = data("regression")
    network = BackpropRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0)
    model = VotingRegressor([("a", network), ("b", clone(network))]).fit(X, y)
    assert_close(converted(model, X)(X)["variable"], model.predict(X)[:, np.newaxis])


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
