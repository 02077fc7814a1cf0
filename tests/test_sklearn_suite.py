"""scikit-learn's own tests of its multi-layer perceptrons, run on ours.

``sklearn/neural_network/tests/test_mlp.py`` is executed as it is installed, with
`BackpropClassifier` and `BackpropRegressor` under the names of the classes that it
imports. Its tests become tests of this module, but for the six that reach into
private attributes: those follow at the end, asked of the public interface.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
from unittest import mock

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose

from skbackprop import BackpropClassifier, BackpropRegressor

SPEC = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
if SPEC is None or not SPEC.has_location:  # some distributions leave tests out
    pytest.skip("scikit-learn is installed without its tests", allow_module_level=True)

PRIVATE = {
    "test_fit",
    "test_gradient",
    "test_learning_rate_warmstart",
    "test_adaptive_learning_rate",
    "test_n_iter_no_change",
    "test_n_iter_no_change_inf",
}


def _load_suite():
    spec = importlib.util.spec_from_file_location("sklearn_test_mlp", SPEC.origin)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(
        sklearn.neural_network,
        MLPClassifier=BackpropClassifier,
        MLPRegressor=BackpropRegressor,
    ):
        spec.loader.exec_module(module)
    return module


SUITE = _load_suite()
SUITE_TESTS = {
    name: test
    for name, test in vars(SUITE).items()
    if name.startswith("test_") and inspect.isfunction(test)
}
globals().update({n: test for n, test in SUITE_TESTS.items() if n not in PRIVATE})


@pytest.fixture
def global_random_seed():
    return 42


@pytest.fixture(autouse=True)
def _seeded():
    """Several of the tests leave `random_state` to NumPy's global generator."""
    np.random.seed(0)


def test_the_suite_sees_our_classes():
    assert SUITE.MLPClassifier is BackpropClassifier
    assert SUITE.MLPRegressor is BackpropRegressor
    assert sklearn.neural_network.MLPClassifier is not BackpropClassifier
    assert len(SUITE_TESTS) >= 30


@pytest.mark.parametrize("name", sorted(SUITE_TESTS))
def test_only_tests_of_private_state_are_left_out(name):
    source = inspect.getsource(SUITE_TESTS[name])
    touches_private = re.search(r"\b(mlp|clf)\._[a-z]|\bmlp\.coefs_ = ", source)
    assert bool(touches_private) == (name in PRIVATE)


# The six, rewritten ---------------------------------------------------------------

TINY_X = np.array([[3.0, 2.0], [1.0, 6.0], [5.0, 6.0], [-2.0, -4.0]])
TINY_Y = np.array([1, 1, 1, 0])

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_fit_worked_example():
    """test_fit: one step of gradient descent, worked out by hand."""
    x, target, rate, alpha = np.array([0.6, 0.8, 0.7]), 0, 0.1, 0.1
    W1, b1 = np.array([[0.1, 0.2], [0.3, 0.1], [0.5, 0.0]]), np.array([0.1, 0.1])
    W2, b2 = np.array([[0.1], [0.2]]), np.array([1.0])
    clf = BackpropClassifier(
        hidden_layer_sizes=2,
        activation="logistic",
        solver="sgd",
        learning_rate_init=rate,
        alpha=alpha,
        momentum=0,
        max_iter=1,
        init=[(W1, b1), (W2, b2)],
    )
    clf.partial_fit([x], [target], classes=[0, 1])

    h = _sigmoid(x @ W1 + b1)
    out_delta = _sigmoid(h @ W2 + b2) - target
    hidden_delta = (W2 @ out_delta) * h * (1 - h)
    assert_allclose(clf.coefs_[0], W1 - rate * (np.outer(x, hidden_delta) + alpha * W1), rtol=1e-12)
    assert_allclose(clf.coefs_[1], W2 - rate * (np.outer(h, out_delta) + alpha * W2), rtol=1e-12)
    assert_allclose(clf.intercepts_[0], b1 - rate * hidden_delta, rtol=1e-12)
    assert_allclose(clf.intercepts_[1], b2 - rate * out_delta, rtol=1e-12)
    # the figures that scikit-learn's test quotes
    assert_allclose(h, [0.679178699175393, 0.574442516811659], rtol=1e-12)
    assert_allclose(clf.predict_proba([x])[0, 1], 0.739, atol=5e-4)
    assert_allclose(W1[0, 0], 0.1)  # the caller's arrays are theirs


@ignore_convergence
@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_gradient_numerically(activation, n_labels, weights_of, parameters):
    """test_gradient: the step of plain descent against differences of `loss_`."""
    rng = np.random.RandomState(42)
    X = rng.rand(5, 10)
    y = 1 + np.mod(np.arange(5) + 1, n_labels)
    init = weights_of([10, 10, 1 if n_labels == 2 else n_labels], seed=1, scale=0.3)

    def fit(init):
        """One epoch from `init`: its loss is that of the weights it starts from."""
        return BackpropClassifier(
            hidden_layer_sizes=10,
            activation=activation,
            solver="sgd",
            learning_rate_init=1.0,
            momentum=0,
            alpha=1e-5,
            max_iter=1,
            init=init,
        ).fit(X, y)

    start = np.concatenate([p.ravel() for p in [W for W, _ in init]])
    start = np.concatenate([start, *[b for _, b in init]])
    gradient = start - parameters(fit(init))

    epsilon = 1e-5
    numerical = []
    for layer, (W, b) in enumerate(init):
        for part, shape in enumerate([W.shape, b.shape]):
            for index in np.ndindex(*shape):
                values = []
                for sign in (1, -1):
                    moved = [[W.copy(), b.copy()] for W, b in init]
                    moved[layer][part][index] += sign * epsilon
                    values.append(fit([tuple(pair) for pair in moved]).loss_)
                numerical.append((values[0] - values[1]) / (2 * epsilon))
    # numerical goes W¹ b¹ W² b², the vector of parameters W¹ W² b¹ b²
    sizes = [p.size for pair in init for p in pair]
    parts = np.split(np.array(numerical), np.cumsum(sizes)[:-1])
    assert_allclose(gradient, np.concatenate(parts[::2] + parts[1::2]), atol=1e-8)


@ignore_convergence
@pytest.mark.parametrize("again", ["warm_start", "partial_fit"])
@pytest.mark.parametrize(
    "learning_rate, rates",
    [
        ("constant", [0.1, 0.1, 0.1]),
        # after t samples: learning_rate_init / (t + 1) ** power_t
        ("invscaling", [0.1, 0.1 / 5**0.25, 0.1 / 9**0.25]),
    ],
)
def test_learning_rate_goes_on(learning_rate, rates, again):
    """test_learning_rate_warmstart: the rate of each step, measured."""
    clf = BackpropClassifier(
        hidden_layer_sizes=4,
        activation="tanh",
        solver="sgd",
        learning_rate=learning_rate,
        learning_rate_init=0.1,
        power_t=0.25,
        momentum=0,
        alpha=0,
        max_iter=1,
        warm_start=again == "warm_start",
        init=[(np.full((2, 4), 0.1), np.zeros(4)), (np.full((4, 1), 0.1), np.zeros(1))],
    )
    before = [W for W, _ in clf.init]
    measured = []
    for _ in rates:
        if again == "warm_start":
            clf.fit(TINY_X, TINY_Y)
        else:
            clf.partial_fit(TINY_X, TINY_Y, classes=[0, 1])
        moved = np.linalg.norm(clf.coefs_[0] - before[0])
        measured.append(moved / clf.gradient_norms_[-1][0])
        before = [W.copy() for W in clf.coefs_]
    assert clf.t_ == 4 * len(rates)
    assert_allclose(measured, rates, rtol=1e-10)


def test_adaptive_learning_rate_shrinks():
    """test_adaptive_learning_rate: five divisions by five, then the end."""
    X, y = [[3, 2], [1, 6]], [1, 0]
    clf = BackpropClassifier(
        tol=0.5,
        max_iter=3000,
        solver="sgd",
        momentum=0,
        learning_rate="adaptive",
        learning_rate_init=1e-3,
        random_state=0,
    ).fit(X, y)
    # No epoch but the first improves by 0.5. A rate lives for n_iter_no_change + 1
    # epochs, and 1e-3 / 5 ** 5 is the first that is not above 1e-6.
    assert clf.n_iter_ == 1 + 6 * 11
    # plain descent: the loss falls by rate x squared gradient norm
    fall = -np.diff(clf.loss_curve_)
    squared = np.sum(clf.gradient_norms_**2, axis=1)[:-1]
    rates = fall / squared
    assert_allclose(rates[-5:] / rates[0], 1 / 5**5, rtol=0.2)


@pytest.mark.parametrize("n_iter_no_change", [2, 5, 10, 50, 100])
def test_n_iter_no_change_epochs(n_iter_no_change):
    """test_n_iter_no_change: the end comes as soon as the curve calls for it."""
    tol, max_iter = 0.01, 3000
    clf = BackpropClassifier(
        tol=tol, max_iter=max_iter, solver="sgd", n_iter_no_change=n_iter_no_change
    ).fit(SUITE.X_digits_binary[:100], SUITE.y_digits_binary[:100])
    best, waited, ends = np.inf, 0, []
    for epoch, loss in enumerate(clf.loss_curve_, start=1):
        waited = waited + 1 if loss > best - tol else 0
        best = min(best, loss)
        if waited > n_iter_no_change:
            ends.append(epoch)
    assert ends == [clf.n_iter_]
    assert clf.n_iter_ < max_iter


@ignore_convergence
@pytest.mark.parametrize("n_iter_no_change, n_iter", [(np.inf, 300), (3, 5)])
def test_n_iter_no_change_infinite(n_iter_no_change, n_iter):
    """test_n_iter_no_change_inf: infinite patience outlasts any tolerance."""
    clf = BackpropClassifier(
        tol=1e9, max_iter=300, solver="sgd", n_iter_no_change=n_iter_no_change
    ).fit(SUITE.X_digits_binary[:100], SUITE.y_digits_binary[:100])
    assert clf.n_iter_ == n_iter
