"""What a task may change for the whole process: how warnings are filtered and shown."""

import warnings

_NAMES = ("filters", "showwarning", "_showwarnmsg_impl")  # what catch_warnings restores


def surroundings():
    """How warnings are filtered and shown at present."""
    return tuple(getattr(warnings, name, None) for name in _NAMES)


def surround(state):
    """Filter and show warnings as described by ``state``."""
    present = surroundings()
    if all(new is old for new, old in zip(state, present, strict=True)):
        return
    for name, value in zip(_NAMES, state, strict=True):
        if value is not None:
            setattr(warnings, name, value)
    with warnings.catch_warnings():  # lets the module know that the filters have changed
        pass
