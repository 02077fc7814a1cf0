"""The outlier detector: scores, threshold, and what it finds that an error alone does not."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.base import clone
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropOutlierDetector

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CRITERIA = ["tail_probability", "density", "reconstruction"]
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 0.0, "tol": 1e-8, "max_iter": 2000}


def autoencoder(n_components=2, hidden_layer_sizes=(8,), **params):
    return BackpropAutoencoder(n_components, hidden_layer_sizes, **{"max_iter": 30, **params})


def detector(criterion="density", contamination="auto", **params):
    return BackpropOutlierDetector(
        autoencoder(**params), criterion=criterion, contamination=contamination, random_state=0
    )


@pytest.fixture
def X():
    """Six features of two directions, in units that differ."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((200, 2)) @ rng.standard_normal((2, 6))
    return (X + 0.2 * rng.standard_normal(X.shape)) * [1, 10, 100, 1, 0.1, 1] + 5


# Scores ---------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", CRITERIA)
def test_definitions(criterion, X):
    found = detector(criterion).fit(X)
    scores, decision = found.score_samples(X), found.decision_function(X)
    assert scores.shape == decision.shape == (200,)
    assert_allclose(decision, scores - found.offset_)
    assert_array_equal(found.predict(X), np.where(decision < 0, -1, 1))
    assert_array_equal(clone(found).fit_predict(X), found.predict(X))
    far = X.mean(axis=0) + 50 * X.std(axis=0) * [1, -1, 1, -1, 1, -1]
    assert found.predict([far])[0] == -1  # higher is more normal
    assert found.score_samples([far])[0] < scores.min()


def test_reconstruction_is_the_autoencoder_s_score(X):
    found = detector("reconstruction").fit(X)
    assert_array_equal(found.score_samples(X), found.autoencoder_.score_samples(X))


def test_density_of_a_linear_autoencoder_is_that_of_pca(X):
    """N(scores; 0, Λ) and N(residuals; 0, diag(v)): the sum of two log-densities."""
    found = detector(**LINEAR).fit(X)
    scaled = StandardScaler().fit_transform(X)
    pca = PCA(2).fit(scaled)
    scores = pca.transform(scaled)
    residuals = scaled - pca.inverse_transform(scores)
    by_pca = stats.multivariate_normal(scores.mean(axis=0), np.cov(scores.T, bias=True))
    expected = by_pca.logpdf(scores)
    expected += stats.norm(0, np.sqrt(residuals.var(axis=0) + 0.01)).logpdf(residuals).sum(axis=1)
    difference = found.score_samples(X) - expected  # constant: the code has a scale of its own
    assert_allclose(difference, difference.mean(), atol=0.02)


def test_density_with_all_components_is_mahalanobis_distance(X):
    found = detector(n_components=6, **LINEAR).fit(X)
    distance = EmpiricalCovariance().fit(X).mahalanobis(X)
    assert stats.spearmanr(found.score_samples(X), -distance).statistic > 0.999


def test_density_sees_along_the_code(X):
    """Far out in the plane of the data, where a linear autoencoder reconstructs all."""
    plane = PCA(2).fit(X / X.std(axis=0))
    far = plane.inverse_transform(8 * plane.transform((X / X.std(axis=0))[:20])) * X.std(axis=0)
    truth = np.repeat([0, 1], [200, 20])
    areas = {
        criterion: roc_auc_score(
            truth, -detector(criterion, **LINEAR).fit(X).score_samples(np.vstack([X, far]))
        )
        for criterion in CRITERIA
    }
    assert areas["density"] > 0.9
    assert areas["tail_probability"] > 0.9
    assert areas["reconstruction"] < 0.6


@pytest.mark.parametrize("criterion", ["tail_probability", "density"])
@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_the_unit_of_the_data_does_not_matter(unit, criterion, X):
    """Also without `standardize`: the floor of the residual's variance is relative."""
    X = (X - X.mean(axis=0)) / X.std(axis=0) * [1, 1, 1, 2, 2, 2]
    odd = X[:20] + 0.5 * np.random.RandomState(1).standard_normal((20, 6))
    ae = autoencoder(
        2,
        (),
        init="pca",
        standardize=False,
        max_iter=1,
        learning_rate_init=1e-12,
        alpha=0.0,
    )
    found = BackpropOutlierDetector(ae, criterion=criterion, random_state=0).fit(unit * X)
    scores = found.score_samples(unit * np.vstack([X, odd]))
    reference = clone(found).fit(X).score_samples(np.vstack([X, odd]))
    assert_allclose(scores - scores.mean(), reference - reference.mean(), atol=0.05)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(
    "params",
    [{}, {"variational": True}, {"corruption": "gaussian"}, {"dropout": 0.2}],
    ids=["plain", "variational", "denoising", "dropout"],
)
def test_scores_do_not_depend_on_order_or_company(params, criterion, X):
    found = detector(criterion, **params).fit(X)
    order = np.random.RandomState(1).permutation(200)
    for method in ("score_samples", "decision_function", "predict"):
        whole = getattr(found, method)(X)
        for rows in (order, order[:7], order[:1]):
            assert_allclose(getattr(found, method)(X[rows]), whole[rows], rtol=1e-9, atol=1e-9)


def test_the_default_autoencoder():
    for n_features, n_components in ((1, 1), (2, 2), (6, 4), (21, 16), (32, 24)):
        X = np.random.RandomState(0).standard_normal((40, n_features))
        ae = BackpropOutlierDetector()._make_autoencoder(X.shape[1])
        expected = BackpropAutoencoder(n_components, hidden_layer_sizes=(64,), max_iter=100)
        assert ae.get_params() == expected.get_params()


def test_score_is_the_log_of_a_tail_probability():
    """Of new samples from the same distribution, a share p has a score below log p."""
    rng = np.random.RandomState(0)
    mixing = rng.standard_normal((5, 5))
    found = BackpropOutlierDetector(random_state=0).fit(rng.standard_normal((1000, 5)) @ mixing)
    scores = found.score_samples(rng.standard_normal((20_000, 5)) @ mixing)
    assert scores.max() <= 0.0
    for p in (0.02, 0.1, 0.5):
        assert_allclose((scores < np.log(p)).mean(), p, rtol=0.25)


def test_both_views_count():
    """One sample breaks the correlation, one is far out in a single heavy-tailed feature."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((500, 6))
    X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
    found = BackpropOutlierDetector(random_state=0).fit(X)
    assert_array_equal(found.predict([[1.5, -1.5, 0, 0, 0, 0], [0, 0, 0, 0, 0, 7.0]]), -1)


def test_outliers_in_the_training_data_do_not_hide_themselves():
    """A tenth of the samples, far out together: they widen the Gaussian along their direction."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((600, 5)) @ rng.standard_normal((5, 5))
    X /= X.std(axis=0)
    X[:60] = 4.0 + 0.3 * rng.standard_normal((60, 5))
    truth = np.arange(600) < 60
    area, plain = (
        roc_auc_score(
            truth,
            -BackpropOutlierDetector(criterion=c, random_state=0).fit(X).score_samples(X),
        )
        for c in ("tail_probability", "density")
    )
    assert area > 0.98
    assert area > plain


def test_better_than_isolation_forest_where_correlations_break():
    """Anomalies of normal marginals: each feature is drawn on its own."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((800, 3)) @ rng.standard_normal((3, 10))
    X += 0.3 * rng.standard_normal(X.shape)
    odd = np.stack([rng.permutation(x)[:100] for x in X.T], axis=1)
    truth = np.repeat([0, 1], [300, 100])
    found, forest = (
        roc_auc_score(truth, -est.fit(X[:500]).score_samples(np.vstack([X[500:], odd])))
        for est in (BackpropOutlierDetector(random_state=0), IsolationForest(random_state=0))
    )
    assert found > 0.9
    assert found > forest + 0.1


def test_breast_cancer():
    """Malignant cases are found by a detector that saw benign ones only."""
    X, y = load_breast_cancer(return_X_y=True)
    benign = X[y == 1]
    found = BackpropOutlierDetector(random_state=0).fit(benign[::2])
    new = np.vstack([benign[1::2], X[y == 0]])
    truth = np.repeat([0, 1], [len(benign[1::2]), (y == 0).sum()])
    assert roc_auc_score(truth, -found.score_samples(new)) > 0.92


# Threshold ------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.25, 0.5])
def test_contamination_is_the_share_below(contamination, criterion, X):
    found = detector(criterion, contamination).fit(X)
    assert (found.predict(X) == -1).sum() == contamination * 200


@pytest.mark.parametrize("n_features", [2, 5, 10])
@pytest.mark.parametrize("criterion", ["tail_probability", "density"])
def test_automatic_threshold_flags_few_new_samples(criterion, n_features):
    """Less than one per cent of clean Gaussian data that the detector has not seen."""
    shares = []
    for seed in range(3):
        rng = np.random.RandomState(seed)
        mixing = rng.standard_normal((n_features, n_features))
        found = BackpropOutlierDetector(criterion=criterion, random_state=seed)
        found.fit(rng.standard_normal((1000, n_features)) @ mixing)
        new = rng.standard_normal((10_000, n_features)) @ mixing
        shares.append((found.predict(new) == -1).mean())
    assert 0.0005 < np.mean(shares) < 0.01


@pytest.mark.parametrize("criterion", CRITERIA)
def test_automatic_threshold_comes_from_held_out_samples(criterion):
    """With more units than samples the training scores say nothing about new ones."""
    rng = np.random.RandomState(0)
    X, new = rng.standard_normal((2, 150, 10))
    found = detector(
        criterion, n_components=4, hidden_layer_sizes=(200,), max_iter=300, alpha=0.0
    ).fit(X)
    assert (found.predict(new) == -1).mean() < 0.05


@pytest.mark.parametrize("criterion", CRITERIA)
def test_automatic_threshold_finds_a_tenth_of_outliers(criterion, X):
    X = X[:, :4] / X[:, :4].std(axis=0)
    odd = np.random.RandomState(1).choice([-1, 1], (20, 4)) * 9.0
    found = detector(criterion).fit(np.vstack([X, odd]))
    assert (found.predict(odd) == -1).mean() >= 0.8
    assert (found.predict(X) == -1).mean() < 0.05


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("n_samples", [2, 3, 5, 9])
def test_few_samples(n_samples, criterion, X):
    """Too few to hold some out."""
    found = detector(criterion).fit(X[:n_samples])
    assert np.isfinite(found.score_samples(X)).all()
    assert np.isfinite(found.offset_)


# Equal samples ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("contamination", ["auto", 0.1])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_equal_samples_are_not_flagged_against_each_other(criterion, contamination, dtype):
    for seed in range(25):
        rng = np.random.RandomState(seed)
        n_samples, n_features = rng.randint(2, 60), rng.randint(1, 20)
        row = (rng.standard_normal(n_features) * 10.0 ** rng.randint(-3, 4)).astype(dtype)
        X = np.tile(row, (n_samples, 1))
        wide = max(1, 3 * n_features // 4)
        found = detector(criterion, contamination, n_components=wide, max_iter=5)
        found.set_params(random_state=seed).fit(X)
        scores = found.score_samples(X)
        assert (found.predict(X) == 1).all(), seed
        assert np.ptp(scores) < 1e-3 * (1 + np.abs(scores).max()), seed
        assert np.abs(scores).max() < 1e3, seed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_repeated_samples_share_their_label(criterion, dtype):
    for seed in range(10):
        rng = np.random.RandomState(seed)
        rows = rng.standard_normal((rng.randint(2, 7), 4)).astype(dtype)
        X = rng.permutation(np.repeat(rows, rng.randint(5, 40, len(rows)), axis=0))
        found = detector(criterion, max_iter=5).set_params(random_state=seed).fit(X)
        labels, scores = found.predict(X), found.score_samples(X)
        for row in rows:
            same = (row == X).all(axis=1)
            assert len(np.unique(labels[same])) == 1, seed
            assert np.ptp(scores[same]) < 1e-3 * (1 + np.abs(scores[same]).max()), seed


def test_a_value_that_is_new_in_a_constant_feature(X):
    X = np.hstack([X, np.ones((200, 1))])
    found = detector().fit(X)
    seen, new = X[:1], X[:1].copy()
    new[0, -1] = 6.0
    assert_array_equal(found.predict(np.vstack([seen, new])), [1, -1])


# Sample weights ---------------------------------------------------------------------


@pytest.mark.parametrize("contamination", ["auto", 0.1])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_weight_is_a_repetition(criterion, contamination, X):
    weights = np.random.RandomState(3).randint(0, 4, 200)
    linear = {**LINEAR, "init": "pca", "max_iter": 200}
    found = detector(criterion, contamination, **linear)
    weighted = clone(found).fit(X, sample_weight=weights)
    repeated = clone(found).fit(np.repeat(X, weights, axis=0))
    assert_allclose(weighted.offset_, repeated.offset_, rtol=1e-4)
    assert_allclose(weighted.score_samples(X), repeated.score_samples(X), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_offset_under_weights_is_the_weighted_share(criterion, X):
    weights = np.random.RandomState(3).uniform(0, 3, 200)
    found = detector(criterion, 0.2).fit(X, sample_weight=weights)
    below = weights[found.predict(X) == -1].sum() / weights.sum()
    assert 0.2 - weights.max() / weights.sum() < below <= 0.2
    scaled = detector(criterion, 0.2).fit(X, sample_weight=1000 * weights)
    assert_array_equal(scaled.predict(X), found.predict(X))


# Conventions ----------------------------------------------------------------------


def test_the_autoencoder_is_cloned(X):
    ae = autoencoder(random_state=5)
    found = BackpropOutlierDetector(ae, random_state=0).fit(X)
    assert not hasattr(ae, "coefs_")
    assert found.autoencoder_.random_state == 5  # its own comes first
    assert detector().fit(X).autoencoder_.random_state == 0


def test_parameters_of_the_autoencoder_can_be_tuned(X):
    def spread(found, X, y=None):
        return found.score_samples(X).mean()

    grid = {"autoencoder__n_components": [1, 2], "criterion": CRITERIA}
    search = GridSearchCV(detector(), grid, scoring=spread, cv=2).fit(X)
    assert search.best_params_["autoencoder__n_components"] in (1, 2)


def test_in_a_pipeline(X):
    pipe = make_pipeline(StandardScaler(), detector()).fit(X)
    assert set(pipe.predict(X)) <= {-1, 1}
    assert_array_equal(pipe.fit_predict(X), pipe.predict(X))


@pytest.mark.parametrize("criterion", CRITERIA)
def test_pickle_round_trip(criterion, X):
    found = detector(criterion).fit(X)
    twin = pickle.loads(pickle.dumps(found))
    assert_array_equal(twin.score_samples(X), found.score_samples(X))
    assert twin.offset_ == found.offset_


@pytest.mark.parametrize("criterion", CRITERIA)
def test_single_precision(criterion, X):
    single, double = (detector(criterion).fit(X.astype(t)) for t in (np.float32, np.float64))
    assert single.autoencoder_.coefs_[0].dtype == np.float32
    assert (single.predict(X.astype(np.float32)) == double.predict(X)).mean() > 0.97


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_frames(output, criterion, X):
    import sklearn

    library = pytest.importorskip(output)
    expected = detector(criterion).fit(X).score_samples(X)
    frame = library.DataFrame({name: X[:, i] for i, name in enumerate("abcdef")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        with sklearn.config_context(transform_output=output):
            found = detector(criterion).fit(frame)
            assert_allclose(found.score_samples(frame), expected, rtol=1e-6)
        found.predict(frame)
        framed = BackpropOutlierDetector(
            autoencoder().set_output(transform=output), criterion=criterion, random_state=0
        )
        assert_allclose(framed.fit(X).score_samples(X), expected, rtol=1e-6)
    assert_array_equal(found.feature_names_in_, list("abcdef"))


def test_degenerate_data():
    X = np.random.RandomState(0).standard_normal((40, 3))
    for data in (
        np.ones((40, 3)),
        np.column_stack([X, np.ones(40)]),
        np.column_stack([X, X]),
        np.repeat(X[:2], 20, axis=0),
        X[:2],
        1e-20 * X,
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            found = detector().fit(data)
            assert np.isfinite(found.score_samples(data)).all()
        assert found.predict(data + 1e3)[0] == -1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_samples_that_are_too_large_to_score_are_outliers(criterion, dtype, X):
    found = detector(criterion).fit(X.astype(dtype))
    enormous = X[:5].astype(dtype) * dtype(1e300 if dtype is np.float64 else 1e34)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(found.predict(enormous), [-1] * 5)
        assert np.all(found.score_samples(enormous) < found.score_samples(X).min())


@pytest.mark.parametrize("criterion", CRITERIA)
def test_codes_on_a_line(criterion):
    """Two components behind one unit: the code's covariance has rank one."""
    for seed in range(10):
        X = np.random.RandomState(seed).standard_normal((8, 2))
        found = detector(criterion, hidden_layer_sizes=(1,), init="he_normal").fit(X)
        assert np.isfinite(found.score_samples(X)).all()


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_data_too_large_to_score_are_an_error(criterion, standardize):
    X = 1e300 * np.random.RandomState(0).standard_normal((20, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(ValueError, match=r"not finite.*too large.*scaling"):
            detector(criterion, 0.1, loss="huber", standardize=standardize, max_iter=2).fit(X)


@pytest.mark.parametrize(
    "params",
    [
        {"criterion": "distance"},
        {"criterion": None},
        {"contamination": 0.0},
        {"contamination": 0.6},
        {"contamination": "a tenth"},
        {"autoencoder": PCA(2)},
        {"autoencoder": "deep"},
        {"random_state": "seed"},
    ],
    ids=str,
)
def test_bad_parameters(params, X, state):
    found = detector().fit(X)
    before, scores = state(found), found.score_samples(X)
    ((name, kept),) = ((name, getattr(found, name)) for name in params)
    found.set_params(**params)
    with pytest.raises(ValueError, match=name):
        found.fit(X)
    setattr(found, name, kept)
    assert state(found) == before
    assert_array_equal(found.score_samples(X), scores)


def test_bad_data(X, state):
    with pytest.raises(NotFittedError):
        detector().predict(X)
    found = detector().fit(X)
    before = state(found)
    for call, reason in [
        (lambda: found.fit(X * np.nan), "NaN"),
        (lambda: found.fit(X, sample_weight=-np.ones(200)), "Negative values"),
        (lambda: found.fit(X, sample_weight=np.ones(3)), "sample_weight"),
        (lambda: found.fit(X[:, :1]), "n_components=2 must be at most n_features=1"),
        (lambda: found.score_samples(X[:, :4]), "4 features"),
    ]:
        with pytest.raises(ValueError, match=reason):
            call()
        assert state(found) == before
