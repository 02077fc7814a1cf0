"""How far a sample lies from its neighbours among those of a reference."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

_N_REFERENCES = 1024  # the cost of a score and the size of a pickle do not grow with the data
_N_NEIGHBOURS = 10  # the least with which distances do not depend on chance (Breunig et al.)
FLOOR = 1e-3  # in units of the scale: nearer samples are as good as equal
_CHUNK = 1024  # rows at a time: 8 MiB of distances


@dataclass(frozen=True)
class NeighbourDistance:
    """The log of the mean distance to the 10 nearest of up to 1024 samples.

    Weighted samples count as many times as they weigh: the "10 nearest" have the share of 10
    samples in the reference's weight. A part of the data is enough: what lies far from most of
    them lies far from most of a random part, too [1]_.

    Attributes
    ----------
    references : ndarray of shape (n_references, n_features)
        Distinct samples, in units of ``scale``.
    weights : ndarray of shape (n_references,)
        Their shares of the weight; the sum is 1.
    reach : float
        The share of the weight that is averaged over.
    scale : ndarray of shape (n_features,) or float
        The unit of each feature.

    References
    ----------
    .. [1] Sugiyama & Borgwardt (2013), "Rapid distance-based outlier detection via sampling".
    .. [2] Breunig, Kriegel, Ng & Sander (2000), "LOF: identifying density-based local outliers",
       section 6.2: at least 10 neighbours.
    """

    references: np.ndarray
    weights: np.ndarray
    reach: float
    scale: np.ndarray | float

    @classmethod
    def estimate(cls, X, weights, scale=1.0):
        """The reference of a weighted sample X of shape (n_samples, n_features)."""
        group = distinct_rows(X)
        chosen = np.random.RandomState(0).permutation(group.max() + 1)[:_N_REFERENCES]
        _, first = np.unique(group, return_index=True)
        shares = np.bincount(group, weights)[chosen]
        reach = min(_N_NEIGHBOURS, max(1, len(chosen) - 1)) / len(chosen)
        return cls(X[first[chosen]] / scale, shares / shares.sum(), reach, scale)

    @property
    def n_nearest(self):
        """How many of the nearest may be needed: those of the smallest weights reach far enough."""
        covered = np.cumsum(np.sort(self.weights))
        return min(int(np.searchsorted(covered, self.reach)) + 1, len(covered))

    def oddness(self, X):
        """log(mean distance + 0.001) for each row, shape (n_samples,).

        The number of samples within a distance r of x is about n p(x) rᵈ times a constant. So
        the log of the distance to the k-th is −log p(x) / d and a constant: the tail of its
        distribution is exponential where that of log p is, as for a Gaussian.
        """
        n_nearest = self.n_nearest
        out = np.empty(len(X))
        for start in range(0, len(X), _CHUNK):
            rows = slice(start, start + _CHUNK)
            out[rows] = self._mean_distance(X[rows].astype(np.float64) / self.scale, n_nearest)
        return np.log(out + FLOOR)

    def _mean_distance(self, X, n_nearest):
        distances = cdist(X, self.references)
        nearest = np.argpartition(distances, n_nearest - 1, axis=1)[:, :n_nearest]
        distances = np.take_along_axis(distances, nearest, axis=1)
        order = np.argsort(distances, axis=1)
        nearest, distances = (np.take_along_axis(a, order, axis=1) for a in (nearest, distances))
        weights = self.weights[nearest]
        before = np.cumsum(weights, axis=1) - weights
        parts = np.clip(self.reach - before, 0.0, weights)  # the last neighbour counts in part
        return np.sum(parts * distances, axis=1) / np.sum(parts, axis=1)


def distinct_rows(X):
    """The number of each row among the distinct ones, the last column first, (n_samples,)."""
    order = np.lexsort(X.T)
    is_new = np.any(X[order[1:]] != X[order[:-1]], axis=1)
    distinct = np.empty(len(X), dtype=np.intp)
    distinct[order] = np.concatenate([[0], np.cumsum(is_new)])
    return distinct
