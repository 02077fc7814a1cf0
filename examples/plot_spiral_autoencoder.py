"""
The autoencoder of the spiral
=============================

The points of a spiral have two coordinates, but one number is enough to say where on the
curve a point is. An autoencoder has to find that number by itself: it squeezes each point
through a code of one unit, and is rewarded for giving the point back. Six pictures show how
well it does, and why the smallest network cannot.
"""

# %%
# The data
# --------
# A noisy curve, r = t, with the true position t known. The network does not see t.

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

from skbackprop import BackpropAutoencoder
from skbackprop.datasets import make_spiral_curve
from skbackprop.inspection import LatentSpaceDisplay, LossCurveDisplay, ReconstructionDisplay

X, t = make_spiral_curve(500, noise=0.3, random_state=42)

# %%
# Six pictures
# ------------
# The loss over the epochs; the points and what becomes of them; the error of reconstruction,
# all over the plane; the distribution of the code; the points coloured by their code; and the
# *decoder manifold*: what the decoder makes of every possible code.


def six_pictures(autoencoder, title):
    fig, axes = plt.subplots(2, 3, figsize=(9.8, 6.2), layout="constrained")
    loss, points, error, histogram, colours, manifold = axes.flat
    fig.suptitle(title)

    LossCurveDisplay.from_estimator(autoencoder, log_scale=True, ax=loss)
    loss.set_title("Loss")

    ReconstructionDisplay.from_estimator(autoencoder, X, plane=False, ax=points)
    points.set_title("Original and reconstruction", pad=24)

    side = np.linspace(-7.5, 8.5, 150)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    errors = np.sqrt(autoencoder.reconstruction_error(grid.reshape(-1, 2))).reshape(150, 150)
    contours = error.contourf(side, side, errors, levels=15, cmap="magma")
    error.scatter(*X.T, s=3, color="white")
    error.set_title("Error over the plane")
    fig.colorbar(contours, ax=error)

    code = autoencoder.transform(X)[:, 0]
    LatentSpaceDisplay.from_estimator(autoencoder, X, ax=histogram)
    histogram.set_title("Distribution of the code")

    dots = colours.scatter(*X.T, c=code, s=14, cmap="viridis")
    order = abs(spearmanr(code, t).statistic)
    colours.set_title(f"Points by their code; order {order:.3f}")
    fig.colorbar(dots, ax=colours)

    LatentSpaceDisplay.from_estimator(autoencoder, X, kind="manifold", ax=manifold)
    manifold.set_title("Decoder manifold")
    for ax in (points, error, colours, manifold):
        ax.set(aspect="equal", xlabel="", ylabel="")


# %%
# 2-1-2: a line
# -------------
# Two inputs, a code of one unit, two outputs. The code is a weighted sum of the coordinates,
# the reconstruction a weighted code: whatever the weights, what comes out lies on a straight
# line. Many points of the spiral share the same place on it, so the code cannot tell them
# apart. A tanh in the code changes where on the line they are, and nothing else. It
# explains about 60 % of the variance; the first principal component does the same.

smallest = BackpropAutoencoder(
    n_components=1, hidden_layer_sizes=(), code_activation="tanh", random_state=0
).fit(X)
six_pictures(smallest, f"2-1-2: {smallest.score(X):.1%} of the variance")
plt.show()

# %%
# With hidden layers
# ------------------
# Hidden layers on both sides let the encoder bend the plane before it projects it, and the
# decoder bend the line back. The manifold now follows the curve, the code is the position on
# it (the rank correlation with t is the "order" in the title), and what is left of the error
# is the noise across the curve, which no code could keep.

deep = BackpropAutoencoder(
    n_components=1,
    hidden_layer_sizes=(32, 16),
    activation="tanh",
    max_iter=800,
    random_state=0,
).fit(X)
six_pictures(deep, f"2-32-16-1-16-32-2: {deep.score(X):.1%} of the variance")
plt.show()

# %%
# What it takes
# -------------
# The order is all or nothing: where the code jumps from one part of the curve to another, the
# decoder has to jump, too, and gradient descent does not mend that later. Wider and deeper
# networks fail less often. The surest way is to begin with an order: ``init="isomap"`` lets
# the code start as a one-dimensional embedding by neighbours, and fine-tunes from there.

print("hidden layers     init            order   variance   (median of 3 seeds)")
for hidden, init in [
    ((), "glorot_uniform"),
    ((4,), "glorot_uniform"),
    ((16,), "glorot_uniform"),
    ((64,), "glorot_uniform"),
    ((32, 16), "glorot_uniform"),
    ((16,), "isomap"),
]:
    results = []
    for seed in range(3):
        autoencoder = BackpropAutoencoder(
            n_components=1,
            hidden_layer_sizes=hidden,
            init=init,
            random_state=seed,
        )
        if hidden:
            autoencoder.set_params(activation="tanh")
        if init == "isomap":
            autoencoder.set_params(learning_rate_init=3e-4)
        code = autoencoder.fit(X).transform(X)[:, 0]
        results.append((abs(spearmanr(code, t).statistic), autoencoder.score(X)))
    order, variance = np.median(results, axis=0)
    print(f"{hidden!s:<16}  {init:<14} {order:6.3f} {variance:9.1%}")
plt.show()

# sphinx_gallery_thumbnail_number = 2
