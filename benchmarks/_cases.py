"""The networks and data that the benchmarks share."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.datasets import load_digits

from skbackprop.datasets import make_spirals, make_xor


@dataclass
class Case:
    """One network on one data set.

    ``target`` is the speed-up over ``MLPClassifier`` to reach, None where there is none.
    """

    name: str
    data: str
    hidden: tuple
    activation: str
    batch_size: int
    epochs: int
    dtype: type = np.float64
    target: float | None = None
    params: dict = field(default_factory=dict)

    def load(self):
        """X and y in the case's dtype."""
        X, y = DATA[self.data]()
        return X.astype(self.dtype), y

    def settings(self):
        """Parameters that scikit-learn and skbackprop share; no early end."""
        return {
            "hidden_layer_sizes": self.hidden,
            "activation": self.activation,
            "batch_size": self.batch_size,
            "max_iter": self.epochs,
            "tol": 0.0,
            "n_iter_no_change": 10**6,
            "random_state": 0,
            **self.params,
        }


def _spirals():
    X, y = make_spirals(400, random_state=0)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def _digits():
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


def _images(n_samples=4096):
    """Random images of 784 pixels: the speed of a step does not depend on what they show."""
    rng = np.random.RandomState(0)
    return rng.uniform(size=(n_samples, 784)), rng.randint(10, size=n_samples)


DATA = {"spirals": _spirals, "xor": make_xor, "digits": _digits, "images": _images}

CASES = [
    Case("spirals 2-16-8-1", "spirals", (16, 8), "tanh", 32, 200, target=4.9),
    Case("spirals 2-16-8-1", "spirals", (16, 8), "tanh", 200, 1000, target=4.0),
    Case("xor 2-3-1", "xor", (3,), "logistic", 4, 5000, target=6.7),
    Case("digits 64-100-10", "digits", (100,), "relu", 32, 20, target=3.0),
    Case("digits 64-100-10", "digits", (100,), "relu", 32, 20, np.float32, target=3.4),
    Case("digits 64-100-10", "digits", (100,), "relu", 200, 50, target=1.9),
    Case("784-256-128-10", "images", (256, 128), "relu", 200, 8, target=1.25),
    Case("784-256-128-10", "images", (256, 128), "relu", 200, 8, np.float32, target=1.5),
    Case("784-1024-1024-10", "images", (1024, 1024), "relu", 256, 5, np.float32, target=1.45),
]
