"""What is kept of a forward and a backward pass: LayerTrace and Trace."""

from dataclasses import dataclass

import numpy as np

from .calculation import Calculation
from .formulas import Numbers
from .tables import Tables
from .text import to_html, to_text


@dataclass(eq=False, repr=False)
class LayerTrace:
    """One layer of a `Trace`: what it receives, computes, and learns from its error.

    Samples are rows. L is the objective of the whole batch, so the δ of one sample among n holds a
    factor 1/n.

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
        What normalization makes of zˡ; it is this that then goes through σ.

    a : ndarray of shape (n_samples, fan_out)
        aˡ = σ(zˡ); the prediction in the last layer.

    derivative : ndarray of shape (n_samples, fan_out), or None
        σ′(zˡ); None in the last layer where its δ comes directly from the loss, as δ = a − y does.

    a_grad : ndarray of shape (n_samples, fan_out), or None
        ∂L/∂aˡ = δˡ⁺¹ (Wˡ⁺¹)ᵀ; None in the last layer where ``derivative`` is.

    delta : ndarray of shape (n_samples, fan_out)
        δˡ = ∂L/∂zˡ; without normalization, ∂L/∂aˡ ⊙ σ′(zˡ).

    coef_grad : ndarray of shape (fan_in, fan_out)
        ∂L/∂Wˡ = (aˡ⁻¹)ᵀ δˡ, plus the gradient of the L2 penalty.

    intercept_grad : ndarray of shape (fan_out,)
        ∂L/∂bˡ = Σ δˡ over the samples.

    norm_grads : dict of str to ndarray of shape (fan_out,)
        ∂L/∂γ as "gain" and ∂L/∂β as "shift", where the layer is normalized.
    """

    number: int
    activation: str
    inputs: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    z: np.ndarray
    a: np.ndarray
    delta: np.ndarray
    coef_grad: np.ndarray
    intercept_grad: np.ndarray
    normalized: np.ndarray | None = None
    derivative: np.ndarray | None = None
    a_grad: np.ndarray | None = None
    norm_grads: dict | None = None

    def __repr__(self):
        fan_in, fan_out = self.coef.shape
        return f"LayerTrace({self.number}: {fan_in} → {fan_out}, {self.activation})"


@dataclass(eq=False, repr=False)
class Trace:
    """A forward and a backward pass, made by `trace`.

    ``print(trace)`` shows the passes as a table: for one sample as a calculation that can be
    followed with a pocket calculator, for several sample by sample. A notebook shows the same as
    HTML.

    Parameters
    ----------
    layers : list of LayerTrace
        From the first hidden layer to the output.

    X : ndarray of shape (n_samples, n_features)
        The input.

    target : ndarray of shape (n_samples, n_outputs)
        The target as the loss sees it: one-hot for classes, with label smoothing.

    losses : ndarray of shape (n_samples,)
        The loss ℓ of each sample, before weighting.

    sample_weight : ndarray of shape (n_samples,), or None
        Weights, with class weights, normalised to mean one.

    loss : float
        L, the objective: the weighted mean of ``losses`` plus the L2 penalty.

    l2 : float
        α / Σw: L holds l2/2 ‖W‖², and ∂L/∂W holds l2 W.

    loss_function : str
        The name of the loss, such as "log_loss".

    estimator_name : str
        The class of the estimator.
    """

    layers: list[LayerTrace]
    X: np.ndarray
    target: np.ndarray
    losses: np.ndarray
    sample_weight: np.ndarray | None
    loss: float
    l2: float
    loss_function: str
    estimator_name: str

    @property
    def coef_grads(self):
        """∂L/∂W of each layer, as `loss_and_gradients` has them."""
        return [layer.coef_grad for layer in self.layers]

    @property
    def intercept_grads(self):
        """∂L/∂b of each layer, as `loss_and_gradients` has them."""
        return [layer.intercept_grad for layer in self.layers]

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
        """The passes as HTML tables, as a notebook shows them.

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
        return to_html(_title(self), _sections(self, precision, max_items))

    def __str__(self):
        return self.to_text()

    def __repr__(self):
        return f"Trace(n_layers={len(self.layers)}, n_samples={len(self.X)}, loss={self.loss:.4g})"

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
    make = Calculation if len(trace.X) == 1 else Tables
    return make(trace, numbers).sections()
