"""Who is trained with whom, and who gains nothing by it.

A population of K networks takes the same number of NumPy calls a step as one network, and K times
the arithmetic. It gains as long as calls are most of a step, and it loses where the arrays of its
members crowd each other out of the processor's cache. The bounds below are from
``benchmarks/bench_lockstep.py --only gain``.
"""

import math

# Largest group, in bytes that a step works on. The arrays of the parameters (θ, ∂E/∂θ, moments) are
# read and written as a whole in each step, and slow it down when they no longer fit into the cache.
_LARGEST_PARAMETERS = 1 << 21
_LARGEST_BATCHES = 1 << 23
_FEWEST = 4  # members of a largest group: below, a population is hardly faster than its members

# Bytes of a group below which two groups at a time take turns at the interpreter lock.
_SMALLEST_BESIDE_OTHERS = 1 << 20

# The same for a network that is trained alone.
_CONCURRENT = 1 << 20

# Steps of a fit that make up for what it costs to wait: two changes of threads, and the copies.
_MIN_STEPS = 50


def is_worth_waiting(job, n_threads):
    """Whether a job can gain from being trained together with others, or beside them.

    Parameters
    ----------
    job : Job
    n_threads : int
        Threads in which networks are trained.
    """
    if _n_steps(job) < _MIN_STEPS:
        return False
    if n_threads > 1 and gains_from_threads(job):
        return True
    return _largest_group(job) >= _FEWEST and job.solver.population_key(job) is not None


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
        key = member.job.solver.population_key(member.job)
        alike.setdefault(i if key is None else key, []).append(member)
    groups = [group for members in alike.values() for group in _divide(members, n_threads)]
    return sorted(groups, key=_work, reverse=True)


def _divide(members, n_threads):
    """Groups of about equal size: few for little work, small enough to stay in cache."""
    job = members[0].job
    largest = _largest_group(job)
    if largest < _FEWEST:
        return [[member] for member in members]
    n_groups = math.ceil(len(members) / largest)
    n_groups = math.ceil(n_groups / n_threads) * n_threads  # all threads are busy to the end
    n_bytes = len(members) * (_parameter_bytes(job) + _batch_bytes(job))
    n_groups = min(n_groups, len(members), max(1, n_bytes // _SMALLEST_BESIDE_OTHERS))
    return [members[i::n_groups] for i in range(n_groups)]


# -- the work of a step ---------------------------------------------------------------------------


def gains_from_threads(job):
    """Whether a job that is trained alone gains from a thread of its own beside others.

    A small one holds the interpreter lock most of the time: two of them at a time take longer than
    one after the other.
    """
    return _parameter_bytes(job) + _batch_bytes(job) >= _CONCURRENT


def _largest_group(job):
    """Members of the largest group of such jobs."""
    return min(
        _LARGEST_PARAMETERS // _parameter_bytes(job),
        _LARGEST_BATCHES // _batch_bytes(job),
    )


def _parameter_bytes(job):
    """Bytes of the vectors as long as the parameters that a step works on, roughly."""
    return 5 * job.state.network.params.nbytes


def _batch_bytes(job):
    """Bytes of the buffers of a batch that a step works on, roughly."""
    network = job.state.network
    width = network.n_inputs + 3 * sum(layer.n_out for layer in network.layers)
    return job.solver.rows_per_step(job.problem.n_rows) * width * network.params.itemsize


def _n_steps(job):
    n_rows = job.problem.n_rows
    return job.solver.last_epoch * math.ceil(n_rows / job.solver.rows_per_step(n_rows))


def _work(group):
    job = group[0].job
    return len(group) * _n_steps(job) * (_parameter_bytes(job) + _batch_bytes(job))
