"""
7. Into the engine's source
===========================

The forty lines of the :doc:`page before </auto_learn/6_forty_lines>` and the engine of the package
compute the same numbers. This page leads from each of them to the line of the source that does
the same work, and shows the three ideas that make that line look different.
"""

# %%
# An equation is a search term
# ----------------------------
# In the source, the line that computes a step of backpropagation names its equation in a comment.
# So the equations are what one searches for. This function does it; ``grep -rn`` does as well.

from pathlib import Path

import skbackprop

PACKAGE = Path(skbackprop.__file__).parent


def find(text):
    """Print the lines of the engine that contain a text."""
    found = [
        (path.relative_to(PACKAGE).as_posix(), line.strip())
        for path in sorted((PACKAGE / "core").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if text in line
    ]
    if not found:
        raise LookupError(f"{text!r} is not in the engine's source")
    for path, line in found:
        print(f"{path}\n    {line}")


# %%
# Forward
# -------
# ``Z = A[-1] @ W[l] + b[l]`` of the forty lines:

find("zˡ = aˡ⁻¹ Wˡ + bˡ")

# %%
# and the derivative ``1 - A[l] ** 2`` of ``np.tanh``:

find("1 − a²")

# %%
# The loss
# --------
# ``losses = ...`` and the first δ, ``A[-1] - y``. The engine computes the log loss from :math:`z`,
# as the second exercise of the page before does, and the δ of every loss from the same :math:`z`:

find("np.logaddexp(z, 0.0, out=losses)")
find("delta -= y")

# %%
# Back
# ----
# ``A[l].T @ delta``, ``delta.sum(axis=0)`` and ``delta @ W[l].T``:

find("∂E/∂Wˡ = (aˡ⁻¹)ᵀ δˡ")
find("∂E/∂bˡ = Σ δˡ")
find("∂E/∂aˡ⁻¹ = δˡ (Wˡ)ᵀ")

# %%
# The penalty, the optimizer, the initial weights and the order of the samples are found in the
# same way:

find("alpha / mean_")
find("m ← β₁ m")
find("v ← β₂ v")
find("factor / (fan_in + fan_out))")
find("shuffle(self._order)")

# %%
# First idea: an operation is bound to its arrays
# -----------------------------------------------
# In the forty lines ``X @ W + b`` makes a new array for the product, and another for the sum, in
# every step. In a small network that costs more than the arithmetic. The engine makes its arrays
# once, and from each equation an *operation*: a function that already holds the arrays that it
# reads and writes. A step is then a list of operations, run in order. With NumPy alone:

from functools import partial

import numpy as np

rng = np.random.default_rng(0)
X, W, b, Z = rng.normal(size=(4, 2)), rng.normal(size=(2, 3)), rng.normal(size=3), np.empty((4, 3))

operations = [
    partial(np.matmul, X, W, out=Z),
    partial(np.add, Z, b, out=Z),  # z = x W + b
]
for operation in operations:
    operation()
print("same as X @ W + b:", np.allclose(Z, X @ W + b))

# %%
# Therefore the equations in the source stand in functions that *return* operations, as in
# ``product(a, W, z)``, and the arithmetic happens later.
#
# Second idea: all parameters are one vector
# ------------------------------------------
# Adam does the same to each weight and each bias. In the forty lines a loop goes over the arrays;
# in the engine there is one vector, and every :math:`W^l` and :math:`b^l` is a view of a part of
# it. What changes the vector changes them all:

params = np.zeros(2 * 3 + 3)
W_view, b_view = params[:6].reshape(2, 3), params[6:]
params += 0.5
print("W =", W_view.tolist(), " b =", b_view.tolist())

# %%
# Third idea: one more axis
# -------------------------
# No operation of the engine says how many axes an array has. They all act on the last two. So the
# same lines train one network, or a hundred of the same shape side by side, along an axis in
# front. This is what :func:`~skbackprop.lockstep` makes of a grid search.

many_W = rng.normal(size=(100, 2, 3))
print("one network:", (X @ W).shape, " a hundred:", (X @ many_W).shape)

# %%
# How much it gains
# -----------------
# The same training as on the page before, by the same number of steps. How long it takes depends
# on the machine, so the figures are those of the one that built this page. ``MLPClassifier``
# allocates its arrays as the forty lines do.

from time import perf_counter

from sklearn.neural_network import MLPClassifier

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals

X, y = make_spirals(400, random_state=0)
shared = {"hidden_layer_sizes": (16, 8), "activation": "tanh", "batch_size": 32, "random_state": 0}
seconds = {}
for Estimator in (MLPClassifier, BackpropClassifier):
    network = Estimator(**shared).partial_fit(X, y, classes=[0, 1])
    started = perf_counter()
    for _ in range(50):
        network.partial_fit(X, y)
    seconds[Estimator.__name__] = perf_counter() - started
for name, value in seconds.items():
    print(f"{name:<18} {value:.2f} s for 50 epochs")

# %%
# Where to go on reading
# ----------------------
# One epoch of training is a method that fits on a screen. Begin with it, and follow one batch down
# into the layers:

find("def epoch(")

# %%
# :doc:`/mathematics` has every equation of the package beside its source: all activation functions
# and losses, normalization, dropout, the schedules and the autoencoders. :doc:`/contributing` has
# a map of the files.
#
# Exercises
# ---------
# **1.** Where does the engine compute the derivative of the softplus function? Find it, and derive
# the formula from :math:`a = \log(1 + e^z)`.
#
# **2.** An activation function of your own: pass ``BackpropClassifier`` an
# :class:`~skbackprop.Activation` for :math:`\sigma(z) = \sin z`, and check its derivative with
# :func:`~skbackprop.inspection.check_gradients`. Then make a mistake in the derivative on purpose.
#
# Solution of exercise 1
# ^^^^^^^^^^^^^^^^^^^^^^

find("def _softplus_derivative")

# %%
# The chain rule gives :math:`\sigma'(z) = e^z / (1 + e^z)`. Because :math:`e^a = 1 + e^z`, this is
# :math:`(e^a - 1) / e^a = 1 - e^{-a}`: the derivative can be had from the activation alone, and
# :math:`z` need not be kept.
#
# Solution of exercise 2
# ^^^^^^^^^^^^^^^^^^^^^^
# An activation function writes its result into an array that it is given, as all operations do.

from skbackprop import Activation
from skbackprop.inspection import check_gradients


def sine(z, out):
    np.sin(z, out=out)


def cosine(z, out):
    np.cos(z, out=out)


def wrong(z, out):
    np.multiply(np.cos(z), 1.01, out=out)


for derivative in (cosine, wrong):
    activation = Activation("sine", sine, derivative, uses_z=True)
    network = BackpropClassifier(hidden_layer_sizes=(8,), activation=activation, random_state=0)
    error = check_gradients(network.partial_fit(X, y, classes=[0, 1]), X, y)
    print(f"{derivative.__name__:<7} relative error below 1e-6: {error < 1e-6}")
