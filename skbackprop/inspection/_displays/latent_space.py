"""LatentSpaceDisplay."""

import numpy as np

from .._estimators import as_array, coder_of, encode, feature_names_of
from .drawing import axes_for, require_matplotlib
from .latent_drawing import draw_codes, draw_manifold, draw_traversal, walk_along, walk_over

_KINDS = ("codes", "manifold", "traversal")


class LatentSpaceDisplay:
    """The codes of samples, and what the decoder makes of the space between them.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_components)
        The codes of the samples, one or two of their components.

    target : array-like of shape (n_samples,), default=None
        Classes or numbers to colour the codes by.

    decoded : Walk, default=None
        Points of the latent space and what they are decoded to, for "manifold" and "traversal".

    X : ndarray of shape (n_samples, n_features), default=None
        The samples, shown behind a manifold.

    code_names, feature_names : list of str, default=None
        For the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    artists_ : list of matplotlib artists
        What was drawn: patches of a histogram, collections of points, curves, or an image.

    colorbar_ : matplotlib Colorbar or None

    See Also
    --------
    ReconstructionDisplay : What goes in and what comes out.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skbackprop.inspection import LatentSpaceDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> pca = PCA(n_components=2).fit(X)
    >>> display = LatentSpaceDisplay.from_estimator(pca, X, y)
    >>> display.ax_.get_xlabel()
    'code 1'
    """

    def __init__(
        self, codes, *, target=None, decoded=None, X=None, code_names=None, feature_names=None
    ):
        self.codes = codes
        self.target = target
        self.decoded = decoded
        self.X = X
        self.code_names = code_names
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        kind="codes",
        components=None,
        image_shape=None,
        n_steps=None,
        ax=None,
        **kwargs,
    ):
        """Encode samples and draw their latent space.

        Parameters
        ----------
        estimator : fitted estimator
            With ``transform``, such as ``BackpropAutoencoder``, ``PCA``, a pipeline of such steps,
            or a ``BackpropClassifier`` with its last hidden layer; for "manifold" and "traversal"
            with ``inverse_transform`` too.

        X : array-like of shape (n_samples, n_features)
            Samples.

        y : array-like of shape (n_samples,), default=None
            Classes or numbers to colour the codes by.

        kind : {"codes", "manifold", "traversal"}, default="codes"
            "codes": a histogram of one component, a scatter plot of two; one component against
            ``y`` where that is a number. "manifold": a grid over the latent space, decoded: as
            images with ``image_shape``, else as lines among samples of two features.
            "traversal": one component after the other is moved through its range while the others
            keep their means: a row of images each, or the course of the features.

        components : int or tuple of int, default=None
            The components to draw; the first two (or the only one) if None, all for a traversal.

        image_shape : tuple of two int, default=None
            Height and width of a decoded sample, to draw images.

        n_steps : int, default=None
            Points along each component for "manifold" and "traversal"; 12 for images, 200 for
            lines if None.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed on to ``Axes.hist``, ``scatter``, ``plot`` or ``imshow``.

        Returns
        -------
        display : LatentSpaceDisplay

        Raises
        ------
        TypeError
            If the estimator cannot encode, or decode where that is needed.

        ValueError
            If ``kind`` is unknown, or the data have not the shape that it needs.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        _refuse_unknown_kind(kind)
        methods = ("transform",) if kind == "codes" else ("transform", "inverse_transform")
        coder = coder_of(estimator, methods, caller)
        codes = encode(coder, X)
        chosen = _chosen(components, codes.shape[1], kind)
        decoded, samples = None, None
        if kind != "codes":
            walk = walk_over if kind == "manifold" else walk_along
            steps = n_steps or (12 if image_shape is not None else 200)
            decoded = walk(codes, chosen, steps, coder.inverse_transform)
            samples = as_array(X)
            if kind == "manifold" and image_shape is None and samples.shape[1] != 2:
                raise ValueError(
                    f"kind='manifold' draws lines among samples of two features, or images with "
                    f"image_shape; X has {samples.shape[1]} features. kind='traversal' draws the "
                    "course of any number of features."
                )
        display = cls(
            codes[:, chosen],
            target=None if y is None else np.asarray(y),
            decoded=decoded,
            X=samples,
            code_names=[f"code {i + 1}" for i in chosen],
            feature_names=feature_names_of(X, X.shape[1] if samples is None else samples.shape[1]),
        )
        return display.plot(ax=ax, kind=kind, image_shape=image_shape, **kwargs)

    def plot(self, ax=None, *, kind="codes", image_shape=None, **kwargs):
        """Draw the latent space.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        kind : {"codes", "manifold", "traversal"}, default="codes"
            See :meth:`from_estimator`.

        image_shape : tuple of two int, default=None
            Height and width of a decoded sample, to draw images.

        **kwargs : dict
            Passed on to ``Axes.hist``, ``scatter``, ``plot`` or ``imshow``.

        Returns
        -------
        display : LatentSpaceDisplay
            Itself.
        """
        _refuse_unknown_kind(kind)
        if kind != "codes" and self.decoded is None:
            raise ValueError(f"kind={kind!r} needs decoded points of the latent space.")
        axes_for(self, ax)
        if self.code_names is None:
            self.code_names = [f"code {i + 1}" for i in range(self.codes.shape[1])]
        if kind == "codes":
            self.artists_, self.colorbar_ = draw_codes(self, kwargs)
        else:
            draw = draw_manifold if kind == "manifold" else draw_traversal
            self.artists_, self.colorbar_ = draw(self, image_shape, kwargs)
        return self


def _refuse_unknown_kind(kind):
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}.")


def _chosen(components, n_components, kind):
    """The components to draw, as a list."""
    if components is None:
        components = range(n_components if kind == "traversal" else min(2, n_components))
    chosen = [components] if np.isscalar(components) else list(components)
    most = n_components if kind == "traversal" else 2
    if not 1 <= len(chosen) <= most or not all(0 <= i < n_components for i in chosen):
        raise ValueError(
            f"components={components!r} must name 1 to {most} of the {n_components} components."
        )
    return chosen
