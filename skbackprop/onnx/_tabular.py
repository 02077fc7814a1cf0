"""TabularClassifier and TabularRegressor."""

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx._parse import _parse_sklearn_classifier  # private; seen in 1.20
from sklearn.utils.validation import check_is_fitted

from .._tables.probabilities import _TINY
from .._tabular import TabularClassifier, TabularRegressor
from ._graph import Graph, float_type, n_rows
from ._labels import LABEL_OPTIONS, add_labels, label_type
from ._network import layers_of_network
from ._table import add_inputs


def register():
    """Tell skl2onnx how the tabular estimators are converted."""
    update_registered_converter(
        TabularClassifier,
        "SkbackpropTabularClassifier",
        _classifier_shapes,
        _convert_classifier,
        parser=_parse_classifier,
        options=LABEL_OPTIONS,
    )
    update_registered_converter(
        TabularRegressor, "SkbackpropTabularRegressor", _regressor_shapes, _convert_regressor
    )


def _member_scores(scope, operator, container):
    """A graph of doubles, and raw scores of each kind's members, shape (n_folds, n, n_outputs)."""
    estimator = operator.raw_operator
    graph = Graph(scope, operator, container, dtype=np.float64)
    single = Graph(scope, operator, container, dtype=np.float32)  # as the networks are
    plain, all_inputs = add_inputs(graph, operator)
    scores = []
    for trained in estimator._kinds:
        x = single.floats(all_inputs if trained.kind.encodes else plain)
        scores.append(graph.floats(single.layers(x, layers_of_network(trained.network))))
    return graph, scores


def _mean_over_members(graph, x, n_members):
    return graph.add("Div", graph.add("ReduceSum", x, np.array([0]), keepdims=0), float(n_members))


# -- classifier ------------------------------------------------------------------------------------


def _parse_classifier(scope, model, inputs, custom_parsers=None):
    check_is_fitted(model)
    return _parse_sklearn_classifier(scope, model, inputs, custom_parsers)


def _classifier_shapes(operator):
    classifier, rows = operator.raw_operator, n_rows(operator)
    operator.outputs[0].type = label_type(operator.scope_inst, classifier)([rows])
    operator.outputs[1].type = float_type(operator)([rows, len(classifier.classes_)])


def _convert_classifier(scope, operator, container):
    classifier = operator.raw_operator
    graph, scores = _member_scores(scope, operator, container)
    n_members = len(classifier._kinds[0].network.params)
    first, second = (
        _mean_over_members(graph, graph.add("Softmax", one, axis=-1), n_members) for one in scores
    )
    p = _blended(graph, classifier._blend, first, second, len(classifier.classes_))
    add_labels(graph, scope, classifier, p)
    graph.output(1, p)


def _blended(graph, blend, first, second, n_classes):
    """The probabilities of both kinds as one, as `Blend` has it."""
    first, second = (
        _tempered(graph, p, t) for p, t in zip((first, second), blend.temperatures, strict=True)
    )
    p = graph.add(
        "Add", graph.add("Mul", first, blend.share), graph.add("Mul", second, 1.0 - blend.share)
    )
    p = graph.add("Mul", _tempered(graph, p, blend.temperature), 1.0 - blend.uniform)
    return graph.add("Add", p, blend.uniform / n_classes)


def _tempered(graph, p, temperature):
    """p^(1/T) / Σ p^(1/T)."""
    log_p = graph.add("Log", graph.add("Max", p, _TINY))
    return graph.add("Softmax", graph.add("Div", log_p, temperature), axis=-1)


# -- regressor -------------------------------------------------------------------------------------


def _regressor_shapes(operator):
    check_is_fitted(operator.raw_operator)
    shape = [n_rows(operator), operator.raw_operator.n_outputs_]
    operator.outputs[0].type = float_type(operator)(shape)


def _convert_regressor(scope, operator, container):
    regressor = operator.raw_operator
    graph, scores = _member_scores(scope, operator, container)
    first, second = (_in_units(graph, regressor._scale, one) for one in scores)
    share = regressor._share
    blend = graph.add("Add", graph.add("Mul", first, share), graph.add("Mul", second, 1.0 - share))
    mean = _mean_over_members(graph, blend, len(regressor._kinds[0].network.params))
    graph.output(0, graph.add("Add", mean, np.asarray(regressor._offset, float)))


def _in_units(graph, scale, scores):
    """Scores in the units of y, as `TargetScale.predictions` has it."""
    y = graph.add("Add", graph.add("Mul", scores, scale.spread), scale.centre)
    return graph.add("Min", graph.add("Max", y, scale.low), scale.high)
