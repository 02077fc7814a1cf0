"""The course of a fit of the tabular estimators."""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._estimator.base import unchanged_on_error
from .._estimator.callbacks import FitTasks
from .._estimator.data import validate_sample_weight
from .._estimator.parameters import hidden_widths
from .._estimator.pickling import PicklingMixin
from .._estimator.sklearn_compat import CallbackSupportMixin, _safe_indexing, with_callbacks
from .._estimator.warn import warn_user
from . import plain, rules
from .columns import categorical_columns, validate_table
from .folds import Units, deal_folds, deal_order
from .inputs import Inputs
from .kinds import Fitted, Table
from .training import make_options, make_trainings, train


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows of a fit, and the table that the members see of them.

    Attributes
    ----------
    X : array or DataFrame of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Classes by number, or targets.
    sample_weight : ndarray of shape (n_samples,)
    used : ndarray of int of shape (n_used,)
        The rows of positive weight.
    rows : ndarray of int of shape (n_units,)
        The row that stands for each row of the table.
    places : ndarray of int of shape (n_used,)
        The row of the table for each row in use.
    table : Table
    """

    X: Any
    y: np.ndarray
    sample_weight: np.ndarray
    used: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    table: Table

    @property
    def table_y(self):
        """The targets of the table's rows."""
        return self.y[self.rows]

    def of_all_rows(self, out_of_fold, predict):
        """Out-of-fold predictions; for rows that are not in use, those of ``predict``."""
        predicted = np.empty((len(self.y), out_of_fold.shape[1]))
        predicted[self.used] = out_of_fold
        unused = np.setdiff1d(np.arange(len(self.y)), self.used)
        if len(unused):
            predicted[unused] = predict(_safe_indexing(self.X, unused))
        return predicted


class BaseTabular(CallbackSupportMixin, PicklingMixin, BaseEstimator, ABC):
    """Base of the tabular estimators: an ensemble of networks of two kinds on a table.

    A subclass says what its targets, its loss and its score are.
    """

    # -- what a subclass says ---------------------------------------------------------------------

    @abstractmethod
    def _validate_y(self, y):
        """Validate the targets; set ``classes_`` and the like. Returns an array."""

    @abstractmethod
    def _strata(self, y):
        """The class of each row as an int, zeros for regression."""

    @abstractmethod
    def _encode(self, y, sample_weight, fold, n_folds):
        """The targets as the loss is to see them; a member's own along a leading axis."""

    @abstractmethod
    def _make_loss(self):
        """The loss of the engine."""

    @abstractmethod
    def _make_criterion(self, table, y):
        """The `Criterion` that chooses the epoch."""

    @abstractmethod
    def _conclude(self, scores, table, y):
        """Choose blend and calibration by the raw out-of-fold scores of the kinds.

        Returns the out-of-fold predictions.
        """

    @abstractmethod
    def _publish_out_of_fold(self, sample, out_of_fold):
        """Set ``oob_score_`` and the like."""

    # -- fit --------------------------------------------------------------------------------------

    @unchanged_on_error
    def _fit(self, X, y, sample_weight):
        given = (X, y, sample_weight)
        self._refuse_bad_parameters()
        rng = check_random_state(self.random_state)
        with np.errstate(all="ignore"):
            sample = self._make_sample(*self._validate(*given), rng)
            table = sample.table
            options = make_options(
                hidden_widths(self.hidden_layer_sizes),
                self.max_iter,
                self.batch_size,
                self.learning_rate,
                len(table.inputs),
            )
            loss, criterion = self._make_loss(), self._make_criterion(table, sample.table_y)
            trainings = make_trainings(table, loss, criterion, options, rng)
            self._train(trainings, sample, given, options.n_epochs)
            self._publish(trainings, sample)
        return self

    def _refuse_bad_parameters(self):
        if self.n_members % 2:
            raise ValueError(
                f"n_members must be even, got {self.n_members}: half of the members see the "
                "piecewise linear encoding, half do not."
            )

    def _validate(self, X, y, sample_weight):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        X = validate_table(self, X, reset=True)
        y = self._validate_y(y)
        if len(y) != X.shape[0]:
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{[X.shape[0], len(y)]}"
            )
        weights = self._validate_sample_weight(sample_weight, y)
        return X, y, weights

    def _validate_sample_weight(self, sample_weight, y):
        """Sample weights as float64 of shape (n_samples,)."""
        weights = validate_sample_weight(sample_weight, np.empty((len(y), 0)))
        return np.ones(len(y)) if weights is None else weights

    def _make_sample(self, X, y, weights, rng):
        """Fit the preprocessing, merge equal rows and deal out the folds."""
        used = np.flatnonzero(weights > 0)  # the others are as if they were not there
        if len(used) < 2:
            raise ValueError(
                f"Found n_samples = {len(used)} with a positive sample_weight: two are needed."
            )
        X_used = X if len(used) == len(y) else _safe_indexing(X, used)
        self.is_categorical_ = categorical_columns(X, self.categorical_features)
        n_numbers = int((~self.is_categorical_).sum())
        n_bins = rules.n_bins(n_numbers) if self.n_bins == "auto" else self.n_bins
        self._inputs = Inputs.fitted(X_used, weights[used], self.is_categorical_, n_bins)
        self.preprocessor_ = self._inputs.preprocessor
        units = Units.of(self._inputs.keys(X_used, rng), Units.target_keys(y[used]), weights[used])

        strata = self._strata(y[used][units.rows])
        n_folds = self._n_folds(strata)
        fold, order, place = deal_order(deal_folds(units, strata, n_folds))
        rows, weight = used[units.rows[order]], units.weight[order]
        table = Table(
            inputs=self._inputs(X, rows),
            n_plain=self._inputs.n_plain,
            targets=self._encode(y[rows], weight, fold, n_folds),
            sample_weight=weight,
            fold=fold,
            n_folds=n_folds,
        )
        return Sample(X, y, weights, used, rows, place[units.unit_of], table)

    def _n_folds(self, strata):
        """Folds: half as many as members; fewer, with a warning, where there are few rows."""
        n_folds, largest = self.n_members // 2, int(np.bincount(strata).max())
        if largest >= n_folds:
            return n_folds
        few = (
            f"no class has more than {largest} distinct rows"
            if strata.any()
            else f"there are {largest} distinct rows"
        )
        warn_user(
            f"n_members={self.n_members} asks for {n_folds} folds, but {few}: "
            f"{max(2, largest)} folds are made."
        )
        return max(2, largest)

    # -- training ---------------------------------------------------------------------------------

    def _train(self, trainings, sample, given, n_epochs):
        if getattr(self, "_skl_callbacks", None):
            interrupted = _train_with_callbacks(self, trainings, sample, given, n_epochs)
        else:
            interrupted = train(trainings, self.n_jobs, self._report)
        if interrupted:
            warn_user("Training interrupted by user.")
        if any(one.oof is None or not np.isfinite(one.oof).all() for one in trainings):
            raise ValueError(
                "Training diverged: the out-of-fold predictions are not finite. Try a smaller "
                f"learning_rate, got {self.learning_rate!r}."
            )

    def _report(self, trainings):
        if self.verbose:
            for one in trainings:
                print(
                    f"Epoch {len(one.loss_curve)}, {one.kind.name} members: "
                    f"loss = {one.loss_curve[-1]:.6f}, "
                    f"out-of-fold score = {one.validation_scores[-1]:.6f}"
                )
        return False

    def _publish(self, trainings, sample):
        """Set all that a fit leaves behind, from the best epochs so far."""
        out_of_fold = self._conclude([one.oof for one in trainings], sample.table, sample.table_y)
        n_iter = max(len(one.loss_curve) for one in trainings)
        self.n_iter_ = n_iter
        self.loss_curve_ = _columns([one.loss_curve for one in trainings], n_iter)
        self.validation_scores_ = _columns([one.validation_scores for one in trainings], n_iter)
        self.best_iteration_ = np.array([one.best_epoch for one in trainings])
        self._kinds = [Fitted(one.kind, one.best()) for one in trainings]
        self._publish_members()
        self._publish_out_of_fold(sample, out_of_fold[sample.places])

    def _publish_members(self):
        """``coefs_`` and ``intercepts_`` of each member, as views."""
        networks = [kind.network for kind in self._kinds]
        self.coefs_ = [
            [W[k] for W in network.weights()]
            for network in networks
            for k in range(len(network.params))
        ]
        self.intercepts_ = [
            [b[k] for b in network.biases()]
            for network in networks
            for k in range(len(network.params))
        ]

    # -- prediction -------------------------------------------------------------------------------

    def _over_blocks(self, X, combine, axis=0):
        """What ``combine`` makes of the members' raw scores, some rows of X at a time.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        combine : callable(*scores) -> ndarray
            Of those of the two kinds, each float64 of shape (n_folds, n_rows, n_outputs).
        axis : int, default=0
            That of the rows in what it returns.
        """
        check_is_fitted(self)
        X = validate_table(self, X, reset=False)
        kinds = [kind.in_double() for kind in self._kinds]
        return np.concatenate(
            [combine(*(kind.scores(block) for kind in kinds)) for block in self._inputs.blocks(X)],
            axis=axis,
        )

    # -- conventions ------------------------------------------------------------------------------

    def _described_state(self):
        state = plain.described(super()._described_state())
        for name in ("coefs_", "intercepts_", "_inputs"):  # views, and what is made of the others
            state.pop(name, None)
        return state

    def _restore(self, state):
        super()._restore(plain.rebuilt(state))
        if "_kinds" in vars(self):
            self._inputs = Inputs.of(self.preprocessor_, self.is_categorical_)
            self._publish_members()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


@with_callbacks
def _train_with_callbacks(estimator, trainings, sample, given, n_epochs):
    """Train under the eyes of scikit-learn's callbacks; returns whether Ctrl-C ended it."""
    tasks = FitTasks(estimator, *given, n_epochs)

    def attributes():
        """Those of the estimator as Ctrl-C would leave it now."""
        fitted = copy.copy(estimator)
        fitted._publish(trainings, sample)
        return vars(fitted)

    def on_epoch(running):
        stop = estimator._report(running) | tasks.end_epoch(attributes)
        if not stop and any(one.n_epochs_ahead for one in trainings):
            tasks.begin_epoch()
        return stop

    tasks.begin_epoch()
    interrupted = train(trainings, estimator.n_jobs, on_epoch)
    tasks.end(attributes)
    return interrupted


def _columns(lists, length):
    """Lists as the columns of an array; NaN where one is shorter."""
    out = np.full((length, len(lists)), np.nan)
    for j, values in enumerate(lists):
        out[: len(values), j] = values
    return out
