"""Populations: K networks of one shape, trained together along the leading axis of every array."""

import copy
import dataclasses

import numpy as np

from ..network import stack
from .batches import PopulationBatches
from .minibatch import Steps
from .objective import L2Penalty

_MAX_ENDED = 1 / 8  # share of members that have ended and are still carried along


def train_population(jobs):
    """Train K jobs of one shape together; each ends when it would on its own.

    What is raised in the course of one job (by its validation score, its schedule, ...) ends that
    job with outcome "failed" and is left in its ``error``; the others go on. Ctrl-C ends them all
    with outcome "interrupted" and the weights so far.

    Parameters
    ----------
    jobs : list of Job
        With equal ``solver.population_key``. Their networks are trained in place.
    """
    for job in jobs:
        job.state.set_up_moments(job.solver.optimizer)
    population = Population(jobs, PopulationBatches(jobs))
    try:
        while population.active:
            population.epoch()
            if population.has_many_ended:
                population = population.without_ended_members()
    except KeyboardInterrupt:
        population.interrupt()
    for job in jobs:
        job.state.restore_best()


class Population:
    """K jobs in training. One that has ended keeps its place, unseen, until enough have ended.

    Parameters
    ----------
    jobs : list of Job
    batches : PopulationBatches

    Attributes
    ----------
    active : list of int
        The members that have not ended.
    """

    def __init__(self, jobs, batches):
        self.jobs = jobs
        self.batches = batches
        self.active = list(range(len(jobs)))
        states, solvers = [job.state for job in jobs], [job.solver for job in jobs]
        self.network = stack([state.network for state in states])
        self._moments = [np.stack(m) for m in zip(*(s.moments for s in states), strict=True)]
        dtype = self.network.params.dtype
        clips = solvers[0].max_grad_norm is not None
        self._steps = Steps(
            self.network,
            batches,
            jobs[0].problem.loss,
            _common_optimizer([solver.optimizer for solver in solvers]),
            self._moments,
            column([state.n_steps for state in states]),
            L2Penalty(
                column([job.problem.alpha for job in jobs], dtype),
                column([job.problem.mean_sample_weight for job in jobs], dtype),
            ),
            [state.noise for state in states],
            weight_decay=column([solver.weight_decay for solver in solvers], dtype),
            max_grad_norm=column([s.max_grad_norm for s in solvers], dtype) if clips else None,
            bias_rate=solvers[0].bias_rate,
        )
        self._noise = self._steps.workspace.noise

    @property
    def has_many_ended(self):
        """Whether so many members have ended that the others do better without them."""
        return 0 < len(self.active) < (1.0 - _MAX_ENDED) * len(self.jobs)

    def without_ended_members(self):
        """The population of the members that have not ended."""
        for k in self.active:
            self._write_back(k)
        return Population([self.jobs[k] for k in self.active], self.batches.select(self.active))

    def epoch(self):
        """Train an epoch; then each member records it and decides whether to go on."""
        terms, gradient_norms = self._steps.epoch(self._rates())
        columns = [np.broadcast_to(value, len(self.jobs)).tolist() for value in terms.values()]
        values = list(zip(*columns, strict=True))
        norms = np.stack(gradient_norms, axis=-1)
        for k in list(self.active):
            job = self.jobs[k]
            if job.state.outcome is None:
                job.solver.count_epoch(job.state, self._steps, k)
                if job.is_watched:
                    self._write_back(k)
                own = dict(zip(terms, values[k], strict=True))
                _guarded(job, job.end_epoch, own, norms[k])
            if job.state.outcome is not None:
                self._leave(k)

    def interrupt(self):
        """End all members that have not ended, with the weights so far."""
        for k in list(self.active):
            state = self.jobs[k].state
            state.outcome = state.outcome or "interrupted"
            self._leave(k)

    def _rates(self):
        """The learning rates of an epoch: one number where all are equal, else a column."""
        current = [0.0] * len(self.jobs)

        def rates(fraction):
            for k in self.active:
                job = self.jobs[k]
                if job.state.outcome is None:
                    rate = _guarded(job, job.solver.rate, job.state, fraction)
                    current[k] = current[k] if rate is None else rate
            return column(current)

        if any(self.jobs[k].solver.schedule.per_step for k in self.active):
            return rates
        constant = rates(0.0)
        return lambda fraction: constant

    def _leave(self, k):
        """Let member ``k`` go, with all that is its own; its place draws from copies now."""
        self.active.remove(k)
        self._write_back(k)
        self.batches.leave(k)
        self._noise[k] = copy.deepcopy(self._noise[k])

    def _write_back(self, k):
        """Copy what the arrays hold of member ``k`` to its state."""
        state = self.jobs[k].state
        state.network.params[...] = self.network.params[k]
        state.network.statistics[...] = self.network.statistics[k]
        for own, moment in zip(state.moments, self._moments, strict=True):
            own[...] = moment[k]


def column(values, dtype=np.float64):
    """One number where all are equal, an array of shape (K, 1) otherwise."""
    if all(value == values[0] for value in values):
        return values[0]
    return np.array(values, dtype)[:, np.newaxis]


def _common_optimizer(optimizers):
    """One optimizer with the hyperparameters of all, as columns where they differ."""
    names = [one.name for one in dataclasses.fields(optimizers[0])]
    values = {name: column([getattr(one, name) for one in optimizers]) for name in names}
    return dataclasses.replace(optimizers[0], **values)


def _guarded(job, function, *args):
    """Call ``function`` for ``job``; what it raises ends this job alone."""
    try:
        return function(*args)
    except KeyboardInterrupt:
        job.state.outcome = "interrupted"
    except BaseException as error:
        job.state.outcome, job.error = "failed", error
