"""Distances to the nearest samples, as `skbackprop.core.neighbours` has them."""

import numpy as np

from ..core.neighbours import FLOOR


def log_mean_distance(graph, x, neighbours):
    """log(mean distance + 0.001) for each row, shape (n, 1).

    Parameters
    ----------
    graph : Graph
        Of doubles.
    x : str
        Name of an output of shape (n, n_features).
    neighbours : NeighbourDistance
    """
    references = neighbours.references
    x = graph.add("Div", x, np.asarray(neighbours.scale, np.float64))
    # ‖x − r‖² − ‖x‖² = ‖r‖² − 2 x·r says which are nearest, but not exactly how near
    ranks = graph.add("MatMul", x, -2.0 * references.T)
    ranks = graph.add("Add", ranks, (references**2).sum(axis=1))
    _, places = graph.smallest(ranks, neighbours.n_nearest)
    nearest = graph.add("Gather", references, places, axis=0)
    differences = graph.add("Sub", graph.add("Unsqueeze", x, np.array([1])), nearest)
    squares = graph.add("Mul", differences, differences)
    distances = graph.add("Sqrt", graph.add("ReduceSum", squares, np.array([2]), keepdims=0))
    weights = graph.add("Gather", neighbours.weights, places, axis=0)
    covered = graph.add("CumSum", weights, np.array(1))
    left = graph.add("Add", graph.add("Sub", weights, covered), neighbours.reach)
    parts = graph.add("Min", graph.add("Max", left, 0.0), weights)
    total, whole = (
        graph.add("ReduceSum", one, np.array([1]), keepdims=1)
        for one in (graph.add("Mul", parts, distances), parts)
    )
    return graph.add("Log", graph.add("Add", graph.add("Div", total, whole), FLOOR))
