"""The fitted parts of a tabular estimator as plain values, for pickles."""

import copy

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from .._estimator.plain import PlainValues
from ..core.network import Network
from .columns import as_levels, as_numbers
from .intervals import SortedByFold
from .kinds import Fitted, Kind
from .probabilities import Blend
from .target_scale import TargetScale

_PLAIN = PlainValues(Network, Kind, Fitted, Blend, SortedByFold, TargetScale)
_NAMES = (
    "_kinds",
    "_blend",
    "_conformity",
    "_residuals",
    "_scale",
)  # the attributes that it is for
_FUNCTIONS = {function.__name__: function for function in (as_levels, as_numbers)}


def described(state):
    """A state of attributes with what is fitted as plain values."""
    out = {**state, **_PLAIN.describe(_among(state))}
    if "preprocessor_" in state:
        out["preprocessor_"] = _copied(state["preprocessor_"], _described_step)
    return out


def rebuilt(state):
    """The state that `described` was given."""
    out = {**state, **_PLAIN.rebuild(_among(state))}
    if "preprocessor_" in state:
        out["preprocessor_"] = _copied(state["preprocessor_"], _rebuilt_step)
    return out


def _among(state):
    return {name: state[name] for name in _NAMES if name in state}


def _copied(transformer, change):
    """A copy of the preprocessor, down to its steps, each of which is changed."""
    out = copy.copy(transformer)
    if hasattr(out, "transformers_"):  # a ColumnTransformer
        for attribute in ("transformers", "transformers_"):
            parts = [
                (name, _copied(part, change), columns)
                for name, part, columns in getattr(transformer, attribute)
            ]
            setattr(out, attribute, parts)
    elif isinstance(out, FrozenEstimator):
        out.estimator = _copied(transformer.estimator, change)
    elif isinstance(out, Pipeline):
        out.steps = [(name, _copied(step, change)) for name, step in transformer.steps]
    else:
        change(out)
    return out


def _described_step(transformer):
    """Put names for functions."""
    if isinstance(transformer, FunctionTransformer):
        transformer.func = transformer.func.__name__
    elif hasattr(transformer, "statistics_"):  # a SimpleImputer, which keeps dtypes
        vars(transformer).update(_PLAIN.describe(vars(transformer)))


def _rebuilt_step(transformer):
    if isinstance(transformer, FunctionTransformer):
        transformer.func = _FUNCTIONS[transformer.func]
    elif hasattr(transformer, "statistics_"):
        vars(transformer).update(_PLAIN.rebuild(vars(transformer)))
