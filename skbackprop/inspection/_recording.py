"""What is recorded while the engine works: the numbers of a pass, and the states of a fit.

The only module of the inspection tools that knows the engine.
"""

from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse

from .._estimator.callbacks import snapshot
from .._estimator.context import watcher
from ..core.layers import Activate, BatchNorm, Corruption, Dense, Dropout, LayerNorm
from ..core.losses import LINKS, SquaredError
from ._trace.passes import LayerTrace, Trace

_FOLLOWED = (Dense, LayerNorm, BatchNorm, Activate, Dropout)


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
    objective = estimator._objective_on(X, y, sample_weight, running_statistics=as_in_prediction)
    _check_layers(objective.network)
    record = RecordedPass(objective)
    problem = objective.problem
    weights = problem.sample_weight
    return Trace(
        layers=_through_output(record, _layer_traces(record)),
        X=problem.X.copy(),
        target=problem.Y.copy(),
        losses=_sample_losses(problem, record.outputs[-1]),
        sample_weight=None if weights is None else weights[:, 0].copy(),
        loss=record.value,
        l2=problem.alpha / (problem.mean_sample_weight * problem.n_rows),
        loss_function=estimator.loss,
        estimator_name=type(estimator).__name__,
    )


def _check_layers(network):
    for layer in network.layers:
        if type(layer) not in _FOLLOWED and not isinstance(layer, Corruption):
            raise ValueError(f"trace cannot follow a layer of the kind {type(layer).__name__}.")


def _sample_losses(problem, z):
    """ℓ of each sample, without its weight."""
    losses, delta, scratch = np.empty_like(z), np.empty_like(z), np.empty(z.shape, z.dtype)
    problem.loss(z, problem.Y, losses, delta, scratch)
    return losses.sum(axis=1)


class RecordedPass:
    """What the layers hand on in one forward and one backward pass: copies, layer by layer.

    Parameters
    ----------
    objective : FittedObjective

    Attributes
    ----------
    network : Network
    problem : Problem
    value : float
        E.
    gradient : ndarray of shape (n_params,)
        ∂E/∂θ.
    outputs, deltas, shown : list of ndarray or None
        The output of each layer of the engine, ∂E/∂output, and what else the layer shows.
    """

    def __init__(self, objective):
        self.network, self.problem = objective.network, objective.problem
        self.outputs, self.deltas = [], []
        value, gradient = objective.value_and_gradient(visit=self._visit)
        self.value, self.gradient = float(value), gradient.copy()
        self.deltas.reverse()
        layers = objective.batch.layers
        self.shown = [None if one.shown is None else one.shown.copy() for one in layers]

    def _visit(self, bound, way):
        """Copy what a layer has left on the way forward, and finds on the way back."""
        if way == "forward":
            self.outputs.append(bound.above.value.copy())
        else:
            delta = bound.above.delta
            self.deltas.append(None if delta is None else delta.copy())


def _layer_traces(record):
    """One ``LayerTrace`` for each dense layer, with what follows it up to the next."""
    network, link = record.network, record.problem.loss.link
    parameters, gradients = network.parameter_views, network.views(record.gradient)
    traces, inputs = [], record.problem.X.copy()
    for i, layer in enumerate(network.layers):
        out = record.outputs[i]
        if isinstance(layer, Dense):
            traces.append(
                LayerTrace(
                    number=len(traces) + 1,
                    activation=link,
                    inputs=inputs,
                    coef=parameters[i]["W"].copy(),
                    intercept=parameters[i]["b"][0].copy(),
                    z=out,
                    a=_prediction(out, link),
                    delta=record.deltas[i],
                    coef_grad=gradients[i]["W"],
                    intercept_grad=gradients[i]["b"][0],
                )
            )
        elif isinstance(layer, LayerNorm | BatchNorm):
            traces[-1].normalized = out
            traces[-1].norm_std = 1.0 / record.shown[i]
            traces[-1].norm_params = {k: v[0].copy() for k, v in parameters[i].items()}
            traces[-1].norm_grads = {name: grad[0] for name, grad in gradients[i].items()}
        elif isinstance(layer, Activate):
            traces[-1].activation = layer.activation.name
            traces[-1].a = out
            traces[-1].a_grad = record.deltas[i]
            traces[-1].derivative = record.shown[i]
        inputs = out
    return traces


def _through_output(record, layers):
    """Fill in ∂E/∂a and σ′ of the last layer where δ is their product."""
    problem, last = record.problem, layers[-1]
    if isinstance(problem.loss, SquaredError) and problem.loss.link == "logistic":
        weights = 1.0 if problem.sample_weight is None else problem.sample_weight
        last.a_grad = (last.a - problem.Y) * weights / problem.n_rows
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


class FitRecorder:
    """Keeps the states of a network over its training, thinning them out as they become many.

    When another estimator begins to train, it starts anew: what a pipeline ends in comes last.

    Parameters
    ----------
    n_states : int
        The most states to keep.
    """

    def __init__(self, n_states):
        self._n_states = max(1, n_states)
        self._begin(None)

    def _begin(self, estimator):
        self._estimator = estimator
        self._every = 1
        self._kept = []

    def __call__(self, estimator, job):
        if estimator is not self._estimator:
            self._begin(estimator)
        n_iter = job.state.n_iter
        if n_iter % self._every == 0:
            self._kept.append((n_iter, snapshot(estimator, job)))
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
