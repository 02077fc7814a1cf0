"""LatentSpaceDisplay, with PCA as the coder: codes and decoded samples are known."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import same_color
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.inspection import LatentSpaceDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def samples(n_features=6):
    return np.random.RandomState(0).standard_normal((50, n_features)).cumsum(axis=1)


def fitted(n_components=2, n_features=6):
    X = samples(n_features)
    return PCA(n_components).fit(X), X


# Codes ----------------------------------------------------------------------------


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_two_components_are_scattered(in_pipeline):
    X = samples()
    coder = PCA(3)
    coder = (make_pipeline(StandardScaler(), coder) if in_pipeline else coder).fit(X)
    display = LatentSpaceDisplay.from_estimator(coder, X)
    (points,) = display.artists_
    assert_allclose(points.get_offsets(), coder.transform(X)[:, :2])
    assert display.ax_.get_xlabel() == "code 1"
    assert display.ax_.get_ylabel() == "code 2"
    assert display.colorbar_ is None


def test_components_are_chosen():
    pca, X = fitted(4)
    display = LatentSpaceDisplay.from_estimator(pca, X, components=(3, 1))
    assert_allclose(display.artists_[0].get_offsets(), pca.transform(X)[:, [3, 1]])
    assert display.ax_.get_xlabel() == "code 4"
    display = LatentSpaceDisplay.from_estimator(pca, X, components=2)
    assert display.ax_.get_xlabel() == "code 3"


@pytest.mark.parametrize("n_classes", [2, 3, 9, 12])
def test_a_colour_for_each_class(n_classes):
    pca, X = fitted()
    y = np.arange(len(X)) % n_classes
    display = LatentSpaceDisplay.from_estimator(pca, X, y)
    assert len(display.artists_) == n_classes
    for label, points in enumerate(display.artists_):
        assert_allclose(points.get_offsets(), pca.transform(X)[y == label])
    colors = [points.get_facecolor()[0] for points in display.artists_]
    assert len({tuple(color) for color in colors}) == n_classes
    if n_classes <= 7:
        words = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    else:  # written where the class is
        assert display.ax_.get_legend() is None
        words = [text.get_text() for text in display.ax_.texts]
    assert words == [str(label) for label in range(n_classes)]


def test_a_colour_bar_for_numbers():
    pca, X = fitted()
    y = X[:, 0] + 0.5
    display = LatentSpaceDisplay.from_estimator(pca, X, y)
    assert_allclose(display.artists_[0].get_array(), y)
    assert display.colorbar_.ax.get_ylabel() == "y"


def test_one_component_is_a_histogram():
    pca, X = fitted(1)
    display = LatentSpaceDisplay.from_estimator(pca, X, bins=7)
    (patch,) = display.artists_
    assert patch.get_path().vertices[:, 1].max() == np.histogram(pca.transform(X), 7)[0].max()
    assert display.ax_.get_ylabel() == "samples"
    y = np.arange(len(X)) % 2
    display = LatentSpaceDisplay.from_estimator(pca, X, y)
    assert len(display.artists_) == 2
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["0", "1"]


def test_one_component_against_a_number():
    pca, X = fitted(1)
    y = X[:, 0] * 1.5
    display = LatentSpaceDisplay.from_estimator(pca, X, y)
    assert_allclose(display.artists_[0].get_offsets(), np.column_stack([pca.transform(X)[:, 0], y]))


def test_hidden_layer_of_a_classifier(problem):
    X, y = problem("binary")
    clf = BackpropClassifier((6, 2), max_iter=3, random_state=0).fit(X, y)
    display = LatentSpaceDisplay.from_estimator(clf, X, y)
    assert_allclose(display.artists_[1].get_offsets(), clf.transform(X)[y == 1])


# The decoder ----------------------------------------------------------------------


def test_manifold_of_images():
    """Each image is the decoded code of its place; up and to the right is plus."""
    pca, X = fitted()
    display = LatentSpaceDisplay.from_estimator(
        pca, X, kind="manifold", image_shape=(2, 3), n_steps=4
    )
    whole = np.ma.filled(display.artists_[0].get_array(), np.nan)
    assert whole.shape == (4 * 3 - 1, 4 * 4 - 1)
    across, up = display.decoded.positions
    low, high = np.quantile(pca.transform(X), [0.02, 0.98], axis=0)
    assert_allclose([across[0], up[0]], low)
    assert_allclose([across[-1], up[-1]], high)
    lower_left = pca.inverse_transform([[across[0], up[0]]]).reshape(2, 3)
    upper_right = pca.inverse_transform([[across[-1], up[-1]]]).reshape(2, 3)
    lower_next = pca.inverse_transform([[across[1], up[0]]]).reshape(2, 3)
    assert_allclose(whole[-2:, :3], lower_left)
    assert_allclose(whole[:2, -3:], upper_right)
    assert_allclose(whole[-2:, 4:7], lower_next)
    ticks = [float(label.get_text()) for label in display.ax_.get_yticklabels()]
    where = display.ax_.get_yticks()
    assert (np.diff(ticks) * np.diff(where) < 0).all()  # rows are counted downwards


def test_other_components_keep_their_means():
    pca, X = fitted(3)
    display = LatentSpaceDisplay.from_estimator(
        pca, X, kind="manifold", components=(0, 2), image_shape=(2, 3), n_steps=3
    )
    across, up = display.decoded.positions
    expected = pca.inverse_transform([[across[1], 0.0, up[2]]])[0]
    assert_allclose(display.decoded.samples[1, 2], expected, atol=1e-12)


def test_manifold_of_a_curve():
    pca, X = fitted(1, n_features=2)
    display = LatentSpaceDisplay.from_estimator(pca, X, kind="manifold", n_steps=9)
    points, curve = display.artists_
    assert_allclose(points.get_offsets(), X)
    expected = pca.inverse_transform(display.decoded.positions[0][:, np.newaxis])
    assert_allclose([segment[0] for segment in curve.get_segments()], expected[:-1])
    assert_allclose(curve.get_segments()[-1][1], expected[-1])
    assert display.colorbar_.ax.get_ylabel() == "code 1"
    assert display.ax_.get_xlabel() == "feature 1"


def test_manifold_of_a_net():
    pca, X = fitted(2, n_features=2)
    display = LatentSpaceDisplay.from_estimator(pca, X, kind="manifold", n_steps=13)
    points, first, second = display.artists_
    assert isinstance(points, PathCollection)
    assert isinstance(first, LineCollection)
    across, up = display.decoded.positions
    expected = pca.inverse_transform(np.column_stack([np.full(13, across[2]), up]))
    assert_allclose(first.get_segments()[2], expected)
    expected = pca.inverse_transform(np.column_stack([across, np.full(13, up[5])]))
    assert_allclose(second.get_segments()[5], expected)
    assert not same_color(first.get_color()[0], second.get_color()[0])


def test_traversal_of_images():
    pca, X = fitted(3)
    display = LatentSpaceDisplay.from_estimator(
        pca, X, kind="traversal", image_shape=(2, 3), n_steps=5
    )
    whole = np.ma.filled(display.artists_[0].get_array(), np.nan)
    assert whole.shape == (3 * 3 - 1, 5 * 4 - 1)
    code = [[0.0, display.decoded.positions[1][-1], 0.0]]
    assert_allclose(whole[3:5, -3:], pca.inverse_transform(code).reshape(2, 3), atol=1e-12)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["code 1", "code 2", "code 3"]


def test_traversal_of_features():
    pca, X = fitted(2, n_features=3)
    display = LatentSpaceDisplay.from_estimator(pca, X, kind="traversal", n_steps=5)
    assert len(display.artists_) == 2 * 3
    positions = display.decoded.positions[1]
    expected = pca.inverse_transform(np.column_stack([np.zeros(5), positions]))
    assert_allclose(display.artists_[3 + 2].get_ydata(), expected[:, 2], atol=1e-12)
    words = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert words == ["feature 1", "feature 2", "feature 3"]
    assert_array_equal(
        [label.get_text() for label in display.ax_.get_xticklabels()], ["code 1", "code 2"]
    )


# Refusals -------------------------------------------------------------------------


def test_what_is_refused(problem):
    pca, X = fitted(3)
    with pytest.raises(ValueError, match=r"kind must be one of .* got 'maze'"):
        LatentSpaceDisplay.from_estimator(pca, X, kind="maze")
    for components in ((0, 1, 2), (3,), (), -1):
        with pytest.raises(ValueError, match="must name 1 to 2 of the 3 components"):
            LatentSpaceDisplay.from_estimator(pca, X, components=components)
    with pytest.raises(ValueError, match=r"image_shape=\(2, 2\) does not fit"):
        LatentSpaceDisplay.from_estimator(pca, X, kind="traversal", image_shape=(2, 2))
    with pytest.raises(ValueError, match=r"X has 6 features\. kind='traversal' draws"):
        LatentSpaceDisplay.from_estimator(pca, X, kind="manifold")
    with pytest.raises(ValueError, match="needs decoded points"):
        LatentSpaceDisplay(pca.transform(X)).plot(kind="traversal")
    X, y = problem("binary")
    clf = BackpropClassifier((2,), max_iter=2).fit(X, y)
    with pytest.raises(TypeError, match="BackpropClassifier has no inverse_transform"):
        LatentSpaceDisplay.from_estimator(clf, X, kind="manifold")
    plt.close("all")
