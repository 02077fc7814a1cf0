"""
XOR, and why a hidden layer
===========================

Exclusive or is true when one of two inputs is true, but not both. In 1969 it was the
example of what a network without a hidden layer cannot learn. With one, it is the smallest
problem on which backpropagation has something to do.
"""

# %%
# No line will do
# ---------------
# With ``hidden_layer_sizes=()`` the classifier is a logistic regression: a straight line, and
# probabilities that rise across it. There is no line with (0, 1) and (1, 0) on one side
# and (0, 0) and (1, 1) on the other. The best that such a model can do is to say "one half"
# everywhere.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_xor
from skbackprop.inspection import DecisionRegionsDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where we mean to stop

X, y = make_xor()
COLOURS = np.array(["#d55e00", "#0072b2"])

linear = BackpropClassifier(hidden_layer_sizes=(), solver="lbfgs", random_state=0).fit(X, y)
for corner, truth, p in zip(X, y, linear.predict_proba(X)[:, 1], strict=True):
    print(f"{corner[0]:.0f} xor {corner[1]:.0f} = {truth}    P(1) = {p:.3f}")

# %%
# Three units, or four
# --------------------
# Now with a hidden layer of sigmoid units, squared error, and plain gradient descent on the
# four points. For hundreds of epochs nothing seems to happen: the network still says one
# half. Then the hidden units have turned far enough, and the loss falls.

networks = [
    BackpropClassifier(
        hidden_layer_sizes=(n_hidden,),
        activation="logistic",
        loss="squared_error",
        solver="sgd",
        learning_rate_init=5.0,
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        max_iter=5000,
        tol=1e-9,
        random_state=0,
    ).fit(X, y)
    for n_hidden in (3, 4)
]


def draw_boundary(ax, classifier):
    DecisionRegionsDisplay.from_estimator(classifier, X, y, eps=0.4, ax=ax, legend=False, s=120)
    ax.set(aspect="equal", xticks=[0, 1], yticks=[0, 1], xlabel="$x_1$", ylabel="$x_2$")


fig, axes = plt.subplots(1, 3, figsize=(9.4, 3.2), layout="constrained")
for ax, network in zip(axes, networks, strict=False):
    size = f"2-{network.hidden_layer_sizes[0]}-1"
    draw_boundary(ax, network)
    ax.set_title(f"{size}: accuracy {network.score(X, y):.0%}")
    axes[2].loglog(np.arange(1, network.n_iter_ + 1), network.loss_curve_, label=size)
axes[2].set(xlabel="epoch", ylabel="loss, ½ (a − y)²", title="Learning")
axes[2].grid(alpha=0.3)
axes[2].legend(frameon=False)
plt.show()

# %%
# What the hidden layer does
# --------------------------
# Two hidden units would be enough, and with two we can draw everything. Each hidden unit
# draws a line of its own, where its sum :math:`z` is zero, and maps a point to how far on
# the one side of it the point is. In the plane of the two activations the corners lie so
# that a single line does separate them. ``transform`` gives these activations.

two = BackpropClassifier(
    hidden_layer_sizes=(2,), activation="tanh", solver="lbfgs", random_state=1, alpha=1e-3
).fit(X, y)
hidden = two.transform(X)
(W1, W2), (b1, b2) = two.coefs_, two.intercepts_

fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.2), layout="constrained")
draw_boundary(left, two)
ends = np.array([-0.4, 1.4])
for unit, colour in enumerate(["#009e73", "#cc79a7"]):
    line = -(W1[0, unit] * ends + b1[unit]) / W1[1, unit]
    left.plot(ends, line, color=colour, linewidth=3, label=f"unit {unit + 1}")
left.set(title="Input space", xlim=(-0.4, 1.4), ylim=(-0.4, 1.4))
left.legend(handles=left.lines, loc="center", title="$z = 0$ of")

right.scatter(*hidden.T, s=120, c=COLOURS[y], edgecolor="white", zorder=2)
for point, label in zip(hidden[[0, 1, 3]], ["(0, 0)", "(0, 1), (1, 0)", "(1, 1)"], strict=True):
    right.annotate(label, point, (0, -20), textcoords="offset points", ha="center")
ends = np.array([-1.5, 1.5])
right.plot(ends, -(W2[0, 0] * ends + b2[0]) / W2[1, 0], color="black")
right.set(
    title="Hidden space",
    xlabel="activation of unit 1",
    ylabel="activation of unit 2",
    xlim=(-1.5, 1.5),
    ylim=(-1.5, 1.5),
    aspect="equal",
)
right.grid(alpha=0.3)
plt.show()

# %%
# Then why three or four?
# -----------------------
# Because descent does not always find the way. The loss has valleys that lead nowhere, and
# where the weights begin decides. With every further unit there are more ways out.

n_seeds = 50
solved = []
for n_hidden in (1, 2, 3, 4, 6, 8):
    fits = (
        BackpropClassifier(
            hidden_layer_sizes=(n_hidden,), activation="tanh", solver="lbfgs", random_state=seed
        ).fit(X, y)
        for seed in range(n_seeds)
    )
    solved.append(np.mean([fit.score(X, y) == 1.0 for fit in fits]))

fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
bars = ax.bar(["1", "2", "3", "4", "6", "8"], solved, color="#0072b2")
ax.bar_label(bars, [f"{share:.0%}" for share in solved])
ax.set(
    xlabel="hidden units",
    ylabel="solved",
    title=f"Share of {n_seeds} random beginnings that learn XOR",
    ylim=(0, 1.1),
)
ax.spines[["top", "right"]].set_visible(False)
plt.show()
