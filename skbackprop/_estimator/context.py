"""The context variables of the package: the only paths that are not arguments.

====================  =======================================  ===================================
variable              set by                                   read by
====================  =======================================  ===================================
``meeting_point``     the tasks of ``skbackprop.lockstep``     ``dispatch.train``
``watcher``           ``skbackprop.inspection.watch``          ``callbacks.train_observed``
``messages_given``    ``warn.each_message_once``               ``warn.warn_user``
====================  =======================================  ===================================
"""

from contextvars import ContextVar

#: ``callable(jobs)``: trains jobs together with those of other fits, in place. None: train here.
meeting_point: ContextVar = ContextVar("meeting_point", default=None)

#: ``callable(estimator, job) -> bool``: sees the start and each epoch of the fits in its context;
#: True stops the training. None: nobody watches.
watcher: ContextVar = ContextVar("watcher", default=None)

#: Messages of the warnings so far, each of which is given once. None: all are given.
messages_given: ContextVar = ContextVar("messages_given", default=None)
