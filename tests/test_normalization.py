"""Layer and batch normalization."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import TARGETS, make
from numpy.testing import assert_allclose

from skbackprop import BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("normalization", ["layer", "batch"])
@pytest.mark.parametrize("target", TARGETS)
def test_normalization_learns(normalization, target, problem):
    X, y = problem(target, n_samples=121)  # the last batch has one row
    model = make(
        target,
        normalization=normalization,
        batch_size=20,
        max_iter=60,
        learning_rate_init=0.01,
    ).fit(X, y)
    assert model.loss_ < 0.9 * model.loss_curve_[0]
    assert np.isfinite(model.loss_curve_).all()


@pytest.mark.parametrize("normalization", ["layer", "batch"])
def test_predictions_do_not_depend_on_the_batch(normalization, problem):
    X, y = problem("regression")
    reg = make("regression", normalization=normalization, batch_size=16).fit(X, y)
    together = reg.predict(X)
    alone = np.array([reg.predict(x[None])[0] for x in X])
    assert_allclose(together, alone, rtol=1e-9)


def test_normalization_undoes_the_scale_of_the_weights(problem, weights_of):
    """Layer normalisation comes before the activation: W and 7 W mean the same."""
    X, y = problem("regression")
    (W1, _), (W2, b2) = weights_of([5, 6, 1])
    predictions = [
        BackpropRegressor(
            hidden_layer_sizes=(6,),
            activation="tanh",
            normalization="layer",
            init=[(factor * W1, np.zeros(6)), (W2, b2)],
            learning_rate_init=1e-12,
            max_iter=1,
        )
        .fit(X, y)
        .predict(X)
        for factor in (1.0, 7.0)
    ]
    assert_allclose(predictions[0], predictions[1], rtol=1e-3, atol=1e-4)
    z = X @ W1
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    assert_allclose(predictions[1], (np.tanh(z) @ W2 + b2)[:, 0], rtol=1e-3, atol=1e-3)


def _standing_still(X, n_rows, batch_size, n_epochs, weights_of):
    """A batch-normalised network whose weights do not move, only its statistics."""
    init = weights_of([5, 6, 1])
    model = BackpropRegressor(
        hidden_layer_sizes=(6,),
        activation="tanh",
        normalization="batch",
        init=init,
        learning_rate_init=1e-12,
        batch_size=batch_size,
        shuffle=False,
        max_iter=n_epochs,
        n_iter_no_change=n_epochs,
    )
    return model.fit(X[:n_rows], np.zeros(n_rows)), init


def test_batch_statistics_become_those_of_the_data(weights_of):
    """What predictions standardise by, after many batches."""
    X = np.random.RandomState(0).standard_normal((300, 5)) * 3 + 7
    reg, ((W1, b1), (W2, b2)) = _standing_still(X, 300, 50, 40, weights_of)
    z = X @ W1 + b1
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    assert_allclose(reg.predict(X), (np.tanh(z) @ W2 + b2)[:, 0], atol=0.05)


def test_a_batch_of_one_row_has_no_statistics(weights_of):
    X = np.random.RandomState(0).standard_normal((21, 5))
    without, _ = _standing_still(X, 20, 20, 1, weights_of)
    with_one_more, _ = _standing_still(X, 21, 20, 1, weights_of)
    assert_allclose(with_one_more.predict(X), without.predict(X), rtol=1e-6)
