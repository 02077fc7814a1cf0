"""Starting an autoencoder's code from an embedding: PCA or Isomap, regressed by the two halves."""

import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap
from sklearn.neighbors import NearestNeighbors

from .core.layers import Activate, Dense
from .core.lbfgs import train_lbfgs
from .core.losses import SquaredError
from .core.network import Network
from .core.run import Run
from .core.stopping import Stopping

_MAX_LANDMARKS = 1000
_NEIGHBORS = (5, 6, 7, 8, 10, 12, 15, 20)
_COMFORTABLE = {"tanh": (-0.8, 0.8), "logistic": (0.1, 0.9)}  # ranges where σ′ is not small


def start_from_embedding(network, n_encoder, X, Y, kind, rng, *, alpha, max_iter):
    """Fit encoder to embedding and decoder from embedding, in place.

    Parameters
    ----------
    network : Network
        Initialised; its weights are where the regressions start.
    n_encoder : int
        ``network.layers[:n_encoder]`` is the encoder.
    X, Y : ndarray of shape (n_samples, n_features)
        Input and target of the network.
    kind : {"pca", "isomap"}
    rng : numpy.random.RandomState
        Draws the landmarks: the rows that are embedded, at most a thousand for Isomap.
    alpha : float
        L2 penalty of the regressions.
    max_iter : int
        L-BFGS iterations of each regression.
    """
    code_layer = network.layers[n_encoder - 1]
    code_activation = code_layer.activation.name if isinstance(code_layer, Activate) else "identity"
    if kind == "isomap" and len(X) > _MAX_LANDMARKS:
        rows = rng.choice(len(X), _MAX_LANDMARKS, replace=False)
        X, Y = X[rows], Y[rows]
    embed = _isomap if kind == "isomap" else _pca
    codes = _into_range(embed(X, code_layer.n_out), code_activation).astype(X.dtype)
    layers = network.layers
    _regress(network, range(n_encoder), X, codes, alpha, max_iter)
    _regress(network, range(n_encoder, len(layers)), codes, Y, alpha, max_iter)


def _pca(X, n_components):
    return PCA(n_components, random_state=0).fit_transform(X)


def _isomap(X, n_components):
    """The Isomap embedding with the number of neighbours that loses least of X."""
    candidates = [n for n in _NEIGHBORS if n < len(X)]
    if not candidates:
        raise ValueError(
            f"init='isomap' needs more than {_NEIGHBORS[0]} samples; got n_samples = {len(X)}."
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of connected components", UserWarning)
        warnings.filterwarnings("ignore", category=Warning, module="scipy")
        embeddings = [
            Isomap(n_neighbors=n, n_components=n_components).fit_transform(X) for n in candidates
        ]
    return min(embeddings, key=lambda codes: _neighbour_error(X, codes))


def _neighbour_error(X, codes):
    """Mean squared error of X as predicted from its five nearest codes, itself left out."""
    finder = NearestNeighbors(n_neighbors=min(5, len(X) - 1)).fit(codes)
    neighbours = finder.kneighbors(return_distance=False)
    return np.mean((X - X[neighbours].mean(axis=1)) ** 2)


def _into_range(codes, activation):
    """One scale for all axes, so that the embedding keeps its shape."""
    codes = codes - codes.mean(axis=0)
    if activation in _COMFORTABLE:
        low, high = _COMFORTABLE[activation]
        return (low + high) / 2 + codes * ((high - low) / 2 / np.abs(codes).max())
    return codes / codes[:, 0].std()


def _regress(network, places, X, Y, alpha, max_iter):
    """Fit the layers at ``places``, without their random parts, to map X to Y by L-BFGS.

    An activation at the end belongs to the regression's link: it is undone in the target.
    """
    own = [i for i in places if isinstance(network.layers[i], Dense | Activate)]
    layers = [
        Dense(layer.n_in, layer.n_out)
        if isinstance(layer, Dense)
        else Activate(layer.n_out, layer.activation)
        for layer in (network.layers[i] for i in own)
    ]
    link = "identity"
    if isinstance(layers[-1], Activate):
        activation = layers.pop().activation
        Y = {"tanh": np.arctanh, "logistic": lambda a: np.log(a / (1 - a))}[activation.name](Y)
    part = Network(layers, dtype=network.params.dtype)
    whole_views, part_views = network.views(network.params), part.views(part.params)
    for i, view in zip(own, part_views, strict=False):
        for name in view:
            view[name][...] = whole_views[i][name]
    run = Run(
        network=part,
        loss=SquaredError(link),
        X=X,
        Y=np.ascontiguousarray(Y, dtype=X.dtype),
        weights=None,
        rows=np.arange(len(X)),
        stopping=Stopping(1e-7, np.inf),
        max_iter=max_iter,
        alpha=alpha,
        batch_size=len(X),
    )
    train_lbfgs(run, max_fun=2 * max_iter, ftol=1e-13)
    for i, view in zip(own, part_views, strict=False):
        for name in view:
            whole_views[i][name][...] = view[name]
