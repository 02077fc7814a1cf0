"""Groups to be trained, and news of their end."""

import math
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue

_PATIENCE = 5.0  # seconds in which training that is interrupted has to end


class Jobs:
    """Groups to be trained, by whichever thread is free.

    Parameters
    ----------
    groups : list of list of Place
    """

    def __init__(self, groups):
        self._groups = groups
        self._todo = deque(groups)
        self._ended = []
        self._news = SimpleQueue()

    def take(self):
        """The next group, or None."""
        try:
            return self._todo.popleft()
        except IndexError:
            return None

    def end(self, group):
        """Tell that a group has been trained."""
        self._ended.append(group)
        self._news.put(None)

    def wait(self, deadline=math.inf):
        """Return when all groups have been trained, or at the deadline."""
        while len(self._ended) < len(self._groups) and time.monotonic() < deadline:
            with suppress(Empty):
                self._news.get(timeout=0.5)  # short, so that Ctrl-C is noticed

    def interrupt(self):
        """Begin no more groups, and end the training of the others soon."""
        while (group := self.take()) is not None:
            self.end(group)
        for place in (place for group in self._groups for place in group):
            place.run.outcome = place.run.outcome or "interrupted"
        self.wait(time.monotonic() + _PATIENCE)
