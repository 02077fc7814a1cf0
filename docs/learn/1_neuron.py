"""
1. A neuron
===========

A neuron multiplies each of its inputs by a number, adds up the products and one number more,
and passes the sum through a function. That is all that a neuron does, and a network is many of
them. This page follows one neuron with a pocket calculator.
"""

# %%
# The sum
# -------
# The inputs are :math:`x_1` and :math:`x_2`. Each has a :term:`weight`, and the neuron has a
# :term:`bias`. The weighted sum is called :math:`z`:
#
# .. math:: z = w_1 x_1 + w_2 x_2 + b

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

x1, x2 = 2.0, 3.0
w1, w2, b = 0.5, -1.0, 1.0

z = w1 * x1 + w2 * x2 + b
print(f"z = {w1}·{x1} + ({w2})·{x2} + {b} = {z}")

# %%
# The activation
# --------------
# Then :math:`z` goes through a function σ, the :term:`activation function`, and the result
# :math:`a = \sigma(z)` is the neuron's output, its :term:`activation`. Here σ is the *logistic
# sigmoid*. It turns any number into one between 0 and 1, which can be read as a probability:
#
# .. math:: a = \sigma(z) = \frac{1}{1 + e^{-z}}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


a = sigmoid(z)
print(f"a = σ({z}) = {a:.4f}")

# %%
# Other functions serve as well. They have one thing in common: none of them is a straight line.
# A sum of sums is only another sum, so a network of neurons without σ could do no more than a
# single neuron.

steps = np.linspace(-4, 4, 201)
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(steps, sigmoid(steps), color="#0072b2", label="logistic sigmoid")
ax.plot(steps, np.tanh(steps), color="#d55e00", label="tanh")
ax.plot(steps, np.maximum(steps, 0), color="0.4", linestyle="--", label="relu")
ax.plot(z, a, "o", color="#0072b2")
ax.annotate("our neuron", (z, a), (-3.6, 0.75), arrowprops={"arrowstyle": "-", "color": "0.5"})
ax.set(xlabel="z", ylabel="σ(z)", ylim=(-1.1, 2.1))
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
ax.grid(alpha=0.3)
plt.show()

# %%
# What the weights do
# -------------------
# The neuron answers a question about the plane: is :math:`(x_1, x_2)` on this side of a line or
# on the other? The line is where :math:`z = 0`, so :math:`a = 0.5`. The weights give its direction
# (the arrow is :math:`(w_1, w_2)`, and points to where the answer is 1), the bias moves it, and
# larger weights make the step across it steeper.

colours = LinearSegmentedColormap.from_list("answer", ["#d55e00", "white", "#0072b2"])
axis = np.linspace(-5, 5, 201)
xx1, xx2 = np.meshgrid(axis, axis)
fig, axes = plt.subplots(1, 3, figsize=(9, 3.3), sharey=True, layout="constrained")
for ax, title, factor, bias in zip(
    axes, ["our neuron", "bias −3", "four times as large"], [1, 1, 4], [b, -3.0, 4 * b], strict=True
):
    answer = sigmoid(factor * (w1 * xx1 + w2 * xx2) + bias)
    image = ax.pcolormesh(xx1, xx2, answer, cmap=colours, vmin=0, vmax=1, rasterized=True)
    ax.contour(xx1, xx2, answer, levels=[0.5], colors="black")
    on_line = -bias / (factor * (w1**2 + w2**2)) * np.array([w1, w2])
    ax.annotate("", on_line + 2 * np.array([w1, w2]), on_line, arrowprops={"arrowstyle": "->"})
    ax.set(title=title, xlabel="$x_1$", aspect="equal", xticks=[-4, 0, 4], yticks=[-4, 0, 4])
axes[0].plot(x1, x2, "o", color="black")
axes[0].set_ylabel("$x_2$")
fig.colorbar(image, ax=axes, label="a", shrink=0.85)
plt.show()

# %%
# How wrong is it?
# ----------------
# Suppose that the answer for this input should have been :math:`y = 1`. The :term:`loss` says
# with one number how wrong the neuron is, and is zero when it is right. A simple one is half the
# squared error:
#
# .. math:: \ell = \tfrac12 (a - y)^2

y = 1.0
loss = (a - y) ** 2 / 2
print(f"loss = ½·({a:.4f} - {y:.0f})² = {loss:.4f}")

# %%
# To learn is to change :math:`w_1`, :math:`w_2` and :math:`b` so that the loss becomes
# smaller. In which direction, and by how much? The next page measures that.
#
# The same neuron in the package
# ------------------------------
# A classifier without a hidden layer is one neuron. ``init`` gives it our weights;
# ``decision_function`` returns :math:`z`, and ``predict_proba`` returns :math:`1 - a` and
# :math:`a`. (The one call of ``partial_fit`` tells it what the classes are, with a learning rate
# so small that the weights stay where they are.)

from skbackprop import BackpropClassifier

neuron = BackpropClassifier(
    hidden_layer_sizes=(), init=[([[w1], [w2]], [b])], learning_rate_init=1e-300
)
neuron.partial_fit([[x1, x2]], [1], classes=[0, 1])
print("z =", neuron.decision_function([[x1, x2]])[0])
print("a =", neuron.predict_proba([[x1, x2]])[0, 1].round(4))

# %%
# Exercises
# ---------
# **1.** Find :math:`w_1`, :math:`w_2` and :math:`b` so that the neuron computes "and": its output
# should be above 0.99 for the input (1, 1) and below 0.01 for (0, 0), (0, 1) and (1, 0).
#
# **2.** Now try "exclusive or" (XOR): 1 for (0, 1) and (1, 0), and 0 for (0, 0) and (1, 1). Why
# is it impossible, whatever the weights are?
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# The line has to pass between (1, 1) and the other three, as :math:`x_1 + x_2 = 1.5` does, and the
# step has to be steep. A sum of 10 on one side and −10 on the other is enough:

and_w1, and_w2, and_b = 20.0, 20.0, -30.0
corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
and_outputs = [sigmoid(and_w1 * x1 + and_w2 * x2 + and_b) for x1, x2 in corners]
for corner, output in zip(corners, and_outputs, strict=True):
    print(corner, f"{output:.6f}")
print("as asked:", and_outputs[3] > 0.99 and max(and_outputs[:3]) < 0.01)
print("the line is where x1 + x2 =", -and_b / and_w1)

# %%
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# The four answers ask for four inequalities:
#
# .. math:: b < 0, \qquad w_1 + b > 0, \qquad w_2 + b > 0, \qquad w_1 + w_2 + b < 0
#
# The sum of the two in the middle is :math:`w_1 + w_2 + 2 b > 0`, and the sum of the outer two is
# :math:`w_1 + w_2 + 2 b < 0`. Both cannot be true. In the picture: no straight line has two
# opposite corners of a square on one side and the other two on the other side. A search over
# many neurons never gets more than three corners right:

grid = np.linspace(-2, 2, 21)
W1, W2, B = np.meshgrid(grid, grid, grid)
right = sum(
    (W1 * x1 + W2 * x2 + B > 0) == bool(target)
    for (x1, x2), target in zip(corners, [0, 1, 1, 0], strict=True)
)
print(f"{right.size} neurons, at most {right.max()} of 4 corners right")

# %%
# Two neurons that share their answers with a third can do it: that is the network of
# :doc:`page 4 </auto_learn/4_xor>`.
