"""Starting an autoencoder's code from an embedding: PCA or Isomap, regressed by the two halves."""

import warnings

import numpy as np
from scipy.linalg import svd
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
_INVERSES = {"tanh": np.arctanh, "logistic": lambda a: np.log(a / (1.0 - a))}


def start_from_embedding(run, n_encoder, target, kind, *, max_iter):
    """Fit encoder to embedding and decoder from embedding, in place.

    Only the rows that are trained on are seen, and a weight of k is a row repeated k times.

    Parameters
    ----------
    run : Run
        Its network is initialised; its weights are where the regressions start.
    n_encoder : int
        ``run.network.layers[:n_encoder]`` is the encoder.
    target : ndarray of shape (n_samples, n_features)
        Raw scores that the decoder is to give.
    kind : {"pca", "isomap"}
        Isomap embeds a random thousand of the rows, where there are more.
    max_iter : int
        L-BFGS iterations of each regression.

    Raises
    ------
    ValueError
        If the rows are too few for the embedding.
    """
    layers = run.network.layers
    trained = [i for i, layer in enumerate(layers) if isinstance(layer, Dense | Activate)]
    encoder = [i for i in trained if i < n_encoder]
    X, target, weights = _distinct_rows(run, target)
    if kind == "isomap" and len(X) > _MAX_LANDMARKS:
        landmarks = run.rng.choice(len(X), _MAX_LANDMARKS, replace=False)
        X, target, weights = X[landmarks], target[landmarks], weights[landmarks]
    embed = _isomap if kind == "isomap" else _pca
    codes = embed(X, layers[n_encoder - 1].n_out, weights)
    code_layer = layers[encoder[-1]]
    code_activation = code_layer.activation.name if isinstance(code_layer, Activate) else None
    codes = _into_range(codes, weights, code_activation).astype(X.dtype)
    _regress(run, encoder, X, codes, weights, max_iter)
    _regress(run, trained[len(encoder) :], codes, target, weights, max_iter)


def _distinct_rows(run, target):
    """The rows to train on, each once, with their targets and total weights."""
    rows, weights = run.rows, np.ones(len(run.rows))
    if run.weights is not None:
        weights = run.mean_weight * np.float64(run.weights[rows, 0])
        rows, weights = rows[weights > 0], weights[weights > 0]
    X, first, places = np.unique(run.X[rows], axis=0, return_index=True, return_inverse=True)
    return X, target[rows[first]], np.bincount(places.ravel(), weights)


def _pca(X, n_components, weights):
    """The scores of X on its first principal axes, of the weighted rows."""
    if n_components > min(X.shape):
        raise ValueError(
            f"init='pca' needs n_components <= {min(X.shape)}, the smaller of n_features and the "
            f"number of distinct samples; got n_components={n_components}."
        )
    centred = X - np.average(X, axis=0, weights=weights)
    _, _, axes = svd(np.sqrt(weights)[:, np.newaxis] * centred, full_matrices=False)
    axes = axes[:n_components]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(n_components), largest])  # else up to the solver
    return centred @ (axes * signs[:, np.newaxis]).T


def _isomap(X, n_components, weights):
    """The Isomap embedding with the number of neighbours that loses least of X."""
    if len(X) < 3:
        raise ValueError(f"init='isomap' needs three distinct samples; got n_samples = {len(X)}.")
    candidates = [n for n in _NEIGHBORS if n < len(X)] or [len(X) - 1]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of connected components", UserWarning)
        warnings.filterwarnings("ignore", category=Warning, module="scipy")
        embeddings = [
            Isomap(n_neighbors=n, n_components=n_components, eigen_solver="dense")  # not random
            .set_output(transform="default")
            .fit_transform(X)
            for n in candidates
        ]
    return min(embeddings, key=lambda codes: _neighbour_error(X, codes))


def _neighbour_error(X, codes):
    """Mean squared error of X as predicted from its five nearest codes, itself left out."""
    finder = NearestNeighbors(n_neighbors=min(5, len(X) - 1)).fit(codes)
    neighbours = finder.kneighbors(return_distance=False)
    return np.mean((X - X[neighbours].mean(axis=1)) ** 2)


def _into_range(codes, weights, activation):
    """One scale for all axes, so that the embedding keeps its shape."""
    codes = codes - np.average(codes, axis=0, weights=weights)
    if not codes.any():
        return codes
    if activation in _COMFORTABLE:
        low, high = _COMFORTABLE[activation]
        return (low + high) / 2 + codes * ((high - low) / 2 / np.abs(codes).max())
    return codes / np.sqrt(np.average(codes[:, 0] ** 2, weights=weights))


def _regress(run, places, X, Y, weights, max_iter):
    """Fit the layers at ``places`` of the run's network to map X to Y by L-BFGS.

    An activation at the end is undone in the target.
    """
    network = run.network
    layers = [
        Dense(layer.n_in, layer.n_out)
        if isinstance(layer, Dense)
        else Activate(layer.n_out, layer.activation)
        for layer in (network.layers[i] for i in places)
    ]
    if isinstance(layers[-1], Activate):
        Y = _INVERSES[layers.pop().activation.name](Y)
    part = Network(layers, dtype=network.params.dtype)
    whole_views, part_views = network.views(network.params), part.views(part.params)
    for i, view in zip(places, part_views, strict=False):
        for name in view:
            view[name][...] = whole_views[i][name]
    mean_weight = weights.mean()
    regression = Run(
        network=part,
        loss=SquaredError(),
        X=X,
        Y=np.ascontiguousarray(Y, dtype=X.dtype),
        weights=(weights / mean_weight).astype(X.dtype)[:, np.newaxis],
        rows=np.arange(len(X)),
        stopping=Stopping(1e-7, np.inf),
        max_iter=max_iter,
        alpha=run.alpha,
        mean_weight=mean_weight,
        batch_size=len(X),
    )
    train_lbfgs(regression, max_fun=2 * max_iter, ftol=1e-13)
    for i, view in zip(places, part_views, strict=False):
        for name in view:
            whole_views[i][name][...] = view[name]
