"""
Tables as they are
==================

``TabularClassifier`` and ``TabularRegressor`` take a table with all its scales, categories
and gaps, and need no tuning. This page sets them beside boosted trees and an ordinary
network, then looks inside.
"""

# %%
# Against trees and an ordinary network
# -------------------------------------
# Three data sets that come with scikit-learn. Every estimator has its defaults; only
# ``MLP*`` needs a scaler in front of it. Five splits each: the bar is the mean error on the
# test rows, the line its standard deviation over the splits.

import os
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import TabularClassifier, TabularRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # MLPRegressor's, with its default max_iter

n_splits = 2 if os.environ.get("SKBACKPROP_EXAMPLES") == "small" else 5

sides = {
    "Tabular*": (TabularClassifier, TabularRegressor),
    "HistGradientBoosting*": (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    "StandardScaler, MLP*": (MLPClassifier, MLPRegressor),
}
data_sets = {
    "breast cancer": (load_breast_cancer(return_X_y=True), "share of wrong classes"),
    "wine": (load_wine(return_X_y=True), "share of wrong classes"),
    "diabetes": (load_diabetes(return_X_y=True), "1 − R²"),
}


def errors(side, X, y, is_classification):
    found = []
    for seed in range(n_splits):
        stratify = y if is_classification else None
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, random_state=seed, stratify=stratify
        )
        model = sides[side][not is_classification](random_state=seed)
        if "MLP" in side:
            model = make_pipeline(StandardScaler(), model)
        found.append(1 - model.fit(X_train, y_train).score(X_test, y_test))
    return found


colours = ["#0072b2", "#d55e00", "0.6"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
for ax, (name, ((X, y), unit)) in zip(axes, data_sets.items(), strict=True):
    for place, (side, colour) in enumerate(zip(sides, colours, strict=True)):
        found = errors(side, X, y, is_classification=unit.startswith("share"))
        ax.bar(place, np.mean(found), yerr=np.std(found), color=colour, capsize=4, label=side)
    ax.set(title=name, ylabel=unit, xticks=[], ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
plt.show()

# %%
# What the networks see of a column
# ---------------------------------
# A single number is a poor input: a network has to learn from it where the column's
# thresholds are. Half of the members see, besides the scaled column, its piecewise linear
# encoding: for each bin between two quantiles, how far the value has come through it. Here is
# the body mass index of the diabetes patients, in six bins instead of the default.

from skbackprop.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
bmi = X[["bmi"]]
grid = np.linspace(bmi["bmi"].min(), bmi["bmi"].max(), 300)[:, np.newaxis]
codes = PiecewiseLinearEncoder(n_bins=6).fit(bmi.to_numpy()).transform(grid)
scaled = SmoothClipScaler().fit(bmi.to_numpy()).transform(grid)

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
left.plot(grid, scaled, color="0.3")
left.hist(bmi["bmi"], bins=40, bottom=-3, weights=np.full(len(bmi), 0.05), color="0.85")
left.set(title="Scaled, outliers bent", xlabel="body mass index", ylabel="input")
right.set_prop_cycle(color=plt.colormaps["viridis"](np.linspace(0, 0.9, 6)))
right.plot(grid, codes)
right.set(title="Encoded: one input for each bin", xlabel="body mass index")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Ten members, five folds, one training
# -------------------------------------
# Each kind has five members, each of which never sees one fold of the rows. So every row is
# predicted honestly in every epoch, and these predictions choose the epoch of each kind: the
# last one with the best score. The learning rate rises and falls in four cycles; where it is
# zero, the members have settled. On these few patients neither kind gains anything in the third
# cycle, so there is no fourth.

reg = TabularRegressor(random_state=0).fit(X, y)

fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
kinds = ("with the encoding", "without")
for kind, scores, best, colour in zip(
    kinds, reg.validation_scores_.T, reg.best_iteration_, ("#d55e00", "#0072b2"), strict=True
):
    epochs = np.arange(1, len(scores) + 1)
    ax.plot(epochs, -scores, color=colour, label=f"members {kind}")
    ax.plot(best, -scores[best - 1], "o", color=colour)
for end in (1, 3, 7):
    ax.axvline(64 * end / 15, color="0.8", linewidth=1, zorder=0)
ax.set(
    xlabel="epoch (grey: the rate is zero)",
    ylabel="out-of-fold mean squared error,\nin variances",
    ylim=(None, np.nanquantile(-reg.validation_scores_, 0.97)),
    title="The out-of-fold score chooses the epoch",
)
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

print(f"R² out of fold: {reg.oob_score_:.3f}")

# %%
# Members and ensemble
# --------------------
# One column of noisy data, and what the members make of it. Each is wrong in places of its own,
# so their mean is closer to the curve beneath the noise than any of them. The out-of-fold
# residuals also say how wide an interval must be to hold nine targets of ten: no second
# training, no rows set aside.


def truth(x):
    return np.sin(2 * x) + (x > 1)


rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, 400)
target = truth(x) + 0.3 * rng.standard_normal(400)
curve = TabularRegressor(random_state=0).fit(x[:, np.newaxis], target)
grid = np.linspace(-3.3, 3.3, 500)[:, np.newaxis]
low, high = curve.predict_interval(grid, coverage=0.9).T


def member(k):
    """The prediction of one member, layer by layer."""
    inputs = curve.preprocessor_.transform(grid)
    a = inputs[:, : curve.coefs_[k][0].shape[0]]
    for layer, (W, b) in enumerate(zip(curve.coefs_[k], curve.intercepts_[k], strict=True)):
        a = a @ W + b
        if layer < 2:
            a = np.maximum(a, 0) if k < 5 else a / (1 + np.exp(-a))
    return a.ravel() * target.std() + target.mean()  # nearly: it has those of the rows it saw


fig, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
ax.scatter(x, target, s=6, color="0.7")
ax.fill_between(grid[:, 0], low, high, color="#0072b2", alpha=0.12, label="90 % interval")
for k in range(10):
    label = {0: "members with the encoding", 5: "without"}.get(k)
    ax.plot(grid, member(k), color="#d55e00" if k < 5 else "#56b4e9", linewidth=0.7, label=label)
ax.plot(grid, curve.predict(grid), color="#004b77", linewidth=2, label="ensemble")
ax.set(xlabel="x", ylabel="y", title="Ten members, one prediction", xlim=(-3.3, 3.3))
ax.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, -0.32))
ax.spines[["top", "right"]].set_visible(False)
plt.show()

inside = abs(grid[:, 0]) < 3
distance = [
    np.sqrt(np.mean((prediction - truth(grid[:, 0]))[inside] ** 2))
    for prediction in [curve.predict(grid), *map(member, range(10))]
]
print(f"distance from the curve: ensemble {distance[0]:.3f}, best member {min(distance[1:]):.3f}")

x_new = rng.uniform(-3, 3, 5000)
y_new = truth(x_new) + 0.3 * rng.standard_normal(5000)
low, high = curve.predict_interval(x_new[:, np.newaxis], coverage=0.9).T
print(f"share of 5000 fresh targets inside: {np.mean((low <= y_new) & (y_new <= high)):.3f}")
