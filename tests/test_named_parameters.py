"""Documentation and examples name the parameters of the estimators.

A reader of ``BackpropRegressor((16,))`` cannot know that the loss comes first.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from pathlib import Path

import pytest

import skbackprop
import skbackprop.inspection

ROOT = Path(__file__).parents[1]
ESTIMATORS = {name for name in skbackprop.__all__ if name.startswith(("Backprop", "Tabular"))}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


def positional_calls(source, where):
    """The calls in Python source that give an estimator's parameter by its place."""
    return [
        f"{where}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ESTIMATORS
        and node.args
        and not isinstance(node.args[0], ast.Name)  # an estimator that is wrapped
    ]


def of_examples(text, where):
    """...in the examples of a doctest."""
    examples = doctest.DocTestParser().get_examples(text)
    return [call for example in examples for call in positional_calls(example.source, where)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_examples(path):
    assert positional_calls(path.read_text(encoding="utf-8"), path.name) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages(path):
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, flags=re.M | re.S)
    found = [call for block in blocks for call in positional_calls(block, path.name)]
    without_fences = re.sub(r"^```.*$", "", text, flags=re.M)
    assert found + of_examples(without_fences, path.name) == []


DOCUMENTED = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (skbackprop, skbackprop.inspection)
    for name in module.__all__
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstrings(name):
    assert of_examples(inspect.getdoc(DOCUMENTED[name]) or "", name) == []


def test_a_call_by_place_is_found():
    found = positional_calls("BackpropRegressor((16,))", "here")
    assert found == ["here: BackpropRegressor((16,))"]
    assert positional_calls("BackpropRegressor(hidden_layer_sizes=(16,))", "here") == []
