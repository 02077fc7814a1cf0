"""Forward passes for prediction, in chunks of rows."""

import math

import numpy as np
from scipy.sparse import issparse

from .passes import Workspace

CHUNK = 256  # rows at a time: the buffers of small networks stay in cache
_KEPT = 1 << 15  # numbers in the buffers of a workspace that is kept for the next call


def feed_forward(network, X, layers=slice(None)):
    """The output of a range of layers: raw scores, hidden activations, codes.

    Parameters
    ----------
    network : Network
    X : ndarray or CSR of shape (n_samples, n_inputs)
        Input of the first of the layers.
    layers : slice, default=slice(None)
        Which layers; all by default.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), or (K, n_samples, n_outputs) for a population
        Of the network's dtype.
    """
    dtype, n_samples = network.params.dtype, X.shape[0]
    chunk = min(CHUNK, n_samples)
    workspace = _borrow(network, chunk, layers, issparse(X))
    shape = (*network.population, n_samples, workspace.n_outputs)
    out = np.empty_like(network.params, shape=shape)
    with np.errstate(all="ignore"):
        for start in range(0, n_samples, chunk):
            stop = min(start + chunk, n_samples)
            batch = workspace.for_rows(stop - start)
            batch.set_input(X[start:stop].astype(dtype, copy=False))
            out[..., start:stop, :] = batch.forward()
    n_numbers = chunk * sum(layer.n_out for layer in network.layers[layers])
    if n_numbers * math.prod(network.population) <= _KEPT:
        if workspace.reads_in_place:
            batch.set_input(None)
        workspace.network = None  # no cycle of references
        network.idle.append((_wanted(chunk, layers, issparse(X)), workspace))
    return out


def _borrow(network, n_rows, layers, is_sparse):
    """A workspace that no other thread uses: an idle one for small predictions, or a new one."""
    wanted = _wanted(n_rows, layers, is_sparse)
    try:
        found, workspace = network.idle.pop()  # atomic
    except IndexError:
        found = None
    if found == wanted:
        workspace.network = network
        return workspace
    return Workspace(
        network, n_rows, layers=layers, sparse_input=is_sparse, shared_rows=bool(network.population)
    )


def _wanted(n_rows, layers, is_sparse):
    return (n_rows, layers.start, layers.stop, is_sparse)
