"""The meeting point: where the fits of different tasks wait to be trained together."""

from contextvars import copy_context

from sklearn import get_config

from .groups import make_groups
from .workers import Workers

_MAX_BYTES = 1 << 30  # of data that may wait


class Place:
    """A run that waits at the meeting point, and how to train it.

    Parameters
    ----------
    task : Task
    run : Run
    alone : callable() -> list of str
        Trains it by itself.
    """

    def __init__(self, task, run, alone):
        self.task = task
        self.run = run
        self.alone = alone
        self.config = get_config()
        self.context = copy_context()
        self.messages = []
        self.error = None

    def result(self):
        """What the user is to be warned of; raises what the training raised."""
        if self.error is not None:
            raise self.error
        return self.messages


class Meeting:
    """Trains the runs of all who wait.

    Parameters
    ----------
    n_threads : int
        Threads to train in.
    max_members : int
        Runs that may wait.

    Attributes
    ----------
    places : dict of Task to Place
        Who waits.
    """

    def __init__(self, n_threads, max_members):
        self.max_members = max_members
        self.places = {}
        self._data = {}
        self._workers = Workers(n_threads)

    def arrive(self, task, run, alone):
        """Take a place."""
        place = self.places[task] = Place(task, run, alone)
        for array in (run.X, run.Y):
            self._data[id(array)] = array.data.nbytes
        return place

    @property
    def is_full(self):
        """Whether no more should come before the training."""
        return len(self.places) >= self.max_members or sum(self._data.values()) > _MAX_BYTES

    def dismiss(self, task):
        """Let ``task`` wait no longer."""
        self.places.pop(task, None)

    def hold(self):
        """Train the runs of all who wait; returns their tasks."""
        places, self.places, self._data = self.places, {}, {}
        self._workers.train(make_groups(places.values(), self._workers.n_threads))
        return list(places)
