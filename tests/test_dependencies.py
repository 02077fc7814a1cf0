"""What the package imports is declared, and is loaded no earlier than it is used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import skbackprop

PACKAGE = Path(skbackprop.__file__).parent
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
DISTRIBUTIONS = {"sklearn": "scikit-learn"}  # where the name is not that of the module
FOR_DEVELOPERS = {"test", "docs", "parity"}


def imported_modules():
    """Top-level names of all modules that the source imports, wherever in a file."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.split(".")[0])
    return names - {"skbackprop"}


def declared_distributions():
    """Names of the run-time dependencies, those of extras for users included."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    for extra, more in project["optional-dependencies"].items():
        if extra not in FOR_DEVELOPERS:
            requirements += more
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}


def test_every_import_is_declared():
    third_party = imported_modules() - set(sys.stdlib_module_names)
    assert {"numpy", "scipy", "sklearn"} <= third_party
    missing = {DISTRIBUTIONS.get(name, name) for name in third_party} - declared_distributions()
    assert missing == set()


def loaded_by(statement):
    """Names of the modules in a fresh interpreter after a statement."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


FOR_FEW = {
    *("sklearn.manifold", "sklearn.compose", "sklearn.impute", "sklearn.linear_model"),
    *("matplotlib", "pandas", "torch"),
}


def test_what_few_need_is_imported_where_it_is_used():
    """Isomap was three quarters of what the import took beyond `sklearn.neural_network`."""
    beyond = loaded_by("import skbackprop") - loaded_by("import sklearn.neural_network")
    assert "skbackprop" in beyond
    assert not beyond & FOR_FEW
