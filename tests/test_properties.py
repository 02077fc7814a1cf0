"""What holds for every shape, precision and setting, the degenerate ones first.

Hypothesis draws the cases; it is derandomised, so that a failure is a failure for all.
"""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop import BackpropClassifier, BackpropRegressor

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies
given = hypothesis.given

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

few = hypothesis.settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=list(hypothesis.HealthCheck),
)

ACTIVATIONS = st.sampled_from(
    [
        "identity",
        "logistic",
        "tanh",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
    ]
)
FLOATS = st.sampled_from([np.float32, np.float64])
LOSSES = {
    BackpropClassifier: ["log_loss", "squared_error"],
    BackpropRegressor: ["squared_error", "poisson", "absolute_error", "huber", "quantile"],
}
SOLVERS = st.sampled_from(["adam", "sgd", "lbfgs"])


@st.composite
def shapes(draw):
    """(rows, features, outputs), small and often one."""
    size = st.one_of(st.just(1), st.integers(1, 12))
    return draw(size), draw(size), draw(st.integers(1, 3))


@st.composite
def architectures(draw):
    """Parameters of any solver, none of them ignored by it."""
    layers = draw(st.lists(st.integers(1, 5), max_size=3))
    params = {
        "hidden_layer_sizes": tuple(layers),
        "activation": [draw(ACTIVATIONS) for _ in layers],
        "normalization": draw(st.sampled_from([None, "layer", "batch"])),
        "init": draw(st.sampled_from(["glorot_uniform", "he_normal", "lecun_normal"])),
        "alpha": draw(st.sampled_from([0.0, 1e-4, 1.0])),
        "solver": draw(SOLVERS),
        "max_iter": draw(st.integers(1, 4)),
        "random_state": draw(st.integers(0, 100)),
    }
    if params["solver"] != "lbfgs":
        params |= {
            "batch_size": draw(st.integers(1, 5)),
            "shuffle": draw(st.booleans()),
            "dropout": draw(st.sampled_from([0.0, 0.5])),
            "max_grad_norm": draw(st.sampled_from([None, 1.0])),
            "weight_decay": draw(st.sampled_from([0.0, 0.1])),
            "learning_rate": draw(
                st.sampled_from(["constant", "invscaling", "adaptive", "cosine", "one_cycle"])
            ),
        }
    return params


@st.composite
def weights_for(draw, n_samples):
    """Sample weights, some of them zero, or none."""
    kind = draw(st.sampled_from(["none", "some zero", "large", "tiny"]))
    if kind == "none":
        return None
    rng = np.random.RandomState(draw(st.integers(0, 100)))
    weights = rng.uniform(0.1, 2, n_samples)
    if kind == "some zero" and n_samples > 1:
        weights[rng.randint(n_samples)] = 0
    return weights * {"large": 1e6, "tiny": 1e-6}.get(kind, 1.0)


def _fit(model, X, y, **kwargs):
    with warnings.catch_warnings():
        # a batch larger than the sample is clipped, and said so
        warnings.filterwarnings("ignore", "Got `batch_size`")
        return model.fit(X, y, **kwargs)


def _assert_consistent(model, X, y):
    """Invariants of every fitted model."""
    sizes = [W.shape[0] for W in model.coefs_] + [model.n_outputs_]
    assert sizes[0] == X.shape[1]
    assert [b.shape for b in model.intercepts_] == [(size,) for size in sizes[1:]]
    for array in [*model.coefs_, *model.intercepts_]:
        assert array.dtype == X.dtype
        assert np.isfinite(array).all()
    assert len(model.loss_curve_) == model.n_iter_ <= model.max_iter
    assert np.isfinite(model.loss_curve_).all()
    assert model.gradient_norms_.shape == (model.n_iter_, len(model.coefs_))
    assert np.isfinite(model.gradient_norms_).all()
    assert model.predict(X).shape == np.shape(y)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


@few
@given(shapes(), architectures(), FLOATS, st.data())
def test_regressor(shape, params, dtype, data):
    n_samples, n_features, n_outputs = shape
    rng = np.random.RandomState(data.draw(st.integers(0, 100), label="seed"))
    X = rng.standard_normal((n_samples, n_features)).astype(dtype)
    y = rng.poisson(2.0, (n_samples, n_outputs)).astype(float)
    if n_outputs == 1:
        y = y[:, 0]
    loss = data.draw(st.sampled_from(LOSSES[BackpropRegressor]), label="loss")
    weights = data.draw(weights_for(n_samples), label="weights")
    reg = _fit(BackpropRegressor(loss=loss, **params), X, y, sample_weight=weights)
    _assert_consistent(reg, X, y)
    assert reg.predict(X).dtype == dtype
    if loss == "poisson":
        assert reg.predict(X).min() >= 0


@few
@given(shapes(), architectures(), FLOATS, st.data())
def test_classifier(shape, params, dtype, data):
    n_samples, n_features, n_outputs = shape
    n_samples += 1
    rng = np.random.RandomState(data.draw(st.integers(0, 100), label="seed"))
    X = rng.standard_normal((n_samples, n_features)).astype(dtype)
    multilabel = data.draw(st.booleans(), label="multilabel")
    if multilabel:
        y = rng.randint(0, 2, (n_samples, n_outputs + 1))
    else:  # one class is as good as many
        y = np.array(["a", "b", "c", "d"])[rng.randint(0, n_outputs + 1, n_samples)]
    loss = data.draw(st.sampled_from(LOSSES[BackpropClassifier]), label="loss")
    smoothing = data.draw(st.sampled_from([0.0, 0.3]), label="smoothing")
    weights = data.draw(weights_for(n_samples), label="weights")
    clf = BackpropClassifier(loss=loss, label_smoothing=smoothing, **params)
    _fit(clf, X, y, sample_weight=weights)
    _assert_consistent(clf, X, y)
    proba = clf.predict_proba(X)
    assert proba.dtype == dtype
    assert proba.min() >= 0
    assert proba.max() <= 1
    if not multilabel:
        assert set(clf.predict(X)) <= set(y)
        assert proba.shape == (n_samples, len(clf.classes_))
        assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)


@few
@given(architectures(), st.integers(1, 4), st.integers(0, 100))
def test_constant_features_teach_nothing_but_the_constant(params, n_features, seed):
    """All rows are the same, so all predictions are."""
    X = np.full((9, n_features), 3.0)
    y = np.random.RandomState(seed).standard_normal(9)
    reg = _fit(BackpropRegressor(**params), X, y)
    assert_allclose(reg.predict(X), np.full(9, reg.predict(X)[0]), rtol=1e-9)


@few
@given(st.integers(2, 12), st.integers(1, 12), architectures())
def test_any_batch_size(n_samples, batch_size, params):
    """The last batch may be short, down to a row; too large a batch is the sample."""
    params = {**params, "solver": "adam", "batch_size": batch_size}
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((n_samples, 3)), rng.randint(0, 2, n_samples)
    clf = _fit(BackpropClassifier(**params), X, y)
    _assert_consistent(clf, X, y)
    assert clf.t_ == clf.n_iter_ * n_samples
    if batch_size >= n_samples:
        whole = _fit(BackpropClassifier(**{**params, "batch_size": n_samples}), X, y)
        assert_allclose(clf.loss_curve_, whole.loss_curve_, rtol=1e-12)


@few
@given(architectures(), st.integers(2, 5), st.booleans())
def test_classes_may_be_missing_from_a_batch(params, n_classes, sorted_by_class):
    """Batches of one row hold one class at a time."""
    if params["solver"] == "lbfgs":
        params["solver"] = "sgd"
    params |= {"batch_size": 1, "shuffle": not sorted_by_class}
    rng = np.random.RandomState(0)
    y = np.arange(3 * n_classes) // 3
    X = rng.standard_normal((len(y), 2)) + y[:, None]
    clf = _fit(BackpropClassifier(**params), X, y)
    _assert_consistent(clf, X, y)
    assert clf.predict_proba(X).shape == (len(y), n_classes)


@few
@given(architectures(), st.floats(0, 1), st.integers(0, 100))
def test_sparse_is_dense(params, density, seed):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((8, 4)) * (rng.uniform(size=(8, 4)) < density)
    y = rng.standard_normal((8, 2))
    dense = _fit(BackpropRegressor(**params), X, y)
    model = _fit(BackpropRegressor(**params), sparse.csr_array(X), y)
    assert_allclose(model.predict(sparse.csc_array(X)), dense.predict(X), rtol=1e-6, atol=1e-8)


@few
@given(architectures(), st.integers(0, 100))
def test_the_seed_decides(params, seed):
    rng = np.random.RandomState(seed)
    X, y = rng.standard_normal((9, 3)), rng.randint(0, 3, 9)
    one = _fit(BackpropClassifier(**params), X, y)
    other = _fit(BackpropClassifier(**params), X, y)
    for a, b in zip(one.coefs_, other.coefs_, strict=True):
        assert_array_equal(a, b)


@few
@given(
    architectures(),
    st.permutations(range(6)),
    st.sampled_from([BackpropClassifier, BackpropRegressor]),
)
def test_predictions_go_row_by_row(params, order, Estimator):
    """Neither the order nor the company of a row matters to its prediction."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((6, 3)), np.arange(6) % 2
    model = _fit(Estimator(**params), X, y)
    expected = model.predict(X)
    assert_allclose(model.predict(X[list(order)]), expected[list(order)], rtol=1e-7, atol=1e-10)
    alone = [model.predict(X[i : i + 1])[0] for i in range(6)]
    assert_allclose(alone, expected, rtol=1e-7, atol=1e-10)


@few
@given(
    st.sampled_from(LOSSES[BackpropRegressor]),
    st.floats(1e-3, 1e3),
    st.sampled_from(["adam", "sgd"]),
)
def test_only_ratios_of_weights_count(loss, factor, solver):
    """With alpha scaled along, for a penalty weighs against the sum of weights."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((12, 3)), rng.poisson(2.0, 12).astype(float)
    weights = rng.uniform(0.1, 3, 12)
    params = {
        "loss": loss,
        "solver": solver,
        "hidden_layer_sizes": (4,),
        "batch_size": 5,
        "max_iter": 5,
        "random_state": 0,
    }
    one = BackpropRegressor(alpha=0.1, **params).fit(X, y, sample_weight=weights)
    other = BackpropRegressor(alpha=0.1 * factor, **params)
    other.fit(X, y, sample_weight=factor * weights)
    assert_allclose(other.loss_curve_, one.loss_curve_, rtol=1e-9)
    for a, b in zip(one.coefs_, other.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-10)


@few
@given(st.sampled_from([0, 1e-300, 1e-30, 1e30]), architectures())
def test_features_of_any_scale_give_a_model(scale, params):
    rng = np.random.RandomState(0)
    X, y = scale * rng.standard_normal((8, 2)), rng.randint(0, 2, 8)
    assert np.isfinite(_fit(BackpropClassifier(**params), X, y).predict_proba(X)).all()
