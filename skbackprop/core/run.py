"""A run: one network in training, with all that may differ between members of a population."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import issparse

from .losses import Loss
from .network import Network
from .noise import Noise
from .optimizers import Optimizer
from .schedules import Schedule
from .stopping import Stopping


@dataclass
class History:
    """What is recorded, an entry an epoch.

    ``gradient_norms`` holds the L2 norm of ∂E/∂W of each dense layer at the epoch's last batch.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    gradient_norms: list[np.ndarray] = field(default_factory=list)
    loss_terms: list[dict[str, float]] = field(default_factory=list)


@dataclass(eq=False)
class Run:
    """One network in training.

    Attributes
    ----------
    network : Network
        Trained in place.
    loss : Loss
    X : ndarray or CSR of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_outputs)
    weights : ndarray of shape (n_samples, 1), or None
        Normalised to mean one.
    rows : ndarray of int
        The rows of X to train on; shuffled in place where ``shuffle`` is set.
    rng : numpy.random.RandomState
        Shuffles. ``noise`` is a second stream, for random layers.
    keys : ndarray of shape (n_samples, 1), or None
        The samples' keys, see ``noise``.
    epochs_before : int
        Epochs trained in earlier calls, for schedules over the whole of ``max_iter``.
    outcome : str
        How it ended: "converged", "max_iter", "diverged", "interrupted", "stopped" or, in a
        population, "failed".
    error : BaseException
        What was raised where a run of a population failed.
    """

    network: Network
    loss: Loss
    X: object
    Y: np.ndarray
    weights: np.ndarray | None
    rows: np.ndarray
    stopping: Stopping
    max_iter: int
    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    rng: np.random.RandomState | None = None
    noise: Noise | None = None
    alpha: float = 0.0
    mean_weight: float = 1.0
    batch_size: int = 200
    shuffle: bool = True
    keys: np.ndarray | None = None
    weight_decay: float = 0.0
    max_grad_norm: float | None = None
    n_epochs: int | None = None
    epochs_before: int = 0
    t: int = 0
    verbose: bool = False
    on_epoch: Callable | None = None
    history: History = field(default_factory=History)
    n_iter: int = 0
    outcome: str | None = None
    error: BaseException | None = None

    def __post_init__(self):
        if self.stopping.validate is not None:
            self.stopping.best_network = self.network.copy()

    def key(self):
        """What must be equal for runs to be trained together, as one population.

        None where a run is trained alone: by L-BFGS, or on sparse data.
        """
        optimizer = self.optimizer
        if optimizer is None or issparse(self.X):
            return None
        return (
            self.network.key(),
            self.loss,
            type(optimizer),
            getattr(optimizer, "nesterov", None),
            len(self.rows),
            self.batch_size,
            self.X.dtype,
            self.Y.dtype,
            self.weights is None,
            self.noise is None,
            self.max_grad_norm is None,
        )

    @property
    def rows_per_step(self):
        """Rows of the largest step: a batch, or all rows for L-BFGS, which has no optimizer."""
        n_rows = len(self.rows)
        return n_rows if self.optimizer is None else min(self.batch_size, n_rows)

    @property
    def is_watched(self):
        """Whether someone looks at the network after each epoch."""
        return self.stopping.validate is not None or self.on_epoch is not None

    @property
    def last_epoch(self):
        """Epochs after which this run ends at the latest."""
        return self.max_iter if self.n_epochs is None else self.n_epochs

    def progress(self, fraction):
        """Share of the planned training that is done, ``fraction`` into the running epoch."""
        return min(1.0, (self.epochs_before + self.n_iter + fraction) / self.max_iter)

    def end_epoch(self, terms, gradient_norms):
        """Record an epoch, and decide whether it was the last; ``outcome`` says so."""
        self.n_iter += 1
        self.t += len(self.rows)
        self.record(terms, gradient_norms)
        if self.outcome is None:
            self.schedule.end_epoch(self.t)
            if self.stopping.on_plateau:
                self._plateau()
        self.call_back()
        if self.outcome is None and self.n_iter >= self.last_epoch:
            self.outcome = "max_iter"

    def record(self, terms, gradient_norms):
        """Append to the history, watch the loss or the score; notice divergence.

        Parameters
        ----------
        terms : dict of str to float
            The parts of the loss.
        gradient_norms : sequence of float
            One for each dense layer.
        """
        history, stopping = self.history, self.stopping
        loss = sum(terms.values())
        history.loss_terms.append(terms)
        history.loss_curve.append(loss)
        history.gradient_norms.append(gradient_norms)
        if self.verbose:
            print(f"Iteration {self.n_iter}, loss = {loss:.8f}")
        if stopping.validate is None:
            stopping.update_loss(loss)
            finite = math.isfinite(loss)
        else:
            score = stopping.validate(self.network) if math.isfinite(loss) else math.nan
            history.validation_scores.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
            stopping.update_score(score, self.network)
            finite = not math.isnan(score)
        if not finite:
            self.outcome = "diverged"

    def call_back(self):
        """Let the caller look at the epoch, and stop the run there."""
        if self.on_epoch is not None and self.on_epoch(self) and self.outcome is None:
            self.outcome = "stopped"

    def _plateau(self):
        stop, what_follows = self.schedule.on_plateau()
        watched = "Training loss" if self.stopping.validate is None else "Validation score"
        self.say(
            f"{watched} did not improve more than tol={self.stopping.tol:f} for "
            f"{self.stopping.patience} consecutive epochs. {what_follows}"
        )
        if stop:
            self.outcome = "converged"
        self.stopping.count = 0

    def say(self, message):
        """Print progress, as ``verbose`` asks."""
        if self.verbose:
            print(message)

    def finish(self):
        """Put the best weights back when a validation score was watched."""
        if self.stopping.validate is not None and self.stopping.best_network is not None:
            self.network = self.stopping.best_network
        self.stopping.best_network = None
