"""Initial weights and biases of a dense layer.

An initializer is ``callable(rng, fan_in, fan_out) -> W`` or ``-> (W, b)`` with ``W`` of shape
(fan_in, fan_out) and ``b`` of shape (fan_out,), zero when left out. It is called once a layer, from
input to output.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GlorotUniform:
    """U(−r, r) for weights *and* biases, r = √(factor / (fan_in + fan_out)): scikit-learn's scheme.

    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks". The factor is 6, and 2 where the activation is the logistic sigmoid.
    """

    factor: float = 6.0

    def __call__(self, rng, fan_in, fan_out):
        bound = np.sqrt(self.factor / (fan_in + fan_out))
        W = rng.uniform(-bound, bound, (fan_in, fan_out))
        b = rng.uniform(-bound, bound, fan_out)
        return W, b


@dataclass(frozen=True)
class ScaledNormal:
    """N(0, variance) weights and zero biases, with variance = gain / (its fans)."""

    gain: float
    fans: str

    def __call__(self, rng, fan_in, fan_out):
        n = fan_in if self.fans == "in" else fan_in + fan_out
        return rng.normal(0.0, np.sqrt(self.gain / n), (fan_in, fan_out))


@dataclass(frozen=True)
class ScaledUniform:
    """Uniform weights of variance = gain / fan_in, and zero biases."""

    gain: float

    def __call__(self, rng, fan_in, fan_out):
        bound = np.sqrt(3.0 * self.gain / fan_in)
        return rng.uniform(-bound, bound, (fan_in, fan_out))


@dataclass(frozen=True)
class StandardNormalInput:
    """For inputs that are N(0, I): N(0, 1 / fan_in) weights and N(0, 1) biases.

    The part of a pre-activation that depends on the input has variance one, however wide the layer,
    and its zeros lie spread over the inputs.
    """

    def __call__(self, rng, fan_in, fan_out):
        W = rng.normal(0.0, np.sqrt(1.0 / fan_in), (fan_in, fan_out))
        b = rng.normal(0.0, 1.0, fan_out)
        return W, b


INITIALIZERS = {
    "glorot_uniform": GlorotUniform(),
    "glorot_normal": ScaledNormal(2.0, fans="both"),
    "he_uniform": ScaledUniform(2.0),  # He et al. (2015), "Delving deep into rectifiers"
    "he_normal": ScaledNormal(2.0, fans="in"),
    "lecun_normal": ScaledNormal(1.0, fans="in"),  # LeCun et al. (1998), "Efficient BackProp"
}


def initial_parameters(init, rng, fan_in, fan_out):
    """Call ``init`` and check what it returned.

    Returns
    -------
    W : ndarray of shape (fan_in, fan_out)
    b : ndarray of shape (fan_out,)

    Raises
    ------
    ValueError
        If the shapes are not those of the layer, or a value is not finite.
    """
    drawn = init(rng, fan_in, fan_out)
    W, b = drawn if isinstance(drawn, tuple | list) else (drawn, np.zeros(fan_out))
    W, b = np.asarray(W), np.asarray(b)
    for name, array, shape in (("W", W, (fan_in, fan_out)), ("b", b, (fan_out,))):
        if array.shape != shape:
            raise ValueError(
                f"init gave {name} of shape {array.shape} for a layer with fan_in={fan_in} and "
                f"fan_out={fan_out}; expected {shape}."
            )
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(f"init gave {name} with values that are not finite numbers.")
    return W, b
