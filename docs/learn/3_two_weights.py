"""
3. Two weights by hand
======================

Two neurons, one after the other: the smallest network in which the error has to be passed
*back*. It has two weights and two biases, and the chain rule gives all four derivatives in six
lines.
"""

# %%
# Forward
# -------
# The input is :math:`x = 2`, and the network should answer :math:`y = 1`. From now on there are
# several layers, so every symbol has the number of its layer as a superscript: :math:`z^1` is the
# sum in the first layer, not a power. Where a power is meant, there are parentheses.
#
# .. math::
#
#    z^1 = w^1 x + b^1, \qquad a^1 = \sigma(z^1), \qquad
#    z^2 = w^2 a^1 + b^2, \qquad a^2 = \sigma(z^2)

import matplotlib.pyplot as plt
import numpy as np

x, y = 2.0, 1.0
w1, b1 = 0.5, 0.1  # layer 1
w2, b2 = 0.3, 0.2  # layer 2


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


z1 = w1 * x + b1
a1 = sigmoid(z1)
z2 = w2 * a1 + b2
a2 = sigmoid(z2)
loss = (a2 - y) ** 2 / 2

print(f"z¹ = {w1}·{x} + {b1} = {z1:.4f}")
print(f"a¹ = σ({z1:.4f}) = {a1:.4f}")
print(f"z² = {w2}·{a1:.4f} + {b2} = {z2:.4f}")
print(f"a² = σ({z2:.4f}) = {a2:.4f}")
print(f"ℓ  = ½·({a2:.4f} - {y:.0f})² = {loss:.6f}")

# %%
# Back
# ----
# The last neuron is the neuron of the :doc:`page before </auto_learn/2_chain_rule>`, with
# :math:`a^1` as its input. So :math:`\delta^2`, its :term:`δ <delta>`, is known, and with it the
# derivatives of its weight and its bias:
#
# .. math::
#
#    \delta^2 = (a^2 - y)\,\sigma'(z^2), \qquad
#    \frac{\partial \ell}{\partial w^2} = \delta^2\,a^1, \qquad
#    \frac{\partial \ell}{\partial b^2} = \delta^2

delta2 = (a2 - y) * a2 * (1 - a2)  # σ′(z) = a (1 - a)
dw2 = delta2 * a1
db2 = delta2

print(f"δ² = ({a2:.4f} - {y:.0f})·{a2:.4f}·(1 - {a2:.4f}) = {delta2:.6f}")
print(f"∂ℓ/∂w² = {delta2:.6f}·{a1:.4f} = {dw2:.6f}")
print(f"∂ℓ/∂b² = {db2:.6f}")

# %%
# Now one layer further back. :math:`z^1` acts on the loss through :math:`a^1` and :math:`z^2`
# only. The chain up to :math:`z^2` is already in :math:`\delta^2`; two more factors lead to
# :math:`z^1`:
#
# .. math::
#
#    \delta^1 = \frac{\partial \ell}{\partial z^1} =
#    \underbrace{\frac{\partial \ell}{\partial z^2}}_{\delta^2} \cdot
#    \underbrace{\frac{\partial z^2}{\partial a^1}}_{w^2} \cdot
#    \underbrace{\frac{\partial a^1}{\partial z^1}}_{\sigma'(z^1)}
#
# The error is passed back over the same weight over which the activation came, and through
# the derivative of the activation function. This is the whole of backpropagation.

delta1 = delta2 * w2 * a1 * (1 - a1)
dw1 = delta1 * x
db1 = delta1

print(f"δ¹ = {delta2:.6f}·{w2}·{a1:.4f}·(1 - {a1:.4f}) = {delta1:.6f}")
print(f"∂ℓ/∂w¹ = {delta1:.6f}·{x} = {dw1:.6f}")
print(f"∂ℓ/∂b¹ = {db1:.6f}")

# %%
# One step
# --------
# Each parameter goes a little way against its derivative. Both weights grow, because that moves
# the answer towards 1; :math:`w^2` grows more, because its derivative is larger.

learning_rate = 0.5
step_w1, step_b1 = w1 - learning_rate * dw1, b1 - learning_rate * db1
step_w2, step_b2 = w2 - learning_rate * dw2, b2 - learning_rate * db2
answer = sigmoid(step_w2 * sigmoid(step_w1 * x + step_b1) + step_b2)

print(f"w¹ = {w1} - {learning_rate}·({dw1:.6f}) = {step_w1:.6f}")
print(f"w² = {w2} - {learning_rate}·({dw2:.6f}) = {step_w2:.6f}")
print(f"the answer was {a2:.4f} and is {answer:.4f}")

# %%
# Training is this step, many times. Here are 400 of them:

history = []
p1, q1, p2, q2 = w1, b1, w2, b2
for _ in range(400):
    hidden = sigmoid(p1 * x + q1)
    output = sigmoid(p2 * hidden + q2)
    history.append([p1, p2, output])
    d2 = (output - y) * output * (1 - output)
    d1 = d2 * p2 * hidden * (1 - hidden)
    p2, q2 = p2 - learning_rate * d2 * hidden, q2 - learning_rate * d2
    p1, q1 = p1 - learning_rate * d1 * x, q1 - learning_rate * d1
history = np.array(history)
print(f"the answer after 400 steps: {history[-1, 2]:.4f}")

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.plot(history[:, 0], color="#0072b2")
left.plot(history[:, 1], color="#d55e00")
left.text(400, history[-1, 0], "$w^1$", color="#0072b2", va="top", ha="right")
left.text(400, history[-1, 1], "$w^2$", color="#d55e00", va="bottom", ha="right")
left.set(xlabel="step", title="The weights")
left.margins(y=0.15)
right.plot(history[:, 2], color="black")
right.axhline(y, linestyle=":", color="black")
right.set(xlabel="step", title="The answer, which should be 1", ylim=(0.55, 1.03))
for ax in (left, right):
    ax.grid(alpha=0.3)
plt.show()

# %%
# The same numbers from the package
# ---------------------------------
# A classifier with one hidden unit is this network. One call of ``partial_fit`` with plain
# gradient descent takes the same step:

from skbackprop import BackpropClassifier

network = BackpropClassifier(
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
network.partial_fit([[x]], [1], classes=[0, 1])
print(f"w¹ = {network.coefs_[0].item():.6f}, w² = {network.coefs_[1].item():.6f}")
print(f"the answer is {network.predict_proba([[x]])[0, 1]:.4f}")

# %%
# :doc:`/auto_examples/plot_backprop_by_hand` goes on from here: it lets the package print every
# number of such a pass, for any network.
#
# Exercises
# ---------
# **1.** Which of the four derivatives are zero when the input is :math:`x = 0`? Can the network
# still learn to answer 1 to it?
#
# **2.** Put a third neuron behind the second, with :math:`w^3 = -0.4` and :math:`b^3 = 0.1`.
# Compute :math:`\delta^3`, :math:`\delta^2` and :math:`\delta^1`, and check
# :math:`\partial \ell / \partial w^1` by changing :math:`w^1` a little.
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^
# Only :math:`\partial \ell / \partial w^1 = \delta^1 x` is zero: a weight from an input that is
# zero has no part in the error. The other three parameters can change, and they are enough:

x0 = 0.0
p1, q1, p2, q2 = w1, b1, w2, b2
for _ in range(400):
    hidden = sigmoid(p1 * x0 + q1)
    output = sigmoid(p2 * hidden + q2)
    d2 = (output - y) * output * (1 - output)
    d1 = d2 * p2 * hidden * (1 - hidden)
    p2, q2 = p2 - learning_rate * d2 * hidden, q2 - learning_rate * d2
    p1, q1 = p1 - learning_rate * d1 * x0, q1 - learning_rate * d1
print(f"w¹ is still {p1}; the answer is {sigmoid(p2 * sigmoid(q1) + q2):.4f}")

# %%
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# Nothing new is needed. The last δ comes from the loss, and each δ before it from the one
# behind it, by the same line:

w3, b3 = -0.4, 0.1


def three_layers(w1):
    a1 = sigmoid(w1 * x + b1)
    a2 = sigmoid(w2 * a1 + b2)
    return a1, a2, sigmoid(w3 * a2 + b3)


a1, a2, a3 = three_layers(w1)
delta3 = (a3 - y) * a3 * (1 - a3)
delta2 = delta3 * w3 * a2 * (1 - a2)
delta1 = delta2 * w2 * a1 * (1 - a1)
print(f"δ³ = {delta3:.6f}, δ² = {delta2:.6f}, δ¹ = {delta1:.6f}")

h = 1e-5
higher, lower = (0.5 * (three_layers(w1 + sign * h)[2] - y) ** 2 for sign in (1, -1))
print(f"∂ℓ/∂w¹ = {delta1 * x:.8f}, measured {(higher - lower) / (2 * h):.8f}")

# %%
# The derivatives shrink from layer to layer, and :math:`\delta^2` has changed its sign, because
# :math:`w^3` is negative: to raise the answer, the second neuron now has to be lowered.
