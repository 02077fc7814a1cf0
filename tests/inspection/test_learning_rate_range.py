"""LearningRateRangeDisplay: one training with a rate that rises from epoch to epoch."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import LearningRateRangeDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_losses_are_those_of_gradient_descent():
    """On a quadratic with full batches, each loss can be worked out."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((40, 2))
    y = X @ [1.0, -2.0] + 0.5
    reg = BackpropRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=40,
        init=[(np.zeros((2, 1)), np.zeros(1))],
    )
    display = LearningRateRangeDisplay.from_estimator(reg, X, y, low=1e-3, high=0.5, n_rates=9)
    A, theta = np.column_stack([X, np.ones(40)]), np.zeros(3)
    expected = []
    for rate in np.geomspace(1e-3, 0.5, 9):
        residual = A @ theta - y
        expected.append(np.mean(residual**2) / 2)
        theta -= rate * A.T @ residual / 40
    assert_allclose(display.learning_rates, np.geomspace(1e-3, 0.5, 9))
    assert_allclose(display.losses, expected, rtol=1e-8)
    assert_allclose(display.line_.get_ydata(), display.losses)
    assert display.ax_.get_xscale() == "log"


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_the_rate_is_the_same_within_an_epoch(solver):
    """With several batches, an epoch at a rate is an epoch of ``partial_fit`` at that rate."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((60, 3)), np.arange(60) % 2
    seen = []

    def rate(progress):
        seen.append(progress)
        return 1.0

    params = {"batch_size": 10, "solver": solver, "random_state": 0, "shuffle": False}
    BackpropClassifier((3,), learning_rate=rate, max_iter=4, **params).fit(X, y)
    clf = BackpropClassifier((3,), **params)
    display = LearningRateRangeDisplay.from_estimator(clf, X, y, low=1e-3, high=8e-3, n_rates=4)
    epochs = np.array([min(int(p * 4 + 1e-6), 3) for p in seen])
    assert_allclose(np.bincount(epochs), 6)  # six steps at each rate
    factors = iter(2.0 ** (np.arange(24) // 6))
    by_hand = BackpropClassifier(
        (3,),
        learning_rate=lambda progress: next(factors),
        learning_rate_init=1e-3,
        max_iter=4,
        **params,
    ).fit(X, y)
    assert_allclose(display.losses, by_hand.loss_curve_, rtol=1e-10)


def test_it_ends_where_the_loss_explodes(problem):
    X, y = problem("regression")
    reg = BackpropRegressor(hidden_layer_sizes=(8,), solver="sgd", random_state=0)
    display = LearningRateRangeDisplay.from_estimator(reg, 10 * X, y, high=1e6, n_rates=50)
    assert 5 < len(display.losses) < 50
    assert len(display.losses) == len(display.learning_rates)
    assert np.isfinite(display.losses).all()
    assert display.learning_rates[-1] < 1e3


def test_the_suggestion_is_where_it_falls_fastest():
    rates = np.geomspace(1e-4, 1, 41)
    losses = 1 / (1 + np.exp(4 * np.log10(rates / 1e-2)))  # falls fastest at 0.01
    display = LearningRateRangeDisplay(rates, losses).plot()
    assert 0.01 <= display.suggestion_ <= 0.03  # smoothing comes a little late
    assert_allclose(display.suggestion_line_.get_xdata(), display.suggestion_)
    rising = LearningRateRangeDisplay(rates, rates).plot()
    assert rising.suggestion_ is rising.suggestion_line_ is None


def test_estimators_are_left_as_they_are(problem, state):
    X, y = problem("regression")
    reg = BackpropRegressor(hidden_layer_sizes=(3,), random_state=0)
    meta = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), reg), transformer=StandardScaler()
    )
    before = state(reg)
    display = LearningRateRangeDisplay.from_estimator(meta, 100 * X, 1e3 * y, n_rates=5)
    assert state(reg) == before
    assert not hasattr(meta, "regressor_")
    assert display.losses[0] < 5  # of the standardised target
    plain = LearningRateRangeDisplay.from_estimator(
        reg,
        StandardScaler().fit_transform(X),
        StandardScaler().fit_transform(y[:, np.newaxis])[:, 0],
        n_rates=5,
    )
    assert_allclose(display.losses, plain.losses, rtol=1e-8)


def test_early_stopping_does_not_end_it():
    X = np.random.RandomState(0).standard_normal((60, 3))
    ae = BackpropAutoencoder(1, (4,), early_stopping=True, tol=10.0, n_iter_no_change=1)
    display = LearningRateRangeDisplay.from_estimator(ae, X, n_rates=12, high=1e-3)
    assert len(display.losses) == 12


def test_what_is_refused(problem):
    X, y = problem("binary")
    of = LearningRateRangeDisplay.from_estimator
    with pytest.raises(TypeError, match=r"needs a BackpropClassifier.* got SGDClassifier"):
        of(SGDClassifier(), X, y)
    with pytest.raises(ValueError, match="'lbfgs' has no rate"):
        of(BackpropClassifier(solver="lbfgs"), X, y)
    for low, high in ((0, 1), (1, 1), (2, 1)):
        with pytest.raises(ValueError, match=f"low={low} and high={high}"):
            of(BackpropClassifier(), X, y, low=low, high=high)
    with pytest.raises(ValueError, match="n_rates must be at least 2, got 1"):
        of(BackpropClassifier(), X, y, n_rates=1)
    with pytest.raises(ValueError, match="NaN"):
        of(BackpropClassifier(), np.full_like(X, np.nan), y)
