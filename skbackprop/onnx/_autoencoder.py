"""BackpropAutoencoder."""

from skl2onnx import get_model_alias, update_registered_converter
from sklearn.utils.validation import check_is_fitted

from .._autoencoder import BackpropAutoencoder
from ._graph import Graph, float_type, n_rows
from ._network import layers_of

_OPTIONS = {"reconstruction": [False, True]}


def register():
    """Tell skl2onnx how the autoencoder is converted."""
    update_registered_converter(
        BackpropAutoencoder,
        "SkbackpropAutoencoder",
        _shapes,
        _convert,
        parser=_parse,
        options=_OPTIONS,
    )


def _parse(scope, model, inputs, custom_parsers=None):
    check_is_fitted(model)
    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    with_reconstruction = scope.get_options(model, {"reconstruction": False})["reconstruction"]
    names = ["codes", "reconstruction"] if with_reconstruction else ["variable"]
    for name in names:
        operator.outputs.append(scope.declare_local_variable(name, float_type(operator)()))
    return operator.outputs


def _shapes(operator):
    autoencoder = operator.raw_operator
    widths = [autoencoder.n_components, autoencoder.n_features_in_]
    for variable, width in zip(operator.outputs, widths, strict=False):
        variable.type = float_type(operator)([n_rows(operator), width])


def _convert(scope, operator, container):
    graph = Graph(scope, operator, container)
    codes, decode = encode(graph, operator.raw_operator, graph.input())
    graph.output(0, codes)
    if len(operator.outputs) > 1:
        graph.output(1, decode())


def encode(graph, autoencoder, x):
    """Add the encoder; returns the name of the codes, and a function that adds the decoder."""
    layers = layers_of(autoencoder)
    code = layers.index(("code",))
    if autoencoder.standardize:
        x = graph.add("Div", graph.add("Sub", x, autoencoder.mean_), autoencoder.scale_)
    codes = graph.layers(x, layers[:code])

    def decode():
        out = graph.layers(codes, layers[code + 1 :])
        if autoencoder.out_activation_ == "logistic":
            return graph.add("Sigmoid", out)
        if autoencoder.standardize:
            scale = autoencoder.scale_ * autoencoder._varies  # constant features are exact
            out = graph.add("Add", graph.add("Mul", out, scale), autoencoder.mean_)
        return out

    return codes, decode
