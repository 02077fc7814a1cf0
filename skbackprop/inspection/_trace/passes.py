"""What is kept of a forward and a backward pass: LayerTrace and Trace."""

from dataclasses import dataclass

import numpy as np

from .calculation import calculation_of
from .formulas import Numbers
from .graph import Graph
from .html import to_html
from .tables import Tables
from .text import to_text


@dataclass(eq=False, repr=False)
class LayerTrace:
    """One layer of a `Trace`: what it receives, computes, and learns from its error.

    Samples are rows, layers are counted by superscripts. E is the objective of the whole batch, so
    the δ of one sample among n holds a factor 1/n. The quantities of the way back are None in a
    trace without targets.

    Parameters
    ----------
    number : int
        1 for the first layer after the input.

    activation : str
        The name of σ; of the link function in the last layer.

    inputs : ndarray of shape (n_samples, fan_in)
        aˡ⁻¹: the activations of the layer before, or X.

    coef : ndarray of shape (fan_in, fan_out)
        Wˡ.

    intercept : ndarray of shape (fan_out,)
        bˡ.

    z : ndarray of shape (n_samples, fan_out)
        zˡ = aˡ⁻¹ Wˡ + bˡ.

    normalized : ndarray of shape (n_samples, fan_out), or None
        nˡ = γ (zˡ − μ) / s + β, what normalization makes of zˡ; it is this that goes through σ.

    a : ndarray of shape (n_samples, fan_out)
        aˡ = σ(zˡ); the prediction in the last layer. For a variational code, whose z are the means
        and the logarithms of the variances, what was drawn: half as wide.

    derivative : ndarray of shape (n_samples, fan_out), or None
        σ′(zˡ); None in the last layer where its δ comes directly from the loss, as δ = a − y does,
        and for a variational code.

    a_grad : ndarray of shape (n_samples, fan_out), or None
        ∂E/∂aˡ = δˡ⁺¹ (Wˡ⁺¹)ᵀ, plus the gradient of a penalty on aˡ; None in the last layer where
        ``derivative`` is.

    delta : ndarray of shape (n_samples, fan_out), or None
        δˡ = ∂E/∂zˡ; without normalization, ∂E/∂aˡ ⊙ σ′(zˡ), plus the gradient of a contractive
        penalty.

    coef_grad : ndarray of shape (fan_in, fan_out), or None
        ∂E/∂Wˡ = (aˡ⁻¹)ᵀ δˡ, plus the gradients of the L2 penalty and of a contractive one.

    intercept_grad : ndarray of shape (fan_out,), or None
        ∂E/∂bˡ = Σ δˡ over the samples.

    norm_std : ndarray of shape (n_samples, 1) or (1, fan_out), or None
        s, by which layer normalization divides each sample, or batch normalization each unit.

    norm_params : dict of str to ndarray of shape (fan_out,), or None
        γ as "gain" and β as "shift", where the layer is normalized.

    norm_grads : dict of str to ndarray of shape (fan_out,), or None
        ∂E/∂γ as "gain" and ∂E/∂β as "shift", where the layer is normalized.

    shares_weights_with : int or None
        The number of the layer that uses the same weights, transposed, where weights are tied.
        ``coef_grad`` is then the sum over both uses.
    """

    number: int
    activation: str
    inputs: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    z: np.ndarray
    a: np.ndarray
    delta: np.ndarray | None
    coef_grad: np.ndarray | None
    intercept_grad: np.ndarray | None
    normalized: np.ndarray | None = None
    derivative: np.ndarray | None = None
    a_grad: np.ndarray | None = None
    norm_std: np.ndarray | None = None
    norm_params: dict | None = None
    norm_grads: dict | None = None
    shares_weights_with: int | None = None

    def __repr__(self):
        fan_in, fan_out = self.coef.shape
        return f"LayerTrace({self.number}: {fan_in} → {fan_out}, {self.activation})"


@dataclass(eq=False, repr=False)
class Trace:
    """A forward and a backward pass, made by `trace`.

    ``print(trace)`` shows the passes as a table: for one sample as a calculation that can be
    followed with a pocket calculator, for several sample by sample. A notebook shows the same as
    HTML; the calculation of one sample is stepped through there, with the numbers in a graph of the
    network.

    Without targets only the forward pass is there: what belongs to the way back is None.

    Parameters
    ----------
    layers : list of LayerTrace
        From the first hidden layer to the output.

    X : ndarray of shape (n_samples, n_features)
        The input.

    target : ndarray of shape (n_samples, n_outputs), or None
        The target as the loss sees it: one-hot for classes, with label smoothing.

    losses : ndarray of shape (n_samples,), or None
        The loss ℓ of each sample, before weighting.

    sample_weight : ndarray of shape (n_samples,), or None
        Weights, with class weights, normalised to mean one.

    loss : float or None
        E, the objective: the weighted mean of ``losses``, plus ``penalties`` and the L2 penalty.

    l2 : float
        α / Σ sample weights: E holds l2/2 ‖W‖², and ∂E/∂W holds l2 W.

    penalties : dict of str to float
        Terms that an autoencoder adds to E: "sparsity", "contractive", "kl". Where they are random,
        each trace draws the same numbers.

    loss_function : str
        The name of the loss, such as "log_loss".

    estimator_name : str
        The class of the estimator.
    """

    layers: list[LayerTrace]
    X: np.ndarray
    target: np.ndarray | None
    losses: np.ndarray | None
    sample_weight: np.ndarray | None
    loss: float | None
    l2: float
    penalties: dict[str, float]
    loss_function: str
    estimator_name: str

    @property
    def coef_grads(self):
        """∂E/∂W of each layer, as `loss_and_gradients` has them."""
        return [layer.coef_grad for layer in self.layers]

    @property
    def intercept_grads(self):
        """∂E/∂b of each layer, as `loss_and_gradients` has them."""
        return [layer.intercept_grad for layer in self.layers]

    @property
    def squared_weights(self):
        """‖W‖² over all layers, tied weights once."""
        own = (one for one in self.layers if (one.shares_weights_with or one.number) >= one.number)
        return float(sum((layer.coef**2).sum() for layer in own))

    def to_text(self, *, precision=4, max_items=6):
        """The passes as an aligned table.

        Parameters
        ----------
        precision : int, default=4
            Significant digits.
        max_items : int, default=6
            Units, samples and terms of a sum shown before the rest is left out.

        Returns
        -------
        str
            Several lines.
        """
        return to_text(_title(self), _sections(self, precision, max_items))

    def to_html(self, *, precision=4, max_items=6):
        """The passes as HTML, as a notebook shows them.

        For one sample, a graph of the network with every number and the calculation below it, with
        buttons and arrow keys to step through: forward, then backward. It needs nothing but itself,
        neither a connection nor a library. For several samples, tables.

        Parameters
        ----------
        precision : int, default=4
            Significant digits.
        max_items : int, default=6
            Units, samples and terms of a sum shown before the rest is left out.

        Returns
        -------
        str
            HTML.
        """
        numbers = Numbers(precision, max_items)
        return to_html(
            _title(self),
            _sections(self, precision, max_items),
            lambda rows: Graph(self, numbers, rows).to_svg(),
        )

    def __str__(self):
        return self.to_text()

    def __repr__(self):
        loss = "" if self.loss is None else f", loss={self.loss:.4g}"
        return f"Trace(n_layers={len(self.layers)}, n_samples={len(self.X)}{loss})"

    def _repr_html_(self):
        return self.to_html()


def _title(trace):
    """What was traced."""
    widths = [trace.X.shape[1], *(len(layer.intercept) for layer in trace.layers)]
    shape = " → ".join(str(width) for width in widths)
    return f"{trace.estimator_name}, {shape} units, loss={trace.loss_function!r}"


def _sections(trace, precision, max_items):
    """The sections of a trace, for ``to_text`` and ``to_html``."""
    numbers = Numbers(precision, max_items)
    if len(trace.X) == 1:
        return calculation_of(trace, numbers)
    return Tables(trace, numbers).sections()
