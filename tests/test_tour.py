"""The executed notebook: it runs, and prints and draws what is stored in it.

After a change, ``jupyter nbconvert --to notebook --execute --inplace examples/tour.ipynb`` stores
its output anew.
"""

import json
from pathlib import Path

import pytest

TOUR = Path(__file__).parents[1] / "examples" / "tour.ipynb"


def outputs(cell):
    """What a cell prints, and the kinds of what it shows."""
    printed = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
    shown = [sorted(o["data"]) for o in cell["outputs"] if o["output_type"] != "stream"]
    return printed, shown


@pytest.fixture(scope="module")
def stored():
    notebook = json.loads(TOUR.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_picture_is_stored(stored):
    for cell in stored:
        draws = "plt.show()" in "".join(cell["source"])
        assert outputs(cell)[1] == ([["image/png", "text/plain"]] if draws else [])
    assert sum("plt.show()" in "".join(cell["source"]) for cell in stored) >= 4


def test_it_runs_and_prints_what_is_stored(stored, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib", minversion="3.9")  # older ones show pictures on request only
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as notebooks do
    notebook = nbformat.read(TOUR, 4)
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute()
    fresh = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [outputs(cell) for cell in fresh] == [outputs(cell) for cell in stored]
