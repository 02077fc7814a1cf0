"""BackpropRegressor."""

from __future__ import annotations

from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_consistent_length

from ._estimator.base import BaseBackprop
from ._estimator.data import TrainingData, as_vector, validate_sample_weight
from ._estimator.features import HiddenFeaturesMixin
from ._estimator.sklearn_compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    _check_y,
    _fit_context,
    available_if,
)
from ._estimator.typing import (
    Activations,
    BatchSize,
    Bool,
    Float,
    Init,
    Int,
    LayerSizes,
    LearningRate,
    MatrixLike,
    Normalization,
    RandomState,
    Rates,
    RegressorLoss,
    Scoring,
    Solver,
    Verbose,
)
from .core.losses import LINKS, LOSSES
from .core.prediction import feed_forward


class BackpropRegressor(HiddenFeaturesMixin, RegressorMixin, BaseBackprop):
    """Multi-layer perceptron regressor with backpropagation written from scratch.

    A superset of scikit-learn's :class:`~sklearn.neural_network.MLPRegressor`: the same parameters
    and the same integer ``random_state`` give the same model. It handles one or several outputs,
    with dense or sparse data.

    Parameters
    ----------
    loss : {"squared_error", "poisson", "absolute_error", "huber", "quantile"}, \
        default="squared_error"
        "squared_error" is half the squared error, "poisson" half the Poisson deviance with the
        exponential as output activation, "quantile" the pinball loss.

    hidden_layer_sizes : int or array-like of int, default=(100,)
        Number of units in each hidden layer. An empty sequence, ``()``, gives a linear model.

    activation : {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", \
        "softplus", "gelu", "silu", "mish"}, Activation, or list of these, default="relu"
        Activation function of the hidden layers; a list has one for each hidden layer.

    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        Optimization algorithm.

        - "sgd": mini-batch gradient descent with momentum.
        - "adam": the method of Kingma & Ba (2015).
        - "lbfgs": a quasi-Newton method on the whole training set, suited to small data sets.

    alpha : float, default=0.0001
        Strength of the L2 penalty α/2 ‖W‖², which is divided by the (weighted) number of samples.
        Biases are not penalised.

    batch_size : int or "auto", default="auto"
        Number of samples in a mini-batch; "auto" means ``min(200, n_samples)``. Ignored by "lbfgs".

    learning_rate : {"constant", "invscaling", "adaptive", "cosine", "one_cycle", "coslog4"} \
        or callable, default="constant"
        Learning rate schedule of "sgd" and "adam". Ignored by "lbfgs".

        - "constant": ``learning_rate_init`` throughout.
        - "invscaling": ``learning_rate_init / (t + 1) ** power_t`` after t samples.
        - "adaptive": the rate is divided by 5 whenever ``n_iter_no_change`` consecutive epochs
          bring no improvement of at least ``tol``; training stops once it has fallen to 1e-6.
        - "cosine": the rate falls to zero over ``max_iter`` epochs along half a cosine, updated at
          every step.
        - "one_cycle": the rate rises during the first 30 % of ``max_iter`` epochs, then falls to
          almost zero.
        - "coslog4": the rate rises and falls in four cycles, each twice as long as the one before,
          step by step over ``max_iter`` epochs (Holzmüller et al., 2024).
        - callable(progress) -> factor: ``learning_rate_init`` is multiplied by the factor. Called
          before each step with the fraction of ``max_iter`` epochs completed so far, in [0, 1].

    learning_rate_init : float, default=0.001
        Initial learning rate; the peak rate for "one_cycle". Ignored by "lbfgs".

    power_t : float, default=0.5
        Exponent of the "invscaling" schedule.

    max_iter : int, default=200
        Maximum number of epochs, or of iterations for "lbfgs".

    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Ignored by "lbfgs".

    random_state : int, RandomState instance or None, default=None
        Determines the random initial weights, the validation split, the order of the samples and
        all noise during training. Pass an int for reproducible results.

    tol : float, default=0.0001
        Smallest improvement of the training loss, or of the validation score, that counts as one:
        training stops after ``n_iter_no_change`` consecutive epochs without it. For "lbfgs", the
        tolerance on the largest component of the gradient.

    verbose : bool or int, default=False
        Whether to print the loss (and the validation score) of each epoch.

    warm_start : bool, default=False
        Whether ``fit`` continues from the solution of the previous call, with the optimizer's
        moments; the count of epochs without improvement and the best score start afresh.

    momentum : float, default=0.9
        Momentum of "sgd", in [0, 1].

    nesterovs_momentum : bool, default=True
        Whether "sgd" uses Nesterov's momentum.

    early_stopping : bool, default=False
        Whether to monitor a score on a validation set instead of the training loss. Training stops
        when the score has not improved by ``tol`` for ``n_iter_no_change`` consecutive epochs, and
        the weights of the best epoch are restored. Available with every solver.

    validation_fraction : float, default=0.1
        Fraction of the training data set aside as the validation set for early stopping, unless
        ``fit`` is given one.

    beta_1 : float, default=0.9
        Exponential decay rate of the first moment in "adam", in [0, 1).

    beta_2 : float, default=0.999
        Exponential decay rate of the second moment in "adam", in [0, 1).

    epsilon : float, default=1e-8
        Constant for numerical stability in "adam".

    n_iter_no_change : int or inf, default=10
        Number of consecutive epochs without improvement after which training stops; ``np.inf``
        for no such limit.

    max_fun : int, default=15000
        Maximum number of loss evaluations by "lbfgs".

    init : {"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", \
        "lecun_normal"}, callable or list, default="glorot_uniform"
        Initial weights and biases.

        - "glorot_uniform": scikit-learn's scheme, which draws the biases too. With the other names
          biases start at zero.
        - callable(rng, fan_in, fan_out) -> W or (W, b): called once per layer, from input to
          output, with the ``RandomState`` of the fit. W has shape (fan_in, fan_out), b has shape
          (fan_out,) and is zero if omitted.
        - list of (W, b): one pair per layer.

    huber_delta : float, default=1.0
        Residual at which the "huber" loss changes from quadratic to linear, in units of y.

    quantile : float, default=0.5
        Quantile in (0, 1) that the model predicts with ``loss="quantile"``.

    dropout : float or list of float, default=0.0
        Fraction of the activations of the hidden layers that are set to zero at random during
        training, in [0, 1); the others are scaled up (inverted dropout). A list has one rate for
        each hidden layer. Not available with "lbfgs".

    normalization : {"layer", "batch"} or None, default=None
        Normalization before the activation function of each hidden layer.

    weight_decay : float, default=0.0
        Decoupled weight decay: each step multiplies the weights by 1 − learning rate ·
        ``weight_decay``. Biases do not decay. Ignored by "lbfgs".

    max_grad_norm : float or None, default=None
        Gradients whose L2 norm over all parameters exceeds this value are scaled down to it.
        Ignored by "lbfgs".

    scoring : str, callable or None, default=None
        Score that early stopping monitors: None for the accuracy of a classifier or the R² of a
        regressor, "loss" for the negated loss, the name of a scorer, or
        callable(estimator, X, y) -> float.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weight matrix of each layer.

    intercepts_ : list of ndarray of shape (fan_out,)
        Bias vector of each layer.

    n_features_in_ : int
        Number of features seen during ``fit``.

    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the features seen during ``fit``. Defined only if all names are strings.

    n_layers_ : int
        Number of layers, including the input and the output layer.

    n_outputs_ : int
        Number of output units.

    out_activation_ : str
        Name of the output activation function.

    n_iter_ : int
        Number of epochs (iterations for "lbfgs") of the last call.

    t_ : int
        Number of training samples seen by the solver; zero for "lbfgs".

    loss_ : float
        Loss of the last epoch, including the penalty.

    best_loss_ : float or None
        Lowest loss of the last call; None with early stopping.

    loss_curve_ : list of float
        Loss of each epoch. ``partial_fit`` and warm-started fits append to it.

    validation_scores_ : list of float or None
        Validation score of each epoch; None without early stopping.

    best_validation_score_ : float or None
        Highest validation score of the last call; None without early stopping.

    gradient_norms_ : ndarray of shape (len(`loss_curve_`), `n_layers_` - 1)
        L2 norm of the gradient of the loss with respect to the weights of each layer, at the last
        batch of each epoch. It has `n_iter_` rows after a fit from scratch.

    See Also
    --------
    BackpropClassifier : The corresponding classifier.
    sklearn.neural_network.MLPRegressor : The estimator that this one extends.

    Notes
    -----
    The objective is (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ, where the loss ℓᵢ of a sample is summed over the
    outputs. As in scikit-learn, the *reported* loss is the mean over the outputs, except for
    "poisson".

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
        loss: RegressorLoss = "squared_error",
        hidden_layer_sizes: LayerSizes = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: Float = 0.0001,
        batch_size: BatchSize = "auto",
        learning_rate: LearningRate = "constant",
        learning_rate_init: Float = 0.001,
        power_t: Float = 0.5,
        max_iter: Int = 200,
        shuffle: Bool = True,
        random_state: RandomState = None,
        tol: Float = 1e-4,
        verbose: Verbose = False,
        warm_start: Bool = False,
        momentum: Float = 0.9,
        nesterovs_momentum: Bool = True,
        early_stopping: Bool = False,
        validation_fraction: Float = 0.1,
        beta_1: Float = 0.9,
        beta_2: Float = 0.999,
        epsilon: Float = 1e-8,
        n_iter_no_change: Float = 10,
        max_fun: Int = 15000,
        init: Init = "glorot_uniform",
        huber_delta: Float = 1.0,
        quantile: Float = 0.5,
        dropout: Rates = 0.0,
        normalization: Normalization = None,
        weight_decay: Float = 0.0,
        max_grad_norm: Float | None = None,
        scoring: Scoring = None,
    ):
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.init = init
        self.huber_delta = huber_delta
        self.quantile = quantile
        self.dropout = dropout
        self.normalization = normalization
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
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
    def partial_fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
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

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            if isinstance(self.loss, str):
                raise
            raise InvalidParameterError(
                f"{error} The first parameter of BackpropRegressor is loss, as MLPRegressor's is: "
                "pass hidden_layer_sizes by name."
            ) from None

    # -- hooks ------------------------------------------------------------------------------------

    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        X, y = self._validate_X(X, y, continuing=continuing, multi_output=True, y_numeric=True)
        Y = self._encode(y, X.dtype, "y")
        return TrainingData(X, Y, self._validate_sample_weight(sample_weight, X, Y))

    def _encode(self, y, dtype, name):
        """Targets of shape (n_samples, n_outputs)."""
        if y.dtype.kind not in "fiub":
            raise ValueError(
                f"Unknown label type: {name} must hold real numbers, got dtype {y.dtype}."
            )
        if y.ndim == 2 and y.shape[1] == 1:
            y = as_vector(y)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' needs non-negative {name}; its minimum is {y.min()}.")
        Y = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        assert_all_finite(Y, input_name=name)  # None among objects, too large for single precision
        return Y

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

    def predict(self, X: MatrixLike) -> NDArray[Any]:
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
