"""Dropout."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import make, same
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_dropout_acts_in_training_only(problem):
    X, y = problem("regression", n_samples=200)
    params = {"hidden_layer_sizes": (40,), "max_iter": 60, "learning_rate_init": 0.01}
    free = make("regression", **params).fit(X, y)
    dropped = make("regression", dropout=0.5, **params).fit(X, y)
    assert np.abs(free.coefs_[0] - dropped.coefs_[0]).max() > 1e-2
    assert_array_equal(dropped.predict(X), dropped.predict(X))
    # what it is for: the fit to the training set is worse
    assert dropped.score(X, y) < free.score(X, y)
    # and the seed decides it
    same(make("regression", dropout=0.5, **params).fit(X, y), dropped)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_dropout_keeps_the_expected_activation(rate):
    """Inverted dropout: units are scaled by 1 / (1 − p), and all of them predict.

    Fifty hidden units are one and an output is their mean, whatever the features; a step
    of nearly no length keeps it so. With masks m the output is mean(m) / (1 − p), of mean
    1 and variance p / (1 − p) / 50: against the target 1, half of that is the loss.
    """
    n = 50
    X = np.random.RandomState(0).standard_normal((2000, 1))
    reg = BackpropRegressor(
        hidden_layer_sizes=(n,),
        activation="identity",
        dropout=rate,
        init=[(np.zeros((1, n)), np.ones(n)), (np.full((n, 1), 1 / n), np.zeros(1))],
        learning_rate_init=1e-12,
        alpha=0,
        batch_size=2000,
        max_iter=20,
        n_iter_no_change=20,
        random_state=0,
    ).fit(X, np.ones(2000))
    variance = rate / (1 - rate) / n
    assert_allclose(reg.loss_curve_, variance / 2, rtol=0.25)
    assert_allclose(np.mean(reg.loss_curve_), variance / 2, rtol=0.05)
    assert_allclose(reg.predict(X[:3]), np.ones(3), rtol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, [0.0, 0.0]])
def test_no_dropout_is_none(dropout, problem):
    X, y = problem("binary")
    same(make("binary", dropout=dropout).fit(X, y), make("binary").fit(X, y))


def test_dropout_layer_by_layer(problem):
    X, y = problem("binary")
    first, second, both = (
        make("binary", dropout=rates).fit(X, y).coefs_[0] for rates in ([0.5, 0.0], [0.0, 0.5], 0.5)
    )
    assert np.abs(first - second).max() > 1e-4
    assert np.abs(first - both).max() > 1e-4
