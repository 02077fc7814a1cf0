"""Tail probabilities, as `skbackprop.core.tails` has them."""

import math

import numpy as np


def log_tail_probability(graph, values, tails):
    """log P(V ≥ v) for M variables; returns the name of an output of shape (n, M).

    Parameters
    ----------
    graph : Graph
    values : str
        Name of an output of shape (n, M).
    tails : list of UpperTail, of length M
    """
    bulk = _interpolate(graph, values, tails)
    u = np.array([tail.knots[-1] for tail in tails])
    scale = np.array([tail.scale for tail in tails])
    excess = graph.add("Div", graph.add("Sub", values, u), scale)
    beyond = graph.add("Sub", np.array([float(tail.log_beyond) for tail in tails]), excess)
    beyond = graph.add("Min", graph.add("Max", beyond, -np.finfo(np.float64).max), bulk)
    reach = np.array([float(tail.reach) for tail in tails])
    return graph.add("Where", graph.add("Greater", values, reach), beyond, bulk)


def _interpolate(graph, values, tails):
    """y₀ + Σ_s slope_s · min(max(v − knot_s, 0), width_s), over segments s between the knots."""
    n_segments = max(1, max(len(tail.knots) for tail in tails) - 1)
    knots = np.array([_padded(tail.knots, n_segments + 1) for tail in tails])
    log_shares = np.array([_padded(tail.log_shares, n_segments + 1) for tail in tails])
    widths = np.diff(knots)
    slopes = np.diff(log_shares) / np.where(widths > 0, widths, 1.0)
    place = graph.add("Sub", graph.add("Unsqueeze", values, np.array([2])), knots[:, :-1])
    place = graph.add("Min", graph.add("Max", place, 0.0), widths)
    drop = graph.add("ReduceSum", graph.add("Mul", place, slopes), np.array([2]), keepdims=0)
    return graph.add("Add", drop, log_shares[:, 0])


def _padded(values, length):
    """``values``, the last of them repeated up to a length: segments without width."""
    return np.concatenate([values, np.full(length - len(values), values[-1])])


def marginal_oddness(graph, x, marginals):
    """−Σⱼ log min(1, 2 min(P(Vⱼ ≥ xⱼ), P(Vⱼ ≤ xⱼ))), shape (n, 1)."""
    upper = log_tail_probability(graph, x, marginals.upper)
    lower = log_tail_probability(graph, graph.add("Neg", x), marginals.lower)
    log_p = graph.add("Add", graph.add("Min", upper, lower), math.log(2.0))
    total = graph.add("ReduceSum", graph.add("Min", log_p, 0.0), np.array([1]), keepdims=1)
    return graph.add("Neg", total)


def minus_log_harmonic_mean(graph, log_p, parts):
    """log Σᵢ partᵢ / pᵢ of the first two of probabilities, given as logs; shape (n, 1)."""
    first, second = (
        graph.add("Sub", math.log(part), graph.add("Gather", log_p, np.array([i]), axis=1))
        for i, part in enumerate(parts)
    )
    larger = graph.add("Max", first, second)
    shares = [graph.add("Exp", graph.add("Sub", one, larger)) for one in (first, second)]
    return graph.add("Add", graph.add("Log", graph.add("Add", *shares)), larger)
