"""Columns of all kinds: categories, missing values, scales, names."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import set_config
from tables_cases import data_of, make_table, outputs, parameters, quick

from skbackprop import TabularClassifier, TabularRegressor

LETTERS = np.array(["a", "b", "c"])


def pandas_frame(X):
    """The table of `make_table` as a DataFrame, its category as text."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, :3], columns=["width", "mass", "price"])
    return frame.assign(kind=LETTERS[X[:, 3].astype(int)])


def polars_frame(X):
    pl = pytest.importorskip("polars")
    columns = dict(zip(["width", "mass", "price"], X[:, :3].T, strict=True))
    return pl.DataFrame({**columns, "kind": LETTERS[X[:, 3].astype(int)]})


FRAMES = pytest.mark.parametrize("frame_of", [pandas_frame, polars_frame])


def names_out(est):
    return list(est.preprocessor_.get_feature_names_out())


# Categories -----------------------------------------------------------------------


@FRAMES
def test_text_is_a_category(target, frame_of):
    X, y = data_of(target)
    from_frame = quick(target).fit(frame_of(X), y)
    from_array = quick(target, categorical_features=[3]).fit(X, y)
    assert_array_equal(from_frame.is_categorical_, [False, False, False, True])
    assert_array_equal(parameters(from_frame), parameters(from_array))
    assert_array_equal(outputs(from_frame, frame_of(X)), outputs(from_array, X))
    assert "category__kind_b" in names_out(from_frame)
    assert "piecewise__width_bin0" in names_out(from_frame)


@pytest.mark.parametrize(
    "given", [[3], [False, False, False, True], np.array([3]), ["kind"], ("kind",)]
)
def test_ways_to_name_a_category(given):
    X, y = make_table()
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["width", "mass", "price", "kind"])
    reg = quick("numbers", categorical_features=given).fit(frame, y)
    assert_array_equal(reg.is_categorical_, [False, False, False, True])
    assert_array_equal(
        parameters(reg), parameters(quick("numbers", categorical_features=[3]).fit(X, y))
    )


@pytest.mark.parametrize("dtype", ["category", "object", "string", "bool"])
def test_dtypes_of_pandas(dtype):
    pd = pytest.importorskip("pandas")
    X, y = make_table()
    frame = pd.DataFrame({"width": X[:, 0], "kind": pd.Series(X[:, 3] > 0).astype(dtype)})
    reg = quick("numbers").fit(frame, y)
    assert_array_equal(reg.is_categorical_, [False, dtype != "bool"])


def test_dtypes_of_polars():
    pl = pytest.importorskip("polars")
    _, y = make_table(6)
    text = ["a", "b", "a", None, "b", "a"]
    frame = pl.DataFrame(
        {
            "text": text,
            "enum": pl.Series(text, dtype=pl.Enum(["a", "b"])),
            "category": pl.Series(text, dtype=pl.Categorical),
            "number": pl.Series([1, 2, None, 4, 5, 6], dtype=pl.Int64),
            "flag": pl.Series([True, None, False, True, True, False]),
        }
    )
    reg = quick("numbers").fit(frame, y)
    assert_array_equal(reg.is_categorical_, [True, True, True, False, False])
    assert np.isfinite(reg.predict(frame)).all()


@pytest.mark.parametrize("given", [None, "from_dtype"])
def test_columns_of_an_array_are_numbers(given):
    X, y = make_table()
    reg = quick("numbers", categorical_features=given).fit(X, y)
    assert not reg.is_categorical_.any()


def test_no_categories_asked_for():
    X, y = make_table()
    with pytest.raises(ValueError, match=r"Column 'kind' of X has values that are not numbers"):
        quick("numbers", categorical_features=None).fit(pandas_frame(X), y)


@pytest.mark.parametrize(
    "given, message",
    [
        ([4], r"integer indices should be in \[0, 3\], got \[4\]"),
        ([-1], r"integer indices should be in \[0, 3\]"),
        ([True, False], r"boolean mask should have shape \(4,\), got \(2,\)"),
        ({}, r"must be an array-like of bool, int or str, got \{\}"),
        ([[0, 1]], r"must be an array-like of bool, int or str, got \[\[0, 1\]\]"),
        (["kind", "size"], r"value 'size', which is not a feature name"),
        ([0.5], r"must be an array-like of bool, int or str"),
    ],
)
def test_wrong_categories(given, message):
    X, y = make_table()
    with pytest.raises(ValueError, match=message):
        quick("numbers", categorical_features=given).fit(pandas_frame(X), y)


def test_names_of_an_array():
    X, y = make_table()
    with pytest.raises(ValueError, match="when the model is fitted on data without feature names"):
        quick("numbers", categorical_features=["kind"]).fit(X, y)


def test_renamed_levels_give_the_same_predictions():
    """The draw of the weights depends on the order of the levels alone."""
    X, y = make_table()
    other = X.copy()
    other[:, 3] = np.array([10.0, 20.0, 35.0])[X[:, 3].astype(int)]
    one = quick("numbers", categorical_features=[3]).fit(X, y)
    renamed = quick("numbers", categorical_features=[3]).fit(other, y)
    assert_array_equal(one.predict(X), renamed.predict(other))


def test_float_codes_with_missing_ones():
    X, y = make_table()
    X[::7, 3] = np.nan
    reg = quick("numbers", categorical_features=[3]).fit(X, y)
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X).astype({3: "Int64"})
    assert_array_equal(reg.predict(X), reg.predict(frame.to_numpy(float, na_value=np.nan)))
    assert sum(name.startswith("category") for name in names_out(reg)) == 4


@pytest.mark.parametrize("unseen", ["z", None, np.nan, 7])
def test_unseen_levels(unseen):
    X, y = make_table()
    frame = pandas_frame(X)
    reg = quick("numbers").fit(frame, y)
    new = frame.assign(kind=unseen).astype({"kind": object})
    assert np.isfinite(reg.predict(new)).all()
    assert not np.array_equal(reg.predict(new), reg.predict(frame))


def test_thousands_of_levels():
    """Bounded width; frequent levels are kept apart."""
    rng = np.random.RandomState(0)
    n = 4000
    code = np.where(rng.uniform(size=n) < 0.5, rng.randint(20, size=n), rng.randint(3000, size=n))
    effect = rng.standard_normal(3000)
    X = np.column_stack([rng.standard_normal(n), code])
    y = X[:, 0] + 2 * effect[code] * (code < 20)
    reg = TabularRegressor(categorical_features=[1], random_state=0, max_iter=16).fit(X, y)
    levels = [name for name in names_out(reg) if name.startswith("category")]
    assert len(levels) <= 64
    frequent = code < 20
    errors = (reg.oob_prediction_ - y)[frequent]
    assert np.mean(errors**2) < 0.1 * y[frequent].var()


# Missing values, scales -----------------------------------------------------------


def test_missing_numbers(target):
    X, y = data_of(target, 300)
    X[::5, 0] = np.nan
    est = quick(target).fit(X, y)
    assert "number__missingindicator_x0" in names_out(est)
    p = outputs(est, X)
    assert np.isfinite(p).all()
    never_missing = X.copy()
    never_missing[::5, 1] = np.nan  # a column that had none in fit
    assert np.isfinite(outputs(est, never_missing)).all()


def test_what_is_missing_tells_something():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((500, 2))
    y = rng.randint(2, size=500)
    X[y == 1, 0] = np.nan
    clf = TabularClassifier(random_state=0, max_iter=16).fit(X, y)
    assert clf.oob_score_ == 1


@pytest.mark.parametrize("missing", [None, np.nan, "NA"])
def test_missing_values_of_pandas(missing):
    pd = pytest.importorskip("pandas")
    missing = pd.NA if missing == "NA" else missing
    X, y = make_table()
    frame = pandas_frame(X).astype({"kind": object, "mass": object})
    frame.loc[::4, "kind"] = missing
    frame.loc[::3, "mass"] = missing
    reg = quick("numbers", categorical_features=["kind"]).fit(frame, y)
    assert np.isfinite(reg.predict(frame)).all()
    nullable = frame.astype({"mass": "Float64"})
    assert_array_equal(quick("numbers").fit(nullable, y).predict(nullable), reg.predict(frame))


def test_columns_without_any_value_and_constant_ones():
    X, y = make_table()
    wide = np.column_stack([X, np.full(len(X), np.nan), np.full(len(X), 3.0)])
    reg = quick("numbers").fit(wide, y)
    assert np.isfinite(reg.predict(wide)).all()
    wide[:, 4:] = 5.0
    assert np.isfinite(reg.predict(wide)).all()


@pytest.mark.parametrize("scale", [1e-9, 1e12])
def test_scales_of_columns(target, scale):
    X, y = data_of(target, 300)
    one = quick(target).fit(X, y)
    scaled = X * [scale, 1 / scale, 1.0, scale]
    other = quick(target).fit(scaled, y)
    assert other.oob_score_ == pytest.approx(one.oob_score_, abs=0.1)
    again = quick(target).fit(scaled + np.array([0, 0, 1e6, 0]), y)
    assert np.isfinite(outputs(again, scaled)).all()


def test_outliers_are_bent():
    X, y = make_table(300)
    reg = TabularRegressor(random_state=0, max_iter=16).fit(X, y)
    X[0, 0] = 1e30
    worse = TabularRegressor(random_state=0, max_iter=16).fit(X, y)
    assert worse.oob_score_ > reg.oob_score_ - 0.05


def test_single_precision_gives_nearly_the_same():
    X, y = make_table(300)
    one, other = quick("numbers").fit(X, y), quick("numbers").fit(X.astype(np.float32), y)
    assert other.oob_score_ == pytest.approx(one.oob_score_, abs=0.1)


def test_all_columns_are_categories():
    X, y = make_table()
    X = np.column_stack([X[:, 3], X[:, 0] > 0])
    reg = quick("numbers", categorical_features=[0, 1]).fit(X, y)
    assert all(name.startswith("category") for name in names_out(reg))
    assert np.isfinite(reg.predict(X)).all()


def test_levels_that_are_large_integers():
    """No two become one level, as they would be as floats."""
    pd = pytest.importorskip("pandas")
    X, y = make_table()
    codes = 2**60 + X[:, 3].astype(np.int64)
    frame = pd.DataFrame({"width": X[:, 0], "kind": codes})
    reg = quick("numbers", categorical_features=["kind"]).fit(frame, y)
    levels = [name for name in names_out(reg) if name.startswith("category__")]
    assert levels == [f"category__kind_{2**60 + level}" for level in range(3)]


# Refused --------------------------------------------------------------------------


@FRAMES
def test_infinity_is_refused_with_its_column(frame_of):
    X, y = make_table()
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="Column 'mass' of X contains infinity"):
        quick("numbers").fit(frame_of(X), y)
    with pytest.raises(ValueError, match="Column 1 of X contains infinity"):
        quick("numbers").fit(X, y)
    reg = quick("numbers").fit(frame_of(make_table()[0]), y)
    with pytest.raises(ValueError, match="Column 'mass' of X contains infinity"):
        reg.predict(frame_of(X))


def test_dates_are_refused():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    X, y = make_table(4)
    days = [datetime.datetime(2024, 1, day) for day in (1, 2, 3, 4)]
    frames = [
        pd.DataFrame({"width": X[:, 0], "day": days}),
        pd.DataFrame({"width": X[:, 0], "day": pd.to_timedelta([1, 2, 3, 4], "D")}),
        pd.DataFrame({"width": X[:, 0], "day": pd.period_range("2024-01-01", periods=4)}),
        pl.DataFrame({"width": X[:, 0], "day": days}),
        pl.DataFrame({"width": X[:, 0], "day": [day.date() for day in days]}),
    ]
    for frame in frames:
        with pytest.raises(ValueError, match=r"Column 'day' of X has dtype .*days since a date"):
            quick("numbers").fit(frame, y)


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2024, 1, 1),
        datetime.datetime(2024, 1, 1),
        datetime.time(12),
        datetime.timedelta(1),
        np.datetime64("2024-01-01"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_dates_among_objects_are_refused(value):
    pd = pytest.importorskip("pandas")
    X, y = make_table(40)
    frame = pandas_frame(X).assign(day=pd.Series([None, value] * 20, dtype=object))
    with pytest.raises(ValueError, match=r"Column 'day' of X has the value .*days since a date"):
        quick("numbers").fit(frame, y)
    in_array = frame[["width", "day"]].to_numpy()
    with pytest.raises(ValueError, match=r"Column 1 of X has the value .*days since a date"):
        quick("numbers", categorical_features=[1]).fit(in_array, y)


@pytest.mark.parametrize("dtype", ["datetime64[D]", "timedelta64[D]"])
def test_an_array_of_dates_is_refused(dtype):
    X = np.arange(40).reshape(20, 2).astype(dtype)
    with pytest.raises(ValueError, match=r"Column 0 of X has dtype .*days since a date"):
        quick("numbers").fit(X, np.arange(20))


def test_dates_in_a_category_are_levels():
    pd = pytest.importorskip("pandas")
    X, y = make_table(40)
    frame = pandas_frame(X).assign(day=pd.Categorical(pd.date_range("2024", periods=4).repeat(10)))
    assert quick("numbers").fit(frame, y).is_categorical_[-1]
    with pytest.raises(ValueError, match="Column 'day' of X has dtype category: dates"):
        quick("numbers", categorical_features=["kind"]).fit(frame, y)


def test_several_values_in_a_row_are_refused():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    X, y = make_table(40)
    for value in ([1, 2], {"a": 1}, np.zeros(2)):
        with pytest.raises(ValueError, match="Column 'pair' of X holds several values in a row"):
            quick("numbers").fit(pandas_frame(X).assign(pair=pd.Series([value] * 40)), y)
    pairs = [[1, 2]] * 40
    for frame in (
        pl.DataFrame({"pair": pairs}),
        pl.DataFrame({"pair": pl.Series(pairs, dtype=pl.Array(pl.Int64, 2))}),
        pl.DataFrame({"pair": [{"a": 1, "b": 2}] * 40}),
    ):
        with pytest.raises(ValueError, match="Column 'pair' of X holds several values in a row"):
            quick("numbers").fit(frame, y)


def test_sparse_data_is_refused(target):
    X, y = data_of(target)
    with pytest.raises(TypeError, match=r"dense data is required.*toarray"):
        quick(target).fit(csr_array(X), y)


def test_text_in_an_array_is_refused():
    X, y = make_table()
    with pytest.raises(ValueError, match="could not convert string to float"):
        quick("numbers").fit(np.column_stack([X.astype(object), ["a"] * len(X)]), y)


# Names ----------------------------------------------------------------------------


@FRAMES
def test_columns_go_by_name(frame_of):
    X, y = make_table()
    frame = frame_of(X)
    reg = quick("numbers").fit(frame, y)
    assert_array_equal(reg.feature_names_in_, ["width", "mass", "price", "kind"])
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        reg.predict(frame[["mass", "width", "price", "kind"]])
    with pytest.raises(ValueError, match="seen at fit time, yet now missing"):
        reg.predict(frame[["width", "price", "kind"]])
    renamed = (
        frame.rename({"mass": "weight"})
        if frame_of is polars_frame
        else frame.rename(columns={"mass": "weight"})
    )
    with pytest.raises(ValueError, match="unseen at fit time"):
        reg.predict(renamed)


def test_an_array_after_a_frame():
    """As in scikit-learn: columns go by their order, with a warning; text is a category there."""
    X, y = make_table()
    frame = pandas_frame(X)
    reg = quick("numbers", categorical_features=["kind"]).fit(frame, y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert_array_equal(reg.predict(frame.to_numpy()), reg.predict(frame))


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_output_configuration_does_not_count(output):
    pytest.importorskip(output)
    X, y = make_table()
    expected = quick("numbers").fit(pandas_frame(X), y).predict(pandas_frame(X))
    try:
        set_config(transform_output=output)
        reg = quick("numbers").fit(pandas_frame(X), y)
        assert_allclose(reg.predict(pandas_frame(X)), expected, rtol=0)
    finally:
        set_config(transform_output="default")


def test_preprocessor_names_the_inputs():
    X, y = make_table()
    frame = pandas_frame(X)
    frame.loc[0, "mass"] = np.nan
    reg = quick("numbers").fit(frame, y)
    inputs = reg.preprocessor_.transform(frame)
    assert inputs.shape[1] == len(names_out(reg)) == reg.coefs_[0][0].shape[0]
    column = inputs[:, names_out(reg).index("number__missingindicator_mass")]
    assert_array_equal(column, np.arange(len(X)) == 0)
