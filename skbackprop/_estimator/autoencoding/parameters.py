"""The parameters and attributes of the autoencoder: what is allowed, and what they mean."""

from numbers import Integral, Real

from ...core.initializers import INITIALIZERS
from ...core.layers import CORRUPTIONS
from .. import parameters
from ..sklearn_compat import Interval, StrOptions
from .combinations import EMBEDDINGS

CONSTRAINTS = {
    **parameters.CONSTRAINTS,
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "decoder_layer_sizes": [
        "array-like",
        Interval(Integral, 1, None, closed="left"),
        None,
    ],
    "code_activation": parameters.CONSTRAINTS["activation"][:2],
    "output_activation": [StrOptions({"identity", "logistic"})],
    "loss": [StrOptions({"squared_error", "log_loss", "huber", "absolute_error"})],
    "huber_delta": [Interval(Real, 0, None, closed="neither")],
    "standardize": ["boolean"],
    "tied_weights": ["boolean"],
    "corruption": [StrOptions(set(CORRUPTIONS)), None],
    "corruption_level": [Interval(Real, 0, None, closed="left")],
    "sparsity": [StrOptions({"l1", "kl"}), None],
    "sparsity_weight": [Interval(Real, 0, None, closed="left")],
    "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
    "contractive_weight": [Interval(Real, 0, None, closed="left")],
    "variational": ["boolean"],
    "beta": [Interval(Real, 0, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "init": [StrOptions({*INITIALIZERS, *EMBEDDINGS}), callable, list, tuple],
    "dropout": [Interval(Real, 0, 1, closed="left")],
}

DESCRIPTIONS = {
    "n_components": """
        int
        Width of the code; at most the number of features, unless the code is regularised.""",
    "hidden_layer_sizes": """
        array-like of int
        Number of units of each hidden layer of the encoder; ``()`` for none.""",
    "decoder_layer_sizes": """
        array-like of int or None
        Number of units of each hidden layer of the decoder; None for the encoder's mirror
        image.""",
    "code_activation": """
        str or Activation
        Activation of the code. The default is linear: a "relu" code tends to die.""",
    "output_activation": """
        {"identity", "logistic"}
        Activation of the output. "logistic" needs data in [0, 1].""",
    "loss": """
        {"squared_error", "log_loss", "huber", "absolute_error"}
        Loss of a reconstruction, summed over features and averaged over samples; "squared_error" is
        half the squared error. "log_loss" has a logistic output and needs data in [0, 1].""",
    "standardize": """
        bool
        Whether the network sees (X − ``mean_``) / ``scale_``, with the features' mean and standard
        deviation. All that comes out is in the units of X. With a logistic output only the encoder
        sees scaled data.""",
    "tied_weights": """
        bool
        Whether the decoder uses the encoder's weights, transposed.""",
    "corruption": """
        {"gaussian", "masking", "salt_pepper"} or None
        Noise put on the input in training, while the target stays clean: a denoising
        autoencoder.""",
    "corruption_level": """
        float
        Standard deviation of "gaussian" noise, in units of the network's input; share of the
        entries that are set to zero ("masking"), or to the feature's minimum or maximum
        ("salt_pepper").""",
    "sparsity": """
        {"l1", "kl"} or None
        Penalty on the code: "l1" is Σ abs(z); "kl" is Σ KL(ρ, mean activation of the unit), for
        ``code_activation="logistic"``. It can be cheated by a small encoder and a large decoder:
        tie the weights, or raise ``alpha``.""",
    "sparsity_weight": """
        float
        Strength of the sparsity penalty.""",
    "sparsity_target": """
        float
        ρ, the mean activation that "kl" asks for, in (0, 1).""",
    "contractive_weight": """
        float
        Strength λ of the contractive penalty λ ‖J‖², J the Jacobian of the code with respect to the
        network's input, estimated along one random direction a sample and step.""",
    "variational": """
        bool
        Whether the code is a Gaussian with learned mean and variance, drawn in training, with the
        divergence from N(0, I) as penalty. ``transform`` gives the mean.""",
    "beta": """
        float
        Weight of the variational penalty.""",
    "n_init": """
        int
        Number of starts; the best is kept, by training loss or, with early stopping, by validation
        score.""",
    "init": """
        {"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "pca", \
"isomap"}, callable or list
        Initial weights and biases, as for :class:`BackpropClassifier`. With "pca" and "isomap" the
        code starts as that embedding, scaled: the encoder is regressed on it and the decoder from
        it, by L-BFGS, and then all is trained. Train gently then: solver "lbfgs" or a small
        ``learning_rate_init``.""",
    "batch_size": """
        int or "auto"
        Rows of a mini-batch; "auto" gives about forty steps an epoch, with 32 to 200 rows.""",
    "dropout": """
        float
        Share of the hidden units' activations that are set to zero at random in training.""",
    "huber_delta": """
        float
        Residual at which the "huber" loss turns from quadratic to linear, in units of the network's
        output.""",
    "scoring": """
        str, callable or None
        What early stopping watches: None for the explained variance of the clean validation data,
        "loss" for the negated loss, or a scorer.""",
    "mean_": """
        ndarray of shape (`n_features_in_`,)
        What is subtracted from X; zero without ``standardize``.""",
    "scale_": """
        ndarray of shape (`n_features_in_`,)
        What X is divided by; one without ``standardize`` and for constant features.""",
    "loss_terms_": """
        dict of str to list of float
        The parts of the loss, an entry an epoch: "reconstruction", "l2" and, where used,
        "sparsity", "contractive", "kl".""",
}
