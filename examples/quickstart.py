"""Two spirals, XOR, a tuned pipeline, an autoencoder: printed, and drawn in figures/."""

import os
import warnings
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropAutoencoder, BackpropClassifier
from skbackprop.datasets import make_spiral_curve, make_spirals, make_xor
from skbackprop.inspection import (
    DecisionRegionsDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    ReconstructionDisplay,
)

SMALL = os.environ.get("SKBACKPROP_EXAMPLES") == "small"  # for a quick check that all of it runs
FIGURES = Path("figures")

# Gradient descent and nothing else: no momentum, no penalty, every step over all samples.
PLAIN = {
    "solver": "sgd",
    "momentum": 0,
    "nesterovs_momentum": False,
    "alpha": 0,
    "shuffle": False,
}


def main():
    started = perf_counter()
    FIGURES.mkdir(exist_ok=True)
    spirals_by_gradient_descent(n_epochs=120 if SMALL else 1000)
    xor_by_gradient_descent(n_epochs=500 if SMALL else 5000)
    spirals_in_a_pipeline(n_splits=2 if SMALL else 5)
    spiral_unrolled(n_epochs=20 if SMALL else 500)
    print(f"\nDone in {perf_counter() - started:.0f} s. The figures are in {FIGURES.resolve()}")


# -- The two spirals: 2-16-8-1, tanh ---------------------------------------------------------


def normal_weights(rng, fan_in, fan_out):
    """W ~ N(0, 1 / fan_in), one row of draws for each unit; the biases begin at zero."""
    return rng.standard_normal((fan_out, fan_in)).T / np.sqrt(fan_in)


def spirals_by_gradient_descent(n_epochs):
    rng = np.random.RandomState(42)  # draws the data, then the weights
    X, y = make_spirals(400, shuffle=False, random_state=rng)
    X = StandardScaler().fit_transform(X)
    network = BackpropClassifier(
        hidden_layer_sizes=(16, 8),
        activation="tanh",
        learning_rate_init=0.5,
        batch_size=len(X),
        init=normal_weights,
        random_state=rng,
        **PLAIN,
    )
    accuracy = []
    for _ in range(n_epochs):  # fit would do, but it does not stop to be scored
        network.partial_fit(X, y, classes=[0, 1])
        accuracy.append(network.score(X, y))

    print(f"Two spirals, 2-16-8-1, tanh, {n_epochs} epochs of gradient descent")
    print("  epoch      loss  accuracy")
    for epoch in sorted({1, 100, 200, 300, 500, n_epochs}):
        if epoch <= n_epochs:
            loss = network.loss_curve_[epoch - 1]
            print(f"  {epoch:5d}  {loss:8.4f}  {accuracy[epoch - 1]:8.1%}")
    if accuracy[-1] == 1.0:
        last_mistake = np.flatnonzero(np.array(accuracy) < 1.0)[-1] + 1
        print(f"  every point is on its side from epoch {last_mistake + 1} on")

    draw_boundary("spirals_boundary.png", [network], X, y, ["Two spirals: 2-16-8-1, tanh"])
    draw_epochs("spirals_loss.png", network.loss_curve_, "Log loss", log=True)
    draw_epochs("spirals_accuracy.png", accuracy, "Training accuracy")
    draw_epochs(
        "spirals_gradient_norms.png",
        network.gradient_norms_,
        "Norm of a layer's gradient, ‖∂E/∂Wˡ‖",
        labels=[f"layer {i + 1}" for i in range(network.n_layers_ - 1)],
        log=True,
    )


# -- XOR: 2-3-1 and 2-4-1, sigmoid, squared error ---------------------------------------------


def xor_by_gradient_descent(n_epochs):
    X, y = make_xor()
    networks = [
        BackpropClassifier(
            hidden_layer_sizes=(n_hidden,),
            activation="logistic",
            loss="squared_error",
            learning_rate_init=5.0,
            batch_size=4,
            max_iter=n_epochs,
            tol=0,  # with this patience: train to the last epoch
            n_iter_no_change=n_epochs,
            random_state=0,
            **PLAIN,
        )
        for n_hidden in (3, 4)
    ]
    print(f"\nXOR, sigmoid, squared error, {n_epochs} epochs of gradient descent")
    print("  network      loss   P(1) at 00    01    10    11  accuracy")
    for network in networks:
        with warnings.catch_warnings():  # that it ends at max_iter is intended
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(X, y)
        p = "  ".join(f"{p:.2f}" for p in network.predict_proba(X)[:, 1])
        size = f"2-{network.hidden_layer_sizes[0]}-1"
        print(f"  {size}    {network.loss_:.6f}         {p}  {network.score(X, y):8.1%}")
    titles = [f"XOR: 2-{network.hidden_layer_sizes[0]}-1, sigmoid" for network in networks]
    draw_boundary("xor_boundary.png", networks, X, y, titles)


# -- A pipeline: cross-validated, then tuned ---------------------------------------------------


def spirals_in_a_pipeline(n_splits):
    X, y = make_spirals(400, noise=1.0, random_state=0)
    folds = StratifiedKFold(n_splits, shuffle=True, random_state=0)
    pipeline = make_pipeline(
        StandardScaler(),
        BackpropClassifier(
            activation="tanh", learning_rate_init=0.01, max_iter=2000, random_state=0
        ),
    )
    scores = cross_val_score(pipeline, X, y, cv=folds)
    print(f"\nNoisier spirals, StandardScaler and BackpropClassifier, {n_splits} folds")
    print(f"  cross-validated accuracy {scores.mean():.3f} ± {scores.std():.3f}")

    grid = {
        "backpropclassifier__hidden_layer_sizes": [(4,), (8,), (16,), (16, 8)],
        "backpropclassifier__learning_rate_init": [0.01, 0.03, 0.1],
    }
    search = GridSearchCV(pipeline, grid, cv=folds).fit(X, y)
    print("  grid search, mean accuracy:")
    sizes, rates = grid.values()
    surface = search.cv_results_["mean_test_score"].reshape(len(sizes), len(rates))
    print("  hidden layers " + "".join(f"{f'rate {rate}':>12}" for rate in rates))
    for size, row in zip(sizes, surface, strict=True):
        print(f"  {size!s:<14}" + "".join(f"{score:12.3f}" for score in row))
    best = {name.split("__")[1]: value for name, value in search.best_params_.items()}
    print(f"  best: {best}, accuracy {search.best_score_:.3f}")
    draw_boundary("pipeline_boundary.png", [search], X, y, ["The tuned pipeline"])


# -- An autoencoder: two coordinates through a code of one ---------------------------------------


def spiral_unrolled(n_epochs):
    X, t = make_spiral_curve(500, random_state=42)
    autoencoder = BackpropAutoencoder(
        n_components=1,
        hidden_layer_sizes=(32, 16),
        activation="tanh",
        max_iter=n_epochs,
        random_state=0,
    ).fit(X)
    order = abs(spearmanr(autoencoder.transform(X)[:, 0], t).statistic)
    print(f"\nOne spiral, autoencoder 2-32-16-1-16-32-2, {n_epochs} epochs")
    print(f"  explained variance {autoencoder.score(X):.3f}")
    print(f"  rank correlation of the code with the position on the spiral {order:.3f}")
    draw_autoencoder("spiral_autoencoder.png", autoencoder, X)


# -- Drawing -----------------------------------------------------------------------------------


def draw_boundary(name, classifiers, X, y, titles):
    """The regions of the two classes, and the points."""
    fig, axes = plt.subplots(
        1, len(titles), figsize=(5.4 * len(titles), 4.8), squeeze=False, layout="constrained"
    )
    for ax, classifier, title in zip(axes[0], classifiers, titles, strict=True):
        size = 22 if len(X) > 4 else 150
        DecisionRegionsDisplay.from_estimator(classifier, X, y, eps=0.4, ax=ax, s=size)
        ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
        ax.set_title(title, pad=28)  # the legend is below it
    save(fig, name)


def draw_epochs(name, curves, ylabel, labels=None, log=False):
    """One curve, or several with their labels, over the epochs."""
    fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
    ax.plot(np.arange(1, len(curves) + 1), curves, label=labels)
    ax.set(xlabel="Epoch", ylabel=ylabel, yscale="log" if log else "linear")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if labels:
        ax.legend(frameon=False)
    save(fig, name)


def draw_autoencoder(name, autoencoder, X):
    """Loss; reconstruction; error over the plane; code: distribution, order, what it decodes to."""
    fig, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
    loss, points, error, histogram, order, manifold = axes.flat

    LossCurveDisplay.from_estimator(autoencoder, log_scale=True, ax=loss)
    ReconstructionDisplay.from_estimator(autoencoder, X, plane=False, ax=points)
    side = np.linspace(-7.5, 8.5, 120)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    root = np.sqrt(autoencoder.reconstruction_error(plane)).reshape(120, 120)
    fig.colorbar(error.contourf(side, side, root, levels=15, cmap="magma"), ax=error)
    error.scatter(*X.T, s=3, color="white")
    LatentSpaceDisplay.from_estimator(autoencoder, X, ax=histogram)
    dots = order.scatter(*X.T, s=14, c=autoencoder.transform(X)[:, 0])
    fig.colorbar(dots, ax=order)
    LatentSpaceDisplay.from_estimator(autoencoder, X, kind="manifold", ax=manifold)

    titles = ["Loss", None, "Error", "Distribution of the code", "Points by their code", "Decoder"]
    for ax, title in zip(axes.flat, titles, strict=True):
        if title is not None:
            ax.set_title(title)
    for ax in (points, error, order, manifold):
        ax.set(aspect="equal", xlabel="", ylabel="")
    save(fig, name)


def save(fig, name):
    fig.savefig(FIGURES / name, dpi=120)
    plt.close(fig)


if __name__ == "__main__":
    main()
