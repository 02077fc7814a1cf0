"""What every solver has in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Solver(ABC):
    """How a network is trained. A solver never changes.

    Parameters
    ----------
    max_iter : int
        Epochs, or iterations, of the planned training.
    tol : float
        What counts as an improvement of the loss or of the validation score.
    patience : float
        Epochs without improvement that are tolerated; ``inf`` for any number.
    """

    max_iter: int
    tol: float
    patience: float

    #: Whether it can minimise a loss that changes at random, and be given the data in parts.
    is_stochastic: ClassVar[bool]
    #: What it calls a pass over the data.
    epoch_name: ClassVar[str] = "epoch"

    @abstractmethod
    def train(self, job):
        """Train ``job.state.network`` in place until ``job.state.outcome`` says how it ended.

        Ctrl-C ends the training with outcome "interrupted" and the weights so far.
        """

    @abstractmethod
    def end_plateau(self, job):
        """Decide what follows when training has not improved for longer than ``patience``."""

    @property
    def has_epochs(self):
        """Whether a call trains at all."""
        return self.max_iter > 0

    @property
    @abstractmethod
    def last_epoch(self):
        """Epochs after which a call ends at the latest."""

    @property
    def max_epochs(self):
        """The largest number of epochs that a call may report."""
        return self.last_epoch

    def population_key(self, job):
        """What must be equal for jobs to be trained together as one population; None for never."""
        return None

    @abstractmethod
    def rows_per_step(self, n_rows):
        """Rows of the largest step over ``n_rows`` training rows."""
