"""BackpropClassifier."""

from skl2onnx import get_model_alias, update_registered_converter
from skl2onnx._parse import _parse_sklearn_classifier  # private; seen in 1.20
from skl2onnx.common.data_types import Int64TensorType
from sklearn.utils.validation import check_is_fitted

from .._classifier import BackpropClassifier
from ._graph import Graph, float_type, n_rows
from ._labels import LABEL_OPTIONS, add_labels, label_type
from ._network import layers_of

_OPTIONS = {**LABEL_OPTIONS, "raw_scores": [True, False], "features": [True, False]}


def register():
    """Tell skl2onnx how the classifier is converted."""
    update_registered_converter(
        BackpropClassifier,
        "SkbackpropClassifier",
        _shapes,
        _convert,
        parser=_parse,
        options=_OPTIONS,
    )


def _parse(scope, model, inputs, custom_parsers=None):
    check_is_fitted(model)
    is_transformer = scope.get_options(model, {"features": False})["features"]
    if not is_transformer and not _is_multilabel(model):
        return _parse_sklearn_classifier(scope, model, inputs, custom_parsers)
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    variable = scope.declare_local_variable
    if is_transformer:
        operator.outputs.append(variable("variable", float_type(operator)()))
    else:
        operator.outputs.append(variable("label", Int64TensorType()))
        operator.outputs.append(variable("probabilities", float_type(operator)()))
    return operator.outputs


def _is_multilabel(classifier):
    return classifier.out_activation_ == "logistic" and classifier.n_outputs_ > 1


def _shapes(operator):
    classifier, rows = operator.raw_operator, n_rows(operator)
    if len(operator.outputs) == 1:
        operator.outputs[0].type = float_type(operator)([rows, classifier.coefs_[-1].shape[0]])
        return
    n_classes = len(classifier.classes_)
    shape = [rows, n_classes] if _is_multilabel(classifier) else [rows]
    operator.outputs[0].type = label_type(operator.scope_inst, classifier)(shape)
    operator.outputs[1].type = float_type(operator)([rows, n_classes])


def _convert(scope, operator, container):
    classifier = operator.raw_operator
    graph = Graph(scope, operator, container)
    layers = layers_of(classifier)
    if len(operator.outputs) == 1:
        graph.output(0, graph.layers(graph.input(), layers[:-1]))
        return
    z = graph.layers(graph.input(), layers)
    if _is_multilabel(classifier):
        zero = graph.constant(0.0)
        graph.output(0, graph.integers(graph.add("Greater", z, zero)))
        scores, link = z, "Sigmoid"
    else:
        scores, link = _scores_of_classes(graph, classifier, z)
        add_labels(graph, scope, classifier, scores)
    if container.get_options(classifier, {"raw_scores": False})["raw_scores"]:
        graph.output(1, scores)
    else:
        attributes = {"axis": 1} if link == "Softmax" else {}
        graph.output(1, graph.add(link, scores, **attributes))


def _scores_of_classes(graph, classifier, z):
    """A score for each class, and what makes them probabilities."""
    if classifier.out_activation_ == "softmax":
        return z, "Softmax"
    negative = graph.add("Neg", z)
    if len(classifier.classes_) == 1:
        return graph.add("Abs", negative), "Softmax"  # of one score: 1
    return graph.add("Concat", negative, z, axis=1), "Sigmoid"
