"""The forward pass of one sample as a calculation, and the loss."""

import numpy as np

from .formulas import LOSSES, name, names
from .rows import Rows
from .text import Row


class ForwardRows(Rows):
    """x, z, a of each layer; then ℓ and E."""

    def pass_rows(self):
        """The rows of the forward pass."""
        rows = self._units("x", None, self._trace.X[0])
        for layer in self._layers:
            rows += [*self._scores(layer), *self._normalized(layer), *self._activations(layer)]
        return rows

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

    def loss_rows(self):
        """The rows of the loss: y, ℓ, penalties and E."""
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
        rows.append(Row("ℓ", formula, numbers, number.one(trace.losses[0]), ("ℓ", None, 0)))
        return [*rows, *self._objective()]

    def _objective(self):
        """The penalties, and E."""
        trace, number, place = self._trace, self._numbers, ("E", None, 0)
        rows, formulas, numbers = [], ["ℓ"], [number.one(trace.losses[0])]
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
