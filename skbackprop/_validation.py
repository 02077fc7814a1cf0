"""The validation set of early stopping, and the score that is watched."""

import copy
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split


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
    X, y : array-like
        The validation set, ``y`` as the user's scorer is to see it.
    Y : ndarray of shape (n_samples, n_outputs)
        The encoded target, for ``scoring="loss"``.
    sample_weight : ndarray of shape (n_samples,) or None
    """

    def __init__(self, estimator, X, y, Y, sample_weight):
        self._estimator = estimator
        self._X, self._y, self._Y = X, y, Y
        self._sample_weight = sample_weight
        scoring = estimator.scoring
        self._scorer = None
        if scoring is not None and scoring != "loss":
            self._scorer = check_scoring(estimator, scoring)

    def __call__(self, network):
        estimator = self._estimator
        if estimator.scoring == "loss":
            return -estimator._mean_loss(network, self._X, self._Y, self._sample_weight)
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


def warn_of_outcome(run, max_iter, incremental):
    """Warn, as scikit-learn does, when a run did not end by convergence."""
    if run.outcome == "interrupted":
        warnings.warn("Training interrupted by user.", UserWarning, stacklevel=5)
    elif run.outcome == "diverged":
        warnings.warn(
            f"Training diverged in epoch {run.n_iter}: the loss or the score is not finite. "
            "Training was stopped. Try a smaller learning_rate_init, max_grad_norm, or scaling "
            "the data.",
            ConvergenceWarning,
            stacklevel=5,
        )
    elif incremental and run.schedule.per_step and run.epochs_before >= max_iter:
        warnings.warn(
            f"The schedule of the learning rate came to its end after max_iter={max_iter} calls of "
            "partial_fit. Increase max_iter, or set learning_rate='constant'.",
            ConvergenceWarning,
            stacklevel=5,
        )
    elif run.outcome == "max_iter" and not (incremental or run.schedule.per_step):
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({max_iter}) reached and the optimization "
            "hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=5,
        )
