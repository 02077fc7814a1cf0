"""BackpropClassifier."""

from __future__ import annotations

from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_consistent_length

from ._estimator.base import BaseBackprop, unchanged_on_error
from ._estimator.data import TrainingData, as_vector, refuse_bad_weights, validate_sample_weight
from ._estimator.features import HiddenFeaturesMixin
from ._estimator.sklearn_compat import (
    Interval,
    StrOptions,
    _check_partial_fit_first_call,
    _check_y,
    _fit_context,
    available_if,
)
from ._estimator.typing import (
    Activations,
    BatchSize,
    Bool,
    ClassifierLoss,
    ClassWeight,
    Float,
    Init,
    Int,
    LayerSizes,
    LearningRate,
    MatrixLike,
    Normalization,
    RandomState,
    Rates,
    Scoring,
    Solver,
    Verbose,
)
from .core.losses import LINKS, LOSSES
from .core.prediction import feed_forward


class BackpropClassifier(HiddenFeaturesMixin, ClassifierMixin, BaseBackprop):
    """Multi-layer perceptron classifier with backpropagation written from scratch.

    A superset of scikit-learn's :class:`~sklearn.neural_network.MLPClassifier`: the same parameters
    and the same integer ``random_state`` give the same model. It handles binary, multiclass and
    multilabel problems, with dense or sparse data.

    Parameters
    ----------
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

    loss : {"log_loss", "squared_error"}, default="log_loss"
        "log_loss" is the cross-entropy, "squared_error" half the mean squared error of the
        probabilities (the outputs of the sigmoid or softmax).

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, by which the sample weights are multiplied: ``{label: weight}``, or
        "balanced" for weights inversely proportional to the class frequencies. None gives every
        class the weight one.

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

    label_smoothing : float, default=0.0
        Share ε in [0, 1) of the target probability that is spread evenly over the K classes: the
        targets become (1 − ε) y + ε / K, with K = 2 for each output of binary and multilabel
        problems. ``predict_proba`` then estimates the smoothed probabilities p;
        (p − ε / K) / (1 − ε) undoes the smoothing.

    scoring : str, callable or None, default=None
        Score that early stopping monitors: None for the accuracy of a classifier or the R² of a
        regressor, "loss" for the negated loss, the name of a scorer, or
        callable(estimator, X, y) -> float.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.

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
    BackpropRegressor : The corresponding regressor.
    sklearn.neural_network.MLPClassifier : The estimator that this one extends.

    Notes
    -----
    The objective is (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ over the training set, with sample weights wᵢ.
    ``fit`` normalises the sample weights once, over the training set, so that the gradient of a
    mini-batch is that of the mean of wᵢ ℓᵢ over the batch. ``partial_fit`` uses them unchanged.

    References
    ----------
    .. [1] Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating
       errors".
    .. [2] Kingma & Ba (2015), "Adam: a method for stochastic optimization".

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(16, 8),
    ...     activation="tanh",
    ...     solver="lbfgs",
    ...     max_iter=500,
    ...     random_state=0,
    ... )
    >>> clf.fit(X, y).score(X, y)
    1.0
    >>> clf.transform(X).shape  # the last hidden layer
    (400, 8)
    """

    _parameter_constraints: dict = {
        **BaseBackprop._parameter_constraints,
        "loss": [StrOptions({"log_loss", "squared_error"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
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
        loss: ClassifierLoss = "log_loss",
        class_weight: ClassWeight = None,
        dropout: Rates = 0.0,
        normalization: Normalization = None,
        weight_decay: Float = 0.0,
        max_grad_norm: Float | None = None,
        label_smoothing: Float = 0.0,
        scoring: Scoring = None,
    ):
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
        self.loss = loss
        self.class_weight = class_weight
        self.dropout = dropout
        self.normalization = normalization
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.label_smoothing = label_smoothing
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
            Class labels, or an indicator matrix of labels.
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
    @unchanged_on_error
    def partial_fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, taken as they are: a weight of 2 doubles a sample's gradient.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever be seen; needed in the first call.

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
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            is_multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer.fit(y if is_multilabel else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    # -- hooks ------------------------------------------------------------------------------------

    def _refuse_bad_combinations(self, validation, incremental):
        super()._refuse_bad_combinations(validation, incremental)
        if incremental and isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported for partial_fit: one batch "
                "does not show the class frequencies. Pass them as a dict, from "
                "compute_class_weight on all of y."
            )

    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        X, y = self._validate_X(X, y, continuing=continuing, multi_output=True)
        y = self._as_labels(y)
        if incremental or continuing:
            self._refuse_unknown_classes(y, warm_start=continuing and not incremental)
        else:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        Y = self._encode(y, X.dtype)
        return TrainingData(X, Y, self._validate_sample_weight(sample_weight, X, Y))

    @staticmethod
    def _as_labels(y):
        """Labels of shape (n_samples,), or an indicator matrix."""
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            return as_vector(y)
        return y

    def _refuse_unknown_classes(self, y, *, warm_start):
        classes = unique_labels(y)
        if warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _encode(self, y, dtype):
        """One-hot targets of shape (n_samples, n_outputs); one column for two classes."""
        if y.ndim == 2 or self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.transform(y).astype(dtype)
        codes = np.searchsorted(self.classes_, y)  # the labels have been checked
        if len(self.classes_) <= 2:
            return codes[:, np.newaxis].astype(dtype)
        one_hot = np.zeros((len(y), len(self.classes_)), dtype)
        one_hot[np.arange(len(y)), codes] = 1.0
        return one_hot

    def _validation_data(self, X_val, y_val, sample_weight_val, dtype):
        X_val = self._validate_X(X_val, dtype=dtype)
        y_val = self._as_labels(_check_y(y_val, multi_output=True, estimator=self))
        check_consistent_length(X_val, y_val)
        unseen = np.setdiff1d(unique_labels(y_val), self.classes_)
        if len(unseen):
            raise ValueError(f"y_val has classes that are not in y: {unseen}.")
        weights = validate_sample_weight(sample_weight_val, X_val, "sample_weight_val")
        return TrainingData(X_val, self._encode(y_val, X_val.dtype), weights)

    def _validate_sample_weight(self, sample_weight, X, Y):
        weights = super()._validate_sample_weight(sample_weight, X, Y)
        if self.class_weight is None:
            return weights
        by_class = self._weights_by_class(Y, weights)
        return refuse_bad_weights(
            by_class if weights is None else weights * by_class, "class_weight"
        )

    def _weights_by_class(self, Y, weights):
        """The class weight of each sample; "balanced" counts samples by their weights."""
        y = self._scored_target(Y)
        if self.class_weight != "balanced" or weights is None or y.ndim == 2:
            return compute_sample_weight(self.class_weight, y)
        _, codes = np.unique(y, return_inverse=True)
        totals = np.bincount(codes, weights)
        balanced = totals.sum() / (np.count_nonzero(totals) * np.where(totals > 0, totals, 1.0))
        return balanced[codes]

    def _make_loss(self):
        multiclass = self._label_binarizer.y_type_ == "multiclass"
        return LOSSES[self.loss](link="softmax" if multiclass else "logistic")

    def _training_target(self, Y):
        """Label smoothing: (1 − ε) y + ε / K (Szegedy et al., 2016); K = 2 where logistic."""
        if not self.label_smoothing:
            return Y
        n_classes = Y.shape[1] if self._label_binarizer.y_type_ == "multiclass" else 2
        return Y * (1.0 - self.label_smoothing) + self.label_smoothing / n_classes

    def _stratify(self, Y):
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return None
        if Y.shape[1] == 1:  # named as scikit-learn's error message names them
            return np.where(Y[:, 0] > 0, "True", "False")
        return self.classes_[Y.argmax(axis=1)]

    def _scored_target(self, Y):
        return self._label_binarizer.inverse_transform(Y)

    def _default_score(self, network, X, y, sample_weight):
        z = feed_forward(network, X)
        if not np.isfinite(z).all():
            return np.nan
        return accuracy_score(y, self._decode(z), sample_weight=sample_weight)

    def _decode(self, z):
        """Labels from raw scores."""
        kind = self._label_binarizer.y_type_
        if kind == "multiclass":
            return self.classes_[z.argmax(axis=1)]
        is_positive = z > 0  # σ(z) > ½
        if kind == "binary":
            return self.classes_[np.minimum(is_positive[:, 0], len(self.classes_) - 1)]
        return self._label_binarizer.inverse_transform(is_positive.astype(z.dtype))

    # -- prediction -------------------------------------------------------------------------------

    def decision_function(self, X: MatrixLike) -> NDArray[Any]:
        """Raw scores z of the output layer, before the sigmoid or softmax.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For two classes, positive scores mean ``classes_[1]``.
        """
        z = self._raw_scores(X)
        return z.ravel() if self.n_outputs_ == 1 else z

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted classes, or the indicator matrix of labels.
        """
        return self._decode(self._raw_scores(X))

    def predict_proba(self, X: MatrixLike) -> NDArray[Any]:
        """Probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; for multilabel problems, that of each label.
        """
        z = self._raw_scores(X)
        if self.n_outputs_ == 1:
            if len(self.classes_) == 1:
                return np.ones_like(z)
            z = np.concatenate([-z, z], axis=1)  # 1 − σ(z) = σ(−z), without cancellation
        with np.errstate(all="ignore"):
            LINKS[self.out_activation_].predict(z, z)
        if self.out_activation_ == "logistic" and self.n_outputs_ > 1:
            one, zero = z.dtype.type(1), z.dtype.type(0)
            np.minimum(z, np.nextafter(one, zero), out=z)  # below 1, as scikit-learn checks
        return np.maximum(z, np.finfo(z.dtype).tiny, out=z)  # log p stays finite

    def predict_log_proba(self, X: MatrixLike) -> NDArray[Any]:
        """Logarithm of the probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Equal to ``log(predict_proba(X))``, and finite.
        """
        return np.log(self.predict_proba(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
