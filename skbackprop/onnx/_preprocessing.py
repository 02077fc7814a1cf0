"""PiecewiseLinearEncoder and SmoothClipScaler."""

import numpy as np
from skl2onnx import update_registered_converter
from sklearn.utils.validation import check_is_fitted

from ..preprocessing import PiecewiseLinearEncoder, SmoothClipScaler
from ._graph import Graph, float_type, n_rows


def register():
    """Tell skl2onnx how the transformers are converted."""
    for transformer, convert in (
        (PiecewiseLinearEncoder, _convert_encoder),
        (SmoothClipScaler, _convert_scaler),
    ):
        name = f"Skbackprop{transformer.__name__}"
        update_registered_converter(transformer, name, _shapes, convert)


def _shapes(operator):
    transformer = operator.raw_operator
    check_is_fitted(transformer)
    width = len(transformer.get_feature_names_out())
    operator.outputs[0].type = float_type(operator)([n_rows(operator), width])


def _convert_encoder(scope, operator, container):
    encoder = operator.raw_operator
    graph = Graph(scope, operator, container)
    if len(encoder.get_feature_names_out()) == 0:
        raise ValueError("The encoder has no components: there is nothing to convert to ONNX.")
    graph.output(0, encode_bins(graph, encoder, graph.input()))


def encode_bins(graph, encoder, x):
    """Add a piecewise linear encoding; returns its name."""
    source, start, width, is_indicator = _components(encoder, graph.dtype)
    missing = graph.add("IsNaN", x)
    first_edges = np.array([edges[0] if len(edges) else 0.0 for edges in encoder.bin_edges_])
    x = graph.add("Where", missing, first_edges, x)
    place = graph.add("Div", graph.add("Sub", graph.add("Gather", x, source, axis=1), start), width)
    codes = graph.add("Min", graph.add("Max", place, 0.0), 1.0)
    indicators = graph.floats(graph.add("Gather", missing, source, axis=1))
    return graph.add("Where", is_indicator, indicators, codes)


def _components(encoder, dtype):
    """Of each component: its column, the start and the width of its bin, if it is an indicator."""
    source, start, width, is_indicator = [], [], [], []
    columns = zip(encoder.bin_edges_, encoder.indicator_, strict=True)
    for j, (edges, has_indicator) in enumerate(columns):
        n_bins = max(len(edges) - 1, 0)
        n_components = n_bins + int(has_indicator)
        source += [j] * n_components
        start += [*edges[:n_bins], *[0.0] * int(has_indicator)]
        width += [*np.diff(edges), *[1.0] * int(has_indicator)]
        is_indicator += [False] * n_bins + [True] * int(has_indicator)
    width = np.maximum(np.array(width).astype(dtype), np.finfo(dtype).tiny)  # not rounded to zero
    return np.array(source), np.array(start), width, np.array(is_indicator)


def _convert_scaler(scope, operator, container):
    graph = Graph(scope, operator, container)
    graph.output(0, scale_and_bend(graph, operator.raw_operator, graph.input()))


def scale_and_bend(graph, scaler, x):
    """Add a smooth clip; returns its name."""
    is_constant = scaler.scale_ == 0
    centre = np.where(np.isnan(scaler.center_), 0.0, scaler.center_)
    limits = np.finfo(graph.dtype)
    scale = np.where(is_constant, 1.0, np.maximum(scaler.scale_.astype(graph.dtype), limits.tiny))
    z = graph.add("Div", graph.add("Sub", x, centre), scale)
    largest = float(np.sqrt(limits.max) * min(scaler.limit, 1))  # its square is finite
    z = graph.add("Min", graph.add("Max", z, -largest), largest)
    share = graph.add("Div", z, float(scaler.limit))
    bend = graph.add("Sqrt", graph.add("Add", graph.add("Mul", share, share), 1.0))
    z = graph.add("Where", is_constant, 0.0, graph.add("Div", z, bend))
    return graph.add("Where", graph.add("IsNaN", x), x, z)  # what is missing stays so
