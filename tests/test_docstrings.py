"""Every public name is documented as numpydoc has it, and stands in the API reference."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
from numpydoc.validate import validate

MODULES = ("skbackprop", "skbackprop.inspection", "skbackprop.datasets")
REFERENCE = Path(__file__).parents[1] / "docs" / "api.md"

NOT_ASKED_FOR = {
    "ES01": "an extended summary where one line says it",
    "EX01": "an example in each method: those of the class show it",
    "GL02": "a line break before closing quotes: parameters are filled in by a decorator",
    "PR08": "a capital letter: z is not Z",
    "RT02": "returned values without a name",
    "SA01": "See Also where there is nothing to see",
}
EXCEPTIONS = {
    ("skbackprop.inspection.LayerTrace", "PR03"): "in the order in which a pass computes them",
    ("skbackprop.lockstep", "YD01"): "a context without a value",
}


def public_objects():
    """Yield (name, object) for each public class and function."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            found = getattr(module, name)
            if not inspect.ismodule(found):
                yield f"{module_name}.{name}", found


def public_names():
    """Yield the names of all public objects and of their own public methods and properties."""
    for name, found in public_objects():
        yield name
        if inspect.isclass(found):
            for member, value in inspect.getmembers(found):
                function = value.fget if isinstance(value, property) else value
                module = getattr(function, "__module__", None) or ""
                is_own = module.startswith("skbackprop") and not inspect.isclass(value)
                if is_own and not member.startswith("_"):
                    yield f"{name}.{member}"


@pytest.mark.parametrize("name", sorted(public_names()))
def test_docstring_is_valid(name):
    ignored = {code for where, code in EXCEPTIONS if where == name} | set(NOT_ASKED_FOR)
    errors = [error for error in validate(name)["errors"] if error[0] not in ignored]
    assert errors == []


def badly_documented(a):
    """does something"""


def test_a_bad_docstring_is_noticed():
    """...or else the test above shows nothing."""
    errors = validate(f"{__name__}.badly_documented")["errors"]
    assert {code for code, _ in errors} - set(NOT_ASKED_FOR) >= {"SS02", "SS03", "PR01"}


def test_reference_lists_every_public_name():
    text = REFERENCE.read_text(encoding="utf-8")
    listed, module = set(), ""
    for line in text.splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"   ([A-Za-z]\w*)$", line):
            listed.add(f"{module}.{found[1]}")
    assert listed == {name for name, _ in public_objects()}
