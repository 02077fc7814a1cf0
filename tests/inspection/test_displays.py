"""What all displays have in common, and scikit-learn's display of decision boundaries."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.inspection import (
    ActivationDisplay,
    DecisionRegionsDisplay,
    GradientFlowDisplay,
    HiddenUnitsDisplay,
    InputGradientsDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    LossSurfaceDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IS_OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 7)

#: The displays of a network, and those of a coder that need data.
OF_NETWORKS = [LossCurveDisplay, GradientFlowDisplay, NetworkDisplay, HiddenUnitsDisplay]
OF_CODERS = [ReconstructionDisplay, LatentSpaceDisplay]
#: Displays of a network on data, and with targets.
WITH_DATA = [ActivationDisplay, InputGradientsDisplay]
WITH_TARGETS = [LossSurfaceDisplay, DecisionRegionsDisplay]
DISPLAYS = OF_NETWORKS + OF_CODERS + WITH_DATA + WITH_TARGETS
SMALL = {LossSurfaceDisplay: {"n_points": 3}, DecisionRegionsDisplay: {"grid_resolution": 5}}


class Constant(BaseEstimator):
    """Neither learns nor encodes."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self


def data(n_features=2):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((40, n_features))
    return X, (X[:, 0] > 0).astype(int)


def unfitted(Display):
    if Display not in OF_CODERS:
        return BackpropClassifier((3,), max_iter=3, random_state=0)
    return PCA(n_components=1)


def draw(Display, estimator, **options):
    X, y = data()
    options = {**SMALL.get(Display, {}), **options}
    if Display in OF_CODERS + WITH_DATA:
        return Display.from_estimator(estimator, X, **options)
    if Display in WITH_TARGETS:
        return Display.from_estimator(estimator, X, y, **options)
    return Display.from_estimator(estimator, **options)


@pytest.mark.parametrize("Display", DISPLAYS)
def test_a_figure_of_its_own(Display):
    display = draw(Display, unfitted(Display).fit(*data()))
    assert isinstance(display, Display)
    assert plt.get_fignums() == [display.figure_.number]
    assert display.ax_.figure is display.figure_
    assert display.ax_.has_data()
    display.figure_.canvas.draw()


@pytest.mark.parametrize("Display", DISPLAYS)
def test_given_axes_are_used(Display):
    _, (left, right) = plt.subplots(1, 2)
    display = draw(Display, unfitted(Display).fit(*data()), ax=right)
    assert display.ax_ is right
    assert display.figure_ is right.figure
    assert right.has_data()
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("Display", DISPLAYS)
def test_plot_again(Display):
    display = draw(Display, unfitted(Display).fit(*data()))
    first = display.ax_
    _, ax = plt.subplots()
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert len(ax.get_children()) >= len(first.get_children()) - 1


@pytest.mark.parametrize("Display", DISPLAYS)
def test_end_of_a_pipeline_or_search(Display):
    X, y = data()
    pipe = make_pipeline(StandardScaler(), unfitted(Display)).fit(X, y)
    assert draw(Display, pipe).ax_.has_data()
    name = pipe.steps[-1][0]
    grid = {f"{name}__random_state": [0]}
    assert draw(Display, GridSearchCV(pipe, grid, cv=2).fit(X, y)).ax_.has_data()


@pytest.mark.parametrize("Display", DISPLAYS)
def test_not_fitted(Display):
    for estimator in (unfitted(Display), make_pipeline(StandardScaler(), unfitted(Display))):
        with pytest.raises(NotFittedError):
            draw(Display, estimator)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("Display", DISPLAYS)
def test_an_estimator_of_another_kind(Display):
    with pytest.raises(TypeError, match=rf"{Display.__name__}.from_estimator needs .*Constant"):
        draw(Display, Constant().fit(*data()))
    assert plt.get_fignums() == []


@pytest.mark.parametrize("Display", DISPLAYS)
def test_without_matplotlib(Display, monkeypatch):
    estimator = unfitted(Display).fit(*data())
    display = draw(Display, estimator)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=rf"{Display.__name__}.from_estimator requires matplotli"):
        draw(Display, estimator)
    with pytest.raises(ImportError, match=rf"{Display.__name__}.plot requires matplotlib"):
        display.plot()


@pytest.mark.parametrize("Display", OF_NETWORKS)
def test_mlp_of_scikit_learn(Display):
    """Whatever has the attributes can be drawn."""
    from sklearn.neural_network import MLPClassifier

    mlp = MLPClassifier((3,), max_iter=3, random_state=0).fit(*data())
    if Display is GradientFlowDisplay:
        with pytest.raises(TypeError, match="gradient_norms_"):
            draw(Display, mlp)
    else:
        assert draw(Display, mlp).ax_.has_data()


# Decision boundaries --------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("response", ["auto", "predict", "predict_proba", "decision_function"])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_decision_boundary(n_classes, response, in_pipeline):
    if IS_OLD and n_classes == 3 and response in ("predict_proba", "decision_function"):
        pytest.skip("scikit-learn draws scores of several classes from 1.7")
    X, _ = data()
    y = np.arange(len(X)) % n_classes
    clf = BackpropClassifier((4,), max_iter=5, random_state=0)
    clf = (make_pipeline(StandardScaler(), clf) if in_pipeline else clf).fit(X, y)
    display = DecisionBoundaryDisplay.from_estimator(
        clf, X, response_method=response, grid_resolution=10
    )
    grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
    if n_classes == 2 and response in ("auto", "decision_function"):
        assert_allclose(display.response.ravel(), clf.decision_function(grid))
    elif response == "predict":
        assert_allclose(display.response.ravel(), clf.predict(grid))
    elif response == "predict_proba":
        proba = clf.predict_proba(grid)
        expected = proba[:, 1] if n_classes == 2 else proba
        assert_allclose(display.response.reshape(expected.shape), expected)


def test_decision_boundary_of_a_regressor():
    X, _ = data()
    reg = BackpropRegressor(hidden_layer_sizes=(3,), max_iter=3).fit(X, X[:, 0])
    display = DecisionBoundaryDisplay.from_estimator(reg, X, grid_resolution=5)
    assert display.response.shape == (5, 5)
