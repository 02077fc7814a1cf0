"""What a fitted autoencoder gives: codes, reconstructions, errors and scores, in the units of X."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

VARIANTS = {
    "plain": {},
    "deep": {"hidden_layer_sizes": (8, 6), "decoder_layer_sizes": (5,)},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "tied": {"tied_weights": True},
    "gaussian": {"corruption": "gaussian"},
    "masking": {"corruption": "masking", "standardize": False},
    "salt and pepper": {"corruption": "salt_pepper"},
    "l1": {"sparsity": "l1"},
    "kl": {"sparsity": "kl", "code_activation": "logistic"},
    "contractive": {"contractive_weight": 0.1, "code_activation": "tanh"},
    "variational": {"variational": True},
    "log loss": {"loss": "log_loss"},
    "logistic": {"output_activation": "logistic", "standardize": False},
    "huber": {"loss": "huber"},
    "layer norm": {"normalization": "layer"},
    "batch norm": {"normalization": "batch"},
    "dropout": {"dropout": 0.2},
    "lbfgs": {"solver": "lbfgs"},
    "pca": {"init": "pca", "solver": "lbfgs"},
    "n_init": {"n_init": 2},
}
METHODS = ("transform", "predict", "reconstruction_error", "score_samples")


def make_data(n_samples=60, n_features=5, dtype=np.float64, seed=0):
    """Correlated columns in [0, 1]."""
    rng = np.random.RandomState(seed)
    scores = rng.standard_normal((n_samples, 2)) @ rng.standard_normal((2, n_features))
    scores += 0.2 * rng.standard_normal(scores.shape)
    return (1 / (1 + np.exp(-scores))).astype(dtype)


def autoencoder(n_components=2, hidden_layer_sizes=(6,), **params):
    defaults = {"max_iter": 8, "random_state": 0}
    return BackpropAutoencoder(
        n_components, **{"hidden_layer_sizes": hidden_layer_sizes, **defaults, **params}
    )


@pytest.fixture
def X():
    return make_data()


# Outputs --------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_shapes_and_definitions(variant, X):
    ae = autoencoder(**VARIANTS[variant]).fit(X)
    codes, reconstruction = ae.transform(X), ae.predict(X)
    assert codes.shape == (60, 2)
    assert reconstruction.shape == X.shape
    assert_allclose(ae.inverse_transform(codes), reconstruction, rtol=1e-12)
    squares = (X - reconstruction) ** 2
    assert_allclose(ae.reconstruction_error(X), squares.mean(axis=1))
    assert_allclose(ae.reconstruction_error(X, per_feature=True), squares)
    assert_allclose(ae.score_samples(X), -(squares / ae.scale_**2).mean(axis=1))
    total = ((X - X.mean(axis=0)) ** 2).sum()
    assert_allclose(ae.score(X), 1 - squares.sum() / total)


@pytest.mark.parametrize("variant", VARIANTS)
def test_outputs_do_not_depend_on_order_or_company(variant, X):
    ae = autoencoder(**VARIANTS[variant]).fit(X)
    order = np.random.RandomState(1).permutation(len(X))
    for method in METHODS:
        whole = getattr(ae, method)(X)
        assert_array_equal(whole, getattr(ae, method)(X), err_msg=method)
        for rows in (order, order[:7], order[:1]):
            assert_allclose(
                getattr(ae, method)(X[rows]), whole[rows], rtol=1e-9, atol=1e-12, err_msg=method
            )


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_seed_makes_the_model(variant, X, parameters):
    one, same, other = (autoencoder(**VARIANTS[variant]) for _ in range(3))
    other.set_params(random_state=1)
    one, same, other = (parameters(ae.fit(X)) for ae in (one, same, other))
    assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_a_start_from_isomap_is_made_by_the_seed(parameters):
    X = make_data(300)
    params = {"init": "isomap", "solver": "lbfgs", "max_iter": 30}
    one, same = (parameters(autoencoder(1, **params).fit(X)) for _ in range(2))
    assert_array_equal(one, same)


@pytest.mark.parametrize("variant", ["plain", "deep", "tied", "variational", "log loss"])
def test_attributes(variant, X):
    ae = autoencoder(**VARIANTS[variant]).fit(X)
    widths = {"deep": (5, 8, 6, 2, 5, 5)}.get(variant, (5, 6, 2, 6, 5))
    assert ae.n_layers_ == len(widths)
    assert ae.n_outputs_ == ae.n_features_in_ == 5
    assert ae.out_activation_ == ("logistic" if variant == "log loss" else "identity")
    ends = list(widths[1:])
    if variant == "variational":
        ends[1] = 4  # mean and log-variance
    assert [W.shape for W in ae.coefs_] == list(zip(widths[:-1], ends, strict=True))
    assert [b.shape for b in ae.intercepts_] == [(n,) for n in ends]
    assert len(ae.loss_curve_) == ae.n_iter_ == 8
    assert ae.t_ == 8 * 60
    assert ae.gradient_norms_.shape == (8, len(widths) - 1)


# Units ----------------------------------------------------------------------------


def test_units_of_the_features_do_not_matter(X):
    unit, origin = np.array([1e3, 1e-3, 1.0, -2.0, 50.0]), np.array([0.0, 1.0, 1e3, -5.0, 2.0])
    plain, other = (autoencoder(max_iter=30).fit(data) for data in (X, X * unit + origin))
    flip = np.sign(unit)
    first = autoencoder(max_iter=30).fit(X * flip)
    assert_allclose(other.transform(X * unit + origin), first.transform(X * flip), atol=1e-6)
    assert_allclose(
        (other.predict(X * unit + origin) - origin) / unit,
        first.predict(X * flip) * flip,
        atol=1e-6,
    )
    assert_allclose(other.scale_, np.abs(unit) * plain.scale_)
    assert_allclose(other.mean_, unit * plain.mean_ + origin)


@pytest.mark.parametrize("weights", [None, np.random.RandomState(5).uniform(0, 2, 60)])
def test_mean_and_scale(weights, X):
    ae = autoencoder().fit(X, sample_weight=weights)
    mean = np.average(X, axis=0, weights=weights)
    assert_allclose(ae.mean_, mean)
    assert_allclose(ae.scale_, np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights)))
    raw = autoencoder(standardize=False).fit(X, sample_weight=weights)
    assert_array_equal(raw.mean_, np.zeros(5))
    assert_array_equal(raw.scale_, np.ones(5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_far_from_zero_have_their_scale(dtype):
    rng = np.random.RandomState(0)
    X = (1e4 + [5.0, 50.0, 500.0] * rng.standard_normal((50_000, 3))).astype(dtype)
    ae = autoencoder(1, (), max_iter=1, batch_size=10_000).fit(X)
    assert_allclose(ae.mean_, X.mean(axis=0, dtype=np.float64), rtol=1e-6)
    assert_allclose(ae.scale_, X.std(axis=0, dtype=np.float64), rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_constant_features_are_centred_only(value, dtype):
    X = make_data(dtype=dtype)
    X[:, 2] = value
    ae = autoencoder().fit(X)
    assert ae.scale_[2] == 1.0
    assert_allclose(ae.mean_[2], value, rtol=1e-6)
    assert np.isfinite(ae.predict(X)).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_constant_data(early_stopping):
    X = np.ones((40, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ae = autoencoder(early_stopping=early_stopping).fit(X)
    assert np.isfinite(ae.predict(X)).all()
    assert ae.score(X) in (0.0, 1.0)  # as r2_score has it where nothing varies


def test_score_is_that_of_pca(X):
    """A start from PCA, and not a step from it."""
    ae = autoencoder(
        2, (), init="pca", alpha=0.0, max_iter=1, learning_rate_init=1e-12, standardize=False
    ).fit(X)
    pca = PCA(2).fit(X)
    assert_allclose(ae.score(X), pca.explained_variance_ratio_.sum(), rtol=1e-6)


def test_score_is_about_the_training_mean(X):
    ae, new = autoencoder().fit(X), make_data(seed=1) + 1.0
    error = ((new - ae.predict(new)) ** 2).sum(axis=1)
    total = ((new - X.mean(axis=0)) ** 2).sum(axis=1)
    assert_allclose(ae.score(new), 1 - error.sum() / total.sum())
    w = np.random.RandomState(0).uniform(0, 2, len(new))
    assert_allclose(ae.score(new, sample_weight=w), 1 - w @ error / (w @ total))
    assert np.isfinite(ae.score(new[:1]))


def test_y_is_ignored(X, parameters):
    ae = autoencoder().fit(X)
    for y in ([np.nan] * 3, "nothing", np.arange(60)):
        assert_array_equal(parameters(clone(ae).fit(X, y)), parameters(ae))
        assert_array_equal(clone(ae).fit_transform(X, y), ae.transform(X))
        assert clone(ae).fit(X).score(X, y) == ae.score(X)
        clone(ae).partial_fit(X, y)


# Precision, pickles ---------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_single_precision_goes_through(variant):
    X = make_data(dtype=np.float32)
    ae = autoencoder(**VARIANTS[variant]).fit(X)
    arrays = [*ae.coefs_, *ae.intercepts_, ae.mean_, ae.scale_]
    arrays += [getattr(ae, method)(X) for method in METHODS]
    arrays += [ae.inverse_transform(ae.transform(X))]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert ae.predict(X.astype(np.float64)).dtype == np.float32
    if hasattr(ae, "partial_fit"):
        ae.partial_fit(X.astype(np.float64))
        assert ae.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("variant", VARIANTS)
def test_pickle_round_trip(variant, X):
    ae = autoencoder(**VARIANTS[variant]).fit(X)
    twin = pickle.loads(pickle.dumps(ae))
    for method in METHODS:
        assert_array_equal(getattr(twin, method)(X), getattr(ae, method)(X))
    if hasattr(ae, "partial_fit"):
        assert_array_equal(
            twin.partial_fit(X).transform(X), ae.partial_fit(X).transform(X), err_msg="partial_fit"
        )


def test_pickle_holds_the_weights_once():
    X = make_data(n_features=50)
    ae = autoencoder(hidden_layer_sizes=(400,), max_iter=1).fit(X)
    n_bytes = sum(W.nbytes for W in ae.coefs_)
    assert n_bytes < len(pickle.dumps(ae)) < 1.1 * n_bytes + 10_000


# In company -----------------------------------------------------------------------


def test_names_of_columns(X):
    frame = pd.DataFrame(X, columns=list("abcde"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ae = autoencoder().fit(frame, sample_weight=np.ones(60))
        for method in (*METHODS, "score"):
            getattr(ae, method)(frame)
        ae.partial_fit(frame)
        autoencoder(early_stopping=True).fit(frame, X_val=frame[:20])
    assert_array_equal(ae.feature_names_in_, list("abcde"))
    for method in (*METHODS, "score"):
        with pytest.raises(ValueError, match="feature names should match"):
            getattr(ae, method)(frame[list("abced")])


def test_names_of_codes(X):
    ae = autoencoder(3).fit(X)
    names = [f"backpropautoencoder{i}" for i in range(3)]
    assert_array_equal(ae.get_feature_names_out(), names)
    frame = ae.set_output(transform="pandas").transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == names
    assert_array_equal(ae.inverse_transform(frame), ae.predict(X))
    polars = pytest.importorskip("polars")
    frame = ae.set_output(transform="polars").transform(X)
    assert isinstance(frame, polars.DataFrame)
    assert frame.columns == names


@pytest.mark.parametrize("output", ["pandas", "polars"])
@pytest.mark.parametrize("init", ["glorot_uniform", "pca", "isomap"])
def test_frames_asked_of_all_transformers(init, output, X):
    """What the fit uses inside must not be taken in by the global setting."""
    import sklearn

    pytest.importorskip(output)
    expected = autoencoder(init=init).fit_transform(X)
    with sklearn.config_context(transform_output=output):
        frame = autoencoder(init=init, early_stopping=False).fit_transform(X)
    assert_array_equal(frame.to_numpy(), expected)


def test_grid_search_finds_the_number_of_components():
    """Explained variance on held-out data; three independent directions and little noise."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((200, 3)) @ rng.standard_normal((3, 6))
    X += 0.01 * rng.standard_normal(X.shape)
    ae = autoencoder(1, (), solver="lbfgs", max_iter=100)
    search = GridSearchCV(ae, {"n_components": [1, 2, 3]}, cv=3).fit(X)
    assert search.best_params_ == {"n_components": 3}
    assert search.best_score_ > 0.99
    assert search.transform(X).shape == (200, 3)


def test_in_front_of_a_classifier():
    X, y = load_iris(return_X_y=True)
    ae = autoencoder(2, (16,), learning_rate_init=0.01, max_iter=60)
    pipe = make_pipeline(StandardScaler(), ae, LogisticRegression())
    assert cross_val_score(pipe, X, y, cv=5).mean() > 0.85
    search = GridSearchCV(pipe, {"backpropautoencoder__n_components": [1, 2]}, cv=3).fit(X, y)
    assert search.predict(X).shape == (150,)


def test_out_of_fold_reconstructions(X):
    ae = autoencoder(max_iter=30)
    held_out = cross_val_predict(ae, X, cv=4)
    assert held_out.shape == X.shape
    expected = clone(ae).fit(X[15:]).predict(X[:15])
    assert_array_equal(held_out[:15], expected)


def test_inverse_transform_through_a_pipeline(X):
    pipe = make_pipeline(StandardScaler(), autoencoder()).fit(X)
    assert_allclose(
        pipe.inverse_transform(pipe.transform(X)),
        pipe[0].inverse_transform(pipe[1].predict(pipe[0].transform(X))),
    )


# Samples --------------------------------------------------------------------------


def test_samples_are_decoded_draws_from_the_prior(X):
    ae = autoencoder(variational=True).fit(X)
    assert ae.sample().shape == (1, 5)
    samples = ae.sample(7, random_state=3)
    draws = np.random.RandomState(3).standard_normal((7, 2))
    assert_allclose(samples, ae.inverse_transform(draws))
    assert_array_equal(ae.sample(7), ae.sample(7))  # random_state of the estimator: an int
    assert (ae.sample(7, random_state=4) != samples).any()
    assert autoencoder(variational=True).fit(X.astype(np.float32)).sample().dtype == np.float32
