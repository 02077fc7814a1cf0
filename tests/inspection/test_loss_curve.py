"""LossCurveDisplay."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from numpy.testing import assert_allclose

from skbackprop.inspection import LossCurveDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STOPPING = {"early_stopping": True, "max_iter": 12, "n_iter_no_change": 20}


def legend_of(display):
    legends = [ax.get_legend() for ax in display.figure_.axes if ax.get_legend()]
    assert len(legends) <= 1
    return [text.get_text() for legend in legends for text in legend.get_texts()]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_training_loss(solver, network):
    est, _, _ = network("binary", solver=solver)
    display = LossCurveDisplay.from_estimator(est)
    (line,) = display.lines_
    assert_allclose(line.get_ydata(), est.loss_curve_)
    assert_allclose(line.get_xdata(), np.arange(1, est.n_iter_ + 1))
    assert display.ax_.get_ylabel() == "loss"
    assert display.ax_.get_xlabel() == ("iteration" if solver == "lbfgs" else "epoch")
    assert display.ax_.get_yscale() == "linear"
    assert display.validation_lines_ == display.best_points_ == [None]
    assert display.validation_ax_ is None
    assert legend_of(display) == []  # nothing to tell apart


def test_options_reach_the_line(network):
    est, _, _ = network("binary")
    display = LossCurveDisplay.from_estimator(est, log_scale=True, color="red", linewidth=7)
    assert display.ax_.get_yscale() == "log"
    assert display.lines_[0].get_color() == "red"
    assert display.lines_[0].get_linewidth() == 7


@pytest.mark.parametrize(
    "target, scoring, watched",
    [
        ("binary", None, "accuracy"),
        ("regression", None, "R²"),
        ("binary", "f1", "f1"),
        ("regression", lambda est, X, y: 0.5, "score"),
    ],
)
def test_validation_score(target, scoring, watched, network):
    est, _, _ = network(target, scoring=scoring, **STOPPING)
    display = LossCurveDisplay.from_estimator(est)
    (line,), (point,) = display.validation_lines_, display.best_points_
    assert line.axes is display.validation_ax_ is not display.ax_
    assert display.validation_ax_.get_ylabel() == f"validation {watched}"
    assert_allclose(line.get_ydata(), est.validation_scores_)
    assert_allclose(point.get_ydata(), [est.best_validation_score_])
    best = np.argmax(est.validation_scores_) + 1
    assert_allclose(point.get_xdata(), [best])
    assert same_color(line.get_color(), display.lines_[0].get_color())
    assert legend_of(display) == ["training loss", f"validation {watched}"]


def test_validation_loss_shares_the_axis(network):
    est, _, _ = network("binary", scoring="loss", **STOPPING)
    display = LossCurveDisplay.from_estimator(est)
    assert display.validation_ax_ is None
    assert display.validation_lines_[0].axes is display.ax_
    assert_allclose(display.validation_lines_[0].get_ydata(), -np.array(est.validation_scores_))
    assert_allclose(display.best_points_[0].get_ydata(), -est.best_validation_score_)
    assert legend_of(display) == ["training loss", "validation loss"]


def test_validation_can_be_left_out(network):
    est, _, _ = network("binary", **STOPPING)
    display = LossCurveDisplay.from_estimator(est, validation=False)
    assert display.validation_lines_ == [None]
    assert len(display.figure_.axes) == 1


@pytest.mark.parametrize("as_dict", [False, True])
def test_several_estimators(as_dict, network):
    estimators = [network("binary", alpha=alpha, **STOPPING)[0] for alpha in (0, 1)]
    names = ["free", "bound"]
    if as_dict:
        display = LossCurveDisplay.from_estimator(dict(zip(names, estimators, strict=True)))
    else:
        display = LossCurveDisplay.from_estimator(estimators, name=names)
    assert len(display.lines_) == len(display.validation_lines_) == 2
    assert len(display.figure_.axes) == 2
    for line, est in zip(display.lines_, estimators, strict=True):
        assert_allclose(line.get_ydata(), est.loss_curve_)
    assert not same_color(*(line.get_color() for line in display.lines_))
    assert sorted(legend_of(display)) == sorted(
        f"{name}, {what}" for name in names for what in ("training loss", "validation accuracy")
    )


def test_classes_are_the_names(network):
    estimators = [network(target)[0] for target in ("binary", "regression", "binary")]
    display = LossCurveDisplay.from_estimator(estimators)
    assert legend_of(display) == [
        "BackpropClassifier 1, training loss",
        "BackpropRegressor, training loss",
        "BackpropClassifier 2, training loss",
    ]


def test_curve_upon_curve(network):
    """Axes that are used twice keep one axis of scores, and tell the curves apart."""
    estimators = [network("binary", alpha=alpha, **STOPPING)[0] for alpha in (0, 1)]
    _, ax = plt.subplots()
    first = LossCurveDisplay.from_estimator(estimators[0], name="a", ax=ax)
    second = LossCurveDisplay.from_estimator(estimators[1], name="b", ax=ax)
    assert first.validation_ax_ is second.validation_ax_
    assert len(ax.figure.axes) == 2
    assert not same_color(first.lines_[0].get_color(), second.lines_[0].get_color())
    assert len(legend_of(second)) == 4


def test_another_score_has_no_name_of_its_own(network):
    estimators = [network("binary", scoring=s, **STOPPING)[0] for s in ("f1", "accuracy")]
    display = LossCurveDisplay.from_estimator(estimators)
    assert display.validation_ax_.get_ylabel() == "validation score"


def test_as_many_names_as_estimators(network):
    est, _, _ = network("binary")
    with pytest.raises(ValueError, match="name has 1 entries for 2 estimators"):
        LossCurveDisplay.from_estimator([est, est], name="one")


def test_from_curves():
    display = LossCurveDisplay([[3, 2, 1], [4, 2, 0.5]], names=["a", "b"]).plot()
    assert [list(line.get_ydata()) for line in display.lines_] == [[3, 2, 1], [4, 2, 0.5]]
