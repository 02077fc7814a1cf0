"""Blend and calibration."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import log_softmax
from sklearn.metrics import log_loss
from tables_cases import data_of, make_classes, quick

from skbackprop import TabularClassifier
from skbackprop._tables.probabilities import (
    Blend,
    best_share,
    best_temperature,
    log_loss_of,
    softmax,
    tempered,
)

LETTERS = np.array(["a", "b", "c"])


def overconfident(n_samples=4000, factor=3.0, seed=0):
    """True classes, the probabilities they are drawn with, and those made too sure of."""
    rng = np.random.RandomState(seed)
    scores = rng.standard_normal((n_samples, 3))
    p = softmax(scores)
    y = (p.cumsum(axis=1) < rng.uniform(size=(n_samples, 1))).sum(axis=1)
    return y, p, softmax(factor * scores)


def test_softmax():
    z = np.random.RandomState(0).standard_normal((2, 5, 3)) * 100
    assert_allclose(np.log(softmax(z)), log_softmax(z, axis=-1), atol=1e-10)


def test_temperature_undoes_overconfidence():
    y, p, sure = overconfident()
    found = best_temperature(sure, log_loss_of(y, np.ones(len(y))))
    assert found == pytest.approx(3.0, rel=0.1)
    assert_allclose(tempered(sure, 3.0), p, atol=1e-12)
    assert_allclose(tempered(p, 1.0), p)


def test_share_is_that_of_the_better_kind():
    rng = np.random.RandomState(0)
    y = rng.standard_normal(2000)
    good, bad = y + 0.1 * rng.standard_normal(2000), y + rng.standard_normal(2000)

    def loss(predicted):
        return np.mean((predicted - y) ** 2)

    assert best_share(good, bad, loss) >= 0.95
    assert best_share(bad, good, loss) <= 0.05
    assert best_share(bad, y + rng.standard_normal(2000), loss) == pytest.approx(0.5, abs=0.1)


def test_blend_of_two_kinds():
    y, p, sure = overconfident()
    weights = np.ones(len(y))
    blend = Blend.fitted(sure, softmax(np.zeros_like(p)), y, weights)
    assert blend.share >= 0.95
    blended = blend(sure, softmax(np.zeros_like(p)))
    assert_allclose(blended.sum(axis=1), 1)
    assert log_loss(y, blended) < log_loss(y, p) + 2e-3
    assert blended.min() > 0


def test_no_class_is_impossible():
    p = np.array([[1.0, 0.0], [0.0, 1.0]])
    blend = Blend.fitted(p, p, np.array([0, 1]), np.ones(2))
    assert blend(p, p).min() > 0


def test_weights_count():
    y, _, sure = overconfident(500)
    weights = np.random.RandomState(1).randint(0, 3, len(y))
    repeated = np.repeat(np.arange(len(y)), weights)
    one = best_temperature(sure, log_loss_of(y, weights))
    other = best_temperature(sure[repeated], log_loss_of(y[repeated], np.ones(len(repeated))))
    assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.3])
def test_smoothing_is_undone(smoothing):
    """Probabilities are those of the classes, not of the smoothed targets."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((4000, 2))
    y = (X[:, 0] + 0.05 * rng.standard_normal(4000) > 0).astype(int)
    clf = TabularClassifier(label_smoothing=smoothing, random_state=0, max_iter=16)
    p = clf.fit(X[:2000], y[:2000]).predict_proba(X[2000:])
    assert log_loss(y[2000:], p) < 0.06


def test_what_a_classifier_predicts():
    X, y = data_of("classes")
    clf = quick("classes").fit(X, LETTERS[y])
    p = clf.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert list(clf.classes_) == list(LETTERS)
    assert list(clf.predict(X)) == list(LETTERS[p.argmax(axis=1)])
    assert_allclose(clf.predict_log_proba(X), np.log(p))
    assert_allclose(clf.decision_function(X), np.log(p))
    assert clf.oob_decision_function_.shape == p.shape
    assert clf.oob_score_ == np.mean(clf.oob_decision_function_.argmax(axis=1) == y)


def test_what_a_binary_classifier_predicts():
    X, y = make_classes(200, 2)
    clf = quick("classes").fit(X, y)
    p = clf.predict_proba(X)
    assert_allclose(clf.decision_function(X), np.log(p[:, 1] / p[:, 0]), rtol=1e-9)
    assert list(clf.predict(X)) == list((clf.decision_function(X) > 0).astype(int))
