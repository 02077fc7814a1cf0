"""Ensembles: members that see the same batches, each without the rows that it leaves out.

All members draw the rows of a step together, so a batch is gathered once; a row that a member
leaves out has weight zero in its loss. Afterwards, the rows that a member has never seen are an
honest test of it.
"""

import numpy as np

from ..prediction import feed_forward
from .minibatch import Steps
from .objective import L2Penalty


class SharedBatches:
    """Mini-batches that all members of an ensemble share; a short last batch is dropped.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_outputs) or (K, n_samples, n_outputs)
        Targets; a member's own where there is a leading axis.
    sample_weight : ndarray of shape (K, n_samples, 1)
        Zero where a member leaves a row out.
    batch_size : int
    rng : numpy.random.RandomState
    """

    is_sparse = False
    is_weighted = True
    shares_rows = True

    def __init__(self, X, Y, sample_weight, batch_size, rng):
        self.batch_size = min(batch_size, len(X))
        self.n_batches = len(X) // self.batch_size
        self.n_rows = self.n_batches * self.batch_size
        self._X, self._Y, self._sample_weight, self._rng = X, Y, sample_weight, rng
        self._order = np.arange(len(X))

    @property
    def shares_targets(self):
        """Whether all members have the same targets."""
        return self._Y.ndim == 2

    def shuffle(self):
        """Draw the order of a new epoch."""
        self._rng.shuffle(self._order)

    def __iter__(self):
        """Yield the rows of each batch."""
        for start in range(0, self.n_rows, self.batch_size):
            yield self._order[start : start + self.batch_size]

    def load(self, batch, rows):
        """Gather the rows into the buffers of a pass."""
        self._X.take(rows, 0, batch.x, "clip")
        self._Y.take(rows, self._Y.ndim - 2, batch.y, "clip")
        self._sample_weight.take(rows, 1, batch.sample_weight, "clip")


def train_ensemble(network, batches, loss, solver, on_epoch):
    """Train the members of a population on shared batches, in place.

    Parameters
    ----------
    network : Network
        A population of K.
    batches : SharedBatches
    loss : Loss
    solver : MiniBatch
        Its optimizer, schedule, ``max_iter`` and ``bias_rate`` count.
    on_epoch : callable(epoch, loss) -> bool
        Called after each epoch, counted from 1, with its mean loss, an array of shape (K,); True
        stops the training.
    """
    moments = [np.zeros_like(network.params) for _ in solver.optimizer.moment_names]
    steps = Steps(
        network,
        batches,
        loss,
        solver.optimizer,
        moments,
        0,
        L2Penalty(0.0),
        [None] * len(network.params),
        bias_rate=solver.bias_rate,
    )
    for epoch in range(solver.max_iter):

        def rate(fraction, epoch=epoch):
            progress = (epoch + fraction) / solver.max_iter
            return solver.schedule.rate(n_samples=0, n_plateaus=0, progress=progress)

        terms, _ = steps.epoch(rate)
        if on_epoch(epoch + 1, terms["data"]):
            return


def member(network, k):
    """Member ``k`` of a population, on its own; a view."""
    return network.of_layers(network.layers, network.params[k], network.state[k])


def left_out_scores(network, X, folds):
    """The raw scores of each member on the rows that it has left out.

    Parameters
    ----------
    network : Network
        A population of K.
    X : ndarray of shape (n_samples, n_features)
        Rows in the order of the folds.
    folds : list of slice
        The rows that each member leaves out; together they are all.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    """
    scores = np.empty((len(X), network.n_outputs), network.params.dtype)
    for k, rows in enumerate(folds):
        if rows.stop > rows.start:
            scores[rows] = feed_forward(member(network, k), X[rows])
    return scores
