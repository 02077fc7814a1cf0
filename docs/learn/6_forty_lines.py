"""
6. Training in forty lines
==========================

With the equations of the :doc:`page before </auto_learn/5_matrices>`, a function that trains a
network takes forty lines of NumPy. Nothing is left out: random initial weights, mini-batches, an L2
penalty, the optimizer Adam. From the same seed it gives the very numbers of
:class:`~skbackprop.BackpropClassifier`, and of scikit-learn's ``MLPClassifier``.
"""

# %%
# What is new
# -----------
# *Initial weights* are drawn at random: :math:`W^l` and :math:`b^l` from the uniform distribution
# on :math:`[-r, r]` with :math:`r = \sqrt{6 / (\text{inputs} + \text{units})}` (Glorot & Bengio,
# 2010).
#
# *Mini-batches.* The gradient of 32 samples is an estimate of the gradient of all, at a fraction
# of the cost. So each :term:`epoch` shuffles the samples, cuts them into batches, and takes one
# :term:`step` for each :term:`batch`.
#
# *A penalty* on large weights is added to the mean loss of a batch of :math:`n` rows:
# :math:`E = \frac1n \sum_i \ell_i + \frac{\alpha}{2n} \sum_l \lVert W^l \rVert^2`. It adds
# :math:`\frac{\alpha}{n} W^l` to the gradient.
#
# *Adam* (Kingma & Ba, 2015) keeps two running means for each parameter, of its gradient :math:`g`
# and of :math:`g^2`, and divides the first by the root of the second. So a parameter with small
# gradients takes steps as long as one with large gradients:
#
# .. math::
#
#    m &\leftarrow \beta_1 m + (1 - \beta_1)\,g \\
#    v &\leftarrow \beta_2 v + (1 - \beta_2)\,g^2 \\
#    \theta &\leftarrow \theta - \eta\,\frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot
#    \frac{m}{\sqrt v + \varepsilon}
#
# with :math:`\eta` the :term:`learning rate`, :math:`t` the number of the step, and the usual
# :math:`\beta_1 = 0.9`, :math:`\beta_2 = 0.999`, :math:`\varepsilon = 10^{-8}`.
#
# The forty lines
# ---------------

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap


def forward(X, W, b):
    """The activations of all layers: tanh, and the logistic sigmoid at the end."""
    A = [X]
    for l in range(len(W)):
        Z = A[-1] @ W[l] + b[l]
        A.append(np.tanh(Z) if l < len(W) - 1 else 1 / (1 + np.exp(-Z)))
    return A


def backward(A, y, W, alpha):
    """∂E/∂W and ∂E/∂b of all layers."""
    n, dW, db = len(y), [None] * len(W), [None] * len(W)
    delta = (A[-1] - y) / n
    for l in reversed(range(len(W))):
        dW[l] = A[l].T @ delta + alpha / n * W[l]
        db[l] = delta.sum(axis=0)
        delta = delta @ W[l].T * (1 - A[l] ** 2)
    return dW + db


def train(X, y, sizes, epochs, batch_size, rate=0.001, alpha=0.0001, seed=0):
    """Adam on mini-batches; returns W, b and the mean objective of each epoch."""
    rng = np.random.RandomState(seed)
    W, b, loss_curve = [], [], []
    for fan_in, fan_out in pairwise(sizes):
        r = np.sqrt(6 / (fan_in + fan_out))
        W.append(rng.uniform(-r, r, (fan_in, fan_out)))
        b.append(rng.uniform(-r, r, fan_out))
    params = W + b
    t, rows = 0, np.arange(len(X))
    m, v = ([np.zeros_like(p) for p in params] for _ in range(2))
    for _ in range(epochs):
        rng.shuffle(rows)
        loss_curve.append(0.0)
        for batch in np.split(rows, range(batch_size, len(rows), batch_size)):
            A, target, t = forward(X[batch], W, b), y[batch], t + 1
            losses = -np.log(np.where(target == 1, A[-1], 1 - A[-1]))
            penalty = alpha / 2 * sum((w**2).sum() for w in W)
            loss_curve[-1] += (losses.sum() + penalty) / len(rows)
            step = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            for p, g, mean, square in zip(params, backward(A, target, W, alpha), m, v, strict=True):
                mean[...] = 0.9 * mean + 0.1 * g
                square[...] = 0.999 * square + 0.001 * g**2
                p -= step * mean / (np.sqrt(square) + 1e-8)
    return W, b, loss_curve


# %%
# Two spirals
# -----------
# The data are two spirals of 200 points each, which wind around each other. The network has two
# hidden layers, of 16 and of 8 units.

from skbackprop.datasets import make_spirals

X, labels = make_spirals(400, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
y = labels[:, np.newaxis].astype(float)

W, b, loss_curve = train(X, y, sizes=[2, 16, 8, 1], epochs=300, batch_size=32, rate=0.01)
outputs = forward(X, W, b)[-1]
accuracy = np.mean((outputs > 0.5) == y)
print(f"loss: {loss_curve[0]:.4f} in the first epoch, {loss_curve[-1]:.4f} in the last")
print(f"right: {accuracy:.1%}")

# %%

colours = LinearSegmentedColormap.from_list("answer", ["#d55e00", "white", "#0072b2"])
axis = np.linspace(-2.2, 2.2, 201)
grid = np.stack(np.meshgrid(axis, axis), axis=-1)
answer = forward(grid.reshape(-1, 2), W, b)[-1].reshape(201, 201)
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
left.semilogy(range(1, 301), loss_curve, color="#0072b2")
left.set(xlabel="epoch", title="Mean objective of the epoch")
left.grid(alpha=0.3)
right.pcolormesh(axis, axis, answer, cmap=colours, vmin=0, vmax=1, alpha=0.6, rasterized=True)
right.scatter(*X.T, s=8, c=labels, cmap=colours)
right.set(title="What the network answers", aspect="equal", xticks=[], yticks=[])
plt.show()

# %%
# The very numbers of BackpropClassifier
# --------------------------------------
# The same data, the same parameters and the same seed. There is no tolerance for luck here: one
# random number drawn in another order, and the curves would part in the first epoch. In 30
# epochs they agree to ten digits. (Sums are rounded differently when they are taken in another
# order, and training multiplies such differences: after some hundred epochs, fewer digits are
# the same.)

import warnings

from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # 30 epochs are where we mean to stop

classifier = BackpropClassifier(
    hidden_layer_sizes=(16, 8),
    activation="tanh",
    solver="adam",
    learning_rate_init=0.01,
    batch_size=32,
    max_iter=30,
    random_state=0,
).fit(X, labels)
W30, b30, curve30 = train(X, y, sizes=[2, 16, 8, 1], epochs=30, batch_size=32, rate=0.01)

print("epoch   forty lines          BackpropClassifier")
for epoch in (1, 2, 10, 30):
    ours, theirs = curve30[epoch - 1], classifier.loss_curve_[epoch - 1]
    print(f"{epoch:5d}   {ours:.10f}         {theirs:.10f}")
agree = np.allclose(curve30, classifier.loss_curve_, rtol=1e-10, atol=0)
print("all 30 epochs agree to a relative 1e-10:", agree)

# %%
# What the engine of the package adds is speed, safety, and many options; what it computes
# is this. The :doc:`last page </auto_learn/7_engine>` shows where each of the forty lines is found
# in its source.
#
# Exercises
# ---------
# **1.** Replace Adam by plain gradient descent, and compare the objective after 300 epochs. Which
# learning rate does it need?
#
# **2.** The line ``losses = ...`` takes the logarithm of an output. What happens when an output is
# so close to 0 or 1 that it is rounded to it, and how can the log loss be computed from
# :math:`z` instead?
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# The two running means go, and the step becomes ``p -= rate * g``:


def train_plain(X, y, sizes, epochs, batch_size, rate, alpha=0.0001, seed=0):
    W, b, _ = train(X, y, sizes, epochs=0, batch_size=batch_size, seed=seed)  # initial weights
    rng, rows = np.random.RandomState(seed), np.arange(len(X))
    for _ in range(epochs):
        rng.shuffle(rows)
        for batch in np.split(rows, range(batch_size, len(rows), batch_size)):
            A = forward(X[batch], W, b)
            for p, g in zip(W + b, backward(A, y[batch], W, alpha), strict=True):
                p -= rate * g
    output = forward(X, W, b)[-1]
    return np.mean(-np.log(np.where(y == 1, output, 1 - output)))


plain = {rate: train_plain(X, y, [2, 16, 8, 1], 300, 32, rate) for rate in (0.01, 0.1, 1.0)}
for rate, loss in plain.items():
    print(f"rate {rate}: loss {loss:.4f}")

# %%
# With Adam's rate of 0.01 it has hardly begun; it needs a rate some ten times larger or more.
#
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# An output that is rounded to 1 where the target is 0 has the loss :math:`-\log 0`, infinity.
# With :math:`a = 1 / (1 + e^{-z})` the loss is :math:`\log(1 + e^z) - y z`, and ``np.logaddexp``
# computes that without overflow:

z = 40.0
a = 1 / (1 + np.exp(-z))
with np.errstate(divide="ignore"):
    from_output = -np.log(1 - a)
from_sum = np.logaddexp(0, z)
print(f"z = {z:.0f}, y = 0: from the output {from_output}, from z {from_sum}")

# %%
# The engine computes every loss from :math:`z`.
