"""A case: an estimator, its parameters, and a sequence of calls with their data."""

from dataclasses import dataclass, field, replace

import numpy as np

import skbackprop

from .data import CLASSES, FRAMES, NUMBERS, Data, draw_data
from .spec import Spec
from .values import OWN, draw_params, is_tame, resolve, values_of

ESTIMATORS = [*OWN, "BackpropOutlierDetector"]
DEEP = ("BackpropAutoencoder", "BackpropOutlierDetector")
TRAIN = ("fit", "partial_fit")
COPY = ("clone", "pickle", "deepcopy")
USE = "use"  # every method that the estimator has for new data


@dataclass(frozen=True, repr=False)
class Call(Spec):
    """One call: ``fit``, ``partial_fit``, ``set_params``, a copy, or all uses of the model."""

    name: str = "fit"
    data: Data | None = None
    validation: Data | None = None
    params: dict = field(default_factory=dict)

    __hash__ = None


@dataclass(frozen=True, repr=False)
class Case(Spec):
    """What is made, and what is called."""

    estimator: str = "BackpropClassifier"
    params: dict = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    detector: dict = field(default_factory=dict)

    __hash__ = None

    @property
    def is_tame(self):
        """Whether nothing in it is extreme."""
        every = [self.params, *(call.params for call in self.calls)]
        if self.estimator in DEEP and any(params.get("solver") == "sgd" for params in every):
            return False  # their default rate is one for Adam
        data = [one for call in self.calls for one in (call.data, call.validation) if one]
        return all(is_tame(params) for params in every) and all(one.is_tame for one in data)

    @property
    def is_seeded(self):
        """Whether the random state is an integer in all calls."""
        every = [self.params, *(call.params for call in self.calls)]
        return all(type(params.get("random_state", 0)) is int for params in every)

    def plain(self):
        """The same case with the same numbers in plain arrays; None if they are so already."""
        calls = tuple(
            call
            if call.data is None or call.data.container in ("array", "list", *FRAMES)
            else replace(call, data=replace(call.data, plain=True))
            for call in self.calls
        )
        return None if calls == self.calls else replace(self, calls=calls)

    def make(self):
        """The estimator, not fitted; seeded, unless the parameters say otherwise."""
        given = {"random_state": 0, **self.params}
        params = {name: resolve(value) for name, value in given.items()}
        if self.estimator == "BackpropOutlierDetector":
            autoencoder = skbackprop.BackpropAutoencoder(**params)
            return skbackprop.BackpropOutlierDetector(autoencoder, **self.detector)
        return getattr(skbackprop, self.estimator)(**params)


def draw_case(seed):
    """The case of a seed."""
    rng = np.random.RandomState(seed)
    estimator = ESTIMATORS[rng.randint(len(ESTIMATORS))]
    kind = "BackpropAutoencoder" if estimator not in OWN else estimator
    targets = CLASSES if estimator.endswith("Classifier") else NUMBERS
    target = targets[0] if rng.uniform() < 0.5 else targets[rng.randint(len(targets))]
    odd = rng.choice([0.0, 0.1, 0.3])
    bad = rng.choice([0.0, 0.0, 0.0, 0.03])
    data = draw_data(rng, target=target, odd=odd)
    params = draw_params(rng, kind, share=rng.choice([0.05, 0.15, 0.3]), bad=bad)
    calls = [Call(name="fit" if rng.uniform() < 0.6 else "partial_fit", data=data)]
    for _ in range(rng.randint(0, 6)):
        calls.append(_draw_call(rng, kind, data, odd, bad))
    calls.append(Call(name=USE, data=replace(data, weights=None)))
    if "partial_fit" in dir(getattr(skbackprop, kind)):  # the tabular ones have no such thing
        calls = [_with_validation(rng, call) for call in calls]
    detector = {}
    if estimator not in OWN:
        detector["criterion"] = str(rng.choice(["tail_probability", "density", "reconstruction"]))
        detector["contamination"] = ["auto", 0.1, 0.5][rng.randint(3)]
    return Case(estimator=estimator, params=params, calls=tuple(calls), detector=detector)


def _draw_call(rng, kind, data, odd, bad):
    name = rng.choice(["fit", "partial_fit", "set_params", *COPY, USE, USE])
    if name == "set_params":
        values = values_of(kind)
        chosen = rng.choice(sorted(values), rng.randint(1, 4), replace=False)
        params = {str(n): values[n][rng.randint(len(values[n]))] for n in chosen}
        return Call(name="set_params", params=params)
    if name in COPY:
        return Call(name=str(name))
    other = draw_data(rng, target=data.target, odd=odd)
    if rng.uniform() > bad:
        other = replace(other, n_features=data.n_features)
    if rng.uniform() < 0.3:
        other = replace(data, seed=other.seed)
    return Call(name=str(name), data=other)


def _with_validation(rng, call):
    if call.name == "fit" and rng.uniform() < 0.1:
        return replace(call, validation=replace(call.data, seed=call.data.seed + 1, weights=None))
    return call
