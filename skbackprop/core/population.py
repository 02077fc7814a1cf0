"""Populations: K runs of one shape, trained together along the leading axis of every array."""

import copy

import numpy as np

from .batches import PopulationBatches
from .network import stack
from .training import MiniBatchTraining

_MAX_ENDED = 1 / 8  # share of ended members that are carried along before a population closes ranks


def train_population(runs):
    """Train K runs of one shape together; each ends when it would alone.

    What is raised in the course of one run (by its validation score, its schedule, ...) ends that
    run with ``outcome`` "failed" and is left in its ``error``; the others go on.

    Parameters
    ----------
    runs : list of Run
        With equal ``key()``. Their networks are trained in place.
    """
    population = Population(runs)
    while population.active:
        population.epoch()
        if population.is_thinned:
            population = population.close_ranks()
    for run in runs:
        run.finish()


class Population(MiniBatchTraining):
    """Epochs of mini-batch steps for K runs of one shape.

    A member that has ended keeps its place and is stepped on, unseen, until enough have ended to
    close ranks.

    Parameters
    ----------
    runs : list of Run
        With equal ``key()``.
    batches : PopulationBatches, default=None
        Their batches, where they exist.

    Attributes
    ----------
    active : list of int
        The members that have not ended.
    """

    def __init__(self, runs, batches=None):
        self._batches = PopulationBatches(runs) if batches is None else batches
        self.active = list(range(len(runs)))
        super().__init__(runs)

    @property
    def is_thinned(self):
        """Whether so many members have ended that the others do better without them."""
        return 0 < len(self.active) < (1.0 - _MAX_ENDED) * len(self.runs)

    def close_ranks(self):
        """The population of the members that have not ended."""
        for k in self.active:
            self._write_back(k)
        runs = [self.runs[k] for k in self.active]
        return Population(runs, self._batches.select(self.active))

    # -- K of each ------------------------------------------------------------------------------

    def _make_batches(self):
        return self._batches

    def _make_network(self):
        return stack([run.network for run in self.runs])

    def _make_optimizer(self):
        """One optimizer whose coefficients and moments are those of the members."""
        optimizers = [run.optimizer for run in self.runs]
        for run in self.runs:
            run.optimizer.start(run.network.params)
        together = copy.copy(optimizers[0])
        for name in (*together.hyperparameter_names, "t"):
            setattr(together, name, self._values([getattr(one, name) for one in optimizers]))
        moments = zip(*(one.moments for one in optimizers), strict=True)
        together.moments = [np.stack(members) for members in moments]
        return together

    def _values(self, values, dtype=np.float64):
        """One number where all are equal, an array of shape (K, 1) otherwise."""
        if all(value == values[0] for value in values):
            return values[0]
        return np.array(values, dtype)[:, np.newaxis]

    # -- one of K -------------------------------------------------------------------------------

    def _rates(self, fraction=None):
        if fraction is not None:
            for k in self.active:
                run = self.runs[k]
                if run.schedule.per_step and run.outcome is None:
                    _guarded(run, run.schedule.before_step, run.progress(fraction))
        return self._values([run.schedule.rate for run in self.runs])

    def _end_epoch(self, terms):
        columns = [np.broadcast_to(value, len(self.runs)).tolist() for value in terms.values()]
        values = list(zip(*columns, strict=True))
        norms = np.stack(self.stepper.gradient_norms, axis=-1)
        active, self.active = self.active, []
        for k in active:
            run = self.runs[k]
            if run.outcome is None:
                if run.is_watched:
                    self._write_back(k)
                own = dict(zip(terms, values[k], strict=True))
                _guarded(run, run.end_epoch, own, norms[k])
            if run.outcome is None:
                self.active.append(k)
            else:
                self._leave(k)

    def _leave(self, k):
        """Let member ``k`` go, with all that is its own; its place draws from copies now."""
        self._write_back(k)
        self.batches.leave(k)
        self.workspace.noise[k] = copy.deepcopy(self.workspace.noise[k])

    def _write_back(self, k):
        """Copy the state of member ``k`` to its run."""
        run = self.runs[k]
        run.network.params[...] = self.network.params[k]
        run.network.state[...] = self.network.state[k]
        run.rows[...] = self.batches.member_rows(k)
        run.optimizer.t = int(np.broadcast_to(self.optimizer.t, (len(self.runs), 1))[k, 0])
        for own, moment in zip(run.optimizer.moments, self.optimizer.moments, strict=True):
            own[...] = moment[k]


def _guarded(run, function, *args):
    """Call ``function`` for ``run``; what it raises ends this run alone."""
    try:
        function(*args)
    except KeyboardInterrupt:
        run.outcome = "interrupted"
    except BaseException as error:
        run.outcome, run.error = "failed", error
