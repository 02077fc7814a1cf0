"""The parameters of the autoencoder: what is allowed."""

from numbers import Integral, Real

from ...core.initializers import INITIALIZERS
from ...core.layers import CORRUPTIONS
from .. import parameters
from ..sklearn_compat import Interval, StrOptions
from .combinations import EMBEDDINGS

CONSTRAINTS = {
    **parameters.CONSTRAINTS,
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "decoder_layer_sizes": [
        "array-like",
        Interval(Integral, 1, None, closed="left"),
        None,
    ],
    "code_activation": parameters.CONSTRAINTS["activation"][:2],
    "output_activation": [StrOptions({"identity", "logistic"})],
    "loss": [StrOptions({"squared_error", "log_loss", "huber", "absolute_error"})],
    "huber_delta": [Interval(Real, 0, None, closed="neither")],
    "standardize": ["boolean"],
    "tied_weights": ["boolean"],
    "corruption": [StrOptions(set(CORRUPTIONS)), None],
    "corruption_level": [Interval(Real, 0, None, closed="left")],
    "sparsity": [StrOptions({"l1", "kl"}), None],
    "sparsity_weight": [Interval(Real, 0, None, closed="left")],
    "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
    "contractive_weight": [Interval(Real, 0, None, closed="left")],
    "variational": ["boolean"],
    "beta": [Interval(Real, 0, None, closed="left")],
    "noise_variance": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init": [StrOptions({*INITIALIZERS, *EMBEDDINGS}), callable, list, tuple],
    "dropout": [Interval(Real, 0, 1, closed="left")],
}
