"""BackpropOutlierDetector."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from ._autoencoder import BackpropAutoencoder
from ._estimator.base import unchanged_on_error
from ._estimator.data import FLOATS
from ._estimator.oddness import Views, combined
from ._estimator.pickling import PicklingMixin
from ._estimator.plain import PlainValues
from ._estimator.sklearn_compat import Interval, StrOptions, _check_sample_weight, _fit_context
from ._estimator.threads import threads_for
from ._estimator.typing import Contamination, Criterion, RandomState
from ._estimator.warn import each_message_once
from .core.density import CodeAndResidualDensity
from .core.neighbours import NeighbourDistance, distinct_rows
from .core.prediction import CHUNK
from .core.tails import (
    MarginalTails,
    UpperTail,
    beyond_fence,
    rounding,
    weighted_quantile,
)

_FEATURES_A_COMPONENT = 4 / 3  # the default code has three quarters of the features
_N_FOLDS = 3  # whose held-out scores say how new samples score
_LEAST_SHARE = 0.005  # contamination="auto" expects that many to lie outside, or more


class BackpropOutlierDetector(OutlierMixin, PicklingMixin, BaseEstimator):
    """Outlier detection by an autoencoder.

    Parameters
    ----------
    autoencoder : BackpropAutoencoder, default=None
        The autoencoder; it is cloned. None for one with three quarters as many components as
        features, at least one, one hidden layer of 64 units before and after the code, 100 epochs,
        and the defaults otherwise.
    criterion : {"tail_probability", "density", "reconstruction"}, default="tail_probability"
        What makes a sample normal.

        - "tail_probability": that many samples are as odd. Oddness is looked for in three places:
          the joint density of code and residual, the tails of the single features, and the
          distance from the nearest training samples [4]_. ``score_samples`` is the log of the
          share of the training distribution that is at least as odd, extrapolated beyond it.
        - "density": the log-density under a Gaussian of the residual, with a variance a feature,
          and a Gaussian of the code, with a full covariance. With a linear autoencoder that is
          probabilistic PCA.
        - "reconstruction": a small reconstruction error. It is blind along the code.
    contamination : "auto" or float, default="auto"
        Share of outliers, which sets ``offset_``.

        - "auto" counts the samples beyond a fence, extrapolated from the median and the upper
          quartile of the oddness of held-out samples, and expects half a per cent at least.
          With "tail_probability", less than one per cent of *new* samples from a Gaussian fall
          below; with the other criteria it may be two.
        - A number in (0, 0.5] is the share of the training data that is called outliers.
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
    sklearn.ensemble.IsolationForest : Cuts along single features; faster, blind to correlations.

    Notes
    -----
    How odd new samples are cannot be learned from the scores of the training samples, which the
    autoencoder knows. So the autoencoder is fitted four times: once to all samples, and to two
    thirds of them, three times, to score the third that is left out. Equal samples are left out
    together. Not so with a number as ``contamination`` and another criterion than
    "tail_probability", or with too few distinct samples for the code: then it is fitted once, and
    the training scores have to do.

    "tail_probability" takes mean and covariance of codes and residuals, and the neighbours, up to
    1024, from three quarters of the training samples, those least odd in their single features, so
    that outliers in the training data do not hide themselves [2]_. Held-out samples turn each
    oddness into a tail probability. That by density *or* that by single features must be small:
    their harmonic mean, with parts of three quarters and one quarter [3]_. The distance from the
    ten nearest neighbours is evidence beside: the two are multiplied. Constants were chosen on
    made-up data and on the public sets cardio and thyroid.

    References
    ----------
    .. [1] Tipping & Bishop (1999), "Probabilistic principal component analysis".
    .. [2] Hubert, Rousseeuw & Verdonck (2012), "A deterministic algorithm for robust location and
       scatter".
    .. [3] Wilson (2019), "The harmonic mean p-value for combining dependent tests".
    .. [4] Sugiyama & Borgwardt (2013), "Rapid distance-based outlier detection via sampling".

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
        "criterion": [StrOptions({"tail_probability", "density", "reconstruction"})],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        autoencoder: BackpropAutoencoder | None = None,
        *,
        criterion: Criterion = "tail_probability",
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
            Sample weights; a weight of k counts as k equal samples, one of zero as none.

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
        with np.errstate(all="ignore"), each_message_once():
            autoencoder = self._make_autoencoder(X.shape[1]).fit(X, sample_weight=sample_weight)
            self.autoencoder_ = autoencoder
            with threads_for(CHUNK * max(W.size for W in autoencoder.coefs_)):
                return self._fit(X, sample_weight)

    def _fit(self, X, sample_weight):
        """Fit the density and the threshold to the fitted autoencoder."""
        weights = np.ones(len(X))
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
            X, weights = X[weights > 0], weights[weights > 0]
        self._views = Views.estimate(self.autoencoder_, self.criterion, X, weights)
        oddness = self._views.oddness(X)
        if not np.isfinite(oddness).all():
            raise ValueError(
                "The scores of the training data are not finite: X has values up to "
                f"{np.abs(X).max():.3g}, too large to be squared. Try scaling the data."
            )
        rtol = np.sqrt(np.finfo(X.dtype).eps)
        if self.criterion == "tail_probability" or self.contamination == "auto":
            oddness = self._held_out_oddness(oddness, X, weights)
            self._tails = [UpperTail.estimate(view, weights, rtol) for view in oddness]
        if self.criterion == "tail_probability":
            self._tail = UpperTail.estimate(self._combined(oddness), weights, rtol)
        if self.contamination == "auto":
            beyond = np.any([beyond_fence(view, weights, rtol) for view in oddness], axis=0)
            share = weights[beyond].sum() / weights.sum()
            threshold = self._score_of_share(max(share, _LEAST_SHARE))
        else:
            threshold = weighted_quantile(self._score(X), self.contamination, weights)
        self.offset_ = threshold - rounding(threshold, rtol)  # equal samples are not told apart
        return self

    def _make_autoencoder(self, n_features):
        if self.autoencoder is None:
            n_components = max(1, round(n_features / _FEATURES_A_COMPONENT))
            return BackpropAutoencoder(
                n_components,
                hidden_layer_sizes=(64,),
                max_iter=100,
                random_state=self.random_state,
            )
        autoencoder = clone(self.autoencoder)
        if autoencoder.random_state is None:
            autoencoder.set_params(random_state=self.random_state)
        return autoencoder

    def _held_out_oddness(self, oddness, X, weights):
        """Oddness of each sample to views that have not seen it, in place of that given."""
        folds = _folds(X, self.autoencoder_.n_components)
        for fold in np.unique(folds[folds >= 0]):
            out = folds == fold
            autoencoder = self._make_autoencoder(X.shape[1])
            if not isinstance(autoencoder.batch_size, str):
                autoencoder.set_params(batch_size=min(autoencoder.batch_size, int((~out).sum())))
            autoencoder.fit(X[~out], sample_weight=weights[~out])
            views = Views.estimate(autoencoder, self.criterion, X[~out], weights[~out])
            oddness[:, out] = views.oddness(X[out])
        return oddness

    def _score(self, X):
        oddness = self._views.oddness(X)
        if self.criterion != "tail_probability":
            return -oddness[0]
        return self._tail.log_probability(self._combined(oddness))

    def _combined(self, oddness):
        """All views in one, each by its tail probability."""
        return combined(
            [tail.log_probability(view) for tail, view in zip(self._tails, oddness, strict=True)]
        )

    def _score_of_share(self, share):
        """The score that a share of new samples falls below."""
        if self.criterion == "tail_probability":
            return float(np.log(share))
        return -self._tails[0].value(np.log(share))

    def score_samples(self, X):
        """How normal the samples are.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Higher is more normal. The log of the tail probability, at most 0; the log-density; or
            minus the mean squared error in units of the autoencoder's ``scale_``.
        """
        check_is_fitted(self)
        dtype = self.autoencoder_.coefs_[0].dtype
        with np.errstate(over="ignore", invalid="ignore"):  # infinite in single precision: refused
            X = validate_data(self, X, dtype=dtype, order="C", reset=False)
        return self._score(X)

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

    # -- pickling ---------------------------------------------------------------------------------

    def _described_state(self):
        state = super()._described_state()
        return {**state, **_PLAIN.describe(_estimates(state))}

    def _restore(self, state):
        super()._restore({**state, **_PLAIN.rebuild(_estimates(state))})


_PLAIN = PlainValues(Views, CodeAndResidualDensity, MarginalTails, NeighbourDistance, UpperTail)


def _estimates(state):
    """The attributes that are objects of the engine."""
    return {name: state[name] for name in ("_views", "_tails", "_tail") if name in state}


def _folds(X, n_components):
    """The fold of each sample, shape (n_samples,): equal samples are in the same.

    -1 for all, none to be held out, where the rest has too few distinct samples for the code.
    """
    distinct = distinct_rows(X)
    n_distinct = distinct.max() + 1
    if n_distinct - -(-n_distinct // _N_FOLDS) <= n_components:
        return np.full(len(X), -1)
    return np.random.RandomState(0).permutation(n_distinct)[distinct] % _N_FOLDS
