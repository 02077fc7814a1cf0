"""Make a case that fails small, so that it shows what matters."""

from dataclasses import replace

from .findings import Finding
from .run import check


def reduce_case(case, key, budget=400):
    """A smaller case with the same finding.

    Parameters
    ----------
    case : Case
    key : tuple
        ``Finding.key`` that is to stay.
    budget : int, default=400
        How many cases are tried at most.
    """
    tried = 0
    shrinking = True
    while shrinking and tried < budget:
        shrinking = False
        for smaller in _smaller(case):
            tried += 1
            if _finds(smaller, key):
                case, shrinking = smaller, True
                break
            if tried >= budget:
                break
    return case


def _finds(case, key):
    try:
        check(case)
    except Finding as finding:
        return finding.key == key
    except Exception:
        return False
    return False


def _smaller(case):
    """Cases with something left out, the largest parts first."""
    for i in range(len(case.calls)):
        yield replace(case, calls=case.calls[:i] + case.calls[i + 1 :])
    for name in case.params:
        yield replace(case, params={n: v for n, v in case.params.items() if n != name})
    for name in case.detector:
        yield replace(case, detector={n: v for n, v in case.detector.items() if n != name})
    for i, call in enumerate(case.calls):
        for other in _smaller_calls(call):
            yield replace(case, calls=(*case.calls[:i], other, *case.calls[i + 1 :]))


def _smaller_calls(call):
    if call.validation is not None:
        yield replace(call, validation=None)
    for name in call.params if len(call.params) > 1 else ():
        yield replace(call, params={n: v for n, v in call.params.items() if n != name})
    if call.data is not None:
        for field, least in (("n_samples", 1), ("n_features", 1)):
            now = getattr(call.data, field)
            for size in {least, now // 2, now - 1}:
                if least <= size < now:
                    yield replace(call, data=replace(call.data, **{field: size}))
        for data in call.data.simplified():
            if data.n_samples <= call.data.n_samples and data.n_features <= call.data.n_features:
                yield replace(call, data=data)
