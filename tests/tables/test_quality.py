"""What the estimators reach with nothing set, and whether they know it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from tables_cases import make_classes, make_table

from skbackprop import TabularClassifier, TabularRegressor
from skbackprop.datasets import make_spirals, make_xor


@pytest.mark.parametrize("n_turns, least", [(1.0, 0.97), (2.0, 0.95)])
def test_spirals(n_turns, least):
    X, y = make_spirals(400, n_turns=n_turns, random_state=0)
    X_new, y_new = make_spirals(2000, n_turns=n_turns, random_state=1)
    assert TabularClassifier(random_state=0).fit(X, y).score(X_new, y_new) >= least


def test_xor():
    X, y = make_xor(200, noise=0.1, random_state=0)
    X_new, y_new = make_xor(2000, noise=0.1, random_state=1)
    assert TabularClassifier(random_state=0).fit(X, y).score(X_new, y_new) == 1


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits])
def test_classes_against_boosting(load):
    X, y = load(return_X_y=True)
    X, X_new, y, y_new = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
    ours = TabularClassifier(random_state=0).fit(X, y)
    boosting = HistGradientBoostingClassifier(random_state=0).fit(X, y)
    assert ours.score(X_new, y_new) >= boosting.score(X_new, y_new)
    assert log_loss(y_new, ours.predict_proba(X_new)) < log_loss(
        y_new, boosting.predict_proba(X_new)
    )


def test_numbers_against_boosting():
    X, y = load_diabetes(return_X_y=True)
    X, X_new, y, y_new = train_test_split(X, y, test_size=0.3, random_state=0)
    ours = TabularRegressor(random_state=0).fit(X, y)
    boosting = HistGradientBoostingRegressor(random_state=0).fit(X, y)
    assert ours.score(X_new, y_new) > boosting.score(X_new, y_new)


def test_out_of_fold_score_is_that_of_fresh_rows():
    """Of 10,000 rows; the ensemble is somewhat better than a member of each kind."""
    X, y = make_classes(20_000, 3, noise=1.0)
    clf = TabularClassifier(random_state=0, max_iter=8).fit(X[:10_000], y[:10_000])
    assert clf.oob_score_ == pytest.approx(clf.score(X[10_000:], y[10_000:]), abs=0.015)
    X, y = make_table(20_000, noise=1.0)
    reg = TabularRegressor(random_state=0, max_iter=8).fit(X[:10_000], y[:10_000])
    assert reg.oob_score_ == pytest.approx(reg.score(X[10_000:], y[10_000:]), abs=0.015)


def test_out_of_fold_score_is_honest_about_noise():
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((300, 20)), rng.randint(2, size=300)
    clf = TabularClassifier(random_state=0).fit(X, y)
    assert clf.score(X, y) > clf.oob_score_
    assert clf.oob_score_ < 0.62
    assert clf.predict_proba(rng.standard_normal((300, 20))).max() < 0.9
