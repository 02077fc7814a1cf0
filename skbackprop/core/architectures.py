"""Which layers make a multilayer perceptron, and which an autoencoder."""

from dataclasses import dataclass

import numpy as np

from .activations import Activation
from .layers import (
    NORMALIZATIONS,
    Activate,
    ContractivePenalty,
    Corruption,
    Dense,
    Directions,
    Dropout,
    KLSparsity,
    L1Penalty,
    Sampling,
    SharedDense,
    SharedTangentDense,
    TangentActivate,
    TangentDense,
    TiedDense,
)
from .network import Network


def multilayer_perceptron(widths, activations, *, normalization=None, dropout=(), dtype=np.float64):
    """Dense → [normalization] → activation → [dropout] for each hidden layer, then Dense.

    Parameters
    ----------
    widths : sequence of int
        Input, hidden and output widths.
    activations : sequence of Activation
        One for each hidden layer.
    normalization : {None, "layer", "batch"}, default=None
    dropout : sequence of float, default=()
        One for each hidden layer; none if empty.
    dtype : dtype, default=float64

    Returns
    -------
    Network
        Not initialised.
    """
    layers = []
    for i, activation in enumerate(activations):
        layers.append(Dense(widths[i], widths[i + 1]))
        rate = dropout[i] if dropout else 0.0
        layers += _hidden(widths[i + 1], activation, Activate, normalization, rate)
    layers.append(Dense(widths[-2], widths[-1]))
    return Network(layers, dtype=dtype)


def _hidden(width, activation, activate, normalization, dropout):
    """What follows the dense part of a hidden layer."""
    layers = [] if normalization is None else [NORMALIZATIONS[normalization](width)]
    layers.append(activate(width, activation))
    return [*layers, Dropout(width, dropout)] if dropout else layers


@dataclass(frozen=True, eq=False)
class AutoencoderArchitecture:
    """What an autoencoder is made of.

    Parameters
    ----------
    n_features, n_components : int
        Widths of the data and of the code.
    encoder, decoder : list of (int, Activation)
        Width and activation of the hidden layers.
    code_activation : Activation
    corruption : Corruption, default=None
    sparsity : {"l1", "kl"}, default=None
        With ``sparsity_weight`` and, for "kl", ``sparsity_target``.
    contractive_weight : float, default=0.0
    beta : float, default=None
        Weight of the variational code's KL divergence; None for a code that is not variational.
    tied : bool, default=False
    normalization : {"layer", "batch"}, default=None
    dropout : float, default=0.0
        After each hidden layer.
    """

    n_features: int
    n_components: int
    encoder: list[tuple[int, Activation]]
    decoder: list[tuple[int, Activation]]
    code_activation: Activation
    corruption: Corruption | None = None
    sparsity: str | None = None
    sparsity_weight: float = 0.0
    sparsity_target: float = 0.05
    contractive_weight: float = 0.0
    beta: float | None = None
    tied: bool = False
    normalization: str | None = None
    dropout: float = 0.0

    def network(self, dtype=np.float64):
        """The network, not initialised; its ``n_encoder`` says where the code is."""
        encoder = [*self._input(), *self._encoder(), *self._code()]
        owners = [i for i, layer in enumerate(encoder) if isinstance(layer, Dense)]
        layers = [*encoder, *self._decoder(owners)]
        return Network(layers, dtype=dtype, n_encoder=len(encoder))

    def _input(self):
        """What is done to the data before the first dense layer."""
        layers = [] if self.corruption is None else [self.corruption]
        return [*layers, Directions(self.n_features)] if self.contractive_weight else layers

    @property
    def _encoder_dense(self):
        if self.contractive_weight:
            return SharedTangentDense if self.tied else TangentDense
        return SharedDense if self.tied else Dense

    @property
    def _encoder_activate(self):
        return TangentActivate if self.contractive_weight else Activate

    def _encoder(self):
        layers, width = [], self.n_features
        for n_units, activation in self.encoder:
            layers.append(self._encoder_dense(width, n_units))
            layers += self._hidden(n_units, activation, self._encoder_activate)
            width = n_units
        return layers

    def _hidden(self, width, activation, activate):
        return _hidden(width, activation, activate, self.normalization, self.dropout)

    def _code(self):
        k = self.n_components
        n_in = self.encoder[-1][0] if self.encoder else self.n_features
        if self.beta is not None:
            return [self._encoder_dense(n_in, 2 * k), Sampling(k, self.beta)]
        layers = [self._encoder_dense(n_in, k)]
        if self.code_activation.name != "identity":
            layers.append(self._encoder_activate(k, self.code_activation))
        if self.contractive_weight:
            layers.append(ContractivePenalty(k, self.contractive_weight))
        if self.sparsity == "l1":
            layers.append(L1Penalty(k, self.sparsity_weight))
        elif self.sparsity == "kl":
            layers.append(KLSparsity(k, self.sparsity_weight, self.sparsity_target))
        return layers

    def _decoder(self, owners):
        """The decoder; tied weights are those of the encoder's dense layers ``owners``."""
        owners, layers, width = list(owners), [], self.n_components
        for n_units, activation in self.decoder:
            layers.append(self._decoder_dense(width, n_units, owners))
            layers += self._hidden(n_units, activation, Activate)
            width = n_units
        return [*layers, self._decoder_dense(width, self.n_features, owners)]

    def _decoder_dense(self, n_in, n_out, owners):
        return TiedDense(n_in, n_out, owners.pop()) if self.tied else Dense(n_in, n_out)
