"""
4. XOR, with every number
=========================

Two inputs, two hidden units, one output: a network small enough to print, which computes
"exclusive or", as :doc:`no single neuron can </auto_learn/1_neuron>`. Four samples pull at the same
weights, so the second half of the chain rule is needed, too: what comes along different paths is
added. The page uses plain Python without arrays, and prints all numbers.
"""

# %%
# The network
# -----------
# A unit's number is a subscript: :math:`a^1_2` is the activation of the second unit of layer 1.
# A weight has two subscripts, where it comes from and where it goes to: :math:`w^1_{12}`
# leads from input 1 to hidden unit 2, and in the code it is ``W1[0][1]``, because Python counts
# from zero.

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

W1 = [[0.5, -0.8], [-0.4, 0.9]]  # from each input to each hidden unit
b1 = [0.1, -0.2]
W2 = [0.7, 0.6]  # from each hidden unit to the output
b2 = -0.3

samples = [(0, 0), (0, 1), (1, 0), (1, 1)]
targets = [0, 1, 1, 0]

# %%
# Forward, for one sample
# -----------------------
# The sample is :math:`x = (1, 0)`, and its target is :math:`y = 1`. The hidden units have tanh as
# their :term:`activation function`, and the output has the logistic sigmoid:
#
# .. math::
#
#    z^1_j &= \sum_i x_i\,w^1_{ij} + b^1_j, &\quad a^1_j &= \tanh z^1_j \\
#    z^2 &= \sum_j a^1_j\,w^2_j + b^2, &\quad a^2 &= \frac{1}{1 + e^{-z^2}}


def forward(x, W1, b1, W2, b2):
    z1 = [sum(x[i] * W1[i][j] for i in range(2)) + b1[j] for j in range(2)]
    a1 = [math.tanh(z) for z in z1]
    z2 = sum(a1[j] * W2[j] for j in range(2)) + b2
    a2 = 1 / (1 + math.exp(-z2))
    return z1, a1, z2, a2


x, y = samples[2], targets[2]
z1, a1, z2, a2 = forward(x, W1, b1, W2, b2)
for j in range(2):
    terms = " + ".join(f"{x[i]}·({W1[i][j]})" for i in range(2))
    print(f"unit {j + 1}:  z = {terms} + ({b1[j]}) = {z1[j]:.4f},  a = tanh(z) = {a1[j]:.4f}")
terms = " + ".join(f"({a1[j]:.4f})·{W2[j]}" for j in range(2))
print(f"output:  z = {terms} + ({b2}) = {z2:.4f},  a = σ(z) = {a2:.4f}")

# %%
# The output is to be 1. The loss is the :term:`log loss`, and what the gradient starts from
# is simple with it (:doc:`page 2 </auto_learn/2_chain_rule>`, exercise 1):
# :math:`\delta^2 = a^2 - y`.

loss = -y * math.log(a2) - (1 - y) * math.log(1 - a2)
print(f"loss = -log({a2:.4f}) = {loss:.4f}")

# %%
# Back, for the same sample
# -------------------------
# Each hidden unit has one path to the output, so its δ is that of page 3. The derivative of
# :math:`a = \tanh z` is :math:`1 - (a)^2`:
#
# .. math:: \delta^1_j = \delta^2\,w^2_j\,\bigl(1 - (a^1_j)^2\bigr)
#
# The derivative with respect to a weight is the activation that it starts from, times the δ of
# the unit that it leads to; with respect to a bias it is the δ of its unit:
#
# .. math::
#
#    \frac{\partial \ell}{\partial w^2_j} = a^1_j\,\delta^2, \qquad
#    \frac{\partial \ell}{\partial w^1_{ij}} = x_i\,\delta^1_j, \qquad
#    \frac{\partial \ell}{\partial b^2} = \delta^2, \qquad
#    \frac{\partial \ell}{\partial b^1_j} = \delta^1_j


def backward(x, y, a1, a2, W2):
    d2 = a2 - y
    d1 = [d2 * W2[j] * (1 - a1[j] ** 2) for j in range(2)]
    dW2 = [a1[j] * d2 for j in range(2)]
    dW1 = [[x[i] * d1[j] for j in range(2)] for i in range(2)]
    return d1, d2, dW1, dW2


d1, d2, dW1, dW2 = backward(x, y, a1, a2, W2)
print(f"δ² = {a2:.4f} - {y} = {d2:.4f}")
for j in range(2):
    print(f"∂ℓ/∂w²{'₁₂'[j]}  = {a1[j]:.4f}·({d2:.4f}) = {dW2[j]:.4f}")
print(f"∂ℓ/∂b²   = {d2:.4f}")
for j in range(2):
    print(f"δ¹{'₁₂'[j]} = {d2:.4f}·{W2[j]}·(1 - ({a1[j]:.4f})²) = {d1[j]:.4f}")
for i in range(2):
    for j in range(2):
        print(f"∂ℓ/∂w¹{'₁₂'[i]}{'₁₂'[j]} = {x[i]}·({d1[j]:.4f}) = {dW1[i][j] + 0.0:.4f}")
for j in range(2):
    print(f"∂ℓ/∂b¹{'₁₂'[j]}  = {d1[j]:.4f}")

# %%
# The weights from the second input get no gradient from this sample, because that input is 0. The
# output is to grow, so its bias has a negative derivative. :math:`w^2_2` has a positive one: the
# second hidden unit is negative here, so that its weight has to shrink for the output to grow.
#
# All four samples
# ----------------
# The other three samples want something else. What counts is the mean over all of them: the
# :term:`objective` is :math:`E = \frac14 \sum_i \ell_i`, and its gradient is the mean of the four
# gradients. Every parameter lies on a path from every sample to :math:`E`, and the paths add up.


def objective_and_gradient(W1, b1, W2, b2):
    E, gb2 = 0.0, 0.0
    gW1, gb1, gW2 = [[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0], [0.0, 0.0]
    for x, y in zip(samples, targets, strict=True):
        _, a1, _, a2 = forward(x, W1, b1, W2, b2)
        d1, d2, dW1, dW2 = backward(x, y, a1, a2, W2)
        E += (-y * math.log(a2) - (1 - y) * math.log(1 - a2)) / 4
        gb2 += d2 / 4
        for j in range(2):
            gW2[j] += dW2[j] / 4
            gb1[j] += d1[j] / 4
            for i in range(2):
                gW1[i][j] += dW1[i][j] / 4
    return E, gW1, gb1, gW2, gb2


print("x           z¹₁      z¹₂      a¹₁      a¹₂       z²       a²  y       δ²")
for x, y in zip(samples, targets, strict=True):
    z1, a1, z2, a2 = forward(x, W1, b1, W2, b2)
    numbers = "  ".join(f"{v:7.4f}" for v in [*z1, *a1, z2, a2])
    print(f"{x}  {numbers}  {y}  {a2 - y:7.4f}")

E, gW1, gb1, gW2, gb2 = objective_and_gradient(W1, b1, W2, b2)
print(f"\nE = {E:.4f}")
print("∂E/∂W¹ =", [[round(g, 4) for g in row] for row in gW1])
print("∂E/∂b¹ =", [round(g, 4) for g in gb1])
print("∂E/∂W² =", [round(g, 4) for g in gW2])
print("∂E/∂b² =", round(gb2, 4))

# %%
# Learning
# --------
# Gradient descent, with the learning rate 0.5. Each pass over all four samples is one
# :term:`epoch`, and here also one :term:`step`:

learning_rate = 0.5
loss_curve = []
for epoch in range(1001):
    E, gW1, gb1, gW2, gb2 = objective_and_gradient(W1, b1, W2, b2)
    loss_curve.append(E)
    if epoch in (0, 1, 10, 100, 1000):
        outputs = [forward(x, W1, b1, W2, b2)[3] for x in samples]
        print(f"epoch {epoch:4d}: E = {E:.4f}, outputs", " ".join(f"{a:.3f}" for a in outputs))
    for j in range(2):
        for i in range(2):
            W1[i][j] -= learning_rate * gW1[i][j]
        b1[j] -= learning_rate * gb1[j]
        W2[j] -= learning_rate * gW2[j]
    b2 -= learning_rate * gb2

# %%
# What the hidden units have found
# --------------------------------
# In the plane of the inputs, on the left, no line separates the two classes. The hidden units
# send each sample to a new place, :math:`(a^1_1, a^1_2)`, on the right, and there a line does. The
# first unit has become "only input 1", the second "only input 2", and the output is "one of
# the two". The :doc:`playground </playground>` shows this while it happens: choose XOR there, and
# two hidden units.

print("W¹ =", [[round(w, 2) for w in row] for row in W1], " b¹ =", [round(b, 2) for b in b1])
print("W² =", [round(w, 2) for w in W2], " b² =", round(b2, 2))

colours = ["#d55e00" if target == 0 else "#0072b2" for target in targets]
mixed = LinearSegmentedColormap.from_list("answer", ["#d55e00", "white", "#0072b2"])
axis = np.linspace(-0.4, 1.4, 121)
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
answers = [[forward((u, v), W1, b1, W2, b2)[3] for u in axis] for v in axis]
left.pcolormesh(axis, axis, answers, cmap=mixed, vmin=0, vmax=1, alpha=0.6, rasterized=True)
left.scatter(*zip(*samples, strict=True), c=colours, s=90, edgecolor="white", zorder=3)
left.set(title="Inputs", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")

hidden = [forward(x, W1, b1, W2, b2)[1] for x in samples]
right.scatter(*zip(*hidden, strict=True), c=colours, s=90, edgecolor="white", zorder=3)
for x, (u, v), place in zip(samples, hidden, ["right", "right", "right", "left"], strict=True):
    offset = (10, 0) if place == "right" else (-10, 0)
    ha = "left" if place == "right" else "right"
    right.annotate(str(x), (u, v), offset, textcoords="offset points", ha=ha, va="center")
right.axline((0, -b2 / W2[1]), slope=-W2[0] / W2[1], color="black")
right.set(title="Activations of the hidden units", xlabel="$a^1_1$", ylabel="$a^1_2$")
right.set(xlim=(-1.7, 1.7), ylim=(-1.2, 1.2), aspect="equal")
plt.show()

# %%
# Exercises
# ---------
# **1.** Start with all weights equal to 0.5 and all biases zero, and train again. What do the two
# hidden units learn, and why can they not become different?
#
# **2.** Start with the weights below, and train for 2000 epochs. How many samples does the network
# get right? What does that say about gradient descent?
#
# .. code-block:: python
#
#    W1, b1 = [[0.5, -0.4], [0.3, 0.8]], [0.1, -0.2]
#    W2, b2 = [0.6, -0.7], 0.2
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# Both units compute the same, so they get the same gradient, and stay the same: the network has in
# effect one hidden unit. Weights therefore begin at random.


def train(W1, b1, W2, b2, epochs=2000):
    for _ in range(epochs):
        _, gW1, gb1, gW2, gb2 = objective_and_gradient(W1, b1, W2, b2)
        W1 = [[W1[i][j] - 0.5 * gW1[i][j] for j in range(2)] for i in range(2)]
        b1 = [b1[j] - 0.5 * gb1[j] for j in range(2)]
        W2 = [W2[j] - 0.5 * gW2[j] for j in range(2)]
        b2 = b2 - 0.5 * gb2
    return W1, b1, W2, b2


equal = train([[0.5, 0.5], [0.5, 0.5]], [0.0, 0.0], [0.5, 0.5], 0.0)
equal_outputs = [forward(x, *equal)[3] for x in samples]
print("W¹ =", [[round(w, 2) for w in row] for row in equal[0]])
print("outputs", " ".join(f"{a:.3f}" for a in equal_outputs))

# %%
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# It ends with two samples right and two undecided:

unlucky = train([[0.5, -0.4], [0.3, 0.8]], [0.1, -0.2], [0.6, -0.7], 0.2)
unlucky_outputs = [forward(x, *unlucky)[3] for x in samples]
print(f"E = {objective_and_gradient(*unlucky)[0]:.4f}")
print("outputs", " ".join(f"{a:.3f}" for a in unlucky_outputs))

# %%
# Gradient descent goes downhill from where it starts, and does not always reach the lowest
# point. With four or eight hidden units bad starts become rare: there are more ways down. Try
# several values of ``random_state`` with a small network, as
# :doc:`/auto_examples/plot_xor` does.
