"""
Regression with quantiles
=========================

The squared error asks for the mean. But how far may one be off? With
``loss="quantile"`` a network learns the value below which a given share of the targets
lies. Two of them make a prediction interval, which follows the noise wherever it goes.
"""

# %%
# Noise that is not the same everywhere
# -------------------------------------
# A sine whose noise grows to the right, and is skewed: large errors go up.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where the schedule ends

rng = np.random.default_rng(0)


def make_data(n):
    x = rng.uniform(0, 10, n)
    noise = rng.gamma(1.5, 0.05 + 0.08 * x)
    return x[:, np.newaxis], np.sin(x) + noise


X, y = make_data(3000)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# Five quantiles, five networks
# -----------------------------
# The loss of a quantile q is :math:`q\,(y - z)` for targets above the prediction and
# :math:`(1 - q)\,(z - y)` for targets below. With q = 0.95 it costs 19 times as much to
# be too low as to be too high by the same amount, and the balance is where one target in
# twenty lies above.


def network(loss, **params):
    regressor = BackpropRegressor(
        loss,
        (32, 32),
        "tanh",
        learning_rate="cosine",
        learning_rate_init=0.01,
        max_iter=150,
        random_state=0,
        **params,
    )
    return make_pipeline(StandardScaler(), regressor)


quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
networks = {q: network("quantile", quantile=q).fit(X_train, y_train) for q in quantiles}
mean = network("squared_error").fit(X_train, y_train)

grid = np.linspace(0, 10, 400)[:, np.newaxis]
curves = {q: networks[q].predict(grid) for q in quantiles}

fig, ax = plt.subplots(figsize=(9, 4.8), layout="constrained")
ax.scatter(X_test[:, 0], y_test, s=5, color="0.5", label="test data")
x = grid[:, 0]
ax.fill_between(x, curves[0.05], curves[0.95], color="#0072b2", alpha=0.25, label="90 %")
ax.fill_between(x, curves[0.25], curves[0.75], color="#0072b2", alpha=0.45, label="50 %")
ax.plot(x, curves[0.5], color="#004b77", label="median")
ax.plot(x, mean.predict(grid), color="#d55e00", linestyle="--", label="mean")
ax.set(xlabel="x", ylabel="y", title="Quantiles follow the noise", xlim=(0, 10))
ax.legend(loc="upper left", ncols=5, frameon=False, fontsize=9)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Are they right?
# ---------------
# Of data that were not trained on, the share below each curve should be q. The pinball loss of
# ``mean_pinball_loss`` is the very loss that was minimised; the mean is
# no good substitute for a quantile.

print("quantile   share below   pinball loss   of the mean instead")
for q, model in networks.items():
    predicted = model.predict(X_test)
    own = mean_pinball_loss(y_test, predicted, alpha=q)
    other = mean_pinball_loss(y_test, mean.predict(X_test), alpha=q)
    print(f"{q:8.2f} {np.mean(y_test <= predicted):13.3f} {own:14.4f} {other:21.4f}")

# %%
# Outliers
# --------
# The median is one of the quantiles, and outliers hardly move it. "huber" is a compromise:
# squared where the error is below ``huber_delta``, absolute beyond. We put one target in
# ten far off.

X_small, y_small = make_data(400)
y_clean = np.sin(X_small[:, 0])
y_spoilt = y_clean + 0.1 * rng.standard_normal(400)
spoilt = rng.random(400) < 0.1
y_spoilt[spoilt] += rng.uniform(3, 8, spoilt.sum())

fig, ax = plt.subplots(figsize=(9, 4), layout="constrained")
ax.scatter(X_small[:, 0], y_spoilt, s=8, color="0.6")
ax.plot(x, np.sin(x), color="black", linewidth=1, linestyle=":", label="the truth")
for loss, params in {
    "squared_error": {},
    "huber": {"huber_delta": 0.3},
    "absolute_error": {},
}.items():
    model = network(loss, **params).fit(X_small, y_spoilt)
    error = np.abs(model.predict(grid) - np.sin(x)).mean()
    ax.plot(x, model.predict(grid), label=f"{loss}: off by {error:.2f}")
ax.set(xlabel="x", ylabel="y", title="Ten per cent outliers", xlim=(0, 10), ylim=(-1.5, 12))
ax.legend(frameon=False, loc="upper right", ncols=2)
ax.spines[["top", "right"]].set_visible(False)
plt.show()
