"""The charts of the pages are drawn from the tables' cells."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    ["network", "batch", "seconds", "PyTorch", "JAX"],
    ["spirals", "32", "0.5", "20", "0.64"],
    ["digits", "200", "39.2", "1.2", "0.69"],
]


@pytest.fixture(scope="module")
def charts():
    pytest.importorskip("sphinx")
    path = ROOT / "docs" / "_extensions" / "table_charts.py"
    spec = importlib.util.spec_from_file_location("table_charts", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_labels_and_numbers_are_those_of_the_cells(charts):
    labels, columns = charts.select(ROWS, ["network", "batch"], ["JAX", "seconds"])
    assert labels == ["spirals, 32", "digits, 200"]
    assert columns == {"JAX": [0.64, 0.69], "seconds": [0.5, 39.2]}


@pytest.mark.parametrize(
    "labels, columns", [(["network"], ["minutes"]), (["net"], ["JAX"]), (["batch"], ["network"])]
)
def test_a_wrong_name_or_a_text_is_an_error(charts, labels, columns):
    with pytest.raises(ValueError, match=r"not in list|could not convert"):
        charts.select(ROWS, labels, columns)


def test_bars_have_the_lengths_of_the_cells(charts):
    (ax,) = charts.draw(["a", "b"], {"seconds": [0.5, 39.2]}, "seconds of a fit", 1.0).axes
    assert [bar.get_width() for bar in ax.patches] == [0.5, 39.2]
    assert [text.get_text() for text in ax.texts] == ["0.5", "39.2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert list(ax.lines[-1].get_xdata()) == [1.0, 1.0]
    assert ax.get_xlabel() == "seconds of a fit"
    assert ax.yaxis_inverted()  # the first row is at the top, as in the table


def test_points_lie_at_the_cells(charts):
    columns = {"PyTorch": [20.0, 1.2], "JAX": [0.64, 0.69]}
    (ax,) = charts.draw(["a", "b"], columns, "times").axes
    assert {line.get_label(): list(line.get_xdata()) for line in ax.lines} == columns
    assert [list(line.get_ydata()) for line in ax.lines] == [[0, 1], [0, 1]]
    assert ax.get_xscale() == "log"


def test_a_chart_takes_the_table_before_it(charts, tmp_path):
    pytest.importorskip("myst_parser")
    from sphinx.application import Sphinx

    table = "| side | {} |\n|---|---|\n| a | {} |\n| b | {} |\n\n"
    chart = "```{{chart}} {}\n:labels: side\n:columns: {}\n```\n\n"
    text = "# Page\n\n" + table.format("x", 1, 2) + chart.format("the x", "x")
    text += table.format("y", 3, 4) + chart.format("the y", "y")
    (tmp_path / "index.md").write_text(text, encoding="utf-8")
    drawn = []
    draw = charts.draw

    def recording(labels, columns, axis, reference, *, log):
        drawn.append((axis, columns))
        return draw(labels, columns, axis, reference, log=log)

    charts.draw = recording
    try:
        app = Sphinx(
            tmp_path,
            None,
            tmp_path / "html",
            tmp_path / "doctrees",
            "html",
            confoverrides={"extensions": ["myst_parser"]},
            status=None,
            warningiserror=True,
        )
        charts.setup(app)
        app.build()
    finally:
        charts.draw = draw
    assert drawn == [("the x", {"x": [1.0, 2.0]}), ("the y", {"y": [3.0, 4.0]})]
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert page.index("index-the-x.png") < page.index("index-the-y.png")
    assert (tmp_path / "html" / "_images" / "index-the-x.png").exists()
