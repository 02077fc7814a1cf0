"""TabularClassifier and TabularRegressor."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import _safe_indexing, column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from ._estimator.data import refuse_bad_weights
from ._estimator.sklearn_compat import Interval, StrOptions, _check_y, _fit_context
from ._tables import rules
from ._tables.base import BaseTabular, sorted_by_fold
from ._tables.intervals import check_coverage, cv_plus_interval, cv_plus_set
from ._tables.probabilities import Blend, best_share, softmax
from .core.losses import LOSSES

_CONSTRAINTS = {
    "n_members": [Interval(Integral, 4, None, closed="left")],
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "n_bins": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


class TabularClassifier(ClassifierMixin, BaseTabular):
    """Classifier for tables."""

    _parameter_constraints: dict = {
        **_CONSTRAINTS,
        "label_smoothing": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        n_members=10,
        *,
        hidden_layer_sizes=(64, 64),
        max_iter="auto",
        batch_size="auto",
        learning_rate=1.0,
        label_smoothing="auto",
        n_bins="auto",
        categorical_features="from_dtype",
        class_weight=None,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ):
        self.n_members = n_members
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the ensemble."""
        return self._fit(X, y, sample_weight)

    # -- targets ----------------------------------------------------------------------------------

    def _validate_y(self, y):
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has only one class, {self.classes_[0]!r}; a classifier needs two or more."
            )
        return codes

    def _validate_sample_weight(self, sample_weight, X, y):
        weights = super()._validate_sample_weight(sample_weight, X, y)
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, str):
            totals = np.bincount(y, weights, len(self.classes_))
            by_class = totals.sum() / (np.count_nonzero(totals) * np.where(totals > 0, totals, 1.0))
            return weights * by_class[y]
        by_sample = compute_sample_weight(self.class_weight, self.classes_[y])
        return refuse_bad_weights(weights * by_sample, "class_weight")

    def _strata(self, y):
        return y

    def _encode(self, y, weights, fold, n_folds):
        n_classes, smoothing = len(self.classes_), self.label_smoothing
        smoothing = rules.LABEL_SMOOTHING if smoothing == "auto" else smoothing
        Y = np.full((len(y), n_classes), smoothing / n_classes, np.float32)
        Y[np.arange(len(y)), y] += 1.0 - smoothing
        return Y

    def _make_loss(self):
        return LOSSES["log_loss"](link="softmax")

    def _make_score(self, table, y):
        def accuracy(oof):
            return float(np.average(oof.argmax(axis=1) == y, weights=table.sample_weight))

        return accuracy

    # -- after training ---------------------------------------------------------------------------

    def _conclude(self, table, y):
        first, second = (softmax(np.float64(kind.oof)) for kind in self._kinds)
        self._blend = Blend.fitted(first, second, y, table.sample_weight)
        p = self._blend(first, second)
        self._conformity = sorted_by_fold(1.0 - p[np.arange(len(y)), y], table)
        return p

    def _publish_out_of_fold(self, X, y, sample_weight, used, out_of_fold):
        p = np.empty((len(y), len(self.classes_)))
        p[used] = out_of_fold
        unused = np.setdiff1d(np.arange(len(y)), used)
        if len(unused):
            p[unused] = self.predict_proba(_safe_indexing(X, unused))
        self.oob_decision_function_ = p
        self.oob_score_ = float(accuracy_score(y, p.argmax(axis=1), sample_weight=sample_weight))

    # -- prediction -------------------------------------------------------------------------------

    def _member_probabilities(self, X):
        """Those of the two kinds, not calibrated, each (n_folds, n_samples, n_classes)."""
        inputs = self._validate_new_X(X)
        return [softmax(np.float64(self._scores(kind, inputs))) for kind in self._kinds]

    def predict_proba(self, X):
        """Class probabilities."""
        first, second = self._member_probabilities(X)
        return self._blend(first.mean(axis=0), second.mean(axis=0))

    def predict_log_proba(self, X):
        """Logarithm of the class probabilities."""
        return np.log(self.predict_proba(X))

    def decision_function(self, X):
        """Logarithms of the probabilities; for two classes, the log-odds of the second."""
        log_proba = self.predict_log_proba(X)
        return log_proba[:, 1] - log_proba[:, 0] if log_proba.shape[1] == 2 else log_proba

    def predict(self, X):
        """Predict classes."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_set(self, X, coverage=0.9, *, method="ensemble"):
        """Sets of classes that hold the true one with a given probability."""
        check_coverage(coverage, method)
        first, second = self._member_probabilities(X)
        if method == "cv+":
            return cv_plus_set(self._blend(first, second), self._conformity, coverage)
        p = self._blend(first.mean(axis=0), second.mean(axis=0))
        return 1.0 - p <= self._conformity.quantile(coverage)


class TabularRegressor(RegressorMixin, BaseTabular):
    """Regressor for tables."""

    _parameter_constraints: dict = {
        **_CONSTRAINTS,
        "loss": [StrOptions({"squared_error", "absolute_error", "quantile"})],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        loss="squared_error",
        *,
        quantile=0.5,
        n_members=10,
        hidden_layer_sizes=(64, 64),
        max_iter="auto",
        batch_size="auto",
        learning_rate=1.0,
        n_bins="auto",
        categorical_features="from_dtype",
        n_jobs=None,
        random_state=None,
        verbose=False,
    ):
        self.loss = loss
        self.quantile = quantile
        self.n_members = n_members
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the ensemble."""
        return self._fit(X, y, sample_weight)

    # -- targets ----------------------------------------------------------------------------------

    def _validate_y(self, y):
        y = _check_y(y, multi_output=True, y_numeric=True, estimator=self)
        if y.dtype.kind not in "fiub":
            raise ValueError(f"Unknown label type: y must hold real numbers, got dtype {y.dtype}.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        return y.astype(np.float64)

    def _strata(self, y):
        return np.zeros(len(y), int)

    def _encode(self, y, weights, fold, n_folds):
        """Each member standardises by the rows that it sees, and never predicts beyond them."""
        Y = y.reshape(len(y), -1)
        shape = (n_folds, 1, Y.shape[1])
        self._centre, self._spread = np.empty(shape), np.empty(shape)
        self._low, self._high = np.empty(shape), np.empty(shape)
        targets = np.empty((n_folds, *Y.shape), np.float32)
        for k in range(n_folds):
            seen = fold != k
            centre = np.average(Y[seen], axis=0, weights=weights[seen])
            spread = np.sqrt(np.average((Y[seen] - centre) ** 2, axis=0, weights=weights[seen]))
            spread = np.where(spread > 1e-12 * np.abs(centre), spread, 1.0)
            self._centre[k], self._spread[k] = centre, spread
            self._low[k], self._high[k] = Y[seen].min(axis=0), Y[seen].max(axis=0)
            targets[k] = (Y - centre) / spread
        return targets

    def _make_loss(self):
        if self.loss == "quantile":
            return LOSSES["quantile"](quantile=self.quantile)
        return LOSSES[self.loss]()

    def _loss_of(self, y, weights):
        """The mean loss of predictions, as a function of them."""
        Y = y.reshape(len(y), -1)

        def loss(predicted):
            errors = predicted - Y
            if self.loss == "squared_error":
                errors = errors**2
            elif self.loss == "absolute_error":
                errors = np.abs(errors)
            else:
                errors = np.maximum((1.0 - self.quantile) * errors, -self.quantile * errors)
            return np.average(errors.mean(axis=1), weights=weights)

        return loss

    def _make_score(self, table, y):
        spread = self._spread.mean(axis=(0, 1))
        loss = self._loss_of(y.reshape(len(y), -1) / spread, table.sample_weight)

        def score(oof):
            return -float(loss(self._out_of_fold(oof, table.fold) / spread))

        return score

    def _out_of_fold(self, scores, fold):
        """Predictions in the units of y from raw scores, each by the member that left it out."""
        y = scores * self._spread[fold, 0] + self._centre[fold, 0]
        return np.clip(y, self._low[fold, 0], self._high[fold, 0])

    # -- after training ---------------------------------------------------------------------------

    def _conclude(self, table, y):
        first, second = (self._out_of_fold(kind.oof, table.fold) for kind in self._kinds)
        self._share = best_share(first, second, self._loss_of(y, table.sample_weight))
        predicted = self._share * first + (1.0 - self._share) * second
        errors = y.reshape(len(y), -1) - predicted
        self._offset = np.zeros(self.n_outputs_)
        if self.loss == "quantile":
            self._offset = self._quantiles_of(errors, table)
        predicted, errors = predicted + self._offset, errors - self._offset
        self._residuals = [sorted_by_fold(column, table) for column in np.abs(errors).T]
        return predicted

    def _quantiles_of(self, errors, table):
        """The q-quantile of the out-of-fold errors: what makes predicted quantiles cover q.

        Romano, Patterson & Candès (2019), "Conformalized quantile regression".
        """
        return np.array(
            [sorted_by_fold(column, table).quantile_at(self.quantile) for column in errors.T]
        )

    def _publish_out_of_fold(self, X, y, sample_weight, used, out_of_fold):
        predicted = np.empty((len(y), self.n_outputs_))
        predicted[used] = out_of_fold
        unused = np.setdiff1d(np.arange(len(y)), used)
        if len(unused):
            others = self.predict(_safe_indexing(X, unused))
            predicted[unused] = others.reshape(len(unused), -1)
        self.oob_prediction_ = predicted[:, 0] if self.n_outputs_ == 1 else predicted
        self.oob_score_ = float(r2_score(y, self.oob_prediction_, sample_weight=sample_weight))

    # -- prediction -------------------------------------------------------------------------------

    def _member_predictions(self, X):
        """Blend of the two kinds for each fold: (n_folds, n_samples, n_outputs)."""
        inputs = self._validate_new_X(X)
        first, second = (
            np.clip(self._scores(kind, inputs) * self._spread + self._centre, self._low, self._high)
            for kind in self._kinds
        )
        return self._share * first + (1.0 - self._share) * second + self._offset

    def predict(self, X):
        """Predict targets."""
        y = self._member_predictions(X).mean(axis=0)
        return y[:, 0] if self.n_outputs_ == 1 else y

    def predict_interval(self, X, coverage=0.9, *, method="ensemble"):
        """Intervals that hold the target with a given probability."""
        check_coverage(coverage, method)
        members = self._member_predictions(X)
        ends = [
            self._interval(members[:, :, j], residuals, coverage, method)
            for j, residuals in enumerate(self._residuals)
        ]
        return ends[0] if self.n_outputs_ == 1 else np.stack(ends, axis=1)

    @staticmethod
    def _interval(members, residuals, coverage, method):
        if method == "cv+":
            return cv_plus_interval(members, residuals, coverage)
        centre, reach = members.mean(axis=0), residuals.quantile(coverage)
        return np.column_stack([centre - reach, centre + reach])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
