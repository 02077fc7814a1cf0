"""Activation functions σ and their derivatives σ′."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from scipy.special import erf, expit

_SQRT_2 = np.sqrt(2.0).item()
_SQRT_2PI = np.sqrt(2.0 * np.pi).item()
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805
_LEAKY_SLOPE = 0.01
_SMALL = 256  # elements for one network, so that a population computes what its members would


@dataclass(frozen=True)
class Activation:
    """An element-wise activation a = σ(z), with its derivative.

    Parameters
    ----------
    name : str
        The name shown in ``repr`` and error messages.
    function : callable(z, out) -> None
        Writes σ(z) into ``out``. ``out`` may be ``z`` itself when ``uses_z`` is False.
    derivative : callable(x, out) -> None
        Writes σ′ into ``out``, another array than ``x``: written in the *output* x = a = σ(z) when
        ``uses_z`` is False, in the *input* x = z otherwise.
    uses_z : bool, default=True
        Whether ``derivative`` is written in z. Where it is written in a, z need not be kept.
    second_derivative : callable(x, out) -> None, default=None
        Writes σ″ into ``out``, like ``derivative``. Only the contractive penalty needs it.
    with_derivative : callable(z, out, slope) -> None, default=None
        Writes σ(z) into ``out`` and σ′(z) into ``slope``, where that saves work or memory.
        ``out`` may be ``z`` itself when ``uses_z`` is False. Training uses it in place of
        ``function`` and ``derivative``.
    uses_scratch : bool, default=False
        Whether ``second_derivative`` and ``with_derivative`` take one more argument: an array of
        the same shape to compute in.

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop import Activation, BackpropClassifier
    >>> square = Activation(
    ...     "square",
    ...     function=lambda z, out: np.multiply(z, z, out=out),
    ...     derivative=lambda z, out: np.multiply(z, 2.0, out=out),
    ... )
    >>> BackpropClassifier(activation=square).activation.name
    'square'
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray], object]
    derivative: Callable[[np.ndarray, np.ndarray], object]
    uses_z: bool = True
    second_derivative: Callable[..., object] | None = None
    with_derivative: Callable[..., object] | None = None
    uses_scratch: bool = False

    def __getstate__(self):
        """One of the table is pickled by its name: its functions are looked up."""
        if ACTIVATIONS.get(self.name) == self:
            return {"name": self.name}
        return dict(vars(self))

    def __setstate__(self, state):
        if state.keys() == {"name"}:
            state = vars(ACTIVATIONS[state["name"]])
        vars(self).update(state)


def _zero(x, out, scratch):
    out[...] = 0.0


# -- identity -------------------------------------------------------------------------------------


def _identity(z, out):
    if out is not z:
        np.copyto(out, z)


def _identity_derivative(a, out):
    out[...] = 1.0


# -- logistic -------------------------------------------------------------------------------------


def logistic(z, out):
    """Write σ(z) = 1 / (1 + e⁻ᶻ) into ``out``; e⁻ᶻ may overflow to inf, which gives the right 0."""
    if prod(z.shape[-2:]) < _SMALL:  # one call; on large arrays the four are 3 times faster
        expit(z, out=out)
        return
    np.negative(z, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)


def _logistic_derivative(a, out):  # a (1 − a)
    np.subtract(1.0, a, out=out)
    np.multiply(out, a, out=out)


def _logistic_second(a, out, scratch):  # a (1 − a) (1 − 2 a)
    _logistic_derivative(a, out)
    np.multiply(a, -2.0, out=scratch)
    np.add(scratch, 1.0, out=scratch)
    np.multiply(out, scratch, out=out)


# -- tanh -----------------------------------------------------------------------------------------


def _tanh_derivative(a, out):  # 1 − a²
    np.multiply(a, a, out=out)
    np.subtract(1.0, out, out=out)


def _tanh_second(a, out, scratch):  # −2 a (1 − a²)
    _tanh_derivative(a, out)
    np.multiply(out, a, out=out)
    np.multiply(out, -2.0, out=out)


# -- relu, leaky_relu -----------------------------------------------------------------------------


def _relu(z, out):
    np.clip(z, 0.0, np.inf, out=out)  # half the time of a maximum


def _relu_derivative(a, out):  # 1 where a > 0
    np.greater(a, 0.0, out=out)


def _relu_with_derivative(z, out, slope, scratch):
    """A product, in a third of the time of a maximum; −∞ becomes NaN, which ends the training."""
    np.greater(z, 0.0, out=slope)
    np.multiply(z, slope, out=out)


def _leaky_relu(z, out):
    np.maximum(z, _LEAKY_SLOPE * z, out=out)


def _leaky_relu_derivative(a, out):
    np.greater(a, 0.0, out=out)
    np.multiply(out, 1.0 - _LEAKY_SLOPE, out=out)
    np.add(out, _LEAKY_SLOPE, out=out)


def _leaky_relu_with_derivative(z, out, slope, scratch):
    _leaky_relu_derivative(z, slope)
    np.multiply(z, slope, out=out)


# -- elu, selu ------------------------------------------------------------------------------------


def _elu(z, out):  # z where z > 0, eᶻ − 1 elsewhere
    negative = np.expm1(np.minimum(z, 0.0))
    np.maximum(z, 0.0, out=out)
    np.add(out, negative, out=out)


def _elu_derivative(a, out):  # 1 where a > 0, a + 1 = eᶻ elsewhere
    np.minimum(a, 0.0, out=out)
    np.add(out, 1.0, out=out)


def _elu_with_derivative(z, out, slope, scratch):
    np.minimum(z, 0.0, out=slope)
    np.expm1(slope, out=slope)
    np.maximum(z, 0.0, out=out)
    np.add(out, slope, out=out)
    np.add(slope, 1.0, out=slope)


def _elu_second(a, out, scratch):  # 0 where a > 0, a + 1 elsewhere
    np.less_equal(a, 0.0, out=out)
    np.add(a, 1.0, out=scratch)
    np.multiply(out, scratch, out=out)


def _selu(z, out):  # λ z where z > 0, λ α (eᶻ − 1) elsewhere (Klambauer et al., 2017)
    negative = np.expm1(np.minimum(z, 0.0))
    np.multiply(negative, _SELU_ALPHA, out=negative)
    np.maximum(z, 0.0, out=out)
    np.add(out, negative, out=out)
    np.multiply(out, _SELU_SCALE, out=out)


def _selu_derivative(a, out):  # λ where a > 0, a + λ α elsewhere
    np.add(a, _SELU_SCALE * _SELU_ALPHA, out=out)
    np.copyto(out, _SELU_SCALE, where=a > 0)


def _selu_with_derivative(z, out, slope, scratch):
    np.minimum(z, 0.0, out=scratch)
    np.expm1(scratch, out=scratch)
    np.multiply(scratch, _SELU_ALPHA, out=scratch)  # α (eᶻ − 1) where z < 0, 0 elsewhere
    np.greater(z, 0.0, out=slope)
    np.multiply(slope, 1.0 - _SELU_ALPHA, out=slope)
    np.add(slope, _SELU_ALPHA, out=slope)  # 1 where z > 0, α elsewhere
    np.add(slope, scratch, out=slope)
    np.multiply(slope, _SELU_SCALE, out=slope)
    np.maximum(z, 0.0, out=out)
    np.add(out, scratch, out=out)
    np.multiply(out, _SELU_SCALE, out=out)


def _selu_second(a, out, scratch):  # 0 where a > 0, a + λ α elsewhere
    np.less_equal(a, 0.0, out=out)
    np.add(a, _SELU_SCALE * _SELU_ALPHA, out=scratch)
    np.multiply(out, scratch, out=out)


# -- softplus -------------------------------------------------------------------------------------


def _softplus(z, out):  # log(1 + eᶻ)
    np.logaddexp(z, 0.0, out=out)


def _softplus_derivative(a, out):  # σ(z) = 1 − e⁻ᵃ
    np.negative(a, out=out)
    np.expm1(out, out=out)
    np.negative(out, out=out)


def _softplus_second(a, out, scratch):  # σ(z) (1 − σ(z))
    _softplus_derivative(a, scratch)
    np.subtract(1.0, scratch, out=out)
    np.multiply(out, scratch, out=out)


# -- gelu -----------------------------------------------------------------------------------------


def _normal_cdf(z, out):  # Φ(z)
    np.multiply(z, 1.0 / _SQRT_2, out=out)
    erf(out, out=out)
    np.add(out, 1.0, out=out)
    np.multiply(out, 0.5, out=out)


def _normal_pdf(z, out):  # φ(z)
    np.multiply(z, z, out=out)
    np.multiply(out, -0.5, out=out)
    np.exp(out, out=out)
    np.multiply(out, 1.0 / _SQRT_2PI, out=out)


def _gelu(z, out):  # z Φ(z) (Hendrycks & Gimpel, 2016)
    _normal_cdf(z, out)
    np.multiply(out, z, out=out)


def _gelu_derivative(z, out):  # Φ(z) + z φ(z)
    _gelu_with_derivative(z, np.empty_like(z), out, None)


def _gelu_with_derivative(z, out, slope, scratch):
    _normal_pdf(z, slope)
    np.multiply(slope, z, out=slope)
    _normal_cdf(z, out)
    np.add(slope, out, out=slope)
    np.multiply(out, z, out=out)


def _gelu_second(z, out, scratch):  # φ(z) (2 − z²)
    _normal_pdf(z, out)
    np.multiply(z, z, out=scratch)
    np.subtract(2.0, scratch, out=scratch)
    np.multiply(out, scratch, out=out)


# -- silu -----------------------------------------------------------------------------------------


def _silu(z, out):  # z σ(z)
    logistic(z, out)
    np.multiply(out, z, out=out)


def _silu_derivative(z, out):  # σ(z) (1 + z (1 − σ(z)))
    _silu_with_derivative(z, np.empty_like(z), out, np.empty_like(z))


def _silu_with_derivative(z, out, slope, scratch):  # σ′ = s + a (1 − s), s = σ(z), a = z s
    logistic(z, slope)
    np.multiply(z, slope, out=out)
    np.subtract(1.0, slope, out=scratch)
    np.multiply(scratch, out, out=scratch)
    np.add(slope, scratch, out=slope)


def _silu_second(z, out, scratch):  # s (1 − s) (2 + z (1 − 2 s)), s = σ(z)
    logistic(z, out)
    np.multiply(out, -2.0, out=scratch)
    np.add(scratch, 1.0, out=scratch)
    np.multiply(scratch, z, out=scratch)
    np.add(scratch, 2.0, out=scratch)
    np.multiply(scratch, out, out=scratch)  # s (2 + z (1 − 2 s))
    np.subtract(1.0, out, out=out)
    np.multiply(out, scratch, out=out)


# -- mish -----------------------------------------------------------------------------------------


def _tanh_softplus(z, out):  # t = tanh(log(1 + eᶻ))
    np.logaddexp(z, 0.0, out=out)
    np.tanh(out, out=out)


def _mish(z, out):  # z t (Misra, 2019)
    _tanh_softplus(z, out)
    np.multiply(out, z, out=out)


def _mish_derivative(z, out):  # t + z (1 − t²) σ(z)
    _mish_with_derivative(z, np.empty_like(z), out, np.empty_like(z))


def _mish_with_derivative(z, out, slope, scratch):
    _tanh_softplus(z, out)
    logistic(z, slope)
    np.multiply(slope, z, out=slope)
    np.multiply(out, out, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(slope, scratch, out=slope)
    np.add(slope, out, out=slope)
    np.multiply(out, z, out=out)


def _mish_second(z, out, scratch):  # (1 − t²) s (2 + z (1 − s − 2 t s)), s = σ(z)
    _tanh_softplus(z, out)
    logistic(z, scratch)
    np.multiply(out, 2.0, out=out)
    np.add(out, 1.0, out=out)
    np.multiply(out, scratch, out=out)
    np.subtract(1.0, out, out=out)  # 1 − s − 2 t s
    np.multiply(out, z, out=out)
    np.add(out, 2.0, out=out)
    np.multiply(out, scratch, out=out)  # s (2 + z (1 − s − 2 t s))
    _tanh_softplus(z, scratch)
    np.multiply(scratch, scratch, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(out, scratch, out=out)


def _built_in(name, function, derivative, uses_z, second_derivative, with_derivative=None):
    return Activation(
        name, function, derivative, uses_z, second_derivative, with_derivative, uses_scratch=True
    )


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        _built_in("identity", _identity, _identity_derivative, False, _zero),
        _built_in("logistic", logistic, _logistic_derivative, False, _logistic_second),
        _built_in("tanh", np.tanh, _tanh_derivative, False, _tanh_second),
        _built_in("relu", _relu, _relu_derivative, False, _zero, _relu_with_derivative),
        _built_in(
            "leaky_relu",
            _leaky_relu,
            _leaky_relu_derivative,
            False,
            _zero,
            _leaky_relu_with_derivative,
        ),
        _built_in("elu", _elu, _elu_derivative, False, _elu_second, _elu_with_derivative),
        _built_in("selu", _selu, _selu_derivative, False, _selu_second, _selu_with_derivative),
        _built_in("softplus", _softplus, _softplus_derivative, False, _softplus_second),
        _built_in("gelu", _gelu, _gelu_derivative, True, _gelu_second, _gelu_with_derivative),
        _built_in("silu", _silu, _silu_derivative, True, _silu_second, _silu_with_derivative),
        _built_in("mish", _mish, _mish_derivative, True, _mish_second, _mish_with_derivative),
    )
}


def value_and_slope(sigma, z, a, slope, scratch):
    """Operations that compute σ(z) on the way forward, and σ′(z) then or on the way back.

    Parameters
    ----------
    sigma : Activation
    z, a, slope, scratch : ndarray of one shape
        ``a`` may be ``z`` where σ′ can be had from a.

    Returns
    -------
    forward, backward : list of operations
    """
    if sigma.with_derivative is not None:
        extra = [scratch] if sigma.uses_scratch else []
        return [partial(sigma.with_derivative, z, a, slope, *extra)], []
    forward = [partial(sigma.function, z, a)]
    return forward, [partial(sigma.derivative, z if sigma.uses_z else a, slope)]


def takes_stacks(activation):
    """Whether an activation computes a stack of matrices one by one, as a population needs it.

    A user may have written it for two axes: it then fails for three, or does something else.
    """
    if ACTIVATIONS.get(activation.name) is activation:
        return True
    z = np.linspace(-2.0, 2.0, 24).reshape(2, 3, 4)
    try:
        with np.errstate(all="ignore"):
            together = _values(activation, z)
            one_by_one = zip(*(_values(activation, matrix) for matrix in z), strict=True)
            return all(
                np.allclose(stack, list(matrices), rtol=1e-12, atol=0.0, equal_nan=True)
                for stack, matrices in zip(together, one_by_one, strict=True)
            )
    except Exception:  # whatever a function raises that is called with a shape it does not expect
        return False


def _values(activation, z):
    """σ(z), σ′(z) and, where there is one, σ″(z), as a training computes them."""
    z, a, slope, curvature = z.copy(), *(np.zeros_like(z) for _ in range(3))
    scratch = np.empty_like(z)
    forward, backward = value_and_slope(activation, z, a, slope, scratch)
    for operation in (*forward, *backward):
        operation()
    if activation.second_derivative is not None:
        extra = [scratch] if activation.uses_scratch else []
        activation.second_derivative(z if activation.uses_z else a, curvature, *extra)
    return a, slope, curvature
