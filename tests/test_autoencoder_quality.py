"""How good the codes and reconstructions are, against PCA and published experiments."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skbackprop import BackpropAutoencoder
from skbackprop.datasets import make_spiral_curve

pytestmark = pytest.mark.filterwarnings(
    "ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning"
)


def rank_correlation(ae, X, t):
    """|ρ| of the code and the position along the curve."""
    return abs(spearmanr(ae.transform(X)[:, 0], t).statistic)


def mean_squared_error(X, reconstruction):
    return ((X - reconstruction) ** 2).mean()


# Spirals --------------------------------------------------------------------------


def test_replay_of_a_small_autoencoder_on_a_spiral():
    """A 2-1-2 network of sigmoids, by full-batch gradient descent from Xavier weights."""
    rng = np.random.RandomState(42)
    X, t = make_spiral_curve(random_state=rng)
    X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    W1, W2 = (rng.standard_normal(shape) * np.sqrt(2 / 3) for shape in ((1, 2), (2, 1)))
    ae = BackpropAutoencoder(
        1,
        (),
        code_activation="logistic",
        output_activation="logistic",
        standardize=False,
        init=[(W1.T, np.zeros(1)), (W2.T, np.zeros(2))],
        solver="sgd",
        learning_rate="constant",
        learning_rate_init=1.0,
        momentum=0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=500,
        max_iter=2000,
        n_iter_no_change=np.inf,
    )
    with pytest.warns(UserWarning, match="Maximum iterations"):
        ae.fit(X)
    assert_allclose(ae.reconstruction_error(X).mean(), 0.036107, atol=1e-6)
    assert_allclose(ae.loss_, 0.036121, atol=1e-6)  # ½ Σ over two features = their mean
    assert round(rank_correlation(ae, X, t), 2) == 0.41  # it reconstructs, but does not order


@pytest.mark.parametrize("seed", range(5))
def test_code_orders_a_spiral(seed):
    """One turn, where the projection on the true curve comes to 0.9976."""
    X, t = make_spiral_curve(random_state=42)
    ae = BackpropAutoencoder(1, (32,), learning_rate_init=0.01, max_iter=1000, random_state=seed)
    assert rank_correlation(ae.fit(X), X, t) >= 0.995


@pytest.mark.parametrize("n_turns, max_iter, seed", [(1.5, 1000, 0), (2, 1000, 1), (3, 1500, 2)])
def test_start_from_isomap_orders_spirals_of_several_turns(n_turns, max_iter, seed):
    """Plain training explains more than 0.99 of their variance and does not order them."""
    X, t = make_spiral_curve(n_turns=n_turns, random_state=42)
    ae = BackpropAutoencoder(
        1,
        (32, 32),
        activation="tanh",
        init="isomap",
        solver="lbfgs",
        max_iter=max_iter,
        random_state=seed,
    ).fit(X)
    assert rank_correlation(ae, X, t) >= 0.999
    assert ae.score(X) > 0.99


# Digits ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    """Training and test images, of pixels in [0, 1]."""
    return train_test_split(load_digits().data / 16, test_size=0.25, random_state=0)


@pytest.mark.parametrize(
    "n_components, linear, best_by_hand", [(2, 0.054, 0.0357), (8, 0.0249, 0.0161)]
)
def test_defaults_on_digits(n_components, linear, best_by_hand, digits):
    """Better than PCA, and near the best of networks picked by hand for each width."""
    train, test = digits
    pca = PCA(n_components).fit(train)
    error_of_pca = mean_squared_error(test, pca.inverse_transform(pca.transform(test)))
    assert_allclose(error_of_pca, linear, rtol=0.005)
    ae = BackpropAutoencoder(n_components, standardize=False, random_state=0).fit(train)
    error = mean_squared_error(test, ae.predict(test))
    assert error < error_of_pca
    assert error <= 1.1 * best_by_hand


def test_denoising_digits(digits):
    train, test = digits
    noisy = test + 0.3 * np.random.RandomState(0).standard_normal(test.shape)
    ae = BackpropAutoencoder(
        16,
        standardize=False,
        corruption="gaussian",
        corruption_level=0.3,
        max_iter=100,
        random_state=0,
    ).fit(train)
    pca = PCA(16).fit(train)
    error = mean_squared_error(test, ae.predict(noisy))
    assert error < 0.3 * mean_squared_error(test, noisy)
    assert error < 0.8 * mean_squared_error(test, pca.inverse_transform(pca.transform(noisy)))
