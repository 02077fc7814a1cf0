"""A table's columns as inputs of a network."""

from numbers import Real

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from ..preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

MAX_LEVELS = 64  # of a category: the rarer ones share one input

_CATEGORICAL = ("category", "categorical", "enum", "object", "string", "str", "utf8")
_TEMPORAL = ("date", "time", "duration", "period", "interval")


def is_frame(X):
    """Whether X is a DataFrame, of pandas or polars."""
    return hasattr(X, "columns") and hasattr(X, "dtypes")


def column_names(X):
    """The names of the columns, or their numbers."""
    return [str(name) for name in X.columns] if is_frame(X) else list(range(X.shape[1]))


def _dtype_names(X):
    """The dtype of each column of a DataFrame, in lower case."""
    return [str(getattr(dtype, "name", dtype)).lower() for dtype in X.dtypes]


def categorical_columns(X, categorical_features):
    """Which columns are categories.

    Parameters
    ----------
    X : array or DataFrame of shape (n_samples, n_features)
    categorical_features : "from_dtype", None or array-like of bool, int or str
        See `TabularClassifier`.

    Returns
    -------
    ndarray of bool of shape (n_features,)

    Raises
    ------
    ValueError
        If the columns are not there, or are named in another way than these.
    """
    n_features = X.shape[1]
    is_category = np.zeros(n_features, bool)
    if is_frame(X):
        is_category[:] = [name.startswith(_CATEGORICAL) for name in _dtype_names(X)]
    if isinstance(categorical_features, str) or categorical_features is None:
        return is_category
    given = np.asarray(categorical_features)
    if given.size == 0:
        return is_category
    if given.dtype.kind == "b":
        if given.shape != (n_features,):
            raise ValueError(
                f"categorical_features set as a boolean mask should have shape ({n_features},), "
                f"got {given.shape}."
            )
        return is_category | given
    is_category[_places(X, given)] = True
    return is_category


def _places(X, given):
    """Numbers of the columns that are given by number or by name."""
    n_features = X.shape[1]
    if given.dtype.kind in "iu":
        if given.min() < 0 or given.max() >= n_features:
            raise ValueError(
                "categorical_features set as integer indices should be in "
                f"[0, {n_features - 1}], got {given.tolist()}."
            )
        return given
    if given.dtype.kind not in "OU" or not all(isinstance(name, str) for name in given):
        raise ValueError(
            "categorical_features must be an array-like of bool, int or str, got values of dtype "
            f"{given.dtype}."
        )
    if not is_frame(X):
        raise ValueError(
            "categorical_features should be passed as an array of integers or as a boolean mask "
            "when the model is fitted on data without feature names."
        )
    names = column_names(X)
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(
            f"categorical_features has the value {unknown[0]!r}, which is not a feature name of "
            "the training data."
        )
    return [names.index(name) for name in given]


def refuse_bad_columns(X, is_category):
    """Raise for columns that no network can take.

    Raises
    ------
    ValueError
        With the name of the column: dates, infinite values, values that are not numbers.
    """
    names, frame = column_names(X), is_frame(X)
    dtypes = _dtype_names(X) if frame else [None] * len(names)
    for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        if frame and dtype.startswith(_TEMPORAL):
            raise ValueError(
                f"Column {name!r} of X has dtype {dtype}: dates and times are not taken as they "
                "are. Turn it into numbers first, such as days since a date, the month or the hour."
            )
        if not is_category[j]:
            column = _numbers(_column(X, j), name)
            if np.isinf(column).any():
                raise ValueError(
                    f"Column {name!r} of X contains infinity. Input X contains infinity or a value "
                    "too large for dtype('float64')."
                )


def _column(X, j):
    """One column as an array."""
    if not is_frame(X):
        return np.asarray(X[:, j])
    column = X.iloc[:, j] if hasattr(X, "iloc") else X[:, j]
    return column.to_numpy()


def _numbers(column, name):
    """A column as float64; missing values are NaN."""
    try:
        if column.dtype.kind == "O":
            column = np.array([np.nan if _is_missing(v) else v for v in column], dtype=object)
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Column {name!r} of X has values that are not numbers: {error}") from None


def _is_missing(value):
    if value is None or str(value) in ("<NA>", "NaT"):
        return True
    return isinstance(value, Real) and value != value


def as_numbers(X):
    """Numeric columns of an array or a DataFrame as float64; missing values are NaN."""
    names = column_names(X)
    columns = [_numbers(_column(X, j), name) for j, name in enumerate(names)]
    return np.column_stack(columns) if columns else np.empty((X.shape[0], 0))


def as_levels(X):
    """Categories of an array or a DataFrame as text, None where the value is missing.

    Numbers are equal as numbers: 1, 1.0 and True are one level.
    """
    out = np.empty(X.shape, dtype=object)
    for j in range(X.shape[1]):
        column = _column(X, j)
        level_of = {value: _level(value) for value in set(column.tolist())}
        out[:, j] = [level_of.get(value) for value in column.tolist()]
    return out


def _level(value):
    if _is_missing(value):
        return None
    if isinstance(value, Real | np.bool_):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value)


def make_preprocessor(is_category, n_bins):
    """From a table to the inputs of the networks, the piecewise linear encoding last.

    Parameters
    ----------
    is_category : ndarray of bool of shape (n_features,)
    n_bins : int
        The most bins of a column.

    Returns
    -------
    ColumnTransformer
        Not fitted. Its output names tell what each input is.
    """
    from sklearn.compose import ColumnTransformer  # these two load a third of scikit-learn
    from sklearn.impute import SimpleImputer

    numbers, categories = np.flatnonzero(~is_category), np.flatnonzero(is_category)
    to_numbers = FunctionTransformer(as_numbers, feature_names_out="one-to-one")
    to_levels = FunctionTransformer(as_levels, feature_names_out="one-to-one")
    fill = SimpleImputer(
        strategy="constant", fill_value=0.0, add_indicator=True, keep_empty_features=True
    )
    one_hot = OneHotEncoder(
        max_categories=MAX_LEVELS,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        dtype=np.float32,
    )
    transformers = []
    if len(numbers):
        scaler = SmoothClipScaler().set_fit_request(sample_weight=True)
        transformers.append(("number", make_pipeline(to_numbers, scaler, fill), list(numbers)))
    if len(categories):
        transformers.append(("category", make_pipeline(to_levels, one_hot), list(categories)))
    if len(numbers):
        encoder = PiecewiseLinearEncoder(n_bins=n_bins).set_fit_request(sample_weight=True)
        transformers.append(("piecewise", make_pipeline(to_numbers, encoder), list(numbers)))
    return ColumnTransformer(transformers, sparse_threshold=0.0)


def n_plain_inputs(preprocessor):
    """How many of the inputs come before the piecewise linear encoding."""
    piecewise = preprocessor.output_indices_.get("piecewise")
    last = max(block.stop for block in preprocessor.output_indices_.values())
    return last if piecewise is None else piecewise.start
