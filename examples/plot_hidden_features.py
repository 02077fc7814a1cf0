"""
The hidden layer as features
============================

A network that has learnt a task has learnt a way to look at the data. ``transform`` gives it:
the activations of the last hidden layer. So a fitted network is a step of a pipeline, and
what comes after may be any estimator of scikit-learn.
"""

# %%
# Digits, seen by a network
# -------------------------
# 64 pixels go in, 16 activations come out. In a pipeline the classifier is a supervised
# transformer; ``set_output`` and ``get_feature_names_out`` work as everywhere.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where we mean to stop

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.4, random_state=0)

network = BackpropClassifier(
    hidden_layer_sizes=(64, 16),
    activation="tanh",
    alpha=0.01,
    max_iter=60,
    tol=1e-3,
    random_state=0,
)
features = network.fit(X_train, y_train).transform(X_test)
print(f"{X_test.shape} -> {features.shape}")
print(network.get_feature_names_out()[:3])

# %%
# Two main directions of the pixels, and of the activations, for digits that the network has
# not seen. In the second picture the digits keep to themselves.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
for ax, data, title in zip(axes, (X_test, features), ("64 pixels", "16 activations"), strict=True):
    plane = PCA(n_components=2).fit_transform(data)
    dots = ax.scatter(*plane.T, c=y_test, s=14, cmap="tab10", vmin=-0.5, vmax=9.5)
    ax.set(title=f"{title}, first two principal components", xticks=[], yticks=[])
fig.colorbar(dots, ax=axes, ticks=range(10), label="digit")
plt.show()

# %%
# Neighbours in the hidden space
# ------------------------------
# Nearest neighbours need a space in which distance means likeness. To spoil it we add 200
# columns of noise to the 64 pixels: most of the distance between two rows is then chance. The
# principal components find the directions of large variance, the network those that
# matter for the question. And neighbours can say *why*: they are examples.

rng = np.random.default_rng(0)


def spoil(X):
    return np.hstack([X, 0.4 * rng.standard_normal((len(X), 200))])


noisy_train, noisy_test = spoil(X_train), spoil(X_test)
learnt = BackpropClassifier(
    hidden_layer_sizes=(64, 16), activation="tanh", alpha=3, max_iter=100, tol=1e-3, random_state=0
)
pipelines = {
    "64 pixels and 200 columns of noise": [],
    "16 principal components of them": [PCA(16, random_state=0)],
    "16 hidden activations": [learnt],
}
scores = {}
for name, steps in pipelines.items():
    model = make_pipeline(*steps, KNeighborsClassifier(5)).fit(noisy_train, y_train)
    scores[name] = model.score(noisy_test, y_test)

fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
bars = ax.barh(list(scores), list(scores.values()), color=["0.6", "0.6", "#0072b2"])
ax.bar_label(bars, fmt="%.3f", padding=3)
ax.set(xlim=(0.5, 1), title="Test accuracy of five nearest neighbours in")
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# A new question, with few labels
# -------------------------------
# Features that were learnt on one question can serve another. The network above knows the
# digits, but was never asked whether they are odd or even. A logistic regression learns
# that from some tens of labels in the space of the hidden activations, and not nearly as
# well in that of the pixels.

numbers = [10, 20, 50, 100, 200, 500]
curves = {"pixels": [], "hidden activations": []}
spaces = {
    "pixels": (X_train, X_test),
    "hidden activations": (network.transform(X_train), features),
}
orders = [np.random.default_rng(seed).permutation(len(X_train)) for seed in range(20)]
for name, (train, test) in spaces.items():
    for n in numbers:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
        fits = (model.fit(train[order[:n]], y_train[order[:n]] % 2) for order in orders)
        curves[name].append([fit.score(test, y_test % 2) for fit in fits])

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for (name, values), colour in zip(curves.items(), ("0.5", "#0072b2"), strict=True):
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=1)
    ax.semilogx(numbers, middle, "o-", color=colour, label=name)
    ax.fill_between(numbers, low, high, color=colour, alpha=0.2)
ax.set(xlabel="labels", ylabel="test accuracy", title="Odd or even? Linear model in the space of")
ax.set_xticks(numbers, numbers)
ax.minorticks_off()
ax.legend(frameon=False)
ax.grid(alpha=0.3)
plt.show()
