"""Imports point one way, and the engine needs nothing but NumPy and SciPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skbackprop"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ENGINE = [path for path in SOURCES if PACKAGE / "core" in path.parents]
OTHER_SOURCES = [path for path in SOURCES if path.name != "sklearn_compat.py"]


def absolute_imports(tree, package):
    """Yield the dotted name of every import in `tree`, a module of `package`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = package[: len(package) - node.level + 1]
                module = ".".join((*parents, *filter(None, [module])))
            for alias in node.names:
                yield f"{module}.{alias.name}"


def imports_of(path):
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return sorted(absolute_imports(tree, package))


def id_of(path):
    return path.relative_to(ROOT).as_posix()


def test_layer_contracts_are_kept():
    lint_imports = "from importlinter.cli import lint_imports_command as run; run()"
    result = subprocess.run(
        [sys.executable, "-c", lint_imports, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("path", ENGINE, ids=id_of)
def test_core_imports_numpy_and_scipy_only(path):
    allowed = {"numpy", "scipy"} | sys.stdlib_module_names
    for name in imports_of(path):
        inside = name == "skbackprop.core" or name.startswith("skbackprop.core.")
        assert inside or name.split(".")[0] in allowed, name


@pytest.mark.parametrize("path", OTHER_SOURCES, ids=id_of)
def test_private_scikit_learn_is_imported_in_sklearn_compat_only(path):
    for name in imports_of(path):
        module, *rest = name.split(".")
        private = [part for part in rest if part.startswith("_")]
        assert module != "sklearn" or not private, name


def test_importing_the_package_does_not_import_matplotlib():
    code = (
        "import pkgutil, sys, skbackprop\n"
        "modules = pkgutil.walk_packages(skbackprop.__path__, 'skbackprop.')\n"
        "for module in modules:\n"
        "    if not module.name.startswith('skbackprop.onnx'):  # it needs skl2onnx\n"
        "        __import__(module.name)\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sklearn.utils", ["sklearn.utils"]),
        ("from sklearn.base import clone, is_classifier", None),
        ("from . import losses", ["skbackprop.core.losses"]),
        ("from .losses import Loss", ["skbackprop.core.losses.Loss"]),
        ("from .. import _base", ["skbackprop._base"]),
        ("from .._base import Base", ["skbackprop._base.Base"]),
        ("def f():\n    import sklearn", ["sklearn"]),
    ],
)
def test_imports_are_resolved(code, expected):
    if expected is None:
        expected = ["sklearn.base.clone", "sklearn.base.is_classifier"]
    imports = absolute_imports(ast.parse(code), ("skbackprop", "core"))
    assert list(imports) == expected
