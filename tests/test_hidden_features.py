"""The last hidden layer as a transformer."""

from __future__ import annotations

import numpy as np
import pytest
from estimator_cases import make
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_transform_is_the_last_hidden_layer(problem):
    X, y = problem("multiclass")
    clf = make("multiclass", activation="tanh")
    features = clone(clf).fit_transform(X, y)
    clf.fit(X, y)
    hidden = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    hidden = np.tanh(hidden @ clf.coefs_[1] + clf.intercepts_[1])
    assert_allclose(clf.transform(X), hidden, rtol=1e-10)
    assert_allclose(features, hidden, rtol=1e-10)
    names = clf.get_feature_names_out()
    assert names.tolist() == [f"backpropclassifier{i}" for i in range(5)]


def test_no_hidden_layer_no_transform(problem):
    X, y = problem("binary")
    clf = make("binary", hidden_layer_sizes=())
    for fitted in (clf, clf.fit(X, y)):
        for method in ("transform", "fit_transform", "get_feature_names_out"):
            assert not hasattr(fitted, method)


def test_features_as_a_frame(problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("binary")
    clf = make("binary").set_output(transform="pandas").fit(X, y)
    frame = clf.transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == clf.get_feature_names_out().tolist()


def test_as_a_step_in_the_middle(problem):
    """The hidden layer as features of something else."""
    X, y = problem("multiclass")
    from sklearn.linear_model import LogisticRegression

    pipeline = make_pipeline(StandardScaler(), make("multiclass"), LogisticRegression())
    pipeline.fit(X, y)
    assert pipeline.predict(X).shape == y.shape
    names = pipeline[:-1].get_feature_names_out()
    assert len(names) == pipeline[-1].n_features_in_ == 5


def test_the_regressor_has_them_too(problem):
    X, y = problem("regression")
    reg = make("regression", activation=["tanh", "logistic"])
    features = clone(reg).fit_transform(X, y)
    hidden = np.tanh(X @ reg.fit(X, y).coefs_[0] + reg.intercepts_[0])
    hidden = expit(hidden @ reg.coefs_[1] + reg.intercepts_[1])
    assert_allclose(reg.transform(X), hidden, rtol=1e-10)
    assert_allclose(features, hidden, rtol=1e-10)
    assert_allclose(reg.transform(sparse.csr_array(X)), hidden, rtol=1e-10)
    assert reg.transform(X.astype(np.float32)).shape == (len(X), 5)
    names = reg.get_feature_names_out()
    assert names.tolist() == [f"backpropregressor{i}" for i in range(5)]
    linear = make("regression", hidden_layer_sizes=())
    for model in (linear, linear.fit(X, y)):
        for method in ("transform", "fit_transform", "get_feature_names_out"):
            assert not hasattr(model, method)


def test_features_of_a_regressor_as_a_frame_in_a_pipeline(problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("multioutput")
    pipe = make_pipeline(StandardScaler(), make("multioutput")).set_output(transform="pandas")
    frame = pipe.fit_transform(X, y)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == [f"backpropregressor{i}" for i in range(5)]
    assert_allclose(frame, pipe.transform(X), rtol=1e-12)


@pytest.mark.parametrize("fitted, now", [((), (3,)), ((3,), ())], ids=str)
def test_the_fitted_network_decides(fitted, now, problem):
    """...whatever is to be fitted next."""
    X, y = problem("regression")
    reg = BackpropRegressor(hidden_layer_sizes=fitted, max_iter=2, random_state=0).fit(X, y)
    reg.set_params(hidden_layer_sizes=now)
    assert hasattr(reg, "transform") == bool(fitted)
    if fitted:
        assert reg.transform(X).shape == (len(X), 3)
