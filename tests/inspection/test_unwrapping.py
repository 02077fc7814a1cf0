"""Pipelines, searches, transformed targets and detectors: what is within is what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
)
from skbackprop.inspection import (
    GradientFlowDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    check_gradients,
    loss_and_gradients,
    trace,
    watch,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {"hidden_layer_sizes": (4,), "activation": "tanh", "max_iter": 4, "random_state": 0}


def data(n_features=3):
    rng = np.random.RandomState(0)
    X = rng.normal(2.0, 3.0, (30, n_features))
    return X, X[:, 0] + 10 * np.sin(X[:, 1])


def search(estimator):
    """A search with one candidate, refitted on all the data."""
    return GridSearchCV(estimator, {}, cv=2)


def meta_classifiers():
    clf = BackpropClassifier(**SMALL)
    scaled = make_pipeline(StandardScaler(), clf)
    return {
        "pipeline": scaled,
        "nested": make_pipeline(MinMaxScaler(), make_pipeline(StandardScaler(), clf)),
        "search": search(scaled),
        "pipeline of a search": make_pipeline(StandardScaler(), search(clf)),
        "fixed threshold": FixedThresholdClassifier(scaled, threshold=0.4),
        "tuned threshold": TunedThresholdClassifierCV(scaled, cv=2),
    }


@pytest.mark.parametrize("kind", meta_classifiers())
def test_the_output_of_a_classifier_is_its_prediction(kind):
    X, y = data()
    y = (y > 0).astype(int)
    clf = meta_classifiers()[kind].fit(X, y)
    for fitted in (clf, FrozenEstimator(clf)):
        assert_allclose(trace(fitted, X, y).layers[-1].a[:, 0], clf.predict_proba(X)[:, 1])
        assert check_gradients(fitted, X, y) < 1e-6
        assert LossCurveDisplay.from_estimator(fitted).ax_.has_data()
        assert GradientFlowDisplay.from_estimator(fitted).ax_.has_data()
        assert NetworkDisplay.from_estimator(fitted, X[:1]).ax_.has_data()


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_transformed_target(outside, n_outputs):
    """The network's output and target are those of the standardised y."""
    X, y = data()
    y = y if n_outputs == 1 else np.column_stack([y, -3 * y + X[:, 2]])
    reg = BackpropRegressor(**SMALL)
    if outside:
        inner = make_pipeline(StandardScaler(), reg)
        meta = TransformedTargetRegressor(inner, transformer=StandardScaler())
    else:
        inner = TransformedTargetRegressor(reg, transformer=StandardScaler())
        meta = make_pipeline(StandardScaler(), inner)
    meta = search(meta).fit(X, y)
    target = StandardScaler().fit(y.reshape(30, -1))
    tr = trace(meta, X, y)
    expected = meta.predict(X).reshape(30, -1)
    assert_allclose(target.inverse_transform(tr.layers[-1].a), expected)
    assert_allclose(tr.target, target.transform(y.reshape(30, -1)))
    assert check_gradients(meta, X, y) < 1e-6
    assert loss_and_gradients(meta, X, y)[0] == tr.loss


def test_transformed_by_functions():
    X, y = data()
    y = np.exp(y / 10)
    meta = TransformedTargetRegressor(BackpropRegressor(**SMALL), func=np.log, inverse_func=np.exp)
    tr = trace(meta.fit(X, y), X, y)
    assert_allclose(tr.target[:, 0], np.log(y))
    assert_allclose(np.exp(tr.layers[-1].a[:, 0]), meta.predict(X))


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_the_autoencoder_of_a_detector(in_pipeline):
    X, _ = data()
    autoencoder = BackpropAutoencoder(2, random_state=0, max_iter=4)
    detector = BackpropOutlierDetector(autoencoder)
    meta = make_pipeline(MinMaxScaler(), detector) if in_pipeline else detector
    meta.fit(X)
    coder, scaled = detector.autoencoder_, X
    if in_pipeline:
        scaled = meta[0].transform(X)
    tr = trace(meta, X)
    reconstruction = tr.layers[-1].a * coder.scale_ + coder.mean_
    assert_allclose(reconstruction, coder.predict(scaled))
    assert check_gradients(meta, X) < 1e-6
    assert LossCurveDisplay.from_estimator(meta).ax_.has_data()
    display = LatentSpaceDisplay.from_estimator(meta, X)
    assert_allclose(display.codes, coder.transform(scaled))
    display = ReconstructionDisplay.from_estimator(meta, X, features=(0, 1))
    reconstruction = meta[0].inverse_transform(reconstruction) if in_pipeline else reconstruction
    assert_allclose(display.reconstructions_.get_offsets(), reconstruction[:, :2])


@pytest.mark.parametrize("outside", [False, True])
def test_watch_a_transformed_target(outside):
    X, y = data(n_features=1 + 1)
    reg = BackpropRegressor(**SMALL)
    scaler = StandardScaler()
    if outside:
        meta = make_pipeline(scaler, TransformedTargetRegressor(reg, transformer=StandardScaler()))
    else:
        meta = TransformedTargetRegressor(make_pipeline(scaler, reg), transformer=StandardScaler())
    animation = watch(meta, X, y, n_frames=5, grid_resolution=4)
    animation._draw_was_started = True
    assert animation._save_count == 5
    animation._func(4)
    image = animation._fig.axes[0].images[0]
    left, _, bottom, _ = image.get_extent()
    assert_allclose(image.get_array()[0, 0], meta.predict([[left, bottom]])[0])
    animation._func(0)
    assert abs(image.get_array()[0, 0] - meta.predict([[left, bottom]])[0]) > 1e-3


def test_watch_the_end_of_a_pipeline_of_networks():
    """Not the autoencoder that trains before the classifier."""
    X, y = data()
    coder = BackpropAutoencoder(2, (3,), max_iter=9, random_state=0)
    X2 = coder.fit_transform(X)
    pipe = make_pipeline(StandardScaler(), BackpropAutoencoder(2, (3,), max_iter=9, random_state=0))
    pipe.steps.append(("clf", BackpropClassifier(**{**SMALL, "max_iter": 3})))
    animation = watch(pipe, X2, (y > 0).astype(int), n_frames=4, grid_resolution=4)
    animation._draw_was_started = True
    assert animation._save_count == 4
    for epoch in range(4):
        animation._func(epoch)
        title = animation._fig.axes[1].get_title()
        assert title.split(",")[0] == f"epoch {epoch}"


class Delegate(BaseEstimator):
    """Keeps a fitted network, but shows it other columns than it was given."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.estimator_ = self.estimator.fit(X[:, :2], y)
        return self


def test_what_is_refused():
    X, y = data()
    labels = (y > 0).astype(int)
    for other in (
        LinearRegression().fit(X, y),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(X, labels),
        search(LogisticRegression()).fit(X, labels),
        TransformedTargetRegressor(LinearRegression()).fit(X, y),
        Delegate(BackpropClassifier(**SMALL)).fit(X, labels),
        RFE(LogisticRegression(), n_features_to_select=2).fit(X, labels),
    ):
        with pytest.raises(TypeError, match="trace needs a BackpropClassifier"):
            trace(other, X, y)
    for meta in (*meta_classifiers().values(), BackpropOutlierDetector()):
        with pytest.raises(NotFittedError):
            trace(meta, X, labels)
    with pytest.raises(NotFittedError):
        LatentSpaceDisplay.from_estimator(BackpropOutlierDetector(), X)
    with pytest.raises(TypeError, match=r"watch needs .* got GridSearchCV"):
        watch(search(BackpropClassifier()), X[:, :2], labels)
