"""Who looks at a fitted estimator leaves it as it is: its pickle has the same bytes afterwards."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.inspection import (
    ActivationDisplay,
    DecisionRegionsDisplay,
    GradientFlowDisplay,
    HiddenUnitsDisplay,
    InputGradientsDisplay,
    LatentSpaceDisplay,
    LearningRateRangeDisplay,
    LossCurveDisplay,
    LossSurfaceDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    check_gradients,
    input_gradients,
    integrated_gradients,
    loss_and_gradients,
    summary,
    trace,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.standard_normal((30, 2))
LABELS, TARGET = (X[:, 0] > 0).astype(int), X[:, 0] * X[:, 1]
COMMON = {"max_iter": 3, "random_state": 0}

ESTIMATORS = {
    "classifier": lambda: BackpropClassifier(
        (4,), normalization="batch", dropout=0.2, warm_start=True, **COMMON
    ).fit(X, LABELS),
    "regressor": lambda: BackpropRegressor(hidden_layer_sizes=(4,), solver="lbfgs", **COMMON).fit(
        X, TARGET
    ),
    "variational": lambda: BackpropAutoencoder(1, (4,), variational=True, **COMMON).fit(X),
    "contractive": lambda: BackpropAutoencoder(
        1, (4,), contractive_weight=0.1, corruption="gaussian", tied_weights=True, **COMMON
    ).fit(X),
}
TARGETS = {"classifier": LABELS, "regressor": TARGET}

TOOLS = {
    "check_gradients": check_gradients,
    "loss_and_gradients": loss_and_gradients,
    "trace": lambda est, X, y: str(trace(est, X[:1], None if y is None else y[:1])),
    "summary": lambda est, X, y: str(summary(est)),
    "activations": lambda est, X, y: ActivationDisplay.from_estimator(est, X),
    "activations in training": lambda est, X, y: ActivationDisplay.from_training(est, X, y),
    "gradient flow": lambda est, X, y: GradientFlowDisplay.from_estimator(est),
    "gradient flow in training": lambda est, X, y: GradientFlowDisplay.from_training(est, X, y),
    "hidden units": lambda est, X, y: HiddenUnitsDisplay.from_estimator(est),
    "loss curve": lambda est, X, y: LossCurveDisplay.from_estimator(est),
    "loss surface": lambda est, X, y: LossSurfaceDisplay.from_estimator(est, X, y, n_points=3),
    "network": lambda est, X, y: NetworkDisplay.from_estimator(est),
}
OF_PREDICTORS = {
    "input_gradients": lambda est, X, y: input_gradients(est, X),
    "integrated_gradients": lambda est, X, y: integrated_gradients(est, X, n_steps=3),
    "input gradients": lambda est, X, y: InputGradientsDisplay.from_estimator(est, X),
}
OF_CLASSIFIERS = {
    "decision regions": lambda est, X, y: DecisionRegionsDisplay.from_estimator(
        est, X, y, grid_resolution=5
    ),
    "learning rates": lambda est, X, y: LearningRateRangeDisplay.from_estimator(
        est, X, y, n_rates=3
    ),
}
OF_AUTOENCODERS = {
    "latent space": lambda est, X, y: LatentSpaceDisplay.from_estimator(est, X),
    "reconstruction": lambda est, X, y: ReconstructionDisplay.from_estimator(
        est, X, grid_resolution=5
    ),
}
EVERY_TOOL = {**TOOLS, **OF_PREDICTORS, **OF_CLASSIFIERS, **OF_AUTOENCODERS}
CASES = [(name, tool) for name in ESTIMATORS for tool in TOOLS]
CASES += [(name, tool) for name in TARGETS for tool in OF_PREDICTORS]
CASES += [("classifier", tool) for tool in OF_CLASSIFIERS]
CASES += [(name, tool) for name in ("variational", "contractive") for tool in OF_AUTOENCODERS]


@pytest.fixture(scope="module")
def fitted():
    return {name: make() for name, make in ESTIMATORS.items()}


@pytest.mark.parametrize(("name", "tool"), CASES)
def test_a_pickle_has_the_same_bytes(name, tool, fitted):
    estimator = fitted[name]
    before, attributes = pickle.dumps(estimator), set(vars(estimator))
    EVERY_TOOL[tool](estimator, X, TARGETS.get(name))
    assert set(vars(estimator)) == attributes
    assert pickle.dumps(estimator) == before
