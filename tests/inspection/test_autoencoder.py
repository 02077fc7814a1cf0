"""The inspection tools on the package's own autoencoder."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder
from skbackprop.inspection import (
    GradientFlowDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    check_gradients,
    loss_and_gradients,
    trace,
    watch,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

VARIANTS = {
    "plain": {},
    "tied": {"tied_weights": True},
    "denoising": {"corruption": "masking", "dropout": 0.2},
    "l1": {"sparsity": "l1", "sparsity_weight": 0.1},
    "kl": {"sparsity": "kl", "sparsity_weight": 0.1, "code_activation": "logistic"},
    "contractive": {"contractive_weight": 0.1},
    "variational": {"variational": True},
    "batch": {"normalization": "batch"},
    "log_loss": {"loss": "log_loss"},
}


def fitted(n_features=5, n_components=2, **params):
    X = np.random.RandomState(0).uniform(0, 1, (30, n_features))
    defaults = {"hidden_layer_sizes": (6,), "activation": "tanh", "max_iter": 3, "random_state": 0}
    return BackpropAutoencoder(n_components, **{**defaults, **params}).fit(X), X


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients(variant):
    ae, X = fitted(**VARIANTS[variant])
    weights = np.random.RandomState(1).uniform(0.1, 2, len(X))
    assert check_gradients(ae, X, sample_weight=weights) < 1e-6
    _, coef_grads, intercept_grads = loss_and_gradients(ae, X)
    assert [g.shape for g in coef_grads] == [W.shape for W in ae.coefs_]
    assert [g.shape for g in intercept_grads] == [b.shape for b in ae.intercepts_]


@pytest.mark.parametrize("variant", ["contractive", "variational"])
def test_random_terms_are_repeated(variant):
    ae, X = fitted(**VARIANTS[variant])
    first, second = loss_and_gradients(ae, X), loss_and_gradients(ae, X)
    assert first[0] == second[0]
    assert_allclose(first[1][0], second[1][0], rtol=0)


def test_the_plain_objective():
    ae, X = fitted(alpha=0.5)
    error = ((ae.predict(X) - X) / ae.scale_) ** 2
    expected = error.sum(axis=1).mean() / 2
    expected += 0.5 / 2 / len(X) * sum((W**2).sum() for W in ae.coefs_)
    assert_allclose(loss_and_gradients(ae, X)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("variant", ["plain", "denoising", "batch", "log_loss"])
def test_trace(variant):
    ae, X = fitted(**VARIANTS[variant])
    tr = trace(ae, X[:1])
    assert_allclose(tr.X, (X[:1] - ae.mean_) / ae.scale_)
    if variant != "log_loss":
        assert_allclose(tr.layers[-1].a * ae.scale_ + ae.mean_, ae.predict(X[:1]))
    assert "5 → 6 → 2 → 6 → 5" in str(tr)


@pytest.mark.parametrize("variant", ["tied", "l1", "kl", "contractive", "variational"])
def test_what_cannot_be_traced(variant):
    ae, X = fitted(**VARIANTS[variant])
    with pytest.raises(ValueError, match="trace cannot follow a layer of the kind"):
        trace(ae, X)


@pytest.mark.parametrize("variant", VARIANTS)
def test_network(variant):
    ae, _ = fitted(**VARIANTS[variant])
    display = NetworkDisplay.from_estimator(ae)
    code = "logistic" if variant == "kl" else "identity"
    output = "logistic" if variant == "log_loss" else "identity"
    assert [text.get_text() for text in display.ax_.texts[:5]] == [
        "input\n5 units",
        "encoder 1\n6 units\ntanh",
        f"code\n2 units\n{code}",
        "decoder 1\n6 units\ntanh",
        f"output\n5 units\n{output}",
    ]
    assert len(display.edges_.get_array()) == 2 * (5 * 6 + 6 * 2)


def test_network_of_unlike_halves():
    ae, _ = fitted(hidden_layer_sizes=(7, 6), decoder_layer_sizes=(4,), activation="gelu")
    captions = [text.get_text() for text in NetworkDisplay.from_estimator(ae).ax_.texts]
    assert captions[3:5] == ["code\n2 units\nidentity", "decoder 1\n4 units\ngelu"]


def test_network_with_a_sample():
    ae, X = fitted()
    display = NetworkDisplay.from_estimator(ae, X[:1])
    assert_allclose(display.nodes_.get_array()[11:13], ae.transform(X[:1])[0])
    display = NetworkDisplay.from_estimator(ae, X, X, color="gradient")
    values = np.concatenate([g.ravel() for g in loss_and_gradients(ae, X)[1]])
    assert_allclose(np.sort(display.edges_.get_array()), np.sort(values))


def test_curves():
    ae, _ = fitted(early_stopping=True, max_iter=5)
    display = LossCurveDisplay.from_estimator(ae)
    assert_allclose(display.lines_[0].get_ydata(), ae.loss_curve_)
    assert_allclose(display.validation_lines_[0].get_ydata(), ae.validation_scores_)
    assert len(GradientFlowDisplay.from_estimator(ae).lines_) == 4


@pytest.mark.parametrize("variant", ["plain", "variational"])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_reconstruction(variant, in_pipeline):
    _, X = fitted(n_features=2, n_components=1)
    ae = BackpropAutoencoder(1, (6,), max_iter=3, random_state=0, **VARIANTS[variant])
    coder = (make_pipeline(StandardScaler(), ae) if in_pipeline else ae).fit(X)
    display = ReconstructionDisplay.from_estimator(coder, X, grid_resolution=5)
    shown = display.reconstructions_.get_offsets()
    if in_pipeline:
        scaled = coder[0].transform(X)
        assert_allclose(shown, coder[0].inverse_transform(ae.predict(scaled)), atol=1e-12)
    else:
        assert_allclose(shown, ae.predict(X), atol=1e-12)
        error = np.sqrt(
            ae.reconstruction_error(np.column_stack([a.ravel() for a in display.plane[:2]]))
        )
        assert_allclose(display.plane[2].ravel(), error)


def test_latent_space():
    ae, X = fitted(n_features=6)
    for kind in ("codes", "manifold", "traversal"):
        display = LatentSpaceDisplay.from_estimator(ae, X, kind=kind, image_shape=(2, 3))
        assert display.artists_
    ae, X = fitted(n_features=2, n_components=1)
    display = LatentSpaceDisplay.from_estimator(ae, X, kind="manifold", n_steps=5)
    ends = display.decoded.positions[0][:, np.newaxis]
    assert_allclose(display.decoded.samples, ae.inverse_transform(ends))


def test_watch():
    X = np.random.RandomState(0).standard_normal((30, 2))
    ae = BackpropAutoencoder(1, (6,), max_iter=4, random_state=0)
    pipe = make_pipeline(StandardScaler(), ae)
    animation = watch(pipe, X, n_frames=3)
    animation._draw_was_started = True
    animation._func(2)
    originals, moving = plt.gcf().axes[0].collections
    assert_allclose(originals.get_offsets(), X)
    assert_allclose(moving.get_offsets(), pipe.inverse_transform(pipe.transform(X)))
    with pytest.raises(ValueError, match="n_init must be 1, got 2"):
        watch(BackpropAutoencoder(1, n_init=2), X)
