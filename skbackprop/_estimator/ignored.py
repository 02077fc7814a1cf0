"""Parameters that are set and have no effect: one warning says which, and why."""

import numpy as np

from .parameters import drops_units, hidden_widths
from .signature import init_parameters
from .solvers import is_stochastic, runs_to_the_end
from .warn import warn_user

_STOCHASTIC_ONLY = (
    "batch_size",
    "learning_rate",
    "learning_rate_init",
    "power_t",
    "shuffle",
    "weight_decay",
    "max_grad_norm",
)


def _solver_ignores(estimator):
    """Names of the parameters that the solver does not read."""
    names = [] if is_stochastic(estimator) else [*_STOCHASTIC_ONLY]
    if estimator.solver != "sgd":
        names += ["momentum", "nesterovs_momentum"]
    if estimator.solver != "adam":
        names += ["beta_1", "beta_2", "epsilon"]
    if is_stochastic(estimator):
        names.append("max_fun")
    return names


_LINEAR = ("identity", [], ())  # activations that say the same
_WIDTHS = "hidden_layer_sizes"


def _is_linear(estimator):
    """Whether there is no hidden layer."""
    names = (_WIDTHS, "decoder_layer_sizes")
    given = {name: getattr(estimator, name, None) for name in names}
    return not any(hidden_widths(sizes, name) for name, sizes in given.items() if sizes is not None)


# Name; whether it has no effect; the parameter that is the reason; and what would change it.
_RULES = (
    (
        "power_t",
        lambda e: is_stochastic(e) and e.learning_rate != "invscaling",
        "learning_rate",
        "",
    ),
    ("n_iter_no_change", runs_to_the_end, "learning_rate", ", unless early_stopping=True"),
    (
        "n_iter_no_change",
        lambda e: not (is_stochastic(e) or e.early_stopping),
        "solver",
        ", unless early_stopping=True",
    ),
    ("activation", lambda e: e.activation not in _LINEAR and _is_linear(e), _WIDTHS, ""),
    ("dropout", lambda e: drops_units(e.dropout) and _is_linear(e), _WIDTHS, ""),
    ("normalization", lambda e: _is_linear(e), _WIDTHS, ""),
    ("tol", runs_to_the_end, "learning_rate", ", unless early_stopping=True"),
    ("scoring", lambda e: not e.early_stopping, "early_stopping", ""),
    ("validation_fraction", lambda e: not e.early_stopping, "early_stopping", ""),
    ("huber_delta", lambda e: e.loss != "huber", "loss", ""),
    ("quantile", lambda e: e.loss != "quantile", "loss", ""),
    ("noise_variance", lambda e: not e.variational, "variational", ""),
    (
        "noise_variance",
        lambda e: e.variational and e.loss != "squared_error",
        "loss",
        "",
    ),
    ("beta", lambda e: not e.variational, "variational", ""),
    ("corruption_level", lambda e: e.corruption is None, "corruption", ""),
    ("sparsity_weight", lambda e: e.sparsity is None, "sparsity", ""),
    ("sparsity_target", lambda e: e.sparsity != "kl", "sparsity", ""),
)


def warn_of_ignored_parameters(estimator, has_validation_set):
    """Warn once of the parameters that are not at their default and have no effect.

    Parameters
    ----------
    estimator : estimator
    has_validation_set : bool
        Whether ``fit`` was given a validation set of its own.
    """
    sentences = []
    by_solver = [name for name in _solver_ignores(estimator) if _is_set(estimator, name)]
    if by_solver:
        given = ", ".join(_shown(estimator, name) for name in by_solver)
        sentences.append(f"{_shown(estimator, 'solver')} ignores {given}.")
    for name, has_no_effect, reason, unless in _RULES:
        if name not in by_solver and _is_set(estimator, name) and has_no_effect(estimator):
            sentences.append(
                f"{_shown(estimator, name)} has no effect with {_shown(estimator, reason)}{unless}."
            )
    if has_validation_set and _is_set(estimator, "validation_fraction"):
        sentences.append(
            f"{_shown(estimator, 'validation_fraction')} has no effect where X_val is given."
        )
    if sentences:
        warn_user(" ".join(sentences))


def _shown(estimator, name):
    return f"{name}={getattr(estimator, name)!r}"


def _is_set(estimator, name):
    """Whether the user can set the parameter, and has set it to other than its default.

    A value that a subclass sets by itself is not the user's to change.
    """
    declared = init_parameters(type(estimator))
    if name not in declared:
        return False
    value, default = getattr(estimator, name), declared[name].default
    return value is not default and not (np.isscalar(value) and value == default)
