"""A gradient check that fails says where, with both numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from skbackprop import Activation, BackpropAutoencoder, BackpropRegressor
from skbackprop.inspection import check_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _wrong_tanh():
    """Its derivative is a tenth too small."""

    def derivative(z, out):
        np.multiply(0.9, 1.0 - np.tanh(z) ** 2, out=out)

    return Activation("wrong tanh", lambda z, out: np.tanh(z, out=out), derivative)


def _numbers(message):
    return [float(number) for number in re.findall(r"-?\d+\.\d+(?:e[+-]\d+)?", message)]


@pytest.mark.parametrize("wrong", [0, 1])
def test_where_and_both_numbers(wrong, problem):
    """The layers before the wrong derivative are off by a tenth, those behind it are right."""
    X, y = problem("regression")
    activation = ["tanh", "tanh"]
    activation[wrong] = _wrong_tanh()
    reg = BackpropRegressor(
        hidden_layer_sizes=(4, 3), activation=activation, alpha=0, max_iter=2, random_state=0
    ).fit(X, y)
    error = check_gradients(reg, X, y)
    assert error > 1e-2
    with pytest.raises(AssertionError) as caught:
        check_gradients(reg, X, y, tolerance=1e-6)
    message = str(caught.value)
    place = re.search(r"(coefs_|intercepts_)\[(\d)\]", message)
    assert int(place[2]) <= wrong
    # backpropagation's rate and the measured one, which are a tenth apart
    pairs = [(a, b) for a in _numbers(message) for b in _numbers(message) if b]
    assert any(abs(a / b - 0.9) < 0.01 for a, b in pairs), message


def test_a_check_that_passes_returns_its_error(problem):
    X, y = problem("regression")
    reg = BackpropRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=2).fit(X, y)
    assert check_gradients(reg, X, y, tolerance=1e-6) == check_gradients(reg, X, y) < 1e-6


def test_autoencoder(problem):
    X, _ = problem("regression")
    ae = BackpropAutoencoder(
        hidden_layer_sizes=(4,), activation=_wrong_tanh(), max_iter=2, random_state=0
    ).fit(X)
    with pytest.raises(AssertionError, match=r"(coefs_|intercepts_)\[\d\]"):
        check_gradients(ae, X, tolerance=1e-6)
