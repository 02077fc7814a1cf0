"""scikit-learn's callbacks: one task an epoch, an estimator that looks fitted, and no cost."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

HAS_CALLBACKS = importlib.util.find_spec("sklearn.callback") is not None
needs_callbacks = pytest.mark.skipif(
    not HAS_CALLBACKS, reason="scikit-learn has callbacks from 1.9"
)
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 6, "random_state": 0, "tol": 0}


class Recorder:
    """Writes down what it is told, and may stop or fail at the end of some epoch."""

    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at = stop_at
        self.fail_at = fail_at
        self.events = []

    def _record(self, event, context, **told):
        is_epoch = context.task_name in ("epoch", "iteration")
        name = context.task_name if is_epoch else "fit"
        self.events.append((event, name, context.task_id, told))

    def setup(self, estimator, context):
        self._record("setup", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self._record("begin", context, X=X, y=y, metadata=metadata)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self._record("end", context, X=X, y=y, metadata=metadata, fitted=fitted_estimator)
        if context.task_name in ("epoch", "iteration"):
            if context.task_id == self.fail_at:
                raise RuntimeError("the callback failed")
            return context.task_id == self.stop_at
        return None

    def teardown(self, estimator, context):
        self._record("teardown", context)

    @property
    def story(self):
        return [(event, name, task_id) for event, name, task_id, _ in self.events]

    def fitted(self, name):
        """The fitted estimators shown at the end of tasks of that name."""
        return [
            told["fitted"]
            for event, task, _, told in self.events
            if (event, task) == ("end", name) and told["fitted"] is not None
        ]


class Propagated(Recorder):
    """A recorder that meta-estimators hand on."""

    max_propagation_depth = None


def watched(estimator, X, y, **options):
    recorder = Recorder(**options)
    estimator.set_callbacks(recorder).fit(X, y)
    return recorder


# One estimator --------------------------------------------------------------------


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_one_task_an_epoch(solver, problem):
    X, y = problem("binary")
    recorder = watched(BackpropClassifier(solver=solver, **SMALL), X, y)
    epochs = [(event, "epoch", k) for k in range(6) for event in ("begin", "end")]
    assert recorder.story == [
        ("setup", "fit", 0),
        ("begin", "fit", 0),
        *epochs,
        ("end", "fit", 0),
        ("teardown", "fit", 0),
    ]


@needs_callbacks
def test_one_task_an_iteration_of_lbfgs(problem):
    X, y = problem("binary")
    clf = BackpropClassifier(solver="lbfgs", **SMALL)
    recorder = watched(clf, X, y)
    iterations = [(event, "iteration", k) for k in range(7) for event in ("begin", "end")]
    assert recorder.story[2:-2] == iterations  # the last is begun before it is known to be needless
    assert len(recorder.fitted("iteration")) == clf.n_iter_ == 6


@needs_callbacks
def test_converged_early(problem):
    X, y = problem("binary")
    clf = BackpropClassifier(**{**SMALL, "tol": 10.0, "max_iter": 100}, n_iter_no_change=2)
    recorder = watched(clf, X, y)
    assert clf.n_iter_ == 4
    assert recorder.story[2:-2] == [
        (event, "epoch", k) for k in range(4) for event in ("begin", "end")
    ]


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "regression"])
def test_the_fitted_estimator(target, solver, problem):
    """At the end of each epoch it is what a shorter training gives."""
    X, y = problem(target)
    Estimator = BackpropRegressor if target == "regression" else BackpropClassifier
    est = Estimator(solver=solver, **SMALL)
    recorder = watched(est, X, y)
    for k, fitted in enumerate(recorder.fitted("epoch") + recorder.fitted("iteration")):
        shorter = clone(est).set_callbacks().set_params(max_iter=k + 1).fit(X, y)
        assert_allclose(fitted.predict(X), shorter.predict(X), atol=1e-10)
        assert_allclose(fitted.coefs_[0], shorter.coefs_[0], atol=1e-10)
        assert_allclose(fitted.loss_curve_, shorter.loss_curve_)
        assert fitted.n_iter_ == k + 1
        assert fitted.gradient_norms_.shape == (k + 1, 2)
    (fitted,) = recorder.fitted("fit")
    assert_allclose(fitted.coefs_[0], est.coefs_[0])
    assert fitted.n_iter_ == est.n_iter_ == 6


@needs_callbacks
def test_best_weights_at_the_end(problem):
    X, y = problem("binary")
    clf = BackpropClassifier(early_stopping=True, learning_rate_init=0.5, **SMALL)
    (fitted,) = watched(clf, X, y).fitted("fit")
    assert_allclose(fitted.coefs_[0], clf.coefs_[0])
    assert fitted.best_validation_score_ == clf.best_validation_score_


@needs_callbacks
def test_callbacks_get_the_data_of_fit(problem):
    X, y = problem("binary")
    labels, weights = np.where(y == 1, "yes", "no"), np.linspace(1, 2, len(X))
    recorder = Recorder()
    clf = BackpropClassifier(**SMALL).set_callbacks(recorder)
    clf.fit(X.tolist(), labels, sample_weight=weights)
    for event, _, _, told in recorder.events:
        if event in ("begin", "end"):
            assert isinstance(told["X"], list)
            assert told["y"] is labels
            assert told["metadata"]["sample_weight"] is weights


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_callback_may_stop(solver, problem, recwarn):
    X, y = problem("binary")
    clf = BackpropClassifier(solver=solver, **SMALL)
    recorder = watched(clf, X, y, stop_at=2)
    shorter = BackpropClassifier(solver=solver, **{**SMALL, "max_iter": 3})
    recwarn.clear()
    assert clf.n_iter_ == len(clf.loss_curve_) == 3
    assert_allclose(clf.coefs_[0], shorter.fit(X, y).coefs_[0], atol=1e-10)
    assert recorder.story[-3][2] == 2
    assert recorder.story[-2:] == [("end", "fit", 0), ("teardown", "fit", 0)]


@needs_callbacks
@pytest.mark.filterwarnings("error")
def test_stopping_is_no_failure(problem):
    X, y = problem("binary")
    watched(BackpropClassifier(**SMALL), X, y, stop_at=2)


@needs_callbacks
@pytest.mark.parametrize("already_fitted", [False, True])
def test_a_callback_that_fails(already_fitted, problem, state):
    X, y = problem("binary")
    clf = BackpropClassifier(**SMALL)
    if already_fitted:
        clf.fit(X, y)
    recorder = Recorder(fail_at=3)
    clf.set_callbacks(recorder)
    before = {k: v for k, v in state(clf).items() if k != "_skl_callbacks"}
    with pytest.raises(RuntimeError, match="the callback failed"):
        clf.fit(X, y)
    assert recorder.story[-1] == ("teardown", "fit", 0)
    assert {k: v for k, v in state(clf).items() if k != "_skl_callbacks"} == before


@needs_callbacks
def test_an_interrupt_ends_the_tasks(problem):
    X, y = problem("binary")

    class Impatient(Recorder):
        def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
            super().on_fit_task_begin(estimator, context)
            if context.task_id == 3:
                raise KeyboardInterrupt

    recorder = Impatient()
    clf = BackpropClassifier(**SMALL).set_callbacks(recorder)
    with pytest.warns(UserWarning, match="interrupted"):
        clf.fit(X, y)
    assert clf.n_iter_ == 3
    assert recorder.story[-3:] == [
        ("end", "epoch", 3),
        ("end", "fit", 0),
        ("teardown", "fit", 0),
    ]


@needs_callbacks
def test_warm_start(problem):
    X, y = problem("binary")
    recorder = Recorder()
    clf = BackpropClassifier(warm_start=True, **SMALL).set_callbacks(recorder)
    clf.fit(X, y).fit(X, y)
    assert recorder.story[: len(recorder.story) // 2] == recorder.story[len(recorder.story) // 2 :]
    assert recorder.fitted("fit")[-1].loss_curve_ == clf.loss_curve_
    assert len(clf.loss_curve_) == 12


@needs_callbacks
def test_partial_fit_is_led_by_its_caller(problem):
    X, y = problem("binary")
    recorder = Recorder()
    clf = BackpropClassifier(**SMALL).set_callbacks(recorder)
    clf.partial_fit(X, y, classes=[0, 1])
    assert recorder.events == []


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_training_is_the_same(solver, problem, parameters):
    X, y = problem("multiclass")
    est = BackpropClassifier(solver=solver, early_stopping=True, **SMALL)
    alone = parameters(clone(est).fit(X, y))
    watched(est, X, y)
    assert_allclose(parameters(est), alone, rtol=0)


@needs_callbacks
def test_autoencoder(problem):
    X, _ = problem("regression")
    ae = BackpropAutoencoder(2, **SMALL)
    recorder = watched(ae, X, None)
    assert len(recorder.fitted("epoch")) == 6
    assert_allclose(recorder.fitted("fit")[0].transform(X), ae.transform(X))
    assert recorder.events[-2][3]["y"] is X  # its target


# Copies ---------------------------------------------------------------------------


@needs_callbacks
def test_copies_keep_the_callbacks(problem):
    X, y = problem("binary")
    recorder = Recorder()
    clf = BackpropClassifier(**SMALL).set_callbacks(recorder)
    clone(clf).fit(X, y)
    assert len(recorder.events) == 16
    clf.fit(X, y)
    restored = pickle.loads(pickle.dumps(clf))
    assert_allclose(restored.predict(X), clf.predict(X))
    assert_allclose(copy.deepcopy(clf).fit(X, y).coefs_[0], clf.coefs_[0])
    leftover = [name for name in vars(clf) if "callback" in name]
    assert leftover == ["_skl_callbacks"]
    clf.set_callbacks()
    assert not [name for name in vars(clf) if "callback" in name]


@needs_callbacks
def test_shown_estimators_are_snapshots(problem):
    X, y = problem("binary")
    recorder = watched(BackpropClassifier(**SMALL), X, y)
    first, second = recorder.fitted("epoch")[:2]
    assert not np.allclose(first.coefs_[0], second.coefs_[0])
    assert len(first.loss_curve_) == 1
    assert_allclose(pickle.loads(pickle.dumps(first)).predict_proba(X), first.predict_proba(X))


# scikit-learn's own callbacks, and meta-estimators --------------------------------


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scoring_monitor(solver, problem):
    from sklearn.callback import ScoringMonitor

    X, y = problem("binary")
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    clf = BackpropClassifier(solver=solver, **SMALL).set_callbacks(monitor).fit(X, y)
    rows = monitor.get_logs().data
    assert [row["task_id_path"] for row in rows] == [(0,), *((0, k) for k in range(6))]
    assert rows[0]["accuracy"] == rows[-1]["accuracy"] == clf.score(X, y)
    assert rows[1]["neg_log_loss"] < rows[-1]["neg_log_loss"]


@needs_callbacks
def test_scoring_monitor_in_a_search(problem):
    from sklearn.callback import ScoringMonitor

    X, y = problem("binary")
    monitor = ScoringMonitor(scoring="accuracy")
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(**SMALL).set_callbacks(monitor))
    grid = {"backpropclassifier__alpha": [0.1, 1.0]}
    GridSearchCV(pipe, grid, cv=2).fit(X, y)
    assert len(monitor.get_logs().data) == (2 * 2 + 1) * (6 + 1)  # fits, with their epochs


@needs_callbacks
def test_propagated_by_a_pipeline(problem):
    X, y = problem("binary")
    recorder = Propagated()
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(**SMALL))
    pipe.set_callbacks(recorder).fit(X, y)
    epochs = [(event, task_id) for event, name, task_id in recorder.story if name == "epoch"]
    assert epochs == [(event, k) for k in range(6) for event in ("begin", "end")]
    assert not [name for name in vars(pipe[-1]) if "callback" in name]


@needs_callbacks
def test_stopped_inside_a_pipeline(problem):
    X, y = problem("binary")
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(**SMALL))
    pipe.set_callbacks(Propagated(stop_at=1)).fit(X, y)
    assert pipe[-1].n_iter_ == 2


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_progress_bar(solver, problem, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    X, y = problem("binary")
    BackpropClassifier(solver=solver, **SMALL).set_callbacks(ProgressBar()).fit(X, y)
    assert "BackpropClassifier - fit" in capsys.readouterr().out
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(solver=solver, **SMALL))
    search = GridSearchCV(pipe, {"backpropclassifier__alpha": [0.1]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    out = capsys.readouterr().out
    assert "100%" in out
    assert "BackpropClassifier" in out


@needs_callbacks
def test_not_a_callback():
    with pytest.raises(TypeError, match="FitCallback"):
        BackpropClassifier().set_callbacks("progress")


# Without --------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_no_cost_without_callbacks(solver, problem, monkeypatch):
    """No task is made, and no attribute is left."""
    X, y = problem("binary")
    made = []

    def make_tasks(self, *args, **kwargs):
        made.append(self)
        raise RuntimeError("there is nobody to call")

    monkeypatch.setattr(BackpropClassifier, "_init_callback_context", make_tasks, raising=False)
    pipe = make_pipeline(StandardScaler(), BackpropClassifier(solver=solver, **SMALL)).fit(X, y)
    assert made == []
    assert not [name for name in vars(pipe[-1]) if "callback" in name]
    if HAS_CALLBACKS:  # the test would notice
        clf = BackpropClassifier(solver=solver, **SMALL).set_callbacks(Recorder())
        with pytest.raises(RuntimeError, match="nobody to call"):
            clf.fit(X, y)
        assert made == [clf]


def test_an_epoch_costs_little_with_callbacks(problem):
    """Less than a millisecond, where nothing is asked of it."""

    class Silent:
        def setup(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context): ...

        def teardown(self, estimator, context): ...

    if not HAS_CALLBACKS:
        pytest.skip("scikit-learn has callbacks from 1.9")
    X, y = problem("binary")
    clf = BackpropClassifier(**{**SMALL, "max_iter": 300}, n_iter_no_change=1000)

    def seconds():
        start = time.process_time()
        clf.fit(X, y)
        return time.process_time() - start

    without = min(seconds() for _ in range(3))
    clf.set_callbacks(Silent())
    assert min(seconds() for _ in range(3)) < without + 300 * 1e-3


WITHOUT_CALLBACKS = """
import pickle, sys
import sklearn.manifold, sklearn.model_selection, sklearn.pipeline
sys.modules["sklearn.callback"] = None  # as if it were not there
from skbackprop import BackpropClassifier, BackpropRegressor
for Estimator in (BackpropClassifier, BackpropRegressor):
    model = Estimator(max_iter=2, tol=10.0, n_iter_no_change=1)
    assert not hasattr(model, "set_callbacks")
    model.fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    assert pickle.loads(pickle.dumps(model)).predict([[0.0]]).shape == (1,)
"""


def test_older_scikit_learn():
    """Without ``sklearn.callback`` there are no callbacks to set, and all else works."""
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_CALLBACKS]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
