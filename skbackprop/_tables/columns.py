"""A table's columns as inputs of a network."""

import datetime
from collections.abc import Hashable
from numbers import Integral, Real

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .._estimator.sklearn_compat import _safe_indexing
from ..preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

MAX_LEVELS = 64  # of a category: the rarer ones share one input

_CATEGORICAL = ("category", "categorical", "enum", "object", "string", "str", "utf8")
_TEMPORAL = ("date", "time", "duration", "period", "interval")
_TEMPORAL_TYPES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


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
    if categorical_features is None:
        return is_category
    if isinstance(categorical_features, str):
        if is_frame(X):
            is_category[:] = [name.startswith(_CATEGORICAL) for name in _dtype_names(X)]
        return is_category
    given = np.asarray(categorical_features)
    if given.size == 0:
        return is_category
    if given.ndim != 1:
        raise ValueError(
            "categorical_features must be an array-like of bool, int or str, got "
            f"{categorical_features!r}."
        )
    if given.dtype.kind == "b":
        if given.shape != (n_features,):
            raise ValueError(
                f"categorical_features set as a boolean mask should have shape ({n_features},), "
                f"got {given.shape}."
            )
        return given
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
            f"categorical_features has the value {str(unknown[0])!r}, which is not a feature name "
            "of the training data."
        )
    return [names.index(name) for name in given]


def validate_table(estimator, X, *, reset):
    """A DataFrame as it is, anything else as a 2-D array; checked column by column.

    Parameters
    ----------
    estimator : estimator
        With ``categorical_features``; ``n_features_in_`` and the like are set in ``fit``.
    X : array-like or DataFrame of shape (n_samples, n_features)
    reset : bool
        Whether this is ``fit``.

    Returns
    -------
    array or DataFrame of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        With the name of the column: dates, infinite values, values that are not numbers.
    """
    given = estimator.categorical_features
    if is_frame(X):
        if 0 in X.shape:
            check_array(np.empty(X.shape), input_name="X")  # says what is missing
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    else:
        may_be_text = not (given is None or isinstance(given, str))
        if not reset:
            may_be_text = estimator.is_categorical_.any()
        X = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=None if may_be_text else "numeric",
            ensure_all_finite=False,
        )
    refuse_bad_columns(X, categorical_columns(X, given) if reset else estimator.is_categorical_)
    return X


def refuse_bad_columns(X, is_category):
    """Raise for columns that no network can take.

    Raises
    ------
    ValueError
        With the name of the column: dates, infinite values, values that are not numbers.
    """
    if not is_frame(X) and X.dtype.kind in "fiub":
        for j in np.flatnonzero(np.isinf(X).any(axis=0) & ~is_category):
            _refuse_infinity(int(j))
        return
    names, frame = column_names(X), is_frame(X)
    dtypes = _dtype_names(X) if frame else [str(X.dtype)] * len(names)
    for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        column = _column(X, j)
        if dtype.startswith(_TEMPORAL) or (column.dtype.kind in "mM" and not is_category[j]):
            _refuse_dates(name, f"has dtype {dtype}")
        if column.dtype.kind == "O" or column.ndim > 1:
            _refuse_bad_values(column, name)
        if not is_category[j] and np.isinf(_numbers(column, name)).any():
            _refuse_infinity(name)


def _refuse_bad_values(column, name):
    """Refuse dates, and what is no single value, in a column of objects."""
    if column.ndim > 1:
        _refuse_containers(name, column[0])
    for kind, example in {type(value): value for value in column.tolist()}.items():
        if issubclass(kind, _TEMPORAL_TYPES) and example == example:  # NaT is a missing value
            _refuse_dates(name, f"has the value {example!r}")
        if not isinstance(example, Hashable):
            _refuse_containers(name, example)


def _refuse_dates(name, found):
    raise ValueError(
        f"Column {name!r} of X {found}: dates and times are not taken as they are. Turn it into "
        "numbers first, such as days since a date, the month or the hour."
    )


def _refuse_containers(name, example):
    raise ValueError(
        f"Column {name!r} of X holds several values in a row, such as {example!r}: each needs a "
        "column of its own."
    )


def _refuse_infinity(name):
    raise ValueError(
        f"Column {name!r} of X contains infinity. Input X contains infinity or a value too large "
        "for dtype('float64')."
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
            column = np.array([np.nan if is_missing(v) else v for v in column], dtype=object)
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Column {name!r} of X has values that are not numbers: {error}") from None


def is_missing(value):
    """Whether a value is None, NaN, NaT or NA."""
    if value is None or str(value) in ("<NA>", "NaT"):
        return True
    return isinstance(value, Real) and value != value


def as_numbers(X):
    """Numeric columns of an array or a DataFrame as floats; missing values are NaN."""
    if not is_frame(X) and X.dtype.kind in "fiub":
        return X if X.dtype.kind == "f" and X.dtype.itemsize > 2 else X.astype(np.float64)
    names = column_names(X)
    return np.column_stack([_numbers(_column(X, j), name) for j, name in enumerate(names)])


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
    if is_missing(value):
        return None
    if isinstance(value, Integral | np.bool_):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value)


def fit_preprocessor(X, sample_weight, is_category, n_bins):
    """From a table to the inputs of the networks, the piecewise linear encoding last.

    Parameters
    ----------
    X : array or DataFrame of shape (n_samples, n_features)
    sample_weight : ndarray of shape (n_samples,)
    is_category : ndarray of bool of shape (n_features,)
    n_bins : int
        The most bins of a column.

    Returns
    -------
    ColumnTransformer
        Fitted. Its output names tell what each input is.
    """
    from sklearn.compose import ColumnTransformer  # these two load a third of scikit-learn
    from sklearn.impute import SimpleImputer

    numbers = np.flatnonzero(~is_category).tolist()
    categories = np.flatnonzero(is_category).tolist()
    fitted = []
    if len(numbers):
        X_numbers = _safe_indexing(X, numbers, axis=1)
        fill = SimpleImputer(
            strategy="constant", fill_value=0.0, add_indicator=True, keep_empty_features=True
        )
        scale = make_pipeline(_to(as_numbers), SmoothClipScaler(), fill)
        scale.fit(X_numbers, smoothclipscaler__sample_weight=sample_weight)
        fitted.append(("number", scale, numbers))
    if len(categories):
        one_hot = OneHotEncoder(
            max_categories=MAX_LEVELS,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
            dtype=np.float32,
        )
        one_hot = make_pipeline(_to(as_levels), one_hot)
        one_hot.fit(_safe_indexing(X, categories, axis=1))
        fitted.append(("category", one_hot, categories))
    if len(numbers):
        encoder = PiecewiseLinearEncoder(n_bins=n_bins, add_indicator=False)
        encode = make_pipeline(_to(as_numbers), encoder)
        encode.fit(X_numbers, piecewiselinearencoder__sample_weight=sample_weight)
        fitted.append(("piecewise", encode, numbers))
    # To fit a ColumnTransformer is to transform all of X: here, a row will do.
    transformers = [(name, FrozenEstimator(part), columns) for name, part, columns in fitted]
    return ColumnTransformer(transformers, sparse_threshold=0.0).fit(_safe_indexing(X, [0]))


def _to(function):
    return FunctionTransformer(function, feature_names_out="one-to-one")


def n_plain_inputs(preprocessor):
    """How many of the inputs come before the piecewise linear encoding."""
    piecewise = preprocessor.output_indices_.get("piecewise")
    last = max(block.stop for block in preprocessor.output_indices_.values())
    return last if piecewise is None else piecewise.start
