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


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_trace_holds_the_equations(variant, alpha):
    ae, X = fitted(alpha=alpha, **VARIANTS[variant])
    weights = np.random.RandomState(1).uniform(0.1, 2, len(X))
    tr = trace(ae, X, sample_weight=weights)
    loss, coef_grads, intercept_grads = loss_and_gradients(ae, X, sample_weight=weights)
    assert tr.loss == loss
    for ours, theirs in zip(tr.coef_grads, coef_grads, strict=True):
        assert_allclose(ours, theirs, rtol=0)
    for ours, theirs in zip(tr.intercept_grads, intercept_grads, strict=True):
        assert_allclose(ours, theirs, rtol=0)
    shares = weights / weights.sum()
    parts = shares @ tr.losses + sum(tr.penalties.values()) + tr.l2 / 2 * tr.squared_weights
    assert_allclose(tr.loss, parts, rtol=1e-12)
    below = tr.X
    for layer in tr.layers:
        assert_allclose(layer.inputs, below, rtol=0)
        assert_allclose(layer.z, layer.inputs @ layer.coef + layer.intercept, atol=1e-14)
        assert_allclose(layer.intercept_grad, layer.delta.sum(axis=0), atol=1e-14)
        below = layer.a
    has_no_extra = not tr.penalties
    for layer, following in zip(tr.layers, tr.layers[1:], strict=False):
        if has_no_extra and layer.normalized is None:
            assert_allclose(layer.a_grad, following.delta @ following.coef.T, atol=1e-14)
            assert_allclose(layer.delta, layer.a_grad * layer.derivative, atol=1e-14)


def test_trace_of_tied_weights():
    """The gradient of the common weights is the sum of both uses."""
    ae, X = fitted(tied_weights=True, alpha=0.0)
    tr = trace(ae, X)
    pairs = [(layer.number, layer.shares_weights_with) for layer in tr.layers]
    assert pairs == [(1, 4), (2, 3), (3, 2), (4, 1)]
    for first, last in ((0, 3), (1, 2)):
        encoder, decoder = tr.layers[first], tr.layers[last]
        assert_allclose(decoder.coef, encoder.coef.T, rtol=0)
        total = encoder.inputs.T @ encoder.delta + (decoder.inputs.T @ decoder.delta).T
        assert_allclose(encoder.coef_grad, total, atol=1e-14)
        assert_allclose(decoder.coef_grad, total.T, atol=1e-14)


def test_trace_of_penalties():
    """Their values, and what they add to the error of the code."""
    ae, X = fitted(**VARIANTS["l1"])
    tr = trace(ae, X)
    code, after = tr.layers[1], tr.layers[2]
    assert_allclose(tr.penalties["sparsity"], 0.1 * np.abs(code.a).sum() / len(X))
    added = code.a_grad - after.delta @ after.coef.T
    assert_allclose(added, 0.1 * np.sign(code.a) / len(X), atol=1e-14)
    ae, X = fitted(**VARIANTS["kl"])
    tr = trace(ae, X)
    rho, mean = 0.05, tr.layers[1].a.mean(axis=0)
    divergence = rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))
    assert_allclose(tr.penalties["sparsity"], 0.1 * divergence.sum())


def test_trace_of_a_variational_code():
    """What is handed on was drawn from the code's Gaussian; the divergence is that from N(0, 1)."""
    ae, X = fitted(n_components=2, **VARIANTS["variational"])
    tr = trace(ae, X)
    code, after = tr.layers[1], tr.layers[2]
    assert code.activation == "sampling"
    mean, log_variance = code.z[:, :2], code.z[:, 2:]
    assert_allclose(mean, ae.transform(X), atol=1e-12)
    noise = (code.a - mean) / np.exp(log_variance / 2)
    assert 0.5 < noise.std() < 1.5
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    assert_allclose(tr.penalties["kl"], kl.sum() / len(X))
    assert_allclose(code.a_grad, after.delta @ after.coef.T, atol=1e-14)
    assert_allclose(code.delta[:, :2], code.a_grad + mean / len(X), atol=1e-14)
    through = code.a_grad * (code.a - mean) / 2 + (np.exp(log_variance) - 1) / 2 / len(X)
    assert_allclose(code.delta[:, 2:], through, atol=1e-14)
    assert_allclose(trace(ae, X).layers[1].a, code.a, rtol=0)  # the same numbers again
    display = NetworkDisplay.from_estimator(ae, X[:1])
    assert len(display.nodes_.get_array()) == 5 + 6 + 2 + 6 + 5
    display = NetworkDisplay.from_estimator(ae, X, X, color="gradient")
    assert len(display.edges_.get_array()) == 2 * (5 * 6 + 6 * 2)


def test_a_linear_code_is_not_taken_for_the_output():
    """Also where the output goes through another link than the code."""
    ae, X = fitted(loss="log_loss")
    code = trace(ae, X).layers[1]
    assert_allclose(code.a, code.z, rtol=0)
    assert_allclose(code.a_grad, code.delta, rtol=0)
    assert code.activation == "identity"


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
