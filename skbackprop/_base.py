"""What the estimators share: parameters, the course of a fit, prediction, pickling."""

import copy
import functools
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from . import _parameters as parameters
from ._callbacks import solve_in_public
from ._fitted import FittedNetworkMixin
from ._sklearn_compat import CallbackSupportMixin, _check_sample_weight
from ._validation import ValidationScore, split_rows, warn_of_outcome
from .core.network import Network, multilayer_perceptron
from .core.noise import Noise, sample_keys
from .core.optimizers import SGD, Adam
from .core.run import History, Run
from .core.schedules import FACTORS, make_schedule
from .core.stopping import Stopping

FLOATS = (np.float64, np.float32)

Method = TypeVar("Method", bound=Callable[..., Any])


def unchanged_on_error(method: Method) -> Method:
    """Leave the estimator as it was when ``method`` raises."""

    @functools.wraps(method)
    def guarded(self, *args, **kwargs):
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return cast(Method, guarded)


@dataclass
class Resumable:
    """What ``partial_fit`` and ``warm_start`` carry from one call to the next."""

    optimizer: object
    schedule: object
    stopping: object
    rng: np.random.RandomState
    noise: Noise | None
    n_epochs: int


class BaseBackprop(CallbackSupportMixin, FittedNetworkMixin, BaseEstimator, ABC):
    """Base of the supervised estimators and of the autoencoder.

    A subclass says how its target is encoded, which loss it has and how scores become predictions.
    """

    _parameter_constraints: dict = parameters.CONSTRAINTS

    # -- hooks ------------------------------------------------------------------------------------

    @abstractmethod
    def _validate(self, X, y, sample_weight, *, continuing, incremental):
        """Check the data; set ``classes_`` and the like. Returns X and the encoded Y."""

    @abstractmethod
    def _make_loss(self):
        """The loss, with its link."""

    @abstractmethod
    def _default_score(self, network, X, y, sample_weight):
        """The score that early stopping watches when ``scoring`` is None."""

    def _training_target(self, Y):
        """The encoded target as the loss is to see it."""
        return Y

    def _scored_input(self, X):
        """The validated data as a scorer is to see them."""
        return X

    def _scored_target(self, Y):
        """The target as a scorer is to see it."""
        return Y

    def _stratify(self, Y):
        """What the split for early stopping is stratified by."""
        return None

    # -- fit --------------------------------------------------------------------------------------

    @unchanged_on_error
    def _fit(self, X, y, sample_weight=None, *, validation=(None, None, None), incremental=False):
        self._check_parameters(validation, incremental)
        given = X, y, sample_weight
        continuing = hasattr(self, "_network") and (self.warm_start or incremental)
        X, Y = self._validate(X, y, sample_weight, continuing=continuing, incremental=incremental)
        weights = self._validate_weights(sample_weight, X, Y, incremental)
        resumable = self._resume(incremental) if continuing else None
        rng = check_random_state(self.random_state) if resumable is None else resumable.rng
        network = self._continue_network(X, Y) if continuing else self._new_network(X, Y, rng)
        run = self._make_run(network, X, Y, weights, rng, validation, incremental)
        if continuing:
            self._carry_on(run)
        else:
            self._start(run)
        self._add_solver(run, resumable)
        warnings_of_solver = solve_in_public(self, run, *given, incremental=incremental)
        self._conclude(run, warnings_of_solver, incremental)
        return self

    def _check_parameters(self, validation, incremental):
        X_val, y_val, weights_val = validation
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if (X_val is None) != (y_val is None):
            given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise ValueError(f"{given} is provided, but {missing} was not provided.")
        if X_val is None and weights_val is not None:
            raise ValueError(
                "sample_weight_val is provided, but X_val and y_val were not provided."
            )
        if X_val is not None and not self.early_stopping:
            raise ValueError(
                "X_val and y_val are passed to fit while at the same time early_stopping is False. "
                "When passing X_val and y_val to fit, early_stopping should be set to True."
            )
        if self.solver == "lbfgs" and np.any(self.dropout):
            raise ValueError(
                f"dropout={self.dropout!r} needs a stochastic solver: solver='lbfgs' cannot "
                "minimise a loss that changes at random. Use solver='adam' or 'sgd'."
            )
        parameters.warn_of_ignored_parameters(self)

    def _validate_X(self, X, y="no_validation", *, continuing=True, dtype=None, **kwargs):
        """``validate_data``, to CSR or C-ordered float64 or float32."""
        if dtype is None:
            dtype = self._network.params.dtype if continuing else FLOATS
        return validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=dtype,
            order="C",
            reset=not continuing,
            **kwargs,
        )

    def _validate_weights(self, sample_weight, X, Y, incremental):
        """Sample weights as float64 of shape (n_samples,), or None."""
        if sample_weight is None:
            return None
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return self._check_weights(weights)

    @staticmethod
    def _check_weights(weights, name="sample_weight"):
        if (weights < 0).any():
            raise ValueError(f"Negative values in data passed to `{name}`: {weights.min()}.")
        if not weights.any():
            raise ValueError(f"{name} must have at least one positive value; all are zero.")
        return weights

    def _build_network(self, X, Y):
        """The network that the parameters describe, not initialised."""
        hidden = parameters.hidden_widths(self.hidden_layer_sizes)
        return multilayer_perceptron(
            [X.shape[1], *hidden, Y.shape[1]],
            parameters.hidden_activations(self.activation, len(hidden)),
            normalization=self.normalization,
            dropout=parameters.dropout_rates(self.dropout, len(hidden)),
            dtype=X.dtype,
        )

    def _new_network(self, X, Y, rng):
        network = self._build_network(X, Y)
        n_hidden = len(network.weights()) - 1
        activations = parameters.hidden_activations(self.activation, n_hidden)
        network.initialize(
            parameters.layer_initializers(self.init, activations, self.activation, n_hidden + 1),
            rng,
        )
        return network

    def _continue_network(self, X, Y):
        """The network that the parameters describe, with a copy of the fitted weights."""
        fitted, described = self._synchronised_network(), self._build_network(X, Y)
        if described.shapes() != fitted.shapes():
            raise ValueError(
                "Training cannot go on: the fitted network has parameters of shapes "
                f"{fitted.shapes()}, now {described.shapes()} are asked for. Has "
                "hidden_layer_sizes, normalization or the number of outputs changed?"
            )
        return Network(described.layers, fitted.params.copy(), fitted.state.copy())

    def _resume(self, incremental):
        """The state to go on from; a warm-started ``fit`` forgets what it waited for."""
        resumable = copy.deepcopy(getattr(self, "_resumable", None))
        if resumable is not None and not incremental:
            resumable.schedule = resumable.stopping = None
            resumable.n_epochs = 0
        return resumable

    def _make_run(self, network, X, Y, weights, rng, validation, incremental):
        train_rows, validate = np.arange(X.shape[0]), None
        if self.early_stopping:
            train_rows, validate = self._hold_out(X, Y, weights, rng, validation)
        mean_weight = 1.0
        if weights is not None and not incremental:  # normalised once, over the training rows
            mean_weight = float(weights[train_rows].mean())
            if mean_weight == 0.0:
                raise ValueError("sample_weight is zero for all training samples.")
        if weights is not None:
            weights = (weights / mean_weight).astype(X.dtype)[:, np.newaxis]
        loss = self._make_loss()
        self.out_activation_ = loss.link
        return Run(
            network=network,
            loss=loss,
            X=X,
            Y=self._training_target(Y),
            weights=weights,
            rows=train_rows,
            rng=rng,
            stopping=Stopping(self.tol, self._patience(), validate),
            max_iter=self.max_iter,
            alpha=self.alpha,
            mean_weight=mean_weight,
            batch_size=self._batch_size(len(train_rows)),
            shuffle=self.shuffle,
            weight_decay=self.weight_decay,
            max_grad_norm=self.max_grad_norm,
            n_epochs=1 if incremental else None,
            verbose=bool(self.verbose),
        )

    def _start(self, run):
        """What a new network begins with, beyond its initial weights."""

    def _carry_on(self, run):
        """Append to the history of the calls before."""
        run.t = self.t_
        run.history = History(
            list(self.loss_curve_), list(self.validation_scores_ or []), list(self.gradient_norms_)
        )

    def _patience(self):
        """Epochs to wait; a schedule over ``max_iter`` is let run its course, unless scored."""
        plans_ahead = callable(self.learning_rate) or self.learning_rate in FACTORS
        if plans_ahead and self.solver != "lbfgs" and not self.early_stopping:
            return math.inf
        return self.n_iter_no_change

    def _batch_size(self, n_samples):
        if self.batch_size == "auto":
            return min(200, n_samples)
        if self.batch_size > n_samples and self.solver != "lbfgs":
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. "
                "It is going to be clipped",
                stacklevel=6,
            )
        return min(self.batch_size, n_samples)

    def _add_solver(self, run, resumable):
        """Optimizer, schedule and streams: new ones, or those of the call before."""
        if self.solver == "sgd":
            run.optimizer = SGD(self.momentum, self.nesterovs_momentum)
        elif self.solver == "adam":
            run.optimizer = Adam(self.beta_1, self.beta_2, self.epsilon)
        run.schedule = make_schedule(
            self.learning_rate, self.learning_rate_init, power_t=self.power_t, t=run.t
        )
        if resumable is not None:
            if type(resumable.optimizer) is type(run.optimizer) and run.optimizer is not None:
                run.optimizer.moments = resumable.optimizer.moments
                run.optimizer.t = resumable.optimizer.t
            if resumable.schedule is not None:
                run.schedule = resumable.schedule
            if resumable.stopping is not None:
                run.stopping = resumable.stopping
            run.noise = resumable.noise
            run.epochs_before = resumable.n_epochs
        if run.noise is None and self._needs_noise():
            run.noise = Noise(run.rng.randint(0, 2**31 - 1, size=4))
        if run.noise is not None:
            run.keys = self._sample_keys(run.X)

    def _sample_keys(self, X):
        """Keys of the samples for random layers."""
        return sample_keys(X)

    def _needs_noise(self):
        return bool(np.any(self.dropout))

    def _hold_out(self, X, Y, weights, rng, validation):
        """Training rows and the validation score, from the given validation set or a split."""
        X_val, y_val, weights_val = validation
        if X_val is not None:
            X_val, Y_val = self._validate_validation_set(X_val, y_val, X.dtype)
            if weights_val is not None:
                weights_val = _check_sample_weight(weights_val, X_val, dtype=np.float64)
                weights_val = self._check_weights(weights_val, "sample_weight_val")
            rows = np.arange(X.shape[0])
        else:
            rows, held_out = split_rows(
                X.shape[0], self._stratify(Y), self.validation_fraction, rng
            )
            X_val, Y_val = X[held_out], Y[held_out]
            weights_val = None if weights is None else weights[held_out]
        return rows, ValidationScore(self, X_val, self._scored_target(Y_val), Y_val, weights_val)

    @abstractmethod
    def _validate_validation_set(self, X_val, y_val, dtype):
        """Check the validation set against the training set; returns X and the encoded Y."""

    # -- after the fit ----------------------------------------------------------------------------

    def _conclude(self, run, messages, incremental):
        """Check the outcome and publish the fitted attributes."""
        if not np.isfinite(run.network.params).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )
        for message in messages:
            warnings.warn(message, ConvergenceWarning, stacklevel=5)
        if self.solver != "lbfgs" or run.outcome in ("interrupted", "diverged"):
            warn_of_outcome(run, self.max_iter, incremental)
        self._publish_network(run.network)
        self._publish_history(run)
        vars(self).pop("_resumable", None)
        if incremental or self.warm_start:
            run.stopping.validate = None
            self._resumable = Resumable(
                run.optimizer,
                run.schedule,
                run.stopping,
                run.rng,
                run.noise,
                run.epochs_before + run.n_iter,
            )

    # -- conventions ------------------------------------------------------------------------------

    @classmethod
    @functools.cache
    def _get_param_names(cls):
        """Found once for each class: a grid search asks for them thousands of times."""
        names = super()._get_param_names()  # refuses *args
        return sorted({*names, *parameters.init_parameters(cls)})

    def _check_stochastic(self):
        if self.solver not in parameters.STOCHASTIC_SOLVERS:
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
