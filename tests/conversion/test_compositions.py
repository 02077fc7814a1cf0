"""Converted estimators within those of scikit-learn."""

import numpy as np
import pytest
from onnx_cases import (
    MARKS,
    RAW,
    assert_close,
    check_classifier,
    converted,
    data,
    runtime,
    skl2onnx,
)
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropRegressor,
)

pytestmark = MARKS


def test_pipeline():
    X, y = load_wine(return_X_y=True)
    X = X.astype(np.float32)
    model = make_pipeline(StandardScaler(), BackpropClassifier((8,), max_iter=20, random_state=0))
    check_classifier(model.fit(X, y), X)


def test_columns_with_categories():
    pd = pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    table = X[["alcohol", "ash"]].astype(np.float32)
    table["origin"] = np.where(X["hue"] > 1, "north", "south")
    table["origin"] = table["origin"].astype(object)
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["alcohol", "ash"]),
            ("categories", OneHotEncoder(sparse_output=False), ["origin"]),
        ]
    )
    network = BackpropClassifier((8,), normalization="batch", max_iter=30, random_state=0)
    model = make_pipeline(columns, network).fit(table, y)
    assert isinstance(table, pd.DataFrame)
    check_classifier(model, table)


def test_columns_of_a_table_one_by_one():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X[["alcohol", "ash"]].astype(np.float32)
    check_classifier(BackpropClassifier((8,), max_iter=20, random_state=0).fit(X, y), X)


def test_as_transformers():
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=20, random_state=0)
    union = FeatureUnion(
        [("codes", BackpropAutoencoder(2, (8,), max_iter=5, random_state=0)), ("hidden", network)]
    )
    columns = ColumnTransformer(
        [("first", clone(network), slice(0, 6)), ("rest", "passthrough", slice(6, 13))]
    )
    for transformer in (union, columns, clone(network)):
        model = make_pipeline(transformer, LogisticRegression(max_iter=1000)).fit(X, y)
        options = {BackpropClassifier: {"features": True}, LogisticRegression: RAW}
        proto = skl2onnx.to_onnx(model, X[:1], options=options)
        session = runtime.InferenceSession(proto.SerializeToString())
        _, probabilities = session.run(None, {"X": X})
        assert_close(probabilities, model.predict_proba(X))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda network: GridSearchCV(network, {"alpha": [0.01, 0.1]}, cv=2),
        lambda network: VotingClassifier(
            [("a", network), ("b", clone(network))], voting="soft", flatten_transform=False
        ),
        lambda network: StackingClassifier([("a", network)], LogisticRegression(), cv=2),
        lambda network: BaggingClassifier(network, 2, random_state=0),
        lambda network: CalibratedClassifierCV(network, cv=2),
        lambda network: OneVsRestClassifier(network),
    ],
    ids=["search", "voting", "stacking", "bagging", "calibrated", "one against the rest"],
)
def test_within_meta_estimators(wrap):
    X, y = data("multiclass")
    network = BackpropClassifier((8,), max_iter=20, random_state=0)
    check_classifier(wrap(network).fit(X, y), X)


def test_within_a_regressor():
    X, y = data("regression")
    network = BackpropRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0)
    model = VotingRegressor([("a", network), ("b", clone(network))]).fit(X, y)
    assert_close(converted(model, X)(X)["variable"], model.predict(X)[:, np.newaxis])
