"""BackpropRegressor."""

from skl2onnx import update_registered_converter
from sklearn.utils.validation import check_is_fitted

from .._regressor import BackpropRegressor
from ._graph import Graph, float_type, n_rows
from ._network import layers_of


def register():
    """Tell skl2onnx how the regressor is converted."""
    update_registered_converter(BackpropRegressor, "SkbackpropRegressor", _shapes, _convert)


def _shapes(operator):
    check_is_fitted(operator.raw_operator)
    shape = [n_rows(operator), operator.raw_operator.n_outputs_]
    operator.outputs[0].type = float_type(operator)(shape)


def _convert(scope, operator, container):
    regressor = operator.raw_operator
    graph = Graph(scope, operator, container)
    z = graph.layers(graph.input(), layers_of(regressor))
    if regressor.out_activation_ == "exp":
        z = graph.add("Exp", z)
    graph.output(0, z)
