"""Which variants of the autoencoder combine, and why the others do not."""

import numpy as np

from .. import parameters
from ..solvers import is_stochastic

EMBEDDINGS = ("pca", "isomap")


def refuse_bad_combination(estimator):
    """Refuse variants that do not combine.

    Raises
    ------
    ValueError
        With the reason.
    """
    contractive, embedding = (
        estimator.contractive_weight > 0,
        isinstance(estimator.init, str) and estimator.init in EMBEDDINGS,
    )
    code = parameters.as_activation(estimator.code_activation, "code_activation")
    encoder = parameters.hidden_activations(
        estimator.activation, len(parameters.hidden_widths(estimator.hidden_layer_sizes))
    )
    no_curvature = [a.name for a in (*encoder, code) if a.second_derivative is None]
    is_random = estimator.corruption is not None or contractive or estimator.variational
    mirrored = estimator.decoder_layer_sizes is None
    rules = [
        (
            estimator.sparsity == "kl" and code.name != "logistic",
            f"sparsity='kl' needs code_activation='logistic', got {code.name!r}: the mean "
            "activation of a unit must be in (0, 1).",
        ),
        (
            estimator.variational and code.name != "identity",
            f"variational=True needs code_activation='identity', got {code.name!r}: the code "
            "is a Gaussian's mean.",
        ),
        (
            estimator.variational and estimator.tied_weights,
            "variational=True and tied_weights=True do not combine: the code layer has a mean "
            "and a variance, the decoder takes one value.",
        ),
        (
            estimator.variational and estimator.sparsity is not None,
            f"variational=True and sparsity={estimator.sparsity!r} do not combine: the code has a "
            "prior already.",
        ),
        (
            estimator.variational and contractive,
            "variational=True and contractive_weight > 0 do not combine: the code is random.",
        ),
        (
            estimator.variational and embedding,
            f"variational=True and init={estimator.init!r} do not combine: "
            "the prior moves the code.",
        ),
        (
            contractive and (estimator.normalization is not None or np.any(estimator.dropout)),
            "contractive_weight > 0 combines neither with normalization nor with dropout: the "
            "Jacobian is that of the plain encoder.",
        ),
        (
            contractive and bool(no_curvature),
            f"contractive_weight > 0 needs activations with a second derivative; "
            f"{', '.join(no_curvature)} has none.",
        ),
        (
            estimator.tied_weights and not mirrored,
            f"tied_weights=True needs decoder_layer_sizes=None, got "
            f"{estimator.decoder_layer_sizes!r}: the decoder is the encoder's mirror image.",
        ),
        (
            estimator.tied_weights and embedding,
            f"tied_weights=True and init={estimator.init!r} do not combine: encoder and "
            "decoder are regressed apart.",
        ),
        (
            embedding and estimator.normalization is not None,
            f"init={estimator.init!r} and normalization do not combine.",
        ),
        (
            embedding and code.name not in ("identity", "tanh", "logistic"),
            f"init={estimator.init!r} needs code_activation 'identity', 'tanh' or 'logistic', got "
            f"{code.name!r}.",
        ),
        (
            estimator.loss in ("huber", "absolute_error")
            and estimator.output_activation != "identity",
            f"loss={estimator.loss!r} needs output_activation='identity', got "
            f"{estimator.output_activation!r}.",
        ),
        (
            estimator.corruption in ("masking", "salt_pepper") and estimator.corruption_level > 1,
            f"corruption_level must be in [0, 1] with corruption={estimator.corruption!r}: it is a "
            f"share of entries. Got {estimator.corruption_level!r}.",
        ),
        (
            is_random and not is_stochastic(estimator),
            f"solver={estimator.solver!r} cannot minimise a loss that changes at random "
            "(corruption, contractive_weight, variational). Use solver='adam' or 'sgd'.",
        ),
    ]
    for refused, reason in rules:
        if refused:
            raise ValueError(reason)
