"""Tasks that train no network run as they would without lockstep."""

import threading
import warnings

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from lockstep_cases import X, assert_same, classifier, in_both_ways, y
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skbackprop import lockstep
from skbackprop._lockstep import backend as backend_module

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`"),
]


@pytest.fixture(name="elsewhere")
def _elsewhere(monkeypatch):
    """How many tasks were run elsewhere, call by call."""
    counts, run = [], backend_module.run_as_before

    def spy(batches, **kwargs):
        counts.append(len(batches))
        return run(batches, **kwargs)

    monkeypatch.setattr(backend_module, "run_as_before", spy)
    return counts


FOREST = RandomForestClassifier(6, random_state=0, n_jobs=2)


@pytest.fixture(autouse=True)
def _no_worker_process_is_left():
    yield
    get_reusable_executor().shutdown(wait=True)


OTHERS = {
    "a forest": (lambda: FOREST.fit(X, y).predict_proba(X), [6, 6]),
    "bagging of trees": (
        lambda: (
            BaggingClassifier(DecisionTreeClassifier(), n_estimators=4, random_state=0, n_jobs=2)
            .fit(X, y)
            .predict_proba(X)
        ),
        [4, 4],
    ),
    "a search": (
        lambda: (
            GridSearchCV(
                make_pipeline(StandardScaler(), LogisticRegression()),
                {"logisticregression__C": [0.1, 1.0]},
                n_jobs=2,
                cv=3,
            )
            .fit(X, y)
            .cv_results_
        ),
        [6],
    ),
    "a search without n_jobs": (
        lambda: GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}).fit(X, y).cv_results_,
        [],
    ),
    "a forest in the tasks": (
        lambda: cross_validate(make_pipeline(StandardScaler(), FOREST), X, y, cv=2),
        [6, 6, 6, 6],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_tasks_of_scikit_learn_alone(name, elsewhere):
    fit, counts = OTHERS[name]
    assert_same(*in_both_ways(fit))
    assert elsewhere == counts


class Own(ClassifierMixin, BaseEstimator):
    """A user's estimator that trains a network."""

    def fit(self, X, y):
        self.network_ = classifier().fit(X, y)
        self.classes_ = self.network_.classes_
        return self

    def predict(self, X):
        return self.network_.predict(X)


def through_a_network(X):
    return classifier(max_iter=2).fit(X, y[: len(X)]).transform(X)


OURS = {
    "a search": lambda: GridSearchCV(classifier(), {"alpha": [0, 1]}, n_jobs=2).fit(X, y),
    "bagging": lambda: BaggingClassifier(classifier(), 4, n_jobs=2, random_state=0).fit(X, y),
    "in a pipeline": lambda: GridSearchCV(
        make_pipeline(StandardScaler(), classifier()), {"standardscaler__copy": [True]}, n_jobs=2
    ).fit(X, y),
    "in the grid": lambda: GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression": [classifier(), classifier(alpha=1.0)]},
        n_jobs=2,
    ).fit(X, y),
    "stacking": lambda: StackingClassifier(
        [("network", classifier()), ("tree", DecisionTreeClassifier(random_state=0))],
        n_jobs=2,
        cv=2,
    ).fit(X, y),
    "in a user's estimator": lambda: cross_validate(Own(), X, y, n_jobs=2, cv=3),
    "in a user's function": lambda: cross_validate(
        make_pipeline(FunctionTransformer(through_a_network), LogisticRegression()),
        X,
        y,
        n_jobs=2,
        cv=3,
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_tasks_with_a_network_in_them(name, elsewhere, groups):
    result, expected = in_both_ways(OURS[name])
    assert_same(result, expected)
    assert elsewhere == ([2] if name == "stacking" else [])  # the tree, in its own two folds
    assert sum(groups) > 1


def test_a_forest_in_a_task_has_its_threads():
    """The trees of a forest with two jobs grow in two threads."""
    both = threading.Barrier(2, timeout=10)

    class Tree(DecisionTreeClassifier):
        __module__ = "sklearn.tree"

        def fit(self, *args, **kwargs):
            both.wait()  # in one thread there would be nobody to wait for
            return super().fit(*args, **kwargs)

    bagging = BaggingClassifier(Tree(), n_estimators=2, n_jobs=2, random_state=0)
    with joblib.parallel_config("threading"), lockstep():
        assert len(cross_val_score(bagging, X, y, cv=2)) == 2


def test_the_backend_from_before_is_used(elsewhere):
    class Counting(joblib.parallel.ThreadingBackend):
        n_calls = 0

        def start_call(self):
            Counting.n_calls += 1

    joblib.register_parallel_backend("counting", Counting)
    own_filters = warnings.catch_warnings()  # threads leave those of scikit-learn's tasks behind
    with own_filters, joblib.parallel_config("counting", n_jobs=2), lockstep():
        cross_val_score(LogisticRegression(), X, y, n_jobs=2)
    assert elsewhere == [5]
    assert Counting.n_calls == 1


def test_an_error_in_a_task_elsewhere():
    def fit():
        return cross_val_score(
            LogisticRegression(), X, np.zeros_like(y), n_jobs=2, error_score="raise"
        )

    with lockstep(), pytest.raises(ValueError, match="at least 2 classes"):
        fit()
    with lockstep():
        assert len(cross_val_score(classifier(), X, y)) == 5
