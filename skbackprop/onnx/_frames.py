"""The types of a DataFrame's columns, for skl2onnx."""

from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

from .._tables.columns import categorical_columns, column_names, is_frame


def initial_types(X):
    """The types of a table's columns, to be passed to ``skl2onnx.to_onnx`` as ``initial_types``.

    skl2onnx finds them by itself for arrays, but not for every dtype of a DataFrame.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Of pandas or polars.

    Returns
    -------
    list of (str, TensorType)
        The name and the type of each column, of shape (None, 1): float32 numbers where the column
        is float32, text for categories that are text, float64 numbers for all else.

    Raises
    ------
    TypeError
        If X is not a DataFrame.

    Examples
    --------
    >>> import pandas as pd
    >>> from skbackprop.onnx import initial_types
    >>> initial_types(pd.DataFrame({"age": [31.0, 54.0], "city": ["Rome", "Oslo"]}))
    [('age', DoubleTensorType(shape=[None, 1])), ('city', StringTensorType(shape=[None, 1]))]
    """
    if not is_frame(X):
        raise TypeError(f"X must be a DataFrame, got {type(X).__name__}.")
    is_category = categorical_columns(X, "from_dtype")
    return [
        (name, _type_of(dtype, text)([None, 1]))
        for name, dtype, text in zip(column_names(X), X.dtypes, is_category, strict=True)
    ]


def _type_of(dtype, is_category):
    levels = getattr(dtype, "categories", None)  # of pandas, where they may be numbers
    if is_category and getattr(getattr(levels, "dtype", None), "kind", "O") not in "iufb":
        return StringTensorType
    return FloatTensorType if str(dtype).lower() == "float32" else DoubleTensorType
