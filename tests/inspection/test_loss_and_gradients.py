"""loss_and_gradients and check_gradients, against independent arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.special import expit, softmax, xlogy
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skbackprop import Activation, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import check_gradients, loss_and_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TARGETS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "poisson"]
CLASSIFICATION = ("binary", "multiclass", "multilabel")


def scores(coefs, intercepts, X):
    a = X
    for layer, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        z = a @ W + b
        a = np.tanh(z) if layer < len(coefs) - 1 else z
    return a


def losses(z, y, target, loss):
    """The loss of each sample."""
    if target in CLASSIFICATION:
        y = LabelBinarizer().fit_transform(y)
        a = softmax(z, axis=1) if target == "multiclass" else expit(z)
        if loss == "squared_error":
            return ((a - y) ** 2 / 2).sum(axis=1)
        other = 0 if target == "multiclass" else xlogy(1 - y, 1 - a)
        return -(xlogy(y, a) + other).sum(axis=1)
    y = y.reshape(len(y), -1)
    if target == "poisson":
        return (np.exp(z) - y * z + xlogy(y, y) - y).sum(axis=1)
    return ((z - y) ** 2 / 2).sum(axis=1)


def objective(coefs, intercepts, X, y, target, loss, weights, alpha):
    """(Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ, written out."""
    per_sample = losses(scores(coefs, intercepts, X), y, target, loss)
    penalty = alpha / 2 * sum((W**2).sum() for W in coefs)
    return (weights @ per_sample + penalty) / weights.sum()


def differences(function, arrays, h=1e-6):
    """The gradient by central differences, number by number."""
    gradients = []
    for array in arrays:
        gradient = np.empty_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + h
            ahead = function()
            array[index] = kept - h
            behind = function()
            array[index] = kept
            gradient[index] = (ahead - behind) / (2 * h)
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "target, loss",
    [*((t, "squared_error") for t in TARGETS if t != "poisson"), ("poisson", "poisson")]
    + [(t, "log_loss") for t in CLASSIFICATION],
)
def test_value_and_differences(target, loss, weighted, network):
    est, X, y = network(target, loss=loss, alpha=0.7, hidden_layer_sizes=(3, 2))
    weights = np.random.RandomState(0).uniform(0, 3, len(X)) if weighted else np.ones(len(X))
    value, coef_grads, intercept_grads = loss_and_gradients(
        est, X, y, weights if weighted else None
    )
    coefs, intercepts = ([p.copy() for p in ps] for ps in (est.coefs_, est.intercepts_))

    def function():
        return objective(coefs, intercepts, X, y, target, loss, weights, 0.7)

    assert isinstance(value, float)
    assert_allclose(value, function(), rtol=1e-12)
    expected = differences(function, [*coefs, *intercepts])
    for ours, theirs in zip([*coef_grads, *intercept_grads], expected, strict=True):
        assert_allclose(ours, theirs, atol=1e-8)


@pytest.mark.parametrize("target", ["binary", "multiclass"])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0, 1: 0.5}])
def test_class_weight_is_sample_weight(target, class_weight, network):
    est, X, y = network(target)
    plain = loss_and_gradients(est, X, y, compute_sample_weight(class_weight, y))
    est.set_params(class_weight=class_weight)
    value, coef_grads, _ = loss_and_gradients(est, X, y)
    assert_allclose(value, plain[0], rtol=1e-12)
    assert_allclose(coef_grads[0], plain[1][0], rtol=1e-10)


def test_label_smoothing_mixes_the_losses(network):
    est, X, y = network("binary", alpha=0)
    plain, flipped = loss_and_gradients(est, X, y)[0], loss_and_gradients(est, X, 1 - y)[0]
    est.set_params(label_smoothing=0.2)
    assert_allclose(loss_and_gradients(est, X, y)[0], 0.9 * plain + 0.1 * flipped, rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("params", [{}, {"normalization": "layer"}, {"normalization": "batch"}])
def test_a_step_of_training_follows_the_gradient(target, params, network):
    """Plain descent on a full batch moves the weights by −rate times the gradient."""
    plain = {"solver": "sgd", "momentum": 0, "nesterovs_momentum": False, "batch_size": 24}
    est, X, y = network(target, alpha=0.1, **plain, **params)
    _, coef_grads, intercept_grads = loss_and_gradients(est, X, y)
    before = [p.copy() for p in [*est.coefs_, *est.intercepts_]]
    est.partial_fit(X, y)
    gradients = [*coef_grads, *intercept_grads]
    for old, new, grad in zip(before, [*est.coefs_, *est.intercepts_], gradients, strict=True):
        assert_allclose(new, old - 0.01 * grad, atol=1e-14)


def test_dropout_is_off(network):
    est, X, y = network("regression", dropout=0.5)
    expected = ((est.predict(X) - y) ** 2).mean() / 2
    expected += est.alpha / 2 / len(X) * sum((W**2).sum() for W in est.coefs_)
    assert_allclose(loss_and_gradients(est, X, y)[0], expected, rtol=1e-12)


def test_batch_normalization_of_one_row_is_that_of_prediction(network):
    est, X, y = network("regression", normalization="batch", alpha=0)
    expected = (est.predict(X[:1]) - y[:1]) ** 2 / 2
    assert_allclose(loss_and_gradients(est, X[:1], y[:1])[0], expected, rtol=1e-12)


@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("function", [loss_and_gradients, check_gradients])
def test_nothing_changes(function, normalization, network, state):
    est, X, y = network("multiclass", normalization=normalization)
    before = state(est)
    function(est, X, y)
    assert state(est) == before


def test_results_are_the_callers_own(network):
    est, X, y = network("regression")
    _, first, _ = loss_and_gradients(est, X, y)
    kept = first[0].copy()
    loss_and_gradients(est, X, y + 1)
    assert_allclose(first[0], kept)
    assert not np.shares_memory(first[0], est.coefs_[0])


def test_assigned_weights_count(network):
    est, X, y = network("regression")
    _, before, _ = loss_and_gradients(est, X, y)
    est.coefs_[0] = est.coefs_[0] * 2
    _, after, _ = loss_and_gradients(est, X, y)
    assert not np.allclose(before[0], after[0])


def test_sparse_is_dense(network):
    est, X, y = network("binary")
    X = np.where(X > 0, X, 0)
    dense, sparse = loss_and_gradients(est, X, y), loss_and_gradients(est, csr_array(X), y)
    assert_allclose(sparse[0], dense[0], rtol=1e-12)
    assert_allclose(sparse[1][0], dense[1][0], atol=1e-14)


def test_single_precision_stays(network, problem):
    X, y = problem("regression", n_samples=24)
    est = BackpropRegressor(hidden_layer_sizes=(3,), max_iter=3).fit(X.astype(np.float32), y)
    _, coef_grads, _ = loss_and_gradients(est, X, y)
    assert coef_grads[0].dtype == np.float32
    assert check_gradients(est, X, y) < 1e-6  # in double precision


@pytest.mark.parametrize("function", [loss_and_gradients, check_gradients])
def test_end_of_a_pipeline(function, network, problem):
    X, y = problem("binary", n_samples=24)
    pipe = make_pipeline(StandardScaler(), BackpropClassifier((3,), max_iter=3, random_state=0))
    pipe.fit(X, y)
    inside = function(pipe[-1], pipe[:-1].transform(X), y)
    search = GridSearchCV(pipe, {"backpropclassifier__alpha": [0.1]}, cv=2).fit(X, y)
    last = search.best_estimator_[-1]
    if function is check_gradients:
        assert function(pipe, X, y) == inside
    else:
        assert_allclose(function(pipe, X, y)[1][0], inside[1][0])
        expected = function(last, pipe[:-1].transform(X), y)
        assert_allclose(function(search, X, y)[1][0], expected[1][0])


@pytest.mark.parametrize("function", [loss_and_gradients, check_gradients])
def test_what_cannot_be_inspected(function, problem):
    X, y = problem("binary", n_samples=24)
    with pytest.raises(TypeError, match=rf"{function.__name__} needs .*LogisticRegression"):
        function(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(TypeError, match="got str"):
        function("network", X, y)
    for unfitted in (BackpropClassifier(), make_pipeline(StandardScaler(), BackpropClassifier())):
        with pytest.raises(NotFittedError):
            function(unfitted, X, y)
    with pytest.raises(ValueError, match="has classes not in"):
        function(BackpropClassifier((2,), max_iter=2).fit(X, y), X, y + 5)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize(
    "params",
    [
        {"normalization": "layer"},
        {"normalization": "batch", "dropout": 0.3},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (6,), "alpha": 10.0},
    ],
    ids=lambda params: next(iter(params)),
)
def test_gradients_of_estimators_are_right(target, activation, params, network):
    est, X, y = network(target, activation=activation, **params)
    weights = np.random.RandomState(0).uniform(0.1, 3, len(X))
    assert check_gradients(est, X, y, weights, n_directions=1) < 1e-6


def test_vanishing_gradients_are_checked_too(network):
    est, X, y = network("binary", hidden_layer_sizes=(4,) * 8, activation="logistic", alpha=0)
    norms = [np.linalg.norm(g) for g in loss_and_gradients(est, X, y)[1]]
    assert norms[0] < 1e-5 * norms[-1]
    assert check_gradients(est, X, y) < 1e-6


@pytest.mark.parametrize("layer", [0, 1])
def test_a_wrong_derivative_is_found(layer, network):
    """In one layer of two, by a tenth."""

    def function(z, out):
        np.tanh(z, out=out)

    def derivative(z, out):
        np.multiply(0.9, 1.0 - np.tanh(z) ** 2, out=out)

    activation = ["tanh", "tanh"]
    activation[layer] = Activation("wrong", function, derivative)
    est, X, y = network("regression", activation=activation)
    assert check_gradients(est, X, y) > 1e-2


def test_directions_are_drawn(network):
    est, X, y = network("regression")
    errors = [check_gradients(est, X, y, random_state=seed) for seed in (0, 0, 1)]
    assert errors[0] == errors[1] != errors[2]


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
def test_pytorch_agrees(target, network):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    est, X, y = network(target, alpha=0.3)
    coefs, intercepts = (
        [torch.tensor(p, requires_grad=True) for p in ps] for ps in (est.coefs_, est.intercepts_)
    )
    a = torch.tensor(X)
    for layer, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        a = a @ W + b if layer == len(coefs) - 1 else torch.tanh(a @ W + b)
    y_ = torch.tensor(y)
    data = {
        "binary": lambda: F.binary_cross_entropy_with_logits(a[:, 0], y_.double()),
        "multiclass": lambda: F.cross_entropy(a, y_),
        "regression": lambda: F.mse_loss(a[:, 0], y_) / 2,
    }[target]()
    value = data + 0.3 / 2 / len(X) * sum((W**2).sum() for W in coefs)
    value.backward()
    ours = loss_and_gradients(est, X, y)
    assert_allclose(ours[0], value.item(), rtol=1e-12)
    for grad, W in zip([*ours[1], *ours[2]], [*coefs, *intercepts], strict=True):
        assert_allclose(grad, W.grad.numpy(), atol=1e-12)
