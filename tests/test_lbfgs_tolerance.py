"""L-BFGS that has nothing to do: the gradient is below ``tol`` at the start."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import make
from numpy.testing import assert_allclose

from skbackprop import BackpropAutoencoder
from skbackprop.inspection import loss_and_gradients


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", ["binary", "regression", "poisson"])
def test_the_loss_is_that_of_the_initial_weights(target, dtype, problem):
    X, y = problem(target)
    model = make(target, solver="lbfgs", tol=100.0).fit(X.astype(dtype), y)
    assert model.n_iter_ == 0
    assert model.loss_curve_ == []
    assert model.gradient_norms_.shape == (0, model.n_layers_ - 1)
    loss, _, _ = loss_and_gradients(model, X.astype(dtype), y)
    assert_allclose(model.loss_, loss, rtol=1e-6 if dtype == np.float32 else 1e-12)
    assert model.best_loss_ == model.loss_


def test_autoencoder(problem):
    X, _ = problem("regression")
    model = BackpropAutoencoder(solver="lbfgs", tol=100.0, random_state=0).fit(X)
    assert model.n_iter_ == 0
    loss, _, _ = loss_and_gradients(model, X)
    assert_allclose(model.loss_, loss, rtol=1e-12)


def test_at_the_optimum(problem):
    """A warm start from it takes no step, and the loss stays what it was."""
    X, y = problem("regression")
    model = make("regression", hidden_layer_sizes=(), solver="lbfgs", tol=1e-5, max_iter=1000)
    end = model.set_params(warm_start=True).fit(X, y).loss_
    assert model.fit(X, y).n_iter_ == 0
    assert_allclose(model.loss_, end, rtol=1e-12)


def test_an_autoencoder_that_takes_no_step_after_a_fit():
    """...on data that the network's bias alone reconstructs."""
    X = np.random.RandomState(0).standard_normal((20, 3))
    model = BackpropAutoencoder(
        hidden_layer_sizes=(3,), solver="lbfgs", warm_start=True, max_iter=3, random_state=0
    )
    model.fit(X)
    losses = list(model.loss_curve_)
    model.set_params(tol=1e9).fit(np.zeros((5, 3)))
    assert model.n_iter_ == 0
    assert model.loss_curve_ == losses
