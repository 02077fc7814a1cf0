"""Small two-dimensional problems on which a network can be watched learning.

The generators draw from their ``random_state`` in a fixed, documented order. Given
a :class:`numpy.random.RandomState`, they leave it exactly where the next draw (of
initial weights, say) continues, so a published experiment can be replayed.
"""

from math import isfinite
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray
from scipy.special import cosdg, sindg
from sklearn.utils import check_random_state, check_scalar

__all__ = ["make_spiral_curve", "make_spirals", "make_xor"]


def make_spirals(
    n_samples: int = 400,
    *,
    n_arms: int = 2,
    n_turns: float = 1.0,
    noise: float = 0.3,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Generate interleaved spiral arms, one class an arm.

    A point of an arm has the angle θ = √u · 2π · ``n_turns``, with u uniform on
    [0, 1), and the radius r = 2θ + π. The first arm is

        x = r cos θ,    y = r sin θ,

    and arm k is the first one rotated by the fraction k / ``n_arms`` of a full turn,
    so two arms are mirrored through the origin. The square root spreads the points
    more evenly along the arm, which is longer the further out it goes. Gaussian noise
    is added to both coordinates.

    Parameters
    ----------
    n_samples : int, default=400
        The total number of points, shared equally between the arms. Where
        ``n_arms`` does not divide it, the first ``n_samples % n_arms`` arms get one
        point more than the others.

    n_arms : int, default=2
        The number of arms, hence of classes.

    n_turns : float, default=1.0
        How often an arm winds around the origin.

    noise : float, default=0.3
        Standard deviation of the Gaussian noise, in the unit of `X`: without noise
        the innermost point of an arm lies at radius π, the outermost at most at
        π + 4π · ``n_turns``.

    shuffle : bool, default=True
        Whether to shuffle the points. Without, they come arm by arm.

    random_state : int, RandomState instance or None, default=None
        Determines the points, their noise and their order. Pass an int for
        reproducible output across multiple calls.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        The points, in float64.

    y : ndarray of shape (n_samples,)
        The arm, in {0, ..., n_arms - 1}, of each point.

    Raises
    ------
    TypeError
        If a parameter is of the wrong type.

    ValueError
        If a parameter is out of its range.

    See Also
    --------
    make_spiral_curve : One arm, with the position along it as the target.
    make_xor : The four corners of the unit square, labelled by exclusive or.
    sklearn.datasets.make_moons : Two interleaving half circles.

    Notes
    -----
    The order of the draws is: u, once, shared by all arms (a shorter arm takes the
    first ones); then, arm by arm, the noise of x and the noise of y; then, with
    ``shuffle``, one permutation. The noise is drawn even if ``noise`` is zero, so
    a seed gives the same u and the same permutation whatever the noise.

    Examples
    --------
    >>> from skbackprop.datasets import make_spirals
    >>> X, y = make_spirals(n_samples=6, noise=0, shuffle=False, random_state=42)
    >>> X.round(2)
    array([[ -8.26,  -7.01],
           [ 15.21,  -2.4 ],
           [  8.55, -10.95],
           [  8.26,   7.01],
           [-15.21,   2.4 ],
           [ -8.55,  10.95]])
    >>> y
    array([0, 0, 0, 1, 1, 1])
    """
    _refuse_bad_integer(n_samples, "n_samples")
    _refuse_bad_integer(n_arms, "n_arms")
    _refuse_bad_real(n_turns, "n_turns", include_zero=False)
    _refuse_bad_real(noise, "noise")
    check_scalar(shuffle, "shuffle", (bool, np.bool_))
    rng = check_random_state(random_state)

    arm_sizes = [n_samples // n_arms + (k < n_samples % n_arms) for k in range(n_arms)]
    theta = np.sqrt(rng.uniform(size=arm_sizes[0])) * (2 * np.pi * n_turns)
    r = 2 * theta + np.pi
    first_arm_x, first_arm_y = r * np.cos(theta), r * np.sin(theta)

    X = np.empty((n_samples, 2))
    y = np.repeat(np.arange(n_arms), arm_sizes)
    for k, size in enumerate(arm_sizes):
        # In degrees, because these are exact at every quarter of a turn.
        cos, sin = cosdg(360 * k / n_arms), sindg(360 * k / n_arms)
        x_k, y_k = first_arm_x[:size], first_arm_y[:size]
        arm = y == k
        X[arm, 0] = cos * x_k - sin * y_k + noise * rng.standard_normal(size)
        X[arm, 1] = sin * x_k + cos * y_k + noise * rng.standard_normal(size)

    if shuffle:
        order = rng.permutation(n_samples)
        X, y = X[order], y[order]
    return X, y


def make_spiral_curve(
    n_samples: int = 500,
    *,
    n_turns: float = 1.0,
    noise: float = 0.3,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Generate one spiral arm, evenly spaced in its angle.

    A noisy curve in the plane, so a one-dimensional manifold with a known coordinate:
    the point at the angle t has the radius t,

        x = t cos t,    y = t sin t.

    Parameters
    ----------
    n_samples : int, default=500
        The number of points on the curve.

    n_turns : float, default=1.0
        How often the curve winds around the origin.

    noise : float, default=0.3
        Standard deviation of the Gaussian noise, in the unit of `X`: without noise
        the curve starts at the origin and ends at radius 2π · ``n_turns``.

    random_state : int, RandomState instance or None, default=None
        Determines the noise. Pass an int for reproducible output across multiple
        calls.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        The points, in float64, from the innermost to the outermost.

    t : ndarray of shape (n_samples,)
        The angle of each point in radians, evenly spaced from 0 to 2π · ``n_turns``,
        both included.

    Raises
    ------
    TypeError
        If a parameter is of the wrong type.

    ValueError
        If a parameter is out of its range.

    See Also
    --------
    make_spirals : Several arms, one class an arm.
    sklearn.datasets.make_swiss_roll : A spiral sheet in three dimensions.

    Notes
    -----
    The noise of x is drawn before the noise of y, even if ``noise`` is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop.datasets import make_spiral_curve
    >>> X, t = make_spiral_curve(n_samples=5, noise=0)
    >>> t.round(2)
    array([0.  , 1.57, 3.14, 4.71, 6.28])
    >>> np.hypot(X[:, 0], X[:, 1]).round(2)
    array([0.  , 1.57, 3.14, 4.71, 6.28])
    """
    _refuse_bad_integer(n_samples, "n_samples")
    _refuse_bad_real(n_turns, "n_turns", include_zero=False)
    _refuse_bad_real(noise, "noise")
    rng = check_random_state(random_state)

    t = np.linspace(0, 2 * np.pi * n_turns, n_samples)
    X = np.empty((n_samples, 2))
    X[:, 0] = t * np.cos(t) + noise * rng.standard_normal(n_samples)
    X[:, 1] = t * np.sin(t) + noise * rng.standard_normal(n_samples)
    return X, t


def make_xor(
    n_samples: int = 4,
    *,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Generate the exclusive-or problem, which no linear model can solve.

    The corners of the unit square come in the order of the truth table,

        (0, 0) → 0,    (0, 1) → 1,    (1, 0) → 1,    (1, 1) → 0,

    and are repeated in that order until there are ``n_samples`` points.

    Parameters
    ----------
    n_samples : int, default=4
        The number of points.

    noise : float, default=0.0
        Standard deviation of the Gaussian noise, in units of the square's side.

    random_state : int, RandomState instance or None, default=None
        Determines the noise. Pass an int for reproducible output across multiple
        calls.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        The points, in float64.

    y : ndarray of shape (n_samples,)
        The exclusive or, 0 or 1, of the corner each point belongs to.

    Raises
    ------
    TypeError
        If a parameter is of the wrong type.

    ValueError
        If a parameter is out of its range.

    See Also
    --------
    make_spirals : Interleaved spiral arms, one class an arm.

    Notes
    -----
    The noise of x is drawn before the noise of y, even if ``noise`` is zero.

    Examples
    --------
    >>> from skbackprop.datasets import make_xor
    >>> X, y = make_xor()
    >>> X
    array([[0., 0.],
           [0., 1.],
           [1., 0.],
           [1., 1.]])
    >>> y
    array([0, 1, 1, 0])
    """
    _refuse_bad_integer(n_samples, "n_samples")
    _refuse_bad_real(noise, "noise")
    rng = check_random_state(random_state)

    corner = np.arange(n_samples) % 4
    first, second = corner // 2, corner % 2
    X = np.empty((n_samples, 2))
    X[:, 0] = first + noise * rng.standard_normal(n_samples)
    X[:, 1] = second + noise * rng.standard_normal(n_samples)
    return X, first ^ second


def _refuse_bad_integer(value: object, name: str) -> None:
    """Raise unless `value` is an integer of at least 1."""
    check_scalar(value, name, Integral, min_val=1)


def _refuse_bad_real(value: object, name: str, *, include_zero: bool = True) -> None:
    """Raise unless `value` is finite and at least (or above) zero."""
    boundaries = "left" if include_zero else "neither"
    check_scalar(value, name, Real, min_val=0, include_boundaries=boundaries)
    if not isfinite(value):  # NaN compares false with any bound, so passes them all
        raise ValueError(f"{name} == {value}, must be finite.")
