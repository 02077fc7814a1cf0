"""Same parameters, same seed, same model as scikit-learn's MLP*.

Every case fits both sides with the parameters of ``MLPClassifier(...).get_params()``
and compares all that a user can see. Not here, because the two differ on purpose:
stratification of multi-class early stopping, sample weights with mini-batches,
schedules with adam, and L-BFGS (see ``test_differences.py``).
"""

from __future__ import annotations

import inspect
from itertools import product

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skbackprop import BackpropClassifier, BackpropRegressor

SKLEARN_VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

pytestmark = [
    pytest.mark.skipif(
        SKLEARN_VERSION < (1, 7),
        reason="MLP* had neither sample weights nor the Poisson loss before 1.7",
    ),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*has no effect with"),
]

CLASSIFICATION = ("binary", "multiclass", "multilabel")
REGRESSION = ("regression", "multioutput", "poisson")
TARGETS = CLASSIFICATION + REGRESSION


def _pair(target, params):
    """The same estimator twice: theirs, and ours from its parameters."""
    if target in CLASSIFICATION:
        theirs = MLPClassifier(**params)
        return theirs, BackpropClassifier(**theirs.get_params())
    loss = "poisson" if target == "poisson" else "squared_error"
    theirs = MLPRegressor(loss=loss, **params)
    return theirs, BackpropRegressor(**theirs.get_params())


def _assert_same_model(ours, theirs, X, loss_rtol=1e-10, atol=1e-8):
    """Everything that a fitted MLP* publishes, and its predictions."""
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=loss_rtol)
    assert_allclose(ours.loss_, theirs.loss_, rtol=loss_rtol)
    for name in ("best_loss_", "validation_scores_", "best_validation_score_"):
        expected = getattr(theirs, name)
        if expected is None:
            assert getattr(ours, name) is None, name
        else:
            assert_allclose(getattr(ours, name), expected, rtol=1e-9, atol=atol, err_msg=name)
    for name in ("coefs_", "intercepts_"):
        pairs = zip(getattr(ours, name), getattr(theirs, name), strict=True)
        for layer, (mine, expected) in enumerate(pairs):
            assert mine.dtype == expected.dtype
            assert_allclose(mine, expected, rtol=0, atol=atol, err_msg=f"{name}[{layer}]")
    if hasattr(theirs, "classes_"):
        assert_array_equal(ours.classes_, theirs.classes_)
        assert_array_equal(ours.predict(X), theirs.predict(X))
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=atol)
    else:
        assert_allclose(ours.predict(X), theirs.predict(X), atol=10 * atol)


def _compare(problem, target, params, container=np.asarray, n_samples=60, **fit):
    X, y = problem(target, n_samples=n_samples)
    X = container(X)
    theirs, ours = _pair(target, {"random_state": 0, **params})
    theirs.fit(X, y, **fit)
    ours.fit(X, y, **fit)
    _assert_same_model(ours, theirs, X)
    return ours


# A covering table: solver x activation x depth in full, with the other settings
# turning at rates that have no common divisor -------------------------------------

LAYERS = [(), (7,), (8, 6), (8, 6, 4)]
BATCH_SIZES = ["auto", 7, 30, 1, 60]
ALPHAS = [1e-4, 0.0, 0.1]
RATES = {"adam": 0.01, "sgd": 0.02}
GRID = [
    (
        TARGETS[(i + depth) % 6],
        {
            "solver": solver,
            "activation": activation,
            "hidden_layer_sizes": LAYERS[depth],
            "batch_size": BATCH_SIZES[i % 5],
            "alpha": ALPHAS[i % 3],
            "shuffle": i % 7 != 0,
            "learning_rate_init": RATES[solver],
            "max_iter": 100 if i % 4 == 0 else 30,
            "tol": 0.0 if i % 4 == 0 else 1e-4,
        },
    )
    for i, (solver, activation, depth) in enumerate(
        product(["adam", "sgd"], ["relu", "tanh", "logistic", "identity"], range(4))
    )
]

SMALL = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.02, "max_iter": 40}
SGD = {**SMALL, "solver": "sgd", "batch_size": 16}
ADAM = {**SMALL, "solver": "adam", "batch_size": 16}
STOPS_EARLY = {"early_stopping": True, "validation_fraction": 0.25, "max_iter": 200}

SPECIAL = [
    *[
        ("binary", {**SGD, "momentum": momentum, "nesterovs_momentum": nesterov})
        for momentum in (0, 0.5, 0.9, 1.0)
        for nesterov in (False, True)
    ],
    ("multiclass", {**SGD, "learning_rate": "invscaling", "power_t": 0.3}),
    ("regression", {**SGD, "learning_rate": "invscaling"}),
    # a tolerance that divides the rate time and again until it is too small
    *[
        (
            target,
            {
                **SGD,
                "learning_rate": "adaptive",
                "tol": 1e-2,
                "n_iter_no_change": 2,
                "max_iter": 300,
            },
        )
        for target in ("binary", "regression", "multilabel")
    ],
    ("binary", {**ADAM, "beta_1": 0.5, "beta_2": 0.9}),
    ("multiclass", {**ADAM, "beta_1": 0.0, "epsilon": 1e-3}),
    ("regression", {**ADAM, "beta_2": 0.5, "epsilon": 1e-2}),
    # ends by itself
    ("binary", {**ADAM, "tol": 1e-2, "n_iter_no_change": 3, "max_iter": 500}),
    ("poisson", {**ADAM, "tol": 1e-2, "n_iter_no_change": 3, "max_iter": 500}),
    ("binary", {**ADAM, "n_iter_no_change": np.inf, "tol": 1.0}),
    # default sizes and rates: what most people run
    ("multiclass", {"max_iter": 100}),
    ("regression", {"max_iter": 100, "hidden_layer_sizes": 30}),
]

EARLY_STOPPING = [
    *[
        (target, {**solver, **STOPS_EARLY})
        for target in ("binary", "multilabel", *REGRESSION)
        for solver in (ADAM, SGD)
    ],
    ("binary", {**ADAM, **STOPS_EARLY, "tol": 0.0, "max_iter": 30}),
    ("regression", {**ADAM, **STOPS_EARLY, "shuffle": False, "batch_size": "auto"}),
    ("regression", {**SGD, **STOPS_EARLY, "learning_rate": "adaptive"}),
]


def _name(case):
    target, params = case
    return "-".join([target, *(f"{k}={v}" for k, v in params.items())])


@pytest.mark.parametrize("case", GRID + SPECIAL, ids=_name)
def test_same_model(case, problem):
    target, params = case
    _compare(problem, target, params)


@pytest.mark.parametrize("case", EARLY_STOPPING, ids=_name)
def test_same_model_with_early_stopping(case, problem):
    target, params = case
    ours = _compare(problem, target, params, n_samples=90)
    assert len(ours.validation_scores_) == ours.n_iter_


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_early_stopping_cases_do_stop_early(solver, problem):
    """The table above is worth little if every row runs to `max_iter`."""
    stopped = []
    for target, params in EARLY_STOPPING:
        if params["solver"] == solver:
            _, ours = _pair(target, {"random_state": 0, **params})
            stopped.append(ours.fit(*problem(target, n_samples=90)).n_iter_ < ours.max_iter)
    assert any(stopped)


CONTAINERS = [
    sparse.csr_matrix,
    sparse.csc_matrix,
    sparse.csr_array,
    sparse.csc_array,
]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize(
    "target, params",
    [
        ("binary", ADAM),
        ("multiclass", {**SGD, "shuffle": False}),
        ("regression", {**ADAM, **STOPS_EARLY, "max_iter": 20}),
    ],
    ids=["adam", "sgd-unshuffled", "early-stopping"],
)
def test_same_model_sparse(container, target, params, problem):
    def thinned(X):
        return container(np.where(np.abs(X) > 0.7, X, 0.0))

    _compare(problem, target, params, container=thinned)


@pytest.mark.parametrize("target", ["binary", "regression"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_same_model_when_the_batch_is_too_large(target, solver, problem):
    X, y = problem(target)
    theirs, ours = _pair(target, {**SMALL, "solver": solver, "batch_size": 61, "random_state": 0})
    message = "Got `batch_size` less than 1 or larger than sample size"
    with pytest.warns(UserWarning, match=message):
        theirs.fit(X, y)
    with pytest.warns(UserWarning, match=message):
        ours.fit(X, y)
    _assert_same_model(ours, theirs, X)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression", "poisson"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_same_model_with_weights_in_full_batches(target, solver, problem):
    """Only here do the two normalisations of weights agree."""
    weights = np.random.RandomState(1).uniform(0.1, 5, 60)
    params = {**SMALL, "solver": solver, "batch_size": 60, "alpha": 0.1}
    _compare(problem, target, params, sample_weight=weights)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_same_model_in_single_precision(target, solver, problem):
    """Rounding differs, so only a few digits of few epochs are asked for."""
    X, y = problem(target)
    X = X.astype(np.float32)
    theirs, ours = _pair(target, {**SMALL, "solver": solver, "max_iter": 10, "random_state": 0})
    theirs.fit(X, y)
    ours.fit(X, y)
    _assert_same_model(ours, theirs, X, loss_rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("seed", ["unshuffled", "generator"])
def test_same_model_by_partial_fit(target, solver, seed, problem):
    """With an integer seed and shuffling the two differ on purpose."""
    X, y = problem(target)
    params = {**SMALL, "solver": solver, "batch_size": 16}
    classes = {"classes": np.arange(3 if y.ndim == 2 else y.max() + 1)}
    if target in REGRESSION:
        classes = {}
    fitted = []
    for estimator in _pair(target, params):
        if seed == "generator":
            estimator.set_params(random_state=np.random.RandomState(3))
        else:
            estimator.set_params(random_state=3, shuffle=False)
        for _ in range(10):
            estimator.partial_fit(X, y, **classes)
        fitted.append(estimator)
    theirs, ours = fitted
    _assert_same_model(ours, theirs, X)
    assert len(ours.loss_curve_) == 10


def test_same_model_from_a_generator(problem):
    """A `RandomState` is drawn from as often as scikit-learn draws from it."""
    X, y = problem("binary")
    fitted, following = [], []
    for estimator in _pair("binary", {**ADAM, **STOPS_EARLY}):
        generator = np.random.RandomState(5)
        fitted.append(estimator.set_params(random_state=generator).fit(X, y))
        following.append(generator.randint(2**31))
    _assert_same_model(fitted[1], fitted[0], X)
    assert following[0] == following[1]


@pytest.mark.parametrize("labels", [np.array(["no", "yes"]), np.array([-1.0, 1.0])])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_same_model_whatever_the_labels(labels, problem):
    X, y = problem("binary")
    theirs, ours = _pair("binary", {**ADAM, "random_state": 0})
    y = labels[y].reshape(-1, 1)
    theirs.fit(X, y)
    ours.fit(X, y)
    _assert_same_model(ours, theirs, X)


# Signatures -----------------------------------------------------------------------

NEW = {
    "init": "glorot_uniform",
    "dropout": 0.0,
    "normalization": None,
    "weight_decay": 0.0,
    "max_grad_norm": None,
    "scoring": None,
}
NEW_OF_CLASSIFIER = {
    **NEW,
    "loss": "log_loss",
    "class_weight": None,
    "label_smoothing": 0.0,
}
NEW_OF_REGRESSOR = {**NEW, "huber_delta": 1.0, "quantile": 0.5}
SIGNATURES = pytest.mark.parametrize(
    "Ours, Theirs, new",
    [
        (BackpropClassifier, MLPClassifier, NEW_OF_CLASSIFIER),
        (BackpropRegressor, MLPRegressor, NEW_OF_REGRESSOR),
    ],
)


@SIGNATURES
def test_constructor_is_a_superset(Ours, Theirs, new):
    ours = list(inspect.signature(Ours).parameters.values())
    theirs = list(inspect.signature(Theirs).parameters.values())
    shared = [p for p in ours if p.name not in new]
    assert [(p.name, p.default, p.kind) for p in shared] == [
        (p.name, p.default, p.kind) for p in theirs
    ]
    added = [p for p in ours if p.name in new]
    assert {p.name: p.default for p in added} == new
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in added)


@SIGNATURES
def test_methods_are_a_superset(Ours, Theirs, new):
    public = {name for name in dir(Theirs) if not name.startswith("_")}
    assert public <= set(dir(Ours))
    for name in ("fit", "partial_fit", "predict"):
        theirs = list(inspect.signature(getattr(Theirs, name)).parameters)
        ours = list(inspect.signature(getattr(Ours, name)).parameters)
        assert ours[: len(theirs)] == theirs
