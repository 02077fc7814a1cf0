"""Published runs, replayed: two spirals, a sum worked out by hand, and XOR."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.datasets import make_spirals, make_xor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# gradient descent and nothing else
PLAIN = {
    "solver": "sgd",
    "momentum": 0,
    "nesterovs_momentum": False,
    "alpha": 0,
    "shuffle": False,
    "tol": 0,
    "n_iter_no_change": np.inf,
}


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


# Spirals --------------------------------------------------------------------------


def _spirals():
    """200 points an arm, standardised, and the generator that drew them."""
    rng = np.random.RandomState(42)
    X, y = make_spirals(400, noise=0.3, shuffle=False, random_state=rng)
    return StandardScaler().fit_transform(X), y, rng


def _normal_weights(rng, fan_in, fan_out):
    """W ~ N(0, 1 / fan_in), drawn with a row for each unit; no bias."""
    return rng.standard_normal((fan_out, fan_in)).T / np.sqrt(fan_in)


def _spiral_classifier(init, max_iter, rng=None):
    return BackpropClassifier(
        hidden_layer_sizes=(16, 8),
        activation="tanh",
        learning_rate_init=0.5,
        batch_size=400,
        max_iter=max_iter,
        init=init,
        random_state=rng,
        **PLAIN,
    )


@pytest.fixture(scope="module")
def spirals_after_1000():
    X, y, rng = _spirals()
    return _spiral_classifier(_normal_weights, 1000, rng).fit(X, y)


def test_spirals_reach_the_published_loss(spirals_after_1000):
    """An epoch's loss is that of the weights it starts from."""
    curve = spirals_after_1000.loss_curve_
    assert len(curve) == 1000
    assert round(curve[99], 4) == 0.0972
    # rounding decides the later digits
    assert_allclose(curve[999], 0.0025, atol=1e-4)


def test_spirals_are_learnt_by_epoch_300():
    X, y, rng = _spirals()
    clf = _spiral_classifier(_normal_weights, 300, rng).fit(X, y)
    assert clf.score(X, y) == 1.0


def test_spirals_stay_learnt(spirals_after_1000):
    X, y, _ = _spirals()
    assert spirals_after_1000.score(X, y) == 1.0
    assert_allclose(log_loss(y, spirals_after_1000.predict_proba(X)), 0.0025, atol=1e-4)


def test_spirals_from_a_list_of_weights(spirals_after_1000):
    """The same draws, handed over as arrays."""
    X, y, rng = _spirals()
    sizes = [2, 16, 8, 1]
    init = [(_normal_weights(rng, i, o), np.zeros(o)) for i, o in pairwise(sizes)]
    clf = _spiral_classifier(init, 100).fit(X, y)
    assert_allclose(clf.loss_curve_, spirals_after_1000.loss_curve_[:100], rtol=1e-10)


def test_spirals_by_the_textbook():
    """The same epochs in a dozen lines of NumPy.

    Rounding errors stay below 1e-12 for 80 epochs; by the hundredth, 1e-16 in a first
    weight has become 1e-7.
    """
    n_epochs = 80
    X, y, rng = _spirals()
    sizes = [2, 16, 8, 1]
    weights = [_normal_weights(rng, i, o) for i, o in pairwise(sizes)]
    init = [(W, np.zeros(W.shape[1])) for W in weights]
    clf = _spiral_classifier(init, n_epochs).fit(X, y)

    weights = [W.copy() for W in weights]
    biases = [np.zeros(o) for o in sizes[1:]]
    curve = []
    for _ in range(n_epochs):
        a = [X]
        for layer in range(3):
            z = a[-1] @ weights[layer] + biases[layer]
            a.append(np.tanh(z) if layer < 2 else _sigmoid(z))
        curve.append(log_loss(y, a[-1][:, 0]))
        delta = (a[-1] - y[:, None]) / len(X)
        for layer in (2, 1, 0):
            back = delta @ weights[layer].T * (1 - a[layer] ** 2)
            weights[layer] -= 0.5 * a[layer].T @ delta
            biases[layer] -= 0.5 * delta.sum(axis=0)
            delta = back
    assert_allclose(clf.loss_curve_, curve, rtol=1e-10)
    for ours, theirs in zip([*clf.coefs_, *clf.intercepts_], [*weights, *biases], strict=True):
        assert_allclose(ours, theirs, atol=1e-10)
    assert accuracy_score(y, clf.predict(X)) > 0.9


# By hand --------------------------------------------------------------------------


def test_two_weights_by_hand():
    """x = 2 through two sigmoid neurons to the target 1, squared error."""
    x, w1, b1, w2, b2, target, rate = 2.0, 0.5, 0.1, 0.3, 0.2, 1.0, 0.5
    z1 = w1 * x + b1
    a1 = _sigmoid(z1)
    z2 = w2 * a1 + b2
    prediction = _sigmoid(z2)
    # as printed in the notebook
    assert_allclose([z1, a1, z2, prediction], [1.1, 0.7503, 0.4251, 0.6047], atol=5e-5)

    delta2 = (prediction - target) * prediction * (1 - prediction)
    delta1 = delta2 * w2 * a1 * (1 - a1)
    clf = BackpropClassifier(
        hidden_layer_sizes=(1,),
        activation="logistic",
        loss="squared_error",
        learning_rate_init=rate,
        batch_size=1,
        init=[([[w1]], [b1]), ([[w2]], [b2])],
        **PLAIN,
    )
    clf.partial_fit([[x]], [1], classes=[0, 1])

    assert_allclose(clf.loss_, (prediction - target) ** 2 / 2, rtol=1e-12)
    assert_allclose(clf.coefs_[1], [[w2 - rate * delta2 * a1]], rtol=1e-12)
    assert_allclose(clf.intercepts_[1], [b2 - rate * delta2], rtol=1e-12)
    assert_allclose(clf.coefs_[0], [[w1 - rate * delta1 * x]], rtol=1e-12)
    assert_allclose(clf.intercepts_[0], [b1 - rate * delta1], rtol=1e-12)
    assert_allclose(clf.gradient_norms_, [[abs(delta1 * x), abs(delta2 * a1)]], rtol=1e-12)


def test_two_weights_predict_as_by_hand():
    """The forward pass alone: the raw score is z₂, the probability a₂."""
    clf = BackpropClassifier(
        hidden_layer_sizes=(1,),
        activation="logistic",
        learning_rate_init=1e-300,  # a step that leads nowhere
        init=[([[0.5]], [0.1]), ([[0.3]], [0.2])],
        **PLAIN,
    )
    clf.partial_fit([[2.0]], [1], classes=[0, 1])
    z2 = 0.3 * _sigmoid(1.1) + 0.2
    assert_allclose(clf.decision_function([[2.0]]), [z2], rtol=1e-12)
    assert_allclose(clf.predict_proba([[2.0]]), [[1 - _sigmoid(z2), _sigmoid(z2)]], rtol=1e-12)
    assert_allclose(clf.transform([[2.0]]), [[_sigmoid(1.1)]], rtol=1e-12)


# XOR ------------------------------------------------------------------------------


def test_xor_data():
    X, y = make_xor()
    assert sorted(map(tuple, np.c_[X, y])) == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    ]


def _textbook_xor(X, y, init, rate, n_epochs):
    """Gradient descent on ½ mean (a − y)² through sigmoids; the loss of each epoch."""
    (W1, b1), (W2, b2) = ((W.copy(), b.copy()) for W, b in init)
    curve = []
    for _ in range(n_epochs):
        a1 = _sigmoid(X @ W1 + b1)
        a2 = _sigmoid(a1 @ W2 + b2)
        error = a2 - y[:, None]
        curve.append(np.mean(error**2) / 2)
        delta2 = error * a2 * (1 - a2) / len(X)
        delta1 = delta2 @ W2.T * a1 * (1 - a1)
        W2 -= rate * a1.T @ delta2
        b2 -= rate * delta2.sum(axis=0)
        W1 -= rate * X.T @ delta1
        b1 -= rate * delta1.sum(axis=0)
    return curve, (W1, b1, W2, b2)


@pytest.mark.parametrize("n_hidden", [3, 4])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_xor_is_learnt_as_the_textbook_does(n_hidden, seed, weights_of):
    """2-3-1 and 2-4-1, sigmoid, squared error, 5000 epochs."""
    X, y = make_xor()
    init = weights_of([2, n_hidden, 1], seed=seed, scale=1.0)
    rate = 5.0
    clf = BackpropClassifier(
        hidden_layer_sizes=(n_hidden,),
        activation="logistic",
        loss="squared_error",
        learning_rate_init=rate,
        batch_size=4,
        max_iter=5000,
        init=init,
        **PLAIN,
    ).fit(X, y)
    curve, (W1, b1, W2, b2) = _textbook_xor(X, y, init, rate, 5000)
    assert_allclose(clf.loss_curve_, curve, rtol=1e-7)
    for ours, theirs in zip([*clf.coefs_, *clf.intercepts_], [W1, W2, b1, b2], strict=True):
        assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)
    assert clf.score(X, y) == 1.0
    assert clf.loss_ < 0.005


def test_xor_as_regression():
    """The same table of truth through a linear output."""
    X, y = make_xor()
    reg = BackpropRegressor(
        hidden_layer_sizes=(4,),
        activation="tanh",
        solver="lbfgs",
        alpha=0,
        random_state=0,
    ).fit(X, y)
    assert_allclose(reg.predict(X), y, atol=1e-2)
