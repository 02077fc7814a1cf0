"""What is a classifier's own in a tabular estimator."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from .._estimator.data import as_vector, refuse_bad_weights
from ..core.losses import LOSSES
from . import rules
from .base import BaseTabular
from .columns import is_missing
from .criterion import Criterion
from .intervals import cv_plus_set, sorted_by_fold
from .probabilities import Blend, softmax


class BaseTabularClassifier(ClassifierMixin, BaseTabular):
    """Classes as targets, cross-entropy as loss, calibrated probabilities as predictions."""

    # -- targets ----------------------------------------------------------------------------------

    def _validate_y(self, y):
        y = as_vector(y)
        if y.dtype.kind == "O" and any(map(is_missing, y)):
            raise ValueError("Input y contains NaN or None: rows without a class teach nothing.")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has only one class, {self.classes_.tolist()[0]!r}; "
                "a classifier needs two or more."
            )
        return codes

    def _validate_sample_weight(self, sample_weight, y):
        weights = super()._validate_sample_weight(sample_weight, y)
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

    def _make_criterion(self, table, y):
        def accuracy(oof):
            return float(np.average(oof.argmax(axis=1) == y, weights=table.sample_weight))

        return Criterion(accuracy, error=lambda score: 1.0 - score)

    # -- after training ---------------------------------------------------------------------------

    def _conclude(self, scores, table, y):
        first, second = (softmax(np.float64(one)) for one in scores)
        self._blend = Blend.fitted(first, second, y, table.sample_weight)
        p = self._blend(first, second)
        self._conformity = sorted_by_fold(1.0 - p[np.arange(len(y)), y], table)
        return p

    def _publish_out_of_fold(self, sample, out_of_fold):
        y, p = sample.y, sample.of_all_rows(out_of_fold, self._probabilities)
        self.oob_decision_function_ = p
        self.oob_score_ = float(
            accuracy_score(y, p.argmax(axis=1), sample_weight=sample.sample_weight)
        )

    # -- prediction -------------------------------------------------------------------------------

    def _probabilities(self, X):
        """Those of the ensemble: the members of each kind averaged, then blended."""

        def blended(first, second):
            return self._blend(softmax(first).mean(axis=0), softmax(second).mean(axis=0))

        return self._over_blocks(X, blended)

    def _cv_plus_set(self, X, coverage):
        def blended(first, second):
            return self._blend(softmax(first), softmax(second))

        members = self._over_blocks(X, blended, axis=1)
        return cv_plus_set(members, self._conformity, coverage)
