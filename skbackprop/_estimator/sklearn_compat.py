"""Every private import from scikit-learn, with the version it was last seen in (1.9.1)."""

from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, InvalidParameterError, Options, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import _check_sample_weight, _check_y

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:
        """Nothing: this version of scikit-learn has no callbacks."""

    def with_callbacks(method):
        """Return ``method``: there are no callbacks to tear down after it."""
        return method


__all__ = [
    "CallbackSupportMixin",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "_check_partial_fit_first_call",
    "_check_sample_weight",
    "_check_y",
    "_fit_context",
    "with_callbacks",
]
