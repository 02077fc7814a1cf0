"""GradientFlowDisplay."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.inspection import GradientFlowDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_norms(solver, network):
    est, _, _ = network("multiclass", solver=solver)
    display = GradientFlowDisplay.from_estimator(est)
    assert len(display.lines_) == 3
    for line, norms in zip(display.lines_, est.gradient_norms_.T, strict=True):
        assert_allclose(line.get_ydata(), norms)
        assert_allclose(line.get_xdata(), np.arange(1, est.n_iter_ + 1))
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_xlabel() == ("iteration" if solver == "lbfgs" else "epoch")
    assert "gradient norm" in display.ax_.get_ylabel()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["layer 1 (4 → 5)", "layer 2 (5 → 3)", "layer 3 (3 → 3)"]
    assert display.points_ is None


def test_layers_go_from_dark_to_light(network):
    est, _, _ = network("binary")
    colors = [line.get_color() for line in GradientFlowDisplay.from_estimator(est).lines_]
    brightness = [sum(color[:3]) for color in colors]
    assert brightness == sorted(brightness)


def test_many_layers_get_a_colour_bar(network):
    est, _, _ = network("binary", hidden_layer_sizes=(3,) * 8)
    display = GradientFlowDisplay.from_estimator(est)
    assert len(display.lines_) == 9
    assert display.ax_.get_legend() is None
    assert [ax.get_ylabel() for ax in display.figure_.axes if ax is not display.ax_] == ["layer"]


def test_ratios(network):
    est, _, _ = network("binary")
    display = GradientFlowDisplay.from_estimator(est, kind="ratios")
    norms = [np.linalg.norm(W) for W in est.coefs_]
    expected = np.column_stack([est.gradient_norms_[-1] / norms, np.arange(3)])
    assert_allclose(display.points_.get_offsets(), expected)
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.yaxis_inverted()  # the first layer on top
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == display.layer_names
    assert display.lines_ == []


def test_a_dead_layer_is_a_gap():
    display = GradientFlowDisplay([[1.0, 0.0], [0.5, 0.1]]).plot()
    assert np.isnan(display.lines_[1].get_ydata()[0])
    assert display.lines_[1].get_label() == "layer 2"


def test_options_reach_the_lines(network):
    est, _, _ = network("binary")
    display = GradientFlowDisplay.from_estimator(est, linestyle=":")
    assert {line.get_linestyle() for line in display.lines_} == {":"}


def test_what_is_refused(network):
    est, _, _ = network("binary")
    with pytest.raises(ValueError, match=r"kind must be one of .* got 'sums'"):
        GradientFlowDisplay.from_estimator(est, kind="sums")
    with pytest.raises(ValueError, match="needs weight_norms"):
        GradientFlowDisplay([[1.0]]).plot(kind="ratios")


def test_updates(problem):
    """‖ΔW‖ / ‖W‖ from the end of one epoch to the end of the next."""
    X, y = problem("multiclass", n_samples=40)
    params = {"learning_rate_init": 0.1, "tol": 0, "n_iter_no_change": 99, "random_state": 0}
    clf = BackpropClassifier((4, 3), "tanh", max_iter=5, **params)
    pipe = make_pipeline(StandardScaler(), clf)
    display = GradientFlowDisplay.from_training(pipe, X, y)
    assert not hasattr(clf, "coefs_")
    Z = StandardScaler().fit_transform(X)
    states = [clone(clf).set_params(max_iter=n).fit(Z, y).coefs_ for n in range(1, 6)]
    for number, line in enumerate(display.lines_):
        expected = [
            np.linalg.norm(after[number] - before[number]) / np.linalg.norm(before[number])
            for before, after in pairwise(states)
        ]
        assert_allclose(line.get_ydata()[1:], expected, rtol=1e-8)
    assert len(display.lines_) == 3
    assert display.update_ratios.shape == (5, 3)
    assert "‖ΔW‖ / ‖W‖" in display.ax_.get_ylabel()
    norms = GradientFlowDisplay.from_training(pipe, X, y, kind="norms")
    fitted = clone(clf).fit(Z, y)
    assert_allclose(norms.lines_[0].get_ydata(), fitted.gradient_norms_[:, 0])
    with pytest.raises(ValueError, match="from_training has them"):
        GradientFlowDisplay.from_estimator(fitted, kind="updates")
    with pytest.raises(TypeError, match=r"GradientFlowDisplay.from_training needs"):
        GradientFlowDisplay.from_training(StandardScaler(), X, y)
