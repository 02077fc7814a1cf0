"""Forward passes for prediction, in chunks of rows."""

import numpy as np
from scipy.sparse import issparse

from .workspace import Workspace

_CHUNK = 256  # rows at a time: the buffers of small networks stay in cache
_SMALL = 64  # up to so many rows, making the buffers costs more than to keep them


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
    ndarray of shape (n_samples, n_outputs)
        Of the network's dtype.
    """
    dtype = network.params.dtype
    n_samples = X.shape[0]
    chunk = min(_CHUNK, n_samples)
    workspace = _borrow(network, chunk, layers, issparse(X))
    out = np.empty_like(network.params, shape=(n_samples, workspace.n_outputs))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, n_samples, chunk):
            stop = min(start + chunk, n_samples)
            batch = workspace.rows(stop - start)
            batch.set_input(X[start:stop].astype(dtype, copy=False))
            out[start:stop] = batch.forward()
    if chunk <= _SMALL:
        if workspace.is_given:
            batch.set_input(None)
        workspace.network = None  # no cycle of references
        network.idle.append(workspace)
    return out


def _borrow(network, n_rows, layers, is_sparse):
    """A workspace that no other thread uses: an idle one for small predictions, or a new one."""
    try:
        workspace = network.idle.pop()  # atomic
    except IndexError:
        workspace = None
    wanted = (n_rows, layers, is_sparse)
    if workspace is not None and workspace.wanted == wanted:
        workspace.network = network
    else:
        workspace = Workspace(
            network, n_rows, training=False, layers=layers, sparse_input=is_sparse
        )
        workspace.wanted = wanted
    return workspace
