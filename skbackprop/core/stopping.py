"""When to stop: patience on the training loss or on a validation score."""

import math


class Stopping:
    """Counts the epochs without improvement, and remembers the best epoch.

    Parameters
    ----------
    tol : float
        What counts as an improvement of the loss or score.
    patience : int or float
        Epochs without improvement after which training has come to a plateau; ``inf`` for never.
    validate : callable(network) -> float, default=None
        A validation score, higher is better. None watches the training loss.

    Attributes
    ----------
    best : float
        Smallest training loss, or highest validation score, so far.
    count : int
        Epochs since the last improvement.
    """

    def __init__(self, tol, patience, validate=None):
        self.tol = tol
        self.patience = patience
        self.validate = validate
        self.restart()

    def restart(self):
        """Forget the past: for a new run, perhaps on other data."""
        self.count = 0
        self.best = math.inf if self.validate is None else -math.inf
        self.best_network = None

    def update_loss(self, loss):
        """Take in the training loss of an epoch."""
        self.count = self.count + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)

    def update_score(self, score, network):
        """Take in the validation score of an epoch; keep a copy of the best network."""
        self.count = 0 if score >= self.best + self.tol else self.count + 1
        if score > self.best:
            self.best = score
            self.best_network = network.copy()

    @property
    def on_plateau(self):
        """Whether patience has run out."""
        return self.count > self.patience
