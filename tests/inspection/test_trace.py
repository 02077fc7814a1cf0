"""A trace holds the numbers of the engine, and its table can be worked out by hand."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import loss_and_gradients, trace

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TARGETS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "poisson"]


@pytest.fixture
def two_weights():
    """x = 2 through two sigmoid units to the target 1, squared error."""
    clf = BackpropClassifier(
        hidden_layer_sizes=(1,),
        activation="logistic",
        loss="squared_error",
        alpha=0,
        init=[([[0.5]], [0.1]), ([[0.3]], [0.2])],
        learning_rate_init=1e-300,  # a step that leads nowhere
    )
    return trace(clf.partial_fit([[2.0]], [1], classes=[0, 1]), [[2.0]], [1])


def test_two_weights_by_hand(two_weights):
    first, second = two_weights.layers
    a1 = 1 / (1 + math.exp(-1.1))
    z2 = 0.3 * a1 + 0.2
    a2 = 1 / (1 + math.exp(-z2))
    delta2 = (a2 - 1) * a2 * (1 - a2)
    delta1 = delta2 * 0.3 * a1 * (1 - a1)
    expected = {
        (first, "z"): 1.1,
        (first, "a"): a1,
        (second, "z"): z2,
        (second, "a"): a2,
        (second, "a_grad"): a2 - 1,
        (second, "derivative"): a2 * (1 - a2),
        (second, "delta"): delta2,
        (second, "coef_grad"): a1 * delta2,
        (second, "intercept_grad"): delta2,
        (first, "a_grad"): 0.3 * delta2,
        (first, "derivative"): a1 * (1 - a1),
        (first, "delta"): delta1,
        (first, "coef_grad"): 2 * delta1,
        (first, "intercept_grad"): delta1,
    }
    for (layer, attribute), value in expected.items():
        assert_allclose(getattr(layer, attribute).item(), value, rtol=1e-12, err_msg=attribute)
    assert_allclose(two_weights.loss, (a2 - 1) ** 2 / 2, rtol=1e-12)


def test_two_weights_in_print(two_weights):
    text = " ".join(str(two_weights).split())
    for row in (
        "z¹ = x·w¹ + b¹ = 2·0.5 + 0.1 = 1.1",
        "a¹ = σ(z¹) = logistic(1.1) = 0.7503",
        "z² = a¹·w² + b² = 0.7503·0.3 + 0.2 = 0.4251",
        "a² = σ(z²) = logistic(0.4251) = 0.6047",
        "ℓ = ½·(a² - y)² = ½·(0.6047 - 1)² = 0.07813",
        "E = ℓ = 0.07813",
        "∂E/∂a² = a² - y = 0.6047 - 1 = -0.3953",
        "σ′(z²) = a²·(1 - a²) = 0.6047·(1 - 0.6047) = 0.239",
        "δ² = ∂E/∂a²·σ′(z²) = -0.3953·0.239 = -0.09449",
        "∂E/∂w² = a¹·δ² = 0.7503·(-0.09449) = -0.07089",
        "∂E/∂b² = δ² = -0.09449",
        "∂E/∂a¹ = δ²·w² = -0.09449·0.3 = -0.02835",
        "δ¹ = ∂E/∂a¹·σ′(z¹) = -0.02835·0.1874 = -0.005312",
        "∂E/∂w¹ = x·δ¹ = 2·(-0.005312) = -0.01062",
        "∂E/∂b¹ = δ¹ = -0.005312",
    ):
        assert row in text


def test_columns_are_aligned(two_weights):
    lines = [line for line in str(two_weights).split("\n") if line.startswith("  ")]
    assert len({line.rindex(" = ") for line in lines}) == 1
    points = [line.rindex(".") for line in lines if "." in line.rpartition(" = ")[2]]
    assert len(points) == 16
    assert len(set(points)) == 1


def test_units_of_several_inputs_and_outputs_are_told_apart(network):
    est, X, y = network("multiclass")
    text = str(trace(est, X[:1], y[:1]))
    assert re.search(r"z²₃ += Σᵢ a¹ᵢ·w²ᵢ₃ \+ b²₃ +=", text)
    assert re.search(r"∂E/∂w¹ᵢ₄ += xᵢ·δ¹₄ \+ λ·w¹ᵢ₄ +=", text)
    assert re.search(r"∂E/∂a²₃ += Σⱼ δ³ⱼ·w³₃ⱼ +=", text)


def test_columns_of_samples_are_aligned(network):
    est, X, y = network("regression")
    lines = str(trace(est, X[:5], y[:5])).split("\n")
    first = lines.index("Input") + 2
    places = [[m.start() for m in re.finditer(r"\.", line)] for line in lines[first : first + 5]]
    assert len(places[0]) == 4
    assert all(place == places[0] for place in places)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_equations_hold(target, normalization, weighted, network):
    est, X, y = network(target, normalization=normalization, alpha=0.3, dropout=0.4)
    weights = np.random.RandomState(0).uniform(0.1, 2, len(X)) if weighted else None
    tr = trace(est, X, y, weights)
    assert_allclose(tr.X, X)
    below = tr.X
    for number, layer in enumerate(tr.layers):
        assert layer.number == number + 1
        assert_allclose(layer.inputs, below)
        assert_allclose(layer.coef, est.coefs_[number])
        assert_allclose(layer.intercept, est.intercepts_[number])
        assert_allclose(layer.z, layer.inputs @ layer.coef + layer.intercept, atol=1e-14)
        assert (layer.normalized is None) == (normalization is None or layer is tr.layers[-1])
        expected = layer.inputs.T @ layer.delta + tr.l2 * layer.coef
        assert_allclose(layer.coef_grad, expected, atol=1e-14)
        assert_allclose(layer.intercept_grad, layer.delta.sum(axis=0), atol=1e-14)
        below = layer.a
    for layer, following in zip(tr.layers, tr.layers[1:], strict=False):
        received = layer.z if layer.normalized is None else layer.normalized
        assert_allclose(layer.a, np.tanh(received), atol=1e-14)
        assert_allclose(layer.derivative, 1 - layer.a**2, atol=1e-14)
        assert_allclose(layer.a_grad, following.delta @ following.coef.T, atol=1e-14)
        if layer.normalized is None:
            assert_allclose(layer.delta, layer.a_grad * layer.derivative, atol=1e-14)
        else:
            error = layer.a_grad * layer.derivative  # ∂E/∂(γ x̂ + β)
            assert_allclose(layer.norm_grads["shift"], error.sum(axis=0), atol=1e-14)
            assert layer.norm_grads["gain"].shape == layer.intercept.shape
    shares = np.full(len(X), 1 / len(X)) if weights is None else weights / weights.sum()
    squares = sum((W**2).sum() for W in est.coefs_)
    assert_allclose(tr.loss, shares @ tr.losses + tr.l2 / 2 * squares, rtol=1e-12)
    if weighted:
        assert_allclose(tr.sample_weight, weights / weights.mean())
    else:
        assert tr.sample_weight is None


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_the_gradient_of_training(target, network):
    est, X, y = network(target, normalization="batch")
    tr, (loss, coef_grads, intercept_grads) = trace(est, X, y), loss_and_gradients(est, X, y)
    assert tr.loss == loss
    for ours, theirs in zip(tr.coef_grads, coef_grads, strict=True):
        assert_allclose(ours, theirs)
    for ours, theirs in zip(tr.intercept_grads, intercept_grads, strict=True):
        assert_allclose(ours, theirs)


def test_the_output_is_the_prediction(network):
    est, X, y = network("multiclass", label_smoothing=0.3)
    tr = trace(est, X, y)
    assert_allclose(tr.layers[-1].a, est.predict_proba(X))
    assert_allclose(tr.target, 0.7 * np.eye(3)[y] + 0.1)
    assert tr.layers[-1].activation == "softmax"
    assert tr.layers[0].activation == "tanh"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n_samples", [1, 3])
def test_without_targets_there_is_no_way_back(target, n_samples, network):
    est, X, y = network(target, normalization="layer")
    forward, whole = trace(est, X[:n_samples]), trace(est, X[:n_samples], y[:n_samples])
    for layer, full in zip(forward.layers, whole.layers, strict=True):
        for name in ("inputs", "coef", "intercept", "z", "a"):
            assert_allclose(getattr(layer, name), getattr(full, name), rtol=0)
        for name in ("delta", "a_grad", "derivative", "coef_grad", "intercept_grad", "norm_grads"):
            assert getattr(layer, name) is None
    assert forward.target is forward.losses is forward.loss is None
    for shown in (str(forward), forward._repr_html_().partition("</style>")[2]):
        assert "a³" in shown
        assert not {"δ", "∂", "Loss"} & set(re.findall(r"δ|∂|Loss", shown))
    assert repr(forward) == f"Trace(n_layers=3, n_samples={n_samples})"


def test_nothing_changes(network, state):
    est, X, y = network("multiclass", normalization="batch")
    before = state(est)
    tr = trace(est, X, y)
    tr.layers[0].coef[...] = 0
    tr.X[...] = 0
    assert state(est) == before


def test_sparse_is_dense(network):
    est, X, y = network("binary")
    assert_allclose(trace(est, csr_array(X), y).layers[0].z, trace(est, X, y).layers[0].z)


# The table ------------------------------------------------------------------------


def evaluated(numbers):
    """What a pocket calculator makes of a cell."""
    code = numbers.replace("·", "*").replace("½", "0.5").replace("²", "**2")
    code = re.sub(r"\|([^|]*)\|", r"abs(\1)", code)
    code = re.sub(r"\[([^\]]*)\]", r"np.array([\1])", code)
    functions = {
        "np": np,
        "abs": abs,
        "log": math.log,
        "tanh": math.tanh,
        "exp": math.exp,
        "sign": np.sign,
        "identity": float,
        "relu": lambda z: max(z, 0.0),
        "logistic": lambda z: 1 / (1 + math.exp(-z)),
    }
    return eval(code, {"__builtins__": {}}, functions)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"activation": ["relu", "logistic"], "alpha": 0.5},
        {"hidden_layer_sizes": (), "activation": "identity"},
        {"loss": "squared_error"},
        {"loss": "absolute_error"},
    ],
    ids=str,
)
def test_a_pocket_calculator_agrees(target, params, network):
    is_classifier = target in ("binary", "multiclass", "multilabel")
    if params.get("loss") == "absolute_error" and is_classifier:
        params = {"loss": "log_loss"}
    if target == "poisson":
        params = {**params, "loss": "poisson"}
    est, X, y = network(target, **params)
    text = trace(est, X[:1], y[:1]).to_text(precision=10)
    checked = 0
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.split(" = ")]
        if len(cells) != 4:
            continue
        checked += 1
        assert_allclose(
            evaluated(cells[2]), evaluated(cells[3]), rtol=1e-6, atol=1e-8, err_msg=line
        )
    assert checked >= (2 if params.get("hidden_layer_sizes") == () else 12)


@pytest.mark.parametrize(
    "params",
    [
        {"tied_weights": True},
        {"sparsity": "l1", "sparsity_weight": 0.2},
        {"sparsity": "kl", "sparsity_weight": 0.2, "code_activation": "logistic"},
        {"contractive_weight": 0.2},
        {"contractive_weight": 0.2, "tied_weights": True, "sparsity": "l1"},
        {"variational": True},
        {"loss": "log_loss"},
    ],
    ids=str,
)
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_pocket_calculator_agrees_on_autoencoders(params, alpha):
    X = np.random.RandomState(0).uniform(0, 1, (30, 3))
    common = {"activation": "tanh", "max_iter": 3, "random_state": 0, "alpha": alpha}
    ae = BackpropAutoencoder(2, (3,), **common, **params).fit(X)
    tr = trace(ae, X[:1])
    checked = 0
    for line in tr.to_text(precision=10).split("\n"):
        cells = [cell.strip() for cell in line.split(" = ")]
        if len(cells) == 4:
            checked += 1
            expected = evaluated(cells[3])
            assert_allclose(evaluated(cells[2]), expected, rtol=1e-6, atol=1e-8, err_msg=line)
    assert checked >= 40
    assert ("P" in str(tr)) == bool(tr.penalties)
    for shown in (tr._repr_html_(), str(tr)):
        assert all(f"{value:.4g}" in shown for layer in tr.layers for value in layer.intercept_grad)
    for term in tr.penalties:
        assert f"({term})" in str(trace(ae, X[:4]))


def test_the_error_of_a_variational_code_in_print():
    """Through what was drawn, and from the divergence."""
    X = np.random.RandomState(0).uniform(0, 1, (30, 3))
    ae = BackpropAutoencoder(1, (3,), max_iter=3, random_state=0, variational=True).fit(X)
    tr = trace(ae, X[:1])
    code = tr.layers[1]
    rows = [[cell.strip() for cell in line.split(" = ")] for line in tr.to_text().split("\n")]
    numbers = {row[0]: row[2] for row in rows if len(row) == 4}
    (mean, log_variance), (drawn,), (error,) = code.z[0], code.a[0], code.a_grad[0]
    for name, through, total in (
        ("δ²₁", error, code.delta[0, 0]),
        ("δ²₂", error * (drawn - mean) / 2, code.delta[0, 1]),
    ):
        divergence = total - through
        sign = "-" if divergence < 0 else "+"
        assert numbers[name] == f"{through:.4g} {sign} {abs(divergence):.4g}"
    assert_allclose(code.delta[0, 0] - error, mean)
    assert_allclose(code.delta[0, 1] - error * (drawn - mean) / 2, np.expm1(log_variance) / 2)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("params", [{}, {"normalization": "layer", "activation": "gelu"}])
@pytest.mark.parametrize("n_samples", [1, 3])
def test_every_number_is_in_print(target, params, n_samples, network):
    est, X, y = network(target, **params)
    tr = trace(est, X[:n_samples], y[:n_samples])
    for shown in (str(tr), tr._repr_html_()):
        for layer in tr.layers:
            for values in (layer.z, layer.a, layer.delta, layer.coef_grad, layer.intercept_grad):
                for value in values.ravel():
                    assert f"{value + 0.0:.4g}" in shown
        assert f"{tr.loss:.4g}" in shown


def test_large_networks_are_cut(network):
    est, X, y = network("binary", hidden_layer_sizes=(40,))
    lines = str(trace(est, X[:1], y[:1])).split("\n")
    assert any("⋮ 34 more" in line for line in lines)
    assert len(lines) < 80
    lines = str(trace(est, X, y)).split("\n")
    assert any("⋮" in line for line in lines)
    assert len(lines) < 80
    longer = trace(est, X[:1], y[:1]).to_text(max_items=40)
    assert "more" not in longer
    assert "…" not in longer


def test_weights_of_samples_are_in_print(network):
    est, X, y = network("regression")
    text = str(trace(est, X[:3], y[:3], [1.0, 2.0, 3.0]))
    assert re.search(r"sample +y +ℓ +weight", text)
    assert re.search(r" 1\.5\n", text)


def test_repr_is_short(network):
    est, X, y = network("binary")
    tr = trace(est, X, y)
    assert re.fullmatch(r"Trace\(n_layers=3, n_samples=24, loss=[\d.]+\)", repr(tr))
    assert repr(tr.layers[0]) == "LayerTrace(1: 4 → 5, tanh)"


def test_end_of_a_pipeline(problem):
    X, y = problem("binary", n_samples=24)
    pipe = make_pipeline(StandardScaler(), BackpropClassifier((3,), max_iter=3)).fit(X, y)
    assert_allclose(trace(pipe, X, y).X, pipe[:-1].transform(X))


def test_what_cannot_be_traced(problem):
    X, y = problem("binary", n_samples=24)
    with pytest.raises(TypeError, match=r"trace needs .*LogisticRegression"):
        trace(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(NotFittedError):
        trace(BackpropClassifier(), X, y)


def test_trace_follows_the_fitted_network_whatever_the_parameters_say_by_now():
    X = np.random.RandomState(0).standard_normal((6, 3))
    reg = BackpropRegressor(hidden_layer_sizes=(4,), dropout=0.2, random_state=0)
    reg.partial_fit(X, X[:, 0])
    expected = trace(reg, X, X[:, 0])
    reg.set_params(dropout=0.0)
    assert_allclose(trace(reg, X, X[:, 0]).loss, expected.loss)
    assert_allclose(trace(reg, X).layers[-1].a[:, 0], reg.predict(X))


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_trace_of_enormous_numbers_without_warnings_of_numpy(normalization):
    X = np.random.RandomState(0).standard_normal((6, 3))
    ae = BackpropAutoencoder(variational=True, normalization=normalization, random_state=0)
    ae.partial_fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in (1e100, 1e200, 1e300):
            trace(ae, scale * X)
            loss_and_gradients(ae, scale * X)
