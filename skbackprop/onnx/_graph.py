"""A graph in the making: nodes and constants of one data type."""

import numpy as np
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from skl2onnx.proto import onnx_proto

from ._activations import ACTIVATIONS

_NORM_EPSILON = 1e-5  # the engine's


def float_type(operator):
    """The type of the outputs' numbers: double where all numeric inputs are double, else float."""
    types = [one.type for one in operator.inputs if not isinstance(one.type, StringTensorType)]
    is_double = bool(types) and all(isinstance(one, DoubleTensorType) for one in types)
    return DoubleTensorType if is_double else FloatTensorType


def n_rows(operator):
    """The first dimension of the outputs, None where it is not fixed."""
    return operator.inputs[0].get_first_dimension()


class Graph:
    """Adds nodes and constants to the container of a conversion.

    Parameters
    ----------
    scope, operator, container : Scope, Operator and ModelComponentContainer
        What skl2onnx hands to a converter.
    dtype : {np.float32, np.float64}, default=None
        Of the numbers; that of the outputs where None.

    Attributes
    ----------
    dtype : {np.float32, np.float64}
        Of the numbers.
    is_double : bool
        Whether that is float64.
    """

    def __init__(self, scope, operator, container, *, dtype=None):
        self._scope, self._operator, self._container = scope, operator, container
        tensor = onnx_proto.TensorProto
        outputs_are_double = float_type(operator) is DoubleTensorType
        self._of_outputs = tensor.DOUBLE if outputs_are_double else tensor.FLOAT
        self.dtype = dtype or (np.float64 if outputs_are_double else np.float32)
        self.is_double = self.dtype == np.float64
        self._float = tensor.DOUBLE if self.is_double else tensor.FLOAT

    def add(self, op_type, *inputs, output=None, domain="", **attributes):
        """Add a node; returns the name of its output.

        Parameters
        ----------
        op_type : str
        *inputs : str, float or ndarray
            Names of other nodes' outputs, or constants.
        output : str, default=None
            The output's name; None for a new one.
        domain : str, default=""
        **attributes : object
            Those of the node.
        """
        inputs = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        output = output or self._scope.get_unique_variable_name(op_type.lower())
        name = self._scope.get_unique_operator_name(op_type)
        self._container.add_node(op_type, inputs, output, name=name, op_domain=domain, **attributes)
        return output

    def constant(self, values):
        """Add an initializer; returns its name. Integers are int64, others stay what they are."""
        values = np.asarray(values)
        name = self._scope.get_unique_variable_name("constant")
        kind, content = self._float, values.ravel()
        if values.dtype.kind == "i":
            kind = onnx_proto.TensorProto.INT64
        elif values.dtype.kind == "b":
            kind = onnx_proto.TensorProto.BOOL
        elif values.dtype.kind in "OU":
            kind = onnx_proto.TensorProto.STRING
            content = np.array([str(one).encode("utf-8") for one in content])
        self._container.add_initializer(name, kind, list(values.shape), content)
        return name

    def input(self):
        """The name of the input, as one matrix of floats."""
        names = [self.floats(variable.full_name) for variable in self._operator.inputs]
        return names[0] if len(names) == 1 else self.add("Concat", *names, axis=1)

    def output(self, i, name):
        """Make a node's output, numbers or labels, the operator's output number ``i``."""
        variable = self._operator.outputs[i]
        if isinstance(variable.type, FloatTensorType | DoubleTensorType):
            self.add("Cast", name, output=variable.full_name, to=self._of_outputs)
        else:
            self.add("Identity", name, output=variable.full_name)

    def smallest(self, name, k):
        """The ``k`` smallest entries of each row, in order: names of the values and the places."""
        values, places = (self._scope.get_unique_variable_name(n) for n in ("smallest", "places"))
        self._container.add_node(
            "TopK",
            [name, self.constant(np.array([k]))],
            [values, places],
            name=self._scope.get_unique_operator_name("TopK"),
            axis=-1,
            largest=0,
        )
        return values, places

    def in_single_precision(self, op_type, name):
        """Add a node that takes and gives floats, among nodes of any type."""
        single = self.add(op_type, self.add("Cast", name, to=onnx_proto.TensorProto.FLOAT))
        return self.add("Cast", single, to=self._float)

    def floats(self, name):
        """Cast to the type of the numbers."""
        return self.add("Cast", name, to=self._float)

    def integers(self, name):
        """Cast to int64."""
        return self.add("Cast", name, to=onnx_proto.TensorProto.INT64)

    # -- layers -----------------------------------------------------------------------------------

    def layers(self, x, layers):
        """Add layers, described as in `layers_of`; returns the name of the last one's output."""
        for kind, *values in layers:
            x = getattr(self, kind)(x, *values)
        return x

    def dense(self, x, W, b):
        """z = x W + b."""
        return self.add("Add", self.add("MatMul", x, W), b)

    def layer_norm(self, x, gain, shift):
        """γ (x − mean) / √(var + ε) + β, over the features: means are products with 1 / n."""
        width = gain.shape[-1]
        shares = np.full((width, 1), 1.0 / width)
        centred = self.add("Sub", x, self.add("MatMul", x, shares))
        variance = self.add("MatMul", self.add("Mul", centred, centred), shares)
        std = self.add("Sqrt", self.add("Add", variance, _NORM_EPSILON))
        return self.add("Add", self.add("Mul", self.add("Div", centred, std), gain), shift)

    def batch_norm(self, x, gain, shift, mean, variance):
        """γ (x − mean) / √(var + ε) + β, with constants for mean and var."""
        scale = gain / np.sqrt(np.float64(variance) + _NORM_EPSILON)
        return self.add("Add", self.add("Mul", self.add("Sub", x, mean), scale), shift)

    def activation(self, x, name):
        """σ(x)."""
        return ACTIVATIONS[name](self, x)
