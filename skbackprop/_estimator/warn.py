"""Warnings that point at the user's line."""

import sys
import warnings

_PACKAGES = {"skbackprop", "sklearn", "joblib", "contextlib", "functools"}  # not the user's


def warn_user(message, category=UserWarning):
    """Warn as from the line of the user's code that led here, through scikit-learn or not."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and _package_of(frame) in _PACKAGES:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, category, stacklevel=depth + 1)


def _package_of(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
