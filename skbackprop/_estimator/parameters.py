"""The parameters that all estimators share: what is allowed, and what they mean layer by layer."""

from collections.abc import Mapping, Set
from numbers import Integral, Real

import numpy as np
from sklearn.metrics import get_scorer_names

from ..core.activations import ACTIVATIONS, Activation
from ..core.initializers import INITIALIZERS, GlorotUniform
from ..core.schedules import FACTORS
from .sklearn_compat import Interval, InvalidParameterError, Options, StrOptions
from .solvers import SOLVERS

CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(set(ACTIVATIONS)), Activation, list, tuple],
    "solver": [StrOptions(set(SOLVERS))],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [
        StrOptions({"constant", "invscaling", "adaptive", *FACTORS}),
        callable,
    ],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 0, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "init": [StrOptions(set(INITIALIZERS)), callable, list, tuple],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "normalization": [StrOptions({"layer", "batch"}), None],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
}


def hidden_widths(hidden_layer_sizes, name="hidden_layer_sizes"):
    """``hidden_layer_sizes`` as a list of int.

    Raises
    ------
    ValueError
        If a width is not a positive whole number.
    """
    sizes = hidden_layer_sizes
    if isinstance(sizes, Mapping | Set | str | bytes):
        raise ValueError(f"{name} must be a whole number or a sequence of them, got {sizes!r}.")
    sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    if not all(isinstance(size, Integral) for size in sizes):
        raise ValueError(f"{name} must be whole numbers, got {sizes}.")
    if not all(size > 0 for size in sizes):
        raise ValueError(f"{name} must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def hidden_activations(activation, n_hidden):
    """One ``Activation`` for each hidden layer.

    Raises
    ------
    ValueError
        If a list has another length, or an entry is neither a known name nor an ``Activation``.
    """
    if not isinstance(activation, list | tuple):
        activation = [activation] * n_hidden
    if len(activation) != n_hidden:
        raise ValueError(
            f"activation has {len(activation)} entries for {n_hidden} hidden layers: "
            f"{activation!r}."
        )
    return [as_activation(one) for one in activation]


def as_activation(activation, name="activation"):
    """The ``Activation`` of that name, or the object itself."""
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise InvalidParameterError(
            f"The {name!r} parameter must be one of {sorted(ACTIVATIONS)} or an instance of "
            f"'Activation'. Got {activation!r} instead."
        )
    return ACTIVATIONS[activation]


def drops_units(dropout):
    """Whether the rate, or one of several, is not zero."""
    return any(rate != 0 for rate in np.ravel(np.asarray(dropout, dtype=object)))


def dropout_rates(dropout, n_hidden):
    """One rate in [0, 1) for each hidden layer.

    Raises
    ------
    ValueError
        If a list has another length or a rate is out of range.
    """
    rates = [dropout] * n_hidden if isinstance(dropout, Real) else list(dropout)
    if len(rates) != n_hidden:
        raise ValueError(
            f"dropout has {len(rates)} entries for {n_hidden} hidden layers: {dropout!r}."
        )
    if not all(isinstance(rate, Real) and 0 <= rate < 1 for rate in rates):
        raise ValueError(f"dropout must be in [0, 1) for every hidden layer, got {dropout!r}.")
    return [float(rate) for rate in rates]


def layer_initializers(init, activations, activation, n_layers):
    """One initializer (or (W, b) pair) for each dense layer.

    "glorot_uniform" is scikit-learn's: its factor is 2 for logistic layers, 6 for others; the
    output layer goes by the last hidden activation.

    Raises
    ------
    ValueError
        If a list has not one pair for each layer.
    """
    if isinstance(init, list | tuple):
        if len(init) != n_layers:
            raise ValueError(
                f"init has {len(init)} entries for {n_layers} layers; expected one each."
            )
        for i, pair in enumerate(init):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ValueError(f"init[{i}] must be a pair (W, b), got {type(pair).__name__}.")
        return list(init)
    if init != "glorot_uniform":
        return [INITIALIZERS[init] if isinstance(init, str) else init] * n_layers
    names = [a.name for a in activations]
    if not names:
        names = [getattr(activation, "name", activation)]
    names = [*names, names[-1]][:n_layers]
    return [GlorotUniform(2.0 if name == "logistic" else 6.0) for name in names]
