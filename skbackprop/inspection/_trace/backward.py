"""The backward pass of one sample as a calculation."""

import numpy as np

from .formulas import DELTAS, DERIVATIVES, name, names
from .rows import Rows
from .text import Row


class BackwardRows(Rows):
    """∂E/∂a, σ′, δ, ∂E/∂w and ∂E/∂b of a layer."""

    def layer_rows(self, layer):
        """The rows of a layer."""
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
