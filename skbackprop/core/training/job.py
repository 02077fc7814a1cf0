"""A job: one network to be trained, and what happens at the end of each epoch."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

from .objective import Objective
from .problem import Problem
from .solver import Solver
from .state import State


@dataclass(eq=False)
class Job:
    """One network to be trained: problem, solver and state, and its observers.

    Parameters
    ----------
    problem : Problem
        What is trained on what.
    solver : Solver
        How.
    state : State
        Where the training stands; changes.
    validate : callable(network) -> float, default=None
        A validation score, higher is better, to watch in place of the training loss.
    on_epoch : callable(job) -> bool, default=None
        Called after each epoch; True stops the training.
    verbose : bool, default=False
        Whether to print the loss of each epoch.

    Attributes
    ----------
    error : BaseException, default=None
        What was raised in the course of the job where it was trained beside others.
    """

    problem: Problem
    solver: Solver
    state: State
    validate: Callable | None = None
    on_epoch: Callable | None = None
    verbose: bool = False
    error: BaseException | None = None

    def train(self):
        """Train the network in place, by the solver; without an epoch to train, evaluate it."""
        if self.solver.has_epochs:
            self.solver.train(self)
            return
        state = self.state
        objective = Objective(
            self.problem, state.network.copy(), noise=copy.deepcopy(state.noise), perturbs=False
        )
        _, terms, _ = objective.value_and_gradient()
        state.loss = sum(terms.values())
        state.best_loss = min(state.best_loss, state.loss)
        state.outcome = "max_iter" if math.isfinite(state.loss) else "diverged"

    @property
    def is_watched(self):
        """Whether someone looks at the network after each epoch."""
        return self.validate is not None or self.on_epoch is not None

    def end_epoch(self, terms, gradient_norms):
        """Record an epoch, and decide whether it was the last; ``state.outcome`` says so.

        Parameters
        ----------
        terms : dict of str to float
            The parts of the epoch's loss.
        gradient_norms : sequence of float
            One for each dense layer.
        """
        state, solver = self.state, self.solver
        state.n_iter += 1
        state.n_epochs += 1
        self._record(terms, gradient_norms)
        if self.validate is None:
            self._watch_loss()
        else:
            self._watch_score()
        if state.outcome is None and state.n_no_improvement > solver.patience:
            solver.end_plateau(self)
        if self.on_epoch is not None and self.on_epoch(self) and state.outcome is None:
            state.outcome = "stopped"
        if state.outcome is None and state.n_iter >= solver.last_epoch:
            state.outcome = "max_iter"

    def _record(self, terms, gradient_norms):
        history, loss = self.state.history, sum(terms.values())
        self.state.loss = loss
        history.loss_terms.append(terms)
        history.loss_curve.append(loss)
        history.gradient_norms.append(gradient_norms)
        if self.verbose:
            print(f"Iteration {self.state.n_iter}, loss = {loss:.8f}")
        if not math.isfinite(loss):
            self.state.outcome = "diverged"

    def _watch_loss(self):
        """Count the epochs without an improvement of ``tol`` of the training loss."""
        state, loss = self.state, self.state.history.loss_curve[-1]
        improved = loss <= state.best_loss - self.solver.tol
        state.n_no_improvement = 0 if improved else state.n_no_improvement + 1
        state.best_loss = min(state.best_loss, loss)

    def _watch_score(self):
        """Count the epochs without an improvement of the score; keep the best network."""
        state, network = self.state, self.state.network
        score = math.nan if state.outcome == "diverged" else self.validate(network)
        state.history.validation_scores.append(score)
        if self.verbose:
            print(f"Validation score: {score:f}")
        improved = score >= state.best_score + self.solver.tol
        state.n_no_improvement = 0 if improved else state.n_no_improvement + 1
        if score > state.best_score:
            state.best_score, state.best_network = score, network.copy()
        if math.isnan(score):
            state.outcome = "diverged"
