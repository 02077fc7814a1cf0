"""scikit-learn's estimator checks, on more than the default settings."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from unittest import SkipTest

import pytest
import sklearn
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # the checks set max_iter, batch_size or n_iter_no_change on every estimator
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

SMALL = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.05, "max_iter": 60}
LBFGS = {"solver": "lbfgs", "hidden_layer_sizes": (8,), "max_iter": 40}

CLASSIFIERS = [
    BackpropClassifier(),
    BackpropClassifier(solver="sgd", **SMALL),
    BackpropClassifier(**LBFGS),
    BackpropClassifier(hidden_layer_sizes=(), learning_rate_init=0.1, max_iter=60),
    BackpropClassifier(activation="tanh", normalization="layer", **SMALL),
    BackpropClassifier(activation="silu", normalization="batch", **SMALL),
    BackpropClassifier(dropout=0.2, **SMALL),
    BackpropClassifier(
        **{**SMALL, "hidden_layer_sizes": (8, 6)},
        activation=["gelu", "elu"],
        init="he_normal",
        learning_rate="cosine",
        weight_decay=1e-3,
        max_grad_norm=1.0,
        label_smoothing=0.05,
    ),
    BackpropClassifier(loss="squared_error", **SMALL),
]
REGRESSORS = [
    BackpropRegressor(),
    BackpropRegressor(solver="sgd", max_grad_norm=1.0, **SMALL),
    BackpropRegressor(**LBFGS),
    BackpropRegressor(hidden_layer_sizes=(), learning_rate_init=0.1, max_iter=60),
    BackpropRegressor(activation="tanh", normalization="layer", **SMALL),
    BackpropRegressor(activation="mish", normalization="batch", **SMALL),
    BackpropRegressor(dropout=0.1, **SMALL),
    BackpropRegressor(loss="huber", learning_rate="one_cycle", **SMALL),
    BackpropRegressor(loss="quantile", quantile=0.4, init="lecun_normal", **SMALL),
]
#: One component, for the checks on data of one feature.
NARROW = {"n_components": 1, "hidden_layer_sizes": (8,), "max_iter": 20}
AUTOENCODERS = [
    BackpropAutoencoder(max_iter=20),
    BackpropAutoencoder(**{**NARROW, "hidden_layer_sizes": (8, 4)}, activation=["tanh", "gelu"]),
    BackpropAutoencoder(tied_weights=True, **NARROW),
    BackpropAutoencoder(corruption="gaussian", **NARROW),
    BackpropAutoencoder(corruption="masking", **NARROW),
    BackpropAutoencoder(corruption="salt_pepper", **NARROW),
    BackpropAutoencoder(sparsity="l1", **NARROW),
    BackpropAutoencoder(sparsity="kl", code_activation="logistic", **NARROW),
    BackpropAutoencoder(contractive_weight=0.1, **NARROW),
    BackpropAutoencoder(variational=True, **NARROW),
    BackpropAutoencoder(solver="lbfgs", **NARROW),
    BackpropAutoencoder(solver="lbfgs", init="pca", **NARROW),
    BackpropAutoencoder(solver="lbfgs", init="isomap", **NARROW),
    BackpropAutoencoder(normalization="layer", **NARROW),
    BackpropAutoencoder(dropout=0.1, **NARROW),
    BackpropAutoencoder(loss="huber", standardize=False, n_init=2, **NARROW),
]
DETECTORS = [
    BackpropOutlierDetector(BackpropAutoencoder(**NARROW)),
    BackpropOutlierDetector(
        BackpropAutoencoder(**NARROW), criterion="reconstruction", contamination=0.1
    ),
]
ESTIMATORS = CLASSIFIERS + REGRESSORS + AUTOENCODERS + DETECTORS
TRANSFORMERS = [est for est in CLASSIFIERS if est.hidden_layer_sizes] + AUTOENCODERS


def _run(check, estimator):
    """Run a check; skipping is right only for a method the estimator lacks.

    The array API checks need ``SCIPY_ARRAY_API=1``: the last test sets it.
    """
    try:
        check(estimator)
    except SkipTest as skipped:
        reason = str(skipped)
        lacking = [
            method
            for method in ("predict_proba", "decision_function", "transform")
            if not hasattr(estimator, method)
        ]
        if any(f"does not have a {method}" in reason for method in lacking):
            pytest.skip(reason)
        if "SCIPY_ARRAY_API" in reason and "SCIPY_ARRAY_API" not in os.environ:
            pytest.skip(reason)
        pytest.fail(f"skipped without need: {skipped}")


def _checks_of(estimators):
    """`parametrize_with_checks`, with a list: older versions hand pytest a generator."""
    mark = parametrize_with_checks(estimators)
    names, cases = mark.args
    return pytest.mark.parametrize(names, list(cases), **mark.kwargs)


@_checks_of(ESTIMATORS)
def test_check_estimator(estimator, check):
    _run(check, estimator)


def _check_names(estimator):
    """Names of all checks that `check_estimator` runs."""
    generator = estimator_checks.estimator_checks_generator(estimator)
    return {getattr(check, "func", check).__name__ for _, check in generator}


def test_several_outputs_are_checked():
    """`check_regressor_multioutput` runs only where the tags promise it."""
    assert "check_regressor_multioutput" in _check_names(BackpropRegressor())


# Checks that `check_estimator` leaves to the library's own suite ------------------

EVERY = [
    "check_param_validation",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
    "check_parameters_default_constructible",
    "check_all_zero_sample_weights_error",
    "check_n_features_in_after_fitting",
    "check_mixin_order",
]
OF_TRANSFORMERS = [
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_get_feature_names_out_error",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
]


def _identifier(estimator):
    return "".join(str(estimator).split())


def _named_check(name):
    check = getattr(estimator_checks, name, None)
    if check is None and not sklearn.__version__.startswith("1.9."):  # where all were seen
        pytest.skip(f"this scikit-learn has no {name}")
    assert check is not None, name
    return lambda estimator: check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=_identifier)
def test_further_check(estimator, name):
    _run(_named_check(name), clone(estimator))


@pytest.mark.parametrize("name", OF_TRANSFORMERS)
@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=_identifier)
def test_transformer_check(estimator, name):
    _run(_named_check(name), clone(estimator))


@pytest.mark.parametrize("Estimator", [BackpropClassifier, BackpropRegressor])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_column_names_reach_early_stopping(Estimator, solver):
    """Scoring the validation set inside `fit` must not complain about names."""
    estimator = Estimator(
        solver=solver, early_stopping=True, n_iter_no_change=1, hidden_layer_sizes=4
    )
    _run(_named_check("check_dataframe_column_names_consistency"), estimator)


def test_all_checks_under_the_array_api():
    """`SCIPY_ARRAY_API` is read when SciPy is first imported: a fresh process."""
    script = """
        import warnings

        warnings.simplefilter("ignore")
        from sklearn.utils.estimator_checks import check_estimator
        from skbackprop import (
            BackpropAutoencoder,
            BackpropClassifier,
            BackpropOutlierDetector,
            BackpropRegressor,
        )

        small = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.05}
        autoencoder = BackpropAutoencoder(1, max_iter=20, **small)
        for estimator in [
            BackpropClassifier(max_iter=60, **small),
            BackpropRegressor(max_iter=60, **small),
            autoencoder,
            BackpropOutlierDetector(autoencoder),
        ]:
            results = check_estimator(estimator, on_skip=None)
            names = [result["check_name"] for result in results]
            skipped = [r["exception"] for r in results if r["status"] == "skipped"]
            print("check_array_api_input" in names, [str(s) for s in skipped])
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    there_is_one = "check_array_api_input" in _check_names(BackpropRegressor())
    assert process.stdout.splitlines() == [f"{there_is_one} []"] * 4
