"""BackpropOutlierDetector."""

import math

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from skl2onnx import get_model_alias, update_registered_converter
from skl2onnx.common.data_types import Int64TensorType
from sklearn.utils.validation import check_is_fitted

from .._estimator.oddness import PARTS
from .._outlier import BackpropOutlierDetector
from ._autoencoder import encode
from ._graph import Graph, float_type, n_rows
from ._neighbours import log_mean_distance
from ._tails import log_tail_probability, marginal_oddness, minus_log_harmonic_mean

_OPTIONS = {"score_samples": [False, True]}


def register():
    """Tell skl2onnx how the detector is converted."""
    update_registered_converter(
        BackpropOutlierDetector,
        "SkbackpropOutlierDetector",
        _shapes,
        _convert,
        parser=_parse,
        options=_OPTIONS,
    )


def _parse(scope, model, inputs, custom_parsers=None):
    check_is_fitted(model)
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    operator.outputs.append(scope.declare_local_variable("label", Int64TensorType()))
    with_scores = scope.get_options(model, {"score_samples": False})["score_samples"]
    for name in ["scores", "score_samples"] if with_scores else ["scores"]:
        operator.outputs.append(scope.declare_local_variable(name, float_type(operator)()))
    return operator.outputs


def _shapes(operator):
    label, *scores = operator.outputs
    label.type = Int64TensorType([n_rows(operator)])
    for variable in scores:
        variable.type = float_type(operator)([n_rows(operator), 1])


def _convert(scope, operator, container):
    detector = operator.raw_operator
    graph = Graph(scope, operator, container, dtype=np.float64)
    scores = _scores(graph, detector)
    decision = graph.add("Sub", scores, detector.offset_)
    is_outlier = graph.add("Less", graph.add("Squeeze", decision, np.array([1])), 0.0)
    graph.output(0, graph.add("Where", is_outlier, np.array(-1), np.array(1)))
    for i, one in enumerate([decision, scores][: len(operator.outputs) - 1], 1):
        graph.output(i, one)


def _scores(graph, detector):
    """Add ``score_samples``, of shape (n, 1)."""
    views = detector._views
    autoencoder = views.autoencoder
    x = graph.input()
    codes, decode = encode(graph, autoencoder, x)
    residuals = graph.add("Div", graph.add("Sub", x, decode()), autoencoder.scale_)
    if views.density is None:
        return _sum_of_squares(graph, residuals, -1.0 / len(autoencoder.scale_))
    log_density = _log_density(graph, views.density, codes, residuals)
    if views.marginals is None:
        return log_density
    joint, single = graph.add("Neg", log_density), marginal_oddness(graph, x, views.marginals)
    near = log_mean_distance(graph, x, views.neighbours)
    oddness = graph.add("Concat", joint, single, near, axis=1)
    log_p = log_tail_probability(graph, oddness, detector._tails)
    by_model = minus_log_harmonic_mean(graph, log_p, PARTS)
    by_neighbours = graph.add("Gather", log_p, np.array([2]), axis=1)
    combined = graph.add("Sub", by_model, by_neighbours)
    return log_tail_probability(graph, combined, [detector._tail])


def _sum_of_squares(graph, x, factor):
    squares = graph.add("Mul", graph.add("Mul", x, x), factor)
    return graph.add("ReduceSum", squares, np.array([1]), keepdims=1)


def _log_density(graph, density, codes, residuals):
    """log N(z; μ_z, Σ_z) + Σⱼ log N(rⱼ; μⱼ, vⱼ), shape (n, 1): zᵀ Σ⁻¹ z = ‖L⁻¹ z‖², Σ = L Lᵀ."""
    L = cholesky(density.code_covariance, lower=True)
    whitening = solve_triangular(L, np.eye(len(L)), lower=True).T
    z = graph.add("MatMul", graph.add("Sub", codes, density.code_mean), whitening)
    centred = graph.add("Sub", residuals, density.residual_mean)
    r = graph.add("Div", centred, np.sqrt(density.residual_variance))
    exponent = _sum_of_squares(graph, graph.add("Concat", z, r, axis=1), -0.5)
    n_dimensions = len(density.code_mean) + len(density.residual_mean)
    log_determinant = 2.0 * np.log(np.diag(L)).sum() + np.log(density.residual_variance).sum()
    constant = -0.5 * (log_determinant + n_dimensions * math.log(2.0 * math.pi))
    return graph.add("Add", exponent, constant)
