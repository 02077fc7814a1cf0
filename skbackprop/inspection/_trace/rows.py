"""What the rows of a calculation have in common."""

from .formulas import name, names
from .text import Row


class Rows:
    """Makes rows, name = formula = numbers = value, for the units of layers.

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

    @staticmethod
    def _received(layer):
        """The symbol and the values of what goes through σ."""
        return ("z", layer.z) if layer.normalized is None else ("n", layer.normalized)
