"""Starting an autoencoder's code from an embedding: PCA or Isomap, regressed by the two halves."""

import warnings

import numpy as np
from scipy.linalg import svd

from ...core.layers import Activate, Dense
from ...core.losses import SquaredError
from ...core.network import Network
from ...core.training.job import Job
from ...core.training.lbfgs import LBFGS
from ...core.training.problem import Problem
from ...core.training.state import State
from ..dispatch import train_here

_MAX_LANDMARKS = 1000
_NEIGHBORS = (5, 6, 7, 8, 10, 12, 15, 20)
_COMFORTABLE = {"tanh": (-0.8, 0.8), "logistic": (0.1, 0.9)}  # ranges where σ′ is not small
_INVERSES = {"tanh": np.arctanh, "logistic": lambda a: np.log(a / (1.0 - a))}


def start_from_embedding(state, problem, target, kind, *, max_iter):
    """Fit encoder to embedding and decoder from embedding, in place.

    Only the rows that are trained on are seen, and a weight of k is a row repeated k times.

    Parameters
    ----------
    state : State
        Its network is initialised; its weights are where the regressions start.
    problem : Problem
        What the whole is to be trained on.
    target : ndarray of shape (n_samples, n_features)
        Raw scores that the decoder is to give.
    kind : {"pca", "isomap"}
        Isomap embeds a random thousand of the rows, where there are more.
    max_iter : int
        L-BFGS iterations of each regression.

    Raises
    ------
    ValueError
        If the rows are too few for the embedding, or have none.
    """
    layers, n_encoder = state.network.layers, state.network.n_encoder
    trained = [i for i, layer in enumerate(layers) if isinstance(layer, Dense | Activate)]
    encoder = [i for i in trained if i < n_encoder]
    X, target, weights = _distinct_rows(problem, target)
    if kind == "isomap" and len(X) > _MAX_LANDMARKS:
        landmarks = state.rng.choice(len(X), _MAX_LANDMARKS, replace=False)
        X, target, weights = X[landmarks], target[landmarks], weights[landmarks]
    embed = _isomap if kind == "isomap" else _pca
    codes = embed(X, layers[n_encoder - 1].n_out, weights)
    code_layer = layers[encoder[-1]]
    code_activation = code_layer.activation.name if isinstance(code_layer, Activate) else None
    codes = _into_range(codes, weights, code_activation).astype(X.dtype)
    network, alpha = state.network, problem.alpha
    _regress(network, encoder, X, codes, weights, alpha, max_iter)
    _regress(network, trained[len(encoder) :], codes, target, weights, alpha, max_iter)


def _distinct_rows(problem, target):
    """The rows to train on, each once, with their targets and total weights."""
    rows, weights = problem.rows, np.ones(problem.n_rows)
    if problem.sample_weight is not None:
        weights = problem.mean_sample_weight * np.float64(problem.sample_weight[rows, 0])
        rows, weights = rows[weights > 0], weights[weights > 0]
    X, first, places = np.unique(problem.X[rows], axis=0, return_index=True, return_inverse=True)
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
    """The Isomap embedding with the number of neighbours that loses least of X.

    Numbers of neighbours whose distances no Euclidean space of so many dimensions has are skipped.
    """
    from sklearn.manifold import Isomap  # takes as long to import as the rest of the package

    if len(X) < 3:
        raise ValueError(f"init='isomap' needs three distinct samples; got n_samples = {len(X)}.")
    candidates = [n for n in _NEIGHBORS if n < len(X)] or [len(X) - 1]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of connected components", UserWarning)
        warnings.filterwarnings("ignore", category=Warning, module="scipy")
        embeddings = []
        for n_neighbors in candidates:
            isomap = Isomap(
                n_neighbors=n_neighbors,
                n_components=n_components,
                eigen_solver="dense",  # not random
            ).set_output(transform="default")
            try:
                embeddings.append(isomap.fit_transform(X))
            except ValueError as error:
                refused = error
    if not embeddings:
        raise ValueError(
            f"init='isomap' finds no embedding of {len(X)} distinct samples with "
            f"n_components={n_components}: {refused}"
        ) from refused
    return min(embeddings, key=lambda codes: _neighbour_error(X, codes))


def _neighbour_error(X, codes):
    """Mean squared error of X as predicted from its five nearest codes, itself left out."""
    from sklearn.neighbors import NearestNeighbors

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


def _regress(network, places, X, Y, weights, alpha, max_iter):
    """Fit the layers at ``places`` of a network to map X to Y, by L-BFGS.

    An activation at the end is undone in the target.
    """
    layers = [
        Dense(layer.n_in, layer.n_out)
        if isinstance(layer, Dense)
        else Activate(layer.n_out, layer.activation)
        for layer in (network.layers[i] for i in places)
    ]
    if isinstance(layers[-1], Activate):
        Y = _INVERSES[layers.pop().activation.name](Y)
    part = Network(layers, dtype=network.params.dtype)
    pairs = list(zip(places, part.parameter_views, strict=False))
    for i, own in pairs:
        for name, array in own.items():
            array[...] = network.parameter_views[i][name]
    mean_weight = weights.mean()
    problem = Problem(
        X,
        np.ascontiguousarray(Y, dtype=X.dtype),
        SquaredError(),
        np.arange(len(X)),
        sample_weight=(weights / mean_weight).astype(X.dtype)[:, np.newaxis],
        mean_sample_weight=mean_weight,
        alpha=alpha,
    )
    ftol = 1e-13 if X.dtype == np.float64 else None
    solver = LBFGS(max_iter, 1e-7, np.inf, max_fun=2 * max_iter, ftol=ftol)
    train_here([Job(problem, solver, State(part, None))])
    for i, own in pairs:
        for name, array in own.items():
            network.parameter_views[i][name][...] = array
