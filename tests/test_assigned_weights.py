"""Arrays that the user puts into `coefs_` and `intercepts_`."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop import BackpropAutoencoder, BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def fitted(problem):
    X, y = problem("regression")
    params = {"hidden_layer_sizes": (4,), "activation": "tanh", "max_iter": 2, "random_state": 0}
    return BackpropRegressor(**params).fit(X, y), X, y


def _by_hand(coefs, intercepts, X):
    return (np.tanh(X @ coefs[0] + intercepts[0]) @ coefs[1] + intercepts[1])[:, 0]


def test_predictions_follow(fitted):
    reg, X, _ = fitted
    W, b = np.arange(20.0).reshape(5, 4) / 20, np.array([1.0, -1.0, 0.5, 0.0])
    reg.coefs_[0] = W
    reg.intercepts_[0] = b.tolist()
    reg.coefs_[1][...] = 2.0
    expected = _by_hand([W, np.full((4, 1), 2.0)], [b, reg.intercepts_[1]], X)
    assert_allclose(reg.predict(X), expected)
    assert_allclose(pickle.loads(pickle.dumps(reg)).predict(X), expected)


def test_tuples_of_arrays(fitted):
    reg, X, _ = fitted
    coefs = tuple(W + 1 for W in reg.coefs_)
    intercepts = tuple(b - 1 for b in reg.intercepts_)
    reg.coefs_, reg.intercepts_ = coefs, intercepts
    assert_allclose(reg.predict(X), _by_hand(coefs, intercepts, X))
    assert_allclose(reg.predict(X), _by_hand(coefs, intercepts, X))


@pytest.mark.parametrize("use", ["predict", "score", "partial_fit", "pickle"])
@pytest.mark.parametrize(
    "name, i, wrong, shape",
    [
        ("coefs_", 0, np.ones((1, 4)), (5, 4)),  # would broadcast
        ("coefs_", 0, np.ones((5, 1)), (5, 4)),
        ("coefs_", 0, np.ones(4), (5, 4)),
        ("coefs_", 0, np.ones((4, 5)), (5, 4)),
        ("coefs_", 1, 2.0, (4, 1)),
        ("coefs_", 1, np.ones((1, 4, 1)), (4, 1)),
        ("intercepts_", 0, np.ones(1), (4,)),
        ("intercepts_", 0, np.ones((1, 4)), (4,)),
        ("intercepts_", 0, np.ones((4, 1)), (4,)),
    ],
)
def test_a_wrong_shape_is_an_error(use, name, i, wrong, shape, fitted):
    reg, X, y = fitted
    getattr(reg, name)[i] = wrong
    uses = {
        "predict": lambda: reg.predict(X),
        "score": lambda: reg.score(X, y),
        "partial_fit": lambda: reg.partial_fit(X, y),
        "pickle": lambda: pickle.dumps(reg),
    }
    told = rf"{name}\[{i}\].*{re.escape(str(shape))}.*{re.escape(str(np.shape(wrong)))}"
    with pytest.raises(ValueError, match=told):
        uses[use]()


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_wrong_number_of_arrays_is_an_error(name, n, fitted):
    reg, X, _ = fitted
    setattr(reg, name, [*getattr(reg, name), *getattr(reg, name)][:n])
    with pytest.raises(ValueError, match=f"{name}.*2.*{n}"):
        reg.predict(X)


def test_what_is_no_array_of_numbers_is_an_error(fitted):
    reg, X, _ = fitted
    reg.coefs_[0] = np.full((5, 4), "a")
    with pytest.raises(ValueError, match=r"coefs_\[0\]"):
        reg.predict(X)


def test_autoencoder(problem):
    X, _ = problem("regression")
    ae = BackpropAutoencoder(hidden_layer_sizes=(4,), max_iter=2, random_state=0).fit(X)
    ae.coefs_[0] = np.ones((1, 4))
    with pytest.raises(ValueError, match=r"coefs_\[0\].*\(5, 4\).*\(1, 4\)"):
        ae.transform(X)
