"""Tasks: functions in threads of their own, of which one runs at a time."""

import sys
import threading
import warnings
from collections import deque
from contextvars import ContextVar, copy_context
from queue import SimpleQueue

from .._estimator.context import meeting_point
from .._estimator.dispatch import train_here
from .._estimator.warn import user_frame
from .threads import start_in_thread

_running: ContextVar = ContextVar("running", default=None)

_WARNING_STATE = ("filters", "showwarning", "_showwarnmsg_impl")  # what catch_warnings restores


def running_task():
    """The task in whose thread this is called, or None."""
    task = _running.get()
    return task if task is not None and task.is_here else None


def warning_state():
    """How the process filters and shows warnings at present."""
    return tuple(getattr(warnings, name, None) for name in _WARNING_STATE)


def set_warning_state(state):
    """Make the process filter and show warnings as it did when ``state`` was taken."""
    if all(new is old for new, old in zip(state, warning_state(), strict=True)):
        return
    for name, value in zip(_WARNING_STATE, state, strict=True):
        if value is not None:
            setattr(warnings, name, value)
    with warnings.catch_warnings():  # tells the module that the filters have changed
        pass


class UserLine:
    """The line of the user's code from which this is called, for warnings to point at.

    A warning looks for that line up the stack, where a thread has nothing of the caller's. ``run``
    puts a frame there that has the caller's file, line, module and registry of warnings.
    """

    def __init__(self):
        frame, _ = user_frame(sys._getframe(1))
        self._globals = {
            "__name__": frame.f_globals.get("__name__", "__main__"),
            "__warningregistry__": frame.f_globals.setdefault("__warningregistry__", {}),
        }
        source = "\n" * (frame.f_lineno - 1) + "function()"
        self._code = compile(source, frame.f_code.co_filename, "exec")

    def run(self, function):
        """Call ``function`` as if from the user's line."""
        exec(self._code, self._globals | {"function": function})


class Cancelled(BaseException):
    """Raised in a task whose result is no longer wanted, where it waits."""


class Call:
    """The tasks of one call of ``joblib.Parallel``.

    Parameters
    ----------
    caller : Task or None
        The task that makes the call, if it is made in a task.

    Attributes
    ----------
    context : contextvars.Context
        Copied for each task.
    line : UserLine
    warning_state : tuple
        That of the caller, in which the tasks begin.
    pending : deque of Task
        Not yet started.
    unfinished : set of Task
        Not yet ended, in whatever way.
    needs_threads : bool or None
        Whether a fit in its tasks may gain from waiting, which it can only in a thread of its own.
        None until the first task has ended.
    failed : bool
        Whether a task has raised.
    cancelled : bool
        Whether the results are no longer wanted.
    waiter : Task
        The caller, while it waits for the call to be settled.
    """

    def __init__(self, caller):
        self.caller = caller
        self.context = copy_context()
        self.line = UserLine()
        self.warning_state = warning_state()
        self.pending = deque()
        self.unfinished = set()
        self.needs_threads = None
        self.failed = self.cancelled = False
        self.waiter = None

    @property
    def is_settled(self):
        """Whether all tasks have ended; or one has failed and the others are not yet cancelled."""
        return not self.unfinished or (self.failed and not self.cancelled)

    def remove(self, task):
        """Let ``task`` wait no longer."""
        self.waiter = None


class Task:
    """A function to be called in a thread that runs only while it has the turn.

    Parameters
    ----------
    scheduler : Scheduler
    call : Call
    function : callable
    callback : callable
        Called at the end, still in turn, with a pair (result, exception), one of them None.

    Attributes
    ----------
    warning_state : tuple
        In which the task goes on when it has the turn again.
    has_turn : bool
    abandoned : bool
        Whether the scheduler no longer counts on the task: it ends without a turn.
    waits_at : Call or Meeting
        What it waits for, or None.
    n_waits : int
        How often fits had waited when the task was started.
    has_started : bool
        Whether the task has had a turn.
    thread_id : int
        The identifier of the task's thread, while there is one.
    """

    def __init__(self, scheduler, call, function, callback):
        self.scheduler = scheduler
        self.call = call
        self.warning_state = call.warning_state
        self.has_turn = False
        self.abandoned = False
        self.waits_at = None
        self.n_waits = 0
        self.function = function
        self.callback = callback
        self.has_started = False
        self.thread_id = None
        self._turn = SimpleQueue()

    @property
    def is_here(self):
        """Whether this is the thread of the task."""
        return threading.get_ident() == self.thread_id

    def descends_from(self, call):
        """Whether the task belongs to ``call``, or to a call of one of its tasks."""
        task = self
        while task is not None and task.call is not call:
            task = task.call.caller
        return task is not None

    def resume(self):
        """Start the task, or let it go on from where it waits."""
        self.has_turn = True
        if self.has_started:
            self._turn.put(None)
            return
        self.has_started = True
        try:
            start_in_thread(self.call.context.copy().run, self.call.line.run, self._work)
        except RuntimeError:  # no more threads can be had
            self.has_started = False
            raise

    def _work(self):
        self.thread_id = threading.get_ident()
        _running.set(self)
        meeting_point.set(self._meet)
        try:
            self._call_function()
        finally:
            self.thread_id = None  # the next thread may get it
            self.scheduler.end(self)

    def run_here(self):
        """Call the function in this thread; fits in it are trained at once."""
        self.call.context.copy().run(self._work_here)

    def _work_here(self):
        _running.set(None)
        meeting_point.set(self._do_not_meet)
        self._call_function()

    def _call_function(self):
        result = error = None
        try:
            result = self.function()
        except BaseException as raised:
            error = raised
            self.call.failed = True
        try:
            self.callback((result, error))
        finally:
            self.function = self.callback = None  # they hold data

    def _meet(self, jobs):
        """Have the jobs of a fit trained together with those of other tasks."""
        if not self.is_here:  # in a thread that the task has started
            train_here(jobs)
            return
        if self.abandoned:
            raise Cancelled
        if self.scheduler.is_worth_waiting(jobs):
            self.scheduler.meeting.add(self, jobs)
            self.wait(self.scheduler.meeting)
        else:
            train_here(jobs)

    def _do_not_meet(self, jobs):
        """Train the jobs of a fit, which is known too late to be worth waiting, if it is."""
        self.scheduler.is_worth_waiting(jobs)
        train_here(jobs)

    def wait(self, where, *, draining=False):
        """Return the turn, and wait until the scheduler resumes the task.

        Parameters
        ----------
        where : Call or Meeting
            What the task waits for.
        draining : bool, default=False
            Whether to wait in spite of having been cancelled.

        Raises
        ------
        Cancelled
            If the task's result is no longer wanted, unless ``draining``.
        """
        if not self.abandoned:
            self.waits_at = where
            self.scheduler.return_turn(self)
            self._turn.get()
            self.waits_at = None
        if not draining and (self.abandoned or self.call.cancelled):
            raise Cancelled
