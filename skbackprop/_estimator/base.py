"""The course of a fit, common to all estimators."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from ..core.architectures import multilayer_perceptron
from ..core.noise import Noise, sample_keys
from ..core.training.job import Job
from ..core.training.problem import Problem
from ..core.training.state import History, State
from . import parameters
from .callbacks import train_observed
from .data import FLOATS, validate_sample_weight
from .fitted import FittedNetworkMixin
from .ignored import warn_of_ignored_parameters
from .objective import ObjectiveMixin
from .outcome import refuse_divergence, warn_of_outcome
from .signature import init_parameters
from .sklearn_compat import CallbackSupportMixin
from .solvers import is_stochastic, make_solver
from .validation import ValidationScore, split_rows
from .warn import warn_user

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


class BaseBackprop(CallbackSupportMixin, ObjectiveMixin, FittedNetworkMixin, BaseEstimator, ABC):
    """Base of the supervised estimators and of the autoencoder.

    A subclass says how its target is encoded, which loss it has and how scores become predictions.
    """

    _parameter_constraints: dict = parameters.CONSTRAINTS

    # -- what a subclass says ---------------------------------------------------------------------

    @abstractmethod
    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        """Validate the data and encode the target; set ``classes_`` and the like.

        Returns
        -------
        TrainingData
        """

    @abstractmethod
    def _validation_data(self, X_val, y_val, sample_weight_val, dtype):
        """Validate a validation set against the training set; returns ``TrainingData``."""

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
        """The network's input as a scorer is to see it."""
        return X

    def _scored_target(self, Y):
        """The encoded target as a scorer is to see it."""
        return Y

    def _stratify(self, Y):
        """What the split for early stopping is stratified by."""
        return None

    # -- fit --------------------------------------------------------------------------------------

    @unchanged_on_error
    def _fit(self, X, y, sample_weight=None, *, validation=(None, None, None), incremental=False):
        """Fit, or go on for one epoch where the fit is ``incremental``.

        ``validation`` is the user's own validation set: X, y and sample weights.
        """
        continuing = hasattr(self, "_network") and (self.warm_start or incremental)
        if continuing and incremental:  # where scikit-learn does not look at them again
            self._validate_params()
        self._refuse_bad_combinations(validation, incremental)
        warn_of_ignored_parameters(self, validation[0] is not None)
        with np.errstate(all="ignore"):
            data = self._training_data(
                X, y, sample_weight, continuing=continuing, incremental=incremental
            )
            self.out_activation_ = self._make_loss().link
            job = self._best_job(data, validation, (X, y, sample_weight), continuing, incremental)
        refuse_divergence(job)
        warn_of_outcome(job, incremental=incremental)
        self._publish(job, keep_state=incremental or self.warm_start)
        return self

    def _best_job(self, data, validation, given, continuing, incremental):
        """Train a network on the data; an autoencoder may train several and return the best."""
        job = self._make_job(data, validation, continuing=continuing, incremental=incremental)
        train_observed(self, [job], *given, incremental=incremental)
        return job

    def _make_job(self, data, validation, *, continuing, incremental):
        """Problem, solver and state. The order in which they draw random numbers counts."""
        if continuing:
            state = self._resumed_state(data, incremental)
        else:
            state = self._new_state(data)
        rows, validate = np.arange(data.n_samples), None
        if self.early_stopping:
            rows, validate = self._hold_out(data, state.rng, validation)
        problem = self._make_problem(data, rows, normalize=not incremental)
        if not continuing:
            self._prepare(state, problem)
        if self._needs_noise():
            if state.noise is None:
                state.noise = Noise(state.rng.randint(0, 2**31 - 1, size=4))
            keys = sample_keys(data.X if data.X_given is None else data.X_given)
            problem = problem.astype(data.X.dtype, sample_keys=keys)
        solver = make_solver(self, self._batch_size(len(rows)), incremental=incremental)
        return Job(problem, solver, state, validate, verbose=bool(self.verbose))

    def _publish(self, job, *, keep_state):
        """Publish the fitted attributes, and keep the state where a later call goes on from it."""
        self._publish_network(job.state.network)
        self._publish_history(job.state)
        vars(self).pop("_state", None)
        if keep_state:
            self._state = job.state

    # -- problem ----------------------------------------------------------------------------------

    def _make_problem(self, data, rows, *, normalize):
        """What is trained on what; sample weights are normalised once, over the training rows."""
        weights, mean_weight = data.sample_weight, 1.0
        if weights is not None:
            if normalize:
                mean_weight = float(weights[rows].mean())
                if mean_weight == 0.0:
                    raise ValueError("sample_weight is zero for all training samples.")
            weights = (weights / mean_weight).astype(data.X.dtype)[:, np.newaxis]
        return Problem(
            data.X,
            self._training_target(data.Y),
            self._make_loss(),
            rows,
            sample_weight=weights,
            mean_sample_weight=mean_weight,
            alpha=float(self.alpha),
        )

    def _hold_out(self, data, rng, validation):
        """Training rows and the validation score, from the given validation set or a split."""
        X_val, y_val, sample_weight_val = validation
        if X_val is not None:
            held_out = self._validation_data(X_val, y_val, sample_weight_val, data.X.dtype)
            return np.arange(data.n_samples), ValidationScore(self, held_out)
        rows, held_out = split_rows(
            data.n_samples, self._stratify(data.Y), self.validation_fraction, rng
        )
        return rows, ValidationScore(self, data.take(held_out))

    # -- state ------------------------------------------------------------------------------------

    def _new_state(self, data):
        rng = check_random_state(self.random_state)
        network = self._build_network(data)
        network.initialize(self._initializers(), rng)
        return State(network, rng)

    def _resumed_state(self, data, incremental):
        """The state of the call before, with the network that the parameters describe now."""
        fitted, described = self._synchronised_network(), self._build_network(data)
        if described.shapes() != fitted.shapes():
            raise ValueError(
                "Training cannot go on: the fitted network has parameters of shapes "
                f"{fitted.shapes()}, now {described.shapes()} are asked for. Has "
                "hidden_layer_sizes, normalization or the number of outputs changed?"
            )
        if described.n_statistics != fitted.n_statistics:
            raise ValueError(
                f"Training cannot go on: with normalization={self.normalization!r}, the network "
                f"keeps {described.n_statistics} running statistics, the fitted one keeps "
                f"{fitted.n_statistics}."
            )
        kept = getattr(self, "_state", None)
        if kept is None:
            rng = check_random_state(self.random_state)
            kept = State(fitted, rng, n_samples=self.t_, loss=self.loss_)
        network = fitted.of_layers(described.layers, fitted.params.copy(), fitted.statistics.copy())
        return kept.resumed(network, self._history(), incremental=incremental)

    def _history(self):
        """The history of the calls before."""
        return History(
            list(self.loss_curve_), list(self.validation_scores_ or []), list(self.gradient_norms_)
        )

    def _prepare(self, state, problem):
        """What a new network begins with, beyond its initial weights."""

    def _build_network(self, data):
        """The network that the parameters describe, not initialised."""
        hidden = parameters.hidden_widths(self.hidden_layer_sizes)
        return multilayer_perceptron(
            [data.X.shape[1], *hidden, data.Y.shape[1]],
            parameters.hidden_activations(self.activation, len(hidden)),
            normalization=self.normalization,
            dropout=parameters.dropout_rates(self.dropout, len(hidden)),
            dtype=data.X.dtype,
        )

    def _initializers(self):
        """One initializer for each dense layer."""
        n_hidden = len(parameters.hidden_widths(self.hidden_layer_sizes))
        activations = parameters.hidden_activations(self.activation, n_hidden)
        return parameters.layer_initializers(self.init, activations, self.activation, n_hidden + 1)

    def _needs_noise(self):
        """Whether training draws random numbers for its layers."""
        return parameters.drops_units(self.dropout)

    # -- parameters and data ----------------------------------------------------------------------

    def _refuse_bad_combinations(self, validation, incremental):
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
        if not is_stochastic(self) and parameters.drops_units(self.dropout):
            raise ValueError(
                f"dropout={self.dropout!r} needs a stochastic solver: solver={self.solver!r} "
                "cannot minimise a loss that changes at random. Use solver='adam' or 'sgd'."
            )

    def _batch_size(self, n_samples):
        if self.batch_size == "auto":
            return min(200, n_samples)
        if self.batch_size > n_samples and is_stochastic(self):
            warn_user(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
            )
        return min(self.batch_size, n_samples)

    def _validate_X(self, X, y="no_validation", *, continuing=True, dtype=None, **kwargs):
        """``validate_data``, to CSR or C-ordered float64 or float32."""
        if dtype is None:
            dtype = self._network.params.dtype if continuing else FLOATS
        with np.errstate(over="ignore", invalid="ignore"):  # infinite in single precision: refused
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

    def _validate_sample_weight(self, sample_weight, X, Y):
        """Sample weights as float64 of shape (n_samples,), or None."""
        return validate_sample_weight(sample_weight, X)

    # -- conventions ------------------------------------------------------------------------------

    @classmethod
    @functools.cache
    def _get_param_names(cls):
        """Found once for each class: a grid search asks for them thousands of times."""
        return sorted({*super()._get_param_names(), *init_parameters(cls)})

    def _check_stochastic(self):
        if not is_stochastic(self):
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
