"""Forward passes for prediction, in chunks of rows."""

import numpy as np
from scipy.sparse import issparse

from .workspace import Workspace

_CHUNK = 2048  # rows at a time: the buffers of small networks stay in cache


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
    workspace = Workspace(network, chunk, training=False, layers=layers, sparse_input=issparse(X))
    out = np.empty_like(network.params, shape=(n_samples, workspace.n_outputs))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, n_samples, chunk):
            stop = min(start + chunk, n_samples)
            batch = workspace.rows(stop - start)
            batch.set_input(X[start:stop].astype(dtype, copy=False))
            out[start:stop] = batch.forward()
    return out
