"""The trace of several samples as tables of numbers."""

import numpy as np

from .formulas import names
from .text import Section


class Tables:
    """Several samples: z, a and δ sample by sample, then the gradients, layer by layer."""

    def __init__(self, trace, numbers):
        self._trace = trace
        self._numbers = numbers

    def sections(self):
        trace, number = self._trace, self._numbers
        sections = [self._samples("Input", {"x": (None, trace.X)})]
        for layer in trace.layers:
            columns = {"z": layer.z, "n": layer.normalized, "a": layer.a, "δ": layer.delta}
            columns = {s: (layer.number, v) for s, v in columns.items() if v is not None}
            heading = f"Layer {layer.number}, σ = {layer.activation}"
            sections.append(self._samples(heading, columns))
        columns = {"y": (None, trace.target), "ℓ": (None, trace.losses[:, np.newaxis])}
        if trace.sample_weight is not None:
            columns["weight"] = (None, trace.sample_weight[:, np.newaxis])
        penalty = f" + ½·{number.one(trace.l2)}·Σ w²" if trace.l2 else ""
        heading = f"Loss, L = mean of ℓ{penalty} = {number.one(trace.loss)}"
        sections.append(self._samples(heading, columns))
        return [*sections, *(self._gradients(layer) for layer in reversed(trace.layers))]

    def _samples(self, title, columns):
        """One row a sample; ``columns`` maps a symbol to (layer number, values)."""
        shown = self._numbers.max_items
        header, cells = ["sample"], []
        n_samples = len(self._trace.X)
        for symbol, (number, values) in columns.items():
            header += self._cut(names(symbol, number, values.shape[1]))
        for i in range(min(n_samples, shown)):
            row = [str(i + 1)]
            for _, values in columns.values():
                row += self._cut([self._numbers.one(v) for v in values[i]])
            cells.append(tuple(row))
        if n_samples > shown:
            cells.append(("⋮", *[""] * (len(header) - 1)))
        return Section(title, tuple(header), cells)

    def _gradients(self, layer):
        fan_in, fan_out = layer.coef.shape
        source = names("x", None, fan_in)
        if layer.number > 1:
            source = names("a", layer.number - 1, fan_in)
        rows = [
            (unit, *self._cut([self._numbers.one(v) for v in grads]))
            for unit, grads in zip(source, layer.coef_grad, strict=True)
        ]
        header = ("∂L/∂w", *self._cut(names("z", layer.number, fan_out)))
        if fan_in > self._numbers.max_items:
            rows = [*rows[: self._numbers.max_items], ("⋮", *[""] * (len(header) - 1))]
        bias = [self._numbers.one(v) for v in layer.intercept_grad]
        rows.append(("∂L/∂b", *self._cut(bias)))
        title = f"Gradients of layer {layer.number}, sums over the samples"
        return Section(title, header, rows)

    def _cut(self, cells):
        most = self._numbers.max_items
        return cells if len(cells) <= most else [*cells[:most], "…"]
