"""The trace of one sample as a calculation."""

import numpy as np

from .formulas import DELTAS, DERIVATIVES, LOSSES, name, names
from .text import Section


class Calculation:
    """One sample, step by step; each row is name = formula = numbers = value."""

    def __init__(self, trace, numbers):
        self._trace = trace
        self._layers = trace.layers
        self._numbers = numbers
        self._link = trace.layers[-1].activation

    def sections(self):
        forward = [row for layer in self._layers for row in self._forward(layer)]
        sections = [
            Section("Forward pass", None, [*self._input(), *forward]),
            Section("Loss", None, self._loss()),
        ]
        for layer in reversed(self._layers):
            title = f"Backward pass, layer {layer.number}"
            sections.append(Section(title, None, self._backward(layer)))
        return sections

    # -- forward ----------------------------------------------------------------------------------

    def _rows(self, symbol, layer, cells):
        """A row for each unit: ``cells(j, name)`` gives formula, numbers and value."""
        width = len(layer.intercept)
        rows = [(unit, *cells(j, unit)) for j, unit in self._shown(symbol, layer.number, width)]
        return [*rows, *self._left_out(width, 3)]

    def _shown(self, symbol, number, width):
        return list(enumerate(names(symbol, number, width)))[: self._numbers.max_items]

    def _left_out(self, width, n_cells):
        rest = width - self._numbers.max_items
        return [(f"⋮ {rest} more", *[""] * n_cells)] if rest > 0 else []

    def _input(self):
        x = self._trace.X[0]
        shown = self._shown("x", None, len(x))
        rows = [(unit, "", "", self._numbers.one(x[j])) for j, unit in shown]
        return [*rows, *self._left_out(len(x), 3)]

    def _forward(self, layer):
        return [*self._scores(layer), *self._normalized(layer), *self._activations(layer)]

    def _scores(self, layer):
        number, inputs = self._numbers, layer.inputs[0]
        source = "x" if layer.number == 1 else name("a", layer.number - 1)
        product = f"{source}·" if len(inputs) == 1 else f"Σ {source}·"

        def cells(j, unit):
            terms = number.products(inputs, layer.coef[:, j])
            total = number.sum([*terms, number.one(layer.intercept[j])])
            formula = f"{product}{unit.replace('z', 'w')} + {unit.replace('z', 'b')}"
            return formula, total, number.one(layer.z[0, j])

        return self._rows("z", layer, cells)

    def _normalized(self, layer):
        if layer.normalized is None:
            return []
        return self._rows(
            "n",
            layer,
            lambda j, unit: (
                f"normalized {unit.replace('n', 'z')}",
                "",
                self._numbers.one(layer.normalized[0, j]),
            ),
        )

    def _activations(self, layer):
        symbol = "z" if layer.normalized is None else "n"
        received = layer.z if layer.normalized is None else layer.normalized

        def cells(j, unit):
            argument = unit.replace("a", symbol)
            value = self._numbers.one(layer.a[0, j])
            if layer.activation == "identity":
                return argument, "", value
            if layer.activation == "softmax":
                return f"exp({argument}) / Σ exp({name('z', layer.number)})", "", value
            function = f"{layer.activation}({self._numbers.one(received[0, j])})"
            return f"σ({argument})", function, value

        return self._rows("a", layer, cells)

    # -- loss -------------------------------------------------------------------------------------

    def _loss(self):
        trace, number, last = self._trace, self._numbers, self._layers[-1]
        a, y = last.a[0], trace.target[0]
        rows = [(unit, "", "", number.one(y[j])) for j, unit in self._shown("y", None, len(y))]
        rows += self._left_out(len(y), 3)
        formula, worked = LOSSES.get((trace.loss_function, self._link), ("", None))
        formula = formula.format(a=name("a", last.number))
        if len(y) > 1:
            formula = f"Σ {formula}" if formula else ""
        worked = worked(number, a[0], y[0]) if worked and len(y) == 1 else ""
        symbol = "ℓ" if trace.l2 else "L"
        rows.append((symbol, formula, worked, number.one(trace.losses[0])))
        if trace.l2:
            squares = sum(float(np.sum(layer.coef**2)) for layer in self._layers)
            penalty = f"½·{number.product(trace.l2, squares)}"
            numbers = number.sum([number.one(trace.losses[0]), penalty])
            rows.append(("λ", "α / Σ sample weights", "", number.one(trace.l2)))
            rows.append(("L", "ℓ + ½·λ·Σ w²", numbers, number.one(trace.loss)))
        return rows

    # -- backward ---------------------------------------------------------------------------------

    def _backward(self, layer):
        if layer.a_grad is None:
            errors = self._output_delta(layer)
        else:
            errors = [*self._error(layer), *self._slope(layer), *self._delta(layer)]
        return [*errors, *self._coef_grad(layer), *self._intercept_grad(layer)]

    def _output_delta(self, layer):
        formula, worked = DELTAS.get((self._trace.loss_function, self._link), ("", None))

        def cells(j, unit):
            a, z, y = layer.a[0, j], layer.z[0, j], self._trace.target[0, j]
            units = {symbol: unit.replace("δ", symbol) for symbol in "az"}
            units["y"] = "y" if layer.a.shape[1] == 1 else name("y", j + 1)
            numbers = worked(self._numbers, a, z, y) if worked else ""
            return formula.format(**units), numbers, self._numbers.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _error(self, layer):
        """∂L/∂aˡ = Σ δˡ⁺¹ wˡ⁺¹, and a − y in the last layer."""
        number = self._numbers
        if layer is self._layers[-1]:
            return self._output_error(layer)
        following = self._layers[layer.number]
        product = f"{name('δ', following.number)}·{name('w', following.number)}"
        if len(following.intercept) > 1:
            product = f"Σ {product}"

        def cells(j, unit):
            terms = number.products(following.delta[0], following.coef[j])
            formula = product
            if len(layer.intercept) > 1:
                formula = f"{product} from {unit.replace('∂L/∂', '')}"
            return formula, number.sum(terms), number.one(layer.a_grad[0, j])

        return self._rows("∂L/∂a", layer, cells)

    def _output_error(self, layer):
        number, target = self._numbers, self._trace.target[0]
        targets = names("y", None, len(target))

        def cells(j, unit):
            a, y = layer.a[0, j], target[j]
            formula = f"{unit.replace('∂L/∂', '')} - {targets[j]}"
            return formula, f"{number.one(a)} - {number.factor(y)}", number.one(layer.a_grad[0, j])

        return self._rows("∂L/∂a", layer, cells)

    def _slope(self, layer):
        formula, worked = DERIVATIVES.get(layer.activation, ("", None))
        symbol = "z" if layer.normalized is None else "n"

        def cells(j, unit):
            shown = formula.format(a=unit.replace(symbol, "a"), z=unit)
            numbers = worked(self._numbers, layer.a[0, j]) if worked else ""
            return shown, numbers, self._numbers.one(layer.derivative[0, j])

        rows = self._rows(symbol, layer, cells)
        return [(unit if unit.startswith("⋮") else f"σ′({unit})", *rest) for unit, *rest in rows]

    def _delta(self, layer):
        def cells(j, unit):
            if layer.normalized is not None:  # γ and x̂ of the other units come in
                formula = f"from all {name('∂L/∂n', layer.number)} = ∂L/∂a·σ′(n)"
                return formula, "", self._numbers.one(layer.delta[0, j])
            formula = f"{unit.replace('δ', '∂L/∂a')}·σ′({unit.replace('δ', 'z')})"
            numbers = self._numbers.product(layer.a_grad[0, j], layer.derivative[0, j])
            return formula, numbers, self._numbers.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _coef_grad(self, layer):
        number, l2 = self._numbers, self._trace.l2
        source = "x" if layer.number == 1 else name("a", layer.number - 1)

        def cells(j, unit):
            delta = unit.replace("∂L/∂w", "δ")
            formula = f"{source}·{delta}"
            numbers = f"{number.many(layer.inputs[0])}·{number.factor(layer.delta[0, j])}"
            if l2:
                formula += f" + λ·{unit.replace('∂L/∂', '')}"
                numbers += f" + {number.one(l2)}·{number.many(layer.coef[:, j], factor=True)}"
            return formula, numbers, number.many(layer.coef_grad[:, j])

        return self._rows("∂L/∂w", layer, cells)

    def _intercept_grad(self, layer):
        def cells(j, unit):
            return unit.replace("∂L/∂b", "δ"), "", self._numbers.one(layer.intercept_grad[j])

        return self._rows("∂L/∂b", layer, cells)
