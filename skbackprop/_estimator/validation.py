"""The validation set of early stopping, and the score that is watched."""

import copy

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split

from ..core.losses import mean_loss
from ..core.prediction import feed_forward


def split_rows(n_samples, stratify, fraction, rng):
    """Rows to train on and rows to validate on, drawn as scikit-learn draws them.

    Only row numbers are split: the data are not copied.

    Raises
    ------
    ValueError
        If fewer than two rows are left for validation.
    """
    train, validation = train_test_split(
        np.arange(n_samples), random_state=rng, test_size=fraction, stratify=stratify
    )
    if len(validation) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    return train, validation


class ValidationScore:
    """Scores a network on a validation set; higher is better.

    Parameters
    ----------
    estimator : estimator
        Its parameters and fitted attributes; a copy of it is given to a scorer.
    data : TrainingData
        The validation set.

    Raises
    ------
    ValueError
        If all its sample weights are zero.
    """

    def __init__(self, estimator, data):
        self._estimator = estimator
        self._X, self._Y = data.X, data.Y
        self._y = estimator._scored_target(data.Y)  # as the user's scorer is to see it
        self._sample_weight = data.sample_weight
        if data.sample_weight is not None and not data.sample_weight.any():
            raise ValueError(
                "sample_weight is zero for all samples of the validation set: there is nothing to "
                "score. Give more samples a weight, or pass a validation set of your own."
            )
        scoring = estimator.scoring
        self._scorer = None
        if scoring is not None and scoring != "loss":
            self._scorer = check_scoring(estimator, scoring)
            if issparse(self._y):  # ranking metrics take dense indicators only
                self._y = self._y.toarray()

    def __call__(self, network):
        estimator = self._estimator
        if estimator.scoring == "loss":
            z = feed_forward(network, self._X)
            return -mean_loss(estimator._make_loss(), z, self._Y, self._sample_weight)
        if self._scorer is None:
            return estimator._default_score(network, self._X, self._y, self._sample_weight)
        kwargs = {} if self._sample_weight is None else {"sample_weight": self._sample_weight}
        X = estimator._scored_input(self._X)
        return float(self._scorer(self._fitted(network), X, self._y, **kwargs))

    def _fitted(self, network):
        """A copy of the estimator that looks fitted, with the present weights."""
        estimator = copy.copy(self._estimator)
        estimator._publish_network(network)
        vars(estimator).pop("feature_names_in_", None)  # the scorer gets arrays
        return estimator
