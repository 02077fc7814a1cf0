"""
Where the weights begin
=======================

A network whose weights are all equal cannot learn: all units of a layer compute the same,
get the same gradient and stay the same. So weights begin at random, and the one question is
how far apart. Here we look at what the usual answers do to the activations, and how to
give one's own.
"""

# %%
# The schemes
# -----------
# All of them draw around zero, with a variance that falls with the number of connections,
# so that a sum over many inputs is no larger than a sum over few.

import matplotlib.pyplot as plt
import numpy as np

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals
from skbackprop.inspection import DecisionRegionsDisplay

rng = np.random.default_rng(0)
X = rng.standard_normal((500, 100))
y = (X[:, 0] > 0).astype(int)


def untrained(activation, init):
    """A network as it begins: after one step of no length."""
    network = BackpropClassifier(
        hidden_layer_sizes=[100] * 6,
        activation=activation,
        solver="sgd",
        learning_rate_init=1e-300,
        init=init,
        random_state=0,
    )
    return network.partial_fit(X, y, classes=[0, 1])


print("scheme            standard deviation of W, 100 → 100 units")
for init in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal"):
    print(f"{init:<16}  {untrained('relu', init).coefs_[1].std():.3f}")

# %%
# What arrives
# ------------
# We send 500 samples with normal features through six layers and look at the distribution of
# the activations in each. ``coefs_`` and ``intercepts_`` are all that is needed. The number in a
# corner is the standard deviation of the layer's activations.


def activations(network, function):
    a = X
    for W, b in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        a = function(a @ W + b)
        yield a


def tanh(z):
    return np.tanh(z)


def relu(z):
    return np.maximum(z, 0)


def normal(deviation):
    return lambda rng, fan_in, fan_out: rng.normal(0, deviation, (fan_in, fan_out))


cases = [
    ("tanh, N(0, 0.02²)", "tanh", tanh, normal(0.02)),
    ("tanh, Glorot", "tanh", tanh, "glorot_normal"),
    ("tanh, N(0, 0.5²)", "tanh", tanh, normal(0.5)),
    ("relu, Glorot", "relu", relu, "glorot_normal"),
    ("relu, He", "relu", relu, "he_normal"),
]
fig, axes = plt.subplots(1, 5, figsize=(9.4, 5), layout="constrained")
colours = plt.colormaps["viridis"](np.linspace(0.1, 0.85, 6))
for ax, (name, activation, function, init) in zip(axes, cases, strict=True):
    limit = 1.05 if activation == "tanh" else 3
    bins = np.linspace(-1.05 if activation == "tanh" else 0, limit, 60)
    for layer, a in enumerate(activations(untrained(activation, init), function)):
        shown = a[a > 0] if activation == "relu" else a.ravel()
        density, edges = np.histogram(shown, bins)
        bottom = 5 - layer
        height = 0.9 * density / density.max()
        ax.fill_between(edges[:-1], bottom, bottom + height, color=colours[layer], step="post")
        label = ax.text(limit, bottom + 0.72, f"{a.std():.2g}", ha="right", fontsize=10)
        label.set_bbox({"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
    ax.set(yticks=[], xlabel="activation")
    ax.set_title(name.replace(", ", "\n", 1), fontsize=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
axes[0].set_yticks([5.4 - layer for layer in range(6)], [f"layer {n}" for n in range(1, 7)])
plt.show()

# %%
# With weights too small the activations die out; with weights too large the tanh units sit in
# their corners, where the derivative is zero. Glorot's scale keeps tanh going. Relu throws
# half of its input away and needs twice the variance for it, which is He's scale: with
# Glorot's it fades (the zeros of the relu are left out of the picture).
#
# Weights of your own
# -------------------
# ``init`` also takes a function of ``(rng, fan_in, fan_out)``, which is called once a layer
# with the generator of the fit, and returns ``W`` or ``(W, b)``; or a list of ``(W, b)``, one
# for each layer. With the second one can begin from any network, here from one that draws a
# ring of ten lines around the middle of the plane.

X, y = make_spirals(400, random_state=0)
X /= X.std()
angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
W1 = 2 * np.stack([np.cos(angles), np.sin(angles)])
init = [(W1, np.full(10, -2.0)), (np.ones((10, 1)), np.array([8.5]))]

fig, axes = plt.subplots(1, 4, figsize=(9.4, 2.8), layout="constrained")
network = BackpropClassifier(
    hidden_layer_sizes=(10,),
    activation="tanh",
    learning_rate_init=0.03,
    batch_size=400,
    init=init,
    random_state=0,
)
epoch = 0
for ax, stop in zip(axes, (1, 50, 200, 1000), strict=True):
    while epoch < stop:
        network.partial_fit(X, y, classes=[0, 1])
        epoch += 1
    DecisionRegionsDisplay.from_estimator(network, X, y, eps=1, ax=ax, legend=False, s=9)
    (W, _), (b, _) = network.coefs_, network.intercepts_
    for unit in range(10):  # where the unit's sum is zero
        direction = W[:, unit] / np.linalg.norm(W[:, unit])
        foot = -b[unit] / np.linalg.norm(W[:, unit]) * direction
        ax.axline(foot, foot + direction[::-1] * [1, -1], color="black", linewidth=0.8)
    ax.set(title=f"epoch {stop}: {network.score(X, y):.0%}", xticks=[], yticks=[])
    ax.set(xlabel="", ylabel="", aspect="equal", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
plt.show()
