"""The numbers that a picture of a network shows."""

from dataclasses import dataclass

import numpy as np

from .._estimators import frame_like, unwrap_network
from .._layers import chain, layer_names
from .._trace.trace import activations_in_prediction, trace
from .drawing import grid_around


@dataclass
class NetworkValues:
    """What the edges and the nodes show.

    Attributes
    ----------
    edges : list of ndarray of shape (fan_in, fan_out)
    nodes : list of (ndarray of shape (n_units,) or None)
    node_name : str or None
        What ``nodes`` are.
    gradients : list of (ndarray of shape (n_units,) or None), or None
        δ of each unit, where ``nodes`` are activations and there is a target.
    """

    edges: list
    nodes: list
    node_name: str | None
    gradients: list | None = None


def values_of(estimator, X, y, color):
    """Values of edges and nodes.

    Parameters
    ----------
    estimator : fitted estimator
    X, y : array-like or None
    color : {"weight", "gradient"}

    Returns
    -------
    NetworkValues

    Raises
    ------
    ValueError
        If what ``color`` needs is missing.
    """
    if color == "gradient" and (X is None or y is None):
        raise ValueError("color='gradient' needs X and y.")
    weights, biases = chain(estimator)
    if X is None:
        return NetworkValues(weights, [None, *biases], "bias")
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    if color == "weight" and n_samples != 1:
        raise ValueError(
            f"X must be one sample, of shape (1, n_features); it has {n_samples} rows."
        )
    traced = trace(estimator, X, y)
    gradients = traced.coef_grads
    if gradients[0] is not None:  # of a variational code, those of the mean
        pairs = zip(gradients, weights, strict=True)
        gradients = [gradient[:, : W.shape[1]] for gradient, W in pairs]
    if n_samples > 1:
        return NetworkValues(gradients, [None] * (len(weights) + 1), None)
    activations = [traced.X[0], *(layer.a[0] for layer in traced.layers)]
    if traced.loss is None:
        return NetworkValues(weights, activations, "activation")
    deltas = [None, *(layer.delta[0] for layer in traced.layers)]
    if color == "weight":
        return NetworkValues(weights, activations, "activation", deltas)
    return NetworkValues(gradients, [traced.X[0], *deltas[1:]], "δ")


def maps_of(estimator, X, resolution, caller):
    """What each unit makes of the plane.

    Parameters
    ----------
    estimator : fitted estimator
        With steps of a pipeline before the network.
    X : array-like of shape (n_samples, 2)
        Its range, and a margin, is the plane.
    resolution : int
        Points along each side.

    Returns
    -------
    list of ndarray of shape (n_units, resolution, resolution)
        Activations of each layer, the input first; rows from the bottom up.

    Raises
    ------
    ValueError
        If X has not two features.
    """
    points = np.asarray(X, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"Maps of units need X of two features; got shape {points.shape}.")
    _, _, grid = grid_around(points, resolution)
    network, grid, _ = unwrap_network(estimator, frame_like(grid, X), None, caller)
    activations = activations_in_prediction(network, grid)
    return [values.T.reshape(-1, resolution, resolution) for values in activations]


def captions_of(estimator):
    """A caption for each layer: its name, its width, its activation."""
    weights, _ = chain(estimator)
    widths = [weights[0].shape[0], *(W.shape[1] for W in weights)]
    captions = []
    for (name, function), width in zip(
        [("input", ""), *layer_names(estimator)], widths, strict=True
    ):
        units = "1 unit" if width == 1 else f"{width} units"
        captions.append(f"{name}\n{units}\n{function}".rstrip())
    return captions
