"""The density of codes and residuals: a Gaussian each."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

_RESIDUAL_FLOOR = 0.01  # least residual variance, in units of the features' mean variance


@dataclass(frozen=True)
class CodeAndResidualDensity:
    """log p = log N(z; μ_z, Σ_z) + Σⱼ log N(rⱼ; μⱼ, vⱼ) for codes z and residuals r.

    Of a linear autoencoder that is probabilistic PCA with a variance a feature, which is close to
    factor analysis.
    """

    code_mean: np.ndarray
    code_covariance: np.ndarray
    residual_mean: np.ndarray
    residual_variance: np.ndarray

    @classmethod
    def estimate(cls, codes, residuals, weights, unit=1.0, ridge=1e-6):
        """The weighted moments of codes (n, k) and residuals (n, d).

        ``unit`` is the mean variance of the features: what a residual's variance is small against.
        ``ridge`` is added to the diagonal of the code's covariance, in units of its mean variance.
        """
        eps = np.finfo(np.asarray(codes).dtype).eps
        codes, residuals = np.asarray(codes, np.float64), np.asarray(residuals, np.float64)
        code_mean = np.average(codes, axis=0, weights=weights)
        centred = codes - code_mean
        covariance = (centred * (weights / weights.sum())[:, np.newaxis]).T @ centred
        k = codes.shape[1]
        # equal samples have equal codes but for rounding, of order eps: a standard deviation of
        # √eps is large against that, whether all codes are the same or they lie in a plane
        ridge = ridge * np.trace(covariance) / k + eps * (1.0 + np.mean(code_mean**2))
        residual_mean = np.average(residuals, axis=0, weights=weights)
        variance = np.average((residuals - residual_mean) ** 2, axis=0, weights=weights)
        return cls(
            code_mean,
            covariance + ridge * np.eye(k),
            residual_mean,
            variance + _RESIDUAL_FLOOR * unit,
        )

    def log_density(self, codes, residuals):
        """log p of each sample, shape (n_samples,); −∞ or NaN where the arithmetic overflows."""
        z = np.asarray(codes, np.float64) - self.code_mean
        if not np.isfinite(self.code_covariance).all():
            return np.full(len(z), np.nan)
        L = cholesky(self.code_covariance, lower=True)
        whitened = solve_triangular(L, z.T, lower=True, check_finite=False)
        # zᵀ Σ⁻¹ z = ‖L⁻¹ z‖², Σ = L Lᵀ
        code_part = np.sum(whitened.reshape(len(L), -1) ** 2, axis=0)
        code_part += 2.0 * np.log(np.diag(L)).sum()
        r = np.asarray(residuals, np.float64) - self.residual_mean
        residual_part = np.sum(r * r / self.residual_variance, axis=1)
        residual_part += np.log(self.residual_variance).sum()
        n_dimensions = len(self.code_mean) + len(self.residual_mean)
        return -0.5 * (code_part + residual_part + n_dimensions * np.log(2.0 * np.pi))
