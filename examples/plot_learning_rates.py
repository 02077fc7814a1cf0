"""
Learning rates, from too small to too large
===========================================

The learning rate is the parameter that matters most. Too small, and nothing happens in
reasonable time; too large, and the loss jumps about, or goes to infinity. This page looks
at the range in between for each solver, and at schedules that change the rate on the way.
"""

# %%
# One network, seven rates
# ------------------------
# The two spirals by plain gradient descent. From one curve to the next the rate is four
# times as large.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier
from skbackprop.datasets import make_spirals

warnings.simplefilter("ignore", ConvergenceWarning)  # some are meant to fail

X, y = make_spirals(400, random_state=0)
X = StandardScaler().fit_transform(X)


def network(learning_rate_init, solver="sgd", **params):
    return BackpropClassifier(
        hidden_layer_sizes=(16, 8),
        activation="tanh",
        solver=solver,
        learning_rate_init=learning_rate_init,
        max_iter=300,
        n_iter_no_change=300,
        random_state=0,
        **params,
    )


plain = {"batch_size": 400, "momentum": 0, "nesterovs_momentum": False}
rates = 0.01 * 4.0 ** np.arange(7)
fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
colours = plt.colormaps["plasma"](np.linspace(0, 0.9, len(rates)))
for rate, colour in zip(rates, colours, strict=True):
    curve = network(rate, **plain).fit(X, y).loss_curve_
    ax.semilogy(np.arange(1, len(curve) + 1), curve, color=colour, label=f"{rate:.2g}")
ax.set(xlabel="epoch", ylabel="loss", title="Gradient descent on the spirals")
ax.legend(title="learning rate", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
ax.grid(alpha=0.3)
plt.show()

# %%
# Up to a point a larger rate is simply the same descent played faster. Then single steps
# begin to overshoot: the loss has spikes, from which it recovers at first. Beyond that, it
# does not come down any more.
#
# Each solver has its range
# -------------------------
# Momentum adds up steps, so it wants a smaller rate. Adam divides each step by the size of
# the gradient: its rate is the length of a step in every single weight, which is why
# about the same value works for very different problems.

candidates = np.geomspace(1e-4, 10, 16)
solvers = {
    "gradient descent, all rows": {"solver": "sgd", **plain},
    "mini-batches of 32": {**plain, "batch_size": 32},
    "mini-batches, momentum 0.9": {"solver": "sgd", "batch_size": 32},
    "mini-batches, Adam": {"solver": "adam", "batch_size": 32},
}
fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
for name, params in solvers.items():
    losses = []
    for rate in candidates:
        try:
            losses.append(network(rate, **params).set_params(max_iter=100).fit(X, y).loss_)
        except ValueError:  # diverged
            losses.append(np.nan)
    ax.loglog(candidates, losses, "o-", label=name, markersize=4)
ax.set(xlabel="learning rate", ylabel="loss after 100 epochs")
ax.legend(frameon=False)
ax.grid(alpha=0.3)
plt.show()

# %%
# Schedules
# ---------
# A rate that is good in the beginning is too large in the end, when steps need only even out
# the noise of the mini-batches. ``learning_rate`` names a schedule: it acts on every
# stochastic solver. "cosine" goes down to zero along half a cosine over ``max_iter``
# epochs; "one_cycle" warms up first; a function of the progress gives a schedule of one's
# own. On the digits, with Adam, we take a rate that is several times too high, and see
# how forgiving the schedules are: the accuracies are means over four seeds.


def steps(progress):
    """A tenth of the rate in the second half, a hundredth in the last tenth."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.9 else 0.01


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=896, random_state=0)

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
schedules = {  # those that are made for max_iter never stop early
    "constant": {"n_iter_no_change": 40},
    "invscaling": {"n_iter_no_change": 40, "power_t": 0.2},
    "cosine": {},
    "one_cycle": {},
    steps: {},
}
for schedule, params in schedules.items():
    fits = [
        BackpropClassifier(
            hidden_layer_sizes=(64,),
            learning_rate=schedule,
            learning_rate_init=0.1,
            batch_size=32,
            max_iter=40,
            random_state=seed,
            **params,
        ).fit(X_train, y_train)
        for seed in range(4)
    ]
    name = schedule if isinstance(schedule, str) else "a function"
    left.semilogy(np.arange(1, 41), fits[0].loss_curve_, label=name)
    right.barh(name, np.mean([fit.score(X_test, y_test) for fit in fits]))
left.set(xlabel="epoch", ylabel="training loss", title="Digits, Adam, learning rate 0.1")
left.legend(frameon=False)
left.grid(alpha=0.3)
right.set(xlabel="test accuracy", xlim=(0.9, 1.0))
for bar in right.containers:
    right.bar_label(bar, fmt="%.3f", padding=3)
right.invert_yaxis()
right.spines[["top", "right"]].set_visible(False)
plt.show()
