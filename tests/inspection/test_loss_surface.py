"""LossSurfaceDisplay: the objective by other means, and the course of training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import LossSurfaceDisplay, loss_and_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
def test_two_weights(target, network):
    """The surface is what the objective is when two weights are set by hand."""
    est, X, y = network(target, alpha=0.2, normalization="layer")
    display = LossSurfaceDisplay.from_estimator(
        est, X, y, weights=((1, 2, 0), (3, 1, 0)), extent=0.7, n_points=5
    )
    fitted = est.coefs_[0][2, 0], est.coefs_[2][1, 0]
    assert_allclose(display.x, fitted[0] + np.linspace(-0.7, 0.7, 5))
    assert_allclose(display.y, fitted[1] + np.linspace(-0.7, 0.7, 5))
    for i, j in ((0, 0), (1, 4), (3, 2), (2, 2)):
        moved = copy.deepcopy(est)
        moved.coefs_[0][2, 0], moved.coefs_[2][1, 0] = display.x[j], display.y[i]
        assert_allclose(display.losses[i, j], loss_and_gradients(moved, X, y)[0], rtol=1e-12)
    assert_allclose(display.end_.get_xydata(), [fitted])
    assert display.path_ is None
    assert display.ax_.get_xlabel() == "weight 2 → 0 of layer 1"


def test_random_directions(network):
    """The centre is the fitted network; a unit's weights move by their own length."""
    est, X, y = network("binary", hidden_layer_sizes=(), alpha=0)
    display = LossSurfaceDisplay.from_estimator(est, X, y, n_points=5, random_state=3)
    assert_allclose(display.losses[2, 2], loss_and_gradients(est, X, y)[0])
    again = LossSurfaceDisplay.from_estimator(est, X, y, n_points=5, random_state=3)
    assert_allclose(again.losses, display.losses, rtol=0)
    other = LossSurfaceDisplay.from_estimator(est, X, y, n_points=5, random_state=4)
    assert not np.allclose(other.losses, display.losses)
    rng = np.random.RandomState(3)
    directions = [rng.standard_normal((4, 1)) for _ in range(2)]
    directions = [d * np.linalg.norm(est.coefs_[0]) / np.linalg.norm(d) for d in directions]
    moved = copy.deepcopy(est)
    moved.coefs_[0][:] += display.x[4] * directions[0] + display.y[1] * directions[1]
    assert_allclose(display.losses[1, 4], loss_and_gradients(moved, X, y)[0])


def test_nothing_changes(network, state):
    est, X, y = network("binary", normalization="batch")
    before = state(est)
    LossSurfaceDisplay.from_estimator(est, X, y, n_points=3)
    assert state(est) == before


def test_the_path_of_two_weights(problem):
    """The path goes where the weights were at each epoch."""
    X, y = problem("binary", n_samples=40)
    params = {"learning_rate_init": 0.1, "tol": 0, "n_iter_no_change": 99, "random_state": 0}
    clf = BackpropClassifier((3,), "tanh", max_iter=6, **params)
    pipe = make_pipeline(StandardScaler(), clf)
    weights = ((1, 0, 0), (2, 1, 0))
    display = LossSurfaceDisplay.from_training(pipe, X, y, weights=weights, n_points=7)
    assert not hasattr(clf, "coefs_")
    assert display.path.shape == (7, 2)
    Z = StandardScaler().fit_transform(X)
    for epoch in range(1, 7):
        fitted = clone(clf).set_params(max_iter=epoch).fit(Z, y)
        expected = fitted.coefs_[0][0, 0], fitted.coefs_[1][1, 0]
        assert_allclose(display.path[epoch], expected, rtol=1e-10)
    for k in range(2):
        line = (display.x, display.y)[k]
        assert line[0] < display.path[:, k].min()
        assert line[-1] > display.path[:, k].max()
    moved = copy.deepcopy(fitted)
    moved.coefs_[0][0, 0], moved.coefs_[1][1, 0] = display.x[1], display.y[5]
    assert_allclose(display.losses[5, 1], loss_and_gradients(moved, Z, y)[0])
    assert_allclose(display.path_.get_xydata(), display.path)


def test_principal_components(problem):
    """With two parameters, the plane is the whole space: distances and losses stay."""
    rng = np.random.RandomState(0)
    x = rng.standard_normal((50, 1))
    y = 2 * x[:, 0] + 1 + 0.1 * rng.standard_normal(50)
    params = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.2, "tol": 0}
    reg = BackpropRegressor(hidden_layer_sizes=(), alpha=0, max_iter=20, random_state=0, **params)
    display = LossSurfaceDisplay.from_training(reg, x, y, n_points=21)
    assert_allclose(display.path[-1], 0, atol=1e-12)
    fitted = [clone(reg).set_params(max_iter=n).fit(x, y) for n in (5, 20)]
    theta = [np.append(one.coefs_[0].ravel(), one.intercepts_[0]) for one in fitted]
    assert_allclose(np.linalg.norm(display.path[5]), np.linalg.norm(theta[0] - theta[1]))
    # a quadratic: E at any point of the plane from its curvature at the end
    hessian = np.array([[np.mean(x**2), x.mean()], [x.mean(), 1.0]])
    largest = np.linalg.eigvalsh(hessian)
    second = np.diff(display.losses, 2, axis=1) / (display.x[1] - display.x[0]) ** 2
    assert_allclose(second, second[0, 0], rtol=1e-6)
    assert largest[0] - 1e-9 <= second[0, 0] <= largest[1] + 1e-9
    shares = [int(label.split("(")[1].split("%")[0]) for label in display.labels]
    assert sum(shares) in (99, 100, 101)


def test_other_kinds_of_estimators():
    X = np.random.RandomState(0).standard_normal((30, 3))
    ae = BackpropAutoencoder(1, (4,), max_iter=5, random_state=0)
    display = LossSurfaceDisplay.from_training(ae, X, n_points=5)
    assert display.losses.shape == (5, 5)
    assert np.isfinite(display.losses).all()
    assert display.colorbar_.ax.get_ylabel() == "objective E"
    assert display.plot(log_scale=False) is display


def test_a_path_of_one_step():
    X = np.random.RandomState(0).standard_normal((30, 3))
    clf = BackpropClassifier((2,), max_iter=1, random_state=0)
    display = LossSurfaceDisplay.from_training(clf, X, X[:, 0] > 0, n_points=5)
    assert display.path.shape == (2, 2)


def test_what_is_refused(network):
    est, X, y = network("binary")
    for bad in ((0, 0, 0), (4, 0, 0), (1, 4, 0), (1, 0, 5), (1, -1, 0)):
        with pytest.raises(ValueError, match=r"weights has .* but coefs_ has the shapes"):
            LossSurfaceDisplay.from_estimator(est, X, y, weights=(bad, (1, 0, 0)))
    with pytest.raises(TypeError, match=r"LossSurfaceDisplay.from_estimator needs"):
        LossSurfaceDisplay.from_estimator(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(TypeError, match=r"LossSurfaceDisplay.from_training needs"):
        LossSurfaceDisplay.from_training(LogisticRegression(), X, y)
