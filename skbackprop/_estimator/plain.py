"""Objects as plain values: arrays, numbers, strings, and lists, tuples and dicts of those.

A pickle names the module and class of every object in it: moving a class breaks it, and skops asks
for each class whether it is to be trusted. Plain values name none. An object becomes
``{"class": name, "state": values}``, and the name is looked up among a few classes only.
"""

import numpy as np

_BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (
        np.random.MT19937,
        np.random.PCG64,
        np.random.PCG64DXSM,
        np.random.Philox,
        np.random.SFC64,
    )
}


class PlainValues:
    """Turns objects of given classes into plain values and back.

    An object's state is what ``__getstate__`` returns, and ``__setstate__`` takes it where there is
    such a method. A `numpy.random.RandomState` and a `numpy.dtype` are taken, too. Objects of other
    classes, such as an estimator or a function that the user has written, are left as they are.

    Parameters
    ----------
    *classes : type
        No two of the same name.
    """

    def __init__(self, *classes):
        self._classes = {kind.__name__: kind for kind in classes}

    def describe(self, value):
        """Return ``value`` as plain values; containers are copied, arrays are not."""
        kind = type(value)
        if self._classes.get(kind.__name__) is kind:
            return {"class": kind.__name__, "state": self.describe(value.__getstate__())}
        if kind is np.random.RandomState:
            return {"class": "RandomState", "state": value.get_state(legacy=False)}
        if isinstance(value, np.dtype):
            return {"class": "dtype", "state": value.str}
        if kind in (list, tuple):
            return kind(self.describe(one) for one in value)
        if kind is dict:
            return {name: self.describe(one) for name, one in value.items()}
        return value

    def rebuild(self, value):
        """Return what ``describe`` was given.

        Raises
        ------
        ValueError
            If a class is not one of ours.
        """
        kind = type(value)
        if kind in (list, tuple):
            return kind(self.rebuild(one) for one in value)
        if kind is not dict:
            return value
        if value.keys() != {"class", "state"}:
            return {name: self.rebuild(one) for name, one in value.items()}
        if value["class"] == "RandomState":
            return _random_state(value["state"])
        if value["class"] == "dtype":
            return np.dtype(value["state"])
        return self._object(value["class"], self.rebuild(value["state"]))

    def _object(self, name, state):
        if name not in self._classes:
            raise ValueError(f"{name!r} is not one of {sorted(self._classes)}.")
        out = object.__new__(self._classes[name])
        if hasattr(out, "__setstate__"):
            out.__setstate__(state)
        elif state is not None:
            vars(out).update(state)
        return out


def _random_state(state):
    """A ``RandomState`` that goes on from a state."""
    name = state["bit_generator"]
    if name not in _BIT_GENERATORS:
        raise ValueError(f"{name!r} is not one of {sorted(_BIT_GENERATORS)}.")
    rng = np.random.RandomState(_BIT_GENERATORS[name](0))
    rng.set_state(state)
    return rng
