"""What a fitted classifier or regressor predicts, by each of its methods."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import CLASSIFICATION, REGRESSION, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.datasets import make_blobs
from sklearn.metrics import accuracy_score, r2_score

from skbackprop import BackpropClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("target", CLASSIFICATION)
@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_methods_of_the_classifier_agree(target, loss, problem):
    X, y = problem(target)
    if target != "multilabel":
        y = np.array(["ash", "birch", "cedar"])[y]
    clf = make(target, loss=loss, max_iter=30).fit(X, y)
    scores, proba = clf.decision_function(X), clf.predict_proba(X)
    if target == "binary":
        assert scores.shape == (len(X),)
        assert_allclose(proba, np.c_[1 - expit(scores), expit(scores)], rtol=1e-10)
        expected = clf.classes_[(scores > 0).astype(int)]
    elif target == "multiclass":
        assert scores.shape == (len(X), 3)
        assert_allclose(proba, softmax(scores, axis=1), rtol=1e-10)
        expected = clf.classes_[scores.argmax(axis=1)]
    else:
        assert scores.shape == (len(X), 3)
        assert_allclose(proba, expit(scores), rtol=1e-10)
        expected = (scores > 0).astype(int)
    assert_array_equal(clf.predict(X), expected)
    assert_allclose(clf.predict_log_proba(X), np.log(proba), rtol=1e-8, atol=1e-12)
    assert_allclose(clf.score(X, y), accuracy_score(y, clf.predict(X)))
    weights = np.arange(1.0, len(X) + 1)
    assert_allclose(
        clf.score(X, y, weights), accuracy_score(y, clf.predict(X), sample_weight=weights)
    )


@pytest.mark.parametrize("target", REGRESSION)
def test_methods_of_the_regressor_agree(target, problem):
    X, y = problem(target)
    reg = make(target).fit(X, y)
    assert reg.predict(X).shape == y.shape
    assert_allclose(reg.score(X, y), r2_score(y, reg.predict(X)))
    if target == "poisson":
        assert reg.predict(X).min() > 0
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert not hasattr(reg, method)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_prediction_is_the_forward_pass(activation, problem):
    """W and b are where ``coefs_`` and ``intercepts_`` say that they are."""
    X, y = problem("multioutput")
    reg = make("multioutput", activation=activation).fit(X, y)
    function = {
        "identity": lambda z: z,
        "logistic": expit,
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
    }[activation]
    a = X
    for W, b in list(zip(reg.coefs_, reg.intercepts_, strict=True))[:-1]:
        a = function(a @ W + b)
    assert_allclose(reg.predict(X), a @ reg.coefs_[-1] + reg.intercepts_[-1], rtol=1e-10)


def test_extreme_scores_stay_finite():
    """The loss is taken from the scores: certainty costs no infinity."""
    X = np.array([[-1e4], [1e4]])
    clf = BackpropClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        learning_rate_init=1e-9,
        init=[([[1.0]], [0.0])],
        max_iter=1,
    ).fit(X, [1, 0])
    assert_allclose(clf.loss_, 1e4, rtol=1e-3)
    log_proba = clf.predict_log_proba(X)
    assert np.isfinite(log_proba).all()
    assert_allclose(np.diag(log_proba), 0, atol=1e-12)  # certain, and wrong
    assert np.diag(log_proba[:, ::-1]).max() < -700
    assert np.isfinite(clf.gradient_norms_).all()


def test_classes_of_every_kind():
    X, y = make_blobs(n_samples=60, centers=3, cluster_std=0.3, random_state=0)
    for labels in (
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([-5, 0, 7]),
        np.array([0.0, 1.0, 2.0]),
    ):
        clf = BackpropClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
        clf.fit(X, labels[y])
        assert_array_equal(clf.classes_, labels)
        if labels.dtype != object:
            assert clf.classes_.dtype == labels.dtype
            assert clf.predict(X).dtype == labels.dtype
        assert clf.score(X, labels[y]) == 1.0
    booleans = BackpropClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
    assert booleans.fit(X, y == 1).predict(X).dtype == bool


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform"])
def test_plain_arrays_are_checked_as_all_others_are(method, problem):
    """They take a short way past scikit-learn's validation, unless something is wrong."""
    X, y = problem("binary")
    clf = BackpropClassifier(hidden_layer_sizes=(3,), max_iter=2, random_state=0).fit(X, y)
    call = getattr(clf, method)
    expected = call(X.tolist())
    for same in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype(object)):
        assert_array_equal(call(same), expected)
    call(np.full_like(X, 1e308))  # finite, though its sum is not
    bad = {
        "NaN": np.where(X[2, 1] == X, np.nan, X),
        "infinity": np.where(X[2, 1] == X, np.inf, X),
        "expecting 5 features": X[:, :4],
        "0 sample": X[:0],
        "1D array": X[0],
    }
    for message, odd in bad.items():
        with pytest.raises(ValueError, match=message):
            call(odd)


def test_arrays_for_a_model_with_feature_names_are_told_of(problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("binary")
    clf = BackpropClassifier(hidden_layer_sizes=(3,), max_iter=2).fit(
        pd.DataFrame(X).add_prefix("x"), y
    )
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        clf.predict(X)
