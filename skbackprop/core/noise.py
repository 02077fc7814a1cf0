"""Random numbers that belong to samples: the same for a sample wherever it stands in a batch.

Each sample has a key k in [0, 1), a hash of its features. A step draws a few numbers for each
*unit* j, and sample i's number is h(kᵢ) = (aⱼ kᵢ + uⱼ) mod 1, with uⱼ uniform on [0, 1) and aⱼ on a
wide range: the affine hash family of Carter & Wegman (1979, "Universal classes of hash functions"),
whose values are uniform and pairwise independent over samples, and independent over units. The mean
and the variance of a batch's gradient depend on no more than that. In return, a fit depends neither
on the order of equal batches nor on whether a sample is repeated or weighted, and drawing is
cheaper than one random number an element.
"""

import numpy as np
from scipy.sparse import issparse
from scipy.special import ndtri

_SPREAD = 1 << 24  # range of the multipliers: keys 1e-6 apart land anywhere
_CHUNK = 1 << 14


class Noise:
    """Random numbers for the random layers in a training.

    Parameters
    ----------
    seed : array-like of int
        Of the generator.
    """

    def __init__(self, seed):
        self._rng = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, keys, out, work):
        """Fill ``out`` with numbers in [0, 1).

        Parameters
        ----------
        keys : ndarray of shape (n_samples, 1)
            The samples' keys, float64.
        out : ndarray of shape (n_samples, width)
        work : ndarray of shape (2, n_samples, width)
            Room to compute in, float64.
        """
        out[...] = self._hash(keys, *work)

    def normal(self, keys, out, work):
        """Fill ``out`` with standard normal numbers; parameters as for `uniform`."""
        h = self._hash(keys, *work)
        np.clip(h, 1e-12, 1.0 - 1e-12, out=h)
        ndtri(h, out=h)
        out[...] = h

    def _hash(self, keys, h, whole):
        """h(kᵢ) = (aⱼ kᵢ + uⱼ) mod 1."""
        a, u = self._rng.random((2, h.shape[-1]))
        np.multiply(keys, a * _SPREAD, out=h)
        np.add(h, u, out=h)
        np.floor(h, out=whole)
        return np.subtract(h, whole, out=h)

    def __getstate__(self):
        return self._rng.bit_generator.state

    def __setstate__(self, state):
        self.__init__(0)
        self._rng.bit_generator.state = state


def sample_keys(X):
    """A key in [0, 1) for each sample, a hash of its features that ignores zeros.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples, 1)
    """
    columns = _mix(np.arange(1, X.shape[1] + 1, dtype=np.uint64))
    keys = np.empty((X.shape[0], 1))
    for start in range(0, X.shape[0], _CHUNK):
        rows = X[start : start + _CHUNK]
        if issparse(rows):
            hashed = rows.astype(np.float64).tocsr()
            bits = _mix(hashed.data.view(np.uint64) ^ columns[hashed.indices])
            bits[hashed.data == 0] = 0
            ends = np.append(np.uint64(0), np.cumsum(bits, dtype=np.uint64))
            sums = ends[hashed.indptr[1:]] - ends[hashed.indptr[:-1]]
        else:
            values = np.ascontiguousarray(rows, dtype=np.float64)
            bits = _mix(values.view(np.uint64) ^ columns)
            bits[values == 0] = 0
            sums = bits.sum(axis=1, dtype=np.uint64)
        keys[start : start + _CHUNK, 0] = _mix(sums) >> np.uint64(11)
    keys *= 2.0**-53
    return keys


def _mix(x):
    """The finalizer of SplitMix64 (Steele, Lea & Flood, 2014): each bit of x moves all others."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
