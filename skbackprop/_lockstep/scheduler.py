"""The scheduler: lets one task run at a time, until it waits or ends.

Running one at a time keeps the tasks in their order, and all that is not training free of races:
what a task changes for the whole process, such as the filters of warnings, is in force in its own
turns only.

Where the first task of a call has nothing to wait for, the next ones run in the caller's thread as
they would without lockstep, until one has.

A task may be blocked by another one that waits: tasks that hold a lock around ``fit``, for example.
One that makes no progress for a while is therefore set aside, and the others go on without it. From
then on no fit waits for others until the outermost call has ended.
"""

import sys
import time
from collections import deque
from queue import Empty, SimpleQueue

from .tasks import Call, Cancelled, Task, running_task, set_warning_state, warning_state

_GRACE = 5.0  # seconds in which cancelled tasks have to end
_POLL = 0.2  # seconds between two looks at the task that runs
_STALLED = 1.0  # seconds in which the whole process does nothing
_STILL = 10.0  # seconds in which a thread stays at one instruction, while others work
_MAX_STARTED = 2  # tasks that have started and not ended, in multiples of the fits that may wait


class Scheduler:
    """Gives the turn to one task after the other; when all wait, has their fits trained.

    It runs in the thread that made the outermost call: the one that Ctrl-C interrupts.

    Parameters
    ----------
    meeting : Meeting

    Attributes
    ----------
    fits_wait : bool
        Whether fits wait for those of other tasks.
    """

    def __init__(self, meeting):
        self.meeting = meeting
        self.fits_wait = True
        self._calls = []
        self._started = set()  # tasks that have not ended
        self._ready = deque()
        self._set_aside = []  # tasks that have the turn and do not use it
        self._n_waits = 0  # fits that have waited, or should have
        self._running = self._outside = None
        self._returned = SimpleQueue()

    # -- for callers ------------------------------------------------------------------------------

    def open(self):
        """A new call, without tasks."""
        caller = running_task()
        if caller is not None and caller.abandoned:
            raise Cancelled
        call = Call(caller)
        self._calls.append(call)
        return call

    def close(self, call):
        """Forget a call."""
        self._calls.remove(call)
        if not self._calls:
            self.fits_wait = True

    def add(self, call, function, callback):
        """Add a task to a call; it starts when the call is completed."""
        task = Task(self, call, function, callback)
        call.pending.append(task)
        call.unfinished.add(task)
        return task

    def withdraw(self, call):
        """Take the tasks of ``call`` that have not started; their results come another way."""
        tasks = list(call.pending)
        call.pending.clear()
        call.unfinished.difference_update(tasks)
        return tasks

    def complete(self, call):
        """Return when all tasks of ``call`` have ended, or one has failed."""
        caller = running_task()
        if caller is None:
            while not call.is_settled:
                self._advance()
        elif not call.is_settled:
            call.waiter = caller
            caller.wait(call)

    def cancel(self, call):
        """Make the tasks of ``call`` end where they wait, and return when they have ended."""
        caller = running_task()
        call.failed = call.cancelled = True
        if caller is None:
            self._cancel_from_outside(call)
            return
        self._release(call)
        if not call.is_settled:
            call.waiter = caller
            caller.wait(call, draining=True)

    def _release(self, call):
        """Start no more tasks of ``call``; those that wait are ready for their last turn."""
        call.unfinished.difference_update(call.pending)
        call.pending.clear()
        for task in call.unfinished:
            if task.waits_at is not None:
                self._make_ready(task)

    def _cancel_from_outside(self, call):
        """Give the tasks of ``call`` their last turns; abandon those that do not end in time."""
        deadline = time.monotonic() + _GRACE
        try:
            if self._running is not None:  # Ctrl-C came in its turn
                self._await_return(self._running, deadline)
            self._release(call)
            while call.unfinished:
                self._advance(deadline)
        except (Empty, RuntimeError):
            pass
        finally:
            if call.unfinished:
                self._abandon(call)

    def _abandon(self, call):
        """Wake what is left of the tasks of ``call``, and of theirs: they end without a turn."""
        if self._running is not None:
            set_warning_state(self._outside)
            self._running = None
        call.pending.clear()
        call.unfinished.clear()
        for task in [task for task in self._started if task.descends_from(call)]:
            task.abandoned = True
            self._started.discard(task)
            self.meeting.remove(task)
            task.call.pending.clear()
            task.call.unfinished.clear()
            if task.has_started:
                task.resume()
        self._ready = deque(task for task in self._ready if not task.abandoned)
        self._set_aside = [task for task in self._set_aside if not task.abandoned]

    def is_worth_waiting(self, jobs):
        """Whether the jobs of a fit, which are about to be trained, should wait for others."""
        is_worth = self.fits_wait and self.meeting.is_worth_waiting(jobs)
        self._n_waits += is_worth
        return is_worth

    # -- for tasks --------------------------------------------------------------------------------

    def return_turn(self, task):
        """Take the turn back from ``task``."""
        task.has_turn = False
        self._returned.put(None)  # wakes the scheduler, which looks at has_turn

    def end(self, task):
        """Take the last turn back from ``task``."""
        if not task.abandoned:
            self._started.discard(task)
            call = task.call
            call.unfinished.discard(task)
            if call.needs_threads is None:
                call.needs_threads = self._n_waits > task.n_waits
            if call.is_settled and call.waiter is not None:
                self._make_ready(call.waiter)
            self.return_turn(task)

    # -- turns ------------------------------------------------------------------------------------

    def _make_ready(self, task):
        """Let ``task`` wait for nothing but its turn."""
        if task.abandoned:
            return
        task.waits_at.remove(task)
        task.waits_at = None
        self._ready.append(task)

    def _advance(self, deadline=None):
        """Give the turn to the next task; where there is none, train the fits that wait."""
        self._set_aside = [task for task in self._set_aside if task.has_turn]
        task = self._next_task()
        if task is not None and self._can_run_here(task):
            self._run_here(task)
        elif task is not None:
            self._give_turn(task, deadline)
        elif self.meeting.fits:
            for waiting in self.meeting.train():
                self._make_ready(waiting)
        elif self._set_aside:
            self._await_return(self._set_aside.pop(0), deadline)
        else:
            raise RuntimeError("No task can go on.")

    def _next_task(self):
        """A task to resume or else to start, innermost calls first; None if others come first."""
        if self._ready:
            return self._ready.popleft()
        if self._may_start:
            for call in reversed(self._calls):
                if call.pending:
                    return call.pending.popleft()
        return None

    @property
    def _may_start(self):
        """Whether one more task may start before the fits that wait are trained."""
        if not self.meeting.fits:
            return not self._set_aside
        return (
            not self._set_aside
            and not self.meeting.is_full
            and len(self._started) < _MAX_STARTED * self.meeting.max_members
        )

    def _can_run_here(self, task):
        """Whether ``task`` can do without a thread: it will not wait, and nobody else does."""
        is_innermost = task.call is self._calls[-1]
        return task.call.needs_threads is False and is_innermost and not self._started

    def _run_here(self, task):
        """Run ``task`` from beginning to end in this thread."""
        call, outside, n_waits = task.call, warning_state(), self._n_waits
        set_warning_state(call.warning_state)
        try:
            task.run_here()
        finally:
            call.unfinished.discard(task)
            call.needs_threads = self._n_waits > n_waits  # True is for good
            set_warning_state(outside)

    def _give_turn(self, task, deadline=None):
        """Let ``task`` run until it returns the turn."""
        if not task.has_started:
            self._started.add(task)
            task.n_waits = self._n_waits
        self._await_return(task, deadline, resume=True)

    def _await_return(self, task, deadline=None, *, resume=False):
        """Wait until ``task`` returns the turn, under its own warning filters.

        It is set aside if it makes no progress while others could. At the deadline, ``Empty`` is
        raised. Ctrl-C ends the waiting, but not the turn: see ``_cancel_from_outside``.
        """
        if self._running is not task:
            self._running, self._outside = task, warning_state()
            set_warning_state(task.warning_state)
        if resume:
            task.resume()
        progress = Progress(task)
        while task.has_turn:
            left = _POLL if deadline is None else min(_POLL, max(0.0, deadline - time.monotonic()))
            try:
                self._returned.get(timeout=left)
            except Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    raise
                if (self.meeting.fits or self._ready) and progress.has_stopped():
                    self._set_aside.append(task)
                    self.fits_wait = False
                    break
        task.warning_state = warning_state()
        set_warning_state(self._outside)
        self._running = None


class Progress:
    """Tells whether a task that has the turn still gets on.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task):
        self._task = task
        self._place, self._arrived = None, 0.0  # the present instruction, and since when
        self._idle_since, self._cpu_time = time.monotonic(), time.process_time()

    def has_stopped(self):
        """Whether the process has been idle for a while, or the task at one instruction for long.

        The task may be blocked and not merely slow; and if it is only slow, to go on without it
        does no harm.
        """
        now, cpu_time = time.monotonic(), time.process_time()
        if cpu_time - self._cpu_time > 0.05 * (now - self._idle_since):
            self._idle_since, self._cpu_time = now, cpu_time
        frame = sys._current_frames().get(self._task.thread_id)
        place = None if frame is None else (id(frame), frame.f_lasti)
        if place != self._place:
            self._place, self._arrived = place, now
        return now - self._idle_since > _STALLED or now - self._arrived > _STILL
