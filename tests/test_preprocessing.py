"""The transformers of columns: closed forms, invariants, and what they are good for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_wine, make_circles
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skbackprop.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

TRANSFORMERS = [
    PiecewiseLinearEncoder(),
    PiecewiseLinearEncoder(n_bins=3, add_indicator=False),
    SmoothClipScaler(),
    SmoothClipScaler(limit=0.5),
]
CHECKS = [
    pytest.param(estimator, check, id=f"{estimator}-{getattr(check, 'func', check).__name__}")
    for estimator, check in (
        pair for transformer in TRANSFORMERS for pair in estimator_checks_generator(transformer)
    )
    # asks for an environment variable; the transformers do not claim to take other arrays
    if getattr(check, "func", check).__name__ != "check_array_api_input"
]
#: Ties, a far outlier, both signs.
COLUMN = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.5, 2.0, 3.0, 4.5, 700.0])


def finite_columns(dtype=np.float64, width=64, bound=1e6):
    values = st.floats(-bound, bound, width=width, allow_subnormal=False)
    some = st.one_of(values, st.sampled_from([0.0, 1.0, 2.0]))  # ties are likely
    return arrays(dtype, st.tuples(st.integers(1, 30), st.just(1)), elements=some)


def with_missing(seed=0, n_samples=200):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_samples, 4)) * [1.0, 100.0, 1e-6, 1.0]
    X[:, 3] = np.round(X[:, 3])
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    X[:, 1] = np.where(np.isnan(X[:, 1]), 7.0, X[:, 1])  # a column that is complete
    return X


@pytest.mark.parametrize("estimator, check", CHECKS)
def test_scikit_learn_checks(estimator, check):
    check(clone(estimator))


# --- PiecewiseLinearEncoder ---------------------------------------------------------------


@pytest.mark.parametrize("n_bins", [1, 2, 8, 16])
def test_edges_are_quantiles_where_nothing_ties(n_bins):
    X = np.random.RandomState(0).standard_normal((240, 2))
    encoder = PiecewiseLinearEncoder(n_bins).fit(X)
    levels = np.linspace(0, 1, n_bins + 1)
    expected = np.quantile(X, levels, axis=0, method="averaged_inverted_cdf")
    np.testing.assert_allclose(np.transpose(encoder.bin_edges_), expected)
    np.testing.assert_array_equal(encoder.n_bins_, n_bins)


def test_encoding_is_the_closed_form():
    X = np.random.RandomState(1).standard_normal((300, 3))
    encoder = PiecewiseLinearEncoder([1, 4, 9]).fit(X[:100])
    expected = [
        np.clip((X[:, j] - edges[b]) / (edges[b + 1] - edges[b]), 0, 1)
        for j, edges in enumerate(encoder.bin_edges_)
        for b in range(len(edges) - 1)
    ]
    assert len(expected) == 14
    np.testing.assert_allclose(encoder.transform(X), np.transpose(expected), rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(finite_columns(), st.integers(1, 12))
def test_codes_rise_from_0_to_1_and_only_one_is_between(X, n_bins):
    encoder = PiecewiseLinearEncoder(n_bins).fit(X)
    codes = encoder.transform(X)
    assert ((codes >= 0) & (codes <= 1)).all()
    assert (((codes > 0) & (codes < 1)).sum(axis=1) <= 1).all()
    assert (np.diff(codes, axis=1) <= 0).all(), "a bin is begun after the one before it is full"
    order = np.argsort(X[:, 0])
    assert (np.diff(codes[order], axis=0) >= 0).all(), "codes grow with the value"


@settings(max_examples=60, deadline=None)
@given(finite_columns(), st.integers(1, 12))
def test_no_edge_is_there_twice_and_no_bin_is_lost_to_ties(X, n_bins):
    edges = PiecewiseLinearEncoder(n_bins).fit(X).bin_edges_[0]
    distinct = np.unique(X)
    assert (np.diff(edges) > 0).all()
    assert len(edges) == min(n_bins + 1, len(distinct))
    assert edges[0] == distinct[0]
    assert edges[-1] == distinct[-1]


def test_bins_lost_to_ties_go_to_the_other_values():
    rng = np.random.RandomState(0)
    x = np.concatenate([np.zeros(905), rng.uniform(1, 2, size=95)])
    edges = PiecewiseLinearEncoder(10).fit(x[:, np.newaxis]).bin_edges_[0]
    assert edges[0] == 0.0
    assert len(edges) == 11
    inner = edges[1:-1]
    assert np.isin(inner, x).all()
    np.testing.assert_allclose(inner, np.quantile(x[905:], np.arange(1, 10) / 10), atol=0.03)


def test_few_distinct_values_are_the_edges():
    X = np.array([[3.0, 1.0], [1.0, 1.0], [3.0, 1.0], [9.0, 1.0]])
    encoder = PiecewiseLinearEncoder(8).fit(X)
    np.testing.assert_array_equal(encoder.bin_edges_[0], [1.0, 3.0, 9.0])
    np.testing.assert_array_equal(encoder.bin_edges_[1], [1.0])
    np.testing.assert_array_equal(encoder.n_bins_, [2, 0])
    np.testing.assert_array_equal(encoder.transform(X), [[1, 0], [0, 0], [1, 0], [1, 1]])


@settings(max_examples=60, deadline=None)
@given(finite_columns(), st.integers(1, 12))
def test_inverse_returns_the_values(X, n_bins):
    encoder = PiecewiseLinearEncoder(n_bins).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    np.testing.assert_allclose(back, X, rtol=1e-9, atol=1e-9 * np.abs(X).max())


def test_inverse_of_values_outside_is_the_outer_edge():
    encoder = PiecewiseLinearEncoder(4).fit(COLUMN[:, np.newaxis])
    X = np.array([[-50.0], [1e9]])
    np.testing.assert_allclose(
        encoder.inverse_transform(encoder.transform(X)), [[-1.0], [700.0]], rtol=1e-12
    )


def test_inverse_with_missing_values_and_constant_columns():
    X = with_missing()
    X = np.column_stack([X, np.full(len(X), 5.0), np.full(len(X), np.nan)])
    encoder = PiecewiseLinearEncoder(8).fit(X)
    np.testing.assert_array_equal(encoder.indicator_, [True, False, True, True, False, True])
    codes = encoder.transform(X)
    assert np.isfinite(codes).all()
    back = encoder.inverse_transform(codes)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(X))
    np.testing.assert_allclose(back, X, rtol=1e-9)


def test_missing_values_are_zero_in_every_bin():
    X = with_missing()
    encoder = PiecewiseLinearEncoder(6).fit(X)
    names, codes = encoder.get_feature_names_out(), encoder.transform(X)
    for j in range(X.shape[1]):
        missing = np.isnan(X[:, j])
        bins = [c for c, name in enumerate(names) if name.startswith(f"x{j}_bin")]
        assert len(bins) == encoder.n_bins_[j]
        assert not codes[np.ix_(missing, bins)].any()
        if missing.any():
            indicator = codes[:, list(names).index(f"x{j}_missing")]
            np.testing.assert_array_equal(indicator, missing)
        else:
            assert f"x{j}_missing" not in names


def test_missing_values_do_not_move_edges():
    X = with_missing()
    encoder = PiecewiseLinearEncoder(6).fit(X)
    for j in range(X.shape[1]):
        x = X[~np.isnan(X[:, j]), j]
        alone = PiecewiseLinearEncoder(6).fit(x[:, np.newaxis])
        np.testing.assert_array_equal(encoder.bin_edges_[j], alone.bin_edges_[0])


def test_missing_values_that_fit_did_not_see_are_zero():
    encoder = PiecewiseLinearEncoder(3).fit(np.arange(10.0)[:, np.newaxis])
    np.testing.assert_array_equal(encoder.transform([[np.nan]]), np.zeros((1, 3)))


def test_without_indicator():
    X = with_missing()
    encoder = PiecewiseLinearEncoder(6, add_indicator=False).fit(X)
    assert encoder.transform(X).shape[1] == encoder.n_bins_.sum()
    assert not any(name.endswith("missing") for name in encoder.get_feature_names_out())


@pytest.mark.parametrize("Transformer", [PiecewiseLinearEncoder, SmoothClipScaler])
def test_a_weight_of_k_is_k_rows(Transformer):
    rng = np.random.RandomState(3)
    X = with_missing(seed=3)
    X[:, 3] = np.where(X[:, 3] == 2.0, np.nan, X[:, 3])
    weights = rng.randint(0, 4, size=len(X))
    X[weights == 0] *= 1000.0  # would show
    weighted = Transformer().fit(X, sample_weight=weights)
    repeated = Transformer().fit(np.repeat(X, weights, axis=0))
    np.testing.assert_array_equal(weighted.transform(X), repeated.transform(X))
    ones = Transformer().fit(X, sample_weight=np.ones(len(X)))
    np.testing.assert_array_equal(ones.transform(X), Transformer().fit_transform(X))


def test_missing_values_of_weight_zero_have_no_indicator():
    X = np.array([[1.0], [2.0], [np.nan]])
    encoder = PiecewiseLinearEncoder().fit(X, sample_weight=[1, 1, 0])
    np.testing.assert_array_equal(encoder.indicator_, [False])


@pytest.mark.parametrize("n_samples", [1, 7, 5000])
def test_chunks_of_rows_do_not_show(n_samples):
    X = np.random.RandomState(0).standard_normal((5000, 7))
    encoder = PiecewiseLinearEncoder(40).fit(X)
    all_rows = encoder.transform(X)
    np.testing.assert_array_equal(encoder.transform(X[:n_samples]), all_rows[:n_samples])
    last = encoder.transform(X[-n_samples:])
    np.testing.assert_array_equal(last, all_rows[-n_samples:])


@pytest.mark.parametrize("Transformer", [PiecewiseLinearEncoder, SmoothClipScaler])
def test_float32_stays_float32(Transformer):
    X = with_missing()
    transformer = Transformer().fit(X.astype(np.float32))
    Z = transformer.transform(X.astype(np.float32))
    assert Z.dtype == np.float32
    assert transformer.inverse_transform(Z).dtype == np.float32
    in_float64 = Transformer().fit(X).transform(X)
    assert in_float64.dtype == np.float64
    np.testing.assert_allclose(Z, in_float64, atol=2e-5)


@pytest.mark.parametrize("Transformer", [PiecewiseLinearEncoder, SmoothClipScaler])
def test_fitted_in_float64_and_used_in_float32(Transformer):
    X = np.array([[0.0], [1e-60], [2e-60], [1.0], [2.0], [3e-60], [4e-60]])
    Z = Transformer().fit(X).transform(X.astype(np.float32))
    assert np.isfinite(Z).all()


def test_float32_keeps_neighbours_apart_far_from_zero():
    X = (2**20 + np.arange(64) / 8).astype(np.float32)[:, np.newaxis]
    encoder = PiecewiseLinearEncoder(4).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    np.testing.assert_array_equal(back, X)


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_names_and_data_frames(transformer):
    frame = pd.DataFrame(with_missing(), columns=["size", "weight", "rate", "rooms"])
    transformer = clone(transformer).set_output(transform="pandas")
    out = transformer.fit_transform(frame)
    names = transformer.get_feature_names_out()
    assert list(out.columns) == list(names)
    assert len(set(names)) == len(names)
    with pytest.raises(ValueError, match="input_features"):
        transformer.get_feature_names_out(["a", "b", "c", "d"])
    with pytest.raises(ValueError, match="feature names"):
        transformer.transform(frame[["weight", "size", "rate", "rooms"]])


def test_names_say_column_and_bin():
    frame = pd.DataFrame({"size": [1.0, 2.0, 3.0], "rate": [0.0, np.nan, 1.0], "same": 1.0})
    encoder = PiecewiseLinearEncoder([2, 5, 5]).fit(frame)
    expected = ["size_bin0", "size_bin1", "rate_bin0", "rate_missing"]
    assert list(encoder.get_feature_names_out()) == expected


@pytest.mark.parametrize(
    "n_bins, message",
    [
        (0, "'n_bins' parameter"),
        (2.5, "'n_bins' parameter"),
        ([3, 4], "each of the 4 features; got an array of shape"),
        ([3, 4, 0, 2], r"at least 1; got \[3, 4, 0, 2\]"),
        ([3, 4, 1.5, 2], "n_bins must hold integers"),
    ],
)
def test_bad_n_bins(n_bins, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearEncoder(n_bins).fit(with_missing())


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_bad_input(transformer):
    transformer = clone(transformer)
    X = with_missing()
    with pytest.raises(ValueError, match="infinity"):
        transformer.fit([[1.0], [np.inf]])
    with pytest.raises(ValueError, match="zero"):
        transformer.fit(X, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        transformer.fit(X, sample_weight=np.full(len(X), -1.0))
    Z = transformer.fit_transform(X)
    with pytest.raises(ValueError, match="but"):
        transformer.inverse_transform(Z[:, 1:])


def test_a_distance_of_edges_that_is_infinite_is_refused():
    with pytest.raises(ValueError, match="feature 1 are too far apart for float64"):
        PiecewiseLinearEncoder(2).fit([[0.0, -1.7e308], [1.0, 1.7e308]])


def test_thresholds_are_learned_by_a_linear_model():
    X, y = make_circles(400, noise=0.1, factor=0.5, random_state=0)
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    encoded = make_pipeline(PiecewiseLinearEncoder(8), LogisticRegression())
    assert cross_val_score(linear, X, y).mean() < 0.6
    assert cross_val_score(encoded, X, y).mean() > 0.97


def test_logistic_regression_gains_on_made_up_steps():
    rng = np.random.RandomState(0)
    X = rng.lognormal(sigma=2, size=(1500, 5))
    steps = np.array([(x > 0.3) * (x < 2.0) for x in X.T[:4]]).sum(axis=0)
    y = steps + 0.3 * rng.standard_normal(len(X)) > 1.5
    linear = make_pipeline(RobustScaler(), LogisticRegression(max_iter=1000))
    encoded = make_pipeline(PiecewiseLinearEncoder(), LogisticRegression(max_iter=1000))
    errors = [1 - cross_val_score(model, X, y).mean() for model in (linear, encoded)]
    assert errors[1] < 0.4 * errors[0]


# --- SmoothClipScaler ---------------------------------------------------------------------


def test_scaling_is_the_closed_form():
    X = np.random.RandomState(0).standard_t(2, size=(301, 3)) * [1.0, 1e-9, 1e12]
    scaler = SmoothClipScaler().fit(X)
    center = np.median(X, axis=0)
    spread = np.subtract(*np.quantile(X, [0.75, 0.25], axis=0, method="averaged_inverted_cdf"))
    np.testing.assert_allclose(scaler.center_, center)
    np.testing.assert_allclose(scaler.scale_, spread)
    z = (X - center) / spread
    np.testing.assert_allclose(scaler.transform(X), z / np.sqrt(1 + (z / 3) ** 2))


def test_unbent_it_is_the_robust_scaler():
    X = np.random.RandomState(0).standard_normal((401, 3))
    bent = SmoothClipScaler(limit=1e8).fit_transform(X)
    np.testing.assert_allclose(bent, RobustScaler().fit_transform(X), rtol=1e-10, atol=1e-12)


def test_range_stands_in_for_quartiles_that_coincide():
    scaler = SmoothClipScaler().fit(COLUMN[:-1, np.newaxis])
    assert np.subtract(*np.quantile(COLUMN[:-1], [0.75, 0.25])) > 0
    x = np.array([0.0] * 9 + [-1.0, 4.0])
    scaler = SmoothClipScaler().fit(x[:, np.newaxis])
    np.testing.assert_array_equal(scaler.center_, [0.0])
    np.testing.assert_array_equal(scaler.scale_, [2.5])


@settings(max_examples=60, deadline=None)
@given(finite_columns(), st.floats(0.1, 100))
def test_scaled_values_keep_their_order_inside_the_limit(X, limit):
    Z = SmoothClipScaler(limit).fit_transform(X)
    assert (np.abs(Z) <= limit).all()
    assert (np.diff(Z[np.argsort(X[:, 0]), 0]) >= -2 * np.spacing(limit)).all()  # rounding


def test_inverse_of_scaling():
    X = with_missing()
    X = np.column_stack([X, np.full(len(X), 5.0)])
    scaler = SmoothClipScaler().fit(X)
    back = scaler.inverse_transform(scaler.transform(X))
    np.testing.assert_allclose(back, X, rtol=1e-10)


def test_inverse_at_and_beyond_the_limit_is_finite_and_large():
    scaler = SmoothClipScaler().fit(np.arange(9.0)[:, np.newaxis])
    back = scaler.inverse_transform([[-3.0], [3.0], [5.0]])[:, 0]
    assert np.isfinite(back).all()
    assert back[0] < -1e6
    assert back[1] == back[2] > 1e6


def test_missing_values_stay_missing():
    X = with_missing()
    X[:, 2] = np.nan
    Z = SmoothClipScaler().fit_transform(X)
    np.testing.assert_array_equal(np.isnan(Z), np.isnan(X))


def test_constant_columns_are_zero_also_for_new_values():
    scaler = SmoothClipScaler().fit([[5.0], [5.0], [5.0]])
    np.testing.assert_array_equal(scaler.transform([[5.0], [1e9], [np.nan]]), [[0], [0], [np.nan]])
    np.testing.assert_array_equal(scaler.inverse_transform([[0.0]]), [[5.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_numbers_are_scaled_without_a_warning(dtype):
    X = np.random.RandomState(0).standard_normal((50, 1)).astype(dtype)
    scaler = SmoothClipScaler().fit(X)
    largest = np.finfo(dtype).max
    with np.errstate(all="raise", under="ignore"):
        Z = scaler.transform(np.array([[-largest], [largest]], dtype))
    np.testing.assert_allclose(Z, [[-3.0], [3.0]])


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_real_columns_come_back(load):
    X = load().data
    for transformer in (PiecewiseLinearEncoder(), SmoothClipScaler()):
        Z = transformer.fit_transform(X)
        assert np.isfinite(Z).all()
        np.testing.assert_allclose(transformer.inverse_transform(Z), X, rtol=1e-8, atol=1e-12)
