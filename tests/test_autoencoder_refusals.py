"""Bad input to the autoencoder: an error that says what is wrong, and an estimator unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.manifold import Isomap

from skbackprop import Activation, BackpropAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ENTRANCES = ["fit", "partial_fit", "warm fit"]


class _NotAnything:
    pass


def _arctan(z, out):
    np.arctan(z, out=out)


def _arctan_derivative(z, out):
    np.reciprocal(1 + z * z, out=out)


def autoencoder(n_components=2, hidden_layer_sizes=(4,), **params):
    defaults = {"max_iter": 2, "random_state": 0}
    return BackpropAutoencoder(n_components, hidden_layer_sizes, **{**defaults, **params})


@pytest.fixture
def X():
    return np.random.RandomState(0).uniform(0, 1, (40, 5))


def assert_refused(state, ae, X, call, match, error=ValueError):
    """`call` raises, and neither attributes nor outputs change."""
    attributes, codes = state(ae), ae.transform(X)
    with pytest.raises(error, match=match):
        call()
    assert state(ae) == attributes
    assert_array_equal(ae.transform(X), codes)


def entered(ae, entrance):
    """The method that trains a fitted autoencoder anew, or further."""
    ae.set_params(warm_start=entrance == "warm fit")
    return ae.partial_fit if entrance == "partial_fit" else ae.fit


# Parameters -----------------------------------------------------------------------

BAD_PARAMETERS = {
    "n_components": [0, -1, 2.5, "two", None, (2,)],
    "hidden_layer_sizes": [0, (4, 0), (4, 2.5), "10", None],
    "decoder_layer_sizes": [0, (4, 0), (4, 2.5), "10"],
    "activation": ["sigmoid", None, ["tanh", "sigmoid"], ["tanh", "tanh", "tanh"]],
    "code_activation": ["sigmoid", None, ["tanh"]],
    "output_activation": ["tanh", "softmax", None],
    "loss": ["poisson", None, "mse"],
    "standardize": ["yes", None],
    "tied_weights": ["yes", None],
    "corruption": ["dropout", True],
    "corruption_level": [-0.1, None, "a"],
    "sparsity": ["l2", 0.1],
    "sparsity_weight": [-1e-3, None],
    "sparsity_target": [0, 1, -0.1, 1.5],
    "contractive_weight": [-0.1, None, "a"],
    "variational": ["yes", None],
    "beta": [-1.0, None],
    "n_init": [0, 2.5, None],
    "init": ["svd", 3, None],
    "huber_delta": [0, -1.0],
    "dropout": [-0.1, 1.0, (0.1,), None],
    "normalization": ["instance", 1],
    "scoring": ["no_such_score", 3],
}
BAD = [
    (name, value) for name, values in BAD_PARAMETERS.items() for value in [*values, _NotAnything()]
]


@pytest.mark.parametrize("name, value", BAD, ids=lambda value: str(value).split(" object")[0])
def test_bad_parameter(name, value, X, state):
    ae = autoencoder(hidden_layer_sizes=(4, 4)).fit(X)
    ae.set_params(**{name: value})
    assert_refused(state, ae, X, lambda: ae.fit(X), name)
    new = clone(ae)  # of one that was fitted, scikit-learn checks no parameters in partial_fit
    with pytest.raises(ValueError, match=name):
        new.partial_fit(X)
    assert not hasattr(new, "coefs_")


def test_more_components_than_features(X):
    with pytest.raises(ValueError, match=r"n_components=6 must be at most n_features=5"):
        autoencoder(6).fit(X)
    for regular in (
        {"corruption": "masking"},
        {"sparsity": "l1"},
        {"contractive_weight": 0.1},
        {"variational": True},
    ):
        assert autoencoder(6, **regular).fit_transform(X).shape == (40, 6)


# Variants -------------------------------------------------------------------------

ARCTAN = Activation("arctan", _arctan, _arctan_derivative)
LBFGS = {"solver": "lbfgs"}

#: What does not combine, and the reason that is given.
REFUSED = [
    ({"sparsity": "kl"}, "sparsity='kl' needs code_activation='logistic', got 'identity'"),
    (
        {"sparsity": "kl", "code_activation": "tanh"},
        "sparsity='kl' needs code_activation='logistic', got 'tanh'",
    ),
    (
        {"variational": True, "code_activation": "tanh"},
        "variational=True needs code_activation='identity', got 'tanh'",
    ),
    ({"variational": True, "tied_weights": True}, "tied_weights=True do not combine"),
    ({"variational": True, "sparsity": "l1"}, "sparsity='l1' do not combine"),
    ({"variational": True, "contractive_weight": 0.1}, "contractive_weight > 0 do not combine"),
    ({"variational": True, "init": "pca"}, "init='pca' do not combine"),
    ({"contractive_weight": 0.1, "normalization": "layer"}, "neither with normalization nor"),
    ({"contractive_weight": 0.1, "normalization": "batch"}, "neither with normalization nor"),
    ({"contractive_weight": 0.1, "dropout": 0.1}, "neither with normalization nor with dropout"),
    ({"contractive_weight": 0.1, "activation": ARCTAN}, "second derivative; arctan has none"),
    ({"contractive_weight": 0.1, "code_activation": ARCTAN}, "second derivative; arctan"),
    (
        {"tied_weights": True, "decoder_layer_sizes": (3,)},
        r"tied_weights=True needs decoder_layer_sizes=None, got \(3,\)",
    ),
    ({"tied_weights": True, "init": "isomap"}, "tied_weights=True and init='isomap'"),
    ({"init": "pca", "normalization": "batch"}, "init='pca' and normalization"),
    ({"init": "pca", "code_activation": "relu"}, "init='pca' needs code_activation.*got 'relu'"),
    ({"loss": "huber", "output_activation": "logistic"}, "loss='huber' needs output_activation"),
    (
        {"loss": "absolute_error", "output_activation": "logistic"},
        "loss='absolute_error' needs output_activation='identity', got 'logistic'",
    ),
    (
        {"corruption": "masking", "corruption_level": 1.1},
        r"corruption_level must be in \[0, 1\] with corruption='masking'.*Got 1.1",
    ),
    (
        {"corruption": "salt_pepper", "corruption_level": 2},
        r"corruption_level must be in \[0, 1\] with corruption='salt_pepper'.*Got 2",
    ),
    ({**LBFGS, "corruption": "gaussian"}, "solver='lbfgs' cannot minimise a loss that changes"),
    ({**LBFGS, "contractive_weight": 0.1}, "solver='lbfgs' cannot minimise a loss that changes"),
    ({**LBFGS, "variational": True}, "solver='lbfgs' cannot minimise a loss that changes"),
    ({**LBFGS, "dropout": 0.1}, "solver='lbfgs' cannot minimise a loss that changes"),
    (
        {"activation": ["tanh"], "decoder_layer_sizes": (3, 3)},
        "activation must be a single one when decoder_layer_sizes has another length",
    ),
]


@pytest.mark.parametrize("params, reason", REFUSED, ids=["-".join(params) for params, _ in REFUSED])
def test_variants_that_do_not_combine(params, reason, X, state):
    with pytest.raises(ValueError, match=reason):
        autoencoder(**params).fit(X)
    ae = autoencoder().fit(X)
    ae.set_params(**params)
    assert_refused(state, ae, X, lambda: ae.fit(X), reason)


def test_strong_gaussian_noise_is_allowed(X):
    assert autoencoder(corruption="gaussian", corruption_level=3.0).fit(X).n_iter_ == 2


def test_init_must_fit_the_layers(X):
    good = [(np.ones((5, 2)), np.zeros(2)), (np.ones((2, 5)), np.zeros(5))]
    assert autoencoder(2, (), init=good).fit(X).n_iter_ == 2
    with pytest.raises(ValueError, match="init has 1 entries for 2 layers"):
        autoencoder(2, (), init=good[:1]).fit(X)
    with pytest.raises(ValueError, match=r"W of shape \(2, 5\).*fan_in=5 and fan_out=2"):
        autoencoder(2, (), init=good[::-1]).fit(X)


@pytest.mark.parametrize(
    "init, n_components, n_samples, reason",
    [
        ("pca", 6, 40, "needs n_components <= 5"),
        ("pca", 4, 3, "needs n_components <= 3"),
        ("isomap", 2, 2, "init='isomap' needs .* distinct samples"),
    ],
)
def test_too_little_for_an_embedding(init, n_components, n_samples, reason, X):
    ae = autoencoder(n_components, init=init, corruption="gaussian")
    with pytest.raises(ValueError, match=reason):
        ae.fit(X[:n_samples])


def test_isomap_leaves_out_numbers_of_neighbours_that_have_no_embedding():
    """Distances along a graph need not be those of any Euclidean space; here those of 5 are not."""
    X = np.random.RandomState(0).standard_normal((8, 2))
    with pytest.raises(ValueError, match="negative eigenvalues"):
        Isomap(n_neighbors=5, n_components=7, eigen_solver="dense").fit(X)
    ae = autoencoder(7, init="isomap", corruption="gaussian").fit(X)
    assert np.isfinite(ae.transform(X)).all()


def test_too_many_dimensions_for_isomap():
    X = np.random.RandomState(0).standard_normal((40, 2))
    ae = autoencoder(39, init="isomap", corruption="gaussian")
    with pytest.raises(ValueError, match=r"init='isomap'.* 40 distinct samples.*n_components=39"):
        ae.fit(X)


@pytest.mark.parametrize("init", ["pca", "isomap"])
def test_an_embedding_of_one_point(init):
    with pytest.raises(ValueError, match="distinct"):
        autoencoder(init=init).fit(np.ones((40, 3)))


# Data -----------------------------------------------------------------------------


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_data_must_be_finite(odd, entrance, X, state):
    ae = autoencoder().fit(X)
    bad = X.copy()
    bad[3, 1] = odd
    train = entered(ae, entrance)
    assert_refused(state, ae, X, lambda: train(bad), r"NaN|infinity")


@pytest.mark.parametrize("entrance", ["partial_fit", "warm fit"])
def test_number_of_features_is_kept(entrance, X, state):
    ae = autoencoder().fit(X)
    train = entered(ae, entrance)
    assert_refused(state, ae, X, lambda: train(X[:, :4]), "4 features.*expecting 5")


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    "params, asked",
    [
        ({"loss": "log_loss"}, "loss='log_loss'"),
        ({"output_activation": "logistic"}, "output_activation='logistic'"),
        ({"output_activation": "logistic", "standardize": False}, "output_activation='logistic'"),
    ],
    ids=["log_loss", "logistic", "logistic, not standardized"],
)
def test_data_outside_the_range_of_the_output(params, asked, entrance, X, state):
    ae = autoencoder(**params).fit(X)
    observed = rf"{asked} needs data in \[0, 1\], got values in \[-0.25, 1.5\]"
    bad = X.copy()
    bad[0, 0], bad[1, 1] = -0.25, 1.5
    train = entered(ae, entrance)
    assert_refused(state, ae, X, lambda: train(bad), observed)
    if entrance == "fit":
        ae.set_params(early_stopping=True)
        assert_refused(state, ae, X, lambda: ae.fit(X, X_val=bad), observed)
        assert np.isfinite(ae.transform(bad)).all()  # only training has a target


@pytest.mark.parametrize("corruption", [None, "salt_pepper"])
@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    "weights, reason",
    [
        (np.ones(39), "sample_weight"),
        (-np.ones(40), "Negative values in data passed to `sample_weight`"),
        (np.zeros(40), r"at least one (positive value|non-zero number)"),
        (np.full(40, np.nan), "NaN"),
    ],
    ids=["length", "negative", "zero", "nan"],
)
def test_bad_weights(weights, reason, entrance, corruption, X, state):
    ae = autoencoder(corruption=corruption).fit(X)
    train = entered(ae, entrance)
    assert_refused(state, ae, X, lambda: train(X, sample_weight=weights), reason)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_data(make, X):
    with pytest.raises(TypeError, match="dense"):
        autoencoder().fit(make(X))


def test_validation_set(X, state):
    ae = autoencoder(early_stopping=True).fit(X)
    for call, reason in [
        (lambda: ae.fit(X, X_val=X[:, :4]), "4 features.*expecting 5"),
        (lambda: ae.fit(X, X_val=X * np.nan), "NaN"),
        (lambda: ae.fit(X, sample_weight_val=np.ones(3)), "X_val was not provided"),
        (lambda: ae.fit(X, X_val=X, sample_weight_val=np.ones(3)), "sample_weight"),
        (lambda: ae.fit(X, X_val=X, sample_weight_val=-np.ones(40)), "sample_weight_val"),
        (lambda: ae.partial_fit(X), "partial_fit does not support early_stopping"),
        (lambda: ae.fit(X[:3]), "validation set is too small"),
    ]:
        assert_refused(state, ae, X, call, reason)
    ae.set_params(early_stopping=False)
    assert_refused(state, ae, X, lambda: ae.fit(X, X_val=X), "early_stopping is False")


def test_tied_weights_are_given_once(X, state):
    """The decoder's W in ``init`` is the encoder's, transposed, or it would count for nothing."""
    fitted = autoencoder(tied_weights=True).fit(X)
    pairs = list(zip(fitted.coefs_, fitted.intercepts_, strict=True))
    again = autoencoder(tied_weights=True, init=pairs, max_iter=1).fit(X)
    assert len(again.coefs_) == len(pairs)
    wrong = [*pairs[:-1], (pairs[-1][0] + 1.0, pairs[-1][1])]
    fitted.set_params(init=wrong)
    reason = rf"init\[{len(pairs) - 1}\] has another W than the transpose of init\[0\]'s"
    assert_refused(state, fitted, X, lambda: fitted.fit(X), reason)
    autoencoder(init=wrong).fit(X)


def test_diverged_training_leaves_the_estimator_as_it_was(X, state):
    ae = autoencoder(solver="sgd", learning_rate="constant").fit(X)
    ae.set_params(learning_rate_init=1e9, max_iter=20)
    for n_init in (1, 2):
        ae.set_params(n_init=n_init)
        assert_refused(state, ae, X, lambda: ae.fit(X), "non-finite")


# Use ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    ["transform", "predict", "inverse_transform", "reconstruction_error", "score_samples", "score"],
)
def test_use_before_fit(method, X):
    with pytest.raises(NotFittedError):
        getattr(autoencoder(), method)(X)
    with pytest.raises(NotFittedError):
        autoencoder(variational=True).sample()
    with pytest.raises(NotFittedError):
        autoencoder().get_feature_names_out()


def test_use_with_other_widths(X):
    ae = autoencoder().fit(X)
    with pytest.raises(ValueError, match="n_components=2"):
        ae.inverse_transform(X)
    for method in ("transform", "predict", "reconstruction_error", "score_samples", "score"):
        with pytest.raises(ValueError, match="expecting 5 features"):
            getattr(ae, method)(X[:, :4])


def test_samples_need_a_distribution(X):
    with pytest.raises(ValueError, match="sample needs variational=True"):
        autoencoder().fit(X).sample(3)
    ae = autoencoder(variational=True).fit(X)
    for n_samples in (0, -1):
        with pytest.raises(ValueError, match=f"n_samples.*{n_samples}"):
            ae.sample(n_samples)


def test_clone_of_what_was_refused_can_be_mended(X):
    ae = clone(autoencoder(variational=True, tied_weights=True))
    with pytest.raises(ValueError, match="combine"):
        ae.fit(X)
    assert not hasattr(ae, "coefs_")
    assert not hasattr(ae, "n_features_in_")
    assert ae.set_params(tied_weights=False).fit(X).sample().shape == (1, 5)
