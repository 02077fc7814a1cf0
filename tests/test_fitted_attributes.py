"""The attributes that a fit publishes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from estimator_cases import BOTH, SMALL, SOLVERS, TARGETS, make, same
from numpy.testing import assert_allclose

from skbackprop import BackpropClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("layers", [(), (6,), (6, 5)])
def test_fitted_attributes(target, solver, layers, problem):
    X, y = problem(target)
    model = make(target, solver=solver, hidden_layer_sizes=layers)
    assert model.fit(X, y) is model

    n_outputs = {"multiclass": 3, "multilabel": 3, "multioutput": 3}.get(target, 1)
    sizes = [5, *layers, n_outputs]
    assert [W.shape for W in model.coefs_] == list(pairwise(sizes))
    assert [b.shape for b in model.intercepts_] == [(size,) for size in sizes[1:]]
    assert isinstance(model.coefs_, list)
    assert isinstance(model.intercepts_, list)
    assert model.n_features_in_ == 5
    assert model.n_layers_ == len(sizes)
    assert model.n_outputs_ == n_outputs
    assert model.out_activation_ == {
        "binary": "logistic",
        "multilabel": "logistic",
        "multiclass": "softmax",
        "poisson": "exp",
    }.get(target, "identity")
    assert isinstance(model.n_iter_, int)
    assert 1 <= model.n_iter_ <= model.max_iter
    assert isinstance(model.loss_curve_, list)
    assert len(model.loss_curve_) == model.n_iter_
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.gradient_norms_.shape == (model.n_iter_, model.n_layers_ - 1)
    assert np.all(model.gradient_norms_ > 0)
    if solver != "lbfgs":
        assert model.t_ == model.n_iter_ * len(X)
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("Estimator", BOTH)
def test_feature_names(Estimator, problem):
    pd = pytest.importorskip("pandas")
    X, y = problem("binary")
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = Estimator(**SMALL).fit(frame, y)
    assert model.feature_names_in_.tolist() == list("abcde")
    same(model, Estimator(**SMALL).fit(X, y))


def test_the_last_gradient_of_an_epoch_is_recorded(problem, weights_of):
    """In plain descent the norm is that of the step, over the rate."""
    X, y = problem("multiclass")
    init = weights_of([5, 6, 3])
    rate = 0.3
    clf = BackpropClassifier(
        hidden_layer_sizes=(6,),
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate_init=rate,
        batch_size=len(X),
        max_iter=1,
        init=init,
    ).fit(X, y)
    steps = [np.linalg.norm(W - V) for W, (V, _) in zip(clf.coefs_, init, strict=True)]
    assert_allclose(clf.gradient_norms_, [np.array(steps) / rate], rtol=1e-10)


@pytest.mark.parametrize("max_iter", [0, 3])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("Estimator", BOTH)
def test_a_parameter_of_another_type_does_not_change_that_of_the_loss(
    Estimator, solver, max_iter, problem
):
    X, y = problem("binary")
    params = {**SMALL, "solver": solver, "max_iter": max_iter}
    model = Estimator(alpha=np.float32(0.5), **params).fit(X, y)
    assert type(model.loss_) is float
    assert {type(loss) for loss in model.loss_curve_} <= {float}
    same(model, Estimator(alpha=0.5, **params).fit(X, y))
