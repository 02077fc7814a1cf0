"""Files that releases have written are loaded, and the estimators give what they gave then.

``tests/golden/write.py`` writes the files. Where a change breaks one of an earlier release on
purpose, the changelog says so, and the file is removed.
"""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn
from pickle_cases import CASES, ONGOING, assert_same_outputs, fit, outputs
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.fixes import parse_version

from skbackprop import __version__

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*/*.pkl"))


class Unpickler(pickle.Unpickler):
    """Finds what NumPy 2 has written in NumPy 1.26, too, of which early releases have no alias."""

    def find_class(self, module, name):
        if parse_version(np.__version__) < parse_version("2"):
            module = module.replace("numpy._core", "numpy.core")
        return super().find_class(module, name)


def load(path):
    """The content of a file, and the warnings about versions of this package."""
    with warnings.catch_warnings(record=True) as caught, path.open("rb") as file:
        warnings.simplefilter("always")
        content = Unpickler(file).load()
    return content, [
        one.message
        for one in caught
        if issubclass(one.category, InconsistentVersionWarning)
        and "of skbackprop" in one.message.estimator_name
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_file_of_a_release(path):
    if path.stem.startswith("tabular"):
        _skip_where_scikit_learn_is_older(path.parent)
    content, told = load(path)
    version = path.parent.name
    if version == __version__:
        assert not told
    else:
        assert {one.original_sklearn_version for one in told} == {version}
    estimator = content["estimator"]
    assert_same_outputs(outputs(path.stem, estimator), content["outputs"], **_tolerance(estimator))
    if path.stem in ONGOING:
        fit(path.stem, estimator)
        after = content["outputs_after"]
        assert np.abs(after["coefs_[0]"] - content["outputs"]["coefs_[0]"]).max() > 1e-6
        # rounding is carried on through some steps
        assert_same_outputs(outputs(path.stem, estimator), after, rtol=1e-9, atol=1e-11)


def test_there_is_a_file_of_this_version_for_every_case():
    assert {path.stem for path in FILES if path.parent.name == __version__} == set(CASES)


def test_files_are_small():
    assert sum(path.stat().st_size for path in FILES if path.parent.name == __version__) < 400_000


def _tolerance(estimator):
    """Sums may be added up in another order elsewhere."""
    is_single = type(estimator).__name__.startswith("Tabular")
    is_single |= hasattr(estimator, "_network") and estimator._network.params.dtype == np.float32
    return {"rtol": 1e-5, "atol": 1e-6} if is_single else {"rtol": 1e-12, "atol": 1e-13}


def _skip_where_scikit_learn_is_older(folder):
    """Its own transformers, which it fills, may not work in a version from before."""
    written_with = load(folder / "scaler.pkl")[0]["scikit-learn"]
    if parse_version(sklearn.__version__) < parse_version(written_with):
        pytest.skip(
            f"scikit-learn {sklearn.__version__} need not read {written_with}'s transformers"
        )
