"""PyTorch as oracle: after twenty steps from the same weights, the same weights.

Everything goes through the public interface of the estimators, in float64, with full
batches in the given order. Where PyTorch defines a rule otherwise, the rule is written
out: scikit-learn's Adam adds epsilon to the uncorrected moment (so epsilon is taken so
small as not to matter), and ``clip_grad_norm_`` adds 1e-6 to the norm.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop import BackpropClassifier, BackpropRegressor

torch = pytest.importorskip("torch")
functional = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_STEPS = 20
CLASSIFICATION = ("binary", "multiclass", "multilabel")

ACTIVATIONS = {
    "identity": torch.nn.Identity,
    "logistic": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "leaky_relu": torch.nn.LeakyReLU,
    "elu": torch.nn.ELU,
    "selu": torch.nn.SELU,
    "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU,
    "mish": torch.nn.Mish,
    "softplus": torch.nn.Softplus,
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# Losses: the mean over samples of the sum over outputs ----------------------------


def _per_sample(loss):
    return lambda z, y: loss(z, y).sum(dim=1)


def _squared(prediction, y):
    return (prediction - y) ** 2 / 2


def _one_hot(y):
    return functional.one_hot(y, 3).double()


LOSSES = {
    ("binary", "log_loss"): _per_sample(
        lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    ),
    ("multilabel", "log_loss"): _per_sample(
        lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    ),
    ("multiclass", "log_loss"): lambda z, y: functional.cross_entropy(z, y, reduction="none"),
    ("binary", "squared_error"): _per_sample(lambda z, y: _squared(torch.sigmoid(z), y)),
    ("multilabel", "squared_error"): _per_sample(lambda z, y: _squared(torch.sigmoid(z), y)),
    ("multiclass", "squared_error"): _per_sample(
        lambda z, y: _squared(torch.softmax(z, dim=1), _one_hot(y))
    ),
    ("regression", "squared_error"): _per_sample(_squared),
    ("multioutput", "squared_error"): _per_sample(_squared),
    ("poisson", "poisson"): _per_sample(lambda z, y: torch.exp(z) - y * z),
    ("regression", "absolute_error"): _per_sample(lambda z, y: (z - y).abs()),
    ("multioutput", "absolute_error"): _per_sample(lambda z, y: (z - y).abs()),
    ("regression", "huber"): _per_sample(
        lambda z, y: functional.huber_loss(z, y, delta=0.3, reduction="none")
    ),
    ("regression", "quantile"): _per_sample(
        lambda z, y: torch.maximum(0.8 * (y - z), -0.2 * (y - z))
    ),
}
PARAMS_OF_LOSS = {"huber": {"huber_delta": 0.3}, "quantile": {"quantile": 0.8}}

# Optimizers: ours by parameters, theirs by a function of weights and biases -------


def _adam(weights, biases):
    return torch.optim.Adam([*weights, *biases], lr=0.01, eps=1e-30)


def _adamw(weights, biases):
    return torch.optim.AdamW(
        [
            {"params": weights, "weight_decay": 0.3},
            {"params": biases, "weight_decay": 0.0},
        ],
        lr=0.01,
        eps=1e-30,
    )


OPTIMIZERS = {
    "sgd": (
        {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
        lambda W, b: torch.optim.SGD([*W, *b], lr=0.1),
    ),
    "momentum": (
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
        lambda W, b: torch.optim.SGD([*W, *b], lr=0.05, momentum=0.9),
    ),
    "nesterov": (
        {"solver": "sgd", "momentum": 0.8, "learning_rate_init": 0.05},
        lambda W, b: torch.optim.SGD([*W, *b], lr=0.05, momentum=0.8, nesterov=True),
    ),
    "adam": ({"learning_rate_init": 0.01, "epsilon": 1e-30}, _adam),
    "adam-betas": (
        {"learning_rate_init": 0.01, "epsilon": 1e-30, "beta_1": 0.7, "beta_2": 0.95},
        lambda W, b: torch.optim.Adam([*W, *b], lr=0.01, betas=(0.7, 0.95), eps=1e-30),
    ),
    "adamw": (
        {"learning_rate_init": 0.01, "epsilon": 1e-30, "weight_decay": 0.3},
        _adamw,
    ),
}


# One comparison -------------------------------------------------------------------


def _network(init, activations, normalization):
    """The network, its weights, its biases, and the gains and shifts of normalization."""
    modules, weights, biases, norms = [], [], [], []
    for layer, (W, b) in enumerate(init):
        linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T))
            linear.bias.copy_(torch.tensor(b))
        weights.append(linear.weight)
        biases.append(linear.bias)
        modules.append(linear)
        if layer < len(activations):
            if normalization == "layer":
                modules.append(torch.nn.LayerNorm(W.shape[1], dtype=torch.float64))
            elif normalization == "batch":
                modules.append(torch.nn.BatchNorm1d(W.shape[1], dtype=torch.float64))
            if normalization:
                norms.extend(modules[-1].parameters())
            modules.append(ACTIVATIONS[activations[layer]]())
    return torch.nn.Sequential(*modules), weights, biases, norms


def _trajectory(
    problem,
    weights_of,
    target,
    loss=None,
    activations=("tanh", "tanh"),
    optimizer="sgd",
    normalization=None,
    per_sample=None,
    sample_weight=None,
    max_grad_norm=None,
    rate=lambda step: 1.0,
    **params,
):
    """Train both; returns ours, the oracle's network, and the losses of its steps."""
    X, y = problem(target, n_samples=30)
    default = "log_loss" if target in CLASSIFICATION else "squared_error"
    loss = loss or ("poisson" if target == "poisson" else default)
    hidden = (7, 6, 5)[: len(activations)]
    n_outputs = 3 if target in ("multiclass", "multilabel", "multioutput") else 1
    init = weights_of([5, *hidden, n_outputs], scale=0.6)

    ours, theirs = OPTIMIZERS[optimizer]
    Estimator = BackpropClassifier if target in CLASSIFICATION else BackpropRegressor
    model = Estimator(
        hidden_layer_sizes=hidden,
        activation=list(activations),
        normalization=normalization,
        loss=loss,
        init=init,
        alpha=0,
        shuffle=False,
        batch_size=len(X),
        max_iter=N_STEPS,
        tol=0,
        n_iter_no_change=1000,
        max_grad_norm=max_grad_norm,
        **{**ours, **PARAMS_OF_LOSS.get(loss, {}), **params},
    ).fit(X, y, sample_weight=sample_weight)

    network, weights, biases, norms = _network(init, activations, normalization)
    steps = theirs(weights, [*biases, *norms])  # neither of the latter decays
    schedule = torch.optim.lr_scheduler.LambdaLR(steps, rate)
    inputs = torch.tensor(X)
    targets = torch.tensor(y)
    if target != "multiclass":
        targets = targets.double().reshape(len(y), -1)
    per_sample = per_sample or LOSSES[target, loss]
    scale = torch.ones(len(X), dtype=torch.float64)
    if sample_weight is not None:
        scale = torch.tensor(sample_weight / np.mean(sample_weight))
    curve = []
    for _ in range(N_STEPS):
        steps.zero_grad()
        value = (scale * per_sample(network(inputs), targets)).mean()
        value.backward()
        if max_grad_norm is not None:
            gradients = [p.grad for p in network.parameters()]
            norm = torch.sqrt(sum((g**2).sum() for g in gradients))
            for gradient in gradients:
                gradient *= min(1.0, max_grad_norm / norm.item())
        steps.step()
        schedule.step()
        curve.append(value.item())

    for ours_, theirs_ in zip(model.coefs_, weights, strict=True):
        assert_allclose(ours_, theirs_.detach().numpy().T, rtol=0, atol=1e-8)
    for ours_, theirs_ in zip(model.intercepts_, biases, strict=True):
        assert_allclose(ours_, theirs_.detach().numpy(), rtol=0, atol=1e-8)
    moved = max(np.abs(V - W).max() for V, (W, _) in zip(model.coefs_, init, strict=True))
    assert moved > 1e-3  # a run that stands still would agree with anything
    network.eval()
    with torch.no_grad():
        scores = network(inputs).numpy()
    return model, scores, np.array(curve), X


# The tables -----------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", ["nesterov", "adam"])
def test_activations(activation, optimizer, problem, weights_of):
    model, scores, curve, X = _trajectory(
        problem,
        weights_of,
        "regression",
        activations=(activation,) * 2,
        optimizer=optimizer,
    )
    assert_allclose(model.predict(X), scores[:, 0], atol=1e-7)
    assert_allclose(model.loss_curve_, curve, rtol=1e-8)


@pytest.mark.parametrize("target, loss", LOSSES, ids="-".join)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_losses(target, loss, optimizer, problem, weights_of):
    model, scores, _, X = _trajectory(problem, weights_of, target, loss=loss, optimizer=optimizer)
    if target in CLASSIFICATION:
        ours = model.decision_function(X)
    else:
        ours = np.log(model.predict(X)) if loss == "poisson" else model.predict(X)
    assert_allclose(ours.reshape(scores.shape), scores, atol=1e-7)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("target", ["multiclass", "regression"])
def test_optimizers(optimizer, target, problem, weights_of):
    _, _, curve, _ = _trajectory(problem, weights_of, target, optimizer=optimizer)
    assert curve[-1] < curve[0]


@pytest.mark.parametrize("activations", [(), ("gelu",), ("silu", "tanh"), ("elu", "relu", "mish")])
@pytest.mark.parametrize("target", ["multilabel", "poisson"])
def test_depths(activations, target, problem, weights_of):
    _trajectory(problem, weights_of, target, activations=activations, optimizer="adam")


@pytest.mark.parametrize("max_grad_norm", [0.05, 0.5])
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "adamw"])
def test_clipping(max_grad_norm, optimizer, problem, weights_of):
    _trajectory(
        problem, weights_of, "multioutput", optimizer=optimizer, max_grad_norm=max_grad_norm
    )


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
def test_layer_normalization(activation, optimizer, problem, weights_of):
    model, scores, _, X = _trajectory(
        problem,
        weights_of,
        "multiclass",
        activations=(activation,) * 2,
        optimizer=optimizer,
        normalization="layer",
    )
    assert_allclose(model.decision_function(X), scores, atol=1e-7)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov"])
def test_batch_normalization(activation, optimizer, problem, weights_of):
    """Not with adam: it would blow up the rounding error that is a bias's gradient."""
    _trajectory(
        problem,
        weights_of,
        "multiclass",
        activations=(activation,) * 2,
        optimizer=optimizer,
        normalization="batch",
    )


@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel"])
def test_label_smoothing(target, problem, weights_of):
    smoothing = 0.2

    def smoothed(z, y):
        if target == "multiclass":
            return functional.cross_entropy(z, y, label_smoothing=smoothing, reduction="none")
        return LOSSES[target, "log_loss"](z, (1 - smoothing) * y + smoothing / 2)

    _trajectory(problem, weights_of, target, per_sample=smoothed, label_smoothing=smoothing)


@pytest.mark.parametrize("target", ["binary", "multiclass", "multioutput", "poisson"])
def test_sample_weights(target, problem, weights_of):
    weights = np.random.RandomState(0).uniform(0.1, 5, 30)
    _trajectory(problem, weights_of, target, sample_weight=weights)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_schedule(optimizer, problem, weights_of):
    """A factor of the rate that falls in a line over the epochs.

    Not with momentum: PyTorch applies the present rate to all past gradients,
    scikit-learn (and we) to each gradient the rate of its own step.
    """
    _trajectory(
        problem,
        weights_of,
        "regression",
        optimizer=optimizer,
        learning_rate=lambda progress: 1 - 0.9 * progress,
        rate=lambda step: 1 - 0.9 * step / N_STEPS,
    )


def test_the_oracle_bites(problem, weights_of):
    """Another slope of the leaky ReLU is noticed."""
    ours = ACTIVATIONS["leaky_relu"]
    try:
        ACTIVATIONS["leaky_relu"] = lambda: torch.nn.LeakyReLU(0.02)
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            _trajectory(problem, weights_of, "regression", activations=("leaky_relu",))
    finally:
        ACTIVATIONS["leaky_relu"] = ours


def test_mini_batches_in_order(problem, weights_of):
    """A short last batch: its mean is over its own rows."""
    X, y = problem("regression", n_samples=25)
    init = weights_of([5, 4, 1], scale=0.6)
    reg = BackpropRegressor(
        hidden_layer_sizes=(4,),
        activation="tanh",
        solver="sgd",
        learning_rate_init=0.05,
        init=init,
        alpha=0,
        shuffle=False,
        batch_size=10,
        max_iter=5,
    ).fit(X, y)
    network, weights, biases, _ = _network(init, ("tanh",), None)
    steps = torch.optim.SGD([*weights, *biases], lr=0.05, momentum=0.9, nesterov=True)
    for _ in range(5):
        for start in (0, 10, 20):
            rows = slice(start, start + 10)
            steps.zero_grad()
            prediction = network(torch.tensor(X[rows]))[:, 0]
            (_squared(prediction, torch.tensor(y[rows])).mean()).backward()
            steps.step()
    for ours, theirs in zip(reg.coefs_, weights, strict=True):
        assert_allclose(ours, theirs.detach().numpy().T, atol=1e-10)
    assert [W.shape for W in reg.coefs_] == list(pairwise([5, 4, 1]))
