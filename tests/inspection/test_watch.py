"""The animation shows the states that the training went through."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.animation import FuncAnimation
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropRegressor, inspection

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {"hidden_layer_sizes": (4,), "activation": "tanh", "random_state": 0, "tol": 0}


def plane(n_classes=2):
    X = np.random.RandomState(0).normal([1.0, 2.0], size=(40, 2))
    return X, np.arange(40) % n_classes


def watch(*args, **kwargs):
    """``inspection.watch``, without matplotlib's warning of an animation that nobody looks at."""
    animation = inspection.watch(*args, **kwargs)
    animation._draw_was_started = True
    return animation


def frame(animation, k):
    """Draw one frame; returns the axes of the plane and of the loss."""
    animation._func(k)
    return plt.gcf().axes[:2]


def n_frames(animation):
    return animation._save_count


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_decision_regions(n_classes, in_pipeline):
    X, y = plane(n_classes)
    clf = BackpropClassifier(max_iter=9, learning_rate_init=0.1, **SMALL)
    clf = make_pipeline(StandardScaler(), clf) if in_pipeline else clf
    expected = clone(clf).fit(X, y)
    animation = watch(clf, X, y, n_frames=10, grid_resolution=5)
    assert isinstance(animation, FuncAnimation)
    assert n_frames(animation) == 10
    assert_allclose(clf.predict_proba(X), expected.predict_proba(X))  # fitted as by fit

    axes, losses = frame(animation, 9)
    image = axes.images[0]
    left, right, bottom, top = image.get_extent()
    xx, yy = np.meshgrid(np.linspace(left, right, 5), np.linspace(bottom, top, 5))
    proba = clf.predict_proba(np.column_stack([xx.ravel(), yy.ravel()]))
    dots = np.array([points.get_facecolor()[0, :3] for points in axes.collections])
    shown = np.asarray(image.get_array()).reshape(-1, 3)
    assert_allclose(shown, proba @ (1 - 0.5 * (1 - dots)), atol=1e-6)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        str(label) for label in range(n_classes)
    ]
    assert losses.get_title() == f"epoch 9, loss = {(clf[-1] if in_pipeline else clf).loss_:.4f}"


def test_frames_follow_the_training():
    X, y = plane()
    clf = BackpropClassifier(max_iter=20, learning_rate_init=0.1, **SMALL)
    animation = watch(clf, X, y, n_frames=6, grid_resolution=4)
    seen, epochs = [], []
    for k in range(n_frames(animation)):
        axes, losses = frame(animation, k)
        seen.append(np.array(axes.images[0].get_array()))
        epoch = int(losses.get_title().split(",")[0].removeprefix("epoch "))
        epochs.append(epoch)
        whole, so_far, point = losses.get_lines()
        assert_allclose(whole.get_ydata(), clf.loss_curve_)
        assert_allclose(so_far.get_ydata(), clf.loss_curve_[:epoch])
        assert_allclose(point.get_ydata(), clf.loss_curve_[:epoch][-1:])
        if 0 < epoch < 20:  # the state is that of a training which ended there
            shorter = clone(clf).set_params(max_iter=epoch).fit(X, y)
            again = watch(shorter, X, y, n_frames=2, grid_resolution=4)
            axes, _ = frame(again, 1)
            assert_allclose(seen[-1], axes.images[0].get_array(), atol=1e-12)
            plt.close()
    assert epochs[0] == 0
    assert epochs[-1] == 20
    assert epochs == sorted(set(epochs))
    assert len(epochs) == 6
    assert all(not np.allclose(a, b) for a, b in pairwise(seen))


@pytest.mark.parametrize("max_iter", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("most", [1, 2, 5])
def test_number_of_frames(max_iter, most):
    X, y = plane()
    animation = watch(BackpropClassifier(max_iter=max_iter, **SMALL), X, y, n_frames=most)
    assert n_frames(animation) == max(2, min(most, max_iter + 1))


def test_regression_curve():
    X = np.linspace(-1, 1, 30)[:, np.newaxis]
    reg = BackpropRegressor(max_iter=5, learning_rate_init=0.1, **SMALL)
    animation = watch(reg, X, X[:, 0] ** 2, n_frames=3, log_scale=True)
    axes, losses = frame(animation, 2)
    (curve,) = axes.get_lines()
    assert_allclose(curve.get_ydata(), reg.predict(curve.get_xdata()[:, np.newaxis]))
    assert losses.get_yscale() == "log"
    assert axes.get_ylabel() == "y"


def test_regression_surface():
    X, _ = plane()
    reg = BackpropRegressor(solver="lbfgs", max_iter=5, **{**SMALL, "tol": 1e-4})
    animation = watch(reg, X, X[:, 0] * X[:, 1], n_frames=3, grid_resolution=4)
    axes, losses = frame(animation, 2)
    (image,) = axes.images
    assert image.get_array().shape == (4, 4)
    left, _, bottom, _ = image.get_extent()
    assert_allclose(image.get_array()[0, 0], reg.predict([[left, bottom]])[0])
    assert losses.get_title().startswith("iteration")


@pytest.mark.filterwarnings("error")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_frames_of_data(make):
    X, y = plane()
    X = make({"height": X[:, 0], "weight": X[:, 1]})
    animation = watch(BackpropClassifier(max_iter=2, **SMALL), X, y, n_frames=2)
    axes, _ = frame(animation, 1)
    assert axes.get_xlabel() == "height"
    assert axes.get_ylabel() == "weight"


def test_warm_start_goes_on():
    X, y = plane()
    clf = BackpropClassifier(max_iter=4, warm_start=True, **SMALL).fit(X, y)
    animation = watch(clf, X, y, n_frames=3)
    _, losses = frame(animation, 0)
    assert losses.get_title().startswith("epoch 4,")
    _, losses = frame(animation, 2)
    assert losses.get_title().startswith("epoch 8,")


def test_arguments_of_fit():
    X, y = plane()
    clf = BackpropClassifier(max_iter=4, early_stopping=True, **SMALL)
    watch(clf, X, y, n_frames=2, X_val=X[:5], y_val=y[:5])
    assert len(clf.validation_scores_) == clf.n_iter_


def test_an_error_in_fit_leaves_no_watcher():
    X, y = plane()
    with pytest.raises(ValueError, match="NaN"):
        watch(BackpropClassifier(**SMALL), np.where(X > 2, np.nan, X), y)
    animation = watch(BackpropClassifier(max_iter=2, **SMALL), X, y, n_frames=2)
    BackpropClassifier(max_iter=7, **SMALL).fit(X, y)
    assert n_frames(animation) == 2


def test_in_a_notebook():
    X, y = plane()
    clf = BackpropClassifier(max_iter=2, **SMALL)
    animation = watch(clf, X, y, n_frames=2, figsize=(5, 3), grid_resolution=3)
    html = animation._repr_html_()
    assert "<script" in html
    assert plt.get_fignums() == []  # no picture beside the animation


def test_what_cannot_be_watched():
    X, y = plane()
    with pytest.raises(TypeError, match=r"watch needs .* got LogisticRegression"):
        watch(LogisticRegression(), X, y)
    with pytest.raises(TypeError, match=r"watch needs .* got StandardScaler"):
        watch(make_pipeline(StandardScaler()), X, y)
    wide = np.column_stack([X, X])
    with pytest.raises(ValueError, match="BackpropClassifier on 4 features"):
        watch(BackpropClassifier(), wide, y)
    with pytest.raises(ValueError, match="BackpropClassifier on 1 features"):
        watch(BackpropClassifier(), X[:, :1], y)
    with pytest.raises(ValueError, match=r"single target; got y of shape \(40, 2\)"):
        watch(BackpropRegressor(), X, X)
    assert plt.get_fignums() == []
