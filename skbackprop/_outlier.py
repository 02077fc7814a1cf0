"""BackpropOutlierDetector."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from ._autoencoder import BackpropAutoencoder
from ._estimator.base import unchanged_on_error
from ._estimator.data import FLOATS
from ._estimator.sklearn_compat import Interval, StrOptions, _check_sample_weight, _fit_context
from ._estimator.typing import Contamination, Criterion, RandomState
from .core.density import CodeAndResidualDensity, weighted_quantile

_FEATURES_A_COMPONENT = 4 / 3  # the default code has three quarters of the features


class BackpropOutlierDetector(OutlierMixin, BaseEstimator):
    """Outlier detection by an autoencoder.

    Parameters
    ----------
    autoencoder : BackpropAutoencoder, default=None
        The autoencoder; it is cloned. None for one with three quarters as many components as
        features, at least one, and the defaults otherwise.
    criterion : {"density", "reconstruction"}, default="density"
        What makes a sample normal.

        - "density": the log-density under a Gaussian of the residual, with a variance a feature,
          and a Gaussian of the code, with a full covariance. With a linear autoencoder that is
          probabilistic PCA.
        - "reconstruction": a small reconstruction error. It is blind along the code.
    contamination : "auto" or float, default="auto"
        Share of outliers in the training data, in (0, 0.5], which sets ``offset_``. "auto" takes
        Tukey's fence: the lower quartile of the training scores less 1.5 times the distance of the
        quartiles.
    random_state : int, RandomState instance or None, default=None
        Set as the autoencoder's, unless it has one of its own.

    Attributes
    ----------
    autoencoder_ : BackpropAutoencoder
        The fitted autoencoder.
    offset_ : float
        Scores below it are outliers: ``decision_function = score_samples - offset_``.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of features seen in ``fit``, where all are strings.

    See Also
    --------
    BackpropAutoencoder : The autoencoder.

    Notes
    -----
    The default size of the code and the floor of the residual variances (0.01, in units of the
    features' mean variance) were chosen on four public anomaly data sets: cardio, letter,
    satimage-2 and thyroid.

    References
    ----------
    .. [1] Tipping & Bishop (1999), "Probabilistic principal component analysis".

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop import BackpropOutlierDetector
    >>> X = np.random.RandomState(0).standard_normal((200, 2))
    >>> detector = BackpropOutlierDetector(random_state=0).fit(X)
    >>> detector.predict([[0.0, 0.1], [9.0, -9.0]])
    array([ 1, -1])
    """

    _parameter_constraints: dict = {
        "autoencoder": [BackpropAutoencoder, None],
        "criterion": [StrOptions({"density", "reconstruction"})],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        autoencoder: BackpropAutoencoder | None = None,
        *,
        criterion: Criterion = "density",
        contamination: Contamination = "auto",
        random_state: RandomState = None,
    ):
        self.autoencoder = autoencoder
        self.criterion = criterion
        self.contamination = contamination
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    @unchanged_on_error
    def fit(self, X, y=None, sample_weight=None):
        """Fit the autoencoder, the density and the threshold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid. The estimator is then as it was before.
        """
        X = validate_data(self, X, dtype=FLOATS, order="C")
        self.autoencoder_ = self._make_autoencoder(X.shape[1]).fit(X, sample_weight=sample_weight)
        weights = np.ones(len(X))
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        self._density = None
        if self.criterion == "density":
            unit = self._mean_variance(X, weights)
            self._density = CodeAndResidualDensity.estimate(
                *self._code_and_residual(X), weights, unit
            )
        self.offset_ = self._threshold(self._score(X), weights)
        return self

    def _make_autoencoder(self, n_features):
        if self.autoencoder is None:
            n_components = max(1, round(n_features / _FEATURES_A_COMPONENT))
            return BackpropAutoencoder(n_components, random_state=self.random_state)
        autoencoder = clone(self.autoencoder)
        if autoencoder.random_state is None:
            autoencoder.set_params(random_state=self.random_state)
        return autoencoder

    def _threshold(self, scores, weights):
        if self.contamination != "auto":
            return weighted_quantile(scores, self.contamination, weights)
        lower, upper = (weighted_quantile(scores, q, weights) for q in (0.25, 0.75))
        return lower - 1.5 * (upper - lower)

    def _mean_variance(self, X, weights):
        """The mean variance of the features, in units of ``scale_``."""
        if self.autoencoder_.standardize:
            return 1.0
        deviations = X - np.average(X, axis=0, weights=weights)
        return np.average((deviations**2).mean(axis=1), weights=weights) or 1.0

    def _code_and_residual(self, X):
        """Codes, and residuals in units of ``scale_``."""
        autoencoder = self.autoencoder_
        return autoencoder.transform(X), (X - autoencoder.predict(X)) / autoencoder.scale_

    def _score(self, X):
        if self._density is None:
            return self.autoencoder_.score_samples(X)
        return self._density.log_density(*self._code_and_residual(X))

    def score_samples(self, X):
        """How normal the samples are: log-density, or minus the scaled squared error.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Higher is more normal.
        """
        check_is_fitted(self)
        dtype = self.autoencoder_.coefs_[0].dtype
        return self._score(validate_data(self, X, dtype=dtype, order="C", reset=False))

    def decision_function(self, X):
        """``score_samples(X) - offset_``: negative for outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            Negative for outliers.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Say which samples are outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            1 for inliers, -1 for outliers.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)
