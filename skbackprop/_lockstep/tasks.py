"""Tasks: functions in threads of their own, that run in turns."""

import threading
from collections import deque
from contextvars import ContextVar, copy_context
from queue import SimpleQueue

from ..core.solve import together
from .surroundings import surroundings

_running: ContextVar = ContextVar("running", default=None)


def running_task():
    """The task in whose thread we are, or None."""
    task = _running.get()
    return task if task is not None and task.is_here else None


class GivenUp(BaseException):
    """Raised where a task waits, when its result is no longer wanted."""


class Call:
    """The tasks of one call of ``joblib.Parallel``.

    Parameters
    ----------
    caller : Task or None
        The task that makes the call.

    Attributes
    ----------
    context : contextvars.Context
    surroundings : tuple
        In which its tasks begin: those of the caller.
    fresh : deque of Task
        Not yet begun.
    unfinished : set of Task
        Not yet ended, in whatever way.
    waiter : Task
        The caller, while it waits for the call to be settled.
    """

    def __init__(self, caller):
        self.caller = caller
        self.context = copy_context()
        self.surroundings = surroundings()
        self.fresh = deque()
        self.unfinished = set()
        self.failed = self.given_up = False
        self.waiter = None

    @property
    def is_settled(self):
        """Whether all tasks have ended; or one has failed, until the others are given up."""
        return not self.unfinished or (self.failed and not self.given_up)

    def dismiss(self, task):
        """Let ``task`` wait no longer."""
        self.waiter = None


class Task:
    """A function to be called in a thread that runs in turns.

    Parameters
    ----------
    turns : Turns
    call : Call
    function : callable
    callback : callable
        Called at the end, still in turn, with a pair (result, exception), one of them None.
    """

    def __init__(self, turns, call, function, callback):
        self.turns = turns
        self.call = call
        self.surroundings = call.surroundings
        self.has_turn = False
        self.abandoned = False
        self.waits_at = None
        self._function = function
        self._callback = callback
        self._turn = SimpleQueue()
        self._thread = None

    @property
    def is_here(self):
        """Whether this is the thread of the task."""
        return threading.current_thread() is self._thread

    @property
    def has_begun(self):
        """Whether the task has had a turn."""
        return self._thread is not None

    def descends_from(self, call):
        """Whether the task belongs to ``call``, or to a call of one of its tasks."""
        task = self
        while task is not None and task.call is not call:
            task = task.call.caller
        return task is not None

    def go_on(self):
        """Take a turn: begin, or go on from where the task waits."""
        self.has_turn = True
        if not self.has_begun:
            context = self.call.context.copy()
            self._thread = threading.Thread(target=context.run, args=(self._work,), daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads can be had
                self._thread = None
                raise
        else:
            self._turn.put(None)

    def _work(self):
        _running.set(self)
        together.set(self._meet)
        result = error = None
        try:
            result = self._function()
        except BaseException as raised:
            error = raised
            self.call.failed = True
        try:
            self._callback((result, error))
        finally:
            self._function = self._callback = None  # they hold data
            self.turns.end(self)

    def _meet(self, run, alone):
        """Have ``run`` trained together with those of other tasks; see ``core.solve``."""
        if not self.is_here:  # in a thread of the task's own making
            return alone()
        if self.abandoned:
            raise GivenUp
        meeting = self.turns.meeting
        place = meeting.arrive(self, run, alone)
        self.wait(meeting)
        return place.result()

    def wait(self, where, *, draining=False):
        """Give the turn away, until ``where`` sends the task on.

        Raises
        ------
        GivenUp
            If the task's result is no longer wanted, unless ``draining``.
        """
        if not self.abandoned:
            self.waits_at = where
            self.turns.give_back(self)
            self._turn.get()
            self.waits_at = None
        if not draining and (self.abandoned or self.call.given_up):
            raise GivenUp
