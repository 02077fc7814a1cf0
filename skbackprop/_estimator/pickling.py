"""What a pickle of an estimator holds: its attributes as plain values, and the version."""

from sklearn.exceptions import InconsistentVersionWarning

from .._version import __version__
from .warn import warn_user

_VERSION = "_skbackprop_version"


class PicklingMixin:
    """Pickles an estimator with the version of this package.

    A class with attributes that are more than plain values extends the two hooks.
    """

    def _described_state(self):
        """The attributes as a dict, with objects of this package as plain values."""
        return dict(super().__getstate__())

    def _restore(self, state):
        """Set the attributes from what ``_described_state`` returned."""
        super().__setstate__(state)

    def __getstate__(self):
        return {**self._described_state(), _VERSION: __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop(_VERSION, "pre-0.2.0")
        if version == __version__:
            self._restore(state)
            return
        name = type(self).__name__
        warn_user(
            InconsistentVersionWarning(
                estimator_name=f"{name} of skbackprop",
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            )
        )
        try:
            self._restore(state)
        except Exception as error:
            raise ValueError(
                f"This {name} was saved by skbackprop {version} and cannot be loaded by skbackprop "
                f"{__version__}. Load it with the version that saved it, or fit it again."
            ) from error

    def __copy__(self):
        """A shallow copy shares the values of all attributes: none has to be described."""
        duplicate = object.__new__(type(self))
        vars(duplicate).update(vars(self))
        return duplicate
