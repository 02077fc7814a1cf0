"""Fits in lockstep give what each gives alone."""

import warnings

import numpy as np
from joblib import Parallel, delayed

import skbackprop

from .findings import Finding
from .uses import close
from .values import OWN, is_tabular

_SHARE = 8  # one case of so many is tried: threads have to be started


def check_lockstep(case):
    """Two fits of the first call's data, that differ in their seed; returns how many were made."""
    data = case.calls[0].data if case.calls and case.calls[0].name == "fit" else None
    if data is None or data.seed % _SHARE or case.calls[0].validation is not None:
        return 0
    if case.estimator not in OWN or is_tabular(case.estimator) or not case.is_tame:
        return 0

    def fitted(seed):
        try:
            model = case.make().set_params(random_state=seed)
            model.fit(data.X(), data.y(), sample_weight=data.sample_weight())
            return model.predict(data.X())
        except Exception as error:  # whether it is documented was seen before
            return str(error)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = [fitted(seed) for seed in (0, 1)]
        with skbackprop.lockstep():
            together = Parallel(n_jobs=2)(delayed(fitted)(seed) for seed in (0, 1))
    for one, other in zip(alone, together, strict=True):
        if isinstance(one, str) or isinstance(other, str):
            same = isinstance(one, str) and isinstance(other, str)
        elif np.asarray(one).dtype.kind == "f":
            same = close(other, one, 1e-2 if one.dtype == np.float32 else 1e-5)
        else:
            same = True  # ties among labels
        if not same:
            raise Finding("another result in lockstep", f"{one!r:.200}, {other!r:.200}")
    return 4
