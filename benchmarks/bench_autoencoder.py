"""How good autoencoder and outlier detector are, beside what else there is.

    python benchmarks/bench_autoencoder.py digits variational spirals
    python benchmarks/bench_autoencoder.py anomalies vae mnist --data DIRECTORY --threads 2

``digits``, ``variational`` and ``spirals`` need no data; README.md beside this file says what the
others look for in the directory, which may also be given as the environment variable
SKBACKPROP_DATA. Prints tables.
"""

import argparse
import math
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skbackprop
from skbackprop import BackpropAutoencoder, BackpropOutlierDetector
from skbackprop.datasets import make_spiral_curve


def print_row(name, values, form="{:>9}", width=40, note=""):
    print(f"{name:{width}}" + "".join(form.format(value) for value in values) + note, flush=True)


# Digits ---------------------------------------------------------------------------

_BY_HAND = {2: 0.0357, 8: 0.0161, 16: 0.0093, 32: 0.00267}  # the best of several MLPRegressor(X, X)


def digits():
    """Test error a pixel of the defaults, for four widths of the code."""
    train, test = train_test_split(load_digits().data / 16, test_size=0.25, random_state=0)

    def error(model):
        return ((test - model.inverse_transform(model.transform(test))) ** 2).mean()

    print("\nDigits: mean squared error a pixel on a quarter held out; pixels in [0, 1]")
    print_row("components", _BY_HAND)
    print_row("PCA", [f"{error(PCA(k).fit(train)):.5f}" for k in _BY_HAND])
    print_row("MLPRegressor(X, X), best by hand", [f"{value:.5f}" for value in _BY_HAND.values()])
    for seed in range(3):
        start = time.perf_counter()
        errors = [
            error(BackpropAutoencoder(k, standardize=False, random_state=seed).fit(train))
            for k in _BY_HAND
        ]
        seconds = time.perf_counter() - start
        name = f"BackpropAutoencoder, defaults, seed {seed}"
        print_row(name, [f"{value:.5f}" for value in errors], note=f"  {seconds:.0f} s for all")


def variational():
    """Explained variance of variational codes of the digits, by activation."""
    X = load_digits().data / 16
    print("\nDigits, variational, otherwise the defaults: explained variance of three seeds")
    for noise_variance in ("auto", 1.0):
        for activation in ("silu", "tanh", "relu"):
            for n_components in (2, 8):
                scores = [
                    BackpropAutoencoder(
                        n_components,
                        activation=activation,
                        variational=True,
                        noise_variance=noise_variance,
                        standardize=False,
                        random_state=seed,
                    )
                    .fit(X)
                    .score(X)
                    for seed in range(3)
                ]
                name = f"noise_variance={noise_variance}, {activation}, {n_components} components"
                print_row(name, [f"{score:.3f}" for score in scores], width=48)


# Spirals --------------------------------------------------------------------------

_ON_SPIRALS = {
    "1 turn, (32,), silu, adam, 1000 epochs": (
        1.0,
        {"hidden_layer_sizes": (32,), "learning_rate_init": 0.01, "max_iter": 1000},
    ),
    **{
        f"{n_turns} turns, (32, 32), tanh, isomap, lbfgs": (
            n_turns,
            {
                "hidden_layer_sizes": (32, 32),
                "activation": "tanh",
                "init": "isomap",
                "solver": "lbfgs",
                "max_iter": 1500,
            },
        )
        for n_turns in (1.5, 2, 3)
    },
    "2 turns, (32, 32), tanh, lbfgs (no start)": (
        2,
        {
            "hidden_layer_sizes": (32, 32),
            "activation": "tanh",
            "solver": "lbfgs",
            "max_iter": 1500,
        },
    ),
}


def spirals():
    """Rank correlation of a code of one number with the position along a noisy spiral."""
    print("\nSpirals: rank correlation of code and position, 500 points of data seed 42")
    print_row("network seed", range(5))
    for name, (n_turns, params) in _ON_SPIRALS.items():
        X, t = make_spiral_curve(n_turns=n_turns, random_state=42)
        ranks, scores, start = [], [], time.perf_counter()
        for seed in range(5):
            ae = BackpropAutoencoder(1, random_state=seed, **params).fit(X)
            ranks.append(abs(spearmanr(ae.transform(X)[:, 0], t).statistic))
            scores.append(ae.score(X))
        seconds = (time.perf_counter() - start) / 5
        note = f"  explained variance {min(scores):.4f} or more, {seconds:.1f} s each"
        print_row(name, [f"{rank:.5f}" for rank in ranks], width=46, note=note)


# Anomalies ------------------------------------------------------------------------

_ANOMALIES = ("cardio", "letter", "satimage-2", "thyroid")
_PYOD = (0.737, 0.792, 0.860, 0.958)  # AutoEncoder of PyOD 3 on the same splits, measured once


def anomalies(directory):
    """Area under the ROC curve, trained on all training rows without their labels."""
    splits = []
    for name in _ANOMALIES:
        with np.load(directory / f"anomaly_{name}.npz") as data:
            X, y = np.float64(data["X"]), data["y"]
        train, test, _, truth = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
        scaler = StandardScaler().fit(train)
        splits.append((scaler.transform(train), scaler.transform(test), truth))

    def row(name, oddness):
        areas = [roc_auc_score(truth, oddness(train, test)) for train, test, truth in splits]
        print_row(name, [f"{area:.3f}" for area in [*areas, np.mean(areas)]], form="{:>11}")
        return areas

    print("\nAnomalies: area under the ROC curve, 60/40 stratified split, standardised")
    print_row("", [*_ANOMALIES, "mean"], form="{:>11}")
    pyod = [*_PYOD, np.mean(_PYOD)]
    print_row("PyOD 3 AutoEncoder (quoted)", [f"{area:.3f}" for area in pyod], form="{:>11}")
    row("‖x‖²", lambda train, test: (test**2).sum(axis=1))
    row("PCA residual, d/4 components", _pca_residual)
    row("20 nearest neighbours", _neighbour_distance)
    row(
        "IsolationForest",
        lambda train, test: -IsolationForest(random_state=0).fit(train).score_samples(test),
    )
    row("Mahalanobis", lambda train, test: EmpiricalCovariance().fit(train).mahalanobis(test))
    for criterion in ("reconstruction", "density"):
        per_seed = [
            row(
                f"BackpropOutlierDetector, {criterion}, {seed}",
                lambda train, test, seed=seed, criterion=criterion: (
                    -(
                        BackpropOutlierDetector(criterion=criterion, random_state=seed)
                        .fit(train)
                        .score_samples(test)
                    )
                ),
            )
            for seed in range(3)
        ]
        mean = np.mean(per_seed, axis=0)
        print_row(
            f"  mean of seeds, {criterion}",
            [f"{area:.3f}" for area in [*mean, mean.mean()]],
            form="{:>11}",
        )


def _pca_residual(train, test):
    pca = PCA(max(1, train.shape[1] // 4)).fit(train)
    return ((test - pca.inverse_transform(pca.transform(test))) ** 2).sum(axis=1)


def _neighbour_distance(train, test):
    distances, _ = NearestNeighbors(n_neighbors=20).fit(train).kneighbors(test)
    return distances[:, -1]


# MNIST ----------------------------------------------------------------------------


def _load_mnist(directory):
    """60,000 training and 10,000 test images, pixels in [0, 1], float32."""
    with np.load(directory / "mnist.npz") as data:
        X = data["X"].reshape(70_000, 784).astype(np.float32) / 255
    return X[:60_000], X[60_000:]


def _warm_cosine(progress, warm_up=0.05):
    """Rise for a twentieth of the training, then fall along a cosine."""
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def _by_epochs(ae, train, evaluate):
    """Train by ``partial_fit``; print epoch, seconds of training, loss and what is evaluated."""
    seconds = 0.0
    for epoch in range(1, ae.max_iter + 1):
        start = time.perf_counter()
        ae.partial_fit(train)
        seconds += time.perf_counter() - start
        print(f"{epoch:5} {seconds:9.1f} {ae.loss_:12.4f} {evaluate(ae):12.4f}", flush=True)


def mnist(directory, n_epochs):
    """The deep autoencoder of Hinton & Salakhutdinov (2006), who report 3.00 (PCA: 13.87)."""
    train, test = _load_mnist(directory)
    ae = BackpropAutoencoder(
        30,
        (1000, 500, 250),
        activation="gelu",
        output_activation="logistic",
        standardize=False,
        alpha=0.0,
        batch_size=128,
        learning_rate=_warm_cosine,
        learning_rate_init=2e-3,
        max_iter=n_epochs,
        random_state=0,
    )
    pca = PCA(30, random_state=0).fit(train)
    error = ((test - pca.inverse_transform(pca.transform(test))) ** 2).sum(axis=1).mean()
    print("\nMNIST 784-1000-500-250-30: squared error an image on the test set, float32")
    print(f"PCA with 30 components: {error:.2f}; published: 3.00 (13.87 for PCA)")
    print(f"{'epoch':>5} {'seconds':>9} {'loss':>12} {'test error':>12}")
    _by_epochs(ae, train, lambda ae: ae.reconstruction_error(test, per_feature=True).sum() / 10_000)


def vae(directory):
    """A variational autoencoder with a Bernoulli likelihood: the bound on −log p, in nats."""
    train, test = _load_mnist(directory)
    ae = BackpropAutoencoder(
        20,
        (400,),
        activation="silu",
        loss="log_loss",
        variational=True,
        standardize=False,
        alpha=0.0,
        batch_size=128,
        learning_rate_init=2e-3,
        max_iter=10,
        random_state=0,
    )
    print("\nMNIST, variational 784-400-20, Bernoulli: bound in nats on the test set, float32")
    print(f"{'epoch':>5} {'seconds':>9} {'loss':>12} {'test bound':>12}")
    _by_epochs(ae, train, lambda ae: _bound(ae, test, np.random.RandomState(0)))


def _bound(ae, X, rng):
    """−log p(x | z) + KL for one draw of z an image, from the published weights alone."""

    def dense(a, layer):
        return a @ ae.coefs_[layer] + ae.intercepts_[layer]

    def silu(z):
        return z * expit(z)

    mean, log_variance = np.split(dense(silu(dense(X, 0)), 1), 2, axis=1)
    log_variance = np.clip(log_variance, -10, 10)
    z = mean + np.exp(0.5 * log_variance) * rng.standard_normal(mean.shape)
    logits = dense(silu(dense(z, 2)), 3)
    divergence = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance)
    return ((np.logaddexp(0, logits) - X * logits).sum() + divergence.sum()) / len(X)


def main():
    names = ("digits", "variational", "spirals", "anomalies", "vae", "mnist")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmarks", nargs="+", choices=names)
    parser.add_argument("--data", type=Path, default=os.environ.get("SKBACKPROP_DATA"))
    parser.add_argument("--threads", type=int, default=1, help="BLAS threads")
    parser.add_argument("--epochs", type=int, default=28, help="for mnist")
    arguments = parser.parse_args()
    wanted = set(arguments.benchmarks)
    if wanted - {"digits", "variational", "spirals"} and arguments.data is None:
        parser.error("--data is needed, or the environment variable SKBACKPROP_DATA")
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
        f"skbackprop {skbackprop.__version__}, {arguments.threads} BLAS thread(s)"
    )
    with threadpool_limits(arguments.threads):
        if "digits" in wanted:
            digits()
        if "variational" in wanted:
            variational()
        if "spirals" in wanted:
            spirals()
        if "anomalies" in wanted:
            anomalies(Path(arguments.data))
        if "vae" in wanted:
            vae(Path(arguments.data))
        if "mnist" in wanted:
            mnist(Path(arguments.data), arguments.epochs)


if __name__ == "__main__":
    main()
