"""
Backpropagation by hand
=======================

One input, one hidden unit, one output, two weights: the smallest network on which the chain
rule has two links. Every number on this page can be checked with a pocket calculator, and
comes from the engine that also trains the large networks.
"""

# %%
# A network with weights of our own
# ---------------------------------
# The input is 2, and the network should answer 1. Both units are sigmoids, and the loss is
# half the squared error. ``init`` gives the weights and biases, layer by layer.

from importlib.util import find_spec

import matplotlib.pyplot as plt
import numpy as np

from skbackprop import BackpropClassifier
from skbackprop.inspection import NetworkDisplay, check_gradients, loss_and_gradients, trace

X, y = np.array([[2.0]]), np.array([1])
w1, b1, w2, b2 = 0.5, 0.1, 0.3, 0.2


def network(learning_rate=0.5):
    return BackpropClassifier(
        hidden_layer_sizes=(1,),
        activation="logistic",
        loss="squared_error",
        solver="sgd",
        learning_rate_init=learning_rate,
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        init=[([[w1]], [b1]), ([[w2]], [b2])],
    )


# %%
# Forward and back
# ----------------
# ``trace`` makes one pass forward and one back through a fitted network, and keeps every
# number. Ours is not trained yet: a step of (almost) no length makes it known to the
# estimator what the classes are, and leaves the weights where they are.

untrained = network(learning_rate=1e-300).partial_fit(X, y, classes=[0, 1])
steps = trace(untrained, X, y)
steps

# %%
# (``print(steps)`` shows the same as text.) Read it from the top. The input goes through
# :math:`z = w x + b` and the sigmoid, twice, and comes out as 0.6047 where it should be 1. On the
# way back the chain rule multiplies what each link contributes. With the number of the layer as a
# superscript:
#
# .. math::
#
#    \frac{\partial E}{\partial w^2} = (a^2 - y)\;\sigma'(z^2)\;a^1
#    \qquad
#    \frac{\partial E}{\partial w^1} = (a^2 - y)\;\sigma'(z^2)\;w^2\;\sigma'(z^1)\;x
#
# The second repeats the beginning of the first. This is the whole idea of backpropagation:
# :math:`\delta^2 = (a^2 - y)\,\sigma'(z^2)` is computed once, handed back through
# :math:`w^2`, and used again.
#
# The same in pictures. Above the way forward: the activations in the nodes, the weights
# on the edges. Below the way back: the errors :math:`\delta` in the nodes, and on the
# edges what each weight is to blame for.

fig, (above, below) = plt.subplots(2, 1, figsize=(7, 6), layout="constrained")
NetworkDisplay.from_estimator(untrained, X, y, ax=above, colorbar=False)
above.set_title("Forward: activations and weights")
NetworkDisplay.from_estimator(untrained, X, y, color="gradient", ax=below, colorbar=False)
below.set_title("Back: errors δ and gradients ∂E/∂W")
plt.show()

# %%
# By hand
# -------
# In plain Python it is a line for each link.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


x, target = 2.0, 1.0
z1 = w1 * x + b1
a1 = sigmoid(z1)
z2 = w2 * a1 + b2
a2 = sigmoid(z2)

delta2 = (a2 - target) * a2 * (1 - a2)  # σ′ = σ (1 − σ)
delta1 = delta2 * w2 * a1 * (1 - a1)
by_hand = {"w1": delta1 * x, "b1": delta1, "w2": delta2 * a1, "b2": delta2}

loss, coef_grads, intercept_grads = loss_and_gradients(untrained, X, y)
from_engine = {
    "w1": coef_grads[0].item(),
    "b1": intercept_grads[0].item(),
    "w2": coef_grads[1].item(),
    "b2": intercept_grads[1].item(),
}
print("parameter     by hand      engine")
for name in by_hand:
    print(f"{name:<9} {by_hand[name]:11.8f} {from_engine[name]:11.8f}")

# %%
# A second opinion
# ----------------
# A derivative says how the loss changes when a weight is moved a little. So one can simply move
# it: ``check_gradients`` compares the gradient with such differences, in random directions, and
# returns the largest relative error. Where PyTorch is installed, this cell also asks its automatic
# differentiation.

print(f"against finite differences: relative error {check_gradients(untrained, X, y):.0e}")

if find_spec("torch"):
    import torch

    parameters = torch.tensor([w1, b1, w2, b2], dtype=torch.float64, requires_grad=True)
    hidden = torch.sigmoid(parameters[0] * x + parameters[1])
    output = torch.sigmoid(parameters[2] * hidden + parameters[3])
    (0.5 * (output - target) ** 2).backward()
    difference = np.abs(parameters.grad.numpy() - list(by_hand.values())).max()
    print(f"against PyTorch's autograd: largest difference {difference:.0e}")

# %%
# One step downhill
# -----------------
# A step of gradient descent moves each parameter against its derivative. That is all that
# ``fit`` does, many times. Here are the first step with the learning rate ½, and what
# four hundred of them do.

clf = network().partial_fit(X, y, classes=[0, 1])
print(f"w1: {w1} - 0.5 * {by_hand['w1']:.6f} = {clf.coefs_[0].item():.6f}")
print(f"w2: {w2} - 0.5 * {by_hand['w2']:.6f} = {clf.coefs_[1].item():.6f}")

weights, outputs = [[w1, w2]], [a2]
clf = network()
for _ in range(400):
    clf.partial_fit(X, y, classes=[0, 1])
    weights.append([clf.coefs_[0].item(), clf.coefs_[1].item()])
    outputs.append(clf.predict_proba(X)[0, 1])

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.plot(weights, label=["$w^1$", "$w^2$"])
left.set(xlabel="step", title="The weights")
left.legend(frameon=False)
right.plot(outputs, color="black")
right.axhline(1, linestyle=":", color="black")
right.set(xlabel="step", title="The answer, which should be 1", ylim=(0.55, 1.03))
for ax in (left, right):
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
