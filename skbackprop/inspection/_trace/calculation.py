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
        return self._each(symbol, layer.number, self._width(symbol, layer), cells)

    @staticmethod
    def _width(symbol, layer):
        """How many units have a quantity: what is drawn is half as wide as z."""
        return layer.a.shape[1] if symbol in ("a", "∂E/∂a") else len(layer.intercept)

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

    def _unit(self, symbol, layer, j):
        """The name of unit ``j`` of a layer, such as z¹₂."""
        return names(symbol, layer.number, self._width(symbol, layer))[j]

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
        if layer.activation == "sampling":
            return self._drawn(layer)

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

    def _drawn(self, layer):
        """μ + s ε, s the standard deviation and ε the random number that was drawn."""
        number, k = self._numbers, layer.a.shape[1]
        mean, deviation = layer.z[0, :k], np.exp(layer.z[0, k:] / 2)

        def cells(j):
            mu, log_variance = self._unit("z", layer, j), self._unit("z", layer, k + j)
            noise = number.factor((layer.a[0, j] - mean[j]) / deviation[j])
            numbers = f"{number.one(mean[j])} + exp({number.one(layer.z[0, k + j])} / 2)·{noise}"
            return f"{mu} + exp({log_variance} / 2)·ε", numbers, number.one(layer.a[0, j])

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
        return [*rows, *self._objective()]

    def _objective(self):
        """The penalties, and E."""
        trace, number, place = self._trace, self._numbers, ("E", None, 0)
        rows, formulas, numbers = [], ["L"], [number.one(trace.losses[0])]
        symbols = names("P", None, len(trace.penalties))
        for symbol, (term, value) in zip(symbols, trace.penalties.items(), strict=True):
            rows.append(Row(symbol, f"penalty: {term}", "", number.one(value), place))
            formulas.append(symbol)
            numbers.append(number.one(value))
        if trace.l2:
            rows.append(Row("λ", "α / Σ sample weights", "", number.one(trace.l2), place))
            formulas.append("½·λ·‖W‖²")
            numbers.append(f"½·{number.product(trace.l2, trace.squared_weights)}")
        worked = number.sum(numbers) if rows else ""
        return [*rows, Row("E", " + ".join(formulas), worked, number.one(trace.loss), place)]

    # -- backward ---------------------------------------------------------------------------------

    def _backward(self, layer):
        if layer.a_grad is None:
            errors = self._output_delta(layer)
        else:
            is_last = layer is self._layers[-1]
            error = self._output_error if is_last else self._error
            slope = self._slope(layer) if layer.derivative is not None else []
            errors = [*error(layer), *slope, *self._delta(layer)]
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
        penalty = layer.a_grad[0] - following.delta[0] @ following.coef.T
        several = "j" if len(following.intercept) > 1 else None

        def cells(j):
            terms = number.products(following.delta[0], following.coef[j])
            delta = name("δ", following.number, several)
            formula = f"{delta}·{self._weight(following, j + 1, 'j')}"
            formula = f"Σⱼ {formula}" if several else formula
            if self._is_there(penalty, layer.a_grad):
                formula += f" + ∂P/∂{self._unit('a', layer, j)}"
                terms.append(number.one(penalty[j]))
            return formula, number.sum(terms), number.one(layer.a_grad[0, j])

        return self._rows("∂E/∂a", layer, cells)

    def _is_there(self, term, total):
        """Whether a term is more than rounding."""
        rounding = 1e3 * np.finfo(total.dtype).eps * np.abs(total).max()
        return bool(self._trace.penalties) and bool(np.abs(term).max() > rounding)

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
        if layer.derivative is None:
            return self._delta_of_drawn(layer)
        product = layer.a_grad[0] * layer.derivative[0]
        contraction = layer.delta[0] - product

        def cells(j):
            if layer.normalized is not None:  # γ and x̂ of the other units come in
                formula = f"from all {name('∂E/∂n', layer.number)} = ∂E/∂a·σ′(n)"
                return formula, "", self._numbers.one(layer.delta[0, j])
            formula = f"{self._unit('∂E/∂a', layer, j)}·σ′({self._unit('z', layer, j)})"
            numbers = self._numbers.product(layer.a_grad[0, j], layer.derivative[0, j])
            if self._is_there(contraction, layer.delta):
                formula += f" + ∂P/∂{self._unit('z', layer, j)}"
                numbers = self._numbers.sum([numbers, self._numbers.one(contraction[j])])
            return formula, numbers, self._numbers.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _delta_of_drawn(self, layer):
        """Through μ + s ε, and the divergence from the prior."""
        number, k = self._numbers, layer.a.shape[1]
        upstream = layer.a_grad[0]
        to_log_variance = (layer.a - layer.z[:, :k])[0] / 2  # ½ s ε
        through = np.concatenate([upstream, upstream * to_log_variance])

        def cells(j):
            z, a_grad = self._unit("z", layer, j), self._unit("∂E/∂a", layer, j % k)
            shown = a_grad if j < k else f"½·{a_grad}·({self._unit('a', layer, j - k)} - {{}})"
            formula = shown.format(self._unit("z", layer, j - k) if j >= k else "")
            terms = [number.one(through[j]), number.one(layer.delta[0, j] - through[j])]
            return f"{formula} + ∂P/∂{z}", number.sum(terms), number.one(layer.delta[0, j])

        return self._rows("δ", layer, cells)

    def _coef_grad(self, layer):
        number, l2 = self._numbers, self._trace.l2
        own = np.outer(layer.inputs[0], layer.delta[0]) + l2 * layer.coef
        rest, of_rest = layer.coef_grad - own, ""
        if layer.shares_weights_with is not None:
            of_rest = f" + share of layer {layer.shares_weights_with}"
        if "contractive" in self._trace.penalties and self._is_there(rest, layer.coef_grad):
            of_rest += " + ∂P/∂w"

        def cells(j):
            formula = f"{self._input(layer, 'i')}·{self._unit('δ', layer, j)}"
            numbers = f"{number.many(layer.inputs[0])}·{number.factor(layer.delta[0, j])}"
            if l2:
                formula += f" + λ·{self._weight(layer, 'i', j + 1)}"
                numbers += f" + {number.one(l2)}·{number.many(layer.coef[:, j], factor=True)}"
            if of_rest:
                formula += of_rest
                numbers += f" + {number.many(rest[:, j], factor=True)}"
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
