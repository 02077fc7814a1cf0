"""What is a regressor's own in a tabular estimator."""

import math

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import assert_all_finite

from .._estimator.data import as_vector
from .._estimator.sklearn_compat import _check_y
from ..core.losses import LOSSES
from .base import BaseTabular
from .criterion import Criterion
from .intervals import cv_plus_interval, sorted_by_fold
from .probabilities import best_share
from .target_scale import TargetScale


class BaseTabularRegressor(RegressorMixin, BaseTabular):
    """Numbers as targets, standardised for each member by the rows that it sees."""

    # -- targets ----------------------------------------------------------------------------------

    def _validate_y(self, y):
        y = _check_y(y, multi_output=True, y_numeric=True, estimator=self)
        if y.dtype.kind not in "fiub":
            raise ValueError(f"Unknown label type: y must hold real numbers, got dtype {y.dtype}.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = as_vector(y)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        y = y.astype(np.float64)
        assert_all_finite(y, input_name="y")  # None among objects is NaN now
        return y

    def _strata(self, y):
        return np.zeros(len(y), int)

    def _encode(self, y, weights, fold, n_folds):
        Y = y.reshape(len(y), -1)
        self._scale = TargetScale.of(Y, weights, fold, n_folds)
        return self._scale.standardised(Y).astype(np.float32)

    def _make_loss(self):
        if self.loss == "quantile":
            return LOSSES["quantile"](quantile=self.quantile)
        return LOSSES[self.loss]()

    def _loss_of(self, y, weights):
        """The mean loss of predictions, as a function of them; in standard deviations."""
        Y, spread = y.reshape(len(y), -1), self._scale.spread.mean(axis=(0, 1))

        def loss(predicted):
            errors = (predicted - Y) / spread
            if self.loss == "squared_error":
                errors = errors**2
            elif self.loss == "absolute_error":
                errors = np.abs(errors)
            else:
                errors = np.maximum((1.0 - self.quantile) * errors, -self.quantile * errors)
            return np.average(errors.mean(axis=1), weights=weights)

        return loss

    def _make_criterion(self, table, y):
        loss = self._loss_of(y, table.sample_weight)

        def score(oof):
            return -float(loss(self._scale.predictions(oof, table.fold)))

        def error(score):
            return math.sqrt(-score) if self.loss == "squared_error" else -score

        return Criterion(score, error)

    # -- after training ---------------------------------------------------------------------------

    def _conclude(self, scores, table, y):
        first, second = (self._scale.predictions(one, table.fold) for one in scores)
        self._share = best_share(first, second, self._loss_of(y, table.sample_weight))
        predicted = self._mean_of_kinds(first, second)
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

    def _publish_out_of_fold(self, sample, out_of_fold):
        y, predicted = sample.y, sample.of_all_rows(out_of_fold, self._predictions)
        self.oob_prediction_ = predicted[:, 0] if self.n_outputs_ == 1 else predicted
        largest = max(float(np.abs(y).max()), np.finfo(float).tiny)  # squares do not overflow
        self.oob_score_ = float(
            r2_score(
                y / largest, self.oob_prediction_ / largest, sample_weight=sample.sample_weight
            )
        )

    # -- prediction -------------------------------------------------------------------------------

    def _mean_of_kinds(self, first, second):
        return self._share * first + (1.0 - self._share) * second

    def _blended(self, first, second):
        """Predictions for each fold, (n_folds, n_samples, n_outputs), from raw scores."""
        first, second = self._scale.predictions(first), self._scale.predictions(second)
        return self._mean_of_kinds(first, second) + self._offset

    def _predictions(self, X):
        """Those of the ensemble, (n_samples, n_outputs)."""
        return self._over_blocks(X, lambda *scores: self._blended(*scores).mean(axis=0))

    def _intervals(self, X, coverage, method):
        """Those of the ensemble, (n_samples, n_outputs, 2)."""
        if method == "cv+":
            members = self._over_blocks(X, self._blended, axis=1)
            ends = [
                cv_plus_interval(members[:, :, j], residuals, coverage)
                for j, residuals in enumerate(self._residuals)
            ]
            return np.stack(ends, axis=1)
        centre = self._predictions(X)
        reach = np.array([residuals.quantile(coverage) for residuals in self._residuals])
        return np.stack([centre - reach, centre + reach], axis=-1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
