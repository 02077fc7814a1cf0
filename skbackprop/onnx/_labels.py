"""The labels of a classifier."""

import numpy as np
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from skl2onnx.common.utils_classifier import get_label_classes

#: The options of skl2onnx's own classifiers.
LABEL_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [False, True],
}


def labels_of(scope, classifier):
    """The classes as ONNX has them: int64 or strings.

    Raises
    ------
    ValueError
        If they are numbers that are no integers.
    """
    labels = np.asarray(get_label_classes(scope, classifier))
    if labels.dtype.kind in "OU":
        return labels.astype(str)
    integers = labels.astype(np.int64)
    if not np.array_equal(integers, labels):
        raise ValueError(
            "ONNX has labels that are integers or strings, got classes of other numbers: "
            f"{classifier.classes_}."
        )
    return integers


def label_type(scope, classifier):
    """The type of the labels."""
    is_integer = labels_of(scope, classifier).dtype.kind == "i"
    return Int64TensorType if is_integer else StringTensorType


def add_labels(graph, scope, classifier, scores):
    """Output 0: the label with the highest score, for scores of shape (n, n_classes)."""
    best = graph.add("ArgMax", scores, axis=1, keepdims=0)
    graph.output(0, graph.add("Gather", labels_of(scope, classifier), best))
