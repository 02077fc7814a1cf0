"""Scikit-learn-compatible neural networks, backpropagation written from scratch in NumPy."""

from . import datasets, preprocessing
from ._autoencoder import BackpropAutoencoder
from ._classifier import BackpropClassifier
from ._lockstep import lockstep
from ._outlier import BackpropOutlierDetector
from ._regressor import BackpropRegressor
from ._tabular import TabularClassifier, TabularRegressor
from ._version import __version__ as __version__
from .core.activations import Activation

__all__ = [
    "Activation",
    "BackpropAutoencoder",
    "BackpropClassifier",
    "BackpropOutlierDetector",
    "BackpropRegressor",
    "TabularClassifier",
    "TabularRegressor",
    "datasets",
    "lockstep",
    "preprocessing",
]
