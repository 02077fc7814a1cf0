"""
From MLPClassifier to BackpropClassifier
========================================

Whoever uses scikit-learn's ``MLPClassifier`` can change one import and get the same model.
This page shows that it is the same, and then turns on, one by one, what was not there
before.
"""

# %%
# The same model
# --------------
# Take the parameters of the old estimator, give both the same integer ``random_state``, and
# fit. They draw the same weights, see the same batches in the same order and take the same
# steps.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import ConfusionMatrixDisplay, balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skbackprop import BackpropClassifier
from skbackprop.inspection import LossCurveDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is where we mean to stop

X, y = make_classification(
    3000,
    20,
    n_informative=6,
    n_classes=3,
    n_clusters_per_class=2,
    weights=[0.86, 0.1, 0.04],
    flip_y=0.02,
    class_sep=1.2,
    random_state=0,
)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

mlp = MLPClassifier(hidden_layer_sizes=(32,), max_iter=500, tol=1e-3, random_state=0)
same = BackpropClassifier(**mlp.get_params())
mlp.fit(X_train, y_train)
same.fit(X_train, y_train)

difference = np.abs(np.subtract(mlp.loss_curve_, same.loss_curve_)).max()
print(f"epochs           {mlp.n_iter_}  {same.n_iter_}")
print(f"final loss       {mlp.loss_:.12f}  {same.loss_:.12f}")
print(f"largest difference of the loss curves {difference:.1e}")
print("same labels:", np.array_equal(mlp.predict(X_test), same.predict(X_test)))

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.semilogy(mlp.loss_curve_, color="#f3b98f", linewidth=6, label="MLPClassifier")
ax.semilogy(same.loss_curve_, color="#004b77", linewidth=1.5, label="BackpropClassifier")
ax.set(xlabel="epoch", ylabel="loss", title="The same seed, the same curve")
ax.legend(frameon=False)
ax.grid(alpha=0.3)
plt.show()

# %%
# Classes that are not equally frequent
# -------------------------------------
# Nearly nine in ten of these samples belong to one class. ``class_weight="balanced"`` gives the
# rare ones their weight; it works as in the rest of scikit-learn, and ``sample_weight``
# multiplies with it.

weighted = BackpropClassifier(
    hidden_layer_sizes=(32,), max_iter=500, tol=1e-3, class_weight="balanced", random_state=0
).fit(X_train, y_train)

fig, axes = plt.subplots(1, 2, figsize=(8, 3.9), layout="constrained")
for ax, model, title in zip(axes, (same, weighted), ("no weights", "balanced"), strict=True):
    display = ConfusionMatrixDisplay.from_estimator(
        model,
        X_test,
        y_test,
        normalize="true",
        values_format=".0%",
        cmap="Blues",
        colorbar=False,
        ax=ax,
    )
    display.im_.set_clim(0, 1)
    balanced = balanced_accuracy_score(y_test, model.predict(X_test))
    ax.set_title(f"{title}: balanced accuracy {balanced:.3f}")
plt.show()

# %%
# Your own validation set
# -----------------------
# Early stopping needs data that are not trained on. Where the validation set has to be a
# particular one (later in time, other patients), pass it to ``fit``. ``scoring`` says what
# is watched: "loss", or anything scikit-learn has a scorer for. The weights of the best
# epoch come back.

X_fit, X_val, y_fit, y_val = train_test_split(X_train, y_train, stratify=y_train, random_state=1)

stopped = BackpropClassifier(
    hidden_layer_sizes=(32,),
    max_iter=500,
    early_stopping=True,
    scoring="loss",
    n_iter_no_change=20,
    random_state=0,
).fit(X_fit, y_fit, X_val=X_val, y_val=y_val)

display = LossCurveDisplay.from_estimator(stopped)
best = np.argmax(stopped.validation_scores_) + 1
display.ax_.axvline(best, color="black", linestyle=":")
display.ax_.set_title(f"Early stopping: the weights of epoch {best} are kept")
plt.show()

# %%
# The rest of the toolbox
# -----------------------
# Dropout, normalization, other activations, schedules, decoupled weight decay: each is one
# parameter. A larger network on the same data, with one change at a time. (These are
# single runs on one small data set. They show how it is done, not what is best.)

base = {"hidden_layer_sizes": (64, 64), "max_iter": 60}
changes = {
    "as it is": {},
    "dropout=0.3": {"dropout": 0.3},
    'normalization="batch"': {"normalization": "batch"},
    'activation="gelu"': {"activation": "gelu"},
    'activation=["gelu", "tanh"]': {"activation": ["gelu", "tanh"]},
    'learning_rate="one_cycle"': {
        "learning_rate": "one_cycle",
        "learning_rate_init": 0.01,
        "n_iter_no_change": 10,  # the schedule lasts for max_iter and never stops early
    },
    "weight_decay=1.0": {"weight_decay": 1.0},
    "label_smoothing=0.1": {"label_smoothing": 0.1},
    'class_weight="balanced"': {"class_weight": "balanced"},
}
print(f"{'':30} accuracy, train   test   balanced")
for name, change in changes.items():
    model = BackpropClassifier(**base | change, random_state=0).fit(X_train, y_train)
    balanced = balanced_accuracy_score(y_test, model.predict(X_test))
    train, test = model.score(X_train, y_train), model.score(X_test, y_test)
    print(f"{name:30} {train:15.3f} {test:6.3f} {balanced:10.3f}")
plt.show()

# sphinx_gallery_thumbnail_number = 2
