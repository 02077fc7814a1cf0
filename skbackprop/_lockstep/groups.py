"""Who is trained with whom, and how many at a time."""

import math

import numpy as np

from ..core.activations import ACTIVATIONS

# Bytes of the arrays that a step of a group works on, by measurement. Below the first, a step is
# all overhead, and a second thread waits for the first one's interpreter lock. Above the second,
# the arrays only crowd each other out of the cache; several threads had better be crowded than
# wait for each other.
_SMALLEST, _LARGEST, _LARGEST_OF_ONE_THREAD = 1 << 18, 1 << 23, 1 << 21

# Of one network that is trained alone: below, it holds the interpreter lock most of the time, and
# two at a time take longer than one after the other.
_CONCURRENT = 1 << 20


def make_groups(members, n_threads):
    """Divide members into groups to be trained together.

    Parameters
    ----------
    members : list of Member
    n_threads : int
        The number of groups to be trained at a time.

    Returns
    -------
    list of list of Member
        The most work first.
    """
    alike = {}
    for i, member in enumerate(members):
        key = _key(member.job)
        alike.setdefault(i if key is None else key, []).append(member)
    groups = [group for members in alike.values() for group in _divide(members, n_threads)]
    return sorted(groups, key=_work, reverse=True)


def _key(job):
    """What is equal in a group; None for a job to be trained alone."""
    key = job.solver.population_key(job)
    if key is None or not all(_broadcasts(layer) for layer in job.state.network.layers):
        return None
    try:
        hash(key)
    except TypeError:  # an unhashable part, of the user's making
        return None
    return key


def _broadcasts(layer):
    """Whether the layer's activation, if it is a user's, computes a stack of matrices one by one.

    A user may have written it for two axes: it then fails for three, or does something else.
    """
    activation = getattr(layer, "activation", None)
    if activation is None or ACTIVATIONS.get(activation.name) is activation:
        return True
    z = np.linspace(-2.0, 2.0, 24).reshape(2, 3, 4)
    try:
        with np.errstate(all="ignore"):
            together = _value_and_slope(activation, z)
            one_by_one = zip(*(_value_and_slope(activation, matrix) for matrix in z), strict=True)
            return all(
                np.allclose(stack, list(matrices), rtol=1e-12, atol=0.0, equal_nan=True)
                for stack, matrices in zip(together, one_by_one, strict=True)
            )
    except Exception:  # whatever a function raises that is called with a shape it does not expect
        return False


def _value_and_slope(activation, z):
    """σ(z) and σ′(z), computed as a training computes them."""
    z, a, slope = z.copy(), np.empty_like(z), np.empty_like(z)
    if activation.with_derivative is not None:
        scratch = activation.scratch_arguments(np.empty_like(z))
        activation.with_derivative(z, a, slope, *scratch)
    else:
        activation.function(z, a)
        activation.derivative(z if activation.uses_z else a, slope)
    return a, slope


def _divide(members, n_threads):
    """Groups of about equal size: few for little work, small enough to stay in cache."""
    n_bytes = _step_bytes(members[0].job)
    largest = _LARGEST if n_threads > 1 else _LARGEST_OF_ONE_THREAD
    if 2 * n_bytes > largest:
        return [[member] for member in members]
    n_groups = math.ceil(len(members) * n_bytes / largest)
    n_groups = math.ceil(n_groups / n_threads) * n_threads  # all threads are busy to the end
    n_groups = min(n_groups, max(1, len(members) * n_bytes // _SMALLEST))
    return [members[i::n_groups] for i in range(n_groups)]


def gains_from_threads(job):
    """Whether a job that is trained alone gains from a thread of its own beside others."""
    return _step_bytes(job) >= _CONCURRENT


def _step_bytes(job):
    """Bytes of the arrays that a step of one network works on, roughly."""
    network = job.state.network
    widths = network.n_inputs + 3 * sum(layer.n_out for layer in network.layers)
    n_elements = job.solver.rows_per_step(job.problem.n_rows) * widths + 5 * network.n_params
    return n_elements * network.params.itemsize


def _work(group):
    job = group[0].job
    n_rows = job.problem.n_rows
    n_steps = job.solver.last_epoch * n_rows / job.solver.rows_per_step(n_rows)
    return len(group) * _step_bytes(job) * n_steps
