"""Warnings that point at the user's line."""

import sys
import warnings
from contextlib import contextmanager

from .context import messages_given

_PACKAGES = {"skbackprop", "sklearn", "joblib", "contextlib", "functools"}  # not the user's


def warn_user(message, category=UserWarning):
    """Warn as from the line of the user's code that led here, through scikit-learn or not."""
    messages = messages_given.get()
    if messages is not None:
        if message in messages:
            return
        messages.add(message)
    _, n_between = user_frame(sys._getframe(1))
    warnings.warn(message, category, stacklevel=n_between + 2)


@contextmanager
def each_message_once():
    """A context in which no message is given twice: several fits that the user takes for one."""
    token = messages_given.set(set())
    try:
        yield
    finally:
        messages_given.reset(token)


def user_frame(frame):
    """The first frame up the stack that is the user's, and how many lie below it."""
    n_between = 0
    while frame.f_back is not None and _package_of(frame) in _PACKAGES:
        frame, n_between = frame.f_back, n_between + 1
    return frame, n_between


def _package_of(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
