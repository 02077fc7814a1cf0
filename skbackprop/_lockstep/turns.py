"""Turns: one task runs at a time, until it waits or ends.

Taking turns keeps the tasks in their order, and all that is not training free of races: what a task
changes for the whole process, as the filters of warnings, is in force in its own turns only.
"""

import time
from collections import deque
from queue import Empty, SimpleQueue

from .surroundings import surround, surroundings
from .tasks import Call, GivenUp, Task, running_task

_PATIENCE = 5.0  # seconds in which tasks that are given up have to end


class Turns:
    """Gives turns to tasks; when all of them wait, holds the meeting that they wait for.

    Turns are given in the thread that made the outermost call; so Ctrl-C finds it waiting.

    Parameters
    ----------
    meeting : Meeting
    """

    def __init__(self, meeting):
        self.meeting = meeting
        self._calls = []
        self._begun = set()  # and not ended
        self._ready = deque()
        self._running = self._outside = None
        self._given_back = SimpleQueue()

    # -- for callers ------------------------------------------------------------------------------

    def open(self):
        """A new call, without tasks."""
        caller = running_task()
        if caller is not None and caller.abandoned:
            raise GivenUp
        call = Call(caller)
        self._calls.append(call)
        return call

    def close(self, call):
        """Forget a call."""
        self._calls.remove(call)

    def add(self, call, function, callback):
        """Add a task to a call; it begins when the call is completed."""
        task = Task(self, call, function, callback)
        call.fresh.append(task)
        call.unfinished.add(task)
        return task

    def complete(self, call):
        """Return when all tasks of ``call`` have ended, or one has failed."""
        caller = running_task()
        if caller is None:
            while not call.is_settled:
                self._next_turn()
        elif not call.is_settled:
            call.waiter = caller
            caller.wait(call)

    def give_up(self, call):
        """Make the tasks of ``call`` end where they wait, and return when they have ended."""
        caller = running_task()
        call.failed = call.given_up = True
        if caller is None:
            self._see_out(call)
            return
        self._send_home(call)
        if not call.is_settled:
            call.waiter = caller
            caller.wait(call, draining=True)

    def _send_home(self, call):
        """Begin no more tasks of ``call``, and let no other wait for anything but a last turn."""
        call.unfinished.difference_update(call.fresh)
        call.fresh.clear()
        for task in call.unfinished:
            if task.waits_at is not None:
                self._send_on(task)

    def _see_out(self, call):
        """Give last turns; what does not end in time is left to itself."""
        deadline = time.monotonic() + _PATIENCE
        try:
            if self._running is not None:  # Ctrl-C came in its turn
                self._await(self._running, deadline)
            self._send_home(call)
            while call.unfinished:
                self._next_turn(deadline)
        except (Empty, RuntimeError):
            pass
        finally:
            if call.unfinished:
                self._abandon(call)

    def _abandon(self, call):
        """Wake what is left of the tasks of ``call``, and of theirs: they end without a turn."""
        if self._running is not None:
            surround(self._outside)
            self._running = None
        call.fresh.clear()
        call.unfinished.clear()
        for task in [task for task in self._begun if task.descends_from(call)]:
            task.abandoned = True
            self._begun.discard(task)
            self.meeting.dismiss(task)
            task.call.fresh.clear()
            task.call.unfinished.clear()
            if task.has_begun:
                task.go_on()
        self._ready = deque(task for task in self._ready if not task.abandoned)

    # -- for tasks --------------------------------------------------------------------------------

    def give_back(self, task):
        """End a turn of ``task``."""
        task.has_turn = False
        self._given_back.put(None)  # wakes; what counts is ``has_turn``

    def end(self, task):
        """End the last turn of ``task``."""
        if not task.abandoned:
            self._begun.discard(task)
            call = task.call
            call.unfinished.discard(task)
            if call.is_settled and call.waiter is not None:
                self._send_on(call.waiter)
            self.give_back(task)

    # -- turns ------------------------------------------------------------------------------------

    def _send_on(self, task):
        """Let ``task`` wait for nothing but its turn."""
        if task.abandoned:
            return
        task.waits_at.dismiss(task)
        task.waits_at = None
        self._ready.append(task)

    def _next_turn(self, deadline=None):
        """Give a turn to the task that is next, or hold the meeting."""
        task = self._next()
        if task is not None:
            self._give_turn(task, deadline)
        elif self.meeting.places:
            for present in self.meeting.hold():
                self._send_on(present)
        else:
            raise RuntimeError("No task can go on.")

    def _next(self):
        """A task to go on or, unless the meeting is full, to begin: innermost calls first."""
        if self._ready:
            return self._ready.popleft()
        if not self.meeting.is_full:
            for call in reversed(self._calls):
                if call.fresh:
                    return call.fresh.popleft()
        return None

    def _give_turn(self, task, deadline=None):
        """Let ``task`` go on, in its surroundings."""
        self._running, self._outside = task, surroundings()
        self._begun.add(task)
        surround(task.surroundings)
        task.go_on()
        self._await(task, deadline)

    def _await(self, task, deadline=None):
        """Wait until ``task`` gives the turn back; raises ``Empty`` at the deadline.

        Ctrl-C ends the waiting, but not the turn: see ``_see_out``.
        """
        while task.has_turn:
            left = 1.0 if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                self._given_back.get(timeout=left)
            except Empty:
                if deadline is not None:
                    raise
        task.surroundings = surroundings()
        surround(self._outside)
        self._running = None
