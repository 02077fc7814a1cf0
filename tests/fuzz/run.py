"""Run a case, and check what must hold after each of its calls."""

import copy
import pickle
import traceback
import warnings
from pathlib import Path

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone

import skbackprop

from .documented import OF_DIVERGENCE, is_documented_error, is_documented_warning
from .findings import Finding
from .inspecting import check_inspection
from .together import check_lockstep
from .uses import TAKE_SPARSE, check_fitted, check_uses, close
from .values import resolve

PACKAGE = Path(skbackprop.__file__).parent


def check(case):
    """Run a case, twice if its results are determined; raise what is found.

    Returns
    -------
    n_calls : int
        Calls made to the package.

    Raises
    ------
    Finding
    """
    outputs, n_calls = _run(case)
    if case.is_seeded:
        again, more = _run(case)
        n_calls += more
        for name in outputs:
            if not _equal(outputs[name], again[name]):
                raise Finding("another result for the same seed", name)
        n_calls += _check_plain(case, outputs) + check_lockstep(case)
    return n_calls


def _check_plain(case, outputs):
    """Training on a sparse matrix or another layout is training on the same numbers."""
    plain = case.plain()
    if plain is None or not case.is_tame or case.estimator not in TAKE_SPARSE:
        return 0
    expected, n_calls = _run(plain)
    for name in outputs.keys() & expected.keys() - {"predict"}:
        tolerance = 1e-2 if outputs[name].dtype == np.float32 else 1e-5
        if not close(outputs[name], expected[name], tolerance):
            difference = np.abs(outputs[name] - expected[name]).max()
            raise Finding("another result from plain arrays", f"{name}, by {difference:.1e}")
    return n_calls


def _run(case):
    """...with the errors that no call of a fit or of a use explains."""
    try:
        return _calls(case)
    except Finding:
        raise
    except Exception as error:
        raise Finding("crash", repr(error), _place(error)) from error


def _calls(case):
    """Make the calls one after the other; returns the outputs of the last use."""
    estimator, outputs, n_calls = case.make(), {}, 0
    for call in case.calls:
        n_calls += 1
        if call.name in ("clone", "pickle", "deepcopy"):
            estimator = _copied(estimator, call.name)
        elif call.name == "set_params":
            _set_params(estimator, call.params)
        elif call.name in ("fit", "partial_fit"):
            if _train(case, estimator, call):
                check_fitted(case, estimator, call)
        elif hasattr(estimator, "n_features_in_"):
            found, more = check_uses(case, estimator, call.data, guarded)
            outputs.update(found)
            n_calls += more + check_inspection(case, estimator, call.data, guarded)
    return outputs, n_calls


def _set_params(estimator, params):
    params = {name: resolve(value) for name, value in params.items()}
    if hasattr(estimator, "autoencoder"):
        params = {f"autoencoder__{name}": value for name, value in params.items()}
    estimator.set_params(**params)


def _train(case, estimator, call):
    """Whether the call was carried out; an error that is documented is fine."""
    data = call.data
    given = {"X": data.X(), "y": data.y()}
    weights = data.sample_weight()
    if weights is not None:
        given["sample_weight"] = weights
    if not hasattr(estimator, call.name):
        return False
    if call.name == "partial_fit" and case.estimator == "BackpropClassifier":
        given["classes"] = np.arange(3) if np.ndim(data.y()) == 2 else np.unique(data.y())
    if call.validation is not None and case.estimator != "BackpropOutlierDetector":
        given["X_val"] = call.validation.X()
        if case.estimator != "BackpropAutoencoder":
            given["y_val"] = call.validation.y()
    before, params = copy.deepcopy(vars(estimator)), dict(estimator.get_params(deep=False))
    succeeded, result = guarded(case, call.name, getattr(estimator, call.name), **given)
    if succeeded and result is not estimator:
        raise Finding(f"{call.name} does not return the estimator", repr(result))
    if not succeeded:
        _check_unchanged(vars(estimator), before, call.name, case.is_seeded)
    for name, value in params.items():
        if getattr(estimator, name) is not value:
            raise Finding("a parameter was changed", f"{call.name} changed {name}")
    return succeeded


def guarded(case, name, function, **given):
    """Call with a watch on errors, warnings and the data.

    Returns
    -------
    succeeded : bool
        False where a documented error was raised.
    result : object
    """
    copies = {key: _frozen(value) for key, value in given.items()}
    caught = []

    def note(message, category, *_):
        caught.append((category, str(message), _innermost(traceback.extract_stack())))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = note
        try:
            result, error = function(**given), None
        except Exception as raised:
            result, error = None, raised
    for key, value in given.items():
        if not _equal(copies[key], _frozen(value)):
            raise Finding("the data were changed", f"{name} changed {key}")
    for category, message, place in caught:
        if not is_documented_warning(category, message):
            raise Finding("undocumented warning", f"{name}: {category.__name__}: {message}", place)
    if error is not None and not is_documented_error(error):
        raise Finding("undocumented error", f"{name}: {error!r}", _place(error)) from error
    told = [str(error)] if error else [message for _, message, _ in caught]
    if case.is_tame and any(OF_DIVERGENCE.search(message) for message in told):
        raise Finding("divergence without a cause", f"{name}: {told}")
    return error is None, result


def _place(error):
    """The innermost line of the package in the traceback of an error."""
    return _innermost(traceback.extract_tb(error.__traceback__))


def _innermost(stack):
    """The innermost line of the package, from its folder on."""
    frames = [frame for frame in stack if Path(frame.filename).is_relative_to(PACKAGE)]
    if not frames:
        return ""
    return f"{Path(frames[-1].filename).relative_to(PACKAGE.parent)}:{frames[-1].lineno}"


def _check_unchanged(after, before, name, is_seeded):
    """After a call that failed, every attribute is as it was.

    But for a generator of the user's own, or NumPy's, that drew; what is private may hold it, too.
    """
    after = copy.deepcopy(after)  # as ``before`` is: copies of equal objects are built alike
    changed = [
        attribute
        for attribute in before.keys() | after.keys()
        if attribute not in before
        or attribute not in after
        or joblib.hash(before[attribute]) != joblib.hash(after[attribute])
    ]
    if not is_seeded or {"random_state", "autoencoder"} & set(changed):
        changed = [attribute for attribute in changed if not attribute.startswith("_")]
    if set(changed) - {"random_state", "autoencoder", "autoencoder_"}:
        raise Finding("half changed", f"a {name} that failed changed {sorted(changed)}")


def _copied(estimator, how):
    if how == "pickle":
        return pickle.loads(pickle.dumps(estimator))
    if how == "deepcopy":
        return copy.deepcopy(estimator)
    duplicate = clone(estimator)
    if leftover := [name for name in vars(duplicate) if name.endswith("_")]:
        raise Finding("a clone is fitted", str(leftover))
    return duplicate


def _frozen(value):
    """A copy of data to compare with later."""
    if sparse.issparse(value):
        return value.toarray()
    return copy.deepcopy(value)


def _equal(one, other):
    """Bit by bit, NaN equal to itself."""
    if isinstance(one, np.ndarray) and one.dtype == object:
        return repr(one.tolist()) == repr(other.tolist())
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
        )
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    return repr(one) == repr(other)
