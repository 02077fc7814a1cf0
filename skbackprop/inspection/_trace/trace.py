"""The function trace."""

from .._estimators import unwrap_network
from .._recording import record_pass


def trace(estimator, X, y=None, sample_weight=None):
    """Run one forward and one backward pass, and keep every number.

    The passes are those of the training engine, over all of ``X`` as one batch; see
    `loss_and_gradients` for the objective L and for what becomes of dropout and normalization.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
        Fitted; or a fitted pipeline that ends in one.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Input data: one sample to follow the calculation, or a few.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets, as for ``fit``; an autoencoder has none.

    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights; 1 if None.

    Returns
    -------
    trace : Trace
        With z, a, δ, ∂L/∂W and ∂L/∂b of each layer as attributes of ``trace.layers``; prints as a
        table.

    Raises
    ------
    TypeError
        If ``estimator`` is of another kind.

    ValueError
        If the network has layers of another kind: tied weights, a variational code, or a penalty on
        activations.

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
      x                                            = 2
      z₁     = x·w₁ + b₁     = 2·0.5 + 0.1         = 1.1
      a₁     = σ(z₁)         = logistic(1.1)       = 0.7503
      z₂     = a₁·w₂ + b₂    = 0.7503·0.3 + 0.2    = 0.4251
      a₂     = σ(z₂)         = logistic(0.4251)    = 0.6047
    <BLANKLINE>
    Loss
      y                                            = 1
      L      = ½·(a₂ - y)²   = ½·(0.6047 - 1)²     = 0.07813
    <BLANKLINE>
    Backward pass, layer 2
      ∂L/∂a₂ = a₂ - y        = 0.6047 - 1          = -0.3953
      σ′(z₂) = a₂·(1 - a₂)   = 0.6047·(1 - 0.6047) = 0.239
      δ₂     = ∂L/∂a₂·σ′(z₂) = -0.3953·0.239       = -0.09449
      ∂L/∂w₂ = a₁·δ₂         = 0.7503·(-0.09449)   = -0.07089
      ∂L/∂b₂ = δ₂                                  = -0.09449
    <BLANKLINE>
    Backward pass, layer 1
      ∂L/∂a₁ = δ₂·w₂         = -0.09449·0.3        = -0.02835
      σ′(z₁) = a₁·(1 - a₁)   = 0.7503·(1 - 0.7503) = 0.1874
      δ₁     = ∂L/∂a₁·σ′(z₁) = -0.02835·0.1874     = -0.005312
      ∂L/∂w₁ = x·δ₁          = 2·(-0.005312)       = -0.01062
      ∂L/∂b₁ = δ₁                                  = -0.005312
    """
    estimator, X, y = unwrap_network(estimator, X, y, "trace")
    return record_pass(estimator, X, y, sample_weight)
