"""Make ``spirals.webp``: how the decision boundary of a network bends around two spirals.

Run it from anywhere; it writes into ``docs/_static``, with its last frame as ``spirals_learnt.png``
for readers who prefer no motion. The network is that of ``examples/plot_spirals.py``.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals

PIXELS = 480
LIMIT = 2.3
EPOCHS = np.unique(np.geomspace(1, 1000, 72).round().astype(int))
MILLISECONDS = 110  # a frame; the last stays for two seconds


def normal_weights(rng, fan_in, fan_out):
    return rng.standard_normal((fan_out, fan_in)).T / np.sqrt(fan_in)


def frames():
    """Yield an image for each of ``EPOCHS``."""
    rng = np.random.RandomState(42)
    X, y = make_spirals(400, noise=0.3, shuffle=False, random_state=rng)
    X = StandardScaler().fit_transform(X)
    network = BackpropClassifier(
        hidden_layer_sizes=(16, 8),
        activation="tanh",
        solver="sgd",
        learning_rate_init=0.5,
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        batch_size=len(X),
        shuffle=False,
        init=normal_weights,
        random_state=rng,
    )
    axis = np.linspace(-LIMIT, LIMIT, 160)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    for epoch in range(1, EPOCHS[-1] + 1):
        network.partial_fit(X, y, classes=[0, 1])
        if epoch in EPOCHS:
            answer = network.predict_proba(grid)[:, 1].reshape(160, 160)
            yield draw(axis, answer, X, y, f"epoch {epoch}, loss {network.loss_:.3f}")


def draw(axis, answer, X, y, text):
    """One frame, without a margin."""
    fig = plt.figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    mixed = LinearSegmentedColormap.from_list("answer", ["#d55e00", "white", "#0072b2"])
    ax.pcolormesh(axis, axis, answer, cmap=mixed, vmin=-0.7, vmax=1.7, shading="gouraud")
    ax.contour(axis, axis, answer, levels=[0.5], colors="black", linewidths=1.2)
    colours = np.array(["#d55e00", "#0072b2"])
    ax.scatter(*X.T, s=16, c=colours[y], edgecolor="white", linewidth=0.5)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    ax.text(0.03, 0.03, text, transform=ax.transAxes, fontsize=13, bbox=box)
    ax.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT))
    fig.canvas.draw()
    image = Image.fromarray(np.asarray(fig.canvas.buffer_rgba())[..., :3].copy())
    plt.close(fig)
    return image


if __name__ == "__main__":
    mpl.use("agg")
    first, *others = frames()
    directory = Path(__file__).parents[1] / "_static"
    durations = [MILLISECONDS] * len(others) + [2000]
    first.save(
        directory / "spirals.webp",
        save_all=True,
        append_images=others,
        duration=durations,
        loop=2,
        quality=60,
        method=6,
    )
    others[-1].save(directory / "spirals_learnt.png", optimize=True)
