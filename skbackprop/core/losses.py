"""Losses on raw scores: value, δᴸ = ∂ℓ/∂zᴸ, and the link that turns scores into predictions.

A loss takes the *raw scores* z of the output layer, not probabilities, so it is stable without
clipping. Called on a batch it fills two arrays of the shape of ``z``, (..., n_samples, n_outputs):

- ``losses``: the loss element by element; the loss of a sample is the sum of its row,
- ``delta``: δᴸ, the gradient of a sample's loss with respect to its raw scores.

``scratch`` is an array of the same shape, without gaps, to compute in.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from scipy.special import expit, xlogy


def row_max(a, scratch):
    """The largest element of each row, shape (..., n_rows, 1).

    NumPy is slow along short rows; along the columns of a transposed copy it is not. The copy goes
    into ``scratch``, of the size of ``a`` and without gaps.
    """
    columns = scratch.reshape(a.swapaxes(-1, -2).shape)
    np.copyto(columns, a.swapaxes(-1, -2))
    return np.maximum.reduce(columns, axis=-2)[..., np.newaxis]


def row_sum(a):
    """The sum of each row, shape (..., n_rows, 1): as a product, for the same reason."""
    return a @ _ones(a.shape[-1], a.dtype)


@cache
def _ones(n, dtype):
    return np.ones((n, 1), dtype)


class Link:
    """a = g(z): predictions from raw scores, and the way back for a gradient."""

    @staticmethod
    def predict(z, out, scratch=None):
        """Write g(z) into ``out``; ``out`` may be ``z``. Without ``scratch``, memory is made."""
        raise NotImplementedError

    @staticmethod
    def pull_back(a, delta, scratch):
        """Turn ∂ℓ/∂a into ∂ℓ/∂z in place, given a = g(z)."""
        raise NotImplementedError


class Identity(Link):
    """a = z."""

    @staticmethod
    def predict(z, out, scratch=None):
        if out is not z:
            np.copyto(out, z)

    @staticmethod
    def pull_back(a, delta, scratch):
        pass


class Logistic(Link):
    """a = σ(z) = 1 / (1 + e⁻ᶻ); σ′ = a (1 − a)."""

    @staticmethod
    def predict(z, out, scratch=None):
        expit(z, out=out)

    @staticmethod
    def pull_back(a, delta, scratch):
        np.subtract(1.0, a, out=scratch)
        delta *= a
        delta *= scratch


class Softmax(Link):
    """aⱼ = eᶻʲ / Σₖ eᶻᵏ; (J u)ⱼ = aⱼ (uⱼ − Σₖ aₖ uₖ)."""

    @staticmethod
    def predict(z, out, scratch=None):
        scratch = np.empty(z.shape, z.dtype) if scratch is None else scratch
        np.subtract(z, row_max(z, scratch), out=out)
        np.exp(out, out=out)
        out /= row_sum(out)

    @staticmethod
    def pull_back(a, delta, scratch):
        np.multiply(a, delta, out=scratch)
        delta -= row_sum(scratch)
        delta *= a


class Exp(Link):
    """a = eᶻ, which is its own derivative."""

    @staticmethod
    def predict(z, out, scratch=None):
        np.exp(z, out=out)

    @staticmethod
    def pull_back(a, delta, scratch):
        delta *= a


LINKS = {"identity": Identity, "logistic": Logistic, "softmax": Softmax, "exp": Exp}


_SMALLEST_VARIANCE = 1e-6  # of a learned Gaussian, in squared units of the output


@dataclass(frozen=True)
class Loss:
    """Base of all losses.

    Parameters
    ----------
    link : str
        Name of the function from raw scores to predictions.
    mean_over_outputs : bool
        Whether the *reported* loss is the mean over outputs; the gradient is always that of the
        sum.
    """

    link: str = "identity"
    mean_over_outputs: bool = True

    #: The links for which the loss is written.
    links: ClassVar[tuple[str, ...]] = ("identity",)
    #: Whether it is called with the sample weights too, since its samples depend on each other.
    uses_sample_weight: ClassVar[bool] = False

    def __post_init__(self):
        if self.link not in self.links:
            raise ValueError(f"{type(self).__name__} has no link {self.link!r}, only {self.links}.")

    def __call__(self, z, y, losses, delta, scratch):
        """Fill ``losses`` and ``delta`` for raw scores ``z`` and targets ``y``."""
        raise NotImplementedError

    def predict(self, z, out):
        """Write the predictions for raw scores ``z`` into ``out`` (``z`` itself is allowed)."""
        LINKS[self.link].predict(z, out)

    def reported(self, mean, n_outputs):
        """A mean loss as it is reported: a mean over outputs, too, where the loss says so."""
        return mean / n_outputs if self.mean_over_outputs else mean


@dataclass(frozen=True)
class SquaredError(Loss):
    """ℓ = ½ Σ (a − y)² with a = g(z); δ = g′(z) (a − y)."""

    links: ClassVar = ("identity", "logistic", "softmax", "exp")

    def __call__(self, z, y, losses, delta, scratch):
        if self.link == "identity":
            np.subtract(z, y, out=delta)
            np.multiply(delta, delta, out=losses)
            losses *= 0.5
            return
        link, a = LINKS[self.link], losses
        link.predict(z, a, scratch)
        np.subtract(a, y, out=delta)
        link.pull_back(a, delta, scratch)
        losses -= y  # a is not needed any more
        np.multiply(losses, losses, out=losses)
        losses *= 0.5


@dataclass(frozen=True)
class GaussianLikelihood(Loss):
    """ℓ = Σ ½ (r² / v + log v), r = a − y: a Gaussian of learned variance; δ = g′(z) r / v.

    v is one number, the mean squared residual of the batch, at which ℓ is smallest; so its own
    derivative does not count (Rybkin, Daniilidis & Levine, 2021, "Simple and effective VAE training
    with calibrated decoders"). The constant ½ log 2π is left out.
    """

    mean_over_outputs: bool = False
    links: ClassVar = ("identity", "logistic")
    uses_sample_weight: ClassVar = True

    def __call__(self, z, y, losses, delta, scratch, sample_weight=None):
        link, a = LINKS[self.link], losses
        link.predict(z, a, scratch)
        np.subtract(a, y, out=delta)
        np.multiply(delta, delta, out=scratch)
        variance = self._mean(scratch, sample_weight)
        np.divide(delta, variance, out=delta)
        link.pull_back(a, delta, scratch)
        losses -= y  # a is not needed any more
        np.multiply(losses, losses, out=losses)
        losses /= variance
        losses += np.log(variance)
        losses *= 0.5

    @staticmethod
    def _mean(squares, sample_weight):
        """The weighted mean over rows and outputs, kept above zero; shape (..., 1, 1)."""
        rows = row_sum(squares) / squares.shape[-1]
        if sample_weight is None:
            mean = rows.mean(axis=-2, keepdims=True)
        else:
            total = sample_weight.sum(axis=-2, keepdims=True)
            mean = (rows * sample_weight).sum(axis=-2, keepdims=True)
            mean = mean / np.where(total > 0, total, 1.0)
        return np.maximum(mean, _SMALLEST_VARIANCE)


@dataclass(frozen=True)
class LogLoss(Loss):
    """Cross-entropy, with soft targets allowed; δ = a − y through either link.

    logistic: ℓ = Σ log(1 + eᶻ) − y z, one term for each output (binary and multilabel problems).
    softmax:  ℓ = −Σ yⱼ log aⱼ = Σ yⱼ (log Σₖ eᶻᵏ − zⱼ), for targets that sum to one.
    """

    link: str = "logistic"
    mean_over_outputs: bool = False
    links: ClassVar = ("logistic", "softmax")

    def __call__(self, z, y, losses, delta, scratch):
        if self.link == "softmax":
            self._softmax(z, y, losses, delta, scratch)
        else:
            self._logistic(z, y, losses, delta)

    @staticmethod
    def _logistic(z, y, losses, delta):
        np.logaddexp(z, 0.0, out=losses)
        np.multiply(z, y, out=delta)
        losses -= delta
        expit(z, out=delta)
        delta -= y

    @staticmethod
    def _softmax(z, y, losses, delta, scratch):
        np.subtract(z, row_max(z, scratch), out=losses)  # it cancels
        np.exp(losses, out=delta)
        total = row_sum(delta)
        delta /= total
        delta -= y
        np.subtract(np.log(total), losses, out=losses)
        losses *= y


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, a = eᶻ: ℓ = Σ a − y z + y log y − y; δ = a − y."""

    link: str = "exp"
    mean_over_outputs: bool = False
    links: ClassVar = ("exp",)

    def __call__(self, z, y, losses, delta, scratch):
        xlogy(y, y, out=losses)
        np.multiply(y, z, out=delta)
        losses -= delta
        np.exp(z, out=delta)
        delta -= y
        losses += delta


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """ℓ = Σ |z − y|; δ = sign(z − y)."""

    def __call__(self, z, y, losses, delta, scratch):
        np.subtract(z, y, out=losses)
        np.sign(losses, out=delta)
        np.abs(losses, out=losses)


@dataclass(frozen=True)
class Huber(Loss):
    """ℓ = ½ r² where |r| ≤ d, d |r| − ½ d² elsewhere, with r = z − y; δ = r clipped to [−d, d].

    Huber (1964), "Robust estimation of a location parameter". Both branches are δ r − ½ δ².
    """

    huber_delta: float = 1.0

    def __call__(self, z, y, losses, delta, scratch):
        np.subtract(z, y, out=losses)
        np.clip(losses, -self.huber_delta, self.huber_delta, out=delta)
        np.multiply(delta, 0.5, out=scratch)
        losses -= scratch
        losses *= delta


@dataclass(frozen=True)
class Quantile(Loss):
    """Pinball loss: ℓ = q (y − z) where y ≥ z, (1 − q) (z − y) elsewhere; δ = 1[z > y] − q.

    Koenker & Bassett (1978), "Regression quantiles".
    """

    quantile: float = 0.5

    def __call__(self, z, y, losses, delta, scratch):
        np.greater(z, y, out=delta)
        delta -= self.quantile
        np.subtract(z, y, out=losses)
        losses *= delta


def mean_loss(loss, z, y, sample_weight=None):
    """The (weighted) mean loss over samples, as it is reported.

    Parameters
    ----------
    loss : Loss
    z, y : ndarray of shape (n_samples, n_outputs)
        Raw scores and targets.
    sample_weight : ndarray of shape (n_samples,), default=None

    Returns
    -------
    float
    """
    losses, delta, scratch = (np.empty(z.shape, z.dtype) for _ in range(3))
    own = {}
    if loss.uses_sample_weight and sample_weight is not None:
        own["sample_weight"] = np.asarray(sample_weight, z.dtype)[:, np.newaxis]
    loss(z, y, losses, delta, scratch, **own)
    per_sample = losses.sum(axis=1, dtype=np.float64)
    return loss.reported(float(np.average(per_sample, weights=sample_weight)), y.shape[1])


LOSSES = {
    "squared_error": SquaredError,
    "gaussian_likelihood": GaussianLikelihood,
    "log_loss": LogLoss,
    "poisson": Poisson,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
}
