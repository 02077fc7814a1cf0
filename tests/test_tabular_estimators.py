"""The tabular estimators as scikit-learn, type checkers and readers of the pages see them."""

from __future__ import annotations

import ast
import inspect
import re
from typing import get_type_hints

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_docstrings import NOT_ASKED_FOR, differences, entries
from test_estimator_checks import EVERY, _named_check, _run
from test_typing import literals

from skbackprop import TabularClassifier, TabularRegressor

ESTIMATORS = [TabularClassifier, TabularRegressor]

pytestmark = pytest.mark.filterwarnings("ignore:n_members=:UserWarning")

CASES = [
    TabularClassifier(),
    TabularClassifier(n_jobs=2),
    TabularClassifier(class_weight="balanced", n_members=4, label_smoothing=0.0),
    TabularClassifier(hidden_layer_sizes=(), max_iter=32),
    TabularRegressor(),
    TabularRegressor(n_jobs=2),
    TabularRegressor(loss="absolute_error", n_bins=4),
    TabularRegressor(loss="quantile", quantile=0.4, hidden_layer_sizes=16, batch_size=16),
]


@parametrize_with_checks(CASES)
def test_check_estimator(estimator, check):
    _run(check, estimator)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_further_check(Estimator, name):
    _run(_named_check(name), Estimator())


def documented(Estimator):
    """The names of the estimator and of its own public methods."""
    yield Estimator.__name__
    for name, value in inspect.getmembers(Estimator, inspect.isfunction):
        if value.__module__ == Estimator.__module__ and not name.startswith("_"):
            yield f"{Estimator.__name__}.{name}"


@pytest.mark.parametrize("name", [name for E in ESTIMATORS for name in documented(E)])
def test_docstring_is_valid(name):
    errors = validate(f"skbackprop.{name}")["errors"]
    assert [error for error in errors if error[0] not in NOT_ASKED_FOR] == []


def test_both_are_described_in_the_same_words():
    assert list(differences(*ESTIMATORS)) == ["oob_score_", "validation_scores_"]


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_documented_defaults_are_those_of_the_signature(Estimator):
    found = {
        name: ast.literal_eval(re.search(r", +default=(.*)", kind, flags=re.S)[1])
        for name, kind, _ in ClassDoc(Estimator)["Parameters"]
    }
    signature = inspect.signature(Estimator).parameters
    assert found == {name: parameter.default for name, parameter in signature.items()}


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_types_and_constraints_name_the_same_values(Estimator):
    hints, kinds = get_type_hints(Estimator.__init__), entries(Estimator, "Parameters")
    assert set(hints) == set(kinds) == set(inspect.signature(Estimator).parameters)
    for name, constraints in Estimator._parameter_constraints.items():
        allowed = {
            option
            for constraint in constraints
            for option in getattr(constraint, "options", ())
            if isinstance(option, str)
        }
        assert literals(hints[name]) == allowed, name
        assert set(re.findall(r'"(\w+)"', kinds[name][0])) == allowed, name


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_fitted_attributes_are_documented(Estimator):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": range(40), "b": list("abcd" * 10)})
    fitted = Estimator(max_iter=2, random_state=0).fit(X, [0, 1] * 20)
    found = {name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")}
    assert found == {name for name, _, _ in ClassDoc(Estimator)["Attributes"]}


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_every_public_method_has_types(Estimator):
    for name in documented(Estimator):
        if "." in name:
            method = getattr(Estimator, name.partition(".")[2])
            assert "return" in inspect.get_annotations(method), name


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_members": 2},
        {"n_members": 2.5},
        {"max_iter": 0},
        {"max_iter": "all"},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"n_bins": 0},
        {"categorical_features": "all"},
        {"n_jobs": "two"},
    ],
)
@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_bad_parameters(Estimator, parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {Estimator.__name__} must be"):
        Estimator(**parameters).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_odd_number_of_members(Estimator):
    with pytest.raises(ValueError, match="n_members must be even, got 5"):
        Estimator(n_members=5).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("sizes", [(4, 0), (4, 2.5), (-1,)])
@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_bad_layers(Estimator, sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes must be"):
        Estimator(hidden_layer_sizes=sizes).fit([[0.0], [1.0]], [0, 1])
