"""HiddenUnitsDisplay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.inspection import HiddenUnitsDisplay
from skbackprop.inspection._displays.drawing import grid_around

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def picture(display, k, shape, n_columns):
    """The k-th picture of a mosaic with gaps of one pixel."""
    whole = np.ma.filled(display.image_.get_array(), np.nan)
    row, column = divmod(k, n_columns)
    top, left = row * (shape[0] + 1), column * (shape[1] + 1)
    return whole[top : top + shape[0], left : left + shape[1]]


def test_weights_as_images(network):
    est, _, _ = network("binary", hidden_layer_sizes=(5,))
    display = HiddenUnitsDisplay.from_estimator(est, image_shape=(2, 2), n_columns=3)
    assert_array_equal(display.units_, np.arange(5))
    for k in range(5):
        W = est.coefs_[0][:, k].reshape(2, 2)
        assert_allclose(picture(display, k, (2, 2), 3), W / np.abs(W).max())
    assert np.isnan(picture(display, 5, (2, 2), 3)).all()  # no sixth unit
    assert [text.get_text() for text in display.ax_.texts] == ["1", "2", "3", "4", "5"]
    assert (display.image_.norm.vmin, display.image_.norm.vmax) == (-1, 1)
    assert display.colorbar_ is None


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_weights_as_a_matrix(layer, network):
    est, _, _ = network("binary")
    display = HiddenUnitsDisplay.from_estimator(est, layer=layer)
    W = est.coefs_[layer - 1]
    assert_allclose(display.image_.get_array(), W)
    assert display.image_.norm.vmax == -display.image_.norm.vmin == np.abs(W).max()
    assert display.colorbar_.ax.get_ylabel() == "weight"
    units = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert units == [str(j + 1) for j in range(W.shape[1])]
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    if layer == 1:
        assert names == ["x₁", "x₂", "x₃", "x₄"]


def test_columns_are_named(problem):
    X, y = problem("binary", n_features=2)
    frame = pd.DataFrame(X, columns=["height", "weight"])
    pipe = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=2)).fit(frame, y)
    display = HiddenUnitsDisplay.from_estimator(pipe)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["height", "weight"]


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_regions(normalization, problem):
    X, y = problem("binary", n_features=2)
    params = {"normalization": normalization, "max_iter": 9, "random_state": 0}
    clf = BackpropClassifier((5, 3), "tanh", **params)
    pipe = make_pipeline(StandardScaler(), clf).fit(X, y)
    display = HiddenUnitsDisplay.from_estimator(
        pipe, X, kind="regions", layer=2, resolution=7, n_columns=3
    )
    grid = grid_around(X, 7)[2]
    expected = clf.transform(pipe[0].transform(grid)).reshape(7, 7, 3)
    for k in range(3):
        values = expected[::-1, :, k]  # up is plus
        assert_allclose(picture(display, k, (7, 7), 3), values / np.abs(values).max(), atol=1e-12)
    assert "plane" in display.ax_.get_title()


def test_the_strongest_of_many_units(network):
    est, _, _ = network("binary", hidden_layer_sizes=(30,))
    display = HiddenUnitsDisplay.from_estimator(est, max_units=4)
    norms = np.linalg.norm(est.coefs_[0], axis=0)
    assert_array_equal(display.units_, np.sort(np.argsort(norms)[-4:]))
    assert_allclose(display.image_.get_array(), est.coefs_[0][:, display.units_])
    assert "the 4 strongest of 30 units" in display.ax_.get_title()


def test_a_unit_without_weights(network):
    est, _, _ = network("binary", hidden_layer_sizes=(2,))
    est.coefs_[0][:, 1] = 0
    display = HiddenUnitsDisplay.from_estimator(est, image_shape=(2, 2))
    assert_allclose(picture(display, 1, (2, 2), 2), 0)


def test_what_is_refused(network):
    est, X, _ = network("binary")
    with pytest.raises(ValueError, match=r"kind must be one of .* got 'maps'"):
        HiddenUnitsDisplay.from_estimator(est, kind="maps")
    for layer in (0, 4):
        with pytest.raises(ValueError, match=f"layer must be one of the 3 layers, got {layer}"):
            HiddenUnitsDisplay.from_estimator(est, layer=layer)
    with pytest.raises(ValueError, match=r"image_shape=\(3, 3\) does not fit .* 4 features"):
        HiddenUnitsDisplay.from_estimator(est, image_shape=(3, 3))
    with pytest.raises(ValueError, match="kind='regions' needs X"):
        HiddenUnitsDisplay.from_estimator(est, kind="regions")
    with pytest.raises(ValueError, match=r"two features; got shape \(24, 4\)"):
        HiddenUnitsDisplay.from_estimator(est, X, kind="regions")
