"""What is recorded while the engine works: the numbers of a pass, and the states of a fit.

Beside ``_objective``, the only module of the inspection tools that knows the engine.
"""

import copy
import sys
from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from .._callbacks import snapshot, watcher
from ..core.layers import Activate, Dense
from ..core.losses import LINKS, SquaredError
from ..core.normalization import BatchNorm, LayerNorm
from ._estimators import unwrap
from ._objective import BatchNormInPrediction, FittedObjective, PassOn
from ._trace.passes import LayerTrace, Trace

_FOLLOWED = (Dense, LayerNorm, BatchNorm, BatchNormInPrediction, Activate, PassOn)


# The numbers of a pass ------------------------------------------------------------


def record_pass(estimator, X, y, sample_weight=None, *, as_in_prediction=False):
    """One forward and one backward pass over all of X as one batch, every number kept.

    Parameters
    ----------
    estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder, fitted
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like or None
    sample_weight : array-like of shape (n_samples,) or None
    as_in_prediction : bool
        Whether batch normalization uses its running statistics, whatever the rows.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        If the network has layers of another kind than those of a plain network.
    """
    X = X.toarray() if issparse(X) else X
    objective = FittedObjective(estimator, X, y, sample_weight, as_in_prediction=as_in_prediction)
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
    outputs, deltas, slopes, stds : dict of int to ndarray
        The output of each layer of the engine, ∂E/∂output, σ′ of the activations, and what
        normalization divides by.
    """

    def __init__(self, batch):
        self._batch = batch
        self.outputs, self.deltas, self.slopes, self.stds = {}, {}, {}, {}

    def __getattr__(self, name):
        return getattr(self._batch, name)

    def forward(self):
        for i, (layer, slot) in enumerate(zip(self.layers, self.slots, strict=True)):
            for run in layer.forward(slot):
                run()
            self.outputs[i] = slot.out.copy()
            if isinstance(layer, LayerNorm):
                self.stds[i] = 1.0 / slot.inverse_std
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
            traces[-1].norm_std = record.stds[i]
            traces[-1].norm_params = {k: v[0].copy() for k, v in parameters[i].items()}
            traces[-1].norm_grads = {name: grad[0] for name, grad in gradients[i].items()}
        elif isinstance(layer, Activate):
            traces[-1].activation = layer.activation.name
            traces[-1].a = out
            traces[-1].a_grad = record.deltas[i]
            traces[-1].derivative = record.slopes[i]
        inputs = out
    return traces


def _through_output(objective, record, layers):
    """Fill in ∂E/∂a and σ′ of the last layer where δ is their product."""
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


# The states of a fit --------------------------------------------------------------


@contextmanager
def recorded_fit(n_states):
    """The last fit within the context is recorded; gives the ``FitRecorder``."""
    recorder = FitRecorder(n_states)
    token = watcher.set(recorder)
    try:
        yield recorder
    finally:
        watcher.reset(token)


def fit_and_record(estimator, X, y, n_states, **fit_params):
    """Fit a clone and keep states of the network in it.

    Parameters
    ----------
    estimator : network, or a Pipeline or ``TransformedTargetRegressor`` around one
        Left as it is.
    X, y : array-like
    n_states : int or None
        The most states before the last; those of all epochs if None.
    **fit_params : dict
        Passed to ``fit``.

    Returns
    -------
    fitted : estimator
        The clone.
    states : list of (int, network)
        Epochs and copies of the network, from before the first step to the end.
    """
    fitted = clone(estimator)
    with recorded_fit(n_states) as recorder:
        fitted.fit(X, y, **fit_params)
    network, _, _ = unwrap(fitted)
    return fitted, [*recorder.states, (network.n_iter_, copy.copy(network))]


class FitRecorder:
    """Keeps the states of a network over its training, thinning them out as they become many.

    When another estimator begins to train, it starts anew: what a pipeline ends in comes last.

    Parameters
    ----------
    n_states : int or None
        The most states to keep; those of all epochs if None.

    Attributes
    ----------
    loss_curve : list of float
        The training loss of each epoch so far, also of a fit that ends in an error.
    """

    def __init__(self, n_states):
        self._n_states = sys.maxsize // 4 if n_states is None else max(1, n_states)
        self._begin(None)

    def _begin(self, estimator):
        self._estimator = estimator
        self._every = 1
        self._kept = []
        self.loss_curve = []

    def __call__(self, estimator, run):
        if estimator is not self._estimator:
            self._begin(estimator)
        self.loss_curve = list(run.history.loss_curve)
        if run.n_iter % self._every == 0:
            self._kept.append((run.n_iter, snapshot(estimator, run)))
            if len(self._kept) == 2 * self._n_states + 1:
                self._kept = self._kept[::2]
                self._every *= 2
        return False

    @property
    def states(self):
        """Evenly spread epochs before the last, and copies of the estimator fitted so far."""
        kept = self._kept[:-1] or self._kept
        places = np.linspace(0, len(kept) - 1, min(self._n_states, len(kept)))
        return [kept[i] for i in places.round().astype(int)]
