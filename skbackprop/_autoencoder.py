"""BackpropAutoencoder."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from ._estimator import parameters
from ._estimator.autoencoding.codes import CodingMixin
from ._estimator.autoencoding.combinations import EMBEDDINGS, refuse_bad_combination
from ._estimator.autoencoding.embedding import start_from_embedding
from ._estimator.autoencoding.parameters import CONSTRAINTS
from ._estimator.autoencoding.starts import best_start
from ._estimator.base import BaseBackprop
from ._estimator.callbacks import train_observed
from ._estimator.data import FLOATS, TrainingData, validate_sample_weight
from ._estimator.sklearn_compat import _fit_context, available_if
from ._estimator.solvers import is_stochastic
from ._estimator.typing import (
    ActivationLike,
    Activations,
    AutoencoderLoss,
    BatchSize,
    Bool,
    Corruption,
    EmbeddingName,
    Float,
    Init,
    Int,
    LayerSizes,
    LearningRate,
    NoiseVariance,
    Normalization,
    OutputActivation,
    RandomState,
    Scoring,
    Solver,
    Sparsity,
    Verbose,
)
from ._estimator.warn import each_message_once
from .core.architectures import AutoencoderArchitecture
from .core.initializers import StandardNormalInput
from .core.layers import CORRUPTIONS, SaltAndPepperCorruption
from .core.losses import LOSSES
from .core.prediction import feed_forward


class BackpropAutoencoder(CodingMixin, BaseBackprop):
    """Autoencoder with backpropagation written from scratch: codes, reconstructions, anomalies.

    Shallow or deep; with tied weights; denoising, sparse, contractive or variational.

    Parameters
    ----------
    n_components : int, default=2
        Width of the code. It may exceed the number of features only if the code is regularised (by
        corruption, sparsity, the contractive penalty or the variational one).

    hidden_layer_sizes : int or array-like of int, default=(128,)
        Number of units in each hidden layer of the encoder; ``()`` for none.

    decoder_layer_sizes : int, array-like of int or None, default=None
        Number of units in each hidden layer of the decoder; None mirrors the encoder.

    activation : {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", \
        "softplus", "gelu", "silu", "mish"}, Activation, or list of these, default="silu"
        Activation function of the hidden layers; a list has one for each hidden layer.

    code_activation : str or Activation, default="identity"
        Activation function of the code, with the names of ``activation``. The default is linear
        because the units of a "relu" code tend to die.

    output_activation : {"identity", "logistic"}, default="identity"
        Activation function of the output. "logistic" requires data in [0, 1].

    loss : {"squared_error", "log_loss", "huber", "absolute_error"}, default="squared_error"
        Loss of the reconstruction, summed over features and averaged over samples; "squared_error"
        is half the squared error. "log_loss" implies a logistic output and requires data in
        [0, 1].

    standardize : bool, default=True
        Whether the network is trained on (X − ``mean_``) / ``scale_``, with the mean and the
        standard deviation of each feature. Reconstructions are returned in the units of X. With a
        logistic output only the input is standardised, not the target.

    tied_weights : bool, default=False
        Whether the weights of the decoder are the transposed weights of the encoder.

    corruption : {"gaussian", "masking", "salt_pepper"} or None, default=None
        Noise added to the input during training, while the target stays clean: a denoising
        autoencoder.

    corruption_level : float, default=0.1
        Standard deviation of "gaussian" noise, in units of the network's input; otherwise the
        fraction of the entries that are set to zero ("masking") or to the minimum or maximum of the
        feature ("salt_pepper").

    sparsity : {"l1", "kl"} or None, default=None
        Penalty on the code z: "l1" is Σ abs(z); "kl" is Σ KL(ρ, mean activation of the unit) and
        requires ``code_activation="logistic"``. The network can evade the penalty with small
        weights in the encoder and large ones in the decoder: tie the weights or increase
        ``alpha``.

    sparsity_weight : float, default=0.001
        Strength of the sparsity penalty.

    sparsity_target : float, default=0.05
        Target ρ of the mean activation for "kl", in (0, 1).

    contractive_weight : float, default=0.0
        Strength λ of the contractive penalty λ ‖J‖², where J is the Jacobian of the code with
        respect to the network's input. ‖J‖² is estimated along one random direction per sample and
        step.

    variational : bool, default=False
        Whether the code is a Gaussian with learned mean and variance, sampled during training,
        with its divergence from N(0, I) as a penalty. ``transform`` returns the mean.

    beta : float, default=1.0
        Strength of the variational penalty.

    noise_variance : "auto" or float, default="auto"
        Variance of the Gaussian around a variational reconstruction, in squared units of the
        network's output: the squared error is divided by it before the variational penalty is
        added. "auto" learns it, as the mean squared residual, so that ``beta`` means the same at
        any scale of the data. With ``loss="squared_error"`` only.

    n_init : int, default=1
        Number of fits from different random initial weights, of which the best is kept: the one
        with the lowest training loss or, with early stopping, the highest validation score.

    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        Optimization algorithm.

        - "sgd": mini-batch gradient descent with momentum.
        - "adam": the method of Kingma & Ba (2015).
        - "lbfgs": a quasi-Newton method on the whole training set, suited to small data sets.

    alpha : float, default=0.0001
        Strength of the L2 penalty α/2 ‖W‖², which is divided by the (weighted) number of samples.
        Biases are not penalised.

    batch_size : int or "auto", default="auto"
        Number of samples in a mini-batch; "auto" gives about forty steps per epoch, with 32 to 200
        samples each. Ignored by "lbfgs".

    learning_rate : {"constant", "invscaling", "adaptive", "cosine", "one_cycle", "coslog4"} \
        or callable, default="cosine"
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

    learning_rate_init : float, default=0.003
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
        "lecun_normal", "pca", "isomap"}, callable or list, default="glorot_uniform"
        Initial weights and biases, as for :class:`BackpropClassifier`. With "pca" and "isomap",
        training starts from that embedding, scaled: the encoder is regressed on it and the decoder
        from it, both with "lbfgs", before the whole network is trained. Use solver "lbfgs" or a
        small ``learning_rate_init`` to stay close to it. With ``variational``, "glorot_uniform"
        gives the first hidden layer of the decoder N(0, 1 / ``n_components``) weights and N(0, 1)
        biases: its input is standard normal, and the default scheme would make weights that the
        noise of the code drowns.

    huber_delta : float, default=1.0
        Residual at which the "huber" loss changes from quadratic to linear, in units of the
        network's output.

    dropout : float, default=0.0
        Fraction of the activations of the hidden layers that are set to zero at random during
        training, in [0, 1); the others are scaled up (inverted dropout). Not available with
        "lbfgs".

    normalization : {"layer", "batch"} or None, default=None
        Normalization before the activation function of each hidden layer.

    weight_decay : float, default=0.0
        Decoupled weight decay: each step multiplies the weights by 1 − learning rate ·
        ``weight_decay``. Biases do not decay. Ignored by "lbfgs".

    max_grad_norm : float or None, default=None
        Gradients whose L2 norm over all parameters exceeds this value are scaled down to it.
        Ignored by "lbfgs".

    scoring : str, callable or None, default=None
        Score that early stopping monitors: None for the explained variance of the uncorrupted
        validation data, "loss" for the negated loss, the name of a scorer, or
        callable(estimator, X, y) -> float.

    Attributes
    ----------
    mean_ : ndarray of shape (`n_features_in_`,)
        Mean of each feature, subtracted from X; zero without ``standardize``.

    scale_ : ndarray of shape (`n_features_in_`,)
        Standard deviation of each feature, by which X is divided; one without ``standardize`` and
        for constant features.

    loss_terms_ : dict of str to list of float
        The terms of the loss at each epoch: "reconstruction", "l2" and, where used, "sparsity",
        "contractive" and "kl".

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
    BackpropOutlierDetector : Outlier detection by an autoencoder.
    sklearn.decomposition.PCA : The optimum of a linear autoencoder.

    Notes
    -----
    The objective is the mean over samples of the reconstruction loss, summed over features, plus
    the penalties of the variants, plus α/2 ‖W‖² divided by the number of samples.

    The defaults (silu, an initial learning rate of 0.003 that falls along a cosine over 200
    epochs) were chosen by the reconstruction error on handwritten digits with codes of width 2 to
    32, and by how well the code orders noisy spirals.

    References
    ----------
    .. [1] Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural
       networks".
    .. [2] Vincent et al. (2010), "Stacked denoising autoencoders".
    .. [3] Rifai et al. (2011), "Contractive auto-encoders".
    .. [4] Kingma & Welling (2014), "Auto-encoding variational Bayes".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skbackprop import BackpropAutoencoder
    >>> X = load_digits().data / 16
    >>> autoencoder = BackpropAutoencoder(
    ...     n_components=2, standardize=False, max_iter=20, random_state=0
    ... ).fit(X)
    >>> autoencoder.transform(X).shape
    (1797, 2)
    >>> autoencoder.score(X) > 0.35  # explained variance; the best of two linear components: 0.285
    True
    """

    _parameter_constraints: dict = CONSTRAINTS

    def __init__(
        self,
        n_components: Int = 2,
        hidden_layer_sizes: LayerSizes = (128,),
        decoder_layer_sizes: LayerSizes | None = None,
        activation: Activations = "silu",
        *,
        code_activation: ActivationLike = "identity",
        output_activation: OutputActivation = "identity",
        loss: AutoencoderLoss = "squared_error",
        standardize: Bool = True,
        tied_weights: Bool = False,
        corruption: Corruption = None,
        corruption_level: Float = 0.1,
        sparsity: Sparsity = None,
        sparsity_weight: Float = 1e-3,
        sparsity_target: Float = 0.05,
        contractive_weight: Float = 0.0,
        variational: Bool = False,
        beta: Float = 1.0,
        noise_variance: NoiseVariance = "auto",
        n_init: Int = 1,
        solver: Solver = "adam",
        alpha: Float = 0.0001,
        batch_size: BatchSize = "auto",
        learning_rate: LearningRate = "cosine",
        learning_rate_init: Float = 0.003,
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
        init: Init | EmbeddingName = "glorot_uniform",
        huber_delta: Float = 1.0,
        dropout: Float = 0.0,
        normalization: Normalization = None,
        weight_decay: Float = 0.0,
        max_grad_norm: Float | None = None,
        scoring: Scoring = None,
    ):
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.decoder_layer_sizes = decoder_layer_sizes
        self.activation = activation
        self.code_activation = code_activation
        self.output_activation = output_activation
        self.loss = loss
        self.standardize = standardize
        self.tied_weights = tied_weights
        self.corruption = corruption
        self.corruption_level = corruption_level
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.sparsity_target = sparsity_target
        self.contractive_weight = contractive_weight
        self.variational = variational
        self.beta = beta
        self.noise_variance = noise_variance
        self.n_init = n_init
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
        self.dropout = dropout
        self.normalization = normalization
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring

    # -- fit --------------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Fit encoder and decoder to reconstruct X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : array-like of shape (n_val, n_features), default=None
            A validation set for early stopping, instead of a share of X.
        sample_weight_val : array-like of shape (n_val,), default=None
            Its sample weights.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, if variants do not combine, or if the weights
            did not stay finite. The estimator is then as it was before.
        """
        return self._fit(X, X, sample_weight, validation=(X_val, X_val, sample_weight_val))

    @available_if(lambda self: self._check_stochastic() and self._check_streaming())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch over the given data.

        The first call sets ``mean_`` and ``scale_``; later calls keep them. A schedule of the
        learning rate, "cosine" by default, ends after ``max_iter`` calls, with a warning: for a
        longer stream set ``learning_rate="constant"``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : object, default=None
            Ignored.
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
        return self._fit(X, X, sample_weight, incremental=True)

    def _check_streaming(self):
        if self._embedding is not None:
            raise AttributeError(f"partial_fit is not there: init={self.init!r} needs all data.")
        return True

    # -- the course of the fit --------------------------------------------------------------------

    def _refuse_bad_combinations(self, validation, incremental):
        refuse_bad_combination(self)
        X_val, _, weights_val = validation
        if X_val is None and weights_val is not None:
            raise ValueError("sample_weight_val is provided, but X_val was not provided.")
        if X_val is not None and not self.early_stopping:
            raise ValueError("X_val is provided, but early_stopping is False: it has no use.")
        super()._refuse_bad_combinations(validation, incremental)

    def _best_job(self, data, validation, given, continuing, incremental):
        """The best of ``n_init`` starts, by validation score or training loss."""
        if self.n_init == 1 or continuing or incremental:
            return super()._best_job(data, validation, given, continuing, incremental)
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=self.n_init)
        with each_message_once():
            jobs = [self._start(int(seed), data, validation) for seed in seeds]
        train_observed(self, jobs, *given, incremental=False)
        return best_start(jobs)

    def _start(self, seed, data, validation):
        start = copy.copy(self)
        start.random_state = seed
        return start._make_job(data, validation, continuing=False, incremental=False)

    @property
    def _embedding(self):
        return self.init if isinstance(self.init, str) and self.init in EMBEDDINGS else None

    def _prepare(self, state, problem):
        if self._embedding is not None:
            start_from_embedding(
                state,
                problem,
                problem.Y if self._link == "identity" else _logit(problem.Y),
                self._embedding,
                max_iter=1000 if is_stochastic(self) else self.max_iter,
            )

    # -- data -------------------------------------------------------------------------------------

    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        X = self._validate_X(X, continuing=continuing)
        weights = self._validate_sample_weight(sample_weight, X, None)
        if not continuing:
            self._refuse_wide_code(X.shape[1])
            self._set_units(X, weights)
        scaled, limits = self._scaled(X), None
        if self.corruption == "salt_pepper":
            seen = scaled if weights is None else scaled[weights > 0]
            limits = self._limits(seen, streaming=continuing and incremental)
        return TrainingData(scaled, self._target(X), weights, X_given=X, limits=limits)

    def _limits(self, seen, *, streaming):
        """The smallest and the largest value of each feature, in a stream also of those before."""
        low, high = seen.min(axis=0), seen.max(axis=0)
        before = self._network.layers[0] if streaming else None
        if isinstance(before, SaltAndPepperCorruption):
            low, high = np.minimum(low, before.low), np.maximum(high, before.high)
        return low, high

    def _validation_data(self, X_val, y_val, sample_weight_val, dtype):
        X_val = self._validate_X(X_val, dtype=dtype)
        weights = validate_sample_weight(sample_weight_val, X_val, "sample_weight_val")
        return TrainingData(self._scaled(X_val), self._target(X_val), weights)

    def _validate_X(self, X, *, continuing=True, dtype=None):
        if dtype is None:
            dtype = self._network.params.dtype if continuing else FLOATS
        with np.errstate(over="ignore", invalid="ignore"):  # infinite in single precision: refused
            return validate_data(self, X, dtype=dtype, order="C", reset=not continuing)

    def _refuse_wide_code(self, n_features):
        is_regular = self.corruption or self.sparsity or self.contractive_weight or self.variational
        if self.n_components > n_features and not is_regular:
            raise ValueError(
                f"n_components={self.n_components} must be at most n_features={n_features}, unless "
                "the code is kept from copying the data: corruption, sparsity, contractive_weight "
                "or variational."
            )

    def _set_units(self, X, weights):
        """Learn the units of X: the network sees (X - mean_) / scale_."""
        weights = np.ones(len(X)) if weights is None else weights  # double: so are the sums
        mean = np.average(X, axis=0, weights=weights)
        self._training_mean = mean.astype(X.dtype)
        self.mean_, self.scale_ = np.zeros_like(X[0]), np.ones_like(X[0])
        self._varies = np.ones(X.shape[1], bool)
        if self.standardize:
            variance = np.average((X - mean) ** 2, axis=0, weights=weights)
            rounding = len(X) * np.finfo(np.float64).eps
            self._varies = variance > rounding * variance + (rounding * mean) ** 2
            self._varies |= np.isinf(variance)
            self.mean_ = self._training_mean
            scale = np.sqrt(variance, where=self._varies, out=np.ones_like(mean))
            self.scale_ = scale.astype(X.dtype)
        if not (np.isfinite(self._training_mean).all() and np.isfinite(self.scale_).all()):
            raise ValueError(
                "The mean or the standard deviation of X is not finite: it has values up to "
                f"{np.abs(X).max():.3g}, too large to be summed or squared. Try scaling the data."
            )

    def _target(self, X):
        """What the network is to give: X as scaled, or X itself for an output in (0, 1)."""
        if self._link == "identity":
            return self._scaled(X)
        if X.min() < 0 or X.max() > 1:
            asked = "loss='log_loss'" if self.loss == "log_loss" else "output_activation='logistic'"
            raise ValueError(
                f"{asked} needs data in [0, 1], got values in [{X.min():.6g}, {X.max():.6g}]."
            )
        return X

    @property
    def _link(self):
        return "logistic" if self.loss == "log_loss" else self.output_activation

    @property
    def _learns_noise_variance(self):
        """Whether the variance of the reconstruction is learned."""
        is_gaussian = self.variational and self.loss == "squared_error"
        return is_gaussian and isinstance(self.noise_variance, str)

    @property
    def _kl_weight(self):
        """Weight of the divergence beside the loss: ½ r² + v β KL is v (½ r² / v + β KL)."""
        if not self.variational:
            return None
        is_fixed = self.loss == "squared_error" and not isinstance(self.noise_variance, str)
        return self.beta * self.noise_variance if is_fixed else self.beta

    def _make_loss(self):
        if self._learns_noise_variance:
            return LOSSES["gaussian_likelihood"](link=self._link)
        options = {"huber_delta": self.huber_delta} if self.loss == "huber" else {}
        return LOSSES[self.loss](link=self._link, mean_over_outputs=False, **options)

    def _batch_size(self, n_samples):
        if self.batch_size == "auto":  # about forty steps an epoch, also on small data
            return min(n_samples, int(np.clip(n_samples // 40, 32, 200)))
        return super()._batch_size(n_samples)

    def _widths(self):
        """Hidden widths of encoder and decoder."""
        encoder = parameters.hidden_widths(self.hidden_layer_sizes)
        if self.decoder_layer_sizes is None:
            return encoder, encoder[::-1]
        return encoder, parameters.hidden_widths(self.decoder_layer_sizes, "decoder_layer_sizes")

    # -- network ----------------------------------------------------------------------------------

    def _build_network(self, data):
        return self._architecture(data.X.shape[1], self._make_corruption(data)).network(
            data.X.dtype
        )

    def _make_corruption(self, data):
        if self.corruption is None:
            return None
        limits = () if data.limits is None else data.limits
        return CORRUPTIONS[self.corruption](data.X.shape[1], self.corruption_level, *limits)

    def _architecture(self, n_features, corruption):
        encoder, decoder = self._widths()
        encoder_activations, decoder_activations = self._activations()
        return AutoencoderArchitecture(
            n_features=n_features,
            n_components=self.n_components,
            encoder=list(zip(encoder, encoder_activations, strict=True)),
            decoder=list(zip(decoder, decoder_activations, strict=True)),
            code_activation=parameters.as_activation(self.code_activation, "code_activation"),
            corruption=corruption,
            sparsity=self.sparsity,
            sparsity_weight=self.sparsity_weight,
            sparsity_target=self.sparsity_target,
            contractive_weight=self.contractive_weight,
            beta=self._kl_weight,
            tied=self.tied_weights,
            normalization=self.normalization,
            dropout=self.dropout,
        )

    def _activations(self):
        """Activations of the hidden layers of encoder and decoder."""
        encoder, decoder = self._widths()
        activations = parameters.hidden_activations(self.activation, len(encoder))
        if len(decoder) == len(encoder):
            return activations, activations[::-1]
        if isinstance(self.activation, list | tuple):
            raise ValueError(
                "activation must be a single one when decoder_layer_sizes has another length than "
                f"hidden_layer_sizes, got {self.activation!r}."
            )
        return activations, parameters.hidden_activations(self.activation, len(decoder))

    def _initializers(self):
        encoder, decoder = self._activations()
        code = parameters.as_activation(self.code_activation, "code_activation")
        activations = [*encoder, code, *decoder]
        init = "glorot_uniform" if self._embedding is not None else self.init
        initializers = parameters.layer_initializers(init, activations, None, len(activations) + 1)
        if self.variational and decoder and self.init == "glorot_uniform":
            initializers[len(encoder) + 1] = StandardNormalInput()
        return initializers

    def _needs_noise(self):
        return bool(
            self.corruption is not None
            or self.contractive_weight
            or self.variational
            or parameters.drops_units(self.dropout)
        )

    def _scored_input(self, X):
        return X * self.scale_ + self.mean_ if self.standardize else X

    def _scored_target(self, Y):
        return self._in_units(Y)

    def _default_score(self, network, X, y, sample_weight):
        """The explained variance of the clean data."""
        reconstruction = self._from_scores(feed_forward(network, X))
        if not np.isfinite(reconstruction).all():
            return np.nan
        return self._explained_variance(y, reconstruction, sample_weight)

    def _history(self):
        history = super()._history()
        names, values = self.loss_terms_.keys(), zip(*self.loss_terms_.values(), strict=True)
        history.loss_terms = [dict(zip(names, one, strict=True)) for one in values]
        return history

    def _publish_history(self, state):
        super()._publish_history(state)
        terms = state.history.loss_terms
        names = {"data": "reconstruction"}
        self.loss_terms_ = {
            names.get(name, name): [one.get(name, one.get(names.get(name))) for one in terms]
            for name in (terms[-1] if terms else ())
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _logit(probability):
    """σ⁻¹, kept finite."""
    eps = np.finfo(probability.dtype).eps
    clipped = np.clip(probability, 0.01 + eps, 0.99 - eps)
    return np.log(clipped / (1.0 - clipped))
