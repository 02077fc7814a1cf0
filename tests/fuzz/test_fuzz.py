"""Some hundred calls of the fuzzer; ``python -m tests.fuzz`` makes as many as one likes."""

from __future__ import annotations

import numpy as np
import pytest

from skbackprop import BackpropClassifier, BackpropRegressor

from . import Call, Case, Data, Finding, Named, check, draw_case, reduce_case

N_CASES = 60


@pytest.mark.parametrize("seed", range(N_CASES))
def test_case(seed):
    case = draw_case(seed)
    try:
        check(case)
    except Finding as finding:
        smallest = reduce_case(case, finding.key, budget=150)
        pytest.fail(f"{finding}\nfrom tests.fuzz import *; check({smallest!r})", pytrace=False)


def test_a_seed_is_a_case():
    assert repr(draw_case(3)) == repr(draw_case(3)) != repr(draw_case(4))


def test_a_case_is_printed_as_it_is_made():
    for seed in range(30):
        case = draw_case(seed)
        names = {"Call": Call, "Case": Case, "Data": Data, "Named": Named, "nan": np.nan}
        names |= {"inf": np.inf}
        assert repr(eval(repr(case).replace("<class 'object'>", "object"), names)) == repr(case)


FITTED = (
    Call(data=Data(target="binary")),
    Call(name="set_params", params={"tol": 1.0}),
    Call(name="use", data=Data(target="binary", n_samples=4)),
)


def _damaged(name, method):
    """A method of the classifier that does something wrong."""

    def wrong_dtype(self, X):
        return method(self, X).astype(np.float16)

    def shared_result(self, X):
        X[0] = 0.0
        return method(self, X)

    def depends_on_company(self, X):
        return method(self, X) * (1 - 1 / (len(X) + 20))

    def another_each_time(self, X):
        return method(self, X) * np.random.uniform(0.8, 0.9)

    def numpy_warns(self, X):
        np.log(np.zeros(1))
        return method(self, X)

    def obscure(self, X):
        raise IndexError("list index out of range")

    def half_done(self, X, y, sample_weight=None):
        self.tol = 3.0
        raise ValueError("The validation set is too small")

    return locals()[name]


@pytest.mark.parametrize(
    "damage, method, kind",
    [
        ("wrong_dtype", "predict_proba", "broken promise"),
        ("shared_result", "predict_proba", "the data were changed"),
        ("depends_on_company", "decision_function", "broken promise"),
        ("another_each_time", "decision_function", "broken promise"),
        ("numpy_warns", "predict_proba", "undocumented warning"),
        ("obscure", "predict_proba", "undocumented error"),
        ("half_done", "fit", "half changed"),
    ],
)
def test_a_defect_is_found_and_reduced(damage, method, kind, monkeypatch):
    """...so that no finding means something."""
    case = Case(params={"max_iter": 3, "alpha": 1.0, "hidden_layer_sizes": (3,)}, calls=FITTED)
    check(case)
    original = getattr(BackpropClassifier, method)
    monkeypatch.setattr(BackpropClassifier, method, _damaged(damage, original))
    with pytest.raises(Finding) as caught:
        check(case)
    assert caught.value.kind == kind
    smallest = reduce_case(case, caught.value.key)
    with pytest.raises(Finding, match=kind):
        check(smallest)
    assert len(smallest.calls) < 3
    assert len(smallest.params) < 3


def test_another_result_for_the_same_seed_is_found(monkeypatch):
    fit = BackpropRegressor.fit
    calls = []

    def moody_fit(self, X, y, sample_weight=None):
        calls.append(None)
        self.alpha, alpha = float(len(calls)), self.alpha
        fit(self, X, y, sample_weight)
        self.alpha = alpha
        return self

    case = Case(
        estimator="BackpropRegressor",
        params={"alpha": 0.0},
        calls=(Call(data=Data()), Call(name="use", data=Data())),
    )
    check(case)
    monkeypatch.setattr(BackpropRegressor, "fit", moody_fit)
    with pytest.raises(Finding, match="another result for the same seed"):
        check(case)
