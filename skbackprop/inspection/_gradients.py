"""The gradient that backpropagation computes, and its check against differences."""

from itertools import count
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from ._estimators import unwrap_network

_STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
_NEGLIGIBLE = 1e-5  # of the loss: differences of smaller gradients hold only rounding error


def loss_and_gradients(estimator, X, y=None, sample_weight=None):
    """Compute the training objective and its gradient at the fitted weights.

    The objective takes all rows as one batch:

        E = (Σᵢ wᵢ ℓᵢ + α/2 ‖W‖²) / Σᵢ wᵢ

    with ℓᵢ the loss of a sample, summed over the outputs where there are several, wᵢ its weight
    (times its class weight) and α the parameter ``alpha``. Class weights and label smoothing count
    as in ``fit``; dropout is off. Batch normalization standardises by the mean and variance of
    these rows, as it does in training; a single row is standardised by the running statistics.

    An autoencoder's objective holds its own terms too (sparsity, contraction, divergence from the
    prior). Corruption of the input is off; where a term is random, each call draws the same
    numbers.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
        Fitted; or a fitted pipeline, search, ``TransformedTargetRegressor`` or
        ``BackpropOutlierDetector`` around one.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets, as for ``fit``; an autoencoder has none.

    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights; 1 if None.

    Returns
    -------
    loss : float
        E.

    coef_grads : list of ndarray
        ∂E/∂W of each layer, in the shapes of ``coefs_``.

    intercept_grads : list of ndarray
        ∂E/∂b of each layer, in the shapes of ``intercepts_``.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    NotFittedError
        If ``estimator`` is not fitted.

    See Also
    --------
    check_gradients : Compare the gradient with finite differences.
    trace : See every number that leads to it.

    Notes
    -----
    For squared error with several outputs E is not ``loss_``, which averages over the outputs as
    scikit-learn does; the gradient has always been that of the sum.

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop import BackpropRegressor
    >>> from skbackprop.inspection import loss_and_gradients
    >>> X, y = np.array([[1.0], [2.0]]), np.array([0.0, 3.0])
    >>> reg = BackpropRegressor(
    ...     hidden_layer_sizes=(), init=[([[1.0]], [0.0])], alpha=0, learning_rate_init=1e-300
    ... ).partial_fit(X, y)
    >>> loss, coef_grads, intercept_grads = loss_and_gradients(reg, X, y)
    >>> loss  # (½ 1² + ½ 1²) / 2
    0.5
    >>> coef_grads[0]  # (1 · 1 + 2 · −1) / 2
    array([[-0.5]])
    """
    estimator, X, y = unwrap_network(estimator, X, y, "loss_and_gradients")
    objective = estimator._objective_on(X, y, sample_weight)
    value, gradient = objective.value_and_gradient()
    network = objective.network
    return float(value), network.weights(gradient), network.biases(gradient)


def check_gradients(
    estimator, X, y=None, sample_weight=None, *, n_directions=3, random_state=0, tolerance=None
):
    """Compare the gradient with central differences in random directions.

    Along a direction v, backpropagation says the objective changes at the rate ⟨∂E/∂θ, v⟩, and the
    difference (E(θ + h v) − E(θ − h v)) / 2h says it again without any derivative. Directions are
    drawn within each parameter array in turn (weights, biases, gains and shifts of each layer), so
    that an error in a layer with small gradients is not hidden by one with large. All is computed
    in float64, on ``X`` as one batch (see `loss_and_gradients`).

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
        Fitted; or a fitted pipeline, search, ``TransformedTargetRegressor`` or
        ``BackpropOutlierDetector`` around one.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data; a few rows are enough.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets, as for ``fit``; an autoencoder has none.

    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights; 1 if None.

    n_directions : int, default=3
        Random directions for each parameter array.

    random_state : int, RandomState instance or None, default=0
        Draws the directions.

    tolerance : float, default=None
        The largest error to accept. None returns the error, whatever it is.

    Returns
    -------
    error : float
        The largest difference between the two rates, relative to the larger of ‖∂E/∂θ‖ over the
        array and the measured rate. About 1e-10 where the derivatives are right and the objective
        is smooth; about 1 where they are wrong.

    Raises
    ------
    AssertionError
        If the error is larger than ``tolerance``; it names the array, and both rates.

    TypeError
        If ``estimator`` is of another kind.

    NotFittedError
        If ``estimator`` is not fitted.

    Notes
    -----
    The step h is taken from 1e-3 to 1e-6 and the best agreement counts: a large step suffers from
    curvature, a small one from rounding. Kinks (of "relu", of the absolute error) disturb a
    difference that steps across them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import check_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(5,), activation="tanh", solver="lbfgs", tol=0.1, random_state=0
    ... )
    >>> check_gradients(clf.fit(X, y), X, y) < 1e-6
    True
    """
    estimator, X, y = unwrap_network(estimator, X, y, "check_gradients")
    objective = estimator._objective_on(X, y, sample_weight, dtype=np.float64)
    rng = check_random_state(random_state)
    value, gradient = objective.value_and_gradient()
    gradient = gradient.copy()
    floor = _NEGLIGIBLE * abs(value) + np.finfo(np.float64).tiny
    comparisons = [
        _compare(objective, name, place, gradient[place], rng.standard_normal(len(place)), floor)
        for name, place in _parameter_arrays(objective.network)
        for _ in range(n_directions)
    ]
    worst = max(comparisons, key=lambda one: one.error)
    if tolerance is not None and not worst.error <= tolerance:
        raise AssertionError(
            f"The gradient is wrong at {worst.name}: along a random direction backpropagation says "
            f"{worst.computed:.10e}, the difference {worst.measured:.10e}. The relative error "
            f"{worst.error:.3g} is larger than tolerance={tolerance:g}."
        )
    return float(worst.error)


class _Comparison(NamedTuple):
    error: float
    name: str
    computed: float
    measured: float


def _parameter_arrays(network):
    """The name of each parameter array, and its places in the flat vector."""
    dense, norms = count(), count()
    for layer in network.views(np.arange(network.n_params)):
        if "b" in layer:
            i = next(dense)
            names = {"W": f"coefs_[{i}]", "b": f"intercepts_[{i}]"}
        elif layer:
            i = next(norms)
            names = {name: f"the {name} of normalization layer {i}" for name in layer}
        for name, places in layer.items():
            yield names[name], places.ravel()


def _compare(objective, name, place, block, direction, floor):
    """The two rates along a direction in one array, at the step where they are closest."""
    computed = block @ direction
    measured = _central_differences(objective, place, direction)
    scale = np.maximum(np.maximum(np.linalg.norm(block), np.abs(measured)), floor)
    errors = np.abs(measured - computed) / scale
    best = np.nanargmin(errors) if np.isfinite(errors).any() else 0
    return _Comparison(errors[best], name, computed, measured[best])


def _central_differences(objective, place, direction):
    """(E(θ + h v) − E(θ − h v)) / 2h for each step h."""
    params = objective.network.params
    kept = params[place]
    rates = []
    for h in _STEPS:
        params[place] = kept + h * direction
        ahead, _ = objective.value_and_gradient()
        params[place] = kept - h * direction
        behind, _ = objective.value_and_gradient()
        rates.append((ahead - behind) / (2 * h))
    params[place] = kept
    return np.array(rates)
