"""What a fit or a prediction has used is free at once, without the garbage collector."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from scipy.optimize import minimize

from skbackprop import BackpropAutoencoder, BackpropClassifier

X = np.random.RandomState(0).standard_normal((120, 6))
Y = (X[:, 0] > 0).astype(int)

MODELS = {
    "classifier": BackpropClassifier((5,)),
    "dropout": BackpropClassifier((5,), dropout=0.2, normalization="batch"),
    "early stopping": BackpropClassifier((5,), early_stopping=True),
    "scorer": BackpropClassifier((5,), early_stopping=True, scoring="balanced_accuracy"),
    "lbfgs": BackpropClassifier((5,), solver="lbfgs"),
    "autoencoder": BackpropAutoencoder(2, (5,)),
    "tied, denoising": BackpropAutoencoder(2, (5,), tied_weights=True, corruption="gaussian"),
    "contractive": BackpropAutoencoder(2, (5,), contractive_weight=0.1),
    "variational": BackpropAutoencoder(2, (5,), variational=True),
    "isomap": BackpropAutoencoder(2, (5,), init="isomap"),
}


@pytest.fixture
def collected():
    """A function that tells what of ours the garbage collector finds, and frees it."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)

    def find():
        gc.collect()
        found = {type(one).__name__ for one in gc.garbage if "skbackprop" in type(one).__module__}
        gc.garbage.clear()
        return found

    yield find
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def minimize_keeps_its_function():
    """Whether this version of SciPy leaves the function it has minimised in a cycle."""

    def function(x):
        return x @ x, 2 * x

    alive = weakref.ref(function)
    minimize(function, np.ones(2), method="L-BFGS-B", jac=True)
    del function
    return alive() is not None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_left_to_the_garbage_collector(name, collected):
    if name in ("lbfgs", "isomap") and minimize_keeps_its_function():
        pytest.skip("this version of SciPy leaves garbage")
    model = MODELS[name].set_params(max_iter=2, random_state=0)
    for _ in range(2):  # the second fit replaces what the first has left
        model.fit(X, Y)
        model.predict(X)
        model.predict(X[:3])
    assert collected() == set()
