"""The function trace."""

from dataclasses import replace

from sklearn.base import is_classifier, is_regressor

from .._estimators import unwrap_network
from .._recording import record_pass


def trace(estimator, X, y=None, sample_weight=None):
    """Run one forward and one backward pass, and keep every number.

    The passes are those of the training engine, over all of ``X`` as one batch; see
    `loss_and_gradients` for the objective E and for what becomes of dropout and normalization.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
        Fitted; or a fitted pipeline, search, ``TransformedTargetRegressor`` or
        ``BackpropOutlierDetector`` around one.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data: one sample to follow the calculation, or a few.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets, as for ``fit``. None leaves the way back out; an autoencoder needs none.

    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights; 1 if None.

    Returns
    -------
    trace : Trace
        With z, a, δ, ∂E/∂W and ∂E/∂b of each layer as attributes of ``trace.layers``; prints as a
        table, and is stepped through in a notebook.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    ValueError
        If the network has a layer of another kind than those of this package.

    NotFittedError
        If ``estimator`` is not fitted.

    Examples
    --------
    Two sigmoid units in a row, x = 2, target 1, squared error:

    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import trace
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(1,),
    ...     activation="logistic",
    ...     loss="squared_error",
    ...     alpha=0,
    ...     init=[([[0.5]], [0.1]), ([[0.3]], [0.2])],
    ...     learning_rate_init=1e-300,
    ... )
    >>> clf = clf.partial_fit([[2.0]], [1], classes=[0, 1])
    >>> print(trace(clf, [[2.0]], [1]))
    BackpropClassifier, 1 → 1 → 1 units, loss='squared_error'
    <BLANKLINE>
    Forward pass
      x                                            =  2
      z¹     = x·w¹ + b¹     = 2·0.5 + 0.1         =  1.1
      a¹     = σ(z¹)         = logistic(1.1)       =  0.7503
      z²     = a¹·w² + b²    = 0.7503·0.3 + 0.2    =  0.4251
      a²     = σ(z²)         = logistic(0.4251)    =  0.6047
    <BLANKLINE>
    Loss
      y                                            =  1
      ℓ      = ½·(a² - y)²   = ½·(0.6047 - 1)²     =  0.07813
      E      = ℓ                                   =  0.07813
    <BLANKLINE>
    Backward pass, layer 2
      ∂E/∂a² = a² - y        = 0.6047 - 1          = -0.3953
      σ′(z²) = a²·(1 - a²)   = 0.6047·(1 - 0.6047) =  0.239
      δ²     = ∂E/∂a²·σ′(z²) = -0.3953·0.239       = -0.09449
      ∂E/∂w² = a¹·δ²         = 0.7503·(-0.09449)   = -0.07089
      ∂E/∂b² = δ²                                  = -0.09449
    <BLANKLINE>
    Backward pass, layer 1
      ∂E/∂a¹ = δ²·w²         = -0.09449·0.3        = -0.02835
      σ′(z¹) = a¹·(1 - a¹)   = 0.7503·(1 - 0.7503) =  0.1874
      δ¹     = ∂E/∂a¹·σ′(z¹) = -0.02835·0.1874     = -0.005312
      ∂E/∂w¹ = x·δ¹          = 2·(-0.005312)       = -0.01062
      ∂E/∂b¹ = δ¹                                  = -0.005312
    """
    inner, X, y = unwrap_network(estimator, X, y, "trace")
    if y is not None or not (is_classifier(inner) or is_regressor(inner)):
        return record_pass(inner, X, y, sample_weight)
    return _forward_only(record_pass(inner, X, inner.predict(X), sample_weight))


def activations_in_prediction(network, X):
    """The activations of each layer, the input first, as ``predict`` computes them.

    Parameters
    ----------
    network : BackpropClassifier, BackpropRegressor or BackpropAutoencoder, fitted
    X : array-like of shape (n_samples, n_features)

    Returns
    -------
    list of ndarray of shape (n_samples, n_units)
    """
    has_target = is_classifier(network) or is_regressor(network)
    y = network.predict(X) if has_target else None
    passes = record_pass(network, X, y, as_in_prediction=True)
    if any(layer.activation == "sampling" for layer in passes.layers):
        raise ValueError("A variational code is drawn at random in a pass: its map would be noise.")
    return [passes.X, *(layer.a for layer in passes.layers)]


def _forward_only(trace):
    """A trace without its loss and its way back, which were those of a made-up target."""
    on_the_way_back = ("delta", "derivative", "a_grad", "coef_grad", "intercept_grad", "norm_grads")
    layers = [replace(layer, **dict.fromkeys(on_the_way_back)) for layer in trace.layers]
    return replace(trace, layers=layers, target=None, losses=None, loss=None)
