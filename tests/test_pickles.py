"""What pickles hold: plain values and public classes, the weights once, and the version."""

from __future__ import annotations

import copy
import inspect
import pickle
import pickletools
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pickle_cases import (
    CASES,
    LABELS,
    ONGOING,
    PUBLIC,
    TABLE,
    X,
    assert_same_outputs,
    fit,
    fitted,
    outputs,
)
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators

import skbackprop
from skbackprop import Activation, BackpropClassifier, preprocessing
from skbackprop._estimator import pickling
from skbackprop._estimator.plain import PlainValues
from skbackprop.core.activations import ACTIVATIONS
from skbackprop.core.optimizers import SGD, Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PUBLIC_NAMES = {f"{kind.__module__} {kind.__name__}" for kind in PUBLIC}


def names_in(estimator):
    """The classes and functions that a pickle refers to, as "module name"."""
    opcodes = pickletools.genops(pickle.dumps(estimator, protocol=3))  # one opcode for a name
    return {argument for opcode, argument, _ in opcodes if opcode.name == "GLOBAL"}


def round_trip(estimator):
    return pickle.loads(pickle.dumps(estimator))


def square(z, out):
    np.multiply(z, z, out=out)


def double(z, out):
    np.multiply(z, 2.0, out=out)


SQUARE = Activation("square", square, double)
LIKE_TANH = Activation("tanh", square, double)  # the name of another


# -- what is in a pickle ---------------------------------------------------------------------------


def test_there_is_a_case_for_every_public_estimator():
    names = {*skbackprop.__all__, *preprocessing.__all__}
    found = {getattr(skbackprop, name, None) or getattr(preprocessing, name) for name in names}
    assert {kind for kind in found if hasattr(kind, "get_params")} == set(PUBLIC)
    assert {type(estimator) for estimator, _, _ in CASES.values()} == set(PUBLIC)


@pytest.mark.parametrize("name", CASES)
def test_pickle_refers_to_public_classes_only(name):
    allowed = {kind.__module__ for _, kind in all_estimators()}
    for referred in names_in(fitted(name)):
        module = referred.split()[0]
        if module.startswith("skbackprop"):
            assert referred in PUBLIC_NAMES
        elif module.startswith("sklearn"):
            assert module in allowed, referred
        else:
            assert module.split(".")[0] in {"numpy", "builtins", "copyreg", "_codecs"}, referred


@pytest.mark.parametrize("name", CASES)
def test_loaded_estimator_gives_the_same(name):
    estimator = fitted(name)
    expected = outputs(name, estimator)
    loaded = round_trip(estimator)
    assert vars(loaded).keys() == vars(estimator).keys()
    assert_same_outputs(outputs(name, loaded), expected)
    assert_same_outputs(outputs(name, estimator), expected)


@pytest.mark.parametrize("name", ONGOING)
def test_loaded_estimator_goes_on_the_same(name):
    estimator = fitted(name)
    before = outputs(name, estimator)
    loaded = round_trip(round_trip(estimator))
    fit(name, loaded, n_calls=2)
    assert_same_outputs(outputs(name, estimator), before)  # the two share nothing
    fit(name, estimator, n_calls=2)
    assert_same_outputs(outputs(name, loaded), outputs(name, estimator))


@pytest.mark.parametrize("solver, n_vectors", [("adam", 3), ("sgd", 2), ("lbfgs", 1)])
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}], ids=str)
def test_size_of_what_training_goes_on_from(solver, n_vectors, params, problem):
    """The weights once, and the moments of the optimizer."""
    X, y = problem("binary")
    clf = BackpropClassifier((400, 100), solver=solver, max_iter=2, warm_start=True, **params)
    clf.fit(X, y)
    size = clf._network.params.nbytes
    assert n_vectors * size <= len(pickle.dumps(clf)) < (n_vectors + 0.1) * size


def test_detector_holds_its_autoencoder_once():
    loaded = round_trip(fitted("detector"))
    assert loaded._views.autoencoder is loaded.autoencoder_


@pytest.mark.parametrize("name", CASES)
def test_shallow_copy_gives_the_same_and_shares_the_arrays(name):
    estimator = fitted(name)
    duplicate = copy.copy(estimator)
    assert_same_outputs(outputs(name, duplicate), outputs(name, estimator))
    if hasattr(estimator, "_network"):
        assert duplicate._network is estimator._network
        W = duplicate.coefs_[0]
        duplicate.coefs_[0] = np.zeros_like(W)
        assert estimator.coefs_[0] is W


def test_tabular_estimator_is_fitted_again_after_loading():
    loaded = round_trip(fitted("tabular_classifier"))
    again = clone(loaded).fit(TABLE, LABELS)
    assert_same_outputs(
        outputs("tabular_classifier", loaded.fit(TABLE, LABELS)),
        outputs("tabular_classifier", again),
    )


def test_loaded_preprocessing_can_be_fitted():
    """Its functions are back; its parts, which have seen the sample weights, stay as they are."""
    estimator = fitted("tabular_classifier")
    before = estimator.preprocessor_.transform(TABLE)
    loaded = round_trip(estimator).preprocessor_
    assert_array_equal(loaded.transform(TABLE), before)
    assert_array_equal(estimator.preprocessor_.transform(TABLE), before)  # it was left as it is
    assert_array_equal(clone(loaded).fit(TABLE).transform(TABLE), before)


# -- activations and random states of the user -----------------------------------------------------


@pytest.mark.parametrize("activation", [SQUARE, LIKE_TANH], ids=lambda a: a.name)
def test_activation_of_the_user_stays_what_it_is(activation):
    clf = BackpropClassifier((4,), activation, max_iter=3, random_state=0).fit(X, LABELS)
    loaded = round_trip(clf)
    assert loaded.activation == activation
    assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    names = {name for name in names_in(clf) if not name.startswith(("numpy", "sklearn", "builtin"))}
    names -= {"copyreg _reconstructor"}
    own = {f"{__name__} square", f"{__name__} double", "skbackprop.core.activations Activation"}
    assert names - PUBLIC_NAMES == own


@pytest.mark.parametrize("copied", [round_trip, copy.deepcopy, copy.copy], ids=lambda f: f.__name__)
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_activation_of_the_package_is_pickled_by_name(activation, copied):
    assert copied(activation) == activation
    assert names_in(activation) <= {
        "skbackprop.core.activations Activation",
        "copyreg _reconstructor",
        "copyreg __newobj__",
        "builtins object",
    }
    clf = clone(BackpropClassifier((4,), activation, max_iter=3, random_state=0)).fit(X, LABELS)
    named = BackpropClassifier((4,), activation.name, max_iter=3, random_state=0).fit(X, LABELS)
    assert_array_equal(round_trip(clf).predict_proba(X), named.predict_proba(X))


@pytest.mark.parametrize(
    "bits",
    [
        np.random.MT19937,
        np.random.PCG64,
        np.random.PCG64DXSM,
        np.random.Philox,
        np.random.SFC64,
    ],
)
def test_random_state_goes_on(bits):
    clf = BackpropClassifier((4,), dropout=0.1, random_state=np.random.RandomState(bits(5)))
    clf.partial_fit(X, LABELS, classes=np.unique(LABELS))
    loaded = round_trip(clf)
    for estimator in (clf, loaded):
        for _ in range(2):
            estimator.partial_fit(X, LABELS)
    assert_array_equal(loaded.coefs_[0], clf.coefs_[0])


def test_random_state_of_the_user_is_left_alone():
    class Counting(np.random.RandomState):
        pass

    plain = PlainValues(Adam)
    rng = Counting(0)
    assert plain.describe(rng) is rng


# -- plain values ----------------------------------------------------------------------------------


def test_plain_values_there_and_back():
    rng = np.random.RandomState(3)
    rng.standard_normal(3)  # one is kept for the next draw
    value = {"moments": [np.ones(2), (Adam(0.8), None)], "rng": rng, "t": np.dtype("<f4")}
    plain = PlainValues(Adam)
    described = plain.describe(value)
    assert described["moments"][1][0] == {
        "class": "Adam",
        "state": {"beta_1": 0.8, "beta_2": 0.999, "epsilon": 1e-8},
    }
    assert described["moments"][0] is value["moments"][0]  # arrays are not copied
    back = plain.rebuild(pickle.loads(pickle.dumps(described)))
    assert back["moments"][1] == value["moments"][1]
    assert back["t"] == np.float32
    assert_array_equal(back["rng"].standard_normal(5), rng.standard_normal(5))


@pytest.mark.parametrize(
    "described",
    [
        {"class": "SGD", "state": {}},
        {"class": "RandomState", "state": {"bit_generator": "RandomState"}},
    ],
    ids=lambda value: value["class"],
)
def test_other_classes_are_refused(described):
    with pytest.raises(ValueError, match="is not one of"):
        PlainValues(Adam).rebuild(described)
    assert PlainValues(Adam).describe(one := SGD()) is one


# -- versions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PUBLIC)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_pickle_carries_the_version(kind, is_fitted, monkeypatch):
    name = next(name for name, (one, _, _) in CASES.items() if type(one) is kind)
    estimator = fitted(name) if is_fitted else CASES[name][0]
    with monkeypatch.context() as patch:
        patch.setattr(pickling, "__version__", "0.3.1")
        data = pickle.dumps(estimator)
    with pytest.warns(InconsistentVersionWarning) as caught:
        line, loaded = inspect.currentframe().f_lineno, pickle.loads(data)
    of_kind = [one for one in caught if one.message.estimator_name.startswith(kind.__name__)]
    assert str(of_kind[0].message).startswith(
        f"Trying to unpickle estimator {kind.__name__} of skbackprop from version 0.3.1 when using "
        f"version {skbackprop.__version__}."
    )
    assert (of_kind[0].filename, of_kind[0].lineno) == (__file__, line)
    assert not [attribute for attribute in vars(loaded) if "version" in attribute]
    if is_fitted:
        assert_same_outputs(outputs(name, loaded), outputs(name, estimator))


@pytest.mark.parametrize("name", CASES)
def test_no_warning_for_the_same_version(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        round_trip(make_pipeline(fitted(name)))


def test_no_version_is_an_older_one():
    state = CASES["scaler"][0].__getstate__()
    assert state.pop("_skbackprop_version") == skbackprop.__version__
    with pytest.warns(InconsistentVersionWarning, match="from version pre-0.2.0 when"):
        preprocessing.SmoothClipScaler().__setstate__(state)


def test_subclass_carries_the_version_too():
    state = SubclassOfUser(2).__getstate__()
    assert state["_skbackprop_version"] == skbackprop.__version__
    assert round_trip(SubclassOfUser(2)).scale == 2


class SubclassOfUser(BackpropClassifier):
    def __init__(self, scale=1):
        super().__init__()
        self.scale = scale


@pytest.mark.parametrize("name", ["classifier", "detector", "tabular_regressor"])
def test_state_of_another_version_that_cannot_be_read(name):
    """The error says what to do; in a file of the same version it is the error itself."""
    estimator = fitted(name)
    state = estimator.__getstate__()
    attribute = {"classifier": "_network", "detector": "_tails"}.get(name, "_kinds")
    state[attribute] = {"class": "Renamed", "state": {}}
    with pytest.raises(ValueError, match=r"^'Renamed' is not one of"):
        clone(estimator).__setstate__(state)
    state["_skbackprop_version"] = "0.9.0"
    with (
        pytest.warns(InconsistentVersionWarning),
        pytest.raises(
            ValueError,
            match=f"saved by skbackprop 0.9.0 and cannot be loaded by skbackprop "
            f"{skbackprop.__version__}. Load it with the version that saved it, or fit it again",
        ),
    ):
        clone(estimator).__setstate__(state)


def test_unknown_layer():
    state = fitted("classifier").__getstate__()
    state["_network"]["state"]["layers"][0]["type"] = "base"
    with pytest.raises(ValueError, match="Unknown layer 'base'"):
        BackpropClassifier().__setstate__(state)
