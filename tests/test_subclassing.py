"""Subclasses add parameters, expose fewer, or pass ``**kwargs`` on, as scikit-learn's can."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:solver='lbfgs' ignores batch_size=7"),
]

ESTIMATORS = (BackpropClassifier, BackpropRegressor, BackpropAutoencoder)


class WithOneMore(BackpropClassifier):
    """Adds a parameter, and repeats those that it needs."""

    def __init__(self, hidden_layer_sizes=(4,), *, temperature=1.0, max_iter=5, random_state=None):
        super().__init__(hidden_layer_sizes, max_iter=max_iter, random_state=random_state)
        self.temperature = temperature


class WithFewer(BackpropClassifier):
    """Exposes one parameter, and sets others, some of which its solver ignores."""

    def __init__(self, alpha=0.01):
        super().__init__((4,), alpha=alpha, solver="lbfgs", batch_size=7, max_iter=5)


class WithKwargs(BackpropClassifier):
    """Adds a parameter and passes all others on."""

    def __init__(self, temperature=1.0, **kwargs):
        super().__init__(**kwargs)
        self.temperature = temperature


class WithKwargsAndOwnValues(BackpropClassifier):
    """Sets two parameters and passes all others on."""

    def __init__(self, temperature=1.0, **kwargs):
        super().__init__((4,), solver="sgd", **kwargs)
        self.temperature = temperature


class WithOtherDefaults(WithKwargs):
    """Changes a default in a second generation, and passes on to the first."""

    def __init__(self, batch_size=16, **kwargs):
        super().__init__(batch_size=batch_size, **kwargs)


SUBCLASSES = {
    WithOneMore: {"temperature": 2.0, "max_iter": 3},
    WithFewer: {"alpha": 0.1},
    WithKwargs: {"temperature": 2.0, "max_iter": 3, "hidden_layer_sizes": (4,), "tol": 0.0},
    WithKwargsAndOwnValues: {"temperature": 2.0, "max_iter": 3, "momentum": 0.5},
    WithOtherDefaults: {"temperature": 2.0, "max_iter": 3, "batch_size": 8},
}
CASES = pytest.mark.parametrize(
    "Subclass, given", [pytest.param(*case, id=case[0].__name__) for case in SUBCLASSES.items()]
)


@CASES
def test_parameters_survive_clone_and_pickle(Subclass, given):
    estimator = Subclass(**given)
    assert given.items() <= estimator.get_params().items()
    for copy in (clone(estimator), pickle.loads(pickle.dumps(estimator))):
        assert type(copy) is Subclass
        assert vars(copy) == vars(estimator)


@CASES
def test_parameters_can_be_set(Subclass, given):
    estimator = Subclass().set_params(**given)
    assert vars(estimator) == vars(Subclass(**given))
    with pytest.raises(ValueError, match="Invalid parameter 'no_parameter'"):
        estimator.set_params(no_parameter=1)


@CASES
def test_fit_is_that_of_the_parent_with_the_same_values(Subclass, given, problem):
    X, y = problem("binary")
    fitted = clone(Subclass(**given)).set_params(**given)
    if "random_state" in fitted.get_params():
        fitted.set_params(random_state=0)
    else:
        fitted.random_state = 0
    parent = BackpropClassifier(
        **{name: getattr(fitted, name) for name in BackpropClassifier().get_params()}
    )
    np.testing.assert_array_equal(
        fitted.fit(X, y).predict_proba(X), parent.fit(X, y).predict_proba(X)
    )
    assert fitted.loss_curve_ == parent.loss_curve_


@CASES
def test_grid_search_varies_the_parameters(Subclass, given, problem):
    X, y = problem("binary")
    grid = {name: [value] for name, value in given.items()}
    best = GridSearchCV(Subclass(), grid, cv=2).fit(X, y).best_estimator_
    assert given.items() <= best.get_params().items()


@CASES
def test_parameters_can_be_printed(Subclass, given):
    assert repr(Subclass(**given)).startswith(f"{Subclass.__name__}(")


def test_fewer_parameters_are_all_that_there_are():
    assert WithFewer().get_params() == {"alpha": 0.01}
    with pytest.raises(ValueError, match="Invalid parameter 'solver'"):
        WithFewer().set_params(solver="adam")


def test_kwargs_stand_for_the_parameters_of_the_parent():
    assert set(WithKwargs().get_params()) == {*BackpropClassifier().get_params(), "temperature"}
    assert set(WithOtherDefaults().get_params()) == set(WithKwargs().get_params())


def test_kwargs_stand_only_for_what_can_be_passed():
    own = {"hidden_layer_sizes", "solver"}
    assert set(WithKwargs().get_params()) - set(WithKwargsAndOwnValues().get_params()) == own


def test_scikit_learn_loses_the_kwargs():
    """The behaviour that ours replaces: a clone is at its defaults again."""

    class Theirs(MLPClassifier):
        def __init__(self, temperature=1.0, **kwargs):
            super().__init__(**kwargs)
            self.temperature = temperature

    assert clone(Theirs(max_iter=3)).max_iter == 200
    assert clone(WithKwargs(max_iter=3)).max_iter == 3


def test_positional_varargs_are_refused_as_by_scikit_learn():
    class WithArgs(BackpropClassifier):
        def __init__(self, *args):
            super().__init__(*args)

    with pytest.raises(RuntimeError, match="no varargs"):
        WithArgs().get_params()


class TestIgnoredParameters:
    """The warning goes by the subclass's own defaults, and is only of what a user can change."""

    @staticmethod
    def messages(estimator, problem):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(*problem("binary"))
        return [str(w.message) for w in caught if "ignores" in str(w.message)]

    def test_not_of_what_the_subclass_sets(self, problem):
        assert self.messages(WithFewer(), problem) == []
        assert self.messages(BackpropClassifier((4,), solver="lbfgs", batch_size=7), problem) == [
            "solver='lbfgs' ignores batch_size=7."
        ]

    def test_not_of_its_defaults(self, problem):
        options = {"hidden_layer_sizes": (4,), "solver": "lbfgs", "max_iter": 5}
        assert self.messages(WithOtherDefaults(**options), problem) == []
        assert self.messages(WithOtherDefaults(**options, batch_size=7), problem) == [
            "solver='lbfgs' ignores batch_size=7."
        ]

    def test_of_kwargs(self, problem):
        assert self.messages(
            WithKwargs(hidden_layer_sizes=(4,), solver="sgd", max_iter=5, beta_1=0.5), problem
        ) == ["solver='sgd' ignores beta_1=0.5."]


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_every_parameter_is_stored_as_it_is(Estimator):
    """No copy, no conversion: ``clone`` compares by identity."""
    given = {name: object() for name in Estimator().get_params()}
    assert vars(Estimator(**given)) == given
