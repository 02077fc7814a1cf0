"""What a fitted autoencoder is for: codes, reconstructions, scores, samples."""

from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.losses import LINKS
from ...core.prediction import feed_forward
from ..sklearn_compat import _check_sample_weight


class CodingMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Encodes, decodes and scores with the fitted network of an autoencoder."""

    # -- units ------------------------------------------------------------------------------------

    def _scaled(self, X):
        """X in the units of the network's input."""
        with np.errstate(all="ignore"):
            return (X - self.mean_) / self.scale_ if self.standardize else X

    def _in_units(self, output):
        """Outputs of the network in the units of X."""
        if self._link == "identity" and self.standardize:
            with np.errstate(all="ignore"):
                return output * (self.scale_ * self._varies) + self.mean_  # constants are exact
        return output

    def _from_scores(self, z):
        LINKS[self._link].predict(z, z)
        return self._in_units(z)

    def _explained_variance(self, X, reconstruction, sample_weight):
        """1 − SSE / SST, about the training mean, over all features."""
        X = np.asarray(X, np.float64)  # squares of single precision may overflow
        with np.errstate(all="ignore"):
            error = np.average(((X - reconstruction) ** 2).sum(axis=1), weights=sample_weight)
            total = np.average(((X - self._training_mean) ** 2).sum(axis=1), weights=sample_weight)
        if total == 0.0:  # nothing varies; as r2_score has it
            return float(error == 0.0)
        return float(1.0 - error / total)

    # -- use --------------------------------------------------------------------------------------

    @property
    def _n_features_out(self):
        return self._network.layers[self._network.n_encoder - 1].n_out

    def transform(self, X):
        """Encode: the codes of X; a variational code's mean.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            The codes.
        """
        X = self._scaled(self._validate_new_X(X))
        network = self._synchronised_network()
        return feed_forward(network, X, slice(0, network.n_encoder))

    def inverse_transform(self, X):
        """Decode: the data that the codes stand for, in the units of the training data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            The codes.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            The decoded data.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=self._network.params.dtype, order="C", input_name="X")
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} columns, but inverse_transform expects codes with "
                f"n_components={self._n_features_out}."
            )
        network = self._synchronised_network()
        return self._from_scores(feed_forward(network, codes, slice(network.n_encoder, None)))

    def predict(self, X):
        """Reconstruct X: ``inverse_transform(transform(X))``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        reconstruction : ndarray of shape (n_samples, n_features)
            In the units of X.
        """
        return self._reconstruct(self._validate_new_X(X))

    def _reconstruct(self, X):
        """The reconstruction of validated data."""
        return self._from_scores(feed_forward(self._synchronised_network(), self._scaled(X)))

    def reconstruction_error(self, X, per_feature=False):
        """Squared error of the reconstruction.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        per_feature : bool, default=False
            Whether to return the squared error of each entry, not its mean over features.

        Returns
        -------
        error : ndarray of shape (n_samples,) or (n_samples, n_features)
            In the squared units of X.
        """
        X = self._validate_new_X(X)
        with np.errstate(all="ignore"):
            error = (X - self._reconstruct(X)) ** 2
            return error if per_feature else error.mean(axis=1)

    def score_samples(self, X):
        """Score how normal samples are: minus the mean squared error in units of ``scale_``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Higher is more normal.
        """
        X = self._validate_new_X(X)
        with np.errstate(all="ignore"):
            return -(((X - self._reconstruct(X)) / self.scale_) ** 2).mean(axis=1)

    def score(self, X, y=None, sample_weight=None):
        """Explained variance of the reconstruction: 1 − SSE / SST about the training mean.

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
        score : float
            At most 1; comparable with the explained variance ratio of PCA.
        """
        X = self._validate_new_X(X)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        return self._explained_variance(X, self._reconstruct(X), sample_weight)

    def sample(self, n_samples=1, *, random_state=None):
        """Decode codes drawn from the prior N(0, I) of a variational autoencoder.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.
        random_state : int, RandomState instance or None, default=None
            None for the estimator's own.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The samples.

        Raises
        ------
        ValueError
            If the code is not variational: it has no distribution to draw from; or if
            ``n_samples`` is not a positive whole number.
        """
        check_is_fitted(self)
        if not self.variational:
            raise ValueError(
                "sample needs variational=True: only a variational code has a distribution to draw "
                "from."
            )
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples must be a whole number of at least 1, got {n_samples!r}.")
        rng = check_random_state(self.random_state if random_state is None else random_state)
        return self.inverse_transform(rng.standard_normal((n_samples, self._n_features_out)))
