"""A trace in a notebook: tables, a graph, and steps that light up what they compute."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from skbackprop.inspection import trace

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SVG = "{http://www.w3.org/2000/svg}"


def test_html_is_well_formed(network):
    est, X, y = network("multiclass")
    for rows in (X[:1], X):
        root = ElementTree.fromstring(trace(est, rows, y[: len(rows)])._repr_html_())
        assert root.tag == "div"
        assert len(root.findall("table")) == (1 if len(rows) == 1 else 8)


def test_numbers_of_the_graph_and_the_table_are_those_of_the_trace(network):
    est, X, y = network("binary", hidden_layer_sizes=(2,))
    tr = trace(est, X[:1], y[:1])
    root = ElementTree.fromstring(tr._repr_html_())
    words = [text.text for text in root.iter(f"{SVG}text")]
    for layer in tr.layers:
        for values in (layer.z, layer.a, layer.delta, layer.coef, layer.coef_grad):
            assert {f"{value:.3g}" for value in values.ravel()} <= set(words)
    assert {f"{tr.losses[0]:.3g}", f"{tr.loss:.3g}", "x₁", "x₄", "z¹₁", "δ¹₂", "y"} <= set(words)


def test_values_are_aligned_at_the_decimal_point(network):
    est, X, y = network("multiclass")
    root = ElementTree.fromstring(trace(est, X[:1], y[:1])._repr_html_())
    values = [cell.text for cell in root.iter("td") if cell.get("class") == "value"]
    places = {value.index(".") for value in values if value and "." in value and "[" not in value}
    assert len(places) == 1
    root = ElementTree.fromstring(trace(est, X[:4], y[:4])._repr_html_())
    rows = [[cell.text for cell in row.iter("td")] for row in root.find("table").iter("tr")][2:]
    for column in list(zip(*rows, strict=True))[1:]:
        assert len({len(cell) for cell in column}) == len({cell.index(".") for cell in column}) == 1


def steps_of(root):
    """The name of what each step computes."""
    rows = [row for row in root.iter("tr") if "data-step" in row.attrib]
    assert [int(row.get("data-step")) for row in rows] == list(range(len(rows)))
    return [row.find("td").text for row in rows]


@pytest.mark.parametrize("n_units", [2, 9])
def test_each_step_lights_up_what_it_computes(n_units, network):
    est, X, y = network("multiclass", hidden_layer_sizes=(n_units,), alpha=0)
    root = ElementTree.fromstring(trace(est, X[:1], y[:1])._repr_html_())
    steps = steps_of(root)
    lit = {step: set() for step in steps}
    for unit in root.iter(f"{SVG}g"):
        if "data-lit" in unit.attrib:
            symbols = [text.text for text in unit.iter(f"{SVG}text")]
            for step in unit.get("data-lit").split():
                part = symbols[0] if unit.get("class") == "unit" else "edge"
                lit[steps[int(step)]].add(part)
    assert lit["x₂"] == {"x₂"}
    assert lit["z¹₂"] == {"z¹₂", "edge"}
    assert lit["a¹₂"] == {"z¹₂"}
    assert lit["y₃"] == {"z²₃", "ℓ", "edge"}
    assert lit["ℓ"] == lit["E"] == {"ℓ", "edge"}
    assert lit["δ²₁"] == {"z²₁"}
    assert lit["∂E/∂w²ᵢ₁"] == {"edge"}
    assert lit["∂E/∂a¹₂"] == {"z¹₂", "edge"}
    assert lit["∂E/∂b¹₁"] == {"z¹₁"}


def test_edges_light_up_into_and_out_of_a_unit(network):
    est, X, y = network("multiclass", hidden_layer_sizes=(5,), alpha=0)
    root = ElementTree.fromstring(trace(est, X[:1], y[:1])._repr_html_())
    steps = steps_of(root)
    boxes = {}
    for unit in root.iter(f"{SVG}g"):
        if unit.get("class") == "unit":
            box = unit.find(f"{SVG}rect")
            left, top = float(box.get("x")), float(box.get("y"))
            middle = top + float(box.get("height")) / 2
            boxes[unit.find(f"{SVG}g/{SVG}text").text] = (
                (left, middle),
                (left + float(box.get("width")), middle),
            )
    ends = {step: [] for step in steps}
    for edge in root.iter(f"{SVG}g"):
        if edge.get("class") == "edge" and len(edge) == 1:
            x1, y1, x2, y2 = (float(edge[0].get(name)) for name in ("x1", "y1", "x2", "y2"))
            for step in edge.get("data-lit").split():
                ends[steps[int(step)]].append(((x1, y1), (x2, y2)))
    for step in ("z¹₂", "∂E/∂w¹ᵢ₂"):
        assert sorted(start for start, _ in ends[step]) == [boxes[f"x{i}"][1] for i in "₁₂₃₄"]
        assert {end for _, end in ends[step]} == {boxes["z¹₂"][0]}
    assert {start for start, _ in ends["∂E/∂a¹₂"]} == {boxes["z¹₂"][1]}
    assert sorted(end for _, end in ends["∂E/∂a¹₂"]) == [boxes[f"z²{j}"][0] for j in "₁₂₃"]


def test_a_number_appears_with_its_step(network):
    est, X, y = network("binary", hidden_layer_sizes=(2,))
    root = ElementTree.fromstring(trace(est, X[:1], y[:1])._repr_html_())
    steps = steps_of(root)
    seen = {}
    for line in root.iter(f"{SVG}g"):
        symbol = [text.text for text in line.iter(f"{SVG}text") if text.get("class") == "symbol"]
        if "data-from" in line.attrib and symbol:
            seen[symbol[0]] = steps[int(line.get("data-from"))]
    assert len(seen) == 4 + 2 * 3 + 4 + 2
    assert all(symbol == step for symbol, step in seen.items())


def test_without_script_nothing_is_hidden(network):
    est, X, y = network("binary")
    html = trace(est, X[:1], y[:1])._repr_html_()
    body = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    assert not {"later", "lit", "now"} & set(re.findall(r'class="([^"]*)"', body))
    assert "http" not in body.replace("http://www.w3.org/2000/svg", "")


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")

DRIVE = """
<script>
const seen = [];
const boxes = [...document.querySelectorAll(".skbackprop-trace")];
function look(box) {
  const rows = [...box.querySelectorAll("tr[data-step]")];
  seen.push({
    now: rows.filter((row) => row.classList.contains("now")).map((row) => row.dataset.step),
    later: rows.filter((row) => row.classList.contains("later")).length,
    hidden: box.querySelectorAll("svg .later").length,
    lit: box.querySelectorAll("svg .lit").length,
    way: box.dataset.way,
    line: box.querySelector(".now-line").textContent,
  });
}
function click(what) { boxes[0].querySelector("[data-do=" + what + "]").click(); look(boxes[0]); }
function press(key) {
  boxes[0].dispatchEvent(new KeyboardEvent("keydown", { key: key })); look(boxes[0]);
}
look(boxes[0]);
click("next"); click("next"); click("back"); press("ArrowRight");
boxes[0].querySelectorAll("tr[data-step]")[11].click(); look(boxes[0]);
for (let i = 0; i !== 30; i++) { boxes[0].querySelector("[data-do=next]").click(); }
look(boxes[0]);
look(boxes[1]);
press("Escape");
document.body.innerHTML = "<pre>" + JSON.stringify(seen) + "</pre>";
</script>
"""


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_stepping_in_a_browser(network, tmp_path):
    est, X, y = network("binary", hidden_layer_sizes=(), alpha=0)
    est.coefs_[0][:] = np.array([[1.0], [2.0], [3.0], [4.0]])
    html = trace(est, X[:1], y[:1])._repr_html_()
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><meta charset="utf-8">{html}{html}{DRIVE}', encoding="utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    seen = json.loads(re.search(r"<pre>(.*)</pre>", dom, re.DOTALL)[1])
    # x₁ x₂ x₃ x₄ z a | y ℓ E | δ ∂w ∂b
    whole = {"now": [], "later": 0, "hidden": 0, "lit": 0, "way": "forward"}
    start, first, second, back, right, third_last, last, other, escaped = seen
    assert start == other == escaped == {**whole, "line": start["line"]}
    assert (first["now"], first["later"], first["lit"]) == (["0"], 11, 1)
    assert first["line"] == f"Forward pass:  x₁ = {X[0, 0]:.4g}"
    assert first["hidden"] == 3 + 4 + 2 + 4  # inputs; z, a, y, δ; ℓ, E; gradients
    assert second["now"] == ["1"]
    assert back == first
    assert right == second
    assert (third_last["now"], third_last["way"]) == (["11"], "back")
    assert (last["now"], last["later"], last["hidden"]) == (["11"], 0, 0)
