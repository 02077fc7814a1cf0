"""BackpropAutoencoder."""

import copy

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from ._docstrings import documented
from ._estimator import parameters
from ._estimator.autoencoding.codes import CodingMixin
from ._estimator.autoencoding.combinations import EMBEDDINGS, refuse_bad_combination
from ._estimator.autoencoding.embedding import start_from_embedding
from ._estimator.autoencoding.parameters import CONSTRAINTS, DESCRIPTIONS
from ._estimator.autoencoding.starts import best_start
from ._estimator.base import BaseBackprop
from ._estimator.callbacks import train_in_public
from ._estimator.data import FLOATS, TrainingData, validate_sample_weight
from ._estimator.sklearn_compat import _fit_context
from ._estimator.solvers import is_stochastic
from .core.architectures import AutoencoderArchitecture
from .core.layers import CORRUPTIONS, SaltAndPepperCorruption
from .core.losses import LOSSES
from .core.prediction import feed_forward


@documented(**DESCRIPTIONS)
class BackpropAutoencoder(CodingMixin, BaseBackprop):
    """Autoencoder with backpropagation written from scratch: codes, reconstructions, anomalies.

    Plain or deep, with tied weights, denoising, sparse, contractive or variational.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    BackpropOutlierDetector : Outlier detection by an autoencoder.
    sklearn.decomposition.PCA : The optimum of a linear autoencoder.

    Notes
    -----
    The objective is the mean over samples of the loss of the reconstruction, summed over features,
    plus the penalties of the variants, plus α/2 ‖W‖² over the number of samples.

    The defaults (silu, a rate of 0.003 that falls along a cosine over 200 epochs) were chosen by
    the reconstruction error on handwritten digits at code widths 2 to 32 and by how well the code
    orders noisy spirals.

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
    >>> autoencoder = BackpropAutoencoder(2, standardize=False, max_iter=20, random_state=0).fit(X)
    >>> autoencoder.transform(X).shape
    (1797, 2)
    >>> autoencoder.score(X) > 0.35  # explained variance; the best of two linear components: 0.285
    True
    """

    _parameter_constraints: dict = CONSTRAINTS

    def __init__(
        self,
        n_components=2,
        hidden_layer_sizes=(128,),
        decoder_layer_sizes=None,
        activation="silu",
        *,
        code_activation="identity",
        output_activation="identity",
        loss="squared_error",
        standardize=True,
        tied_weights=False,
        corruption=None,
        corruption_level=0.1,
        sparsity=None,
        sparsity_weight=1e-3,
        sparsity_target=0.05,
        contractive_weight=0.0,
        variational=False,
        beta=1.0,
        n_init=1,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="cosine",
        learning_rate_init=0.003,
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
        dropout=0.0,
        normalization=None,
        weight_decay=0.0,
        max_grad_norm=None,
        scoring=None,
    ):
        self._store_parameters(locals())

    # -- fit --------------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
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
    def partial_fit(self, X, y=None, sample_weight=None):
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
        jobs = []
        for seed in check_random_state(self.random_state).randint(2**31 - 1, size=self.n_init):
            start = copy.copy(self)
            start.random_state = int(seed)
            jobs.append(start._make_job(data, validation, continuing=False, incremental=False))
        train_in_public(self, jobs, *given, incremental=False)
        return best_start(jobs)

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
        weights = self._validate_sample_weight(sample_weight, X, None, incremental)
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
        if self.standardize:
            variance = np.average((X - mean) ** 2, axis=0, weights=weights)
            rounding = len(X) * np.finfo(np.float64).eps
            varies = variance > rounding * variance + (rounding * mean) ** 2
            self.mean_ = self._training_mean
            self.scale_ = np.sqrt(variance, where=varies, out=np.ones_like(mean)).astype(X.dtype)

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

    def _make_loss(self):
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
        return self._architecture(data.X.shape[1], self._make_corruption(data)).network(data.X.dtype)

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
            beta=self.beta if self.variational else None,
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
        return parameters.layer_initializers(init, activations, None, len(activations) + 1)

    def _needs_noise(self):
        return bool(
            self.corruption is not None
            or self.contractive_weight
            or self.variational
            or np.any(self.dropout)
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
