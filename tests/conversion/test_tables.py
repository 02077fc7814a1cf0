"""Converted transformers and tabular estimators."""

import numpy as np
import pytest
from onnx_cases import (
    MARKS,
    OPSETS,
    RAW,
    assert_close,
    check_classifier,
    converted,
    incomplete,
    initial_types,
    runtime,
    skl2onnx,
)
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.pipeline import FeatureUnion, make_pipeline

from skbackprop import (
    BackpropClassifier,
    TabularClassifier,
    TabularRegressor,
)
from skbackprop.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

pytestmark = MARKS


# -- preprocessing ---------------------------------------------------------------------------------


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
