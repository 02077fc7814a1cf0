"""
The two spirals
===============

Two arms wind around each other, and no straight line keeps them apart. The problem is small
enough to draw, and hard enough to need hidden layers: a network with layers of 16 and 8
units learns it by nothing more than gradient descent. Here we watch it do so.
"""

# %%
# The data
# --------
# An arm is a spiral :math:`r = 2\theta + \pi` with a little noise on both coordinates; the
# other arm is the same one turned by 180°. Networks learn best when the features have mean
# zero and a common scale, so the points are standardised.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals
from skbackprop.inspection import (
    DecisionRegionsDisplay,
    GradientFlowDisplay,
    LossCurveDisplay,
    watch,
)

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where we mean to stop

rng = np.random.RandomState(42)  # draws the data, and then the weights
X, y = make_spirals(400, noise=0.3, shuffle=False, random_state=rng)
X = StandardScaler().fit_transform(X)

COLOURS = np.array(["#d55e00", "#0072b2"])


def draw_points(ax, X, y):
    ax.scatter(*X.T, s=14, c=COLOURS[y], edgecolor="white", linewidth=0.5)
    ax.set(aspect="equal", xticks=[], yticks=[])


fig, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
draw_points(ax, X, y)
ax.set_title("Two spirals")
plt.show()

# %%
# Learning
# --------
# Gradient descent in its plainest form: no momentum, no penalty, and every step uses all the
# data. The weights of a unit begin as normal numbers with variance one over its number of
# inputs, the biases at zero; ``init`` takes a function for that. ``partial_fit`` trains for
# one epoch at a time, so that we can look in between.


def normal_weights(rng, fan_in, fan_out):
    return rng.standard_normal((fan_out, fan_in)).T / np.sqrt(fan_in)


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


accuracy = []
fig, axes = plt.subplots(2, 3, figsize=(9, 6.2), layout="constrained")
shown = dict(zip([1, 30, 70, 120, 300, 1000], axes.flat, strict=True))
for epoch in range(1, 1001):
    network.partial_fit(X, y, classes=[0, 1])
    accuracy.append(network.score(X, y))
    if epoch in shown:
        ax = shown[epoch]
        DecisionRegionsDisplay.from_estimator(network, X, y, ax=ax, legend=False)
        ax.set(aspect="equal", xticks=[], yticks=[], xlabel="", ylabel="")
        ax.set_title(f"epoch {epoch}: accuracy {accuracy[-1]:.1%}", fontsize=11)
fig.suptitle("A straight cut that bends until it winds between the arms")
plt.show()

# %%
# Loss, accuracy and gradients
# ----------------------------
# Every epoch leaves its loss in ``loss_curve_`` and the norm of each layer's gradient,
# :math:`\|\partial E / \partial W^l\|`, in ``gradient_norms_``. Two displays draw them.

fig, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(7, 7.5), sharex=True, layout="constrained", height_ratios=[3, 2, 3]
)
LossCurveDisplay.from_estimator(network, log_scale=True, ax=top)
middle.plot(np.arange(1, len(accuracy) + 1), accuracy)
middle.set(xlabel="epoch", ylabel="accuracy")
middle.grid(alpha=0.3)
GradientFlowDisplay.from_estimator(network, ax=bottom)
for ax in (top, middle, bottom):
    ax.label_outer()

print("epoch     loss  accuracy   ‖∂E/∂W¹‖   ‖∂E/∂W²‖   ‖∂E/∂W³‖")
for epoch in (1, 50, 100, 128, 200, 300, 500, 1000):
    norms = "".join(f"{norm:11.4f}" for norm in network.gradient_norms_[epoch - 1])
    print(f"{epoch:5d} {network.loss_curve_[epoch - 1]:8.4f}  {accuracy[epoch - 1]:8.1%}{norms}")
plt.show()

# %%
# The jump near epoch 128 is no mistake. A learning rate of 0.5 is close to the largest that
# this network bears: one step goes too far, the gradient grows a hundredfold, and it takes
# the network a few epochs to find its way back. Momentum, a schedule or
# ``max_grad_norm`` would spare it the detour.
#
# What the network has learnt
# ---------------------------
# ``transform`` gives the activations of the last hidden layer. The output unit can only cut that
# space of 8 dimensions by a flat plane; so if the network is right, its hidden layers must have
# pulled the arms apart. Two principal directions show it.

from sklearn.decomposition import PCA

hidden = network.transform(X)
plane = PCA(n_components=2).fit_transform(hidden)
fig, axes = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
draw_points(axes[0], X, y)
axes[0].set_title("The points, as they are")
draw_points(axes[1], plane, y)
axes[1].set(title="...and as the output layer sees them", aspect="auto")
plt.show()

# %%
# As a film
# ---------
# ``watch`` fits an estimator and animates what it makes of the plane.
# This time the solver is Adam, which needs fewer epochs.

quick = BackpropClassifier(
    hidden_layer_sizes=(16, 8),
    activation="tanh",
    learning_rate_init=0.02,
    max_iter=150,
    tol=0,
    random_state=0,
)
animation = watch(quick, X, y, n_frames=30, log_scale=True)
animation

# sphinx_gallery_thumbnail_number = 2
