"""
A pipeline, a grid search, and lockstep
=======================================

Two parameters matter more than the others: the learning rate and the strength of the penalty. Here
they are searched together, in a pipeline, by scikit-learn's ``GridSearchCV``; and the
256 networks that this takes are then trained as one.
"""

# %%
# The pipeline
# ------------
# Noisy spirals. The scaler belongs in the pipeline, so that each fold is scaled by its own
# training rows.

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, lockstep
from skbackprop.datasets import make_spirals
from skbackprop.inspection import DecisionRegionsDisplay

X, y = make_spirals(600, noise=1.5, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1 / 3, random_state=0)

pipeline = make_pipeline(
    StandardScaler(),
    BackpropClassifier(
        hidden_layer_sizes=(16,),
        activation="tanh",
        batch_size=32,
        learning_rate="cosine",
        max_iter=60,
        random_state=0,
    ),
)
pipeline

# %%
# The search
# ----------
# Eight learning rates, eight penalties and four folds are 256 networks. One after the other:

grid = {
    "backpropclassifier__learning_rate_init": np.geomspace(0.001, 0.5, 8),
    "backpropclassifier__alpha": np.geomspace(0.0001, 100, 8),
}
folds = StratifiedKFold(4, shuffle=True, random_state=0)
search = GridSearchCV(pipeline, grid, cv=folds, refit=False)

started = perf_counter()
alone = search.fit(X_train, y_train)
time_alone = perf_counter() - started
scores_alone = alone.cv_results_["mean_test_score"]

# %%
# The same with lockstep
# ----------------------
# A step of a network as small as this one takes some microseconds of arithmetic, and many more
# of calling NumPy. In the context of ``lockstep`` the fits wait for each other, and
# those of one shape are stepped together, along one more axis of every array. The arithmetic is the
# same but for the order of some sums, so the weights agree but for rounding, and the scores, which
# count right answers, are equal.

search.refit = True
started = perf_counter()
with lockstep():
    search.fit(X_train, y_train)
time_together = perf_counter() - started

scores = search.cv_results_["mean_test_score"]
assert np.array_equal(scores, scores_alone)
print(f"one by one {time_alone:.1f} s, in lockstep {time_together:.1f} s")

# %%
# The surface of scores
# ---------------------
# On the left the learning rate is too small for sixty epochs; above, the penalty leaves nothing of
# the weights. At the lower right lies a plateau. Which of its points is the highest is chance, so
# its middle is the safer choice.
#
# The plateau reaches the edge of the grid, where one would usually go on. Here we do not: near a
# rate of 1, Adam on this problem is chaotic. It then makes a large difference of every
# small one, rounding included, and no two ways of computing a sum give the same network.

rates, alphas = grid.values()
best = {name.split("__")[1]: value for name, value in search.best_params_.items()}
surface = np.empty((len(alphas), len(rates)))
for params, score in zip(search.cv_results_["params"], scores, strict=True):
    row = np.searchsorted(alphas, params["backpropclassifier__alpha"])
    column = np.searchsorted(rates, params["backpropclassifier__learning_rate_init"])
    surface[row, column] = score

fig, ax = plt.subplots(figsize=(7, 5.2), layout="constrained")
image = ax.pcolormesh(rates, alphas, surface, cmap="viridis", shading="nearest")
ax.set(xscale="log", yscale="log", xlabel="learning_rate_init", ylabel="alpha")
ax.plot(best["learning_rate_init"], best["alpha"], "*", color="white", markersize=16)
ax.set_title(f"Accuracy in cross-validation; best {search.best_score_:.3f}")
fig.colorbar(image, ax=ax, label="accuracy")
plt.show()

# %%
# The winner
# ----------
# ``GridSearchCV`` has fitted the best parameters once more on all the training data.

fig, ax = plt.subplots(figsize=(5.2, 4.8), layout="constrained")
DecisionRegionsDisplay.from_estimator(search, X_test, y_test, ax=ax, legend=False)
ax.set(aspect="equal", xticks=[], yticks=[], xlabel="", ylabel="")
ax.set_title(f"Test accuracy {search.score(X_test, y_test):.3f}")
plt.show()
