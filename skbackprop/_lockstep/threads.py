"""Threads that no other thread has to free."""

import threading
from queue import SimpleQueue


def start_in_thread(function, *args):
    """Call ``function`` in a daemon thread of its own.

    It is called once the caller no longer refers to the thread, so that this thread is the last to
    do so. Whoever frees a `threading.Thread` runs the callback of a weak reference, and a Ctrl-C
    that comes in a callback is lost.

    Parameters
    ----------
    function : callable
    *args
        For ``function``.

    Raises
    ------
    RuntimeError
        If no more threads can be had.
    """
    released = SimpleQueue()

    def run():
        released.get()
        function(*args)

    try:
        threading.Thread(target=run, daemon=True).start()
    finally:
        released.put(None)
