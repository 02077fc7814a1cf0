"""The layers of a fitted network by name, from its public attributes."""

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline


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


def layer_names(estimator):
    """The name and the activation of each layer after the input, such as ("hidden 1", "relu")."""
    n_layers = len(chain(estimator)[0])
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


def input_names(estimator, n_inputs):
    """The names of what a network receives, or x₁, x₂ and so on.

    Parameters
    ----------
    estimator : fitted network, or a fitted meta-estimator around one
        Steps of a pipeline before the network name what they hand on, where they can.
    n_inputs : int
        Of the network.
    """
    names = _feature_names(estimator)
    if names is not None and len(names) == n_inputs:
        return [str(name) for name in names]
    subscripts = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    return [f"x{i + 1}".translate(subscripts) for i in range(n_inputs)]


def _feature_names(estimator, given=None):
    if hasattr(estimator, "best_estimator_"):
        return _feature_names(estimator.best_estimator_, given)
    if isinstance(estimator, TransformedTargetRegressor):
        return _feature_names(estimator.regressor_, given)
    given = getattr(estimator, "feature_names_in_", given)
    if not isinstance(estimator, Pipeline):
        return given
    if len(estimator.steps) > 1 and given is not None:
        try:
            given = estimator[:-1].get_feature_names_out()
        except (AttributeError, ValueError):  # a step that names nothing
            given = None
    return _feature_names(estimator.steps[-1][1], given)


def output_names(estimator):
    """Features beside the units that reconstruct them, classes beside theirs; or None."""
    if hasattr(estimator, "code_activation"):
        return getattr(estimator, "feature_names_in_", None)
    classes = getattr(estimator, "classes_", None)
    n_outputs = estimator.coefs_[-1].shape[1]
    if classes is None or isinstance(classes, list):
        return None
    if n_outputs == len(classes):
        return [_class_name(one) for one in classes]
    return [_class_name(classes[1])] if n_outputs == 1 and len(classes) == 2 else None


def _class_name(label):
    return str(label) if isinstance(label, str) else f"class {label}"
