"""The trace of several samples as tables of numbers."""

import numpy as np

from .formulas import names
from .text import Section


class Tables:
    """Several samples: z, a and δ sample by sample, then the gradients, layer by layer.

    Parameters
    ----------
    trace : Trace
    numbers : Numbers
    """

    def __init__(self, trace, numbers):
        self._trace = trace
        self._numbers = numbers

    def sections(self):
        """A table for the input, each layer and the loss, and for the gradients of each layer."""
        trace = self._trace
        sections = [self._samples("Input", {"x": (None, trace.X)})]
        for layer in trace.layers:
            columns = {"z": layer.z, "n": layer.normalized, "a": layer.a, "δ": layer.delta}
            columns = {s: (layer.number, v) for s, v in columns.items() if v is not None}
            heading = f"Layer {layer.number}, σ = {layer.activation}"
            sections.append(self._samples(heading, columns))
        if trace.loss is None:
            return sections
        sections.append(self._losses())
        return [*sections, *(self._gradients(layer) for layer in reversed(trace.layers))]

    def _losses(self):
        trace, number = self._trace, self._numbers
        columns = {"y": (None, trace.target), "ℓ": (None, trace.losses[:, np.newaxis])}
        if trace.sample_weight is not None:
            columns["weight"] = (None, trace.sample_weight[:, np.newaxis])
        mean = "mean" if trace.sample_weight is None else "weighted mean"
        penalty = "".join(
            f" + {number.one(value)} ({term})" for term, value in trace.penalties.items()
        )
        penalty += f" + ½·{number.one(trace.l2)}·‖W‖²" if trace.l2 else ""
        heading = f"Loss, E = {mean} of ℓ{penalty} = {number.one(trace.loss)}"
        return self._samples(heading, columns)

    def _samples(self, title, columns):
        """One row a sample; ``columns`` maps a symbol to (layer number, values)."""
        number = self._numbers
        header, cells = ["sample"], []
        n_samples = len(self._trace.X)
        for symbol, (layer, values) in columns.items():
            header += number.cut(names(symbol, layer, values.shape[1]))
        for i in range(min(n_samples, number.max_items)):
            row = [str(i + 1)]
            for _, values in columns.values():
                row += number.cut([number.one(v) for v in values[i]])
            cells.append(tuple(row))
        if n_samples > number.max_items:
            cells.append(("⋮", *[""] * (len(header) - 1)))
        return Section(title, tuple(header), cells)

    def _gradients(self, layer):
        number = self._numbers
        fan_in, fan_out = layer.coef.shape
        symbol, below = ("x", None) if layer.number == 1 else ("a", layer.number - 1)
        rows = [
            (unit, *number.cut([number.one(v) for v in grads]))
            for unit, grads in zip(names(symbol, below, fan_in), layer.coef_grad, strict=True)
        ]
        header = ("∂E/∂w", *number.cut(names("z", layer.number, fan_out)))
        if fan_in > number.max_items:
            rows = [*rows[: number.max_items], ("⋮", *[""] * (len(header) - 1))]
        rows.append(("∂E/∂b", *number.cut([number.one(v) for v in layer.intercept_grad])))
        title = f"Gradients of layer {layer.number}, sums over the samples"
        return Section(title, header, rows)
