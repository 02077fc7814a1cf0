"""ReconstructionDisplay, with PCA as the coder: what is drawn is what PCA says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from skbackprop.inspection import ReconstructionDisplay
from skbackprop.inspection._displays.drawing import mosaic


@pytest.fixture
def points():
    rng = np.random.RandomState(0)
    return rng.standard_normal((30, 2)) @ [[3.0, 1.0], [0.0, 0.5]]


@pytest.fixture
def images():
    return np.random.RandomState(0).uniform(0, 1, (5, 12))


def there_and_back(coder, X):
    return coder.inverse_transform(coder.transform(X))


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_points(in_pipeline, points):
    coder = make_pipeline(StandardScaler(), PCA(1)) if in_pipeline else PCA(1)
    display = ReconstructionDisplay.from_estimator(coder.fit(points), points)
    expected = there_and_back(coder, points)
    assert_allclose(display.originals_.get_offsets(), points)
    assert_allclose(display.reconstructions_.get_offsets(), expected)
    assert_allclose(np.array(display.links_.get_segments()), np.stack([points, expected], axis=1))
    assert display.images_ == []
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["original", "reconstruction"]
    assert display.ax_.get_xlabel() == "feature 1"
    assert display.ax_.get_ylabel() == "feature 2"


def test_error_over_the_plane(points):
    pca = PCA(1).fit(points)
    display = ReconstructionDisplay.from_estimator(pca, points, grid_resolution=20)
    xx, yy, error = display.plane
    assert xx.shape == yy.shape == error.shape == (20, 20)
    grid = np.column_stack([xx.ravel(), yy.ravel()])
    distance = np.linalg.norm(there_and_back(pca, grid) - grid, axis=1)
    assert_allclose(error.ravel(), distance / np.sqrt(2), atol=1e-12)
    assert xx.min() < points[:, 0].min()
    assert yy.max() > points[:, 1].max()
    assert display.plane_ is not None
    assert len(display.figure_.axes) == 2
    bare = ReconstructionDisplay.from_estimator(pca, points, plane=False)
    assert bare.plane_ is None
    assert len(bare.figure_.axes) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames(frame, points):
    X = frame({"height": points[:, 0], "weight": points[:, 1]})
    display = ReconstructionDisplay.from_estimator(PCA(1).fit(X), X, grid_resolution=4)
    assert display.ax_.get_xlabel() == "height"
    assert display.ax_.get_ylabel() == "weight"
    assert_allclose(display.originals_.get_offsets(), points)


def test_two_of_many_features(images):
    pca = PCA(2).fit(images)
    display = ReconstructionDisplay.from_estimator(pca, images, features=(3, 1))
    assert_allclose(display.originals_.get_offsets(), images[:, [3, 1]])
    assert display.ax_.get_xlabel() == "feature 4"
    assert display.ax_.get_title() == "two of 12 features"
    assert display.plane_ is display.bars_ is None


@pytest.mark.parametrize("n_features", [1, 3, 60])
def test_the_error_of_each_feature(n_features):
    X = np.random.RandomState(0).standard_normal((30, n_features)) * np.arange(1, n_features + 1)
    X[:, -1] = 7.0 if n_features > 1 else X[:, -1]  # a constant one has no error to speak of
    pca = PCA(1).fit(X)
    display = ReconstructionDisplay.from_estimator(pca, X)
    error = np.sqrt(((there_and_back(pca, X) - X) ** 2).mean(axis=0))
    expected = np.append(error[:-1] / X.std(axis=0)[:-1], 0.0)
    assert_allclose([bar.get_width() for bar in display.bars_], expected, atol=1e-12)
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    if n_features <= 40:
        assert names == [f"feature {i + 1}" for i in range(n_features)]
    assert display.originals_ is display.links_ is None
    assert display.ax_.yaxis_inverted()
    left, right = display.ax_.get_xlim()
    assert left == 0
    assert right > 1


def test_images(images):
    pca = PCA(2).fit(images)
    display = ReconstructionDisplay.from_estimator(pca, images, image_shape=(3, 4))
    originals, reconstructions, differences = (
        np.ma.filled(image.get_array(), np.nan) for image in display.images_
    )
    assert originals.shape == (3, 5 * 4 + 4)
    for k in range(5):
        place = np.s_[:, 5 * k : 5 * k + 4]
        expected = there_and_back(pca, images)[k].reshape(3, 4)
        assert_allclose(originals[place], images[k].reshape(3, 4))
        assert_allclose(reconstructions[place], expected)
        assert_allclose(differences[place], expected - images[k].reshape(3, 4))
    assert np.isnan(originals[:, 4]).all()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["original", "reconstruction", "difference"]
    assert display.images_[0].norm is display.images_[1].norm
    assert display.images_[2].norm.vmin == -display.images_[2].norm.vmax
    assert display.originals_ is display.reconstructions_ is display.links_ is None
    tops = [image.get_extent()[3] for image in display.images_]
    assert tops == sorted(tops)
    assert display.ax_.yaxis_inverted()


def test_options_reach_the_artists(points, images):
    pca = PCA(1).fit(points)
    display = ReconstructionDisplay.from_estimator(pca, points, s=77)
    assert_allclose(display.reconstructions_.get_sizes(), 77)
    pca = PCA(1).fit(images)
    display = ReconstructionDisplay.from_estimator(pca, images, image_shape=(3, 4), cmap="bone")
    assert display.images_[0].get_cmap().name == "bone"


def test_what_is_refused(points, images):
    pca = PCA(2).fit(images)
    with pytest.raises(ValueError, match=r"image_shape=\(3, 3\) does not fit .* 12 features"):
        ReconstructionDisplay.from_estimator(pca, images, image_shape=(3, 3))
    with pytest.raises(ValueError, match=r"two of 12 columns .* got \(0, 12\)"):
        ReconstructionDisplay.from_estimator(pca, images, features=(0, 12))
    with pytest.raises(TypeError, match="Normalizer has no inverse_transform"):
        ReconstructionDisplay.from_estimator(Normalizer().fit(points), points)


def test_mosaic():
    images = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    whole = mosaic(images)
    assert whole.shape == (2 * 4 + 1, 3 * 5 + 2)
    assert_allclose(whole[5:, 6:11], images[1, 1])
    assert np.isnan(whole[4]).all()
    assert np.isnan(whole[:, 5]).all()
    assert np.isfinite(whole).sum() == images.size
