"""Fits and predictions in several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from estimator_cases import make, same
from numpy.testing import assert_array_equal
from sklearn.base import clone

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_concurrent_predictions(normalization, problem):
    X, y = problem("multiclass", n_samples=400)
    clf = make("multiclass", normalization=normalization).fit(X, y)
    parts = [X[: 1 + 37 * i % 400] for i in range(200)]
    expected = [clf.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        for result, alone in zip(pool.map(clf.predict_proba, parts), expected, strict=True):
            assert_array_equal(result, alone)


def test_concurrent_fits(problem):
    X, y = problem("binary")
    models = [make("binary", random_state=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda model: clone(model).fit(X, y), models))
    for model, other in zip(models, together, strict=True):
        same(model.fit(X, y), other)
