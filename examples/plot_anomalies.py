"""
What does not fit in
====================

An autoencoder learns to give back what it has seen. What it cannot give back, it has not seen:
that makes it a detector of anomalies. This page shows where that works, where it fails, what
``BackpropOutlierDetector`` does about it, and how to ask *what* is odd about a sample.
"""

# %%
# Three criteria
# --------------
# A cloud along a line, and an autoencoder with a code of one unit. The error of reconstruction is
# small near the line, and that is one criterion. But the decoder's line does not end where
# the data end: a point far out on it is given back well. So the criterion "density" asks two
# questions: is the residual common, *and is the code*? The default, "tail_probability", adds two:
# are the single features, and are there others nearby? It answers with a probability, the share
# of the data that is at least as odd.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor

from skbackprop import BackpropAutoencoder, BackpropOutlierDetector

rng = np.random.default_rng(0)
along, across = rng.normal(0, 1.2, 300), rng.normal(0, 0.15, 300)
X = np.stack([along - 0.5 * across, 0.5 * along + across], axis=1)
strange = np.array([[0.8, -0.7], [-1.6, 1.4], [5.6, 2.8]])

autoencoder = BackpropAutoencoder(n_components=1, hidden_layer_sizes=())
fig, axes = plt.subplots(1, 3, figsize=(9.4, 3), sharey=True, layout="constrained")
xx, yy = np.meshgrid(np.linspace(-7, 7, 350), np.linspace(-4, 4, 200))
criteria = ("reconstruction", "density", "tail_probability")
for ax, criterion in zip(axes, criteria, strict=True):
    detector = BackpropOutlierDetector(autoencoder, criterion=criterion, random_state=0).fit(X)
    decision = detector.decision_function(np.c_[xx.ravel(), yy.ravel()]).reshape(xx.shape)
    ax.contourf(xx, yy, decision >= 0, levels=[0.5, 1.5], colors=["#cce3f0"])
    ax.contour(xx, yy, decision, levels=[0], colors="#0072b2")
    ax.scatter(*X.T, s=8, color="0.35")
    labels = detector.predict(strange)
    for point, label in zip(strange, labels, strict=True):
        colour, name = ("#d55e00", "outlier") if label < 0 else ("#0072b2", "inlier")
        ax.scatter(*point, s=90, color=colour, edgecolor="white", zorder=3)
        place = {"xytext": (0, 9 if point[1] > 0 else -18), "textcoords": "offset points"}
        box = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1}
        ax.annotate(name, point, **place, ha="center", color=colour, bbox=box)
    ax.set_title(f'criterion="{criterion}"')
    ax.set(xlabel="$x_1$", xlim=(-7, 7), ylim=(-4, 4))
axes[0].set_ylabel("$x_2$")
plt.show()

# %%
# The threshold comes from samples that were held out: the autoencoder knows those it was trained
# on, and gives new ones back less well. With ``contamination="auto"`` clean data lose few
# points; a number says what share of the training data is to be called outliers.
#
# A digit that was never shown
# ----------------------------
# Now in 64 dimensions. The detector sees nine of the ten digits, and has to recognise the tenth
# as something new, among test images of the others. The area under the ROC curve is the
# probability that a new digit gets a lower score than a known one.

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
digits = BackpropAutoencoder(n_components=8, standardize=False, max_iter=100)
detectors = {
    "autoencoder, reconstruction": BackpropOutlierDetector(
        digits, criterion="reconstruction", random_state=0
    ),
    "autoencoder, density": BackpropOutlierDetector(digits, criterion="density", random_state=0),
    "autoencoder, tail probability": BackpropOutlierDetector(digits, random_state=0),
    "local outlier factor": LocalOutlierFactor(novelty=True),
    "isolation forest": IsolationForest(random_state=0),
}
held_out = [0, 1, 4, 7, 8]
areas = {name: [] for name in detectors}
for new in held_out:
    X_known, X_test = train_test_split(X[y != new], test_size=0.3, random_state=0)
    X_mixed = np.vstack([X_test, X[y == new]])
    is_known = np.arange(len(X_mixed)) < len(X_test)
    for name, detector in detectors.items():
        areas[name].append(roc_auc_score(is_known, detector.fit(X_known).score_samples(X_mixed)))

print(f"{'new digit':<30}" + "".join(f"{new:7d}" for new in held_out))
for name, values in areas.items():
    print(f"{name:<30}" + "".join(f"{area:7.3f}" for area in values))

# %%
# Where the training data are clean and what is new breaks the pattern of the pixels, the error
# alone is hard to beat. The tail probability is made for data that hold outliers already, and for
# outliers that show in single features; here no pixel by itself is odd.
#
# What is odd about it?
# ---------------------
# ``reconstruction_error(X, per_feature=True)`` has the error of each entry. For an image that is
# an image, too: it shows where the strangeness is. The last detectors were trained without the 8;
# here is what they make of it. They turn it into the digits they know.

autoencoder = detectors["autoencoder, reconstruction"].autoencoder_
images = X[y == 8][:8]
errors = autoencoder.reconstruction_error(images, per_feature=True)
rows = {"an 8": images, "given back": autoencoder.predict(images), "error": errors}
fig, axes = plt.subplots(3, 8, figsize=(9, 3.6), layout="constrained")
for row, (name, data) in zip(axes, rows.items(), strict=True):
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, image in zip(row, data, strict=True):
        cmap, vmax = ("Reds", 0.6) if name == "error" else ("gray_r", 1)
        ax.imshow(image.reshape(8, 8), cmap=cmap, vmin=0, vmax=vmax)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
plt.show()
