"""Small fitted estimators of every kind, for the tests of pickles and of skops."""

from __future__ import annotations

import warnings

import numpy as np

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    TabularClassifier,
    TabularRegressor,
)
from skbackprop.core.activations import ACTIVATIONS
from skbackprop.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

PUBLIC = (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TabularClassifier,
    TabularRegressor,
)

METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "score_samples",
    "transform",
    "reconstruction_error",
    "predict_set",
    "predict_interval",
)


def _rounded(values):
    """Equal to the last bit everywhere: the random numbers of a sample depend on its features."""
    return np.round(values * 256.0) / 256.0


_rng = np.random.RandomState(0)
X = _rounded(_rng.standard_normal((40, 4)))
SHARES = _rounded(1.0 / (1.0 + np.exp(-X)))
LABELS = np.array(["first", "second", "third"])[np.abs(X[:, :3]).argmax(axis=1)]
INDICATORS = (X[:, :3] > 0).astype(int)
TARGETS = _rounded(np.sin(X[:, :2]) + 0.1 * _rng.standard_normal((40, 2)))
COUNTS = np.floor(np.abs(X[:, 0]) * 3.0)
MISSING = X.copy()
MISSING[::7, 1] = np.nan
TABLE = MISSING.astype(object)  # of numbers, some of them missing, and of categories
TABLE[:, 3] = np.array(["a", "b", None], dtype=object)[np.arange(40) % 3]

_TABULAR = {
    "n_members": 4,
    "hidden_layer_sizes": (4,),
    "max_iter": 3,
    "n_bins": 3,
    "categorical_features": [3],
    "random_state": 0,
}
_AUTOENCODER = {"hidden_layer_sizes": (5,), "max_iter": 4, "batch_size": 16, "random_state": 0}


def _classifier(**params):
    return BackpropClassifier(
        **{"hidden_layer_sizes": (5, 4), "max_iter": 6, "random_state": 0, **params}
    )


def _regressor(loss, **params):
    return BackpropRegressor(loss, (5, 4), max_iter=6, random_state=0, **params)


def _autoencoder(**params):
    return BackpropAutoencoder(2, **{**_AUTOENCODER, **params})


def _detector(**params):
    return BackpropOutlierDetector(_autoencoder(), **params)


# name: the estimator, what it is fitted to, and how: "fit", "warm" or "partial"
CASES = {
    "classifier": (_classifier(activation="tanh"), (X, LABELS), "fit"),
    "classifier_float32": (_classifier(), (np.float32(X), LABELS), "fit"),
    "classifier_lbfgs": (_classifier(solver="lbfgs"), (X, LABELS == "first"), "fit"),
    "classifier_activations": (
        _classifier(hidden_layer_sizes=[3] * len(ACTIVATIONS), activation=list(ACTIVATIONS)),
        (X, LABELS),
        "fit",
    ),
    "classifier_warm": (
        _classifier(dropout=0.1, normalization="batch", early_stopping=True, warm_start=True),
        (X, LABELS),
        "warm",
    ),
    "classifier_partial": (
        _classifier(solver="sgd", normalization="layer", class_weight={"first": 2.0}),
        (X, LABELS),
        "partial",
    ),
    "classifier_multilabel": (_classifier(activation="gelu"), (X, INDICATORS), "fit"),
    "regressor_huber": (_regressor("huber", huber_delta=0.5), (X, TARGETS), "fit"),
    "regressor_poisson": (_regressor("poisson", alpha=0.1), (X, COUNTS), "partial"),
    "autoencoder": (_autoencoder(tied_weights=True), (X,), "fit"),
    "autoencoder_contractive": (
        _autoencoder(contractive_weight=0.1, sparsity="l1", warm_start=True),
        (X,),
        "warm",
    ),
    "autoencoder_salt_pepper": (
        _autoencoder(corruption="salt_pepper", sparsity="kl", code_activation="logistic"),
        (X,),
        "partial",
    ),
    "autoencoder_log_loss": (
        _autoencoder(corruption="masking", loss="log_loss", normalization="batch"),
        (SHARES,),
        "partial",
    ),
    "autoencoder_variational": (
        _autoencoder(variational=True, corruption="gaussian"),
        (X,),
        "partial",
    ),
    "detector": (_detector(), (X,), "fit"),
    "detector_density": (_detector(criterion="density"), (X,), "fit"),
    "detector_reconstruction": (
        _detector(criterion="reconstruction", contamination=0.1),
        (X,),
        "fit",
    ),
    "tabular_classifier": (TabularClassifier(**_TABULAR), (TABLE, LABELS), "fit"),
    "tabular_regressor": (TabularRegressor(**_TABULAR), (TABLE, TARGETS), "fit"),
    "tabular_quantile": (
        TabularRegressor("quantile", quantile=0.7, **_TABULAR),
        (TABLE, TARGETS[:, 0]),
        "fit",
    ),
    "encoder": (PiecewiseLinearEncoder(n_bins=4), (MISSING,), "fit"),
    "scaler": (SmoothClipScaler(limit=2.0), (MISSING,), "fit"),
}

ONGOING = [name for name, (_, _, how) in CASES.items() if how != "fit"]


def fit(name, estimator, n_calls=1):
    """Fit the estimator of a case, or go on with it."""
    _, data, how = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few epochs, few rows
        for _ in range(n_calls):
            if how != "partial":
                estimator.fit(*data)
            elif hasattr(estimator, "predict_proba"):
                estimator.partial_fit(*data, classes=np.unique(data[1]))
            else:
                estimator.partial_fit(*data)
    return estimator


def fitted(name):
    """The estimator of a case, fitted, and in such cases as it can be twice."""
    estimator = type(CASES[name][0])(**CASES[name][0].get_params(deep=False))
    return fit(name, estimator, n_calls=1 if CASES[name][2] == "fit" else 2)


def outputs(name, estimator):
    """What the methods of a fitted estimator return for the data of its case."""
    X = CASES[name][1][0]
    out = {
        method: getattr(estimator, method)(X) for method in METHODS if hasattr(estimator, method)
    }
    if hasattr(estimator, "inverse_transform"):
        out["inverse_transform"] = estimator.inverse_transform(out["transform"])
    for attribute in ("coefs_", "intercepts_"):
        for l, array in enumerate(getattr(estimator, attribute, [])):
            if isinstance(array, np.ndarray):  # lists of them are the tabular estimators'
                out[f"{attribute}[{l}]"] = array.copy()
    for attribute in ("loss_curve_", "validation_scores_", "gradient_norms_", "offset_"):
        if getattr(estimator, attribute, None) is not None:
            out[attribute] = np.array(getattr(estimator, attribute))
    return out


def assert_same_outputs(actual, expected, *, rtol=0.0, atol=0.0):
    """Equal outputs, name by name."""
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        if np.asarray(value).dtype.kind == "f":
            np.testing.assert_allclose(actual[name], value, rtol=rtol, atol=atol, err_msg=name)
        else:
            np.testing.assert_array_equal(actual[name], value, err_msg=name)
