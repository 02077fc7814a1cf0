"""Training by mini-batches: the step and the epoch."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..activations import takes_stacks
from ..optimizers import Optimizer
from ..passes import Workspace
from ..schedules import Schedule
from .batches import Batches
from .objective import L2Penalty
from .solver import Solver
from .update import Update


@dataclass(frozen=True)
class MiniBatch(Solver):
    """Gradient descent by mini-batches, by the rule of an optimizer.

    Parameters
    ----------
    optimizer : Optimizer
    schedule : Schedule
    batch_size : int, default=200
    shuffle : bool, default=True
        Whether the rows are shuffled before each epoch.
    epochs_per_call : int, default=None
        Epochs of one call; ``max_iter`` if None.
    weight_decay : float, default=0.0
    max_grad_norm : float, default=None
    bias_rate : float, default=1.0
        See `Update`.
    """

    optimizer: Optimizer
    schedule: Schedule
    batch_size: int = 200
    shuffle: bool = True
    epochs_per_call: int | None = None
    weight_decay: float = 0.0
    max_grad_norm: float | None = None
    bias_rate: float = 1.0

    is_stochastic: ClassVar = True

    def train(self, job):
        state = job.state
        try:
            state.set_up_moments(self.optimizer)
            steps = Steps.of_job(job)
            while state.outcome is None:
                terms, gradient_norms = steps.epoch(self.rates(state))
                self.count_epoch(state, steps)
                job.end_epoch({term: float(v) for term, v in terms.items()}, gradient_norms)
        except KeyboardInterrupt:
            state.outcome = "interrupted"
        state.restore_best()

    def rates(self, state):
        """The learning rates of an epoch, as a function of the share of it that is done."""
        if self.schedule.per_step:
            return lambda fraction: self.rate(state, fraction)
        rate = self.rate(state)
        return lambda fraction: rate

    @staticmethod
    def count_epoch(state, steps, member=()):
        """Count an epoch's steps and samples; keep the loss that training began with."""
        state.n_steps += steps.batches.n_batches
        state.n_samples += steps.batches.n_rows
        if state.initial_loss is None:
            state.initial_loss = float(steps.initial_loss[member])

    def rate(self, state, fraction=0.0):
        """The learning rate, ``fraction`` into the running epoch."""
        progress = min(1.0, (state.n_epochs + fraction) / max(1, self.max_iter))
        return self.schedule.rate(
            n_samples=state.n_samples, n_plateaus=state.n_plateaus, progress=progress
        )

    def end_plateau(self, job):
        state = job.state
        ends, what_follows = self.schedule.ends_at_plateau(self.rate(state))
        if job.verbose:
            watched = "Training loss" if job.validate is None else "Validation score"
            print(
                f"{watched} did not improve more than tol={self.tol:f} for {self.patience} "
                f"consecutive epochs. {what_follows}"
            )
        if ends:
            state.outcome = "converged"
        else:
            state.n_plateaus += 1
        state.n_no_improvement = 0

    @property
    def has_epochs(self):
        return self.last_epoch > 0

    @property
    def last_epoch(self):
        return self.max_iter if self.epochs_per_call is None else self.epochs_per_call

    def rows_per_step(self, n_rows):
        return min(self.batch_size, n_rows)

    def population_key(self, job):
        problem = job.problem
        if problem.is_sparse or not self.has_epochs:
            return None
        activations = (getattr(layer, "activation", None) for layer in job.state.network.layers)
        if not all(one is None or takes_stacks(one) for one in activations):
            return None
        key = (
            job.state.network.key(),
            problem.loss,
            type(self.optimizer),
            getattr(self.optimizer, "nesterov", None),
            problem.n_rows,
            self.rows_per_step(problem.n_rows),
            problem.X.dtype,
            problem.Y.dtype,
            problem.sample_weight is None,
            job.state.noise is None,
            self.max_grad_norm is None,
            self.bias_rate,
        )
        try:
            hash(key)
        except TypeError:  # an unhashable part, of the user's making
            return None
        return key


class Steps:
    """The steps of an epoch, on one network or on a population of K.

    Parameters
    ----------
    network : Network
    batches : Batches
    loss : Loss
    optimizer : Optimizer
    moments : list of ndarray like ``network.params``
    n_steps : int or ndarray of shape (K, 1)
        Steps taken before.
    l2 : L2Penalty
    noise : list of Noise or None
        One for each network.
    **options
        Of `Update`.
    """

    def __init__(self, network, batches, loss, optimizer, moments, n_steps, l2, noise, **options):
        self.network, self.batches, self.loss = network, batches, loss
        self.workspace = Workspace(
            network,
            batches.batch_size,
            loss=loss,
            noise=noise,
            weighted=batches.is_weighted,
            sparse_input=batches.is_sparse,
            shared_rows=batches.shares_rows,
            shared_targets=batches.shares_targets,
        )
        self.update = Update(network, self.workspace.gradient, moments, optimizer, l2, **options)
        self.n_steps = n_steps
        self.initial_loss = None  # after the first step: an array of shape () or (K,)
        self._l2 = l2
        self._begin_epoch()

    @classmethod
    def of_job(cls, job):
        """The steps of a job on its own."""
        problem, solver, state = job.problem, job.solver, job.state
        return cls(
            state.network,
            Batches(job),
            problem.loss,
            solver.optimizer,
            state.moments,
            state.n_steps,
            L2Penalty(problem.alpha, problem.mean_sample_weight),
            [state.noise],
            weight_decay=solver.weight_decay,
            max_grad_norm=solver.max_grad_norm,
            bias_rate=solver.bias_rate,
        )

    def epoch(self, rate_at):
        """Take one step for each batch.

        Parameters
        ----------
        rate_at : callable(fraction) -> float or ndarray of shape (K, 1)
            The learning rate after a fraction of the epoch.

        Returns
        -------
        terms : dict of str to float, or of ndarray of shape (K,)
            The parts of the epoch's mean loss.
        gradient_norms : list
            See `Update`.
        """
        batches = self.batches
        self._begin_epoch()
        batches.shuffle()
        n_batches = batches.n_batches
        with np.errstate(all="ignore"):
            for i, rows in enumerate(batches):
                self.step(rows, rate_at(i / n_batches), is_last=i == n_batches - 1)
        return self._mean_terms(), self.update.gradient_norms

    def step(self, rows, rate, *, is_last=True):
        """Take one step on a batch.

        Parameters
        ----------
        rows : ndarray of int of shape (..., b)
        rate : float or ndarray of shape (K, 1)
        is_last : bool, default=True
            Whether it is the last of the epoch.
        """
        batch = self.workspace.for_rows(rows.shape[-1])
        self.batches.load(batch, rows)  # X, Y, sample weights
        batch.forward()  # zˡ, aˡ
        batch.loss()  # ℓ and δᴸ
        batch.backward()  # ∂E/∂W, ∂E/∂b
        self._add_to_epoch(batch)  # losses and penalties
        self.n_steps = self.n_steps + 1
        self.update(rate, self.n_steps, batch.n_rows, with_norms=is_last)  # θ

    def _begin_epoch(self):
        self.workspace.loss_sums[...] = 0.0
        self._penalties = {"l2": 0.0}

    def _add_to_epoch(self, batch):
        penalties = self._penalties
        batch.add_losses()
        if self.initial_loss is None:
            data_loss = np.sum(batch.losses, axis=(-2, -1), dtype=np.float64) / batch.n_rows
            self.initial_loss = np.asarray(self.loss.reported(data_loss, self.network.n_outputs))
        penalties["l2"] += self._l2.value(self.update.weights)
        for term, value in batch.penalties:
            penalties[term] = penalties.get(term, 0.0) + value * batch.n_rows

    def _mean_terms(self):
        data_loss = self.workspace.loss_sums.sum(axis=(-2, -1))
        totals = {"data": self.loss.reported(data_loss, self.network.n_outputs), **self._penalties}
        return {term: total / self.batches.n_rows for term, total in totals.items()}
