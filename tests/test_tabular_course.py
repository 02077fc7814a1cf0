"""The course of a fit: what is printed, callbacks, Ctrl-C, and fits that fail."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from test_callbacks import Propagated, Recorder, watched

from skbackprop import TabularClassifier, TabularRegressor
from skbackprop._tables.parts import PartTraining
from skbackprop._tables.training import _SideBySide

QUICK = {"max_iter": 6, "hidden_layer_sizes": (8,), "random_state": 0}
ESTIMATORS = [TabularClassifier(**QUICK), TabularRegressor(**QUICK)]
BOTH = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)

needs_callbacks = pytest.mark.skipif(
    importlib.util.find_spec("sklearn.callback") is None,
    reason="scikit-learn has callbacks from 1.9",
)

rng = np.random.RandomState(0)
X = rng.standard_normal((120, 3))
y = (X[:, 0] > X[:, 1] ** 2).astype(int)


def outputs(estimator):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


@BOTH
def test_verbose(estimator, capsys):
    est = clone(estimator).set_params(verbose=True).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    epochs = (~np.isnan(est.loss_curve_)).sum()
    assert len(lines) == epochs
    loss, score = est.loss_curve_[0, 0], est.validation_scores_[0, 0]
    assert lines[0] == (
        f"Epoch 1, piecewise members: loss = {loss:.6f}, out-of-fold score = {score:.6f}"
    )
    clone(estimator).fit(X, y)
    assert capsys.readouterr().out == ""


# Callbacks ------------------------------------------------------------------------


@needs_callbacks
@BOTH
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_one_task_an_epoch(estimator, n_jobs):
    est = clone(estimator).set_params(n_jobs=n_jobs)
    recorder = watched(est, X, y)
    epochs = [(event, "epoch", k) for k in range(est.n_iter_) for event in ("begin", "end")]
    assert recorder.story == [
        ("setup", "fit", 0),
        ("begin", "fit", 0),
        *epochs,
        ("end", "fit", 0),
        ("teardown", "fit", 0),
    ]
    assert_array_equal(outputs(est), outputs(clone(estimator).fit(X, y)))


@needs_callbacks
@BOTH
def test_shown_estimators_are_ensembles(estimator):
    """At the end of each epoch it is what stopping there gives."""
    recorder = watched(clone(estimator), X, y)
    for k, fitted in enumerate(recorder.fitted("epoch")):
        assert fitted.n_iter_ == k + 1
        stopped = clone(estimator)
        watched(stopped, X, y, stop_at=k)
        assert_array_equal(outputs(fitted), outputs(stopped))
        assert fitted.oob_score_ == stopped.oob_score_
        assert stopped.n_iter_ == k + 1
    (last,) = recorder.fitted("fit")
    assert_array_equal(outputs(last), outputs(clone(estimator).fit(X, y)))


@needs_callbacks
@BOTH
def test_a_callback_that_fails(estimator, state):
    est = clone(estimator).fit(X, y)
    recorder = Recorder(fail_at=2)
    est.set_callbacks(recorder)
    before = {k: v for k, v in state(est).items() if k != "_skl_callbacks"}
    with pytest.raises(RuntimeError, match="the callback failed"):
        est.fit(-X, y)
    assert recorder.story[-1] == ("teardown", "fit", 0)
    assert {k: v for k, v in state(est).items() if k != "_skl_callbacks"} == before


@needs_callbacks
@BOTH
def test_callbacks_are_handed_on_by_a_search(estimator):
    recorder = Propagated()
    search = GridSearchCV(clone(estimator), {"n_bins": [2]}, cv=2)
    search.set_callbacks(recorder).fit(X, y)
    ended = [event for event, name, _ in recorder.story if (event, name) == ("end", "epoch")]
    assert len(ended) >= 3 * 3


@needs_callbacks
@BOTH
def test_progress_bar(estimator, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    clone(estimator).set_callbacks(ProgressBar()).fit(X, y)
    assert f"{type(estimator).__name__} - fit" in capsys.readouterr().out


# Ctrl-C ---------------------------------------------------------------------------


def interrupt_at(monkeypatch, call):
    """Ctrl-C when a part of the members is about to run for the ``call``-th time."""
    run, calls = PartTraining.epoch, []

    def epoch(self):
        calls.append(self)
        if len(calls) == call:
            raise KeyboardInterrupt
        return run(self)

    monkeypatch.setattr(PartTraining, "epoch", epoch)


@BOTH
@pytest.mark.parametrize("call", [3, 4])
def test_interrupt_keeps_the_best_so_far(estimator, call, monkeypatch):
    """In the first or the second kind of members, in epoch 2."""
    interrupt_at(monkeypatch, call)
    est = clone(estimator)
    with pytest.warns(UserWarning, match="interrupted by user"):
        est.fit(X, y)
    assert est.n_iter_ == est.best_iteration_.max() == 1
    assert np.isfinite(outputs(est)).all()
    assert 0 < est.oob_score_ <= 1 or isinstance(est, TabularRegressor)


@BOTH
def test_interrupt_in_threads(estimator, monkeypatch):
    """The first call of the workers is for two epochs, of three parts each; this is in the next."""
    interrupt_at(monkeypatch, 8)
    est = clone(estimator).set_params(n_jobs=2, max_iter=8)
    with (
        parallel_config(backend="threading"),
        pytest.warns(UserWarning, match="interrupted by user"),
    ):
        est.fit(X, y)
    assert est.n_iter_ == 2


@BOTH
def test_interrupt_while_processes_work(estimator, monkeypatch):
    """What earlier calls of the workers have brought is kept."""
    call, calls = _SideBySide.__call__, []

    def interrupted(self, parts, n_epochs):
        calls.append(n_epochs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return call(self, parts, n_epochs)

    monkeypatch.setattr(_SideBySide, "__call__", interrupted)
    est = clone(estimator).set_params(n_jobs=2, max_iter=8)
    with pytest.warns(UserWarning, match="interrupted by user"):
        est.fit(X, y)
    assert est.n_iter_ == calls[0] == 2
    assert np.isfinite(outputs(est)).all()


@BOTH
def test_interrupt_before_there_is_anything(estimator, monkeypatch, state):
    est = clone(estimator).fit(X, y)
    before = state(est)
    interrupt_at(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        est.fit(-X, y)
    assert state(est) == before


# Failing --------------------------------------------------------------------------


BAD = {
    "infinite": (np.full_like(X, np.inf), y, None),
    "lengths": (X, y[:-1], None),
    "no target": (X, None, None),
    "negative weights": (X, y, -np.ones(len(X))),
    "too many weights": (X, y, np.ones(len(X) + 1)),
    "no weights": (X, y, np.zeros(len(X))),
    "missing targets": (X, np.where(y > 0, np.nan, 1.0), None),
}


@BOTH
@pytest.mark.parametrize("name", BAD)
def test_a_fit_that_fails_changes_nothing(estimator, name, state):
    bad_X, bad_y, weights = BAD[name]
    est = clone(estimator).fit(X, y)
    before = state(est)
    with pytest.raises(ValueError, match=r"\w"):
        est.fit(bad_X, bad_y, sample_weight=weights)
    assert state(est) == before
    new = clone(estimator)
    with pytest.raises(ValueError, match=r"\w"):
        new.fit(bad_X, bad_y, sample_weight=weights)
    assert vars(new) == vars(clone(estimator))


@BOTH
def test_divergence_is_an_error(estimator):
    est = clone(estimator).set_params(learning_rate=1e60, hidden_layer_sizes=())
    with pytest.raises(ValueError, match=r"Training diverged.*learning_rate, got 1e\+60"):
        est.fit(X, y)


@BOTH
def test_no_warnings(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        est = clone(estimator).fit(X * 1e30, y)
        outputs(est)


@BOTH
def test_warnings_point_at_the_user(estimator):
    with pytest.warns(UserWarning, match="folds are made") as caught:
        clone(estimator).fit(X[:4], [0, 1, 0, 1])
    assert caught[0].filename == __file__


@BOTH
@pytest.mark.parametrize("seed", [0, np.random.RandomState(0)])
def test_random_state(estimator, seed):
    est = clone(estimator).set_params(random_state=seed)
    one, other = outputs(clone(est).fit(X, y)), outputs(clone(est).fit(X, y))
    assert_allclose(one, other, rtol=0)
