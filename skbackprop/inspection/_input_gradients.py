"""What an output owes to each input: gradients with respect to the input, and their integral."""

import numpy as np
from sklearn.base import is_classifier, is_regressor

from ._estimators import as_array, frame_like, require_network, unwrap
from ._recording import record_pass

_CHUNK = 256  # rows at a time


def input_gradients(estimator, X, *, of="score", output=None):
    """How fast the outputs change with each input: ∂ output / ∂x, by a backward pass.

    The error that the backward pass hands from layer to layer is that of a unit of the output, in
    place of the loss: δᴸ = 1 for the score itself, and δˡ = (Wˡ⁺¹ δˡ⁺¹) ⊙ σ′(zˡ) as in training,
    down to ∂z/∂x = W¹ δ¹. Dropout is off, and batch normalization uses its running statistics, as
    in prediction.

    Parameters
    ----------
    estimator : BackpropClassifier or BackpropRegressor
        Fitted; or a fitted pipeline, search or ``TransformedTargetRegressor`` around one. The
        gradient is that of the network itself: with respect to its input, after the steps of a
        pipeline, and of its output, before a target is transformed back.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples.

    of : {"score", "prediction"}, default="score"
        "score": the raw scores zᴸ, those of ``decision_function``. "prediction": what the link
        makes of them, such as probabilities.

    output : int, default=None
        One of several outputs; all if None.

    Returns
    -------
    gradients : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_outputs)
        With the last axis for all of several outputs; without for a single one.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    ValueError
        If ``of`` or ``output`` is none of those.

    NotFittedError
        If ``estimator`` is not fitted.

    See Also
    --------
    integrated_gradients : Shares of the output that add up.
    InputGradientsDisplay : The features by their influence.

    References
    ----------
    .. [1] Simonyan, Vedaldi & Zisserman (2014), "Deep inside convolutional networks: visualising
       image classification models and saliency maps".

    Examples
    --------
    A network without a hidden layer has the same gradient everywhere, its weights:

    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import input_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(hidden_layer_sizes=(), solver="lbfgs", max_iter=500).fit(X, y)
    >>> gradients = input_gradients(clf, X)
    >>> gradients.shape
    (150, 4, 3)
    >>> bool((gradients == clf.coefs_[0]).all())
    True
    """
    network, X = _network_and_input(estimator, X, "input_gradients")
    _refuse_bad_choice(network, of, output)
    return _one_output(_gradients(network, X, of), output)


def integrated_gradients(estimator, X, *, baseline=None, n_steps=50, of="score", output=None):
    """Share the difference between the outputs for X and for a baseline among the inputs.

    The gradient is averaged along the straight line from the baseline x′ to the sample x:

        share of feature j = (xⱼ − x′ⱼ) ∫₀¹ ∂f/∂xⱼ (x′ + t (x − x′)) dt

    The shares of a sample add up to f(x) − f(x′).

    Parameters
    ----------
    estimator : BackpropClassifier or BackpropRegressor
        Fitted; or a fitted pipeline, search or ``TransformedTargetRegressor`` around one. The line
        is straight for the network itself, after the steps of a pipeline.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples.

    baseline : array-like of shape (n_features,) or (n_samples, n_features), default=None
        Where the line begins, in the columns of ``X``; the mean of ``X``, as the network sees it,
        if None.

    n_steps : int, default=50
        Points on the line, those of the Gauss-Legendre rule. The more abruptly the output changes,
        the more are needed; how far the sum of the shares is from the difference of the outputs
        tells. At kinks of activations ("relu"), the error falls only as 1 / ``n_steps``.

    of : {"score", "prediction"}, default="score"
        As for `input_gradients`.

    output : int, default=None
        One of several outputs; all if None.

    Returns
    -------
    attributions : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_outputs)
        With the last axis for all of several outputs; without for a single one.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    ValueError
        If ``of`` or ``output`` is none of those, ``n_steps`` is not positive, or ``baseline`` has
        another shape.

    NotFittedError
        If ``estimator`` is not fitted.

    See Also
    --------
    input_gradients : The gradient at the samples themselves.
    InputGradientsDisplay : The features by their influence.

    References
    ----------
    .. [1] Sundararajan, Taly & Yan (2017), "Axiomatic attribution for deep networks".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbackprop import BackpropRegressor
    >>> from skbackprop.inspection import integrated_gradients
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = BackpropRegressor(
    ...     hidden_layer_sizes=(8,),
    ...     activation="tanh",
    ...     solver="lbfgs",
    ...     max_iter=50,
    ...     tol=0.1,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> shares = integrated_gradients(reg, X[:2])
    >>> difference = reg.predict(X[:2]) - reg.predict(X[:2].mean(axis=0, keepdims=True))
    >>> bool((abs(shares.sum(axis=1) - difference) < 1e-6).all())
    True
    """
    if n_steps < 1:
        raise ValueError(f"n_steps must be at least 1, got {n_steps}.")
    network, inputs = _network_and_input(estimator, X, "integrated_gradients")
    _refuse_bad_choice(network, of, output)
    if baseline is None:
        start = inputs.mean(axis=0, keepdims=True)
    else:
        start = _baseline(estimator, np.asarray(baseline, dtype=np.float64), X)
    way = inputs - start
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    total = 0.0
    for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total = total + weight * _gradients(network, start + t * way, of)
    return _one_output(way[:, :, np.newaxis] * total, output)


def _network_and_input(estimator, X, caller):
    """The classifier or regressor, and its input as a dense array."""
    network, X, _ = unwrap(estimator, X)
    require_network(network, caller)
    if not (is_classifier(network) or is_regressor(network)):
        raise TypeError(
            f"{caller} needs a classifier or a regressor; {type(network).__name__} has no score."
        )
    return network, as_array(X)


def _baseline(estimator, baseline, X):
    """The baseline as the network sees it, of shape (1 or n_samples, n_features)."""
    if baseline.ndim > 2 or baseline.shape[-1] != X.shape[1]:
        raise ValueError(f"baseline of shape {baseline.shape} does not fit X of shape {X.shape}.")
    if baseline.ndim == 2 and len(baseline) not in (1, X.shape[0]):
        raise ValueError(f"baseline has {len(baseline)} rows, but X has {X.shape[0]}.")
    _, start, _ = unwrap(estimator, frame_like(np.atleast_2d(baseline), X))
    return as_array(start)


def _refuse_bad_choice(network, of, output):
    if of not in ("score", "prediction"):
        raise ValueError(f"of must be 'score' or 'prediction', got {of!r}.")
    n_outputs = network.n_outputs_
    if output is not None and not -n_outputs <= output < n_outputs:
        raise ValueError(f"output must be one of {n_outputs} outputs, got {output!r}.")


def _one_output(values, output):
    """Values of shape (n_samples, n_features, n_outputs), without an axis of a single output."""
    if output is None:
        return values[:, :, 0] if values.shape[2] == 1 else values
    return values[:, :, output]


def _gradients(network, X, of):
    """∂ output / ∂x, shape (n_samples, n_features, n_outputs)."""
    parts = [X[start : start + _CHUNK] for start in range(0, len(X), _CHUNK)]
    return np.concatenate([_backward(network, part, of) for part in parts])


def _backward(network, X, of):
    """The same by one pass over a few rows."""
    passes = record_pass(network, X, network.predict(X), as_in_prediction=True)
    *hidden, last = passes.layers
    error = _through_link(last, of)  # (n_samples, n_outputs, units), δ of each output in turn
    gradients = error @ last.coef.T
    for layer in reversed(hidden):
        error = gradients * layer.derivative[:, np.newaxis]
        if layer.normalized is not None:
            error = _through_normalization(layer, error, network.normalization)
        gradients = error @ layer.coef.T
    return gradients.swapaxes(1, 2)


def _through_link(last, of):
    """∂ output / ∂zᴸ: the identity for scores, the Jacobian of the link for predictions."""
    a = last.a
    n_samples, n_outputs = a.shape
    jacobian = np.tile(np.eye(n_outputs, dtype=a.dtype), (n_samples, 1, 1))
    if of == "score" or last.activation == "identity":
        return jacobian
    if last.activation == "softmax":
        return a[:, :, np.newaxis] * (jacobian - a[:, np.newaxis])  # aₖ (δₖⱼ − aⱼ)
    slope = {"logistic": lambda: a * (1 - a), "exp": lambda: a}[last.activation]()
    return jacobian * slope[:, np.newaxis]


def _through_normalization(layer, error, normalization):
    """∂ output / ∂z from that with respect to γ (z − μ) / s + β."""
    error = error * layer.norm_params["gain"]
    if normalization == "layer":  # μ and s depend on all units (Ba, Kiros & Hinton, 2016)
        z = layer.z
        x_hat = ((z - z.mean(axis=1, keepdims=True)) / layer.norm_std)[:, np.newaxis]
        common = np.mean(error, axis=2, keepdims=True)
        error = error - common - x_hat * np.mean(error * x_hat, axis=2, keepdims=True)
    return error / layer.norm_std[:, np.newaxis]
