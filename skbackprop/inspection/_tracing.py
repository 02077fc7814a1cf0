"""One forward and one backward pass, with every number kept."""

import numpy as np
from scipy.sparse import issparse

from ..core.layers import Activate, Dense
from ..core.losses import LINKS, SquaredError
from ..core.normalization import BatchNorm, LayerNorm
from ._estimators import unwrap_network
from ._objective import FittedObjective, PassOn
from ._trace import LayerTrace, Trace


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
    estimator, X = unwrap_network(estimator, X, "trace")
    objective = FittedObjective(estimator, X.toarray() if issparse(X) else X, y, sample_weight)
    _check_layers(objective.network)
    record = objective.batch = RecordedPass(objective.batch)
    value, gradient = objective.value_and_gradient()
    weights = None if record.weights is None else record.weights[:, 0].copy()
    return Trace(
        layers=_through_output(objective, record, _layer_traces(objective, record, gradient)),
        X=record.x.copy(),
        target=record.y.copy(),
        losses=_sample_losses(objective.objective.loss, record),
        sample_weight=weights,
        loss=float(value),
        l2=estimator.alpha / (objective.objective.mean_weight * record.n_rows),
        loss_function=estimator.loss,
        estimator_name=type(estimator).__name__,
    )


_FOLLOWED = (Dense, LayerNorm, BatchNorm, Activate, PassOn)


def _check_layers(network):
    for layer in network.layers:
        if type(layer) not in _FOLLOWED:
            raise ValueError(f"trace cannot follow a layer of the kind {type(layer).__name__}.")


def _sample_losses(loss, record):
    """ℓ of each sample, without its weight."""
    losses, delta = np.empty_like(record.y), np.empty_like(record.y)
    loss(record.outputs[len(record.layers) - 1], record.y, losses, delta)
    return losses.sum(axis=1)


class RecordedPass:
    """A ``Pass`` that keeps copies of what its layers hand on, in place of overwriting it.

    Attributes
    ----------
    outputs, deltas, slopes : dict of int to ndarray
        The output of each layer of the engine, ∂L/∂output, and σ′ of the activations.
    """

    def __init__(self, batch):
        self._batch = batch
        self.outputs, self.deltas, self.slopes = {}, {}, {}

    def __getattr__(self, name):
        return getattr(self._batch, name)

    def forward(self):
        for i, (layer, slot) in enumerate(zip(self.layers, self.slots, strict=True)):
            for run in layer.forward(slot):
                run()
            self.outputs[i] = slot.out.copy()
        return self.z

    def backward(self):
        for i in reversed(range(len(self.layers))):
            layer, slot = self.layers[i], self.slots[i]
            self.deltas[i] = None if slot.delta is None else slot.delta.copy()
            for run in layer.backward(slot):
                run()
            if isinstance(layer, Activate):
                self.slopes[i] = slot.slope.copy()


def _layer_traces(objective, record, gradient):
    """One ``LayerTrace`` for each dense layer, with what follows it up to the next."""
    network = objective.network
    parameters, gradients = network.views(network.params), network.views(gradient.copy())
    traces, inputs = [], record.x.copy()
    for i, layer in enumerate(network.layers):
        out = record.outputs[i]
        if isinstance(layer, Dense):
            traces.append(
                LayerTrace(
                    number=len(traces) + 1,
                    activation=objective.objective.loss.link,
                    inputs=inputs,
                    coef=parameters[i]["W"].copy(),
                    intercept=parameters[i]["b"][0].copy(),
                    z=out,
                    a=_prediction(out, objective.objective.loss.link),
                    delta=record.deltas[i],
                    coef_grad=gradients[i]["W"],
                    intercept_grad=gradients[i]["b"][0],
                )
            )
        elif isinstance(layer, LayerNorm):
            traces[-1].normalized = out
            traces[-1].norm_grads = {name: grad[0] for name, grad in gradients[i].items()}
        elif isinstance(layer, Activate):
            traces[-1].activation = layer.activation.name
            traces[-1].a = out
            traces[-1].a_grad = record.deltas[i]
            traces[-1].derivative = record.slopes[i]
        inputs = out
    return traces


def _through_output(objective, record, layers):
    """Fill in ∂L/∂a and σ′ of the last layer where δ is their product."""
    loss, last = objective.objective.loss, layers[-1]
    if isinstance(loss, SquaredError) and loss.link == "logistic":
        weights = 1.0 if record.weights is None else record.weights
        last.a_grad = (last.a - record.y) * weights / record.n_rows
        last.derivative = last.a * (1 - last.a)
    return layers


def _prediction(z, link):
    a = np.empty_like(z)
    LINKS[link].predict(z, a)
    return a
