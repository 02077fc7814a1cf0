"""The layers of a fitted network as plain tuples: all that the converters know about the engine."""

from ..core.activations import ACTIVATIONS


def layers_of(estimator):
    """The layers of a fitted estimator with one network: see `layers_of_network`."""
    return layers_of_network(estimator._synchronised_network())


def layers_of_network(network):
    """The layers that take part in prediction, from input to output.

    Parameters
    ----------
    network : Network
        One network, or a population of K: its arrays then have a leading axis.

    Returns
    -------
    list of tuple
        ("dense", W, b), ("layer_norm", gain, shift), ("batch_norm", gain, shift, mean, variance)
        and ("activation", name), with W of shape (fan_in, fan_out) and vectors of shape (1, width);
        and ("code",) where the encoder of an autoencoder ends.

    Raises
    ------
    ValueError
        If an activation is a user's own.
    """
    weights = iter(network.weights())
    views = zip(network.layers, network.parameter_views, network.statistics_views(), strict=True)
    layers = []
    for place, (layer, params, state) in enumerate(views, 1):
        if "b" in params:
            layers.append(("dense", next(weights), params["b"]))
        elif "running_mean" in state:
            statistics = state["running_mean"], state["running_variance"]
            layers.append(("batch_norm", params["gain"], params["shift"], *statistics))
        elif "gain" in params:
            layers.append(("layer_norm", params["gain"], params["shift"]))
        elif hasattr(layer, "activation"):
            layers.append(("activation", _known_name(layer.activation)))
        elif layer.n_out < layer.n_in:  # a variational code: [μ, log s²], of which μ goes on
            _, W, b = layers.pop()
            layers.append(("dense", W[..., : layer.n_out], b[..., : layer.n_out]))
        if place == network.n_encoder:
            layers.append(("code",))
    return layers  # dropout, corruption and penalties act in training only


def _known_name(activation):
    if ACTIVATIONS.get(activation.name) != activation:
        raise ValueError(
            f"activation={activation!r} cannot be converted to ONNX: it is your own, and only "
            f"those with a name of skbackprop's can be: {', '.join(ACTIVATIONS)}."
        )
    return activation.name
