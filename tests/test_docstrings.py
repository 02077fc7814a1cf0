"""Every public name is documented as numpydoc has it, and stands in the API reference.

What the estimators share is described in the same words in each of them.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor

MODULES = (
    "skbackprop",
    "skbackprop.inspection",
    "skbackprop.datasets",
    "skbackprop.preprocessing",
)
REFERENCE = Path(__file__).parents[1] / "docs" / "api.md"

NOT_ASKED_FOR = {
    "ES01": "an extended summary where one line says it",
    "EX01": "an example in each method: those of the class show it",
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


SUPERVISED = (BackpropClassifier, BackpropRegressor)
ESTIMATORS = (*SUPERVISED, BackpropAutoencoder)
# What means something else in one estimator than in the others.
OF_ITS_OWN = {
    BackpropClassifier: {"loss"},
    BackpropRegressor: {"loss"},
    BackpropAutoencoder: {
        "batch_size",  # another meaning of "auto"
        "dropout",  # one rate for all layers
        "hidden_layer_sizes",  # of the encoder
        "huber_delta",  # in other units
        "init",  # embeddings, too
        "loss",
        "scoring",  # explained variance by default
    },
}


def entries(Estimator, section):
    """Type (without the default) and description of each entry, by name, in spaces of one."""
    return {
        name: (
            " ".join(re.sub(r", default=.*", "", kind, flags=re.S).split()),
            " ".join(" ".join(description).split()),
        )
        for name, kind, description in ClassDoc(Estimator)[section]
    }


def differences(One, Other):
    """Yield the names of parameters and attributes that two estimators describe differently."""
    for section in ("Parameters", "Attributes"):
        one, other = entries(One, section), entries(Other, section)
        yield from sorted(name for name in one.keys() & other.keys() if one[name] != other[name])


@pytest.mark.parametrize("One, Other", list(combinations(ESTIMATORS, 2)))
def test_shared_parameters_are_described_in_the_same_words(One, Other):
    shared = inspect.signature(One).parameters.keys() & inspect.signature(Other).parameters.keys()
    assert len(shared) >= 29
    own = shared & (OF_ITS_OWN[One] | OF_ITS_OWN[Other])
    assert list(differences(One, Other)) == sorted(own)


def test_another_word_is_noticed():
    """...or else the test above shows nothing."""

    class Reworded(BackpropClassifier):
        __doc__ = (
            inspect.getdoc(BackpropClassifier)
            .replace("Momentum of", "The momentum of")
            .replace("t_ : int", "t_ : float")
        )

    assert list(differences(BackpropClassifier, Reworded)) == ["momentum", "t_"]


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_documented_defaults_are_those_of_the_signature(Estimator):
    documented = {
        name: ast.literal_eval(re.search(r", default=(.*)", kind, flags=re.S)[1])
        for name, kind, _ in ClassDoc(Estimator)["Parameters"]
    }
    signature = inspect.signature(Estimator).parameters
    assert documented == {name: parameter.default for name, parameter in signature.items()}


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_documented_names_are_those_that_are_allowed(Estimator):
    for name, (kind, _) in entries(Estimator, "Parameters").items():
        allowed = {
            option
            for constraint in Estimator._parameter_constraints[name]
            for option in getattr(constraint, "options", ())
            if isinstance(option, str)
        }
        if name not in ("scoring", "code_activation"):  # the description says which
            assert set(re.findall(r'"(\w+)"', kind)) == allowed, name


def test_package_can_be_imported_without_docstrings():
    code = "import sys, skbackprop; sys.exit(skbackprop.BackpropClassifier.__doc__ is not None)"
    subprocess.run([sys.executable, "-OO", "-c", code], cwd=REFERENCE.parents[1], check=True)
