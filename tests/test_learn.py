"""The pages to learn from: their code runs, and says what the package and the text say."""

import ast
import contextlib
import importlib.util
import io
import re
import runpy
import warnings
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier

from skbackprop import BackpropClassifier
from skbackprop.inspection import loss_and_gradients

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted((DOCS / "learn").glob("[0-9]_*.py"))
every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@cache
def run(number):
    """What a page prints, and the names that it leaves behind; a warning is an error."""
    (path,) = (DOCS / "learn").glob(f"{number}_*.py")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
        try:
            names = runpy.run_path(str(path))
        finally:
            plt.close("all")
    return printed.getvalue(), names


def text_and_code(path):
    """The prose of a page, and its code without comments."""
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source))
    comments = re.findall(r"^#(?: (?!%%)(.*))?$", source, flags=re.M)
    code = re.sub(r"^#.*$", "", source, flags=re.M)
    return "\n".join([docstring, *comments]), code


def sections(text, marker):
    return re.findall(rf"^(.+)\n{re.escape(marker)}{{3,}}$", text, flags=re.M)


# Pages ----------------------------------------------------------------------------


def test_there_are_seven_pages():
    assert [path.stem[0] for path in PAGES] == list("1234567")


@every_page
def test_page_runs_and_prints(path):
    printed, _ = run(path.stem[0])
    assert len(printed.splitlines()) >= 5


@every_page
def test_numbers_of_the_text_are_printed(path):
    """...or given in the code: no number stands in the prose alone."""
    text, code = text_and_code(path)
    printed, _ = run(path.stem[0])
    known = set(re.findall(r"\d+\.\d+", printed + code))
    numbers = re.findall(r"(?<![\w.])\d+\.\d+(?![.\d])", text)
    assert [number for number in numbers if number not in known] == []


@every_page
def test_page_has_two_exercises_and_their_solutions(path):
    text, _ = text_and_code(path)
    assert text.startswith(f"{path.stem[0]}. ")
    assert sections(text, "-")[-1] == "Exercises"
    exercises = text.partition("Exercises\n---------\n")[2]
    assert re.findall(r"^\*\*(\d)\.\*\*", exercises, flags=re.M) == ["1", "2"]
    assert sections(text, "^") == ["Solution of exercise 1", "Solution of exercise 2"]


def test_every_page_is_in_the_index():
    index = (DOCS / "learn" / "index.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^   /auto_learn/(\w+)$", index, flags=re.M)
    assert listed == [path.stem for path in PAGES]


@every_page
def test_terms_are_in_the_glossary(path):
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    entries = glossary.partition("```{glossary}\n")[2].splitlines()
    terms = {line for line in entries if line and not line.startswith((" ", "`"))}
    text, _ = text_and_code(path)
    used = re.findall(r":term:`(?:[^`<]+<)?([^`<>]+)>?`", text)
    assert set(used) - terms == set()


# Their numbers --------------------------------------------------------------------


def test_a_neuron_is_a_classifier_without_hidden_layer():
    _, page = run(1)
    assert_allclose(page["neuron"].decision_function([[2.0, 3.0]]), page["z"], rtol=1e-12)
    assert_allclose(page["neuron"].predict_proba([[2.0, 3.0]])[0, 1], page["a"], rtol=1e-12)
    assert page["right"].max() == 3
    assert np.array_equal(np.round(page["and_outputs"]), [0, 0, 0, 1])


def test_rates_of_change_are_derivatives():
    _, page = run(2)
    a = 1 / (1 + np.exp(1.0))
    expected = (a - 1) * a * (1 - a) * np.array([2, 3, 1])
    assert_allclose(list(page["gradient"].values()), expected, rtol=1e-12)
    assert_allclose([page["product"], page["measured"]], expected[0], rtol=1e-8)
    assert page["new_loss"] < page["loss"]
    assert_allclose(page["along_p"] + page["along_q"], 9 * 2**2 + 2 * 2, rtol=1e-12)  # 3h³ + h²


def test_two_weights_are_those_of_the_package():
    _, page = run(3)
    network = page["network"]  # after one step
    assert_allclose(network.coefs_[0].item(), page["step_w1"], rtol=1e-12)
    assert_allclose(network.coefs_[1].item(), page["step_w2"], rtol=1e-12)
    assert_allclose(network.intercepts_[0].item(), page["step_b1"], rtol=1e-12)
    assert_allclose(network.intercepts_[1].item(), page["step_b2"], rtol=1e-12)
    assert_allclose(network.loss_, page["loss"], rtol=1e-12)


def test_xor_in_loops_matrices_and_engine():
    _, loops = run(4)
    _, page = run(5)
    X, y = page["X"], page["y"].ravel()
    W1, b1, W2, b2 = (page[name] for name in ("W1", "b1", "W2", "b2"))
    E, *gradient = loops["objective_and_gradient"](
        W1.tolist(), b1.tolist(), W2.ravel().tolist(), b2.item()
    )
    loss, coef_grads, intercept_grads = loss_and_gradients(page["network"], X, y)
    expected = [coef_grads[0], intercept_grads[0], coef_grads[1].ravel(), intercept_grads[1].item()]
    assert_allclose([E, page["E"]], loss, rtol=1e-12)
    for in_loops, in_matrices, of_engine in zip(
        gradient, (page[n] for n in ("dW1", "db1", "dW2", "db2")), expected, strict=True
    ):
        assert_allclose(in_loops, of_engine, rtol=1e-11)
        assert_allclose(np.reshape(in_matrices, np.shape(of_engine)), of_engine, rtol=1e-11)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_xor_is_learnt_as_by_the_package():
    _, loops = run(4)
    _, page = run(5)
    clf = BackpropClassifier(
        hidden_layer_sizes=(2,),
        activation="tanh",
        solver="sgd",
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        learning_rate_init=0.5,
        batch_size=4,
        max_iter=1001,
        tol=0,
        n_iter_no_change=np.inf,
        init=[(page["W1"], page["b1"]), (page["W2"], page["b2"])],
    ).fit(page["X"], page["y"].ravel())
    assert_allclose(clf.loss_curve_, loops["loss_curve"], rtol=1e-9)
    assert clf.score(page["X"], page["y"].ravel()) == 1.0
    # the two exercises
    (first, second), (third, fourth) = loops["equal"][0]
    assert first == second
    assert third == fourth
    assert np.sum(np.abs(np.array(loops["unlucky_outputs"]) - [0, 1, 1, 0]) < 0.01) == 2


@pytest.mark.parametrize("Estimator", [BackpropClassifier, MLPClassifier])
@pytest.mark.parametrize(
    "hidden, batch_size, alpha, seed", [((16, 8), 32, 1e-4, 0), ((5,), 47, 0.3, 1), ((), 200, 0, 2)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_forty_lines_give_the_very_numbers(Estimator, hidden, batch_size, alpha, seed):
    X, y = make_classification(200, 6, random_state=seed)
    _, page = run(6)
    clf = Estimator(
        hidden,
        "tanh",
        batch_size=batch_size,
        alpha=alpha,
        learning_rate_init=0.01,
        max_iter=30,
        n_iter_no_change=30,
        random_state=seed,
    ).fit(X, y)
    target = y[:, np.newaxis].astype(float)
    W, b, curve = page["train"](
        X, target, [6, *hidden, 1], 30, batch_size, rate=0.01, alpha=alpha, seed=seed
    )
    assert_allclose(curve, clf.loss_curve_, rtol=1e-10)
    for ours, theirs in zip([*W, *b], [*clf.coefs_, *clf.intercepts_], strict=True):
        assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


IMPORTS = ("from itertools import pairwise", "import numpy as np")


def test_forty_lines_are_forty():
    """With their two imports, without blank lines and docstrings."""
    (path,) = (DOCS / "learn").glob("6_*.py")
    source = path.read_text(encoding="utf-8")
    lines = sum(f"\n{line}\n" in source for line in IMPORTS)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in ("forward", "backward", "train"):
            block = source.splitlines()[node.lineno - 1 : node.end_lineno]
            lines += sum(bool(line.strip()) for line in block) - 1
    assert lines == 40


def test_the_engine_is_found_by_its_equations():
    printed, page = run(7)
    assert len(re.findall(r"^core/", printed, flags=re.M)) >= 12
    with pytest.raises(LookupError, match="no such equation"):
        page["find"]("no such equation")


# Notebooks ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learning_pages():
    pytest.importorskip("sphinx")
    path = DOCS / "_extensions" / "learning_pages.py"
    spec = importlib.util.spec_from_file_location("learning_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_notebook_cells_lose_what_only_pages_can_show(learning_pages):
    text = (
        "See :doc:`page 2 </auto_learn/2_chain_rule>`, :doc:`/mathematics`, a :term:`batch`,\n"
        ":term:`δ <delta>` and :class:`~skbackprop.Activation`.\n"
    )
    cell = {"cell_type": "markdown", "metadata": {}, "source": [text]}
    learning_pages.tidy(cell)
    assert cell["source"] == [
        "See page 2, `mathematics`, a batch,\nδ and `Activation`.\n",
    ]
    assert cell["metadata"] == {}
    code = {"cell_type": "code", "metadata": {}, "source": [text]}
    learning_pages.tidy(code)
    assert code["source"] == [text]


def test_solutions_of_a_notebook_are_collapsed(learning_pages):
    text = "## Exercises\n**1.** Why?\n\n### Solution of exercise 1\nBecause.\n"
    cell = {"cell_type": "markdown", "metadata": {}, "source": [text]}
    cells = learning_pages.split_at_solutions(cell)
    for part in cells:
        learning_pages.tidy(part)
    assert [part["metadata"] for part in cells] == [{}, {"jp-MarkdownHeadingCollapsed": True}]
    assert cells[1]["source"] == ["### Solution of exercise 1\nBecause."]
