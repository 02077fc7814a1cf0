"""Typical uses of the public API, which a type checker must accept.

``tests/test_typing.py`` has pyright and mypy check this file; it is not run. The arguments of
``assert_type`` say what the checkers must infer.
"""

from typing import Any, assert_type

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_matrix, csr_array
from sklearn.base import clone
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skbackprop
from skbackprop import (
    Activation,
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
    lockstep,
)
from skbackprop.datasets import make_spiral_curve, make_spirals, make_xor
from skbackprop.inspection import (
    GradientFlowDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    check_gradients,
    loss_and_gradients,
    trace,
    watch,
)

# -- data sets -------------------------------------------------------------------------------------

X, y = make_spirals(400, n_arms=3, noise=0.5, random_state=0)
assert_type(X, NDArray[np.float64])
assert_type(y, NDArray[np.int_])
make_xor(random_state=np.random.RandomState(0))
curve, position = make_spiral_curve(500, n_turns=1.5)
assert_type(position, NDArray[np.float64])

# -- parameters: every documented value ------------------------------------------------------------

BackpropClassifier()
BackpropClassifier((16, 8), "tanh", solver="lbfgs", max_iter=500, random_state=0)
BackpropClassifier([16, 8])
BackpropClassifier(16)
BackpropClassifier(())
BackpropClassifier(np.array([16, 8]))
BackpropClassifier(range(10, 13))

BackpropClassifier(activation=["gelu", "tanh"])
BackpropClassifier(activation=("silu", "mish"))
BackpropClassifier(activation="identity")
BackpropClassifier(activation="logistic")
BackpropClassifier(activation="leaky_relu")
BackpropClassifier(activation="softplus")


def square(z: NDArray[Any], out: NDArray[Any]) -> None:
    np.multiply(z, z, out=out)


def twice(z: NDArray[Any], out: NDArray[Any]) -> None:
    np.multiply(z, 2.0, out=out)


own_activation = Activation("square", function=square, derivative=twice)
assert_type(own_activation.name, str)
BackpropClassifier(activation=own_activation)
BackpropClassifier(activation=[own_activation, "relu"])
Activation(
    "square",
    function=lambda z, out: np.multiply(z, z, out=out),
    derivative=lambda z, out: np.multiply(z, 2.0, out=out),
    second_derivative=None,
)

BackpropClassifier(batch_size=32)
BackpropClassifier(batch_size="auto")
BackpropClassifier(n_iter_no_change=np.inf)
BackpropClassifier(n_iter_no_change=20)
BackpropClassifier(dropout=[0.1, 0.2])
BackpropClassifier(dropout=0.5)
BackpropClassifier(dropout=np.array([0.1, 0.2]))
BackpropClassifier(alpha=1, momentum=1, tol=0, learning_rate_init=1)
BackpropClassifier(verbose=2, shuffle=False, warm_start=True, nesterovs_momentum=False)
BackpropClassifier(random_state=np.random.RandomState(0))
BackpropClassifier(random_state=None)
BackpropClassifier(normalization="batch", max_grad_norm=None)
BackpropRegressor(normalization=None, max_grad_norm=1.0, weight_decay=0.01)


def halve(progress: float) -> float:
    return 0.5 if progress > 0.5 else 1.0


BackpropClassifier(learning_rate=halve)
BackpropClassifier(learning_rate=lambda progress: 1.0 - progress)
BackpropClassifier(learning_rate=lambda progress: np.exp(-progress))
BackpropClassifier(learning_rate="one_cycle", power_t=0.5)
BackpropRegressor(learning_rate="adaptive")
BackpropAutoencoder(learning_rate="constant")

W, b = np.zeros((2, 4)), np.zeros(4)
V, c = np.zeros((4, 1)), np.zeros(1)
BackpropClassifier((4,), init=[(W, b), (V, c)])
BackpropClassifier((4,), init=((W, b), (V, c)))
BackpropClassifier((4,), init=[[W, b], [V, c]])
BackpropClassifier(init="he_normal")


def small(rng: np.random.RandomState, fan_in: int, fan_out: int) -> NDArray[np.float64]:
    return rng.uniform(-0.1, 0.1, (fan_in, fan_out))


BackpropClassifier(init=small)
BackpropClassifier(init=lambda rng, fan_in, fan_out: rng.standard_normal((fan_in, fan_out)))
BackpropClassifier(init=lambda rng, n, m: (rng.uniform(-1, 1, (n, m)), rng.uniform(-1, 1, m)))

BackpropClassifier(loss="squared_error", label_smoothing=0.1)
BackpropClassifier(class_weight="balanced")
BackpropClassifier(class_weight={0: 1, 1: 2.5})
BackpropClassifier(class_weight={"benign": 1.0, "malignant": 5.0})
BackpropClassifier(class_weight=dict(zip(np.unique(y), np.array([1.0, 2.0, 3.0]), strict=True)))

BackpropClassifier(early_stopping=True, validation_fraction=0.2, scoring="balanced_accuracy")
BackpropClassifier(early_stopping=True, scoring="loss")
BackpropRegressor(early_stopping=True, scoring=make_scorer(mean_absolute_error))


def own_score(estimator: BackpropRegressor, X: ArrayLike, y: ArrayLike) -> float:
    return -float(np.abs(estimator.predict(X) - np.asarray(y)).max())


BackpropRegressor(early_stopping=True, scoring=own_score)
BackpropRegressor("quantile", (32,), quantile=0.9)
BackpropRegressor(loss="huber", huber_delta=1.5)

for alpha in np.logspace(-4, 0, 5):  # numbers of NumPy
    BackpropClassifier(alpha=alpha, batch_size=np.int64(32), dropout=np.float32(0.1))
    BackpropClassifier(n_iter_no_change=np.int64(5), early_stopping=np.bool_(True))

BackpropAutoencoder(2, (64, 32), (32, 64), "tanh")
BackpropAutoencoder(n_components=8, hidden_layer_sizes=[64], decoder_layer_sizes=None)
BackpropAutoencoder(code_activation=own_activation, output_activation="logistic")
BackpropAutoencoder(corruption="salt_pepper", corruption_level=0.2, tied_weights=True)
BackpropAutoencoder(sparsity="kl", sparsity_target=0.05, code_activation="logistic")
BackpropAutoencoder(contractive_weight=0.1, sparsity=None, corruption=None)
BackpropAutoencoder(variational=True, beta=0.5, loss="log_loss", standardize=False)
BackpropAutoencoder(init="pca", n_init=3, dropout=0.1)
BackpropAutoencoder(init=[(W, b), (V, c)])

BackpropOutlierDetector(contamination=0.1)
BackpropOutlierDetector(contamination="auto", criterion="reconstruction", random_state=0)
BackpropOutlierDetector(BackpropAutoencoder(2))

# -- fit and predict -------------------------------------------------------------------------------

clf = BackpropClassifier()
assert_type(clf.fit(X, y), BackpropClassifier)
assert_type(clf.fit(X, y, np.ones(400)).predict(X), NDArray[Any])
assert_type(clf.fit(X, y, sample_weight=None, X_val=X, y_val=y), BackpropClassifier)
assert_type(clf.partial_fit(X, y, classes=[0, 1, 2]), BackpropClassifier)
assert_type(clf.predict_proba(X), NDArray[Any])
assert_type(clf.predict_log_proba(X), NDArray[Any])
assert_type(clf.decision_function(X), NDArray[Any])
clf.predict([[0.0, 1.0], [2.0, 3.0]]).mean()
clf.predict(pd.DataFrame({"a": [0.0, 2.0], "b": [1.0, 3.0]}))
clf.fit(pd.DataFrame(X), pd.Series(y))
clf.fit(csr_array(X), y).predict(csc_matrix(X))
clf.score(X, y)
clf.transform(X)
clf.fit_transform(X, y)
clf.get_feature_names_out()
clf.set_output(transform="pandas")
clf.set_params(alpha=0.1).fit(X, y)
clf.set_fit_request(sample_weight=True)
print(clf.get_params()["alpha"], clf.coefs_[0].shape, clf.loss_curve_[-1], clf.classes_)
print(clf.n_iter_, clf.gradient_norms_.max(axis=0))

reg = BackpropRegressor(random_state=0)
assert_type(reg.fit(X, y.astype(float)), BackpropRegressor)
assert_type(reg.partial_fit(X, y, np.ones(400)), BackpropRegressor)
assert_type(reg.fit(X, y).predict(csr_array(X)), NDArray[Any])
reg.score(X, y)

autoencoder = BackpropAutoencoder(2)
assert_type(autoencoder.fit(X), BackpropAutoencoder)
assert_type(autoencoder.fit(X, None, X_val=X), BackpropAutoencoder)
assert_type(autoencoder.partial_fit(X), BackpropAutoencoder)
autoencoder.fit_transform(X)
autoencoder.inverse_transform(autoencoder.transform(X))
autoencoder.reconstruction_error(X, per_feature=True)
autoencoder.score_samples(X)
autoencoder.sample(10, random_state=0)
print(autoencoder.mean_, autoencoder.loss_terms_["reconstruction"])

detector = BackpropOutlierDetector(random_state=0).fit(X)
detector.predict(X)
print(detector.score_samples(X) - detector.offset_)

# -- with scikit-learn -----------------------------------------------------------------------------

pipeline = make_pipeline(StandardScaler(), BackpropClassifier(random_state=0)).fit(X, y)
cross_val_score(clone(clf), X, y)
grid = {"alpha": [1e-4, 1e-2], "hidden_layer_sizes": [(16,), (32, 16)]}
with lockstep():
    search = GridSearchCV(BackpropClassifier(), grid, cv=5).fit(X, y)
with skbackprop.lockstep(n_threads=2, max_members=64):
    cross_val_score(clf, X, y)


class Calibrated(BackpropClassifier):
    """A subclass with one more parameter."""

    def __init__(self, temperature: float = 1.0, *, random_state: int | None = None) -> None:
        super().__init__((16,), random_state=random_state)
        self.temperature = temperature


assert_type(Calibrated(2.0).fit(X, y), Calibrated)
print(Calibrated().fit(X, y).temperature)

# -- inspection ------------------------------------------------------------------------------------

loss, coef_grads, intercept_grads = loss_and_gradients(clf, X, y)
check_gradients(clf, X, y, n_directions=5, random_state=0)
check_gradients(autoencoder, X)
record = trace(clf, X[:3], y[:3])
print(record.to_text(precision=3), record.coef_grads[0])
LossCurveDisplay.from_estimator(clf, log_scale=True).plot()
LossCurveDisplay.from_estimator({"adam": clf, "lbfgs": reg})
GradientFlowDisplay.from_estimator(clf, kind="ratios")
NetworkDisplay.from_estimator(clf, X, y, color="gradient")
NetworkDisplay.from_estimator(clf).plot(max_units=5)
ReconstructionDisplay.from_estimator(autoencoder, X, image_shape=(1, 2))
LatentSpaceDisplay.from_estimator(autoencoder, X, y, kind="codes")
watch(BackpropClassifier(max_iter=50), X, y, n_frames=20).save("learning.gif")
