"""The parameters of an estimator class, as its constructors have them."""

import functools
import inspect


@functools.cache
def init_parameters(cls):
    """The parameters of an estimator class, by name, as ``inspect.Parameter``.

    They are those named by ``__init__``, as in scikit-learn. An ``__init__`` with ``**kwargs`` has,
    besides, those of the classes above that can be passed through it: ``clone`` would otherwise
    reset them to their defaults without a word.
    """
    named, passed_on, kwargs = {}, {}, False
    for base in cls.__mro__:
        if "__init__" in vars(base):
            found = passed_on if kwargs else named
            _, *parameters = inspect.signature(base.__init__).parameters.values()
            kwargs = any(p.kind is p.VAR_KEYWORD for p in parameters)
            found |= {
                p.name: p
                for p in parameters
                if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
                and p.name not in named
                and p.name not in passed_on
            }
            if not kwargs:
                break
    return named | {name: p for name, p in passed_on.items() if _accepts(cls, p)}


def _accepts(cls, parameter):
    """Whether a parameter can be passed to ``cls``: not where ``__init__`` sets it itself."""
    try:
        cls(**{parameter.name: parameter.default})
    except TypeError:
        return False
    return True
