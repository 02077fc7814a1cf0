"""The numbers and words that a picture of a network shows."""

import numpy as np

from .._trace.trace import trace


def values_of(estimator, X, y, color):
    """Values of edges and nodes.

    Parameters
    ----------
    estimator : fitted estimator
    X, y : array-like or None
    color : {"weight", "gradient"}

    Returns
    -------
    edges : list of ndarray of shape (fan_in, fan_out)
    nodes : list of (ndarray of shape (n_units,) or None)
    node_name : str or None

    Raises
    ------
    ValueError
        If what ``color`` needs is missing.
    """
    if color not in ("weight", "gradient"):
        raise ValueError(f"color must be 'weight' or 'gradient', got {color!r}.")
    if color == "gradient" and (X is None or y is None):
        raise ValueError("color='gradient' needs X and y.")
    weights, biases = chain(estimator)
    if X is None:
        return weights, [None, *biases], "bias"
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    if color == "weight" and n_samples != 1:
        raise ValueError(
            f"X must be one sample, of shape (1, n_features); it has {n_samples} rows."
        )
    traced = trace(estimator, X, estimator.predict(X) if y is None else y)  # forward, any y will do
    if color == "weight":
        return weights, [traced.X[0], *(layer.a[0] for layer in traced.layers)], "activation"
    if n_samples > 1:
        return traced.coef_grads, [None] * (len(weights) + 1), None
    return traced.coef_grads, [traced.X[0], *(layer.delta[0] for layer in traced.layers)], "δ"


def chain(estimator):
    """Weights and biases from layer to layer, as they act in prediction.

    Tied weights act a second time, transposed. Of a variational code, the mean is handed on.
    """
    weights = [np.asarray(W) for W in estimator.coefs_]
    biases = [np.asarray(b) for b in estimator.intercepts_]
    if len(biases) == 2 * len(weights):
        weights += [W.T for W in reversed(weights)]
    handed_on = [W.shape[0] for W in weights[1:]] + [weights[-1].shape[1]]
    weights = [W[:, :n] for W, n in zip(weights, handed_on, strict=True)]
    return weights, [b[:n] for b, n in zip(biases, handed_on, strict=True)]


def describe(estimator):
    """Captions of the layers, and names of the units of the input and of the output, or None."""
    weights, _ = chain(estimator)
    layers = [("input", ""), *_layers_by_name(estimator, len(weights))]
    widths = [weights[0].shape[0], *(W.shape[1] for W in weights)]
    captions = []
    for (name, function), width in zip(layers, widths, strict=True):
        units = "1 unit" if width == 1 else f"{width} units"
        captions.append(f"{name}\n{units}\n{function}".rstrip())
    inputs = getattr(estimator, "feature_names_in_", None)
    is_autoencoder = hasattr(estimator, "code_activation")
    return captions, inputs, inputs if is_autoencoder else _output_names(estimator)


def _layers_by_name(estimator, n_layers):
    """The name and the activation of each layer after the input."""
    activation = getattr(estimator, "activation", "")
    last = ("output", getattr(estimator, "out_activation_", ""))
    if not hasattr(estimator, "code_activation"):
        functions = _spread(activation, n_layers - 1)
        return [*((f"hidden {i + 1}", one) for i, one in enumerate(functions)), last]
    n_encoder = np.size(estimator.hidden_layer_sizes)
    encoder = _spread(activation, n_encoder)
    decoder = encoder[::-1] if n_layers == 2 * n_encoder + 2 else []
    decoder = decoder or _spread(activation, n_layers - n_encoder - 2)
    code = _spread(estimator.code_activation, 1)[0]
    return [
        *((f"encoder {i + 1}", one) for i, one in enumerate(encoder)),
        ("code", code),
        *((f"decoder {i + 1}", one) for i, one in enumerate(decoder)),
        last,
    ]


def _spread(activation, n):
    """The names of ``n`` activations, given one or a list."""
    listed = activation if isinstance(activation, list | tuple) else [activation] * n
    return [getattr(one, "name", one) for one in listed]


def _output_names(estimator):
    """Classes beside the units that give their probability."""
    classes = getattr(estimator, "classes_", None)
    n_outputs = estimator.coefs_[-1].shape[1]
    if classes is None or isinstance(classes, list):
        return None
    if n_outputs == len(classes):
        return [_class_name(one) for one in classes]
    return [_class_name(classes[1])] if n_outputs == 1 and len(classes) == 2 else None


def _class_name(label):
    return str(label) if isinstance(label, str) else f"class {label}"
