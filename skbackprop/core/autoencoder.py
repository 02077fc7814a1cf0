"""The layers of an autoencoder: encoder, code, decoder."""

from dataclasses import dataclass, field

from .activations import Activation
from .contractive import ContractivePenalty, Directions, TangentActivate, TangentDense
from .corruption import Corruption
from .layers import Activate, Dense, Dropout
from .normalization import NORMALIZATIONS
from .penalties import KLSparsity, L1Penalty, Reparameterization
from .tied import SharedDense, TiedDense


class SharedTangentDense(SharedDense, TangentDense):
    """A dense layer that carries a tangent, and whose weights the decoder uses too."""


@dataclass
class Architecture:
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
    layers: list = field(default_factory=list, init=False)

    def build(self):
        """The layers, and the number of those that end with the code.

        Returns
        -------
        layers : list of Layer
        n_encoder : int
            ``layers[:n_encoder]`` is the encoder, the rest the decoder.
        """
        self.layers = []
        self._build_encoder()
        self._build_code()
        n_encoder = len(self.layers)
        self._build_decoder()
        return self.layers, n_encoder

    def _build_encoder(self):
        if self.corruption is not None:
            self.layers.append(self.corruption)
        if self.contractive_weight:
            self.layers.append(Directions(self.n_features))
        tangent = bool(self.contractive_weight)
        self._dense = {
            (False, False): Dense,
            (False, True): TangentDense,
            (True, False): SharedDense,
            (True, True): SharedTangentDense,
        }[self.tied, tangent]
        self._activate = TangentActivate if tangent else Activate
        self._owners = []  # places of the encoder's dense layers, for tied weights
        width = self.n_features
        for n_units, activation in self.encoder:
            self._add_encoder_dense(width, n_units)
            self._add_hidden(n_units, activation, self._activate)
            width = n_units
        self._code_input = width

    def _add_encoder_dense(self, n_in, n_out):
        self._owners.append(len(self.layers))
        self.layers.append(self._dense(n_in, n_out))

    def _add_hidden(self, width, activation, activate):
        if self.normalization is not None:
            self.layers.append(NORMALIZATIONS[self.normalization](width))
        self.layers.append(activate(width, activation))
        if self.dropout:
            self.layers.append(Dropout(width, self.dropout))

    def _build_code(self):
        k = self.n_components
        if self.beta is not None:
            self._add_encoder_dense(self._code_input, 2 * k)
            self.layers.append(Reparameterization(k, self.beta))
            return
        self._add_encoder_dense(self._code_input, k)
        if self.code_activation.name != "identity":
            self.layers.append(self._activate(k, self.code_activation))
        if self.contractive_weight:
            self.layers.append(ContractivePenalty(k, self.contractive_weight))
        if self.sparsity == "l1":
            self.layers.append(L1Penalty(k, self.sparsity_weight))
        elif self.sparsity == "kl":
            self.layers.append(KLSparsity(k, self.sparsity_weight, self.sparsity_target))

    def _build_decoder(self):
        width = self.n_components
        for n_units, activation in self.decoder:
            self._add_decoder_dense(width, n_units)
            self._add_hidden(n_units, activation, Activate)
            width = n_units
        self._add_decoder_dense(width, self.n_features)

    def _add_decoder_dense(self, n_in, n_out):
        tied = self.tied
        self.layers.append(
            TiedDense(n_in, n_out, self._owners.pop()) if tied else Dense(n_in, n_out)
        )
