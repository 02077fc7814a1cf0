"""DecisionRegionsDisplay."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.colors import same_color, to_rgba
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals
from skbackprop.inspection import DecisionRegionsDisplay, watch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def data(n_classes=3, names=None):
    """Classes around the corners of a polygon."""
    rng = np.random.RandomState(0)
    y = np.arange(20 * n_classes) % n_classes
    angles = 2 * np.pi * y / n_classes
    X = 5 * np.column_stack([np.cos(angles), np.sin(angles)]) + rng.standard_normal((len(y), 2))
    return X, y if names is None else np.asarray(names)[y]


@pytest.mark.parametrize("n_classes", [2, 3, 7, 9, 15, 30])
def test_regions_and_points(n_classes):
    X, y = data(n_classes)
    clf = KNeighborsClassifier(1).fit(X, y)
    display = DecisionRegionsDisplay.from_estimator(clf, X, y, grid_resolution=12)
    found = display.boundary
    grid = np.column_stack([found.xx0.ravel(), found.xx1.ravel()])
    expected = clf.predict(grid).reshape(12, 12)
    assert_array_equal(display.surface_.get_array().reshape(12, 12), expected)
    assert len(display.points_) == n_classes
    for label, points in enumerate(display.points_):
        assert_allclose(points.get_offsets(), X[y == label])
    colors = {tuple(points.get_facecolor()[0]) for points in display.points_}
    assert len(colors) == n_classes
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == [str(label) for label in range(n_classes)]


def test_a_region_has_the_colour_of_its_points():
    X, y = data(4)
    display = DecisionRegionsDisplay.from_estimator(
        KNeighborsClassifier(1).fit(X, y), X, y, grid_resolution=12
    )
    for label, points in enumerate(display.points_):
        full = points.get_facecolor()[0, :3]
        region = display.surface_.cmap(display.surface_.norm(label))[:3]
        assert_allclose(region, 1 - 0.35 * (1 - full), atol=1e-6)


def test_names_of_classes_and_features():
    X, y = data(3, names=["cat", "dog", "fish"])
    for make in (pd.DataFrame, pl.DataFrame):
        frame = make({"height": X[:, 0], "weight": X[:, 1]})
        pipe = make_pipeline(StandardScaler(), BackpropClassifier((4,), max_iter=5)).fit(frame, y)
        display = DecisionRegionsDisplay.from_estimator(pipe, frame, y, grid_resolution=5)
        assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("height", "weight")
        legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert legend == ["cat", "dog", "fish"]


def test_the_plane_has_a_margin():
    X, y = data()
    clf = LogisticRegression().fit(X, y)
    found = DecisionRegionsDisplay.from_estimator(clf, X, y, grid_resolution=5).boundary
    reach = 0.1 * np.ptp(X, axis=0).max()
    assert_allclose(
        [found.xx0.min(), found.xx0.max()], [X[:, 0].min() - reach, X[:, 0].max() + reach]
    )
    found = DecisionRegionsDisplay.from_estimator(clf, X, y, grid_resolution=5, eps=3).boundary
    assert_allclose(found.xx1.max(), X[:, 1].max() + 3)


def test_without_data_and_on_given_axes():
    X, y = data()
    _, (left, right) = plt.subplots(1, 2)
    clf = LogisticRegression().fit(X, y)
    display = DecisionRegionsDisplay.from_estimator(clf, X, ax=right, grid_resolution=5)
    assert display.ax_ is right
    assert display.points_ == []
    assert right.get_legend() is None
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1


def test_options_reach_the_points():
    X, y = data()
    clf = LogisticRegression().fit(X, y)
    display = DecisionRegionsDisplay.from_estimator(clf, X, y, s=77, edgecolors="red", legend=False)
    assert_allclose(display.points_[0].get_sizes(), 77)
    assert same_color(display.points_[0].get_edgecolor()[0], "red")
    assert display.ax_.get_legend() is None


def test_what_is_refused():
    X, y = data()
    with pytest.raises(TypeError, match="needs a classifier with classes_; LinearRegression"):
        DecisionRegionsDisplay.from_estimator(LinearRegression().fit(X, y), X, y)
    wide = np.column_stack([X, X])
    with pytest.raises(ValueError, match="needs X of two features, got 4"):
        DecisionRegionsDisplay.from_estimator(LogisticRegression().fit(wide, y), wide, y)
    several = KNeighborsClassifier().fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="needs one target, got 2"):
        DecisionRegionsDisplay.from_estimator(several, X)


def test_of_two_classes_the_second_is_blue_in_every_display():
    """As blue is plus in NetworkDisplay: the colours say the same everywhere."""
    X, y = make_spirals(60, random_state=0)
    clf = BackpropClassifier((4,), max_iter=3, tol=0, random_state=0)
    vermillion, blue = to_rgba("#D55E00"), to_rgba("#0072B2")
    animation = watch(clf, X, y, n_frames=2)
    animation._draw_was_started = True  # nobody watches it
    plane = animation._fig.axes[0]
    display = DecisionRegionsDisplay.from_estimator(clf, X, y)
    for dots in (plane.collections, display.points_):
        assert [tuple(one.get_facecolor()[0]) for one in dots] == [vermillion, blue]
        assert [one.get_label() for one in dots] == ["0", "1"]
    plt.close("all")
