"""Every example runs, without a screen, without a warning, and does what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
GALLERY = sorted(EXAMPLES.glob("plot_*.py"))


def run_example(path, directory):
    """Run an example in its small setting; returns what it printed."""
    deprecations = ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")
    strict = [f"-Werror::{category}:__main__" for category in deprecations]
    result = subprocess.run(
        [sys.executable, *strict, str(path)],
        cwd=directory,
        env=os.environ
        | {"MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), "SKBACKPROP_EXAMPLES": "small"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    said = result.stderr.replace("UserWarning: Animation was deleted", "")  # nobody watched it
    assert "Warning" not in said
    return result


def test_quickstart_prints_and_draws(tmp_path):
    result = run_example(EXAMPLES / "quickstart.py", tmp_path)
    for heading in (
        "Two spirals, 2-16-8-1",
        "XOR",
        "2-3-1",
        "2-4-1",
        "folds",
        "grid search",
        "rank",
    ):
        assert heading in result.stdout
    names = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert names >= {
        "spirals_boundary",
        "spirals_loss",
        "spirals_accuracy",
        "spirals_gradient_norms",
        "xor_boundary",
        "pipeline_boundary",
        "spiral_autoencoder",
    }


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery_example_runs(path, tmp_path):
    run_example(path, tmp_path)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery_example_is_a_page(path):
    """A title and prose first, then cells, for sphinx-gallery and notebooks alike."""
    text = path.read_text(encoding="utf-8")
    title, underline = text.split('"""')[1].strip().splitlines()[:2]
    assert set(underline) == {"="}
    assert len(underline) == len(title)
    assert text.count("\n# %%\n") >= 2
