"""
Digits: codes, denoising, latent space
======================================

An image of a digit has 64 pixels, and far fewer things that make it the digit it is. PCA finds the
best linear description by few numbers. An autoencoder is the same idea without "linear". Here
they are compared, then used to clean images, and finally to draw digits that nobody wrote.
"""

# %%
# PCA against autoencoder
# -----------------------
# Both are given the same number of components. ``score`` is the share of the variance that the
# reconstruction explains, on images that were not used for training, so the two can be compared.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skbackprop import BackpropAutoencoder
from skbackprop.inspection import LatentSpaceDisplay, ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)


def explained_variance(model):
    error = np.sum((X_test - model.inverse_transform(model.transform(X_test))) ** 2)
    return 1 - error / np.sum((X_test - X_train.mean(axis=0)) ** 2)


sizes = [1, 2, 4, 8, 16]
linear = {k: PCA(k, random_state=0).fit(X_train) for k in sizes}
nonlinear = {
    k: BackpropAutoencoder(k, (128, 64), standardize=False, random_state=0).fit(X_train)
    for k in sizes
}

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, models in {"PCA": linear, "autoencoder": nonlinear}.items():
    values = [explained_variance(model) for model in models.values()]
    ax.plot(sizes, values, "o-", label=name, color={"PCA": "0.4"}.get(name, "#0072b2"))
ax.set_xscale("log", base=2)
ax.set_xticks(sizes, sizes)
ax.set(xlabel="components", ylabel="explained variance, test images", ylim=(0, 1))
ax.legend(frameon=False)
ax.grid(alpha=0.3)
plt.show()

# %%
# The same digits through four numbers each: by PCA, and by the autoencoder.

examples = np.array([X_test[y_test == digit][0] for digit in range(8)])
fig, axes = plt.subplots(2, 1, figsize=(9, 7.4), layout="constrained")
for ax, (name, models) in zip(axes, {"PCA": linear, "Autoencoder": nonlinear}.items(), strict=True):
    ReconstructionDisplay.from_estimator(models[4], examples, image_shape=(8, 8), ax=ax)
    ax.set_title(f"{name}, 4 components")
plt.show()

# %%
# Denoising
# ---------
# With ``corruption`` the network gets noisy images in training and is to return the clean ones. It
# then learns what digits look like, rather than how to copy. The test images get noise of the same
# kind, which it has not seen.

denoiser = BackpropAutoencoder(
    n_components=32,
    standardize=False,
    corruption="gaussian",
    corruption_level=0.4,
    random_state=0,
).fit(X_train)
copier = BackpropAutoencoder(n_components=32, standardize=False, random_state=0).fit(X_train)
pca = PCA(8, random_state=0).fit(X_train)

rng = np.random.default_rng(0)
noisy = X_test + 0.4 * rng.standard_normal(X_test.shape).astype(np.float32)
cleaned = {
    "noisy": noisy,
    "autoencoder, no corruption": copier.predict(noisy),
    "PCA, 8 components": pca.inverse_transform(pca.transform(noisy)),
    "denoising autoencoder": denoiser.predict(noisy),
}
print("mean squared error, against the clean image")
for name, images in cleaned.items():
    print(f"  {name:<28} {np.mean((images - X_test) ** 2):.4f}")

shown = [np.flatnonzero(y_test == digit)[1] for digit in range(8)]
rows = {"clean": X_test, **cleaned}
fig, axes = plt.subplots(len(rows), 8, figsize=(9, 4.8), layout="constrained")
fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
for row, (name, images) in zip(axes, rows.items(), strict=True):
    row[0].set_ylabel(name.replace(", ", ",\n"), rotation=0, ha="right", va="center")
    for ax, image in zip(row, images[shown], strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
plt.show()

# %%
# Two numbers
# -----------
# With two components the codes can be drawn. Here the autoencoder is a variational one: its codes
# are asked to fill a normal distribution, so that none is far away and no hole is left between
# them (``beta`` weighs this against the sharpness of the images). Nobody told it which digit
# an image shows; the colours are for us.

variational = BackpropAutoencoder(
    n_components=2,
    hidden_layer_sizes=(128, 64),
    loss="log_loss",
    standardize=False,
    variational=True,
    beta=0.3,
    random_state=0,
).fit(X_train)

fig, axes = plt.subplots(1, 2, figsize=(9.4, 4.6), layout="constrained")
models = {"PCA": linear[2], "Variational autoencoder": variational}
for ax, (name, model) in zip(axes, models.items(), strict=True):
    LatentSpaceDisplay.from_estimator(model, X_test, y_test, ax=ax)
    ax.set_title(f"{name}: {explained_variance(model):.0%} of the variance", fontsize=11)
plt.show()

# %%
# Digits that nobody wrote
# ------------------------
# Any point of a normal distribution can then be decoded. First what lies at the points of a grid:

fig, ax = plt.subplots(figsize=(7, 6.6), layout="constrained")
LatentSpaceDisplay.from_estimator(variational, X_test, kind="manifold", image_shape=(8, 8), ax=ax)
ax.set_title("The latent space, decoded")
plt.show()

# %%
# And images at random, which ``sample`` draws:

samples = variational.sample(32, random_state=0).reshape(4, 8, 8, 8)
padded = np.pad(samples, ((0, 0), (0, 0), (1, 1), (1, 1)))
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.imshow(padded.transpose(0, 2, 1, 3).reshape(40, 80), cmap="gray_r")
ax.set_axis_off()
plt.show()
