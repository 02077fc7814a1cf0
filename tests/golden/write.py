"""Write the files of this release: run ``python tests/golden/write.py`` before it is tagged.

A folder is named after the version. Each file is a pickle of a dict:

estimator
    A fitted estimator of ``tests/pickle_cases.py``.
outputs
    What its methods returned for the data of the case, by method.
outputs_after
    The same after another call of ``fit`` or ``partial_fit``, where training goes on.
scikit-learn
    The version of scikit-learn, whose transformers some of the estimators contain.

Files of earlier releases stay as they are: ``tests/test_golden.py`` loads them all.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import sklearn

FOLDER = Path(__file__).parent


def write(folder):
    """Write a file for each case."""
    from pickle_cases import CASES, ONGOING, fit, fitted, outputs

    folder.mkdir(exist_ok=True)
    for name in CASES:
        estimator = fitted(name)
        content = {
            "estimator": pickle.loads(pickle.dumps(estimator)),
            "outputs": outputs(name, estimator),
            "outputs_after": outputs(name, fit(name, estimator)) if name in ONGOING else None,
            "scikit-learn": sklearn.__version__,
        }
        # NumPy 1.26 can read the arrays that NumPy 2 writes in protocol 4, not those in 5
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(content, protocol=4))


if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER.parent))
    from skbackprop import __version__

    write(FOLDER / __version__)
