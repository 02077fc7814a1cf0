"""LearningRateRangeDisplay."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ..._estimator.solvers import is_stochastic
from .._estimators import network_to_be_fitted, require_network
from .._recording import recorded_fit
from .drawing import COLORS, FAINT, axes_for, light_grid, require_matplotlib

_DIVERGED = 4.0  # times the smallest loss so far: the test ends there
_SMOOTHING = 0.6  # of the exponential average that the suggestion is read from


class LearningRateRangeDisplay:
    """Which learning rate? The loss of a network while its rate rises from epoch to epoch.

    Where the loss begins to fall, the rate is large enough to learn; where it rises, it is too
    large. Make it with :meth:`from_estimator`.

    Parameters
    ----------
    learning_rates : ndarray of shape (n_rates,)
        The rate of each epoch.

    losses : ndarray of shape (n_rates,)
        The training loss of the epoch at each rate.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    line_ : matplotlib Line2D

    suggestion_ : float or None
        Where the loss, smoothed, falls fastest in the logarithm of the rate; None where it never
        falls.

    suggestion_line_ : matplotlib Line2D or None

    See Also
    --------
    LossCurveDisplay : The loss at the rate that was chosen.

    Notes
    -----
    The rate rises by the same factor after each epoch, and the network goes on from where it is, as
    do the moments of the optimizer. The test ends where the loss is 4 times the smallest so far.

    References
    ----------
    .. [1] Smith (2017), "Cyclical learning rates for training neural networks", section 3.3.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> from skbackprop.inspection import LearningRateRangeDisplay
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier(hidden_layer_sizes=(16, 8), activation="tanh", random_state=0)
    >>> display = LearningRateRangeDisplay.from_estimator(clf, X, y, n_rates=40)
    >>> bool(1e-4 < display.suggestion_ < 1)
    True
    """

    def __init__(self, learning_rates, losses):
        self.learning_rates = learning_rates
        self.losses = losses

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, low=1e-5, high=10.0, n_rates=60, ax=None, **kwargs
    ):
        """Train a clone with rising rates.

        Parameters
        ----------
        estimator : BackpropClassifier, BackpropRegressor or BackpropAutoencoder
            With ``solver`` "adam" or "sgd"; or a pipeline or ``TransformedTargetRegressor`` around
            one. It need not be fitted, and is left as it is.

        X, y : array-like
            Training data.

        low, high : float, default=1e-5, 10.0
            The first and the last rate.

        n_rates : int, default=60
            How many rates, each for one epoch.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : LearningRateRangeDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is of another kind.

        ValueError
            If its solver has no learning rate, or the range is empty.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        network = network_to_be_fitted(estimator)
        require_network(network, caller)
        if not is_stochastic(network):
            raise ValueError(
                f"{caller} needs solver='adam' or 'sgd': {network.solver!r} has no rate."
            )
        if not 0 < low < high:
            raise ValueError(f"{caller} needs 0 < low < high, got low={low} and high={high}.")
        if n_rates < 2:
            raise ValueError(f"n_rates must be at least 2, got {n_rates}.")
        rates = np.geomspace(low, high, n_rates)
        losses = _losses_at(estimator, X, y, rates)
        return cls(rates[: len(losses)], losses).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the loss over the rate.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        display : LearningRateRangeDisplay
            Itself.
        """
        ax = axes_for(self, ax)
        (self.line_,) = ax.plot(
            self.learning_rates, self.losses, **{"color": COLORS[0], "linewidth": 1.6, **kwargs}
        )
        self.suggestion_ = _steepest(self.learning_rates, self.losses)
        self.suggestion_line_ = None
        if self.suggestion_ is not None:
            label = f"falls fastest at {self.suggestion_:.2g}"
            self.suggestion_line_ = ax.axvline(
                self.suggestion_, color=FAINT, linestyle="--", label=label
            )
            ax.legend()
        ax.set_xscale("log")
        ax.set(xlabel="learning rate", ylabel="training loss")
        light_grid(ax)
        return self


def _losses_at(estimator, X, y, rates):
    """The training loss of an epoch at each rate, up to where it diverges."""
    n = len(rates)

    def factor(progress):  # constant within an epoch
        return rates[min(int(progress * n + 1e-6), n - 1)] / rates[0]

    trained = clone(estimator)
    network_to_be_fitted(trained).set_params(
        learning_rate=factor,
        learning_rate_init=float(rates[0]),
        max_iter=n,
        early_stopping=False,  # and a schedule over max_iter is not ended by patience
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"), recorded_fit(None) as recorder:
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message=".* has no effect", category=UserWarning)
        try:
            trained.fit(X, y)
        except ValueError:  # the parameters are not finite any more
            if not recorder.loss_curve:
                raise
    losses = np.array(recorder.loss_curve)
    too_large = ~(losses <= _DIVERGED * np.fmin.accumulate(losses))
    return losses[: int(np.argmax(too_large))] if too_large.any() else losses


def _steepest(rates, losses):
    """The rate at which the smoothed loss falls fastest, None where it never falls."""
    if len(losses) < 3:
        return None
    smoothed, average = [], losses[0]
    for loss in losses:
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        smoothed.append(average)
    slopes = np.gradient(smoothed, np.log(rates))
    best = int(np.argmin(slopes))
    return float(rates[best]) if slopes[best] < 0 else None
