"""NetworkDisplay, and how it lays out and cuts a network."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.inspection import NetworkDisplay, trace
from skbackprop.inspection._displays.drawing import grid_around
from skbackprop.inspection._displays.network_drawing import edges_between, lay_out, short

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def texts_of(display):
    return [text.get_text() for text in display.ax_.texts]


def flat(arrays):
    return np.sort(np.concatenate([np.ravel(a) for a in arrays]))


@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "multioutput"])
def test_weights_and_biases(target, network):
    est, _, _ = network(target)
    display = NetworkDisplay.from_estimator(est)
    values = display.edges_.get_array()
    assert_allclose(np.sort(values), flat(est.coefs_))
    assert (np.diff(np.abs(values)) >= 0).all()  # the strongest on top
    widths = display.edges_.get_linewidths()
    assert (np.diff(widths) >= 0).all()
    assert widths[-1] > 2 * widths[0]
    nodes = display.nodes_.get_array()
    assert len(display.nodes_.get_paths()) == 4 + 5 + 3 + est.n_outputs_
    assert nodes.mask[:4].all()
    assert_allclose(nodes[4:], np.concatenate(est.intercepts_))
    assert display.nodes_.norm is display.edges_.norm
    assert display.edges_.norm.vmin == -display.edges_.norm.vmax  # white is zero
    assert display.node_texts_ == []
    assert display.colorbar_.ax.get_ylabel() == "weight, bias"
    assert "edges: weight, nodes: bias" in display.ax_.get_title()


def test_edges_go_from_unit_to_unit(network):
    est, _, _ = network("binary")
    display = NetworkDisplay.from_estimator(est)
    columns = np.unique([segment[0, 0] for segment in display.edges_.get_segments()])
    for segment, value in zip(
        display.edges_.get_segments(), display.edges_.get_array(), strict=True
    ):
        layer = int(np.searchsorted(columns, segment[0, 0]))
        fan_in, fan_out = est.coefs_[layer].shape
        i, j = (fan_in - 1) / 2 - segment[0, 1], (fan_out - 1) / 2 - segment[1, 1]
        assert est.coefs_[layer][round(i), round(j)] == value


def test_captions(network):
    est, _, _ = network("binary", activation=["relu", "gelu"])
    assert texts_of(NetworkDisplay.from_estimator(est))[:4] == [
        "input\n4 units",
        "hidden 1\n5 units\nrelu",
        "hidden 2\n3 units\ngelu",
        "output\n1 unit\nlogistic",
    ]


def test_names_of_features_and_classes(problem):
    X, y = problem("multiclass", n_samples=24, n_features=3)
    X = pd.DataFrame(X, columns=["height", "weight", "age"])
    labels = np.array(["cat", "dog", "fish"])[y]
    clf = BackpropClassifier((2,), max_iter=2).fit(X, labels)
    words = texts_of(NetworkDisplay.from_estimator(clf))
    assert {"height", "weight", "age", "cat", "dog", "fish"} <= set(words)
    words = texts_of(NetworkDisplay.from_estimator(clf, X[:1], input_names=["a", "b", "c"]))
    assert {"a", "b", "c"} <= set(words)
    assert "height" not in words


@pytest.mark.parametrize("with_target", [False, True])
def test_activations_of_a_sample(with_target, network):
    est, X, y = network("binary")
    display = NetworkDisplay.from_estimator(est, X[:1], y[:1] if with_target else None)
    layers = trace(est, X[:1], y[:1]).layers
    assert_allclose(display.nodes_.get_array()[4:], np.concatenate([t.a[0] for t in layers]))
    printed = [float(text.get_text()) for text in display.node_texts_]
    shown = np.concatenate([X[0], *(t.a[0] for t in layers)])
    assert_allclose(printed, shown, rtol=0.005)
    below = [float(text.get_text()) for text in display.gradient_texts_]
    errors = np.concatenate([t.delta[0] for t in layers])
    assert_allclose(below, errors if with_target else [], rtol=0.005)
    places = {text.get_position()[0]: text.get_position()[1] for text in display.node_texts_[4:5]}
    for text in display.gradient_texts_[:1]:  # below the value of the same unit
        assert text.get_position()[1] < places[text.get_position()[0]]
    assert display.nodes_.get_array().mask[:4].all()  # the input stays white
    assert "nodes: activation" in display.ax_.get_title()


def test_gradients_of_a_sample(network):
    est, X, y = network("binary")
    display = NetworkDisplay.from_estimator(est, X[:1], y[:1], color="gradient")
    tr = trace(est, X[:1], y[:1])
    assert_allclose(np.sort(display.edges_.get_array()), flat(tr.coef_grads))
    assert_allclose(display.nodes_.get_array()[4:], np.concatenate([t.delta[0] for t in tr.layers]))
    assert display.colorbar_.ax.get_ylabel() == "gradient"
    assert "nodes: δ" in display.ax_.get_title()


def test_gradients_of_a_batch(network):
    est, X, y = network("binary")
    display = NetworkDisplay.from_estimator(est, X, y, color="gradient")
    assert_allclose(np.sort(display.edges_.get_array()), flat(trace(est, X, y).coef_grads))
    assert display.nodes_.get_array().mask.all()
    assert display.node_texts_ == []


def test_large_layers_are_cut(network):
    est, _, _ = network("binary", hidden_layer_sizes=(30,))
    display = NetworkDisplay.from_estimator(est)
    assert "⋮ 20 more" in texts_of(display)
    assert len(display.nodes_.get_paths()) == 4 + 10 + 1
    display.plot(max_units=6)
    assert "⋮ 24 more" in texts_of(display)
    shown = [0, 1, 2, 27, 28, 29]
    values = [est.coefs_[0][:, shown], est.coefs_[1][shown]]
    assert_allclose(np.sort(display.edges_.get_array()), flat(values))


def test_few_edges_are_labelled(network):
    few, _, _ = network("binary", hidden_layer_sizes=(2,))
    display = NetworkDisplay.from_estimator(few)
    values = [float(text.get_text()) for text in display.edge_texts_]
    assert_allclose(values, display.edges_.get_array(), rtol=0.005)
    assert NetworkDisplay.from_estimator(few, edge_labels=False).edge_texts_ == []
    many, _, _ = network("binary")
    assert NetworkDisplay.from_estimator(many).edge_texts_ == []


def test_colour_bar_can_be_left_out(network):
    est, _, _ = network("binary")
    display = NetworkDisplay.from_estimator(est, colorbar=False)
    assert display.colorbar_ is None
    assert len(display.figure_.axes) == 1


def test_words_stay_inside(network):
    """Everything that is written lies in the figure, and captions do not overlap."""
    for params in ({}, {"hidden_layer_sizes": (40, 40, 40, 40)}, {"hidden_layer_sizes": ()}):
        est, X, _ = network("multiclass", **params)
        display = NetworkDisplay.from_estimator(est, X[:1])
        display.figure_.canvas.draw()
        renderer = display.figure_.canvas.get_renderer()
        width, height = display.figure_.canvas.get_width_height()
        boxes = [text.get_window_extent(renderer) for text in display.ax_.texts]
        for box in boxes:
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1
        captions = boxes[
            : len(est.coefs_) + 1 if params != {"hidden_layer_sizes": (40,) * 4} else 1
        ]
        for left, right in pairwise(captions):
            assert left.x1 < right.x0


def test_what_is_refused(network):
    from sklearn.neural_network import MLPClassifier

    est, X, y = network("binary")
    with pytest.raises(ValueError, match="color must be 'weight' or 'gradient', got 'red'"):
        NetworkDisplay.from_estimator(est, color="red")
    for missing in ({}, {"X": X[:1]}, {"y": y[:1]}):
        with pytest.raises(ValueError, match="color='gradient' needs X and y"):
            NetworkDisplay.from_estimator(est, color="gradient", **missing)
    with pytest.raises(ValueError, match=r"X must be one sample.* 24 rows"):
        NetworkDisplay.from_estimator(est, X)
    mlp = MLPClassifier((3,), max_iter=2).fit(X, y)
    with pytest.raises(TypeError, match="MLPClassifier"):
        NetworkDisplay.from_estimator(mlp, X[:1])


@pytest.mark.parametrize(
    "value, text",
    [
        (-0.01062, "-0.0106"),
        (-0.005312, "-0.00531"),
        (-0.0, "0"),
        (1e-7, "1e-7"),
        (-2.345e-5, "-2.35e-5"),
        (12.3456, "12.3"),
        (99999.0, "99999"),
        (1234.5, "1234"),
        (1.5e12, "1.5e12"),
        (0.000482, "4.82e-4"),
        (0.0005, "5e-4"),
        (1.0, "1"),
    ],
)
def test_three_significant_digits(value, text):
    assert short(value) == text


def test_inputs_are_named(problem):
    """By their columns, by what a pipeline makes of them, or by numbers."""
    X, y = problem("binary", n_samples=24, n_features=2)
    frame = pd.DataFrame(X, columns=["height", "weight"])
    clf = BackpropClassifier((2,), max_iter=2)
    assert {"x₁", "x₂"} <= set(texts_of(NetworkDisplay.from_estimator(clf.fit(X, y))))
    scaled = make_pipeline(StandardScaler(), clf)
    for meta in (scaled, GridSearchCV(scaled, {}, cv=2)):
        words = texts_of(NetworkDisplay.from_estimator(meta.fit(frame, y)))
        assert {"height", "weight"} <= set(words)
    squares = make_pipeline(PolynomialFeatures(include_bias=False), clf).fit(frame, y)
    words = texts_of(NetworkDisplay.from_estimator(squares))
    assert {"height", "weight", "height^2", "height weight", "weight^2"} <= set(words)
    nameless = make_pipeline(FunctionTransformer(np.asarray), clf).fit(frame, y)
    assert {"x₁", "x₂"} <= set(texts_of(NetworkDisplay.from_estimator(nameless)))


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_maps_of_what_each_unit_sees(normalization, problem):
    X, y = problem("binary", n_samples=24, n_features=2)
    clf = BackpropClassifier(
        (5, 3), "tanh", normalization=normalization, max_iter=9, random_state=0
    )
    pipe = make_pipeline(StandardScaler(), clf).fit(10 + 3 * X, y)
    display = NetworkDisplay.from_estimator(pipe, 10 + 3 * X, maps=True, map_resolution=6)
    assert len(display.maps_) == 2 + 5 + 3 + 1
    grid = grid_around(10 + 3 * X, 6)[2]
    last_hidden = clf.transform(pipe[0].transform(grid)).T.reshape(3, 6, 6)
    for image, expected in zip(display.maps_[7:10], last_hidden, strict=True):
        assert_allclose(image.get_array(), expected, atol=1e-12)
        assert image.norm.vmin == -image.norm.vmax == -np.abs(expected).max()
    output = display.maps_[-1]
    assert_allclose(output.get_array().ravel(), pipe.predict_proba(grid)[:, 1], atol=1e-12)
    assert output.origin == "lower"
    left, right, bottom, top = output.get_extent()
    place = max(segment[1, 0] for segment in display.edges_.get_segments())
    assert_allclose([(left + right) / 2, (bottom + top) / 2], [place, 0], atol=1e-12)
    assert display.node_texts_ == []
    assert not display.nodes_.get_visible()


def test_maps_of_large_layers_are_cut(problem):
    X, y = problem("binary", n_samples=24, n_features=2)
    clf = BackpropClassifier((30,), max_iter=2).fit(X, y)
    display = NetworkDisplay.from_estimator(clf, X, maps=True, map_resolution=4, max_units=6)
    assert len(display.maps_) == 2 + 6 + 1


def test_maps_need_a_plane(network):
    est, X, _ = network("binary")
    with pytest.raises(ValueError, match=r"two features; got shape \(24, 4\)"):
        NetworkDisplay.from_estimator(est, X, maps=True)
    with pytest.raises(ValueError, match="maps=True needs X"):
        NetworkDisplay.from_estimator(est, maps=True)


# Layout ---------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 9, 10, 11, 12, 500])
@pytest.mark.parametrize("max_units", [1, 2, 9, 10])
def test_layout(width, max_units):
    (layer,) = lay_out([width], max_units)
    assert len(layer.units) == len(layer.y) == min(width, max_units)
    assert layer.n_units == width
    assert_array_equal(layer.units, np.unique(layer.units))
    assert (np.diff(layer.y) <= -1).all()  # from the top, a place apart
    assert (layer.gap is None) == (width <= max_units)
    if width <= max_units:
        assert_allclose(layer.y.mean(), 0, atol=1e-12)
    else:
        assert layer.units[0] == 0
        assert layer.gap not in layer.y
        assert layer.units.max() == (width - 1 if max_units > 1 else 0)


def test_edges():
    left, right = lay_out([2, 3], 10)
    segments, values = edges_between(left, right, np.arange(6).reshape(2, 3))
    assert segments.shape == (6, 2, 2)
    assert_array_equal(values, np.arange(6))
    assert_allclose(segments[4], [[left.x, -0.5], [right.x, 0.0]])  # unit 1 to unit 1
