"""BackpropRegressor."""

from numbers import Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length

from ._docstrings import documented
from ._estimator.base import BaseBackprop
from ._estimator.data import TrainingData, validate_sample_weight
from ._estimator.features import HiddenFeaturesMixin
from ._estimator.sklearn_compat import Interval, StrOptions, _check_y, _fit_context
from .core.losses import LINKS, LOSSES
from .core.prediction import feed_forward


@documented(
    loss="""
        {"squared_error", "poisson", "absolute_error", "huber", "quantile"}
        "squared_error" is half the squared error; "poisson" half the Poisson deviance, with the
        exponential as output activation; "quantile" the pinball loss.""",
    huber_delta="""
        float
        Residual at which the "huber" loss turns from quadratic to linear, in units of y.""",
    quantile="""
        float
        The quantile in (0, 1) that ``loss="quantile"`` predicts.""",
)
class BackpropRegressor(HiddenFeaturesMixin, RegressorMixin, BaseBackprop):
    """Multi-layer perceptron regressor with backpropagation written from scratch.

    A superset of scikit-learn's :class:`~sklearn.neural_network.MLPRegressor`: the same parameters
    and the same integer ``random_state`` give the same model. For one or many outputs, on dense or
    sparse data.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    BackpropClassifier : The same for classification.
    sklearn.neural_network.MLPRegressor : The estimator that this one extends.

    Notes
    -----
    The objective is (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ, where a sample's loss ℓᵢ is summed over outputs.
    The *reported* loss is, as in scikit-learn, the mean over outputs for all losses but "poisson".

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop import BackpropRegressor
    >>> X = np.linspace(-3, 3, 200).reshape(-1, 1)
    >>> reg = BackpropRegressor(
    ...     hidden_layer_sizes=(20,),
    ...     activation="tanh",
    ...     solver="lbfgs",
    ...     max_iter=1000,
    ...     random_state=0,
    ... )
    >>> reg.fit(X, np.sin(X[:, 0])).score(X, np.sin(X[:, 0])) > 0.999
    True
    """

    _parameter_constraints: dict = {
        **BaseBackprop._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber", "quantile"})],
        "huber_delta": [Interval(Real, 0, None, closed="neither")],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        init="glorot_uniform",
        huber_delta=1.0,
        quantile=0.5,
        dropout=0.0,
        normalization=None,
        weight_decay=0.0,
        max_grad_norm=None,
        scoring=None,
    ):
        self._store_parameters(locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network to training data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            A validation set for early stopping, instead of a share of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Its sample weights.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or the weights did not stay finite. The
            estimator is then as it was before.
        """
        return self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val))

    @available_if(lambda self: self._check_stochastic())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, taken as they are: a weight of 2 doubles a sample's gradient.

        Returns
        -------
        self : object
            The estimator after the epoch.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or the weights did not stay finite. The
            estimator is then as it was before.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    # -- hooks ------------------------------------------------------------------------------------

    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        X, y = self._validate_X(X, y, continuing=continuing, multi_output=True, y_numeric=True)
        Y = self._encode(y, X.dtype, "y")
        return TrainingData(X, Y, self._validate_sample_weight(sample_weight, X, Y, incremental))

    def _encode(self, y, dtype, name):
        """Targets of shape (n_samples, n_outputs)."""
        if y.dtype.kind not in "fiub":
            raise ValueError(
                f"Unknown label type: {name} must hold real numbers, got dtype {y.dtype}."
            )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' needs non-negative {name}; its minimum is {y.min()}.")
        return np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)

    def _validation_data(self, X_val, y_val, sample_weight_val, dtype):
        X_val = self._validate_X(X_val, dtype=dtype)
        y_val = _check_y(y_val, multi_output=True, y_numeric=True, estimator=self)
        check_consistent_length(X_val, y_val)
        weights = validate_sample_weight(sample_weight_val, X_val, "sample_weight_val")
        return TrainingData(X_val, self._encode(y_val, X_val.dtype, "y_val"), weights)

    def _make_loss(self):
        options = {
            "huber": {"huber_delta": self.huber_delta},
            "quantile": {"quantile": self.quantile},
        }
        loss = LOSSES[self.loss]
        return loss(link=loss.links[0], **options.get(self.loss, {}))

    def _scored_target(self, Y):
        return Y[:, 0] if Y.shape[1] == 1 else Y

    def _default_score(self, network, X, y, sample_weight):
        predicted = self._from_scores(feed_forward(network, X), network_link=self._make_loss().link)
        if not np.isfinite(predicted).all():
            return np.nan
        return r2_score(y, predicted, sample_weight=sample_weight)

    # -- prediction -------------------------------------------------------------------------------

    @staticmethod
    def _from_scores(z, network_link):
        with np.errstate(over="ignore"):
            LINKS[network_link].predict(z, z)
        return z[:, 0] if z.shape[1] == 1 else z

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted values.
        """
        z = self._raw_scores(X)
        return self._from_scores(z, self.out_activation_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
