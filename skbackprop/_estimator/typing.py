"""Type aliases for public signatures: every value that a parameter's documentation allows.

Numbers include NumPy's scalars, which a grid made by ``np.logspace`` or ``np.arange`` contains.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.activations import Activation

Bool: TypeAlias = bool | np.bool_
Int: TypeAlias = int | np.integer[Any]
Float: TypeAlias = float | np.floating[Any] | np.integer[Any]


class SparseMatrix(Protocol):
    """A sparse matrix or array of SciPy, with or without type stubs for SciPy."""

    def tocsr(self) -> Any:
        """Convert to compressed sparse rows."""
        ...


MatrixLike: TypeAlias = ArrayLike | SparseMatrix

ActivationName: TypeAlias = Literal[
    "identity",
    "logistic",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "gelu",
    "silu",
    "mish",
]
ActivationLike: TypeAlias = ActivationName | Activation
Activations: TypeAlias = ActivationLike | Sequence[ActivationLike]

LayerSizes: TypeAlias = Int | Sequence[Int] | NDArray[np.integer[Any]]
Rates: TypeAlias = Float | Sequence[Float] | NDArray[np.floating[Any]]

Solver: TypeAlias = Literal["lbfgs", "sgd", "adam"]
BatchSize: TypeAlias = Int | Literal["auto"]
LearningRate: TypeAlias = (
    Literal["constant", "invscaling", "adaptive", "cosine", "one_cycle", "coslog4"]
    | Callable[[float], Float]  # progress -> factor
)
RandomState: TypeAlias = Int | np.random.RandomState | None
Verbose: TypeAlias = Bool | Int
Normalization: TypeAlias = Literal["layer", "batch"] | None
Scoring: TypeAlias = str | Callable[..., Any] | None  # a scorer's call takes more than (self, X, y)

# (rng, fan_in, fan_out) -> W or (W, b)
Initializer: TypeAlias = Callable[
    [np.random.RandomState, int, int], ArrayLike | tuple[ArrayLike, ArrayLike]
]
# One pair (W, b) per layer. Not Sequence[Sequence[...]]: a misspelt name is a sequence of strings.
WeightsAndBiases: TypeAlias = Sequence[tuple[ArrayLike, ArrayLike]] | Sequence[list[NDArray[Any]]]
InitializerName: TypeAlias = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal"
]
Init: TypeAlias = InitializerName | Initializer | WeightsAndBiases
EmbeddingName: TypeAlias = Literal["pca", "isomap"]

ClassifierLoss: TypeAlias = Literal["log_loss", "squared_error"]
RegressorLoss: TypeAlias = Literal[
    "squared_error", "poisson", "absolute_error", "huber", "quantile"
]
AutoencoderLoss: TypeAlias = Literal["squared_error", "log_loss", "huber", "absolute_error"]
ClassWeight: TypeAlias = Mapping[Any, Float] | Literal["balanced"] | None

OutputActivation: TypeAlias = Literal["identity", "logistic"]
NoiseVariance: TypeAlias = Literal["auto"] | Float
Corruption: TypeAlias = Literal["gaussian", "masking", "salt_pepper"] | None
Sparsity: TypeAlias = Literal["l1", "kl"] | None
Criterion: TypeAlias = Literal["tail_probability", "density", "reconstruction"]
Contamination: TypeAlias = Float | Literal["auto"]

Auto: TypeAlias = Literal["auto"]
TabularLoss: TypeAlias = Literal["squared_error", "absolute_error", "quantile"]
CategoricalFeatures: TypeAlias = (
    Literal["from_dtype"] | Sequence[Bool] | Sequence[Int] | Sequence[str] | NDArray[Any] | None
)
IntervalMethod: TypeAlias = Literal["ensemble", "cv+"]
