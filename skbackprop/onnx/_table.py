"""A table's columns as inputs of the networks of a tabular estimator."""

import warnings

import numpy as np
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from ._preprocessing import encode_bins, scale_and_bend

_UNSEEN = "\0"  # a level that no table has


def add_inputs(graph, operator):
    """Add the preprocessing; returns the name of the plain inputs, and of those and the bins.

    Parameters
    ----------
    graph : Graph
        Of doubles, in which the preprocessing is computed.
    operator : Operator
        Of a tabular estimator: its inputs are columns, one by one or several in a matrix. A
        missing number is NaN, a missing category NaN or, as text, "".
    """
    preprocessor = operator.raw_operator.preprocessor_
    steps = preprocessor.named_transformers_
    columns_of = {name: columns for name, _, columns in preprocessor.transformers_}
    table = _Columns(graph, operator)
    plain, bins = [], []
    if "number" in steps:
        numbers = table.numbers(columns_of["number"])
        _, scaler, filler = (step for _, step in steps["number"].steps)
        plain += _filled(graph, filler, scale_and_bend(graph, scaler, numbers))
        _, encoder = (step for _, step in steps["piecewise"].steps)
        if len(encoder.get_feature_names_out()):
            bins.append(encode_bins(graph, encoder, numbers))
    if "category" in steps:
        _, one_hot = (step for _, step in steps["category"].steps)
        rows = _rows_of_levels(one_hot)
        for j, row_of_level in zip(columns_of["category"], rows, strict=True):
            plain.append(table.one_hot(j, row_of_level))
    plain = graph.add("Concat", *plain, axis=1)
    return plain, graph.add("Concat", plain, *bins, axis=1)


class _Columns:
    """The columns of a table, which the operator has as one or several inputs."""

    def __init__(self, graph, operator):
        self._graph = graph
        self._places = []  # of each column: the input and the place in it, None where it is alone
        for variable in operator.inputs:
            width = variable.type.shape[1] if len(variable.type.shape) > 1 else 1
            places = [None] if width == 1 else range(width or operator.raw_operator.n_features_in_)
            self._places += [(variable, place) for place in places]

    def _column(self, j):
        variable, place = self._places[j]
        if place is None:
            return variable.full_name
        return self._graph.add("Gather", variable.full_name, np.array([place]), axis=1)

    def _is_text(self, j):
        return isinstance(self._places[j][0].type, StringTensorType)

    def numbers(self, columns):
        """The name of the numbers, shape (n, n_columns)."""
        text = [j for j in columns if self._is_text(j)]
        if text:
            raise ValueError(
                f"Column {text[0]} was one of numbers in fit, and is text in the initial types."
            )
        names = [self._graph.floats(self._column(j)) for j in columns]
        return names[0] if len(names) == 1 else self._graph.add("Concat", *names, axis=1)

    def one_hot(self, j, row_of_level):
        """The name of the one-hot code of a category, shape (n, n_levels)."""
        graph = self._graph
        missing, unseen = row_of_level[None], row_of_level[_UNSEEN]
        levels = [level for level in row_of_level if level not in (None, _UNSEEN)]
        table = np.array([row_of_level[level] for level in levels] + [missing, unseen], float)
        if not self._is_text(j):
            return self._one_hot_of_numbers(j, levels, table)
        keys = [*levels, ""] if "" not in levels else levels
        place = graph.add(
            "LabelEncoder",
            self._column(j),
            domain="ai.onnx.ml",
            op_version=2,  # the newest that skl2onnx takes is 3, which has none of its own
            keys_strings=keys,
            values_int64s=list(range(len(keys))),
            default_int64=len(levels) + 1,
        )
        return graph.add("Gather", table, graph.add("Squeeze", place, np.array([1])), axis=0)

    def _one_hot_of_numbers(self, j, levels, table):
        """...from the numbers whose text the levels are: a matrix of what equals what."""
        graph = self._graph
        x = graph.floats(self._column(j))
        values = [_number(level) for level in levels]
        known = [i for i, value in enumerate(values) if value is not None]
        rows, unseen = table[known], table[-1]
        known_values = np.array([values[i] for i in known], float).reshape(1, -1)
        if isinstance(self._places[j][0].type, FloatTensorType):
            known_values = known_values.astype(np.float32).astype(float)  # as the input is
        is_missing = graph.add("IsNaN", x)
        code = graph.add("Where", is_missing, table[-2], unseen)  # neither, if a level equals
        if not known:
            return code
        equal = graph.floats(graph.add("Equal", x, known_values))
        found = graph.add("ReduceSum", equal, np.array([1]), keepdims=1)
        others = graph.add("Mul", code, graph.add("Sub", 1.0, found))
        return graph.add("Add", graph.add("MatMul", equal, rows), others)


def _number(level):
    try:
        return float(level)
    except ValueError:
        return None


def _rows_of_levels(one_hot):
    """For each column {level: its code}, also of None and of a level not seen in ``fit``."""
    first = [categories[0] for categories in one_hot.categories_]
    infrequent = one_hot.infrequent_categories_
    widths = [
        len(categories) - (0 if rare is None else len(rare) - 1)
        for categories, rare in zip(one_hot.categories_, infrequent, strict=True)
    ]
    stops = np.cumsum(widths)
    found = []
    for j, categories in enumerate(one_hot.categories_):
        levels = dict.fromkeys([*categories, None, _UNSEEN])
        rows = np.array([first] * len(levels), dtype=object)
        rows[:, j] = list(levels)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a category is unknown
            codes = one_hot.transform(rows)[:, stops[j] - widths[j] : stops[j]]
        found.append(dict(zip(levels, codes, strict=True)))
    return found


def _filled(graph, filler, x):
    """What is missing as zero, and indicators of the columns where something was."""
    missing = graph.add("IsNaN", x)
    outputs = [graph.add("Where", missing, 0.0, x)]
    features = filler.indicator_.features_
    if len(features):
        indicators = graph.add("Gather", missing, np.asarray(features, np.int64), axis=1)
        outputs.append(graph.floats(indicators))
    return outputs
