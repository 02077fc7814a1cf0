"""The playground computes the numbers of the package, to 1e-12."""

import re
import warnings
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_blobs, make_circles
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals, make_xor
from skbackprop.inspection import trace

ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus"]
LOSSES = ["log_loss", "squared_error"]
SOLVERS = {
    "sgd": {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    "adam": {"solver": "adam"},
}


def close(actual, desired):
    """Equal to 1e-12, relative to the number or to one."""
    actual = np.asarray(actual, dtype=float).reshape(np.shape(desired))
    assert_allclose(actual, desired, rtol=1e-12, atol=1e-12)


def data_as_json(X, y):
    return {"X": X.ravel().tolist(), "y": y.tolist()}


def network_as_json(hidden, activation, loss, layers=None):
    network = {"sizes": [2, *hidden, 1], "activation": activation, "loss": loss}
    if layers is not None:
        network["layers"] = [{"W": W.ravel().tolist(), "b": b.tolist()} for W, b in layers]
    return network


def layers_close(layers, coefs, intercepts):
    assert len(layers) == len(coefs)
    for layer, coef, intercept in zip(layers, coefs, intercepts, strict=True):
        close(layer["W"], coef)
        close(layer["b"], intercept)


def fitted(X, y, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return BackpropClassifier(**parameters).fit(X, y)


def untrained(X, y, hidden, activation, loss, layers, alpha):
    """A classifier with the given weights, which its one step leaves as they are."""
    clf = BackpropClassifier(
        hidden, activation, loss=loss, init=layers, alpha=alpha, learning_rate_init=1e-300
    )
    return clf.partial_fit(X, y, classes=[0, 1])


# -- one forward and one backward pass -----------------------------------------------------------


@pytest.mark.parametrize("hidden", [(), (3,), (5, 4, 3)], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_number_of_a_pass_is_that_of_trace(ask, weights_of, activation, loss, hidden):
    X, y = make_xor(9, noise=1.0, random_state=0)
    layers = weights_of([2, *hidden, 1], scale=1.0)
    clf = untrained(X, y, hidden, activation, loss, layers, alpha=0.3)
    traced = trace(clf, X, y)
    question = {"network": network_as_json(hidden, activation, loss, layers), "alpha": 0.3}
    answer = ask("pass", {**question, **data_as_json(X, y)})

    n = len(X)  # δ of the trace is that of the mean over the batch, here it is a sample's own
    for layer in traced.layers:
        close(answer["z"][layer.number], layer.z)
        close(answer["a"][layer.number], layer.a)
        close(answer["delta"][layer.number], n * layer.delta)
    for layer in traced.layers[:-1]:
        close(answer["aGrad"][layer.number], n * layer.a_grad)
        close(answer["slope"][layer.number], layer.derivative)
    layers_close(answer["gradient"], traced.coef_grads, traced.intercept_grads)
    close(answer["losses"], traced.losses.ravel())
    close(answer["objective"], traced.loss)
    close(answer["loss"], traced.losses.mean())
    close(answer["accuracy"], clf.score(X, y))


@pytest.mark.parametrize("loss", LOSSES)
def test_large_scores_do_not_overflow(ask, loss):
    layers = [(np.array([[1e3], [0.0]]), np.zeros(1))]
    X, y = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]), np.array([0, 1, 1, 0])
    traced = trace(untrained(X, y, (), "tanh", loss, layers, alpha=0.0), X, y)
    question = {"network": network_as_json((), "tanh", loss, layers), "alpha": 0.0}
    answer = ask("pass", {**question, **data_as_json(X, y)})
    close(answer["losses"], traced.losses.ravel())
    close(answer["delta"][1], 4 * traced.layers[0].delta)


# -- training ------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("batch_size", [1, 10, 0])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_steps_are_those_of_the_classifier(ask, weights_of, solver, loss, batch_size, alpha):
    """From the same weights, in the same order of rows, the last batch being short."""
    X, y = make_xor(37, noise=0.4, random_state=1)
    layers = weights_of([2, 4, 3, 1])
    clf = fitted(
        X,
        y,
        hidden_layer_sizes=(4, 3),
        activation="tanh",
        loss=loss,
        init=layers,
        alpha=alpha,
        batch_size=batch_size or len(X),
        learning_rate_init=0.02,
        max_iter=8,
        n_iter_no_change=8,
        random_state=5,
        **SOLVERS[solver],
    )
    settings = {"solver": solver, "rate": 0.02, "batchSize": batch_size, "alpha": alpha}
    answer = ask(
        "train",
        {
            "network": network_as_json((4, 3), "tanh", loss, layers),
            "data": data_as_json(X, y),
            "settings": settings,
            "seed": 5,
            "epochs": 8,
        },
    )
    layers_close(answer["layers"], clf.coefs_, clf.intercepts_)
    close(answer["lossCurve"], clf.loss_curve_)
    assert answer["steps"] == 8 * -(-len(X) // (batch_size or len(X)))


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_single_step_is_that_of_partial_fit(ask, weights_of, solver):
    """Each batch is given to ``partial_fit`` by itself, in order."""
    X, y = make_spirals(30, random_state=2)
    X = StandardScaler().fit_transform(X)
    layers = weights_of([2, 5, 1])
    answer = ask(
        "train",
        {
            "network": network_as_json((5,), "relu", "log_loss", layers),
            "data": data_as_json(X, y),
            "settings": {"solver": solver, "rate": 0.05, "batchSize": 8, "alpha": 0.01},
            "seed": None,
            "epochs": 3,
        },
    )
    clf = BackpropClassifier(
        (5,),
        "relu",
        init=layers,
        alpha=0.01,
        learning_rate_init=0.05,
        batch_size=8,
        shuffle=False,
        **SOLVERS[solver],
    )
    batches = [slice(start, start + 8) for start in range(0, 30, 8)] * 3
    assert len(answer["snapshots"]) == len(batches)
    for batch, params in zip(batches, answer["snapshots"], strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the last batch is shorter than batch_size
            clf.partial_fit(X[batch], y[batch], classes=[0, 1])
        close(params, np.concatenate([np.ravel(p) for p in [*clf.coefs_, *clf.intercepts_]]))


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_the_seed_gives_the_same_network(ask, activation):
    """Initial weights and shuffles are drawn as the classifier draws them."""
    X, y = make_xor(25, noise=0.3, random_state=0)
    parameters = {"hidden_layer_sizes": (6, 5), "activation": activation, "random_state": 123}
    clf = fitted(X, y, max_iter=6, n_iter_no_change=6, alpha=0, batch_size=4, **parameters)
    answer = ask(
        "train",
        {
            "network": network_as_json((6, 5), activation, "log_loss"),
            "data": data_as_json(X, y),
            "settings": {"solver": "adam", "rate": 0.001, "batchSize": 4, "alpha": 0},
            "seed": 123,
            "epochs": 6,
        },
    )
    layers_close(answer["layers"], clf.coefs_, clf.intercepts_)
    close(answer["lossCurve"], clf.loss_curve_)


# -- random numbers and data ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_random_numbers_are_those_of_numpy(ask, seed):
    rng, n = np.random.RandomState(seed), 701
    answer = ask("random", seed, n)
    assert_array_equal(answer["uniform"], rng.uniform(-2, 3, n))
    assert_array_equal(answer["permutation"], rng.permutation(n))
    close(answer["normal"], rng.standard_normal(n))
    assert_array_equal(answer["again"], rng.permutation(n + 1))


@pytest.mark.parametrize("n", [4, 50, 101])
@pytest.mark.parametrize("percent", [0, 30])
@pytest.mark.parametrize(
    "problem, make",
    [
        ("spirals", lambda n, noise, seed: make_spirals(n, noise=noise, random_state=seed)),
        ("xor", lambda n, noise, seed: make_xor(n, noise=noise, random_state=seed)),
        (
            "circles",
            lambda n, noise, seed: make_circles(n, noise=noise, factor=0.5, random_state=seed),
        ),
        (
            "blobs",
            lambda n, noise, seed: make_blobs(
                n, centers=[(-1, -1), (1, 1)], cluster_std=noise, random_state=seed
            ),
        ),
    ],
)
def test_data_are_those_of_the_python_functions(ask, problem, make, percent, n):
    noise = ask("noise", problem, percent)
    assert (noise > 0) == (percent > 0)
    X, y = make(n, noise, 7)
    X_test, y_test = make(n, noise, 8)
    scaler = StandardScaler().fit(X)
    answer = ask("data", problem, n, percent, 7)
    for part, X_part, y_part in [("train", X, y), ("test", X_test, y_test)]:
        assert_array_equal(answer[part]["y"], y_part)
        close(answer[part]["X"], scaler.transform(X_part))


# -- what is offered -----------------------------------------------------------------------------


def test_everything_offered_is_tested_here(ask):
    choices = ask("choices")
    assert sorted(choices["activation"]) == sorted(ACTIVATIONS)
    assert sorted(choices["loss"]) == sorted(LOSSES)
    assert choices["solver"] == list(choices["solvers"])
    assert sorted(choices["solver"]) == sorted(SOLVERS)
    assert choices["problem"] == ["spirals", "xor", "circles", "blobs"]
    for name, value in choices["defaults"].items():
        assert value in choices.get(name, [value]), name


def test_the_page_about_it_names_every_choice(ask, playground):
    page = (playground.parent / "playground.md").read_text(encoding="utf-8")
    choices = ask("choices")
    for name, values in choices.items():
        if name in ("solvers", "defaults"):
            continue
        line = re.search(rf"^- `{name}`: (.*(?:\n  .*)*)", page, flags=re.M)[1]
        named = set(re.findall(r"`(\w+)`|\b(\d[\d.]*\b)", line))
        assert {str(value) for value in values} <= {text or number for text, number in named}, name
    assert set(re.findall(r"^- `(\w+)`: ", page, flags=re.M)) == set(choices["defaults"])


def test_the_address_keeps_the_settings(ask):
    defaults = ask("choices")["defaults"]
    assert ask("settings", "") == defaults
    assert ask("hash", defaults) == ""
    other = {**defaults, "problem": "xor", "hidden": [2], "alpha": 0.01, "seed": 3, "samples": 4}
    assert ask("settings", ask("hash", other)) == other
    linear = {**defaults, "hidden": []}
    assert ask("settings", ask("hash", linear)) == linear
    wrong = "#problem=moons&hidden=2-99&alpha=-1&seed=x&noise=1000&rate=0.012345"
    assert ask("settings", wrong) == defaults


# -- the code that the page copies ---------------------------------------------------------------


def run_python(code):
    """The variables of a copied program after it has run."""
    variables = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        exec(compile(code, "copied", "exec"), variables)
    return variables


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "spirals", "hidden": [8, 8]},
        {"problem": "xor", "hidden": [2], "solver": "nesterov", "activation": "logistic"},
        {"problem": "xor", "samples": 4, "noise": 0, "hidden": [3], "batchSize": 0},
        {"problem": "circles", "hidden": [], "solver": "sgd", "loss": "squared_error"},
        {"problem": "blobs", "hidden": [4, 3, 2, 1], "alpha": 0.1, "solver": "momentum"},
    ],
    ids=lambda changes: changes["problem"],
)
def test_copied_code_trains_the_same_network(ask, changes):
    settings = {**ask("choices")["defaults"], "samples": 50, "rate": 0.01, **changes}
    clf = run_python(ask("python", settings, 12, ["A note."]))["clf"]
    answer = ask(
        "train",
        {
            "network": network_as_json(
                settings["hidden"], settings["activation"], settings["loss"]
            ),
            "data": ask("data", *(settings[k] for k in ("problem", "samples", "noise", "seed")))[
                "train"
            ],
            "settings": settings,
            "seed": settings["seed"],
            "epochs": 12,
        },
    )
    assert [W.shape for W in clf.coefs_] == list(pairwise([2, *settings["hidden"], 1]))
    layers_close(answer["layers"], clf.coefs_, clf.intercepts_)
    close(answer["lossCurve"], clf.loss_curve_)
