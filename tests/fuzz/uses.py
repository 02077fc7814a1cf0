"""What must hold for a fitted estimator, and for all that it says about new data."""

import math
import pickle
import warnings

import numpy as np
from scipy import sparse

from .data import FRAMES, contain
from .findings import Finding
from .values import is_tabular

METHODS = [
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "reconstruction_error",
    "score_samples",
]


def check_fitted(case, estimator, call):
    """Attributes after a fit that succeeded."""
    _require(estimator.n_features_in_ == call.data.n_features, "n_features_in_")
    if is_tabular(case.estimator):
        _require(all(np.isfinite(W).all() for W in weights_of(estimator)), "weights not finite")
        _require(len(estimator.loss_curve_) == estimator.n_iter_, "n_iter_")
        return
    if case.estimator == "BackpropOutlierDetector":
        _require(np.isfinite(estimator.offset_) or not case.is_tame, "offset_ is not finite")
        estimator = estimator.autoencoder_
    wanted = np.dtype("f4") if call.data.dtype == "float32" else np.dtype("f8")
    arrays = [*estimator.coefs_, *estimator.intercepts_]
    keeps_dtype = call.data.container not in ("list", "polars")  # scikit-learn takes them so
    if call.name == "fit" and not estimator.warm_start and keeps_dtype:
        found = {array.dtype for array in arrays}
        _require(found == {wanted}, f"weights of {found} from data of {call.data.dtype}")
    _require(all(np.isfinite(array).all() for array in arrays), "weights are not finite")
    _require(isinstance(estimator.loss_, float), f"loss_ is a {type(estimator.loss_)}")
    may_diverge = estimator.early_stopping and not case.is_tame  # the best weights are kept
    _require(math.isfinite(estimator.loss_) or may_diverge, f"loss_ is {estimator.loss_}")
    _require(estimator.n_iter_ <= max(1, int(estimator.max_iter)), f"n_iter_ {estimator.n_iter_}")
    length = len(estimator.loss_curve_)
    _require(length >= estimator.n_iter_, f"{length} losses of {estimator.n_iter_} epochs")
    expected = (length, estimator.n_layers_ - 1)
    found = estimator.gradient_norms_.shape
    _require(found == expected, f"gradient_norms_ of shape {found}, not {expected}")


def weights_of(estimator):
    """The weights of all its networks, as a flat list of arrays."""
    coefs = getattr(estimator, "autoencoder_", estimator).coefs_
    return [W for part in coefs for W in (part if isinstance(part, list) else [part])]


def _may_overflow(weights, data):
    """Whether products of the numbers may be infinite."""
    largest = float(np.finfo(weights[0].dtype).max)
    return (
        data.scale > largest**0.3
        or max(float(np.abs(W).max(initial=0.0)) for W in weights) > largest**0.3
    )


def check_uses(case, estimator, data, guarded):
    """Every method on the data; returns what each gave, and how many calls were made.

    One row is the same as among others, a sparse matrix, a frame and a list the same as an array,
    a pickle the same as the original.
    """
    outputs, n_calls = {}, 0
    for name in METHODS:
        if not hasattr(estimator, name):
            continue
        method = getattr(estimator, name)
        succeeded, result = guarded(case, name, method, X=data.X())
        n_calls += 1
        if not succeeded:
            continue
        outputs[name] = result = _as_array(result)
        _check_result(case, estimator, name, result, data)
        if not _is_number(result) or not np.isfinite(result).all():
            continue
        weights = weights_of(estimator)
        if _may_overflow(weights, data):
            continue  # sums of numbers near the largest overflow in one order, not in another
        is_single = weights[0].dtype == np.float32
        tolerance = 1e-3 if is_single else 1e-7
        n_calls += _check_one_row(case, name, method, result, data, tolerance, guarded)
        n_calls += _check_containers(case, name, method, result, data, tolerance, guarded)
    if outputs:
        _check_copy(estimator, outputs, data)
    return outputs, n_calls


def _check_result(case, estimator, name, result, data):
    """Shape, dtype and range."""
    _require(len(result) == data.n_samples, f"{name}: {result.shape} of {data.n_samples} rows")
    fitted, weights = getattr(estimator, "autoencoder_", estimator), weights_of(estimator)
    dtype = np.float64 if is_tabular(case.estimator) else weights[0].dtype
    if name == "predict" and hasattr(estimator, "classes_"):
        is_one = result.ndim == 1
        _require(not is_one or result.dtype == estimator.classes_.dtype, f"labels {result.dtype}")
    elif case.estimator != "BackpropOutlierDetector":
        _require(result.dtype == dtype, f"{name}: {result.dtype} from weights of {dtype}")
    if case.is_tame and _is_number(result):
        _require(np.isfinite(result).all(), f"{name} is not finite")
    if name == "predict_proba":
        if _may_overflow(weights, data):  # scores may be ∞ − ∞
            return
        _require(np.isfinite(result).all(), "predict_proba is not finite")
        _require(((result >= 0) & (result <= 1)).all(), "probabilities outside of [0, 1]")
        if getattr(fitted, "out_activation_", "softmax") == "softmax":
            sums = result.sum(axis=1, dtype=np.float64)
            _require(np.allclose(sums, 1, atol=1e-5), "probabilities do not sum to one")


def _check_one_row(case, name, method, result, data, tolerance, guarded):
    if data.container in (*FRAMES, "coo_array", "list") or data.n_samples < 2:
        return 0
    row = data.n_samples // 2
    X = data.X()
    succeeded, alone = guarded(case, name, method, X=X[row : row + 1])
    _require(succeeded, f"{name} of one row fails, of all it does not")
    if name != "predict" or not hasattr(method.__self__, "classes_"):  # ties among labels
        scale = _terms_of(method.__self__, result)
        _require(close(_as_array(alone)[0], result[row], tolerance, scale), f"{name} of one row")
    return 1


def _check_containers(case, name, method, result, data, tolerance, guarded):
    if data.dtype in ("str", "object", "float16", "longdouble"):
        return 0
    X = data.X()
    if sparse.issparse(X):
        other = X.toarray()
    elif data.container in FRAMES or data.container == "list" or case.estimator not in TAKE_SPARSE:
        other = np.asarray(X, dtype=np.float64 if data.container == "list" else None)
    else:
        other = contain(np.ascontiguousarray(X), "csr_array")
    succeeded, same = guarded(case, name, method, X=other)
    _require(succeeded, f"{name} of a {type(other).__name__} fails, of a {data.container} not")
    if name != "predict" or not hasattr(method.__self__, "classes_"):
        same = _as_array(same)
        told = f"{name} of a {data.container} and of a {type(other).__name__} differ"
        _require(close(same, result, tolerance, _terms_of(method.__self__, result)), told)
    return 1


def _terms_of(estimator, result):
    """The numbers that rounding is small against: scores may be small sums of large terms."""
    if not hasattr(estimator, "classes_"):
        return result
    return np.append(result, np.abs(weights_of(estimator)[-1]).max(initial=0.0))


TAKE_SPARSE = ("BackpropClassifier", "BackpropRegressor")


def _check_copy(estimator, outputs, data):
    duplicate = pickle.loads(pickle.dumps(estimator))
    for name, result in outputs.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = _as_array(getattr(duplicate, name)(data.X()))
        same = np.array_equal(again, result, equal_nan=result.dtype.kind == "f")
        _require(same, f"{name} of a pickle differs")


def close(one, other, tolerance, scale=None):
    """Whether the arrays agree, in units of the largest number of ``scale``."""
    with np.errstate(all="ignore"):
        largest = float(np.abs(other if scale is None else scale).max(initial=0.0))
        return bool(np.all(np.abs(one - other) <= tolerance * max(largest, 1e-300)))


def _as_array(result):
    if sparse.issparse(result):
        return result.toarray()
    return result.to_numpy() if hasattr(result, "to_numpy") else np.asarray(result)


def _is_number(result):
    return result.dtype.kind in "fiu"


def _require(holds, told):
    if not holds:
        raise Finding("broken promise", told)
