"""Data in every container, memory layout and precision."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import CLASSIFICATION, SOLVERS, TARGETS, make, same
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


CONTAINERS = [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("target", ["multiclass", "multioutput"])
def test_sparse_is_dense(container, solver, target, problem):
    X, y = problem(target)
    X = np.where(np.abs(X) > 0.7, X, 0)
    params = {"solver": solver, "max_iter": 5, "dropout": 0 if solver == "lbfgs" else 0.1}
    dense = make(target, **params).fit(X, y)
    model = make(target, **params).fit(container(X), y)
    same(model, dense, rtol=1e-8, atol=1e-10)
    assert_allclose(model.predict(container(X)), dense.predict(X), rtol=1e-8)
    if target == "multiclass":
        assert_allclose(model.transform(container(X)), dense.transform(X), rtol=1e-8)


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, "strided", "list"])
def test_memory_layout_does_not_matter(layout, problem):
    X, y = problem("regression")
    expected = make("regression").fit(X, y)
    if layout == "strided":
        X = np.repeat(X, 2, axis=1)[:, ::2]
    elif layout == "list":
        X, y = X.tolist(), y.tolist()
    else:
        X = layout(X)
    same(make("regression").fit(X, y), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_precision_goes_through(dtype, target, solver, problem):
    X, y = problem(target)
    model = make(target, solver=solver).fit(X.astype(dtype), y)
    assert {p.dtype for p in [*model.coefs_, *model.intercepts_]} == {np.dtype(dtype)}
    X = X.astype(dtype)
    if target in CLASSIFICATION:
        for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
            assert getattr(model, method)(X).dtype == dtype
    else:
        assert model.predict(X).dtype == dtype
    assert isinstance(model.loss_, float)


@pytest.mark.parametrize(
    "params",
    [
        {"normalization": "layer"},
        {"normalization": "batch"},
        {"dropout": 0.2},
        {"weight_decay": 0.1, "max_grad_norm": 0.5},
        {"init": "he_normal", "learning_rate": "cosine"},
        {"early_stopping": True},
    ],
    ids=str,
)
def test_single_precision_survives_every_option(params, problem):
    X, y = problem("binary")
    model = make("binary", **params).fit(X.astype(np.float32), y)
    assert {p.dtype for p in [*model.coefs_, *model.intercepts_]} == {np.dtype("f4")}
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_integers_and_booleans_are_numbers(problem):
    X, y = problem("binary")
    X = (X > 0).astype(int)
    expected = make("binary").fit(X.astype(float), y)
    same(make("binary").fit(X, y), expected)
    same(make("binary").fit(X.astype(bool), y), expected)
    assert expected.coefs_[0].dtype == np.float64


def test_the_data_are_left_alone(problem):
    X, y = problem("regression")
    copies = X.copy(), y.copy()
    for array in (X, y):
        array.setflags(write=False)
    weights = np.ones(len(y))
    weights.setflags(write=False)
    model = make("regression", batch_size=7, early_stopping=True)
    model.fit(X, y, sample_weight=weights).predict(X)
    assert_array_equal(X, copies[0])
    assert_array_equal(y, copies[1])
