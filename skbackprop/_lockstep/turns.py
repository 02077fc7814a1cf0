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
        self._running = None
        self._given_back = SimpleQueue()

    # -- for callers ------------------------------------------------------------------------------

    def open(self):
        """A new call, without tasks."""
        caller = running_task()
        if caller is not None and caller.abandoned:
            raise GivenUp
        call = Call()
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
        call.unfinished.difference_update(call.fresh)
        call.fresh.clear()
        for task in call.unfinished:
            if task.waits_at is not None:
                self._send_on(task)
        if caller is None:
            self._see_out(call)
        elif not call.is_settled:
            call.waiter = caller
            caller.wait(call, draining=True)

    def _see_out(self, call):
        """Give last turns; what does not end in time is left to itself."""
        deadline = time.monotonic() + _PATIENCE
        try:
            if self._running is not None:
                self._await(self._running, deadline)
            while call.unfinished:
                self._next_turn(deadline)
        except (Empty, RuntimeError):
            pass
        finally:
            self._abandon()

    def _abandon(self):
        """Wake all tasks that are left: they end without a turn."""
        for task in list(self._begun):
            task.abandoned = True
            if task.has_begun:
                task.go_on()
        for call in self._calls:
            call.fresh.clear()
            call.unfinished.clear()
        self._begun.clear()
        self._ready.clear()
        self.meeting.clear()
        self._running = None

    # -- for tasks --------------------------------------------------------------------------------

    def give_back(self, task):
        """End a turn of ``task``."""
        self._given_back.put(task)

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
        own = surroundings()
        surround(task.surroundings)
        self._running = task
        self._begun.add(task)
        try:
            task.go_on()
            self._await(task, deadline)
        finally:
            task.surroundings = surroundings()
            surround(own)

    def _await(self, task, deadline=None):
        """Wait until ``task`` gives the turn back; raises ``Empty`` at the deadline."""
        while True:
            left = 1.0 if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                if self._given_back.get(timeout=left) is task:
                    break
            except Empty:
                if deadline is not None:
                    raise
        self._running = None
