"""summary counts what the network has."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropOutlierDetector
from skbackprop.inspection import summary

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def n_parameters(fitted):
    """All numbers that training changes, gains and shifts of normalization too."""
    return fitted._network.params.size


@pytest.mark.parametrize("target", ["binary", "multiclass", "multioutput"])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("sizes", [(), (5,), (6, 3)])
def test_numbers(target, normalization, sizes, network):
    est, X, _ = network(target, normalization=normalization, hidden_layer_sizes=sizes)
    found = summary(est)
    assert found.n_parameters == n_parameters(est)
    assert [layer.n_units for layer in found.layers] == [*sizes, est.n_outputs_]
    assert [layer.n_weights for layer in found.layers] == [W.size for W in est.coefs_]
    assert found.layers[0].n_inputs == X.shape[1]
    assert found.layers[-1].activation == est.out_activation_
    assert f"{n_parameters(est)} parameters, 4 epochs of adam" in str(found)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"tied_weights": True},
        {"variational": True},
        {"normalization": "batch"},
        {"hidden_layer_sizes": (7, 6), "decoder_layer_sizes": (4,), "normalization": "layer"},
        {"sparsity": "l1"},
        {"contractive_weight": 0.1},
    ],
    ids=str,
)
def test_autoencoders(params):
    X = np.random.RandomState(0).standard_normal((30, 5))
    params = {"hidden_layer_sizes": (6,), "max_iter": 2, **params}
    ae = BackpropAutoencoder(2, random_state=0, **params).fit(X)
    found = summary(ae)
    assert found.n_parameters == n_parameters(ae)
    assert [layer.name for layer in found.layers][-1] == "output"
    assert "code" in str(found)
    assert ("shared" in str(found)) == ("tied_weights" in params)


def test_lines(network):
    est, _, _ = network("binary", solver="lbfgs", max_iter=1)
    lines = str(summary(est)).split("\n")
    assert (
        lines[0] == "BackpropClassifier: 4 → 5 → 3 → 1 units, 47 parameters, 1 iteration of lbfgs"
    )
    assert lines[2].split() == [
        "layer", "units", "activation", "normalization", "weights", "biases", "parameters"
    ]  # fmt: skip
    assert lines[4].split() == ["hidden", "1", "5", "tanh", "4", "×", "5", "5", "25"]
    assert len({len(line) for line in lines[4:]}) == 1  # aligned


def test_html_has_the_same_cells(network):
    est, _, _ = network("binary", normalization="layer")
    found = summary(est)
    root = ElementTree.fromstring(found._repr_html_())
    cells = [[cell.text or "" for cell in row] for row in root.iter("tr")]
    assert len(cells) == 5
    words = " ".join(word for row in cells for word in row if word).split()
    assert words == " ".join(str(found).split("\n")[2:]).split()


def test_what_is_within(network, problem):
    X, y = problem("binary")
    mlp = make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=2)).fit(X, y)
    assert summary(mlp).n_parameters == 5 * 3 + 3 + 3 + 1
    detector = BackpropOutlierDetector(BackpropAutoencoder(2, max_iter=2)).fit(X)
    assert summary(detector).estimator_name == "BackpropAutoencoder"
    with pytest.raises(TypeError, match=r"summary needs .* LogisticRegression has none"):
        summary(LogisticRegression().fit(X, y))
