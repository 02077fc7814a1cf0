"""The last hidden layer as a transformer: learned features for the next step of a pipeline."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if

from ..core.layers import Dense
from ..core.prediction import feed_forward


class HiddenFeaturesMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """``transform`` to the activations of the last hidden layer; absent without a hidden layer."""

    def transform(self, X):
        """Return the activations of the last hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        A : ndarray of shape (n_samples, n_units)
            The activations, n_units the width of the last hidden layer.
        """
        X = self._validate_new_X(X)
        network = self._synchronised_network()
        output_layer = max(i for i, layer in enumerate(network.layers) if isinstance(layer, Dense))
        return feed_forward(network, X, slice(0, output_layer))

    @property
    def _n_features_out(self):
        return self.coefs_[-1].shape[0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _has_hidden_layer(estimator):
    if "_network" in vars(estimator):
        return len(estimator.coefs_) > 1
    return np.size(estimator.hidden_layer_sizes) > 0


# After the class is made: by then scikit-learn has wrapped ``transform`` for ``set_output``.
for _name in ("transform", "fit_transform", "get_feature_names_out"):
    _method = available_if(_has_hidden_layer)(getattr(HiddenFeaturesMixin, _name))
    setattr(HiddenFeaturesMixin, _name, _method)
