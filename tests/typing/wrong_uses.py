"""Wrong uses of the public API: a type checker must report the lines marked ``# wrong``, no others.

``tests/test_typing.py`` has pyright and mypy check this file; it is not run. scikit-learn has no
types, so mypy takes an estimator of ours for anything that is asked for.
"""

import numpy as np

from skbackprop import (
    Activation,
    BackpropAutoencoder,
    BackpropClassifier,
    BackpropOutlierDetector,
    BackpropRegressor,
)

X, y = np.zeros((4, 2)), np.zeros(4)

# A value of another type.
BackpropClassifier(hidden_layer_sizes="100")  # wrong
BackpropClassifier(hidden_layer_sizes=(16.0, 8.0))  # wrong
BackpropClassifier(hidden_layer_sizes=None)  # wrong
BackpropClassifier(batch_size=32.0)  # wrong
BackpropClassifier(alpha="small")  # wrong
BackpropClassifier(max_iter=None)  # wrong
BackpropClassifier(n_iter_no_change="never")  # wrong
BackpropClassifier(shuffle="yes")  # wrong
BackpropClassifier(random_state=np.random.default_rng(0))  # wrong
BackpropClassifier(dropout=["0.1", "0.2"])  # wrong
BackpropClassifier(max_grad_norm="inf")  # wrong
BackpropClassifier(scoring=3)  # wrong
BackpropClassifier(class_weight=[1.0, 2.0])  # wrong
BackpropAutoencoder(n_components=None)  # wrong
BackpropAutoencoder(dropout=[0.1, 0.2])  # wrong: one rate for all layers
BackpropOutlierDetector(contamination=None)  # wrong
BackpropOutlierDetector(BackpropRegressor())  # wrong for pyright
Activation("square", function=np.square, derivative=2.0)  # wrong

# A name that there is not, or not here.
BackpropClassifier(activation="relu6")  # wrong
BackpropClassifier(activation=["relu", "relu6"])  # wrong
BackpropClassifier(solver="adamw")  # wrong
BackpropClassifier(batch_size="all")  # wrong
BackpropClassifier(learning_rate="linear")  # wrong
BackpropClassifier(init="orthogonal")  # wrong
BackpropClassifier(init="pca")  # wrong: of the autoencoder only
BackpropClassifier(normalization="group")  # wrong
BackpropClassifier(loss="huber")  # wrong
BackpropClassifier(class_weight="equal")  # wrong
BackpropRegressor("log_loss")  # wrong
BackpropAutoencoder(corruption="dropout")  # wrong
BackpropAutoencoder(sparsity="l2")  # wrong
BackpropAutoencoder(output_activation="tanh")  # wrong
BackpropOutlierDetector(criterion="error")  # wrong

# A function of another signature.
BackpropClassifier(learning_rate=lambda: 0.1)  # wrong
BackpropClassifier(init=lambda rng: rng.standard_normal(3))  # wrong
BackpropClassifier(init=[np.zeros((2, 4)), np.zeros((4, 1))])  # wrong: pairs (W, b)

# A parameter that there is not, or not by position.
BackpropClassifier(n_hidden=10)  # wrong
BackpropClassifier((16,), "tanh", "lbfgs")  # wrong
BackpropClassifier(quantile=0.5)  # wrong
BackpropRegressor(class_weight="balanced")  # wrong

# Methods.
BackpropClassifier().fit(X)  # wrong
BackpropClassifier().fit(X, y, None, X)  # wrong
BackpropClassifier().fit(object(), y)  # wrong
BackpropClassifier().partial_fit(X, y, class_weight="balanced")  # wrong
BackpropRegressor().partial_fit(X, y, classes=[0, 1])  # wrong
print(BackpropRegressor().predict(X).no_attribute)  # wrong
BackpropAutoencoder().fit(X, y_val=y)  # wrong
