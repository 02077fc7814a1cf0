"""The training loop by mini-batches."""

import numpy as np

from .batches import Batches
from .objective import Objective
from .stepper import Stepper
from .workspace import Workspace


def train(run):
    """Train one run by mini-batches until it ends; its network is trained in place.

    Ctrl-C ends the run with outcome "interrupted" and the weights so far.
    """
    training = MiniBatchTraining([run])
    try:
        while run.outcome is None:
            training.epoch()
    except KeyboardInterrupt:
        run.outcome = "interrupted"
    run.finish()


class MiniBatchTraining:
    """Epochs of mini-batch steps for one run; ``Population`` has several.

    Parameters
    ----------
    runs : list of Run
    """

    def __init__(self, runs):
        self.runs = runs
        first = runs[0]
        self.batches = self._make_batches()
        self.network = self._make_network()
        dtype = self.network.params.dtype
        self.objective = Objective(
            first.loss, self._column("alpha", dtype), self._column("mean_weight", dtype)
        )
        self.workspace = Workspace(
            self.network,
            self.batches.batch_size,
            noise=[run.noise for run in runs],
            weighted=self.batches.weighted,
            sparse_input=self.batches.sparse,
        )
        self.optimizer = self._make_optimizer()
        self.optimizer.start(self.network.params)
        self.stepper = Stepper(self)
        self._per_step = any(run.schedule.per_step for run in runs)

    def epoch(self):
        """One pass over the data, then each run records it and decides whether to go on."""
        batches, objective, stepper = self.batches, self.objective, self.stepper
        weights = stepper.weights
        self.workspace.loss_sums[...] = 0.0
        penalty, terms = 0.0, {}
        rate = self._rates()
        batches.shuffle()
        last = batches.n_batches - 1
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for i, rows in enumerate(batches):
                batch = self.workspace.rows(rows.shape[-1])
                batches.load(batch, rows)
                objective.data_gradient(batch)  # forward, loss, backward
                batch.add_losses()
                penalty += objective.penalty(weights)
                for term, slot in batch.penalties:
                    terms[term] = terms.get(term, 0.0) + slot.penalty * batch.n_rows
                if self._per_step:
                    rate = self._rates(i / (last + 1))
                stepper.step(rate, batch.n_rows, is_last=i == last)
        self._end_epoch(self._mean_terms(penalty, terms))

    def _make_batches(self):
        return Batches(self.runs[0])

    def _make_network(self):
        return self.runs[0].network

    def _make_optimizer(self):
        return self.runs[0].optimizer

    def _end_epoch(self, terms):
        terms = {name: float(value) for name, value in terms.items()}
        self.runs[0].end_epoch(terms, self.stepper.gradient_norms)

    def _mean_terms(self, penalty, terms):
        """The parts of the epoch's mean loss: numbers, or arrays of shape (K,) for a population."""
        data_loss = self.workspace.loss_sums.sum(axis=(-2, -1))
        terms["data"] = self.objective.reported(data_loss, self.network.n_outputs)
        terms["l2"] = penalty
        return {name: total / self.batches.n_rows for name, total in terms.items()}

    def _rates(self, fraction=None):
        """The learning rates for the coming step, after ``fraction`` of the epoch."""
        run = self.runs[0]
        if fraction is not None:
            run.schedule.before_step(run.progress(fraction))
        return run.schedule.rate

    def _values(self, values, dtype=np.float64):
        """One number for each run, as the arithmetic needs them."""
        return values[0]

    def _column(self, name, dtype=np.float64):
        """A parameter of the runs."""
        return self._values([getattr(run, name) for run in self.runs], dtype)
