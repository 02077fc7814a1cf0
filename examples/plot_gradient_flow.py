"""
Vanishing and exploding gradients
=================================

Backpropagation multiplies: on its way from the output to the first layer, the error passes
through one matrix and one derivative for each layer. If the factors are a little too
small, nothing arrives; if they are a little too large, far too much does. This was what made
deep networks hard to train. Here it is measured, together with what helps.
"""

# %%
# How much arrives
# ----------------
# The equation is :math:`\delta^l = \delta^{l+1} (W^{l+1})^\top \odot \sigma'(z^l)`. The
# derivative of the sigmoid is at most ¼. That alone makes ten layers a factor of
# :math:`4^{-10}`, a millionth, and a random matrix of the usual size makes it smaller still:
# with Glorot's scheme for the sigmoid it shortens the error as well.
#
# ``gradient_norms_`` has, for each epoch, the norm of every layer's
# :math:`\partial E / \partial W^l`. We take ten hidden layers of 32 units, on the handwritten
# digits, and look at the very first steps.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropClassifier
from skbackprop.inspection import GradientFlowDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where we mean to stop

X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
X, y = X[:1000], y[:1000]


def deep(**params):
    defaults = {"solver": "sgd", "learning_rate_init": 0.01, "alpha": 0, "batch_size": 100}
    return BackpropClassifier(
        hidden_layer_sizes=[32] * 10,
        max_iter=30,
        n_iter_no_change=30,
        random_state=0,
        **defaults | params,
    )


def normal(standard_deviation):
    """Weights of the same standard deviation in all layers."""
    return lambda rng, fan_in, fan_out: rng.normal(0, standard_deviation, (fan_in, fan_out))


beginnings = {
    "sigmoid, Glorot": deep(activation="logistic"),
    "tanh, W ~ N(0, 0.05²)": deep(activation="tanh", init=normal(0.05)),
    "tanh, Glorot": deep(activation="tanh"),
    "relu, He": deep(activation="relu", init="he_normal"),
    "relu, W ~ N(0, 0.5²)": deep(activation="relu", init=normal(0.5)),
}
fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
layers = np.arange(1, 12)
for name, network in beginnings.items():
    network.set_params(learning_rate_init=1e-12, batch_size=len(X), max_iter=1)  # only look
    network.fit(X, y)
    ax.semilogy(layers, network.gradient_norms_[0], "o-", label=name)
ax.set(
    xlabel="layer (the error comes from the right)",
    ylabel=r"$\|\partial E/\partial W^l\|$",
    title="The gradient in a network of ten hidden layers, before training",
    xticks=layers,
)
ax.grid(alpha=0.3)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

sigmoid = beginnings["sigmoid, Glorot"]
norms = sigmoid.gradient_norms_[0]
matrix = sigmoid.coefs_[5]
shrink = np.linalg.norm(matrix) / np.sqrt(len(matrix))
print(f"sigmoid, last layer to first: {norms[0] / norms[-1]:.0e}, or a factor of", end=" ")
print(f"{(norms[-1] / norms[1]) ** (1 / 9):.1f} a layer between the hidden layers")
print(f"a random error is {1 / shrink:.1f} times shorter after a matrix, and 4 times after σ′")

# %%
# In the sigmoid network the gradient falls by that factor in every layer, and hardly anything
# arrives at the first one. With tanh it depends on the weights. If they are too
# small, the activations shrink on the way forward and the errors on the way back, so that
# their product is small in *every* layer; if they are too large, both grow. In between
# there is a scale that keeps both, and it depends on the activation: Glorot's was made for
# tanh, He's for relu.
#
# What it does to learning
# ------------------------
# Six networks, trained for 30 epochs with the same learning rate. Each curve is the norm of one
# layer's gradient.

small = normal(0.05)
networks = {
    "sigmoid": deep(activation="logistic"),
    "sigmoid, layer norm": deep(activation="logistic", normalization="layer"),
    "sigmoid, batch norm": deep(activation="logistic", normalization="batch"),
    "tanh, small W": deep(activation="tanh", init=small),
    "tanh, small W, layer norm": deep(activation="tanh", init=small, normalization="layer"),
    "tanh, Glorot": deep(activation="tanh"),
}
for network in networks.values():
    network.fit(X, y)

fig, axes = plt.subplots(2, 3, figsize=(9, 6), sharex=True, sharey=True, layout="constrained")
colours = plt.colormaps["viridis"](np.linspace(0, 0.95, 11))
for ax, (name, network) in zip(axes.flat, networks.items(), strict=True):
    for layer, norms in enumerate(network.gradient_norms_.T):
        ax.semilogy(np.arange(1, 31), norms, color=colours[layer])
    ax.set_title(f"{name}\naccuracy {network.score(X, y):.0%}", fontsize=10)
    ax.set(xlabel="epoch", ylabel=r"$\|\partial E/\partial W^l\|$")
    ax.label_outer()
    ax.grid(alpha=0.3)
layer_colours = plt.cm.ScalarMappable(plt.Normalize(1, 11), "viridis")
fig.colorbar(layer_colours, ax=axes, label="layer", ticks=[1, 6, 11])
plt.show()

# %%
# Normalization sets the scale of every layer's sums anew, whatever the weights are. Layer
# norm, which standardises each sample over the units, mends weights that are too small. It
# does not mend the sigmoid: its activations are all near ½, and what standardising keeps of
# them is mostly that, the same for every sample. Batch norm, which standardises each unit
# over the samples, takes just that away.
#
# Clipping
# --------
# An exploding gradient is a matter of few steps: one that is too long throws the weights
# where the next is longer still. ``max_grad_norm`` limits the norm of the whole gradient, all
# layers together. The network that begins with weights too large then learns after all.

without = deep(init=normal(0.35))
try:
    without.fit(X, y)
except ValueError as error:
    print(f"Without clipping: {error}")

clipped = deep(init=normal(0.35), max_grad_norm=1.0).fit(X, y)
print(f"With max_grad_norm=1: accuracy {clipped.score(X, y):.0%}")

# %%
# ``GradientFlowDisplay`` draws the norms of one network. They are recorded before clipping,
# so that one sees what would have happened.

display = GradientFlowDisplay.from_estimator(clipped)
display.ax_.set_title("Weights too large, gradients clipped")
plt.show()

# sphinx_gallery_thumbnail_number = 2
