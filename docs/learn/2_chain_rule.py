"""
2. The chain rule
=================

How does the loss change when a weight is changed a little? Between the two lie several steps.
The chain rule says that their rates of change multiply, and backpropagation is nothing but the
chain rule with its intermediate results kept. This page measures each rate, multiplies them, and
compares.
"""

# %%
# A chain of three steps
# ----------------------
# The neuron of the :doc:`first page </auto_learn/1_neuron>`, and its loss. From the weight
# :math:`w_1` to the loss :math:`\ell` it takes three steps:
#
# .. math::
#
#    w_1 \;\longrightarrow\; z = w_1 x_1 + w_2 x_2 + b
#    \;\longrightarrow\; a = \sigma(z)
#    \;\longrightarrow\; \ell = \tfrac12 (a - y)^2

import matplotlib.pyplot as plt
import numpy as np

x1, x2, y = 2.0, 3.0, 1.0
w1, w2, b = 0.5, -1.0, 1.0


def weighted_sum(w1, w2, b):
    return w1 * x1 + w2 * x2 + b


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def squared_error(a):
    return (a - y) ** 2 / 2


z = weighted_sum(w1, w2, b)
a = sigmoid(z)
loss = squared_error(a)
print(f"z = {z}, a = {a:.4f}, loss = {loss:.4f}")

# %%
# A rate of change can be measured
# --------------------------------
# A derivative answers the question: if the input is changed by a little, by how many times as much
# does the output change? It can be measured without knowing any rule, by changing the input a
# little in both directions. This is a *central difference*:


def rate_of_change(function, at, h=1e-6):
    return (function(at + h) - function(at - h)) / (2 * h)


dz_dw1 = rate_of_change(lambda w1: weighted_sum(w1, w2, b), w1)
da_dz = rate_of_change(sigmoid, z)
dloss_da = rate_of_change(squared_error, a)
print(f"∂z/∂w1 = {dz_dw1:.4f}")
print(f"∂a/∂z  = {da_dz:.4f}")
print(f"∂ℓ/∂a  = {dloss_da:.4f}")

# %%
# Rates multiply
# --------------
# When :math:`w_1` grows a little, :math:`z` grows by twice that. :math:`a` then grows by 0.1966
# times as much as :math:`z`, and the loss by −0.7311 times as much as :math:`a`: it falls. So from
# end to end the rates multiply. That is the chain rule:
#
# .. math::
#
#    \frac{\partial \ell}{\partial w_1} =
#    \frac{\partial \ell}{\partial a} \cdot \frac{\partial a}{\partial z} \cdot
#    \frac{\partial z}{\partial w_1}

product = dloss_da * da_dz * dz_dw1
measured = rate_of_change(lambda w1: squared_error(sigmoid(weighted_sum(w1, w2, b))), w1)
print(f"product of the three:    {product:.6f}")
print(f"measured in one stretch: {measured:.6f}")

# %%
# Rates from formulas
# -------------------
# For each step the rate is known, so nothing has to be measured:
#
# .. math::
#
#    \frac{\partial z}{\partial w_1} = x_1, \qquad
#    \frac{\partial a}{\partial z} = \sigma'(z) = a\,(1 - a), \qquad
#    \frac{\partial \ell}{\partial a} = a - y
#
# All that the formulas need was computed on the way forward: :math:`x_1`, :math:`a` and
# :math:`y`. This is why a network first makes a :term:`forward pass` and keeps what it computes.

print(f"x1       = {x1:.4f}")
print(f"a(1 - a) = {a * (1 - a):.4f}")
print(f"a - y    = {a - y:.4f}")

# %%
# What several weights share
# --------------------------
# The paths of :math:`w_1`, :math:`w_2` and :math:`b` to the loss differ in their first step only.
# The rest is the same, and it has a name: :term:`δ <delta>`, the rate of change of the loss with
# :math:`z`. Compute it once, and each derivative is one multiplication away:
#
# .. math::
#
#    \delta = \frac{\partial \ell}{\partial z} = (a - y)\,\sigma'(z), \qquad
#    \frac{\partial \ell}{\partial w_1} = \delta\,x_1, \qquad
#    \frac{\partial \ell}{\partial w_2} = \delta\,x_2, \qquad
#    \frac{\partial \ell}{\partial b} = \delta

delta = (a - y) * a * (1 - a)
gradient = {"w1": delta * x1, "w2": delta * x2, "b": delta}
print(f"δ = {delta:.6f}")
for name, value in gradient.items():
    print(f"∂ℓ/∂{name} = {value:.6f}")

# %%
# The three derivatives together are the :term:`gradient`. It points in the direction in which the
# loss grows fastest, so one step of *gradient descent* goes the opposite way. How far is set by
# the :term:`learning rate`:

learning_rate = 0.5
new_w1 = w1 - learning_rate * gradient["w1"]
new_w2 = w2 - learning_rate * gradient["w2"]
new_b = b - learning_rate * gradient["b"]
new_loss = squared_error(sigmoid(weighted_sum(new_w1, new_w2, new_b)))
print(f"w1 = {new_w1:.4f}, w2 = {new_w2:.4f}, b = {new_b:.4f}")
print(f"the loss was {loss:.4f} and is {new_loss:.4f}")

# %%
# In the picture the line is the tangent: its slope is :math:`\partial \ell / \partial w_1`. It
# tells the truth about small changes only, and that is why training takes many small steps
# rather than one large one.

values = np.linspace(-0.5, 3.5, 201)
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(values, squared_error(sigmoid(weighted_sum(values, w2, b))), color="#0072b2")
ax.plot(values, loss + gradient["w1"] * (values - w1), "--", color="0.4")
ax.plot(w1, loss, "o", color="black")
ax.text(1.45, 0.055, "tangent", color="0.4", ha="right", va="top")
ax.set(xlabel="$w_1$", ylabel="loss", ylim=(0, 0.5))
ax.grid(alpha=0.3)
plt.show()

# %%
# When paths meet, their rates add up
# -----------------------------------
# One rule is still missing. In a network, a value often reaches the loss along several paths. Then
# each path contributes its own product, and the contributions are added. An example:
# :math:`h` goes into :math:`p = h^2` and into :math:`q = 3h + 1`, and the result is
# :math:`f = p\,q`.
#
# .. math::
#
#    \frac{\partial f}{\partial h} =
#    \frac{\partial f}{\partial p} \cdot \frac{\partial p}{\partial h} +
#    \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial h}
#    = q \cdot 2h + p \cdot 3

h = 2.0
p, q = h**2, 3 * h + 1
along_p = q * 2 * h
along_q = p * 3
print(f"along p: {along_p}, along q: {along_q}, sum: {along_p + along_q}")
print(f"measured: {rate_of_change(lambda h: h**2 * (3 * h + 1), h):.4f}")

# %%
# Multiply along a path, add over the paths: there is no more to it. What is left is to do it for
# many weights without computing anything twice.
#
# Exercises
# ---------
# **1.** The usual loss of a classifier is the :term:`log loss`,
# :math:`\ell = -y \log a - (1 - y) \log (1 - a)`. Show that with it
# :math:`\delta = a - y`: the factor :math:`\sigma'(z)` cancels. Check it with
# ``rate_of_change``, for :math:`y = 1` and for :math:`y = 0`.
#
# **2.** Three sigmoids in a row: :math:`f(z) = \sigma(\sigma(\sigma(z)))`. What is
# :math:`f'(0)`, and how large can the derivative of such a chain be at most?
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# Multiply the rates of the two steps from :math:`z` to the loss:
#
# .. math::
#
#    \frac{\partial \ell}{\partial a} &= -\frac{y}{a} + \frac{1 - y}{1 - a}
#    = \frac{a - y}{a\,(1 - a)} \\
#    \delta &= \frac{\partial \ell}{\partial a} \cdot a\,(1 - a) = a - y
#
# Measured:

for target in (1.0, 0.0):

    def log_loss(z, target=target):
        return -target * np.log(sigmoid(z)) - (1 - target) * np.log(1 - sigmoid(z))

    print(f"y = {target:.0f}: a - y = {a - target:.6f}, measured {rate_of_change(log_loss, z):.6f}")

# %%
# So a neuron that is wrong with certainty still learns with the log loss, because
# :math:`\delta` is then close to 1 or −1. With the squared error :math:`\sigma'(z)` would be close
# to zero, and :math:`\delta` with it.
#
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# Multiply along the path, with :math:`\sigma' = a (1 - a)` for each of the three values:

values = [0.0]
for _ in range(3):
    values.append(sigmoid(values[-1]))
slopes = [a * (1 - a) for a in values[1:]]
chain = np.prod(slopes)
print("σ′ of the three:", ", ".join(f"{slope:.4f}" for slope in slopes))
print(f"product {chain:.6f}, measured", end=" ")
print(f"{rate_of_change(lambda z: sigmoid(sigmoid(sigmoid(z))), 0.0):.6f}")

# %%
# :math:`a (1 - a)` is at most 1/4, so three sigmoids scale a change by at most 1/64, and ten of
# them by less than a millionth. This is the vanishing gradient, which
# :doc:`/auto_examples/plot_gradient_flow` measures in a real network.
