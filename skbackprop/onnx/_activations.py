"""The activations as nodes of a graph.

Some are composed of others because their operators came after opset 15 (Gelu, Mish) or because
onnxruntime has them for floats only (Elu, Selu, Softplus; Erf, which has no substitute).
"""

import math

_LEAKY_SLOPE = 0.01
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _elu(graph, z, alpha=1.0):
    """The exponential linear unit: z where z > 0, α (eᶻ − 1) elsewhere."""
    if not graph.is_double:
        return graph.add("Elu", z, alpha=alpha)
    negative = graph.add("Sub", graph.add("Exp", graph.add("Min", z, 0.0)), 1.0)
    return graph.add("Add", graph.add("Max", z, 0.0), graph.add("Mul", negative, alpha))


def _softplus(graph, z):
    """log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|)."""
    if not graph.is_double:
        return graph.add("Softplus", z)
    power = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add(
        "Add", graph.add("Max", z, 0.0), graph.add("Log", graph.add("Add", power, 1.0))
    )


def _normal_cdf(graph, z):
    """Φ(z) = ½ (1 + erf(z / √2))."""
    scaled = graph.add("Mul", z, math.sqrt(0.5))
    erf = graph.in_single_precision("Erf", scaled) if graph.is_double else graph.add("Erf", scaled)
    return graph.add("Mul", graph.add("Add", erf, 1.0), 0.5)


#: Functions of a graph and the name of z, which add nodes and return the name of σ(z).
ACTIVATIONS = {
    "identity": lambda graph, z: z,
    "logistic": lambda graph, z: graph.add("Sigmoid", z),
    "tanh": lambda graph, z: graph.add("Tanh", z),
    "relu": lambda graph, z: graph.add("Relu", z),
    "leaky_relu": lambda graph, z: graph.add("Max", z, graph.add("Mul", z, _LEAKY_SLOPE)),
    "elu": _elu,
    "selu": lambda graph, z: graph.add("Mul", _elu(graph, z, _SELU_ALPHA), _SELU_SCALE),
    "softplus": _softplus,
    "gelu": lambda graph, z: graph.add("Mul", z, _normal_cdf(graph, z)),
    "silu": lambda graph, z: graph.add("Mul", z, graph.add("Sigmoid", z)),
    "mish": lambda graph, z: graph.add("Mul", z, graph.add("Tanh", _softplus(graph, z))),
}
