"""
5. The same in matrices
=======================

The loops of the :doc:`page before </auto_learn/4_xor>` are matrix products in disguise. Written as
such, the whole network takes ten lines for any number of samples and units, and NumPy computes them
many times faster than Python's loops do. The numbers stay the same.
"""

# %%
# Samples are rows
# ----------------
# All samples together are a matrix with one row for each: :math:`X` has the shape
# (samples, inputs). The weights of a layer are a matrix :math:`W` of shape (inputs, units), one
# column for each unit. (Many books have samples as columns, and everything is then transposed.
# scikit-learn has them as rows, and so does this package.)

import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])

W1 = np.array([[0.5, -0.8], [-0.4, 0.9]])
b1 = np.array([0.1, -0.2])
W2 = np.array([[0.7], [0.6]])
b2 = np.array([-0.3])

# %%
# Forward
# -------
# The sum :math:`\sum_i x_i\,w_{ij}` over the inputs, for each sample and each unit, is what a
# matrix product computes. The bias is a row that is added to every row:
#
# .. math::
#
#    Z^l = A^{l-1} W^l + b^l, \qquad A^l = \sigma(Z^l), \qquad A^0 = X


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


Z1 = X @ W1 + b1
A1 = np.tanh(Z1)
Z2 = A1 @ W2 + b2
A2 = sigmoid(Z2)

print("Z¹, a row for each sample, a column for each unit:")
print(Z1.round(4))
print("A² =", A2.ravel().round(4))

# %%
# The objective
# -------------
# The mean of the four losses:

E = np.mean(-y * np.log(A2) - (1 - y) * np.log(1 - A2))
print(f"E = {E:.4f}")

# %%
# Back
# ----
# :math:`\delta^l` is now a matrix of the shape of :math:`Z^l`: one row for each sample. It is the
# derivative of :math:`E`, and :math:`E` is a mean over :math:`n` samples, hence the division by
# :math:`n` at the start. After that the mean needs no further care.
#
# .. math::
#
#    \delta^2 &= \tfrac1n (A^2 - y) \\
#    \frac{\partial E}{\partial W^l} &= (A^{l-1})^\top \delta^l, \qquad
#    \frac{\partial E}{\partial b^l} = \text{the sum of the rows of } \delta^l \\
#    \delta^{l-1} &= \delta^l (W^l)^\top \odot \sigma'(Z^{l-1})
#
# :math:`\odot` multiplies element by element. Each product stands for a sum over paths: that in
# :math:`\partial E / \partial W^l` goes over the samples, and that in :math:`\delta^{l-1}` over
# the units of layer :math:`l` that a unit of layer :math:`l - 1` leads to.

n = len(X)
delta2 = (A2 - y) / n
dW2 = A1.T @ delta2
db2 = delta2.sum(axis=0)
delta1 = delta2 @ W2.T * (1 - A1**2)
dW1 = X.T @ delta1
db1 = delta1.sum(axis=0)

print("∂E/∂W¹ =", dW1.round(4).tolist())
print("∂E/∂b¹ =", db1.round(4).tolist())
print("∂E/∂W² =", dW2.ravel().round(4).tolist())
print("∂E/∂b² =", db2.round(4).tolist())

# %%
# These are the numbers of the page before. Four equations, and they hold for any number of layers:
# what follows is only about how to use them.
#
# Shapes
# ------
# Nearly every mistake in such code is a mistake in a shape. A gradient has the shape of what it
# is the gradient of, and in a product the inner sizes agree:

shapes = {
    "X": X, "W¹": W1, "Z¹, A¹": Z1, "W²": W2, "Z², A²": Z2,
    "δ²": delta2, "∂E/∂W²": dW2, "δ¹": delta1, "∂E/∂W¹": dW1,
}  # fmt: skip
for name, array in shapes.items():
    print(f"{name:<7} {array.shape}")

# %%
# The package computes the same
# -----------------------------
# ``loss_and_gradients`` returns the objective and its gradient for a fitted classifier, in the
# order of its layers. Our weights go in through ``init``:

from skbackprop import BackpropClassifier
from skbackprop.inspection import loss_and_gradients

network = BackpropClassifier(
    hidden_layer_sizes=(2,),
    activation="tanh",
    alpha=0,
    init=[(W1, b1), (W2, b2)],
    learning_rate_init=1e-300,  # a step that leads nowhere: only the classes are learnt
)
network.partial_fit(X, y.ravel(), classes=[0, 1])
loss, coef_grads, intercept_grads = loss_and_gradients(network, X, y.ravel())

difference = max(
    np.abs(ours - theirs).max()
    for ours, theirs in zip(
        [dW1, dW2, db1, db2], [*coef_grads, *intercept_grads], strict=True
    )
)  # fmt: skip
print(f"E = {loss:.4f}, largest difference of a derivative below 1e-12: {difference < 1e-12}")

# %%
# Exercises
# ---------
# **1.** Check ``dW1`` without any calculus: change each weight by a little in both directions and
# measure what becomes of :math:`E`, as on :doc:`page 2 </auto_learn/2_chain_rule>`.
#
# **2.** A bias is a weight from an input that is always 1. Append a column of ones to :math:`X`
# and a row with the biases to :math:`W^1`, and show that :math:`Z^1` and the gradients stay the
# same.
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# This check is worth writing whenever gradients are written by hand. It costs two forward passes a
# weight, which is why nobody trains like this.


def objective(W1):
    A2 = sigmoid(np.tanh(X @ W1 + b1) @ W2 + b2)
    return np.mean(-y * np.log(A2) - (1 - y) * np.log(1 - A2))


measured = np.empty_like(W1)
for place in np.ndindex(W1.shape):
    change = np.zeros_like(W1)
    change[place] = 1e-5
    measured[place] = (objective(W1 + change) - objective(W1 - change)) / 2e-5
print("measured ∂E/∂W¹ =", measured.round(4).tolist())
print(f"largest difference below 1e-9: {np.abs(measured - dW1).max() < 1e-9}")

# %%
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^

X_one = np.column_stack([X, np.ones(n)])
W1_b1 = np.vstack([W1, b1])
print("same Z¹:", np.allclose(X_one @ W1_b1, Z1))
together = X_one.T @ delta1
print("same gradients:", np.allclose(together, np.vstack([dW1, db1])))
