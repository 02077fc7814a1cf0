"""The layers, one a file; ``base`` says what a layer is and how it is bound to arrays."""

from .activate import Activate
from .base import BoundLayer, Layer, Signal
from .batch_norm import BatchNorm
from .contractive import (
    ContractivePenalty,
    Directions,
    SharedTangentDense,
    TangentActivate,
    TangentDense,
)
from .corruption import (
    CORRUPTIONS,
    Corruption,
    GaussianCorruption,
    MaskingCorruption,
    SaltAndPepperCorruption,
)
from .dense import Dense
from .dropout import Dropout
from .layer_norm import LayerNorm
from .penalty import PenaltyLayer
from .sampling import Sampling
from .sparsity import KLSparsity, L1Penalty
from .tied import SharedDense, TiedDense

NORMALIZATIONS = {"layer": LayerNorm, "batch": BatchNorm}

__all__ = [
    "CORRUPTIONS",
    "NORMALIZATIONS",
    "Activate",
    "BatchNorm",
    "BoundLayer",
    "ContractivePenalty",
    "Corruption",
    "Dense",
    "Directions",
    "Dropout",
    "GaussianCorruption",
    "KLSparsity",
    "L1Penalty",
    "Layer",
    "LayerNorm",
    "MaskingCorruption",
    "PenaltyLayer",
    "SaltAndPepperCorruption",
    "Sampling",
    "SharedDense",
    "SharedTangentDense",
    "Signal",
    "TangentActivate",
    "TangentDense",
    "TiedDense",
]
