"""Training that diverges: an error or a warning with advice, never NumPy's warnings."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor

EVERY = [BackpropClassifier, BackpropRegressor, BackpropAutoencoder]
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 20, "random_state": 0}


def _data(Estimator, problem):
    return problem("binary" if Estimator is BackpropClassifier else "regression")


def _fit(model, X, y):
    """Fit, with the messages of all warnings; one from NumPy is a failure."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", RuntimeWarning)
        model.fit(X, y)
    return [str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning)]


@pytest.mark.parametrize(
    "Estimator, solver, rate",
    [
        (BackpropRegressor, "sgd", 1.0),  # the loss overflows, the weights do not
        (BackpropRegressor, "sgd", 1e2),
        (BackpropRegressor, "sgd", 1e9),
        (BackpropRegressor, "adam", 1e300),
        (BackpropClassifier, "sgd", 1e300),
        (BackpropClassifier, "adam", 1e300),
        (BackpropAutoencoder, "sgd", 1.0),
        (BackpropAutoencoder, "sgd", 1e9),
        (BackpropAutoencoder, "adam", 1e300),
    ],
)
def test_a_loss_or_weights_that_are_not_finite_are_an_error(Estimator, solver, rate, problem):
    model = Estimator(solver=solver, learning_rate_init=rate, **SMALL)
    with pytest.raises(ValueError, match="non-finite") as caught:
        _fit(model, *_data(Estimator, problem))
    assert "learning_rate_init" in str(caught.value)  # what to try
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_features_too_large_for_the_loss_are_an_error(solver, problem):
    X, y = problem("regression")
    model = BackpropRegressor(solver=solver, **SMALL)
    with pytest.raises(ValueError, match="non-finite") as caught:
        _fit(model, 1e200 * X, y)
    assert "scal" in str(caught.value)  # scale the data
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize(
    "Estimator, solver, rate",
    [
        (BackpropClassifier, "sgd", 1e2),
        (BackpropClassifier, "sgd", 1e4),
        (BackpropClassifier, "adam", 1e4),
        (BackpropRegressor, "adam", 1e2),
        (BackpropRegressor, "adam", 1e4),
        (BackpropAutoencoder, "adam", 1e4),
    ],
)
def test_a_loss_far_above_where_it_began_is_a_warning(Estimator, solver, rate, problem):
    model = Estimator(solver=solver, learning_rate_init=rate, **SMALL)
    messages = _fit(model, *_data(Estimator, problem))
    assert np.isfinite(model.loss_)
    assert model.loss_ > 1e3
    told = [message for message in messages if "learning_rate_init" in message]
    assert len(told) == 1, messages
    assert "loss" in told[0]


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("Estimator", EVERY)
def test_ordinary_training_is_not_called_divergent(Estimator, solver, problem):
    X, y = _data(Estimator, problem)
    y = np.random.RandomState(0).permutation(y)  # little to learn, so that the loss stays
    model = Estimator(solver=solver, **{**SMALL, "max_iter": 40})
    messages = _fit(model, X, y)
    assert not [message for message in messages if "learning_rate_init" in message]


def test_a_start_that_is_almost_exact_may_be_left():
    """Two points are a line: PCA reconstructs them, Adam then moves a little away."""
    X = np.random.RandomState(0).standard_normal((2, 2))
    model = BackpropAutoencoder(
        1, (3,), init="pca", learning_rate="constant", max_iter=3, random_state=0
    )
    messages = _fit(model, X, None)
    assert 1e-4 < model.loss_ < 1.0
    assert not [message for message in messages if "learning_rate_init" in message]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e19, 1e30, 1e150, 1e200, 1e300])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("Estimator", EVERY)
def test_no_warning_of_numpy_reaches_the_user(Estimator, solver, scale, dtype, problem):
    """Whatever becomes of the training; and what was trained predicts without one, too."""
    X, y = _data(Estimator, problem)
    if scale > 1e38 and dtype == np.float32:
        pytest.skip("infinite in single precision")
    X = (scale * X).astype(dtype)
    model = Estimator(solver=solver, **SMALL)
    refused = None
    try:
        _fit(model, X, y)
    except ValueError as error:
        refused = str(error)
    if refused is not None:
        assert re.search("finite|too large", refused)
        return
    assert np.isfinite(model.loss_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(model.predict(X).astype(float)).all()
        model.score(X, y)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_no_warning_of_numpy_from_enormous_weights(kind, problem):
    """Scores of ∞ − ∞."""
    X, y = problem(kind)
    clf = BackpropClassifier(**SMALL).fit(X, y)
    for W in clf.coefs_:
        W *= 1e300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            getattr(clf, method)(X)


@pytest.mark.parametrize("Estimator", EVERY)
def test_no_warning_of_numpy_in_predictions(Estimator, problem):
    """A model of ordinary data, asked about enormous ones."""
    X, y = _data(Estimator, problem)
    model = Estimator(**SMALL)
    _fit(model, X, y)
    methods = ["predict", "transform", "predict_proba", "predict_log_proba", "decision_function"]
    methods += ["reconstruction_error", "score_samples"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in methods:
            if hasattr(model, method):
                for scale in (1e30, 1e200, 1e307):
                    getattr(model, method)(scale * X)


@pytest.mark.parametrize("Estimator", EVERY)
def test_data_that_are_infinite_in_single_precision(Estimator, problem):
    X, y = _data(Estimator, problem)
    model = Estimator(**SMALL)
    _fit(model, X.astype(np.float32), y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="X contains infinity"):
            model.predict(1e200 * X)


@pytest.mark.parametrize("incremental", [False, True])
def test_a_fitted_model_survives(incremental, problem, state):
    X, y = problem("regression")
    model = BackpropRegressor(solver="sgd", warm_start=True, **SMALL)
    _fit(model, X, y)
    model.set_params(learning_rate_init=1e12)
    train = model.partial_fit if incremental else model.fit
    refused = False
    for _ in range(20):
        before, predictions = state(model), model.predict(X)
        try:
            train(X, y)
        except ValueError as error:
            refused = "non-finite" in str(error)
            break
    assert refused
    assert state(model) == before
    assert_array_equal(model.predict(X), predictions)


def _sometimes_hopeless(rng, fan_in, fan_out):
    """Initial weights that overflow: in each layer with a probability of a third."""
    scale = 1e200 if rng.uniform() < 1 / 3 else 0.3
    return scale * rng.standard_normal((fan_in, fan_out))


def test_starts_that_diverge_do_not_end_the_others(problem):
    """The best of those that are left, and one warning that says how many failed."""
    X, _ = problem("regression")
    params = {"init": _sometimes_hopeless, "solver": "sgd", "learning_rate_init": 0.01, **SMALL}
    params["hidden_layer_sizes"] = ()
    alone = []
    for seed in np.random.RandomState(0).randint(2**31 - 1, size=12):
        model = BackpropAutoencoder(n_init=1, **{**params, "random_state": int(seed)})
        try:
            _fit(model, X, None)
        except ValueError:
            continue
        alone.append(model.loss_)
    assert 1 < len(alone) < 12
    model = BackpropAutoencoder(n_init=12, **params)
    messages = _fit(model, X, None)
    assert model.loss_ == pytest.approx(min(alone), rel=1e-9)
    told = [message for message in messages if "n_init" in message]
    assert len(told) == 1, messages
    assert str(12 - len(alone)) in told[0]


def test_starts_that_all_diverge_are_an_error(problem):
    X, _ = problem("regression")
    model = BackpropAutoencoder(n_init=3, solver="sgd", learning_rate_init=1e12, **SMALL)
    with pytest.raises(ValueError, match="non-finite"):
        _fit(model, X, None)
    assert not hasattr(model, "coefs_")


def test_running_statistics_that_are_not_finite_are_an_error(problem):
    X, y = problem("binary")
    clf = BackpropClassifier(normalization="batch", **SMALL)
    with pytest.raises(ValueError, match="non-finite"):
        _fit(clf, 1e200 * X, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tiny_epsilon_is_no_division_by_zero(dtype):
    """A feature that is zero has no gradient: 0 / (0 + ε)."""
    X = np.column_stack([np.zeros(20), np.linspace(-1, 1, 20)]).astype(dtype)
    reg = BackpropRegressor(epsilon=1e-300, **SMALL)
    _fit(reg, X, X[:, 1])
    assert np.isfinite(reg.loss_)
