"""How an autoencoder is trained: weights, validation, schedules, several starts, going on."""

from __future__ import annotations

import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from skbackprop import Activation, BackpropAutoencoder

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning",
    "ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning",
)

#: Variants, and the terms of their losses.
VARIANTS = {
    "plain": ({}, {"reconstruction", "l2"}),
    "tied": ({"tied_weights": True}, {"reconstruction", "l2"}),
    "gaussian": ({"corruption": "gaussian"}, {"reconstruction", "l2"}),
    "salt and pepper": ({"corruption": "salt_pepper"}, {"reconstruction", "l2"}),
    "l1": ({"sparsity": "l1"}, {"reconstruction", "l2", "sparsity"}),
    "kl": (
        {"sparsity": "kl", "code_activation": "logistic"},
        {"reconstruction", "l2", "sparsity"},
    ),
    "contractive": ({"contractive_weight": 0.1}, {"reconstruction", "l2", "contractive"}),
    "contractive, l1": (
        {"contractive_weight": 0.1, "sparsity": "l1"},
        {"reconstruction", "l2", "contractive", "sparsity"},
    ),
    "variational": ({"variational": True}, {"reconstruction", "l2", "kl"}),
    "batch norm": ({"normalization": "batch"}, {"reconstruction", "l2"}),
    "dropout": ({"dropout": 0.2}, {"reconstruction", "l2"}),
    "lbfgs": ({"solver": "lbfgs"}, {"reconstruction", "l2"}),
    "pca": ({"init": "pca", "solver": "lbfgs"}, {"reconstruction", "l2"}),
    "isomap": ({"init": "isomap", "solver": "lbfgs"}, {"reconstruction", "l2"}),
}
STREAMING = [name for name in VARIANTS if name not in ("lbfgs", "pca", "isomap")]


def autoencoder(n_components=2, hidden_layer_sizes=(6,), **params):
    defaults = {"max_iter": 8, "random_state": 0}
    return BackpropAutoencoder(n_components, hidden_layer_sizes, **{**defaults, **params})


@pytest.fixture
def X():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 5))
    return X + 0.2 * rng.standard_normal(X.shape)


# The loss -------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_terms_sum_to_the_loss(variant, X):
    params, terms = VARIANTS[variant]
    ae = autoencoder(**params).fit(X)
    assert set(ae.loss_terms_) == terms
    assert_allclose(np.sum(list(ae.loss_terms_.values()), axis=0), ae.loss_curve_, rtol=1e-12)
    assert ae.loss_ == ae.loss_curve_[-1]
    assert all(value >= 0 for values in ae.loss_terms_.values() for value in values)


def test_loss_of_a_full_batch_is_the_objective(X):
    """Before each step, so of the weights that the epoch before left."""
    params = {"batch_size": 60, "alpha": 0.5, "sparsity": "l1", "sparsity_weight": 0.2}
    before, after = (autoencoder(max_iter=n, **params) for n in (3, 4))
    for ae in (before, after):
        ae.set_params(learning_rate="constant").fit(X)
    squares = (((X - before.predict(X)) / before.scale_) ** 2).sum(axis=1)
    expected = {
        "reconstruction": squares.mean() / 2,
        "sparsity": 0.2 * np.abs(before.transform(X)).sum(axis=1).mean(),
        "l2": 0.5 / 2 / 60 * sum((W**2).sum() for W in before.coefs_),
    }
    for term, value in expected.items():
        assert_allclose(after.loss_terms_[term][-1], value, rtol=1e-12, err_msg=term)


def test_corruption_is_of_the_input_and_not_of_the_target(X):
    """With all input masked away, the best constant is the mean of the clean data."""
    ae = autoencoder(
        corruption="masking", corruption_level=1.0, max_iter=300, learning_rate_init=0.02
    ).fit(X)
    assert_allclose(ae.predict(ae.mean_[np.newaxis])[0], X.mean(axis=0), atol=0.02)
    assert_allclose(ae.loss_terms_["reconstruction"][-1], 5 / 2, rtol=0.02)  # d/2 in scaled units


def test_only_training_sees_noise(X):
    clean, noisy = (
        autoencoder(corruption="gaussian", corruption_level=level, max_iter=200).fit(X)
        for level in (0.0, 1.0)
    )
    assert noisy.loss_terms_["reconstruction"][-1] > 2 * clean.loss_terms_["reconstruction"][-1]
    error = (noisy.reconstruction_error(X, per_feature=True) / noisy.scale_**2).sum(axis=1).mean()
    assert error / 2 < 0.8 * noisy.loss_terms_["reconstruction"][-1]


# Weights --------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_weight_of_zero_is_absence(variant, X, parameters):
    """Of rows that would change units, range and embedding, were they seen."""
    params = {**VARIANTS[variant][0], "shuffle": False, "batch_size": 60}
    if params.get("solver") == "lbfgs":
        params = VARIANTS[variant][0]
    ae = autoencoder(**{**params, "max_iter": 3})
    weights = np.repeat([1.0, 0.0], [60, 5])
    more = np.vstack([X, 30 + 9 * X[:5]])
    if "batch_size" in params:
        ae.set_params(batch_size=65)
    weighted = ae.fit(more, sample_weight=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the batch size is clipped
        alone = clone(ae).fit(X)
    assert_allclose(weighted.mean_, alone.mean_)
    assert_allclose(weighted.scale_, alone.scale_)
    assert_allclose(parameters(weighted), parameters(alone), rtol=1e-6, atol=1e-8)


def test_weights_say_who_is_reconstructed(X):
    groups = np.arange(60) % 2
    flipped = X * np.where(groups, 1, -1)[:, np.newaxis] + 3 * groups[:, np.newaxis]
    scores = []
    for favoured in (0, 1):
        weights = np.where(groups == favoured, 1.0, 1e-3)
        ae = autoencoder(1, max_iter=200, learning_rate_init=0.01, standardize=False)
        ae.fit(flipped, sample_weight=weights)
        errors = ae.reconstruction_error(flipped)
        scores.append(errors[groups == 1].mean() - errors[groups == 0].mean())
    assert scores[0] > 0 > scores[1]


# Validation -----------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["plain", "gaussian", "variational", "dropout", "lbfgs"])
def test_validation_is_of_the_clean_deterministic_reconstruction(variant, X):
    ae = autoencoder(early_stopping=True, n_iter_no_change=100, **VARIANTS[variant][0])
    ae.fit(X[:40], X_val=X[40:])
    assert len(ae.validation_scores_) == ae.n_iter_
    assert_allclose(ae.score(X[40:]), ae.best_validation_score_, rtol=1e-9)
    assert ae.best_validation_score_ == max(ae.validation_scores_)


def test_validation_weights(X):
    weights = np.random.RandomState(0).uniform(0, 2, 20)
    ae = autoencoder(early_stopping=True)
    ae.fit(X[:40], X_val=X[40:], sample_weight_val=weights)
    assert_allclose(ae.score(X[40:], sample_weight=weights), ae.best_validation_score_, rtol=1e-9)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(
    "scoring, by_hand",
    [
        ("loss", lambda ae, X: -((X - ae.predict(X)) ** 2 / ae.scale_**2).sum(axis=1).mean() / 2),
        ("neg_mean_squared_error", lambda ae, X: -((X - ae.predict(X)) ** 2).mean()),
        (lambda ae, X, y: -np.abs(X - ae.predict(y)).max(), None),
    ],
    ids=["loss", "name", "callable"],
)
def test_scoring(scoring, by_hand, standardize, X):
    """A scorer sees the data as they were given, not as they are scaled."""
    X = 5 + 3 * X
    ae = autoencoder(early_stopping=True, scoring=scoring, standardize=standardize)
    ae.fit(X[:40], X_val=X[40:])
    expected = by_hand(ae, X[40:]) if by_hand else scoring(ae, X[40:], X[40:])
    assert_allclose(ae.best_validation_score_, expected, rtol=1e-9)


def test_early_stopping_ends_and_restores_the_best(X):
    ae = autoencoder(
        early_stopping=True, max_iter=2000, learning_rate_init=0.1, n_iter_no_change=5
    ).fit(X)
    assert ae.n_iter_ < 2000
    assert ae.best_validation_score_ == max(ae.validation_scores_)


@pytest.mark.parametrize("init", ["pca", "isomap"])
def test_the_start_has_not_seen_the_validation_rows(init, X, parameters):
    """The seed says which rows are held out; other values in them change nothing."""
    held_out = []

    def scoring(estimator, X_val, y_val):
        held_out[:] = [np.flatnonzero((row == X).all(axis=1))[0] for row in X_val]
        return 0.0

    params = {"init": init, "early_stopping": True, "standardize": False, "max_iter": 1}
    expected = parameters(autoencoder(scoring=scoring, **params).fit(X))
    assert len(set(held_out)) == 6
    other = X.copy()
    other[held_out] += 10 * X[held_out[::-1]]
    assert_array_equal(parameters(autoencoder(**params).fit(other)), expected)
    other[np.setdiff1d(np.arange(60), held_out)[0]] *= 1.01
    assert (parameters(autoencoder(**params).fit(other)) != expected).any()


# Schedules ------------------------------------------------------------------------


def test_a_schedule_runs_its_course(X):
    with pytest.warns(UserWarning, match=r"n_iter_no_change=1"):
        ae = autoencoder(max_iter=50, tol=10.0, n_iter_no_change=1).fit(X)
    assert ae.n_iter_ == 50
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert autoencoder(max_iter=50).fit(X).n_iter_ == 50


def test_without_a_schedule_a_plateau_is_the_end(X):
    ae = autoencoder(max_iter=50, tol=10.0, n_iter_no_change=1, learning_rate="constant").fit(X)
    assert ae.n_iter_ < 50


@pytest.mark.parametrize(
    "n_samples, expected", [(20, 20), (500, 32), (4000, 100), (60_000, 200)], ids=str
)
def test_automatic_batch_size(n_samples, expected):
    assert autoencoder()._batch_size(n_samples) == expected


def test_a_schedule_at_its_end_is_not_silent(X):
    """Streaming goes on after ``max_iter`` calls, but at a rate of zero."""
    ae = autoencoder(max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            ae.partial_fit(X)
    with pytest.warns(ConvergenceWarning, match="max_iter=3.*learning_rate"):
        ae.partial_fit(X)
    constant = autoencoder(max_iter=3, learning_rate="constant")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            constant.partial_fit(X)


# Several starts -------------------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_best_start_is_kept(early_stopping, X):
    seeds = np.random.RandomState(0).randint(2**31 - 1, size=4)
    params = {"max_iter": 20, "early_stopping": early_stopping}
    starts = [autoencoder(**{**params, "random_state": int(seed)}).fit(X) for seed in seeds]
    ae = autoencoder(n_init=4, **params).fit(X)
    if early_stopping:
        best = max(starts, key=lambda start: start.best_validation_score_)
    else:
        best = min(starts, key=lambda start: start.loss_)
    # trained side by side: the sums are added up in another order
    assert_allclose(ae.predict(X), best.predict(X), rtol=1e-10)
    assert_allclose(ae.loss_curve_, best.loss_curve_, rtol=1e-10)
    assert ae.random_state == 0
    assert len({start.loss_ for start in starts}) == 4


def _for_two_axes(z, out):
    assert z.ndim == 2
    np.tanh(z, out=out)


def _of_the_first_axis(z, out):
    np.tanh(z, out=out)
    out[1:] *= 0.5  # rows, or all networks but the first


@pytest.mark.parametrize("function", [_for_two_axes, _of_the_first_axis])
def test_several_starts_of_an_activation_for_two_axes_only(function, X):
    """They are trained one after the other."""
    activation = Activation("mine", function, lambda a, out: np.subtract(1, a * a, out=out), False)
    seeds = np.random.RandomState(0).randint(2**31 - 1, size=3)
    params = {"activation": activation, "max_iter": 5}
    starts = [autoencoder(**{**params, "random_state": int(seed)}).fit(X) for seed in seeds]
    ae = autoencoder(n_init=3, **params).fit(X)
    assert ae.loss_curve_ == min((start.loss_curve_ for start in starts), key=lambda c: c[-1])


def test_several_starts_leave_nothing_of_an_earlier_fit(X):
    pd = pytest.importorskip("pandas")
    ae = autoencoder().partial_fit(pd.DataFrame(X, columns=list("abcde")))
    ae.set_params(n_init=2).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ae.predict(X)
    expected = autoencoder(n_init=2).fit(X)
    assert set(vars(ae)) == set(vars(expected))
    assert_array_equal(ae.partial_fit(X).predict(X), expected.partial_fit(X).predict(X))


# Going on -------------------------------------------------------------------------


@pytest.mark.parametrize("variant", STREAMING)
def test_partial_fit_is_an_epoch(variant, X, parameters):
    params = {"learning_rate": "constant", "shuffle": False, **VARIANTS[variant][0]}
    whole = autoencoder(max_iter=4, tol=0.0, **params).fit(X)
    steps = autoencoder(**params)
    for _ in range(4):
        steps.partial_fit(X)
    assert_allclose(parameters(steps), parameters(whole), rtol=1e-10)
    assert_allclose(steps.loss_curve_, whole.loss_curve_)
    for term, values in whole.loss_terms_.items():
        assert_allclose(steps.loss_terms_[term], values, err_msg=term)


@pytest.mark.parametrize("variant", STREAMING)
def test_partial_fit_after_a_pickle(variant, X, parameters):
    ae = autoencoder(**VARIANTS[variant][0]).partial_fit(X)
    twin = pickle.loads(pickle.dumps(ae))
    for data in (X, X[:7], X + 1):
        ae.partial_fit(data)
        twin.partial_fit(data)
        assert_array_equal(parameters(twin), parameters(ae))


def test_partial_fit_keeps_the_units_of_the_first_call(X):
    ae = autoencoder().partial_fit(X)
    mean, scale, score = ae.mean_.copy(), ae.scale_.copy(), ae.score(X)
    for _ in range(4):
        ae.partial_fit(5 * X + 3)
    assert_array_equal(ae.mean_, mean)
    assert_array_equal(ae.scale_, scale)
    assert ae.score(X) != score


def test_partial_fit_is_for_streams_only():
    for params in ({"solver": "lbfgs"}, {"init": "pca"}, {"init": "isomap"}):
        assert not hasattr(autoencoder(**params), "partial_fit")
    assert hasattr(autoencoder(), "partial_fit")


@pytest.mark.parametrize("variant", VARIANTS)
def test_warm_start_goes_on(variant, X):
    ae = autoencoder(warm_start=True, **VARIANTS[variant][0])
    first = ae.fit(X).loss_
    n_epochs = ae.n_iter_
    ae.fit(X)
    assert len(ae.loss_curve_) == n_epochs + ae.n_iter_
    assert ae.loss_ < first + 0.05
    assert_allclose(np.sum(list(ae.loss_terms_.values()), axis=0), ae.loss_curve_, rtol=1e-12)


def test_warm_start_ignores_n_init(X, parameters):
    ae = autoencoder(warm_start=True).fit(X)
    twin = pickle.loads(pickle.dumps(ae)).set_params(n_init=3)
    assert_array_equal(parameters(twin.fit(X)), parameters(ae.fit(X)))


@pytest.mark.parametrize("variant", ["gaussian", "salt and pepper", "dropout"])
def test_warm_start_after_the_noise_was_turned_off(variant, X):
    """Layers are those of the first fit; the parameter alone must not break the second."""
    ae = autoencoder(warm_start=True, **VARIANTS[variant][0]).fit(X)
    ae.set_params(corruption=None, dropout=0.0).fit(X)
    assert np.isfinite(ae.loss_)


@pytest.mark.parametrize("change", [{"n_components": 3}, {"hidden_layer_sizes": (7,)}], ids=str)
def test_warm_start_with_other_widths_is_refused(change, X):
    ae = autoencoder(warm_start=True).fit(X)
    with pytest.raises(ValueError, match="Training cannot go on"):
        ae.set_params(**change).fit(X)


# Starts from an embedding ---------------------------------------------------------


def test_start_from_pca_is_pca(X):
    """Without hidden layers, before any step of note."""
    params = {"max_iter": 1, "learning_rate_init": 1e-12, "alpha": 0.0}
    ae = autoencoder(2, (), init="pca", standardize=False, **params).fit(X)
    pca = PCA(2).fit(X)
    codes, scores = ae.transform(X), pca.transform(X)
    scale = scores[:, 0].std()
    assert_allclose(np.abs(codes), np.abs(scores / scale), atol=1e-4)
    assert_allclose(ae.predict(X), pca.inverse_transform(scores), atol=1e-4)


@pytest.mark.parametrize("code_activation", ["identity", "tanh", "logistic"])
@pytest.mark.parametrize("init", ["pca", "isomap"])
def test_start_of_a_network_with_hidden_layers(init, code_activation):
    """The code begins along the one direction that there is."""
    rng = np.random.RandomState(1)
    t = np.sort(rng.uniform(-1, 1, 80))
    X = t[:, np.newaxis] * [1.0, 2.0, -1.0] + 0.01 * rng.standard_normal((80, 3))
    ae = autoencoder(
        1, (8,), init=init, code_activation=code_activation, max_iter=1, learning_rate_init=1e-12
    ).fit(X)
    codes = ae.transform(X)[:, 0]
    assert abs(np.corrcoef(codes, t)[0, 1]) > 0.99
    assert ae.score(X) > 0.98


@pytest.mark.parametrize(
    "variant",
    [
        {"loss": "log_loss"},
        {"output_activation": "logistic", "standardize": False},
        {"corruption": "masking"},
        {"contractive_weight": 0.01},
        {"sparsity": "kl", "code_activation": "logistic"},
        {"dropout": 0.1},
    ],
    ids=lambda variant: "-".join(map(str, variant)),
)
@pytest.mark.parametrize("init", ["pca", "isomap"])
def test_starts_combine(init, variant, X):
    """The first epoch is better than what a random start comes to in five."""
    X = 1 / (1 + np.exp(-X))
    random = autoencoder(max_iter=5, **variant).fit(X)
    started = autoencoder(init=init, max_iter=1, learning_rate_init=1e-6, **variant).fit(X)
    assert started.score(X) > random.score(X)


def test_large_data_are_embedded_by_landmarks():
    """A random thousand of the rows: the dissimilarities of all would take 800 MB."""
    rng = np.random.RandomState(0)
    t = rng.uniform(0, 1, 10_000)
    X = np.stack([t, t**2], axis=1) + 0.01 * rng.standard_normal((10_000, 2))
    ae = autoencoder(1, (8,), init="isomap", max_iter=1, learning_rate_init=1e-9)
    tracemalloc.start()
    ae.fit(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6
    assert abs(np.corrcoef(ae.transform(X)[:, 0], t)[0, 1]) > 0.97


def test_repeated_rows_do_not_upset_the_embedding(X):
    repeated = np.repeat(X, 12, axis=0)  # all 10 nearest neighbours are the point itself
    ae = autoencoder(2, (8,), init="isomap", solver="lbfgs", max_iter=50)
    assert_allclose(clone(ae).fit(repeated).score(X), ae.fit(X).score(X), atol=0.02)
