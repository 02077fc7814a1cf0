"""Where a training stands: what changes in its course, and what a later call goes on from."""

import copy
import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np

from ..network import Network
from ..noise import Noise
from ..optimizers import Optimizer


@dataclass(eq=False)
class History:
    """What is recorded, an entry an epoch.

    Attributes
    ----------
    loss_curve : list of float
        The mean loss, penalties included.
    validation_scores : list of float
    gradient_norms : list of ndarray
        The L2 norm of ∂E/∂W of each dense layer at the epoch's last batch.
    loss_terms : list of dict of str to float
        The parts of the loss: "data", "l2", and one for each penalty of a layer.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    gradient_norms: list[np.ndarray] = field(default_factory=list)
    loss_terms: list[dict[str, float]] = field(default_factory=list)


_RESET_BY_FIT = {
    "n_epochs": 0,
    "n_plateaus": 0,
    "n_no_improvement": 0,
    "best_loss": math.inf,
    "best_score": -math.inf,
}


@dataclass(eq=False)
class State:
    """Where the training of one network stands.

    ``partial_fit`` and a warm-started ``fit`` go on from it; a population has K of them.

    Attributes
    ----------
    network : Network
        Trained in place.
    rng : numpy.random.RandomState
        Drew the initial weights; shuffles the rows.
    noise : Noise, default=None
        The random numbers of the random layers.
    optimizer : Optimizer, default=None
        The one that left the moments.
    moments : list of ndarray like ``network.params``
        The optimizer's, in the order of its ``moment_names``.
    n_steps : int
        Steps that the optimizer has taken.
    n_samples : int
        Samples seen, epoch by epoch.
    n_epochs : int
        Epochs that count for a schedule over the planned training.
    n_plateaus : int
        How often training stopped improving and went on at a smaller rate.
    n_no_improvement : int
        Epochs since the loss, or the validation score, improved.
    best_loss, best_score : float
        Smallest loss and highest validation score so far.
    best_network : Network, default=None
        The network of the highest validation score.
    loss : float, default=None
        The loss at the end of the last epoch, penalties included.
    initial_loss : float, default=None
        Mean data loss of the first batch, before the first step.
    history : History
    n_iter : int
        Epochs (iterations) of the present call.
    outcome : str, default=None
        How the present call ended: "converged", "max_iter", "diverged", "interrupted", "stopped"
        (by a callback), "not_converged" (L-BFGS) or, in a population, "failed".
    message : str
        What the solver says of the outcome.
    """

    network: Network
    rng: np.random.RandomState
    noise: Noise | None = None
    optimizer: Optimizer | None = None
    moments: list[np.ndarray] = field(default_factory=list)
    n_steps: int = 0
    n_samples: int = 0
    n_epochs: int = 0
    n_plateaus: int = 0
    n_no_improvement: int = 0
    best_loss: float = math.inf
    best_score: float = -math.inf
    best_network: Network | None = None
    loss: float | None = None
    initial_loss: float | None = None
    history: History = field(default_factory=History)
    n_iter: int = 0
    outcome: str | None = None
    message: str = ""

    def resumed(self, network, history, *, incremental):
        """A copy to go on from in a new call; a new ``fit`` forgets what the last one waited for.

        Parameters
        ----------
        network : Network
            With the present weights.
        history : History
            Of the calls before.
        incremental : bool
            Whether the new call is a ``partial_fit``.
        """
        before = {} if incremental else _RESET_BY_FIT
        return dataclasses.replace(
            self,
            network=network,
            history=history,
            rng=copy.deepcopy(self.rng),
            noise=copy.deepcopy(self.noise),
            moments=[moment.copy() for moment in self.moments],
            n_iter=0,
            outcome=None,
            message="",
            initial_loss=None,
            **before,
        )

    def set_up_moments(self, optimizer):
        """Make the moments those of ``optimizer``: zero, unless one of its kind has left some."""
        if type(self.optimizer) is not type(optimizer):
            self.moments = [np.zeros_like(self.network.params) for _ in optimizer.moment_names]
            self.n_steps = 0
        elif self.optimizer != optimizer:
            optimizer.adopt(self.moments, self.optimizer)
        self.optimizer = optimizer

    def restore_best(self):
        """Put the best weights back where a validation score was watched."""
        if self.best_network is not None:
            self.network = self.best_network
            self.best_network = None
