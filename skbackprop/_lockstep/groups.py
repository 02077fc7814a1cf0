"""Who is trained with whom, and how many at a time."""

import math

# Bytes of the arrays that a step of a group works on, by measurement. Below the first, a step is
# all overhead, and a second thread waits for the first one's interpreter lock. Above the second,
# the arrays only crowd each other out of the cache; several threads had better be crowded than
# wait for each other.
_SMALLEST, _LARGEST, _LARGEST_OF_ONE_THREAD = 1 << 18, 1 << 23, 1 << 21

# Of one network that is trained alone: below, it holds the interpreter lock most of the time, and
# two at a time take longer than one after the other.
_CONCURRENT = 1 << 20


def make_groups(places, n_threads):
    """Divide those who wait into groups to be trained together.

    Parameters
    ----------
    places : iterable of Place
    n_threads : int
        The number of groups to be trained at a time.

    Returns
    -------
    list of list of Place
        The most work first.
    """
    alike = {}
    for place in places:
        key = _key(place)
        alike.setdefault(id(place) if key is None else key, []).append(place)
    groups = [group for members in alike.values() for group in _divide(members, n_threads)]
    return sorted(groups, key=_work, reverse=True)


def _key(place):
    """What is equal in a group; None for a run to be trained alone."""
    key = place.run.key()
    if key is None:
        return None
    try:
        key = (key, tuple(sorted(place.config.items())))
        hash(key)
    except TypeError:  # an unhashable part, of the user's making
        return None
    return key


def _divide(members, n_threads):
    """Groups of about equal size: few for little work, small enough to stay in cache."""
    n_bytes = _step_bytes(members[0].run)
    largest = _LARGEST if n_threads > 1 else _LARGEST_OF_ONE_THREAD
    if 2 * n_bytes > largest:
        return [[member] for member in members]
    n_groups = math.ceil(len(members) * n_bytes / largest)
    n_groups = math.ceil(n_groups / n_threads) * n_threads  # all threads are busy to the end
    n_groups = min(n_groups, max(1, len(members) * n_bytes // _SMALLEST))
    return [members[i::n_groups] for i in range(n_groups)]


def gains_from_threads(run):
    """Whether a run that is trained alone gets on beside others, in a thread of its own."""
    return _step_bytes(run) >= _CONCURRENT


def _step_bytes(run):
    """Bytes of the arrays that a step of one network works on, roughly."""
    network = run.network
    widths = network.n_inputs + 3 * sum(layer.n_out for layer in network.layers)
    n_elements = run.rows_per_step * widths + 5 * network.n_params
    return n_elements * network.params.itemsize


def _work(group):
    run = group[0].run
    return len(group) * _step_bytes(run) * run.last_epoch * len(run.rows) / run.batch_size
