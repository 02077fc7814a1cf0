"""ActivationDisplay: histograms, saturated activations and dead units."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier
from skbackprop.inspection import ActivationDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def hidden(est, X):
    """Activations of the only hidden layer."""
    return est.transform(X)


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_histograms_hold_all_activations(normalization, network):
    est, X, _ = network("binary", hidden_layer_sizes=(6,), normalization=normalization)
    display = ActivationDisplay.from_estimator(est, X)
    assert_allclose(display.activations[0], hidden(est, X), atol=1e-12)
    (histogram,) = display.histograms_
    heights = histogram.get_paths()[0].vertices[:, 1]
    assert heights.min() == 0
    assert_allclose(heights.max(), 0.8)
    assert display.ax_.get_xlabel() == "activation"
    assert display.saturated_lines_ == display.dead_lines_ == []


def test_layers_are_stacked_with_the_first_on_top(network):
    est, X, _ = network("binary", activation=["relu", "tanh"])
    display = ActivationDisplay.from_estimator(est, X)
    bases = [h.get_paths()[0].vertices[:, 1].min() for h in display.histograms_]
    assert bases == [1, 0]
    labels = [label.get_text().split("\n")[0] for label in display.ax_.get_yticklabels()]
    assert labels == ["hidden 1 (relu)", "hidden 2 (tanh)"]


@pytest.mark.parametrize(
    "activation, is_flat",
    [
        ("relu", lambda a: a <= 0),
        ("tanh", lambda a: 1 - a**2 < 0.05),
        ("logistic", lambda a: a * (1 - a) < 0.05 / 4),
        ("identity", lambda a: np.zeros(a.shape, bool)),
    ],
)
def test_saturated_and_dead(activation, is_flat, network):
    est, X, _ = network("binary", hidden_layer_sizes=(8,), activation=activation)
    est.coefs_[0][:] *= 4
    est.coefs_[0][:, 0] = 0
    est.intercepts_[0][0] = -50  # dead, if the activation has a flat end
    flat = is_flat(hidden(est, X))
    display = ActivationDisplay.from_estimator(est, X)
    assert_allclose(display.saturated, [flat.mean()])
    assert_allclose(display.dead, [flat.all(axis=0).mean()])
    (label,) = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert f"{flat.mean():.0%} saturated" in label
    assert f"{flat.all(axis=0).sum()} of 8 dead" in label
    assert flat.any() == (activation != "identity")


def test_over_the_epochs(problem):
    X, y = problem("binary", n_samples=40)
    params = {"learning_rate_init": 0.3, "tol": 0, "n_iter_no_change": 100, "random_state": 0}
    clf = BackpropClassifier((9,), "relu", max_iter=12, **params)
    pipe = make_pipeline(StandardScaler(), clf)
    display = ActivationDisplay.from_training(pipe, X, y, n_states=4)
    assert not hasattr(clf, "coefs_")  # it was a clone that was fitted
    assert display.epochs[0] == 0
    assert display.epochs[-1] == 12
    assert (np.diff(display.epochs) > 0).all()
    assert display.histograms_ == []
    Z = StandardScaler().fit_transform(X)
    for epoch, saturated, dead in zip(display.epochs, display.saturated, display.dead, strict=True):
        if epoch == 0:
            continue
        flat = hidden(clone(clf).set_params(max_iter=epoch).fit(Z, y), Z) <= 0
        assert_allclose(saturated, flat.mean())
        assert_allclose(dead, flat.all(axis=0).mean())
    (line,), (dotted,) = display.saturated_lines_, display.dead_lines_
    assert_allclose(line.get_xdata(), display.epochs)
    assert_allclose(line.get_ydata(), display.saturated[:, 0])
    assert_allclose(dotted.get_ydata(), display.dead[:, 0])
    assert same_color(line.get_color(), dotted.get_color())
    assert len(np.unique(display.saturated)) > 2


def test_autoencoder_and_other_samples():
    X = np.random.RandomState(0).standard_normal((40, 3))
    ae = BackpropAutoencoder(1, (4,), max_iter=3, random_state=0)
    display = ActivationDisplay.from_estimator(ae.fit(X), X)
    assert [a.shape for a in display.activations] == [(40, 4), (40, 1), (40, 4)]
    over = ActivationDisplay.from_training(ae, X, X_shown=X[:5], n_states=2)
    end = ActivationDisplay.from_estimator(ae, X[:5])
    assert_allclose(over.saturated[-1], end.saturated)


def test_what_is_refused(network, problem):
    est, X, y = network("binary", hidden_layer_sizes=())
    with pytest.raises(ValueError, match="needs a network with a hidden layer"):
        ActivationDisplay.from_estimator(est, X)
    with pytest.raises(TypeError, match=r"ActivationDisplay.from_training needs"):
        ActivationDisplay.from_training(StandardScaler(), X, y)
