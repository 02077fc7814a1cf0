"""The ways in which a sample may be odd to a fitted autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.density import CodeAndResidualDensity
from ..core.neighbours import NeighbourDistance
from ..core.tails import MarginalTails, log_harmonic_mean, weighted_quantile

_CORE = 0.75  # share of the samples, least odd in single features, for moments and neighbours
_RIDGE = 0.1  # added to the core's covariance of the code: worth it with few samples, else harmless
PARTS = (0.75, 0.25)  # of the joint density and of the single features in the harmonic mean


@dataclass(frozen=True)
class Views:
    """The views of a criterion. Without a density it is the error of the reconstruction.

    Attributes
    ----------
    autoencoder : BackpropAutoencoder
        Fitted.
    density : CodeAndResidualDensity or None
        Of code and residual.
    marginals : MarginalTails or None
        Of the single features.
    neighbours : NeighbourDistance or None
        Distances in units of ``scale_``.
    """

    autoencoder: object
    density: CodeAndResidualDensity | None = None
    marginals: MarginalTails | None = None
    neighbours: NeighbourDistance | None = None

    @classmethod
    def estimate(cls, autoencoder, criterion, X, weights):
        """The views that a criterion asks for, of the data that the autoencoder was fitted to."""
        if criterion == "reconstruction":
            return cls(autoencoder)
        unit = _mean_variance(autoencoder, X, weights)
        if criterion == "density":
            return cls(autoencoder, cls._density(autoencoder, X, weights, unit))
        marginals = MarginalTails.estimate(X, weights)
        oddness = marginals.oddness(X)
        core = oddness <= weighted_quantile(oddness, _CORE, weights)
        density = cls._density(autoencoder, X[core], weights[core], unit, ridge=_RIDGE)
        scale = np.asarray(autoencoder.scale_, np.float64) * np.sqrt(unit)
        neighbours = NeighbourDistance.estimate(X[core], weights[core], scale)
        return cls(autoencoder, density, marginals, neighbours)

    @classmethod
    def _density(cls, autoencoder, X, weights, unit, **options):
        codes, residuals = cls._code_and_residual(autoencoder, X)
        return CodeAndResidualDensity.estimate(codes, residuals, weights, unit, **options)

    def oddness(self, X):
        """Higher is odder, shape (n_views, n_samples); infinite where the arithmetic overflows."""
        with np.errstate(all="ignore"):
            if self.density is None:
                views = [-self.autoencoder.score_samples(X)]
            else:
                views = [-self.density.log_density(*self._code_and_residual(self.autoencoder, X))]
            views += [view.oddness(X) for view in (self.marginals, self.neighbours) if view]
        oddness = np.stack(views)
        return np.where(np.isnan(oddness), np.inf, oddness)

    @staticmethod
    def _code_and_residual(autoencoder, X):
        """Codes, and residuals in units of ``scale_``."""
        return autoencoder.transform(X), (X - autoencoder.predict(X)) / autoencoder.scale_


def combined(log_p):
    """Oddness by all views, (n_samples,), from the logs of their tail probabilities, a row a view.

    A sample is odd to the model by its joint density *or* in a single feature: the harmonic mean.
    That it lies far from its neighbours is evidence beside: Fisher's product.
    """
    density, marginals, neighbours = log_p
    least = -0.5 * np.finfo(np.float64).max  # so that the sum does not overflow
    by_model = log_harmonic_mean(np.stack([density, marginals]), PARTS)
    return -np.maximum(by_model, least) - np.maximum(neighbours, least)


def _mean_variance(autoencoder, X, weights):
    """The mean variance of the features, in units of ``scale_``."""
    if autoencoder.standardize:
        return 1.0
    deviations = X - np.average(X, axis=0, weights=weights)
    return np.average((deviations**2).mean(axis=1), weights=weights) or 1.0
