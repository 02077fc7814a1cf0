"""Planes in the space of parameters, and the objective over them."""

import numpy as np


def losses_over(objective, params, directions, x, y):
    """E at params + xⱼ d₁ + yᵢ d₂, shape (len(y), len(x))."""
    losses = np.empty((len(y), len(x)))
    for i, down in enumerate(y):
        for j, across in enumerate(x):
            objective.network.params[...] = params + across * directions[0] + down * directions[1]
            losses[i, j], _ = objective.value_and_gradient()
    objective.network.params[...] = params
    return losses


def random_directions(objective, rng):
    """Two random directions; each unit's weights have the length of its fitted ones."""
    network = objective.network
    directions = np.zeros((2, network.params.size))
    for direction in directions:
        for place, W in zip(network.weights(direction), network.weights(), strict=True):
            drawn = rng.standard_normal(W.shape)
            place[...] = drawn * (np.linalg.norm(W, axis=0) / np.linalg.norm(drawn, axis=0))
    return directions


def weight_directions(objective, network, weights):
    """Unit vectors along two weights, and what the weights are called."""
    directions = np.zeros((2, objective.network.params.size))
    labels = []
    for direction, (layer, i, j) in zip(directions, weights, strict=True):
        shapes = [W.shape for W in network.coefs_]
        if not 1 <= layer <= len(shapes) or not (
            0 <= i < shapes[layer - 1][0] and 0 <= j < shapes[layer - 1][1]
        ):
            raise ValueError(
                f"weights has {(layer, i, j)!r}, but coefs_ has the shapes {shapes}, of layers "
                "that are counted from 1."
            )
        objective.network.weights(direction)[layer - 1][i, j] = 1.0
        labels.append(f"weight {i} → {j} of layer {layer}")
    return directions, tuple(labels)


def principal_directions(deviations):
    """The first two principal components of rows about zero, and their shares of the squares."""
    _, singular, components = np.linalg.svd(deviations, full_matrices=False)
    if len(components) < 2:  # a path of one step
        components = np.vstack([components, np.zeros_like(components)])
        singular = np.append(singular, 0.0)
    total = (singular**2).sum() or 1.0
    return components[:2], singular[:2] ** 2 / total
