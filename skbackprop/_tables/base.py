"""The course of a fit of the tabular estimators."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing, check_array, check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, validate_data

from .._estimator.base import unchanged_on_error
from .._estimator.data import validate_sample_weight
from .._estimator.parameters import hidden_widths
from .._estimator.pickling import PicklingMixin
from .._estimator.threads import threads_for
from .._estimator.warn import warn_user
from ..core.noise import sample_keys
from ..core.prediction import feed_forward
from . import plain, rules
from .columns import (
    categorical_columns,
    is_frame,
    make_preprocessor,
    n_plain_inputs,
    refuse_bad_columns,
)
from .folds import Units, deal_folds
from .intervals import SortedByFold
from .kinds import KINDS, Options, Table, train_kind

_CHUNK = 4096  # rows that are preprocessed at a time


class BaseTabular(PicklingMixin, BaseEstimator, ABC):
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
    def _make_score(self, table, y):
        """A function from raw out-of-fold scores to what chooses the epoch; higher is better."""

    @abstractmethod
    def _conclude(self, table, y):
        """Choose blend and calibration; returns the out-of-fold predictions."""

    @abstractmethod
    def _publish_out_of_fold(self, X, y, sample_weight, used, out_of_fold):
        """Set ``oob_score_`` and the like."""

    # -- fit --------------------------------------------------------------------------------------

    @unchanged_on_error
    def _fit(self, X, y, sample_weight):
        self._refuse_bad_parameters()
        X, y = self._validate_training_data(X, y)
        weights = self._validate_sample_weight(sample_weight, X, y)
        used = np.flatnonzero(weights > 0)  # the others are as if they were not there
        if len(used) < 2:
            raise ValueError(
                f"Found n_samples = {len(used)} with a positive sample_weight: two are needed."
            )
        with np.errstate(all="ignore"):
            units = self._fit_preprocessor(X, y, weights, used)
            rows, places, table = self._make_table(X, y, used, units)
            self._train(table, y[rows])
            out_of_fold = self._conclude(table, y[rows])[places]
            self._publish_history()
            self._publish_out_of_fold(X, y, weights, used, out_of_fold)
        return self

    def _refuse_bad_parameters(self):
        if self.n_members % 2:
            raise ValueError(
                f"n_members must be even, got {self.n_members}: half of the members see the "
                "piecewise linear encoding, half do not."
            )

    def _validate_training_data(self, X, y):
        X = self._validate_X(X, reset=True)
        y = self._validate_y(y)
        if len(y) != X.shape[0]:
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{[X.shape[0], len(y)]}"
            )
        return X, y

    def _validate_X(self, X, *, reset):
        """A DataFrame as it is, anything else as a 2-D array; without infinity or dates."""
        if is_frame(X):
            if reset and 0 in X.shape:
                check_array(np.empty(X.shape), input_name="X")  # says what is missing
            validate_data(self, X, reset=reset, skip_check_array=True)
        else:
            named = not (
                self.categorical_features is None or isinstance(self.categorical_features, str)
            )
            X = validate_data(
                self,
                X,
                reset=reset,
                dtype=None if named else "numeric",
                ensure_all_finite=False if named else "allow-nan",
            )
        if reset:
            self.is_categorical_ = categorical_columns(X, self.categorical_features)
        refuse_bad_columns(X, self.is_categorical_)
        return X

    def _validate_sample_weight(self, sample_weight, X, y):
        """Sample weights of mean about one, as float64 of shape (n_samples,)."""
        weights = validate_sample_weight(sample_weight, np.empty((X.shape[0], 0)))
        return np.ones(X.shape[0]) if weights is None else weights

    def _fit_preprocessor(self, X, y, weights, used):
        """Fit the preprocessing on the rows in use, and merge those that are equal."""
        X_used = X if len(used) == len(y) else _safe_indexing(X, used)
        n_numbers = int((~self.is_categorical_).sum())
        n_bins = rules.n_bins(n_numbers) if self.n_bins == "auto" else self.n_bins
        with config_context(enable_metadata_routing=True, transform_output="default"):
            self.preprocessor_ = make_preprocessor(self.is_categorical_, n_bins)
            routed = {"sample_weight": weights[used]} if n_numbers else {}
            self.preprocessor_.fit(X_used, **routed)
        self._n_plain = n_plain_inputs(self.preprocessor_)
        input_keys = np.concatenate(
            [sample_keys(block[:, : self._n_plain])[:, 0] for block in self._blocks(X_used)]
        )
        target_keys = sample_keys(y[used].reshape(len(used), -1).astype(np.float64))[:, 0]
        return Units.of(input_keys, target_keys, weights[used])

    def _blocks(self, X):
        """The inputs of the networks, some rows at a time."""
        for start in range(0, X.shape[0], _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, X.shape[0]))
            with config_context(transform_output="default"):
                yield self.preprocessor_.transform(_safe_indexing(X, rows)).astype(
                    np.float32, copy=False
                )

    def _inputs(self, X):
        """The inputs of the networks, float32, of shape (n_samples, n_inputs)."""
        out, start = None, 0
        for block in self._blocks(X):
            if out is None:
                out = np.empty((X.shape[0], block.shape[1]), np.float32)
            out[start : start + len(block)] = block
            start += len(block)
        return out

    def _make_table(self, X, y, used, units):
        """The table in the order of its folds; the rows of X, and the place of each row in use."""
        y_units = y[used][units.rows]
        strata = self._strata(y_units)
        n_folds = self._n_folds(strata)
        fold = deal_folds(units, strata, n_folds)
        order = np.argsort(fold, kind="stable")
        rows, fold, weight = used[units.rows[order]], fold[order], units.weight[order]
        place = np.empty(len(order), int)
        place[order] = np.arange(len(order))
        targets = self._encode(y[rows], weight, fold, n_folds)
        inputs = self._inputs(_safe_indexing(X, rows))
        table = Table(inputs, self._n_plain, targets, weight, fold, n_folds)
        return rows, place[units.unit_of], table

    def _n_folds(self, strata):
        """Folds: half as many as members; fewer, with a warning, where all classes are small."""
        n_folds, largest = self.n_members // 2, int(np.bincount(strata).max())
        if largest >= n_folds:
            return n_folds
        warn_user(
            f"n_members={self.n_members} asks for {n_folds} folds, but no class has more than "
            f"{largest} distinct rows: {max(2, largest)} folds are made."
        )
        return max(2, largest)

    def _train(self, table, y):
        n_samples = len(table.inputs)
        options = Options(
            hidden=tuple(hidden_widths(self.hidden_layer_sizes)),
            n_epochs=rules.n_epochs(n_samples) if self.max_iter == "auto" else self.max_iter,
            batch_size=rules.batch_size(n_samples)
            if self.batch_size == "auto"
            else self.batch_size,
            rate_factor=self.learning_rate,
        )
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=len(KINDS))
        loss, score = self._make_loss(), self._make_score(table, y)
        largest = options.batch_size * table.inputs.shape[1] * max((1, *options.hidden))
        with threads_for(largest):
            self._kinds = Parallel(n_jobs=self.n_jobs, require="sharedmem")(
                delayed(train_kind)(kind, table, loss, score, options, seed, self._watch)
                for kind, seed in zip(KINDS, seeds, strict=True)
            )
        if any(kind.interrupted for kind in self._kinds):
            warn_user("Training interrupted by user.")
        if any(kind.oof is None or not np.isfinite(kind.oof).all() for kind in self._kinds):
            raise ValueError(
                "Training diverged: the out-of-fold predictions are not finite. Try a smaller "
                f"learning_rate, got {self.learning_rate!r}."
            )

    def _watch(self, trained):
        if self.verbose:
            print(
                f"[{trained.kind.name}] epoch {len(trained.loss_curve)}, "
                f"loss = {trained.loss_curve[-1]:.6f}, "
                f"out-of-fold score = {trained.validation_scores[-1]:.6f}"
            )
        return False

    def _publish_history(self):
        kinds = self._kinds
        n_iter = max(len(kind.loss_curve) for kind in kinds)
        self.n_iter_ = n_iter
        self.loss_curve_ = _columns([kind.loss_curve for kind in kinds], n_iter)
        self.validation_scores_ = _columns([kind.validation_scores for kind in kinds], n_iter)
        self.best_iteration_ = np.array([kind.best_epoch for kind in kinds])
        for kind in kinds:
            kind.oof = None
        self._publish_members()

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

    def _validate_new_X(self, X):
        check_is_fitted(self)
        return self._inputs(self._validate_X(X, reset=False))

    def _scores(self, kind, inputs):
        """Raw scores of the members of one kind, shape (n_folds, n_samples, n_outputs)."""
        seen = inputs if kind.kind.encodes else inputs[:, : self._n_plain]
        return feed_forward(kind.network, seen)

    def _described_state(self):
        state = plain.described(super()._described_state())
        state.pop("coefs_", None)  # views of the members' parameters
        state.pop("intercepts_", None)
        return state

    def _restore(self, state):
        super()._restore(plain.rebuilt(state))
        if "_kinds" in vars(self):
            self._publish_members()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def _columns(lists, length):
    """Lists as the columns of an array; NaN where one is shorter."""
    out = np.full((length, len(lists)), np.nan)
    for j, values in enumerate(lists):
        out[: len(values), j] = values
    return out


def sorted_by_fold(values, table):
    """Scores of the training rows, for intervals; weights below one a row are scaled up to that."""
    weights = table.sample_weight * max(1.0, len(values) / table.sample_weight.sum())
    return SortedByFold(values, weights, table.folds)
