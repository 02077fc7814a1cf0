"""The trace of one sample as a calculation."""

import numpy as np

from .formulas import DELTAS, DERIVATIVES, LOSSES, name, names
from .text import Row, Section


class Calculation:
    """One sample, step by step; each row is name = formula = numbers = value.

    Parameters
    ----------
    trace : Trace
        Of one sample.
    numbers : Numbers
    """

    def __init__(self, trace, numbers):
        self._trace = trace
        self._layers = trace.layers
        self._numbers = numbers
        self._link = trace.layers[-1].activation

    def sections(self):
        """The forward pass, the loss, and the backward pass layer by layer."""
        rows = self._units("x", None, self._trace.X[0])
        for layer in self._layers:
            rows += [*self._scores(layer), *self._normalized(layer), *self._activations(layer)]
        sections = [Section("Forward pass", None, rows)]
        if self._trace.loss is None:
            return sections
        sections.append(Section("Loss", None, self._loss()))
        for layer in reversed(self._layers):
            title = f"Backward pass, layer {layer.number}"
            sections.append(Section(title, None, self._backward(layer)))
        return sections

    def _rows(self, symbol, layer, cells):
        """A row for each unit of a layer: ``cells(j)`` gives formula, numbers and value."""
        return self._each(symbol, layer.number, len(layer.intercept), cells)

    def _units(self, symbol, layer, values):
        """A row for each unit with nothing but its value."""
        return self._each(
            symbol, layer, len(values), lambda j: ("", "", self._numbers.one(values[j]))
        )

    def _each(self, symbol, layer, width, cells):
        most = self._numbers.max_items
        units = names(symbol, layer, width)[:most]
        rows = [Row(unit, *cells(j), (symbol, layer, j)) for j, unit in enumerate(units)]
        return rows if width <= most else [*rows, Row(f"⋮ {width - most} more")]

    @staticmethod
    def _unit(symbol, layer, j):
        """The name of unit ``j`` of a layer, such as z¹₂."""
        return names(symbol, layer.number, len(layer.intercept))[j]

    @staticmethod
    def _weight(layer, i, j):
        """The name of a weight from unit ``i`` to unit ``j``; an index of few units is left out."""
        fan_in, fan_out = layer.coef.shape
        return name("w", layer.number, i if fan_in > 1 else None, j if fan_out > 1 else None)

    @staticmethod
    def _input(layer, i):
        """The name of what a layer receives from unit ``i`` of the layer before."""
        symbol, number = ("x", None) if layer.number == 1 else ("a", layer.number - 1)
        return name(symbol, number, i if layer.coef.shape[0] > 1 else None)

    # -- forward ----------------------------------------------------------------------------------

    def _scores(self, layer):
        number, inputs = self._numbers, layer.inputs[0]
        sigma = "Σᵢ " if len(inputs) > 1 else ""

        def cells(j):
            terms = number.products(inputs, layer.coef[:, j])
            total = number.sum([*terms, number.one(layer.intercept[j])])
            product = f"{self._input(layer, 'i')}·{self._weight(layer, 'i', j + 1)}"
            formula = f"{sigma}{product} + {self._unit('b', layer, j)}"
            return formula, total, number.one(layer.z[0, j])

        return self._rows("z", layer, cells)

    def _normalized(self, layer):
        if layer.normalized is None:
            return []

        def cells(j):
            z = self._unit("z", layer, j)
            return f"γ·({z} - μ) / s + β", "", self._numbers.one(layer.normalized[0, j])

        return self._rows("n", layer, cells)

    @staticmethod
    def _received(layer):
        """The symbol and the values of what goes through σ."""
        return ("z", layer.z) if layer.normalized is None else ("n", layer.normalized)

    def _activations(self, layer):
        number = self._numbers
        symbol, received = self._received(layer)

        def cells(j):
            argument = self._unit(symbol, layer, j)
            value = number.one(layer.a[0, j])
            if layer.activation == "identity":
                return argument, "", value
            if layer.activation == "softmax":
                terms = number.cut([f"exp({number.one(z)})" for z in received[0]])
                numbers = f"exp({number.one(received[0, j])}) / ({number.sum(terms)})"
                formula = f"exp({argument}) / Σⱼ exp({name('z', layer.number, 'j')})"
                return formula, numbers, value
            return f"σ({argument})", f"{layer.activation}({number.one(received[0, j])})", value

        return self._rows("a", layer, cells)

    # -- loss -------------------------------------------------------------------------------------

    def _loss(self):
        trace, number, last = self._trace, self._numbers, self._layers[-1]
        a, y = last.a[0], trace.target[0]
        several = "j" if len(y) > 1 else None
        formula, worked = LOSSES.get((trace.loss_function, self._link), ("", None))
        formula = formula.replace("y", name("y", None, several))
        formula = formula.format(a=name("a", last.number, several))
        numbers = ""
        if worked:
            terms = [worked(number, *pair) for pair in zip(a, y, strict=True)]
            numbers = number.sum(number.cut([term for term in terms if term]))
        if formula and several:
            formula = f"Σⱼ ({formula})" if " " in formula else f"Σⱼ {formula}"
        rows = self._units("y", None, y)
        rows.append(Row("L", formula, numbers, number.one(trace.losses[0]), ("L", None, 0)))
        if not trace.l2:
            return [*rows, Row("E", "L", "", number.one(trace.loss), ("E", None, 0))]
        squares = sum(float(np.sum(layer.coef**2)) for layer in self._layers)
        penalty = f"½·{number.product(trace.l2, squares)}"
        numbers = number.sum([number.one(trace.losses[0]), penalty])
        rows.append(Row("λ", "α / Σ sample weights", "", number.one(trace.l2), ("E", None, 0)))
        return [*rows, Row("E", "L + ½·λ·‖W‖²", numbers, number.one(trace.loss), ("E", None, 0))]

    # -- backward ---------------------------------------------------------------------------------

    def _backward(self, layer):
        if layer.a_grad is None:
            errors = self._output_delta(layer)
        else:
            is_last = layer is self._layers[-1]
            error = self._output_error if is_last else self._error
            errors = [*error(layer), *self._slope(layer), *self._delta(layer)]
        return [*errors, *self._coef_grad(layer), *self._intercept_grad(layer)]

    def _target(self, j):
        return names("y", None, self._trace.target.shape[1])[j]

    def _output_delta(self, layer):
        formula, worked = DELTAS.get((self._trace.loss_function, self._link), ("", None))

        def cells(j):
            shown = formula.format(a=self._unit("a", layer, j), y=self._target(j))
            a, y = layer.a[0, j], self._trace.target[0, j]
            numbers = worked(self._numbers, a, y) if worked else ""
            return shown, numbers, self._numbers.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _output_error(self, layer):
        """∂E/∂a = a − y of the last layer."""
        number = self._numbers

        def cells(j):
            a, y = layer.a[0, j], self._trace.target[0, j]
            formula = f"{self._unit('a', layer, j)} - {self._target(j)}"
            return formula, f"{number.one(a)} - {number.factor(y)}", number.one(layer.a_grad[0, j])

        return self._rows("∂E/∂a", layer, cells)

    def _error(self, layer):
        """∂E/∂aˡ = Σ δˡ⁺¹ wˡ⁺¹."""
        number, following = self._numbers, self._layers[layer.number]
        several = "j" if len(following.intercept) > 1 else None

        def cells(j):
            terms = number.products(following.delta[0], following.coef[j])
            delta = name("δ", following.number, several)
            formula = f"{delta}·{self._weight(following, j + 1, 'j')}"
            formula = f"Σⱼ {formula}" if several else formula
            return formula, number.sum(terms), number.one(layer.a_grad[0, j])

        return self._rows("∂E/∂a", layer, cells)

    def _slope(self, layer):
        formula, worked = DERIVATIVES.get(layer.activation, ("", None))
        symbol, _ = self._received(layer)

        def cells(j):
            a, z = self._unit("a", layer, j), self._unit(symbol, layer, j)
            numbers = worked(self._numbers, layer.a[0, j]) if worked else ""
            return formula.format(a=a, z=z), numbers, self._numbers.one(layer.derivative[0, j])

        rows = self._rows(symbol, layer, cells)
        return [self._renamed(row, f"σ′({row.name})") for row in rows]

    @staticmethod
    def _renamed(row, new_name):
        if row.place is None:
            return row
        _, layer, j = row.place
        return Row(new_name, row.formula, row.numbers, row.value, ("σ′", layer, j))

    def _delta(self, layer):
        def cells(j):
            if layer.normalized is not None:  # γ and x̂ of the other units come in
                formula = f"from all {name('∂E/∂n', layer.number)} = ∂E/∂a·σ′(n)"
                return formula, "", self._numbers.one(layer.delta[0, j])
            formula = f"{self._unit('∂E/∂a', layer, j)}·σ′({self._unit('z', layer, j)})"
            numbers = self._numbers.product(layer.a_grad[0, j], layer.derivative[0, j])
            return formula, numbers, self._numbers.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _coef_grad(self, layer):
        number, l2 = self._numbers, self._trace.l2

        def cells(j):
            formula = f"{self._input(layer, 'i')}·{self._unit('δ', layer, j)}"
            numbers = f"{number.many(layer.inputs[0])}·{number.factor(layer.delta[0, j])}"
            if l2:
                formula += f" + λ·{self._weight(layer, 'i', j + 1)}"
                numbers += f" + {number.one(l2)}·{number.many(layer.coef[:, j], factor=True)}"
            return formula, numbers, number.many(layer.coef_grad[:, j])

        rows = self._rows("∂E/∂w", layer, cells)
        for k, row in enumerate(rows):
            if row.place is not None:
                weight = self._weight(layer, "i", row.place[2] + 1)
                rows[k] = Row(f"∂E/∂{weight}", row.formula, row.numbers, row.value, row.place)
        return rows

    def _intercept_grad(self, layer):
        def cells(j):
            return self._unit("δ", layer, j), "", self._numbers.one(layer.intercept_grad[j])

        return self._rows("∂E/∂b", layer, cells)
