"""Values of the parameters, ordinary and odd, and some that are refused."""

from dataclasses import dataclass

import numpy as np

from skbackprop import Activation

ACTIVATIONS = [
    "identity",
    "logistic",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
]


@dataclass(frozen=True)
class Named:
    """A value that has no literal, by its name in ``NAMED``."""

    name: str

    def __repr__(self):
        return f"Named({self.name!r})"


def _linear_decay(progress):
    return 1.0 - progress


def _orthogonal(rng, fan_in, fan_out):
    Q, _ = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    return Q if fan_in >= fan_out else Q.T


def _share_of_hits(estimator, X, y, sample_weight=None):
    """A score of any targets, continuous ones too."""
    return float(np.mean(estimator.predict(X) == np.asarray(y)))


def _arctan(z, out):
    np.arctan(z, out=out)


def _arctan_derivative(z, out):
    with np.errstate(over="ignore"):
        np.reciprocal(1.0 + np.square(z), out=out)


def _arctan_second_derivative(z, out):
    with np.errstate(over="ignore", invalid="ignore"):
        np.divide(-2.0 * z, np.square(1.0 + np.square(z)), out=out)


#: Made anew for each case, so that cases share nothing.
NAMED = {
    "linear decay": lambda: _linear_decay,
    "orthogonal": lambda: _orthogonal,
    "own scorer": lambda: _share_of_hits,
    "arctan": lambda: Activation(
        "arctan", _arctan, _arctan_derivative, second_derivative=_arctan_second_derivative
    ),
    "int64 3": lambda: np.int64(3),
    "float32 0.1": lambda: np.float32(0.1),
    "array of widths": lambda: np.array([2, 3]),
    "true": lambda: np.True_,
    "generator": lambda: np.random.RandomState(0),
    "inf": lambda: np.inf,
    "object": object,
}


def resolve(value):
    """The value itself, where it is named."""
    if isinstance(value, Named):
        return NAMED[value.name]()
    if isinstance(value, list):
        return [resolve(one) for one in value]
    return value


SHARED = {
    "hidden_layer_sizes": [(), (1,), (2,), 3, (2, 3), [4, 1], (5, 1, 5), Named("array of widths")],
    "activation": [*ACTIVATIONS, ["tanh"], ["elu", "relu"], Named("arctan")],
    "solver": ["adam", "sgd", "lbfgs"],
    "alpha": [0, 1e-300, 1e-4, 1.0, 1e5, Named("float32 0.1")],
    "batch_size": ["auto", 1, 2, 7, 1000, Named("int64 3")],
    "learning_rate": [
        "constant",
        "invscaling",
        "adaptive",
        "cosine",
        "one_cycle",
        "coslog4",
        Named("linear decay"),
    ],
    "learning_rate_init": [1e-300, 1e-6, 1e-2, 0.1, 10.0, 1e9, 1e300],
    "power_t": [0, 0.25, 3.0],
    "max_iter": [0, 1, 2, 6, Named("int64 3")],
    "shuffle": [True, False, Named("true")],
    "random_state": [0, 1, None, Named("generator")],
    "tol": [0, 1e-4, 1.0, 1e300],
    "warm_start": [True, False],
    "momentum": [0, 0.5, 0.9, 1.0],
    "nesterovs_momentum": [True, False],
    "early_stopping": [True, False],
    "validation_fraction": [0.0, 0.1, 0.5, 0.9],
    "beta_1": [0, 0.5, 0.999],
    "beta_2": [0, 0.5, 0.9999],
    "epsilon": [1e-300, 1e-8, 1.0],
    "n_iter_no_change": [1, 3, Named("inf")],
    "max_fun": [1, 3, 100],
    "init": ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", Named("orthogonal")],
    "dropout": [0, 0.3, 0.99, [0.2], [0.0, 0.5]],
    "normalization": [None, "layer", "batch"],
    "weight_decay": [0, 0.1, 10.0],
    "max_grad_norm": [None, 1e-300, 1e-3, 1.0, 1e300],
    "scoring": [None, "loss", Named("own scorer")],
}
OWN = {
    "BackpropClassifier": {
        "loss": ["log_loss", "squared_error"],
        "class_weight": [None, "balanced", {0: 1.0, 1: 5.0}, {0: 0.0}],
        "label_smoothing": [0, 0.1, 0.9],
        "scoring": [None, "loss", "accuracy", "balanced_accuracy", Named("own scorer")],
    },
    "BackpropRegressor": {
        "loss": ["squared_error", "poisson", "absolute_error", "huber", "quantile"],
        "huber_delta": [1e-300, 0.5, 1e300],
        "quantile": [0.01, 0.5, 0.99],
        "scoring": [None, "loss", "r2", "neg_mean_absolute_error", Named("own scorer")],
    },
    "BackpropAutoencoder": {
        "n_components": [1, 2, 3, 7, Named("int64 3")],
        "decoder_layer_sizes": [None, (), (2,), [3, 2]],
        "code_activation": ["identity", "tanh", "relu", "logistic"],
        "output_activation": ["identity", "logistic"],
        "loss": ["squared_error", "log_loss", "huber", "absolute_error"],
        "huber_delta": [0.5, 1e300],
        "standardize": [True, False],
        "tied_weights": [False, True],
        "corruption": [None, "gaussian", "masking", "salt_pepper"],
        "corruption_level": [0.0, 0.1, 0.9],
        "sparsity": [None, "l1", "kl"],
        "sparsity_weight": [0.0, 0.1, 1e6],
        "sparsity_target": [0.01, 0.5],
        "contractive_weight": [0.0, 0.1, 1e6],
        "variational": [False, True],
        "beta": [0.0, 1.0, 1e6],
        "noise_variance": ["auto", 1e-300, 0.1, 1.0, 1e6],
        "n_init": [1, 2],
        "init": ["glorot_uniform", "he_normal", "pca", "isomap", Named("orthogonal")],
    },
}
TABULAR = {
    "n_members": [4, 6, 5],
    "hidden_layer_sizes": [(), (2,), 3, (3, 2)],
    "max_iter": [1, 2, "auto"],
    "batch_size": ["auto", 1, 7, 1000],
    "learning_rate": [1e-300, 0.1, 10.0, 1e300],
    "n_bins": ["auto", 2, 5],
    "categorical_features": ["from_dtype", None, [0], [False]],
    "random_state": [0, 1, None, Named("generator")],
}
OWN["TabularClassifier"] = {
    **TABULAR,
    "class_weight": [None, "balanced", {0: 1.0, 1: 5.0}, {0: 0.0}],
    "label_smoothing": ["auto", 0.0, 0.5],
}
OWN["TabularRegressor"] = {
    **TABULAR,
    "loss": ["squared_error", "absolute_error", "quantile"],
    "quantile": [0.01, 0.5, 0.99],
}
BAD = ["nonsense", -1, 2.5, float("nan"), None, (), [], {}, Named("object"), (1.0,), "", b"x"]


def values_of(estimator):
    """Values of each of its parameters."""
    return OWN[estimator] if is_tabular(estimator) else {**SHARED, **OWN[estimator]}


def is_tabular(estimator):
    """Whether it is one of those for tables."""
    return estimator.startswith("Tabular")


#: Parameters with which training may leave what is ordinary.
WILD = {
    "alpha": 1.0,
    "learning_rate_init": 0.01,
    "learning_rate": 1.0,
    "momentum": 0.9,
    "weight_decay": 0.1,
    "huber_delta": 0.5,
    "sparsity_weight": 0.1,
    "contractive_weight": 0.1,
    "beta": 1.0,
    "noise_variance": 1.0,
}


def is_tame(params):
    """Whether ordinary training copes with the parameters."""
    if params.get("loss") == "poisson" or params.get("beta_2") == 0:
        return False  # a step of Adam has no bound where v forgets at once
    if params.get("dropout") in (0.99, [0.99]):
        return False  # the few units that are left are scaled up
    values = {name: resolve(value) for name, value in params.items() if name in WILD}
    for name in ("learning_rate", "noise_variance"):
        if isinstance(values.get(name), str) or callable(values.get(name)):
            del values[name]
    numbers = all(isinstance(value, int | float | np.number) for value in values.values())
    return numbers and all(abs(value) <= WILD[name] for name, value in values.items())


def draw_params(rng, estimator, *, share=0.15, bad=0.01):
    """Some parameters with their values; the rest stay at their defaults."""
    params = {"max_iter": 3, "hidden_layer_sizes": (3,)}
    if is_tabular(estimator):
        params = {"max_iter": 2, "n_members": 4, "hidden_layer_sizes": (3,)}
    for name, values in values_of(estimator).items():
        if rng.uniform() < share:
            params[name] = values[rng.randint(len(values))]
        if rng.uniform() < bad:
            params[name] = BAD[rng.randint(len(BAD))]
    return params
