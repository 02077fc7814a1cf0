"""Conversion to ONNX: after ``import skbackprop.onnx``, ``skl2onnx.to_onnx`` knows our estimators.

The import registers converters with skl2onnx, which the extra ``onnx`` installs. They are used
wherever an estimator stands: alone, in a ``Pipeline``, in a ``ColumnTransformer``. The numbers are
of the input's type: float64 for a float64 input, float32 for all others.

Outputs, and the options that ``to_onnx`` takes by class or by ``id``:

- ``BackpropClassifier``: "label" and "probabilities". ``zipmap``, ``nocl`` and
  ``output_class_labels`` are those of skl2onnx. ``raw_scores=True`` gives ``decision_function``
  in place of the probabilities, as [-z, z] for two classes. ``features=True`` gives ``transform``,
  the last hidden layer's activations, as the only output "variable": for a classifier that is a
  transformer of a ``Pipeline``, a ``FeatureUnion`` or a ``ColumnTransformer``.
- ``BackpropRegressor``: "variable", the prediction.
- ``BackpropAutoencoder``: "variable", the codes; with ``reconstruction=True``, "codes" and
  "reconstruction".
- ``BackpropOutlierDetector``: "label" and "scores", which is ``decision_function``; with
  ``score_samples=True`` "score_samples", too.
- ``PiecewiseLinearEncoder`` and ``SmoothClipScaler``: "variable".
- ``TabularClassifier``: "label" and "probabilities", with the options of skl2onnx;
  ``TabularRegressor``: "variable". They take the columns of a table one by one, as numbers or as
  text, or an array of numbers. What is missing is NaN, in text "". `initial_types` tells skl2onnx
  the types of a DataFrame.

Examples
--------
>>> import skbackprop.onnx
>>> from skl2onnx import to_onnx
>>> from sklearn.datasets import load_wine
>>> from skbackprop import BackpropClassifier
>>> X, y = load_wine(return_X_y=True)
>>> network = BackpropClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0).fit(X, y)
>>> model = to_onnx(network, X[:1], options={"zipmap": False})
>>> [output.name for output in model.graph.output]
['label', 'probabilities']
"""

try:
    import skl2onnx  # noqa: F401
except ImportError as error:
    raise ImportError(
        "skbackprop.onnx needs skl2onnx, which `pip install skbackprop[onnx]` installs."
    ) from error

from . import _autoencoder, _classifier, _outlier, _preprocessing, _regressor, _tabular
from ._frames import initial_types

for _module in (_autoencoder, _classifier, _outlier, _preprocessing, _regressor, _tabular):
    _module.register()

__all__ = ["initial_types"]
