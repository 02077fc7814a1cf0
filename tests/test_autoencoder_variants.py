"""What each variant of the autoencoder is for, seen in what it learns."""

from __future__ import annotations

import pickle
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits, make_s_curve
from sklearn.decomposition import PCA

from skbackprop import Activation, BackpropAutoencoder

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning",
    "ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning",
)


def autoencoder(n_components=2, hidden_layer_sizes=(8,), **params):
    defaults = {"max_iter": 60, "learning_rate_init": 0.01, "random_state": 0}
    if params.get("solver") == "lbfgs":
        del defaults["learning_rate_init"]
    return BackpropAutoencoder(n_components, hidden_layer_sizes, **{**defaults, **params})


@pytest.fixture(scope="module")
def X():
    """Six features of two hidden ones, and noise."""
    rng = np.random.RandomState(0)
    scores = rng.standard_normal((150, 2)) @ rng.standard_normal((2, 6))
    return np.tanh(scores) + 0.1 * rng.standard_normal((150, 6))


# Linear ---------------------------------------------------------------------------


@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("n_components", [2, 8])
def test_linear_is_pca(n_components, tied_weights):
    X = load_digits().data / 16
    ae = BackpropAutoencoder(
        n_components,
        (),
        standardize=False,
        solver="lbfgs",
        alpha=0.0,
        tol=1e-8,
        max_iter=3000,
        tied_weights=tied_weights,
        random_state=0,
    ).fit(X)
    pca = PCA(n_components).fit(X)
    best = ((X - pca.inverse_transform(pca.transform(X))) ** 2).mean()
    assert best * (1 - 1e-9) <= ae.reconstruction_error(X).mean() <= 1.0001 * best
    assert_allclose(ae.score(X), pca.explained_variance_ratio_.sum(), rtol=1e-4)
    angles = subspace_angles(ae.coefs_[-1].T, pca.components_.T)
    assert np.degrees(angles.max()) < 0.5


def test_linear_variational_is_probabilistic_pca():
    """With a unit-variance Gaussian likelihood weighed against β KL, β is the noise variance.

    The optimum (Tipping & Bishop, 1999; Lucas et al., 2019): decoder columns are principal axes
    of length √(λ − β), posterior variances β / λ, and components with λ < β collapse.
    """
    rng = np.random.RandomState(0)
    eigenvalues = np.array([4.0, 2.0, 0.3, 0.1, 0.05])
    axes = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    scores = rng.standard_normal((1000, 5))
    scores = np.linalg.qr(scores - scores.mean(axis=0))[0] * np.sqrt(1000 * eigenvalues)
    X = scores @ axes.T  # of exactly this covariance
    beta = 0.5
    ae = BackpropAutoencoder(
        3,
        (),
        variational=True,
        beta=beta,
        noise_variance=1.0,
        standardize=False,
        alpha=0.0,
        batch_size=100,
        max_iter=400,
        learning_rate_init=0.01,
        random_state=0,
    ).fit(X)
    lengths = np.linalg.norm(ae.coefs_[1], axis=1)
    order = np.argsort(-lengths)
    assert_allclose(lengths[order], np.sqrt([4 - beta, 2 - beta, 0]), atol=0.06)
    directions = ae.coefs_[1][order[:2]] / lengths[order[:2], np.newaxis]
    assert (np.abs(np.sum(directions * axes.T[:2], axis=1)) > 0.995).all()
    variances = np.exp(ae.intercepts_[0][3:][order])
    assert_allclose(variances, [beta / 4, beta / 2, 1], rtol=0.1)
    codes = ae.transform(X)[:, order]
    assert_allclose(codes.var(axis=0), [1 - beta / 4, 1 - beta / 2, 0], atol=0.05)
    divergence = 0.5 * (np.log(4 / beta) + np.log(2 / beta))
    assert_allclose(ae.loss_terms_["kl"][-1], beta * divergence, rtol=0.05)
    error = 0.5 * (2 * beta + 0.3 + 0.1 + 0.05)
    assert_allclose(ae.loss_terms_["reconstruction"][-1], error, rtol=0.05)


# Tied -----------------------------------------------------------------------------


@pytest.mark.parametrize("hidden_layer_sizes", [(), (8,), (8, 5)], ids=str)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_tied_weights_stay_tied(solver, hidden_layer_sizes, X):
    params = {"learning_rate": "constant"} if solver != "lbfgs" else {}
    ae = autoencoder(2, hidden_layer_sizes, solver=solver, tied_weights=True, max_iter=5, **params)

    def assert_tied(ae):
        for encoder, decoder in zip(ae.coefs_, ae.coefs_[::-1], strict=True):
            assert_array_equal(encoder, decoder.T)

    assert_tied(ae.fit(X))
    n_weights = sum(W.size for W in ae.coefs_) // 2
    assert ae._network.n_weights == n_weights
    twin = pickle.loads(pickle.dumps(ae))
    assert_tied(twin)
    if solver != "lbfgs":
        before = twin.coefs_[0].copy()
        assert_tied(twin.partial_fit(X))
        assert (twin.coefs_[0] != before).any()
    assert_tied(twin.set_params(warm_start=True).fit(X))
    assert_tied(pickle.loads(pickle.dumps(twin)))


def test_changing_a_tied_weight_changes_both_ends(X):
    ae = autoencoder(tied_weights=True, max_iter=5).fit(X)
    ae.coefs_[0] = 2 * ae.coefs_[0]
    ae.predict(X)
    assert_array_equal(ae.coefs_[0], ae.coefs_[-1].T)


# Denoising ------------------------------------------------------------------------


@pytest.mark.parametrize("corruption", ["gaussian", "masking", "salt_pepper"])
def test_denoising_restores_what_it_was_trained_to_restore(corruption, X):
    rng = np.random.RandomState(1)
    train, test = X[:100], X[100:]
    level = 0.4
    noisy = test.copy()
    hit = rng.uniform(size=test.shape) < level
    if corruption == "gaussian":
        noisy += level * X.std(axis=0) * rng.standard_normal(test.shape)
    elif corruption == "masking":
        noisy[hit] = np.broadcast_to(train.mean(axis=0), test.shape)[hit]
    else:
        ends = np.where(rng.uniform(size=test.shape) < 0.5, train.min(axis=0), train.max(axis=0))
        noisy[hit] = ends[hit]
    params = {"hidden_layer_sizes": (32,), "max_iter": 400, "learning_rate_init": 0.005}
    trained = autoencoder(4, corruption=corruption, corruption_level=level, **params).fit(train)
    plain = autoencoder(4, **params).fit(train)
    error = ((trained.predict(noisy) - test) ** 2).mean()
    assert error < ((plain.predict(noisy) - test) ** 2).mean()
    assert error < ((noisy - test) ** 2).mean()


def test_salt_and_pepper_takes_the_range_of_the_training_data(X):
    weights = np.ones(150)
    weights[7] = 0.0
    odd = X.copy()
    odd[7] = 1000.0
    ae = autoencoder(corruption="salt_pepper", standardize=False, max_iter=1)
    layer = ae.fit(odd, sample_weight=weights)._network.layers[0]
    rest = np.delete(odd, 7, axis=0)
    assert_array_equal(layer.low, rest.min(axis=0))
    assert_array_equal(layer.high, rest.max(axis=0))


def test_salt_and_pepper_widens_its_range_in_a_stream(X):
    ae = autoencoder(corruption="salt_pepper", standardize=False)
    for rows in (slice(0, 20), slice(20, 22), slice(22, 150)):
        layer = ae.partial_fit(X[rows], sample_weight=1.0)._network.layers[0]
        assert_array_equal(layer.low, X[: rows.stop].min(axis=0))
        assert_array_equal(layer.high, X[: rows.stop].max(axis=0))


# Sparse ---------------------------------------------------------------------------


def test_l1_makes_codes_small_and_few(X):
    plain = autoencoder(6, (), tied_weights=True, max_iter=200)
    sparse = autoencoder(6, (), tied_weights=True, max_iter=200, sparsity="l1", sparsity_weight=0.3)
    codes = [ae.fit_transform(X) for ae in (plain, sparse)]
    sizes = [np.abs(z).mean(axis=0) for z in codes]
    assert sizes[1].sum() < 0.8 * sizes[0].sum()
    assert (sizes[1] < 0.05).sum() > (sizes[0] < 0.05).sum()
    assert_allclose(
        sparse.loss_terms_["sparsity"][-1], 0.3 * np.abs(codes[1]).sum(axis=1).mean(), rtol=0.1
    )


def test_kl_brings_mean_activations_to_the_target(X):
    ae = autoencoder(
        8,
        sparsity="kl",
        sparsity_weight=5.0,
        sparsity_target=0.1,
        code_activation="logistic",
        max_iter=200,
    ).fit(X)
    assert_allclose(ae.transform(X).mean(axis=0), 0.1, atol=0.03)
    assert ae.score(X) > 0.5


# Contractive ----------------------------------------------------------------------


@pytest.mark.parametrize("hidden_layer_sizes", [(), (8,), (8, 6)], ids=str)
def test_contraction_makes_the_code_steady(hidden_layer_sizes, X):
    """Tied, as the penalty could be cheated by a small encoder and a large decoder."""

    def squared_jacobian(ae):
        h, total = 1e-4, 0.0
        for step in h * np.diag(ae.scale_):
            total += (((ae.transform(X + step) - ae.transform(X - step)) / (2 * h)) ** 2).sum()
        return total / len(X)

    params = {"code_activation": "tanh", "tied_weights": True, "max_iter": 150}
    plain = autoencoder(3, hidden_layer_sizes, **params).fit(X)
    steady = autoencoder(3, hidden_layer_sizes, contractive_weight=1.0, **params).fit(X)
    assert squared_jacobian(steady) < 0.8 * squared_jacobian(plain)
    assert_allclose(steady.loss_terms_["contractive"][-1], squared_jacobian(steady), rtol=0.35)


def test_linear_variational_learns_the_noise_of_probabilistic_pca():
    """σ² is the mean of the eigenvalues left out (Tipping & Bishop, 1999), at any scale of X."""
    rng = np.random.RandomState(0)
    eigenvalues = np.array([4.0, 2.0, 0.3, 0.1, 0.05])
    axes = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    scores = rng.standard_normal((1000, 5))
    scores = np.linalg.qr(scores - scores.mean(axis=0))[0] * np.sqrt(1000 * eigenvalues)
    noise = eigenvalues[2:].mean()
    for scale in (1.0, 0.1):
        ae = BackpropAutoencoder(
            n_components=2,
            hidden_layer_sizes=(),
            variational=True,
            standardize=False,
            alpha=0.0,
            batch_size=100,
            max_iter=1000,
            learning_rate_init=0.01,
            random_state=0,
        ).fit(scale * scores @ axes.T)
        lengths = np.linalg.svd(ae.coefs_[1], compute_uv=False) / scale  # whatever the rotation
        assert_allclose(lengths, np.sqrt(np.array([4.0, 2.0]) - noise), rtol=0.08)
        bound = ae.loss_terms_["reconstruction"][-1] + ae.loss_terms_["kl"][-1]
        # minus the log-likelihood of probabilistic PCA, without the constant 5/2 log 2π
        optimum = 0.5 * (np.log(4.0) + np.log(2.0) + 3 * np.log(noise) + 5) + 5 * np.log(scale)
        assert_allclose(bound, optimum, atol=0.1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_variational_codes_of_digits_do_not_collapse(scale):
    X = scale * load_digits().data / 16
    ae = BackpropAutoencoder(n_components=2, variational=True, random_state=0).fit(X)
    assert ae.score(X) > 0.5
    assert (ae.transform(X).std(axis=0) > 0.5).all()


def test_variational_decoders_begin_with_weights_for_a_standard_normal_code():
    """A curved surface: weights by the default scheme begin, and stay, nearer to a plane."""
    rng = np.random.RandomState(0)
    X = make_s_curve(400, noise=0.05, random_state=0)[0]
    X = np.tanh(X @ rng.standard_normal((3, 20))) + 0.1 * rng.standard_normal((400, 20))
    params = {"variational": True, "max_iter": 100, "random_state": 0}

    def default(rng, fan_in, fan_out):
        bound = np.sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, (fan_in, fan_out)), rng.uniform(-bound, bound, fan_out)

    ours = autoencoder(2, (64,), **params).fit(X)
    theirs = autoencoder(2, (64,), init=default, **params).fit(X)
    assert ours.loss_ < theirs.loss_ - 2.0  # in nats
    begin = autoencoder(2, (2000,), **{**params, "max_iter": 0}).fit(X)
    assert_allclose(begin.coefs_[2].var(), 1 / 2, rtol=0.1)
    assert_allclose(begin.intercepts_[2].var(), 1.0, rtol=0.1)
    assert np.abs(begin.coefs_[3]).max() < 0.06  # the output layer's is the scheme's


def test_variational_without_a_hidden_layer_begins_as_any_other():
    """The code goes straight to the output: probabilistic PCA."""
    X = np.random.RandomState(0).standard_normal((50, 6))
    ae = autoencoder(2, (8,), decoder_layer_sizes=(), variational=True, max_iter=0).fit(X)
    assert np.abs(ae.coefs_[2]).max() <= np.sqrt(6 / (2 + 6))


# Variational ----------------------------------------------------------------------


def test_variational_codes_and_samples_have_their_distributions(X):
    ae = autoencoder(2, (32,), variational=True, max_iter=400).fit(X)
    assert ae.score(X) > 0.7
    codes = ae.transform(X)
    assert_allclose(codes.mean(axis=0), 0, atol=0.25)
    assert (codes.var(axis=0) < 1.2).all()  # that of the means: 1 less the posterior's
    samples = ae.sample(2000)
    assert_allclose(samples.mean(axis=0), X.mean(axis=0), atol=0.25)
    strong = np.abs(np.corrcoef(X.T)) > 0.6
    assert_allclose(np.corrcoef(samples.T)[strong], np.corrcoef(X.T)[strong], atol=0.25)


def test_a_large_beta_collapses_the_code(X):
    ae = autoencoder(2, variational=True, beta=100.0, max_iter=200).fit(X)
    assert ae.loss_terms_["kl"][-1] < 0.01 * ae.beta
    assert_allclose(ae.transform(X), 0.0, atol=0.2)
    assert abs(ae.score(X)) < 0.05


# Losses ---------------------------------------------------------------------------


def test_log_loss_is_for_binary_data():
    rng = np.random.RandomState(0)
    groups = rng.randint(0, 3, 200)
    X = (rng.uniform(size=(200, 9)) < np.where(groups[:, None] == np.arange(9) // 3, 0.9, 0.1)) * 1
    ae = autoencoder(2, (16,), loss="log_loss", max_iter=200).fit(X)
    reconstruction = ae.predict(X)
    assert reconstruction.min() >= 0
    assert reconstruction.max() <= 1
    assert ((reconstruction > 0.5) == X).mean() > 0.85
    assert ae.out_activation_ == "logistic"


@pytest.mark.parametrize("loss", ["huber", "absolute_error"])
def test_robust_losses_bear_odd_entries(loss, X):
    rng = np.random.RandomState(2)
    odd = X.copy()
    hit = rng.uniform(size=X.shape) < 0.03
    odd[hit] += 30
    params = {"hidden_layer_sizes": (16,), "max_iter": 200, "standardize": False}
    errors = {}
    for name in (loss, "squared_error"):
        ae = autoencoder(2, loss=name, **params).fit(odd)
        clean = ~hit.any(axis=1)
        errors[name] = np.abs(ae.predict(odd) - X)[clean].mean()
    assert errors[loss] < 0.9 * errors["squared_error"]


# In all combinations --------------------------------------------------------------

OPTIONS = {
    "deep": {"hidden_layer_sizes": (8, 4)},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "tied": {"tied_weights": True},
    "masking": {"corruption": "masking"},
    "salt and pepper": {"corruption": "salt_pepper"},
    "l1": {"sparsity": "l1"},
    "kl": {"sparsity": "kl", "code_activation": "logistic"},
    "contractive": {"contractive_weight": 0.1},
    "variational": {"variational": True},
    "logistic output": {"output_activation": "logistic"},
    "log_loss": {"loss": "log_loss"},
    "absolute_error": {"loss": "absolute_error"},
    "layer norm": {"normalization": "layer"},
    "batch norm": {"normalization": "batch"},
    "dropout": {"dropout": 0.2},
    "pca": {"init": "pca"},
    "early stopping": {"early_stopping": True},
    "sgd": {"solver": "sgd", "max_grad_norm": 1.0},
}
#: Pairs that are refused.
APART = [
    ("tied", "variational", "tied_weights=True do not combine"),
    ("l1", "variational", "sparsity='l1' do not combine"),
    ("kl", "variational", "needs code_activation='identity', got 'logistic'"),
    ("contractive", "variational", "contractive_weight > 0 do not combine"),
    ("variational", "pca", "init='pca' do not combine"),
    ("contractive", "layer norm", "combines neither with normalization"),
    ("contractive", "batch norm", "combines neither with normalization"),
    ("contractive", "dropout", "nor with dropout"),
    ("tied", "pca", "init='pca' do not combine"),
    ("layer norm", "pca", "normalization do not combine"),
    ("batch norm", "pca", "normalization do not combine"),
    ("logistic output", "absolute_error", "needs output_activation='identity', got 'logistic'"),
]
#: Two at a time, where they do not ask for two values of one parameter.
TOGETHER = [
    (first, second)
    for first, second in combinations(OPTIONS, 2)
    if not OPTIONS[first].keys() & OPTIONS[second].keys()
    and {first, second} not in [{*pair} for *pair, _ in APART]
]


@pytest.mark.parametrize("first, second, reason", APART)
def test_variants_that_do_not_combine(first, second, reason, X):
    ae = autoencoder(max_iter=2, **OPTIONS[first], **OPTIONS[second])
    with pytest.raises(ValueError, match=reason):
        ae.fit((X - X.min()) / (X.max() - X.min()))
    assert not hasattr(ae, "coefs_")


@pytest.mark.parametrize("first, second", TOGETHER)
@pytest.mark.filterwarnings("ignore:.* has no effect with hidden_layer_sizes")
def test_variants_combine(first, second, X):
    """The whole is trained and used."""
    ae = autoencoder(max_iter=2, **OPTIONS[first], **OPTIONS[second])
    X = (X - X.min()) / (X.max() - X.min())
    ae.fit(X, sample_weight=np.linspace(0.5, 1.5, len(X)))
    assert np.isfinite(ae.loss_)
    assert_allclose(ae.inverse_transform(ae.transform(X)), ae.predict(X), rtol=1e-10)
    assert_allclose(ae.transform(X[:1]), ae.transform(X)[:1], rtol=1e-9, atol=1e-12)


def test_an_activation_of_one_s_own_in_all_places(X):
    def function(z, out):
        np.arctan(z, out=out)

    def derivative(z, out):
        np.reciprocal(1 + z * z, out=out)

    def second(z, out):
        np.divide(-2 * z, (1 + z * z) ** 2, out=out)

    with_second = Activation("arctan", function, derivative, second_derivative=second)
    without = Activation("arctan", function, derivative)
    ae = autoencoder(activation=with_second, code_activation=with_second, contractive_weight=0.1)
    assert ae.fit(X).score(X) > 0.5
    assert np.abs(ae.transform(X)).max() < np.pi / 2
    ae = autoencoder(activation=without, code_activation=without)
    assert ae.fit(X).score(X) > 0.5
