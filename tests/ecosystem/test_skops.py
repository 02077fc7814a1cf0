"""skops asks for trust in public classes only, and loads what it saved."""

from __future__ import annotations

import numpy as np
import pytest
from pickle_cases import (
    CASES,
    LABELS,
    ONGOING,
    PUBLIC,
    X,
    assert_same_outputs,
    fit,
    fitted,
    outputs,
)
from sklearn.exceptions import InconsistentVersionWarning

from skbackprop import Activation, BackpropClassifier
from skbackprop._estimator import pickling

skops = pytest.importorskip("skops.io")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PUBLIC_NAMES = {f"{kind.__module__}.{kind.__name__}" for kind in PUBLIC}


def round_trip(estimator):
    return skops.loads(skops.dumps(estimator), trusted=sorted(PUBLIC_NAMES))


@pytest.mark.parametrize("name", CASES)
def test_public_classes_are_all_that_must_be_trusted(name):
    estimator = fitted(name)
    untrusted = set(skops.get_untrusted_types(data=skops.dumps(estimator)))
    assert f"{type(estimator).__module__}.{type(estimator).__name__}" in untrusted
    assert untrusted <= PUBLIC_NAMES
    loaded = round_trip(estimator)
    assert_same_outputs(outputs(name, loaded), outputs(name, estimator))


@pytest.mark.parametrize("name", ONGOING)
def test_training_goes_on_from_a_loaded_estimator(name):
    estimator = fitted(name)
    loaded = round_trip(estimator)
    for one in (estimator, loaded):
        fit(name, one, n_calls=2)
    assert_same_outputs(outputs(name, loaded), outputs(name, estimator))


def test_detector_holds_its_autoencoder_once():
    loaded = round_trip(fitted("detector"))
    assert loaded._views.autoencoder is loaded.autoencoder_


def square(z, out):
    np.multiply(z, z, out=out)


def double(z, out):
    np.multiply(z, 2.0, out=out)


def test_functions_of_the_user_must_be_trusted():
    activation = Activation("square", square, double)
    clf = BackpropClassifier((4,), activation, max_iter=3, random_state=0).fit(X, LABELS)
    data = skops.dumps(clf)
    untrusted = skops.get_untrusted_types(data=data)
    assert set(untrusted) - PUBLIC_NAMES == {
        "skbackprop.core.activations.Activation",
        f"{__name__}.square",
        f"{__name__}.double",
    }
    loaded = skops.loads(data, trusted=untrusted)
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))


def test_file_of_another_version_warns(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pickling, "__version__", "0.3.1")
        data = skops.dumps(fitted("classifier"))
    with pytest.warns(InconsistentVersionWarning, match="of skbackprop from version 0.3.1"):
        skops.loads(data, trusted=sorted(PUBLIC_NAMES))
