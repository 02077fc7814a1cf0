"""A parameter that is set and has no effect is named, with the reason, in one warning."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor

SMALL = {"hidden_layer_sizes": (3,), "max_iter": 5, "random_state": 0}
SUPERVISED = [BackpropClassifier, BackpropRegressor]
EVERY = [*SUPERVISED, BackpropAutoencoder]

#: What is set, and the parameter that makes it of no effect.
OF_ALL = [
    ({"learning_rate": "cosine", "n_iter_no_change": 3}, "learning_rate"),
    ({"learning_rate": "one_cycle", "n_iter_no_change": 3}, "learning_rate"),
    ({"learning_rate": "cosine", "tol": 0.1}, "learning_rate"),
    ({"learning_rate": "constant", "power_t": 0.3}, "learning_rate"),
    ({"learning_rate": "cosine", "power_t": 0.3}, "learning_rate"),
    ({"scoring": "loss"}, "early_stopping"),
    ({"validation_fraction": 0.3}, "early_stopping"),
    ({"solver": "lbfgs", "tol": 100.0, "n_iter_no_change": 3}, "solver"),
    ({"hidden_layer_sizes": (), "activation": "elu"}, "hidden_layer_sizes"),
    ({"hidden_layer_sizes": (), "dropout": 0.5}, "hidden_layer_sizes"),
    ({"hidden_layer_sizes": (), "normalization": "layer"}, "hidden_layer_sizes"),
]
OF_REGRESSOR = [
    ({"huber_delta": 2.0}, "loss"),
    ({"loss": "absolute_error", "huber_delta": 2.0}, "loss"),
    ({"quantile": 0.9}, "loss"),
]
OF_AUTOENCODER = [
    ({"beta": 2.0}, "variational"),
    ({"corruption_level": 0.3}, "corruption"),
    ({"huber_delta": 2.0}, "loss"),
    ({"sparsity_weight": 0.1}, "sparsity"),
    ({"sparsity_target": 0.1}, "sparsity"),
    ({"sparsity": "l1", "sparsity_target": 0.1}, "sparsity"),
]
CASES = [
    *((Estimator, *case) for Estimator in EVERY for case in OF_ALL),
    *((BackpropRegressor, *case) for case in OF_REGRESSOR),
    *((BackpropAutoencoder, *case) for case in OF_AUTOENCODER),
]


def _identifier(value):
    return value.__name__ if isinstance(value, type) else str(value)


def warnings_of(call):
    """The messages, but for those about convergence."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [
        str(w.message)
        for w in caught
        if issubclass(w.category, UserWarning) and not issubclass(w.category, ConvergenceWarning)
    ]


def data_for(Estimator, problem):
    return problem("binary" if Estimator is BackpropClassifier else "regression")


@pytest.mark.parametrize("Estimator, params, reason", CASES, ids=_identifier)
def test_named_once_with_the_reason(Estimator, params, reason, problem):
    X, y = data_for(Estimator, problem)
    (message,) = warnings_of(lambda: Estimator(**{**SMALL, **params}).fit(X, y))
    *_, (name, value) = params.items()
    assert f"{name}={value!r}" in message
    assert f"{reason}=" in message
    named = set(re.findall(r"(\w+)=", message))
    assert named <= {name, reason, "early_stopping", "solver"}  # the last two as advice


@pytest.mark.parametrize("Estimator", EVERY)
def test_a_schedule_by_a_function(Estimator, problem):
    X, y = data_for(Estimator, problem)
    model = Estimator(**SMALL, learning_rate=lambda progress: 1.0, n_iter_no_change=3)
    (message,) = warnings_of(lambda: model.fit(X, y))
    assert "n_iter_no_change=3" in message
    assert "learning_rate=" in message


@pytest.mark.parametrize("Estimator", EVERY)
def test_all_of_them_in_one_warning(Estimator, problem):
    X, y = data_for(Estimator, problem)
    params = {"momentum": 0.5, "power_t": 0.3, "scoring": "loss", "validation_fraction": 0.3}
    (message,) = warnings_of(lambda: Estimator(**SMALL, **params).fit(X, y))
    for name, value in params.items():
        assert f"{name}={value!r}" in message
    for reason in ("solver=", "learning_rate=", "early_stopping="):
        assert reason in message


@pytest.mark.parametrize("Estimator", EVERY)
def test_partial_fit_says_so_too(Estimator, problem):
    X, y = data_for(Estimator, problem)
    model = Estimator(**SMALL, learning_rate="constant", power_t=0.3)
    classes = {"classes": [0, 1]} if Estimator is BackpropClassifier else {}
    (message,) = warnings_of(lambda: model.partial_fit(X, y, **classes))
    assert "power_t=0.3" in message


@pytest.mark.parametrize("Estimator", EVERY)
def test_a_fraction_beside_a_validation_set(Estimator, problem):
    """Nothing is held out of X where X_val is given."""
    X, y = data_for(Estimator, problem)
    validation = {"X_val": X} if Estimator is BackpropAutoencoder else {"X_val": X, "y_val": y}
    model = Estimator(**SMALL, early_stopping=True, validation_fraction=0.3)
    (message,) = warnings_of(lambda: model.fit(X, y, **validation))
    assert "validation_fraction=0.3" in message
    assert "X_val" in message


WITH_EFFECT = [
    *(
        (Estimator, params)
        for Estimator in EVERY
        for params in [
            {},
            {"learning_rate": "cosine", "early_stopping": True, "n_iter_no_change": 3, "tol": 0.1},
            {"learning_rate": "cosine", "n_iter_no_change": 10, "tol": 1e-4},  # the defaults
            {"learning_rate": "constant", "n_iter_no_change": 3, "tol": 0.1},
            {"learning_rate": "adaptive", "n_iter_no_change": 3},
            {"learning_rate": "invscaling", "power_t": 0.3},
            {"learning_rate": "constant", "power_t": 0.5},
            {"early_stopping": True, "scoring": "loss", "validation_fraction": 0.3},
            {"early_stopping": False, "scoring": None, "validation_fraction": 0.1},
            {"solver": "lbfgs", "tol": 100.0, "early_stopping": True, "n_iter_no_change": 3},
            {"solver": "sgd", "learning_rate_init": 1e-6, "nesterovs_momentum": False},
            {"hidden_layer_sizes": (), "activation": "identity", "dropout": 0.0},
            {"hidden_layer_sizes": (), "activation": []},
        ]
    ),
    (BackpropClassifier, {"hidden_layer_sizes": (), "dropout": []}),
    (BackpropRegressor, {"loss": "huber", "huber_delta": 2.0}),
    (BackpropRegressor, {"loss": "quantile", "quantile": 0.9}),
    (BackpropRegressor, {"huber_delta": 1, "quantile": np.float64(0.5)}),
    (BackpropAutoencoder, {"hidden_layer_sizes": (), "decoder_layer_sizes": 3, "dropout": 0.5}),
    (BackpropAutoencoder, {"variational": True, "beta": 2.0}),
    (BackpropAutoencoder, {"corruption": "masking", "corruption_level": 0.3}),
    (BackpropAutoencoder, {"loss": "huber", "huber_delta": 2.0}),
    (BackpropAutoencoder, {"sparsity": "l1", "sparsity_weight": 0.1}),
    (
        BackpropAutoencoder,
        {"sparsity": "kl", "code_activation": "logistic", "sparsity_target": 0.1},
    ),
]


@pytest.mark.parametrize("Estimator, params", WITH_EFFECT, ids=_identifier)
def test_what_has_an_effect_is_not_named(Estimator, params, problem):
    X, y = data_for(Estimator, problem)
    assert warnings_of(lambda: Estimator(**{**SMALL, **params}).fit(X, y)) == []
