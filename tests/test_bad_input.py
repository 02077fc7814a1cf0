"""Bad input raises an error that says what is wrong, and leaves the model alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbackprop import BackpropClassifier, BackpropRegressor, TabularRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [BackpropClassifier, BackpropRegressor]
ENTRANCES = ["fit", "partial_fit", "warm fit"]


class _NotAnything:
    pass


@pytest.fixture
def fitted(problem):
    """A function that returns a fitted estimator with its data."""

    def fit(Estimator, target=None, **params):
        target = target or ("multiclass" if Estimator is BackpropClassifier else "regression")
        X, y = problem(target)
        params = {"hidden_layer_sizes": (4,), "max_iter": 3, **params}
        return Estimator(random_state=0, **params).fit(X, y), X, y

    return fit


def _assert_refused(state, estimator, X, call, match, error=ValueError):
    """`call` raises, and neither attributes nor predictions change."""
    attributes, predictions = state(estimator), estimator.predict(X)
    with pytest.raises(error, match=match):
        call()
    after = state(estimator)
    changed = [
        name for name in attributes.keys() | after.keys() if attributes.get(name) != after.get(name)
    ]
    assert changed == []
    assert_array_equal(estimator.predict(X), predictions)


def _call(estimator, entrance, *args, **kwargs):
    if entrance == "warm fit":
        estimator.set_params(warm_start=True)
    method = estimator.partial_fit if entrance == "partial_fit" else estimator.fit
    return lambda: method(*args, **kwargs)


# Parameters -----------------------------------------------------------------------

BAD_PARAMETERS = {
    "hidden_layer_sizes": [0, -1, 2.5, (4, 0), (4, -2), (4, 2.5), "10", None],
    "activation": ["sigmoid", None, 3, ["tanh", "sigmoid"]],
    "solver": ["rmsprop", None],
    "alpha": [-1e-4, "a"],
    "batch_size": [0, -3, 2.5, "all", None],
    "learning_rate": ["linear", None, 0.1],
    "learning_rate_init": [0, -0.1, "a"],
    "power_t": [-0.5],
    "max_iter": [-1, 2.5, None],
    "shuffle": ["yes", None],
    "random_state": ["seed", 1.5],
    "tol": [-1e-4, None],
    "verbose": ["loud", -1],
    "warm_start": ["yes", None],
    "momentum": [-0.1, 1.1],
    "nesterovs_momentum": ["yes", None],
    "early_stopping": ["yes", None],
    "validation_fraction": [-0.1, 1.0, 1.5],
    "beta_1": [-0.1, 1.0],
    "beta_2": [-0.1, 1.0],
    "epsilon": [0, -1e-8],
    "n_iter_no_change": [0, 2.5, None],
    "max_fun": [0, 2.5],
    "init": ["he", 3, None],
    "dropout": [-0.1, 1.0, 1.5, "half", None],
    "normalization": ["instance", 1],
    "weight_decay": [-0.1, None, "a"],
    "max_grad_norm": [0, -1.0, "a"],
    "scoring": ["no_such_score", 3],
}
BAD_OF_CLASSIFIER = {
    **BAD_PARAMETERS,
    "loss": ["hinge", None, "poisson"],
    "class_weight": ["even", 3],
    "label_smoothing": [-0.1, 1.0, 2],
}
BAD_OF_REGRESSOR = {
    **BAD_PARAMETERS,
    "loss": ["hinge", None, "log_loss"],
    "huber_delta": [0, -1.0],
    "quantile": [-0.1, 1.5, "median"],
}
BAD = [
    (Estimator, name, value)
    for Estimator, table in [
        (BackpropClassifier, BAD_OF_CLASSIFIER),
        (BackpropRegressor, BAD_OF_REGRESSOR),
    ]
    for name, values in table.items()
    for value in [*values, _NotAnything()]
]


def _bad_id(value):
    if isinstance(value, type):
        return value.__name__
    return "object" if isinstance(value, _NotAnything) else str(value)


@pytest.mark.parametrize("Estimator, name, value", BAD, ids=_bad_id)
def test_bad_parameter(Estimator, name, value, fitted, state):
    """Named, with the value and what is allowed, and before anything is touched."""
    estimator, X, y = fitted(Estimator)
    estimator.set_params(**{name: value})
    before = {k: v for k, v in state(estimator).items() if k != name}
    with pytest.raises(ValueError, match=name) as caught:
        estimator.fit(X, y)
    assert {k: v for k, v in state(estimator).items() if k != name} == before
    # a message that only echoes the name would not help
    assert len(str(caught.value)) > len(name) + 20


@pytest.mark.parametrize("Estimator", BOTH)
def test_every_parameter_is_in_the_tables(Estimator):
    table = {BackpropClassifier: BAD_OF_CLASSIFIER, BackpropRegressor: BAD_OF_REGRESSOR}
    assert set(table[Estimator]) == set(Estimator().get_params())


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize(
    "params",
    [
        {"activation": ["tanh"]},
        {"activation": ["tanh", "relu", "relu"]},
        {"dropout": [0.1]},
        {"dropout": [0.1, 0.2, 0.3]},
        {"dropout": [0.1, 1.0]},
        {"dropout": [0.1, -0.1]},
    ],
    ids=str,
)
def test_one_value_for_each_hidden_layer(Estimator, params, fitted):
    """Lists of another length, and values out of range inside of them."""
    _, X, y = fitted(Estimator)
    estimator = Estimator(hidden_layer_sizes=(5, 4), **params)
    (name,) = params
    with pytest.raises(ValueError, match=name):
        estimator.fit(X, y)
    with pytest.raises(NotFittedError):
        estimator.predict(X)


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((10.0,), r"must be whole numbers, got \[10\.0\]"),
        (10.0, r"an int in the range \[1, inf\)\. Got 10\.0 instead"),
        ((4, 2.5), r"must be whole numbers, got \[4, 2\.5\]"),
        ([np.float64(8)], r"must be whole numbers, got \[(np\.float64\()?8\.0"),
    ],
    ids=str,
)
def test_widths_are_whole_numbers(Estimator, sizes, message, fitted):
    """10.0 is greater than zero: what is wrong with it is the type."""
    _, X, y = fitted(Estimator)
    with pytest.raises(ValueError, match=rf"hidden_layer_sizes.*{message}"):
        Estimator(hidden_layer_sizes=sizes).fit(X, y)


@pytest.mark.parametrize("sizes", [{}, set(), {8: 4}], ids=str)
def test_widths_are_a_sequence(sizes, problem):
    X, y = problem("regression")
    with pytest.raises(ValueError, match=r"hidden_layer_sizes.*sequence.*got") as caught:
        BackpropRegressor(hidden_layer_sizes=sizes).fit(X, y)
    assert repr(sizes) in str(caught.value)


@pytest.mark.parametrize("sizes", [(16,), 16, [16, 8]], ids=str)
def test_the_regressor_takes_its_loss_first(sizes, problem):
    """...as `MLPRegressor` does; who gives the sizes first is told so."""
    X, y = problem("regression")
    with pytest.raises(ValueError, match=r"'loss'.*hidden_layer_sizes") as caught:
        BackpropRegressor(sizes).fit(X, y)
    assert str(sizes) in str(caught.value)


GOOD_W = np.ones((5, 4)), np.ones((4, 1))
GOOD_B = np.ones(4), np.ones(1)
BAD_INITS = {
    "too few layers": [(GOOD_W[0], GOOD_B[0])],
    "too many layers": [*zip(GOOD_W, GOOD_B, strict=True), (np.ones((1, 1)), [1.0])],
    "transposed": [(GOOD_W[0].T, GOOD_B[0]), (GOOD_W[1], GOOD_B[1])],
    "flat": [(GOOD_W[0].ravel(), GOOD_B[0]), (GOOD_W[1], GOOD_B[1])],
    "long bias": [(GOOD_W[0], np.ones(5)), (GOOD_W[1], GOOD_B[1])],
    "two-dimensional bias": [(GOOD_W[0], np.ones((4, 1))), (GOOD_W[1], GOOD_B[1])],
    "nan": [(GOOD_W[0] * np.nan, GOOD_B[0]), (GOOD_W[1], GOOD_B[1])],
    "words": [("W", "b"), (GOOD_W[1], GOOD_B[1])],
    "wrong callable": lambda rng, fan_in, fan_out: np.ones((fan_out, fan_in)),
    "wrong bias of callable": lambda rng, fan_in, fan_out: (
        np.ones((fan_in, fan_out)),
        np.ones(fan_out + 1),
    ),
}


@pytest.mark.parametrize("entrance", ["fit", "partial_fit"])
@pytest.mark.parametrize("init", BAD_INITS.values(), ids=BAD_INITS.keys())
def test_bad_init(init, entrance, problem):
    X, y = problem("regression")
    reg = BackpropRegressor(hidden_layer_sizes=(4,), init=init, max_iter=2)
    with pytest.raises(ValueError, match="init"):
        _call(reg, entrance, X, y)()
    assert not hasattr(reg, "coefs_")


@pytest.mark.parametrize("init", list(BAD_INITS.values())[:6], ids=list(BAD_INITS)[:6])
def test_bad_init_leaves_a_fitted_model_alone(init, fitted, state):
    reg, X, y = fitted(BackpropRegressor)
    reg.set_params(init=init)
    _assert_refused(state, reg, X, lambda: reg.fit(X, y), "init")


# Data -----------------------------------------------------------------------------


def _with(value, array):
    array = np.array(array, dtype=float)
    array.flat[3] = value
    return array


BAD_X = {
    "nan": (lambda X: _with(np.nan, X), "NaN"),
    "inf": (lambda X: _with(np.inf, X), "infinity"),
    "one-dimensional": (lambda X: X[:, 0], "2D array"),
    "three-dimensional": (lambda X: X[:, :, None], "dim 3"),
    "empty": (lambda X: X[:0], "0 sample"),
    "fewer rows": (lambda X: X[:-1], "inconsistent numbers of samples"),
    "complex": (lambda X: X + 1j, "omplex"),
    "words": (lambda X: np.full(X.shape, "a"), "could not convert|dtype"),
    "sparse nan": (lambda X: sparse.csr_array(_with(np.nan, X)), "NaN"),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("spoil, match", BAD_X.values(), ids=BAD_X.keys())
def test_bad_features(spoil, match, Estimator, entrance, fitted, state):
    estimator, X, y = fitted(Estimator)
    call = _call(estimator, entrance, spoil(X), y)
    _assert_refused(state, estimator, X, call, match)


@pytest.mark.parametrize("entrance", ["partial_fit", "warm fit"])
@pytest.mark.parametrize("Estimator", BOTH)
def test_other_number_of_features(Estimator, entrance, fitted, state):
    estimator, X, y = fitted(Estimator)
    call = _call(estimator, entrance, X[:, :3], y)
    _assert_refused(state, estimator, X, call, "3 features.*expecting 5 features")


@pytest.mark.parametrize("Estimator", BOTH)
def test_a_sparse_format_that_cannot_be_indexed_is_converted(Estimator, fitted):
    estimator, X, y = fitted(Estimator)
    expected = estimator.fit(X, y).predict(X)
    estimator.fit(sparse.coo_array(X), y)
    assert_allclose(estimator.predict(X), expected, rtol=1e-10)


BAD_Y = {
    "nan": (lambda y: _with(np.nan, y), "NaN"),
    "inf": (lambda y: _with(np.inf, y), "infinity|Unknown label type"),
    "none": (lambda y: None, "y cannot be None|requires y"),
    "three-dimensional": (lambda y: np.ones((len(y), 2, 2)), "dim 3|1d array|Unknown label"),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("spoil, match", BAD_Y.values(), ids=BAD_Y.keys())
def test_bad_targets(spoil, match, Estimator, entrance, fitted, state):
    estimator, X, y = fitted(Estimator)
    call = _call(estimator, entrance, X, spoil(y))
    _assert_refused(state, estimator, X, call, match)


def test_classifier_wants_classes(fitted, state):
    clf, X, _ = fitted(BackpropClassifier)
    call = _call(clf, "fit", X, np.linspace(0, 1, len(X)))
    _assert_refused(state, clf, X, call, "Unknown label type")


def test_negative_counts(fitted, state):
    reg, X, y = fitted(BackpropRegressor, "poisson", loss="poisson")
    for entrance in ENTRANCES:
        call = _call(reg, entrance, X, y - y.max())
        _assert_refused(state, reg, X, call, "(?i)poisson|negative")


@pytest.mark.parametrize("entrance", ["partial_fit", "warm fit"])
def test_other_number_of_outputs(entrance, fitted, state):
    for target, Y in [("multioutput", lambda y: y[:, :2]), ("multioutput", None)]:
        reg, X, y = fitted(BackpropRegressor, target)
        spoilt = y[:, 0] if Y is None else Y(y)
        call = _call(reg, entrance, X, spoilt)
        _assert_refused(state, reg, X, call, "(?i)output|shape|target")


@pytest.mark.parametrize("entrance", ["partial_fit", "warm fit"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_divergence_later_leaves_the_model_alone(solver, entrance, fitted, state):
    """Moments, schedule and generator included: training goes on as if nothing had been."""
    models = []
    for _ in range(2):
        params = {"solver": solver, "warm_start": entrance == "warm fit"}
        model, X, y = fitted(BackpropRegressor, **params)
        _call(model, "partial_fit", X, y)()
        models.append(model)
    call = _call(models[0], entrance, X * 1e300, y)
    with np.errstate(all="ignore"):
        _assert_refused(state, models[0], X, call, "non-finite")
    for model in models:
        _call(model, entrance, X, y)()
    assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])


# Classes of partial_fit and warm starts -------------------------------------------


def test_partial_fit_needs_the_classes_once(problem):
    X, y = problem("multiclass")
    clf = BackpropClassifier(hidden_layer_sizes=(4,))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        clf.partial_fit(X, y)
    assert not hasattr(clf, "classes_")
    clf.partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y)


def test_partial_fit_refuses_unknown_classes_at_once(problem):
    X, y = problem("multiclass")
    clf = BackpropClassifier(hidden_layer_sizes=(4,))
    with pytest.raises(ValueError, match="classes"):
        clf.partial_fit(X, y, classes=[0, 1])
    assert not hasattr(clf, "coefs_")
    # nothing of the attempt is left
    assert clf.partial_fit(X, y, classes=[0, 1, 2]).classes_.tolist() == [0, 1, 2]


def test_partial_fit_refuses_unknown_classes_later(fitted, state):
    clf, X, y = fitted(BackpropClassifier)
    call = _call(clf, "partial_fit", X, y + 1)
    _assert_refused(state, clf, X, call, "classes")


def test_partial_fit_refuses_other_classes(fitted, state):
    clf, X, y = fitted(BackpropClassifier)
    call = _call(clf, "partial_fit", X, y, classes=[1, 2, 3])
    _assert_refused(state, clf, X, call, "classes")


def test_warm_start_refuses_other_classes(fitted, state):
    clf, X, y = fitted(BackpropClassifier)
    for spoilt in (np.minimum(y, 1), y + 1):
        call = _call(clf, "warm fit", X, spoilt)
        _assert_refused(state, clf, X, call, "warm_start.*same classes")


@pytest.mark.parametrize("Estimator", BOTH)
def test_partial_fit_and_early_stopping_exclude_each_other(Estimator, fitted, state):
    estimator, X, y = fitted(Estimator, early_stopping=True)
    call = _call(estimator, "partial_fit", X, y)
    _assert_refused(state, estimator, X, call, "partial_fit does not support early_stopping=True")


def test_class_weight_of_an_unknown_class(fitted, state):
    clf, X, y = fitted(BackpropClassifier)
    clf.set_params(class_weight={0: 1.0, 7: 2.0})
    _assert_refused(state, clf, X, lambda: clf.fit(X, y), "class")


def test_balanced_classes_need_all_of_the_data(fitted, state):
    """A part of the data does not show how frequent the classes are."""
    clf, X, y = fitted(BackpropClassifier)
    clf.set_params(class_weight="balanced")
    call = _call(clf, "partial_fit", X, y)
    _assert_refused(state, clf, X, call, "class_weight='balanced'.*not supported for partial_fit")


# Weights --------------------------------------------------------------------------

BAD_WEIGHTS = {
    "negative": (lambda n: np.where(np.arange(n) == 3, -1.0, 1.0), "(?i)negative"),
    "zero": (lambda n: np.zeros(n), "(?i)zero|positive|weight"),
    "nan": (lambda n: _with(np.nan, np.ones(n)), "NaN"),
    "inf": (lambda n: _with(np.inf, np.ones(n)), "infinity"),
    "short": (lambda n: np.ones(n - 1), "sample_weight"),
    "two-dimensional": (lambda n: np.ones((n, 1)), "1D|1-D|dimension|sample_weight"),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("weights, match", BAD_WEIGHTS.values(), ids=BAD_WEIGHTS.keys())
def test_bad_weights(weights, match, Estimator, entrance, fitted, state):
    estimator, X, y = fitted(Estimator)
    call = _call(estimator, entrance, X, y, sample_weight=weights(len(X)))
    _assert_refused(state, estimator, X, call, match)


# A validation set of one's own ----------------------------------------------------


def _validation_cases():
    """Keywords of `fit` made from good data, and a pattern of the error."""
    return {
        "fewer columns": (lambda X, y: {"X_val": X[:, :3], "y_val": y}, "features"),
        "fewer rows": (lambda X, y: {"X_val": X[:-1], "y_val": y}, "inconsistent"),
        "nan": (lambda X, y: {"X_val": _with(np.nan, X), "y_val": y}, "NaN"),
        "X alone": (lambda X, y: {"X_val": X}, "y_val"),
        "y alone": (lambda X, y: {"y_val": y}, "X_val"),
        "nan target": (lambda X, y: {"X_val": X, "y_val": _with(np.nan, y)}, "NaN"),
        "weights alone": (
            lambda X, y: {"sample_weight_val": np.ones(len(y))},
            "X_val|sample_weight_val",
        ),
        "short weights": (
            lambda X, y: {"X_val": X, "y_val": y, "sample_weight_val": np.ones(3)},
            "sample_weight",
        ),
        "negative weights": (
            lambda X, y: {"X_val": X, "y_val": y, "sample_weight_val": -np.ones(len(y))},
            "(?i)negative",
        ),
        "zero weights": (
            lambda X, y: {
                "X_val": X,
                "y_val": y,
                "sample_weight_val": np.zeros(len(y)),
            },
            "(?i)zero|positive|weight",
        ),
    }


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize(
    "keywords, match", _validation_cases().values(), ids=_validation_cases().keys()
)
def test_bad_validation_set(keywords, match, Estimator, fitted, state):
    estimator, X, y = fitted(Estimator, early_stopping=True)
    call = _call(estimator, "fit", X, y, **keywords(X, y))
    _assert_refused(state, estimator, X, call, match)


def test_unseen_classes_in_the_validation_set(fitted, state):
    clf, X, y = fitted(BackpropClassifier, early_stopping=True)
    call = _call(clf, "fit", X, y, X_val=X, y_val=y + 1)
    _assert_refused(state, clf, X, call, "class|label")


def test_other_columns_in_the_validation_frame(problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("regression")
    frame = pd.DataFrame(X, columns=list("abcde"))
    reg = BackpropRegressor(hidden_layer_sizes=(4,), early_stopping=True, max_iter=3)
    with pytest.raises(ValueError, match="feature names"):
        reg.fit(frame, y, X_val=frame.rename(columns={"a": "z"}), y_val=y)
    assert not hasattr(reg, "coefs_")


@pytest.mark.parametrize("Estimator", BOTH)
def test_a_validation_set_that_is_too_small(Estimator, fitted, state):
    estimator, X, y = fitted(Estimator)
    estimator.set_params(early_stopping=True, validation_fraction=0.01)
    match = "too small|should be greater or equal to the number of classes"
    _assert_refused(state, estimator, X, lambda: estimator.fit(X, y), match)


# Prediction -----------------------------------------------------------------------

METHODS = {
    BackpropClassifier: [
        "predict",
        "predict_proba",
        "predict_log_proba",
        "decision_function",
        "transform",
    ],
    BackpropRegressor: ["predict"],
}


@pytest.mark.parametrize("Estimator, method", [(E, method) for E in BOTH for method in METHODS[E]])
def test_bad_features_to_predict_from(Estimator, method, fitted, state):
    estimator, X, _ = fitted(Estimator)
    predict = getattr(estimator, method)
    for spoilt, match in [
        (_with(np.nan, X), "NaN"),
        (X[:, :3], "3 features.*expecting 5 features"),
        (X[:, 0], "2D array"),
        (X[:0], "0 sample"),
    ]:
        _assert_refused(state, estimator, X, lambda s=spoilt: predict(s), match)
    with pytest.raises(NotFittedError):
        getattr(clone(estimator), method)(X)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    "convert",
    [
        lambda y: y.astype(str),
        lambda y: np.where(y > 0, "high", "low"),
        lambda y: np.arange(len(y)).astype("datetime64[D]"),
        lambda y: np.arange(len(y)).astype("timedelta64[s]"),
        lambda y: np.stack([y, y], axis=1).astype(str),
    ],
    ids=["numbers as strings", "words", "dates", "durations", "two outputs as strings"],
)
def test_targets_of_a_regression_are_numbers(convert, entrance, fitted, state):
    """`MLPRegressor` refuses them, too."""
    reg, X, y = fitted(BackpropRegressor)
    call = _call(reg, entrance, X, convert(y))
    _assert_refused(state, reg, X, call, r"\by\b.*(numeric|number|dtype)")
    reg.set_params(early_stopping=True)
    call = _call(reg, "fit", X, y, X_val=X, y_val=convert(y))
    _assert_refused(state, reg, X, call, r"\by(_val)?\b.*(numeric|number|dtype)")


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_targets_of_a_regression_are_finite_in_the_precision_of_the_data(entrance, fitted, state):
    """None among objects becomes NaN only when y is converted, a large number infinite."""
    reg, X, y = fitted(BackpropRegressor)
    missing = y.astype(object)
    missing[3] = None
    _assert_refused(state, reg, X, _call(reg, entrance, X, missing), r"\by contains NaN")
    reg = BackpropRegressor(hidden_layer_sizes=(3,), max_iter=2)
    X, large = X.astype(np.float32), y.copy()
    large[3] = 1e200
    with pytest.raises(ValueError, match=r"\by contains infinity or a value too large"):
        _call(reg, entrance, X, large)()
    with pytest.raises(ValueError, match=r"\by contains NaN"):
        TabularRegressor(n_members=4, max_iter=2).fit(X, missing)
