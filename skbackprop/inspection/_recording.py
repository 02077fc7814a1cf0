"""What is recorded while the engine works: the numbers of a pass, and the states of a fit.

The only module of the inspection tools that knows the engine.
"""

import copy
import sys
from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from .._estimator.callbacks import snapshot
from .._estimator.context import watcher
from ..core.layers import (
    Activate,
    BatchNorm,
    Corruption,
    Dense,
    Directions,
    Dropout,
    LayerNorm,
    PenaltyLayer,
    Sampling,
    TiedDense,
)
from ..core.losses import LINKS, LOSSES, SquaredError
from ._estimators import unwrap
from ._trace.passes import LayerTrace, Trace

_FOLLOWED = (
    *(Dense, LayerNorm, BatchNorm, Activate, Sampling),
    *(Corruption, Directions, Dropout, PenaltyLayer),  # hand their input on
)


# The numbers of a pass ------------------------------------------------------------


@np.errstate(all="ignore")
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
        If the network has a layer of another kind than those of this package.
    """
    X = X.toarray() if issparse(X) else X
    objective = estimator._objective_on(X, y, sample_weight, running_statistics=as_in_prediction)
    _refuse_unknown_layers(objective.network)
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
        penalties=record.penalties,
        l2=problem.alpha / (problem.mean_sample_weight * problem.n_rows),
        loss_function=_name_of(problem.loss),
        estimator_name=type(estimator).__name__,
    )


def _refuse_unknown_layers(network):
    for layer in network.layers:
        if not isinstance(layer, _FOLLOWED):
            raise ValueError(f"trace cannot follow a layer of the kind {type(layer).__name__}.")


def _name_of(loss):
    """The name of a loss."""
    return next(name for name, kind in LOSSES.items() if type(loss) is kind)


def _sample_losses(problem, z):
    """ℓ of each sample, without its weight."""
    losses, delta, scratch = np.empty_like(z), np.empty_like(z), np.empty(z.shape, z.dtype)
    own = {"sample_weight": problem.sample_weight} if problem.loss.uses_sample_weight else {}
    problem.loss(z, problem.Y, losses, delta, scratch, **own)
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
    penalties : dict of str to float
        The layers' own terms of E, by name.
    outputs, deltas, shown : list of ndarray or None
        The output of each layer of the engine, ∂E/∂output, and what else the layer shows.
    """

    def __init__(self, objective):
        self.network, self.problem = objective.network, objective.problem
        self.outputs, self.deltas = [], []
        value, gradient = objective.value_and_gradient(visit=self._visit)
        self.value, self.gradient = float(value), gradient.copy()
        self.deltas.reverse()
        self.penalties = {term: float(value) for term, value in objective.batch.penalties}
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
    network = record.network
    parameters, gradients = network.parameter_views, network.views(record.gradient)
    traces, by_place, inputs = [], {}, record.problem.X.copy()
    for i, layer in enumerate(network.layers):
        out = record.outputs[i]
        if isinstance(layer, Dense):
            owner = layer.owner if isinstance(layer, TiedDense) else i
            W, dW = parameters[owner]["W"], gradients[owner]["W"]
            if owner != i:
                W, dW = W.T, dW.T
            by_place[i] = LayerTrace(
                number=len(traces) + 1,
                activation="identity",
                inputs=inputs,
                coef=W.copy(),
                intercept=parameters[i]["b"][0].copy(),
                z=out,
                a=out,
                delta=record.deltas[i],
                coef_grad=dW.copy(),
                intercept_grad=gradients[i]["b"][0],
            )
            traces.append(by_place[i])
            if owner != i:
                by_place[i].shares_weights_with = by_place[owner].number
                by_place[owner].shares_weights_with = by_place[i].number
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
        elif isinstance(layer, Sampling):
            traces[-1].activation = "sampling"
            traces[-1].a = out
            traces[-1].a_grad = record.deltas[i]
        inputs = out
    for trace in traces[:-1]:
        if trace.a_grad is None:  # a linear code
            trace.a_grad, trace.derivative = trace.delta, np.ones_like(trace.z)
    link = record.problem.loss.link
    traces[-1].activation, traces[-1].a = link, _prediction(traces[-1].z, link)
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

    def __call__(self, estimator, job):
        if estimator is not self._estimator:
            self._begin(estimator)
        n_iter = job.state.n_iter
        self.loss_curve = list(job.state.history.loss_curve)
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
