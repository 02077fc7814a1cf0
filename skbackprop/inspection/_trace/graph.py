"""The network of a one-sample trace as an SVG drawing, every number where it belongs."""

from html import escape
from itertools import pairwise

from .formulas import names

_BOX = (112, 15)  # the width of a unit, and the height of a line in it
_GAP = (84, 18)  # between layers, and between units
_SMALLEST = 0.97  # of its size, letters of 8 points: in less room the drawing is scrolled
_MOST_LABELLED = 12  # edges
_EDGE_LABELS = (0.5, 0.3, 0.7)  # places along an edge, in turn: labels keep apart


class Graph:
    """Draws units as boxes with z, a and δ, and the edges between them.

    Each part knows the steps of the calculation that concern it: ``data-lit`` lists those that
    light it up, ``data-from`` is the one from which a number is known.

    Parameters
    ----------
    trace : Trace
        Of one sample.
    numbers : Numbers
    rows : list of Row
        The steps of the calculation.
    """

    def __init__(self, trace, numbers, rows):
        self._trace = trace
        self._numbers = numbers
        self._step_of = {row.place: step for step, row in enumerate(rows)}
        self._widths = [trace.X.shape[1], *(len(layer.intercept) for layer in trace.layers)]
        self._shown = [min(width, numbers.max_items) for width in self._widths]
        self._lines = [self._lines_of(number) for number in range(len(self._widths))]
        heights = [
            n * (self._height(number) + _GAP[1]) + (15 if width > n else 0)
            for number, (n, width) in enumerate(zip(self._shown, self._widths, strict=True))
        ]
        self._tallest = max(heights)
        n_columns = len(self._widths) + (trace.loss is not None)
        self.width = n_columns * (_BOX[0] + _GAP[0]) - _GAP[0] + 16
        self.height = self._tallest + 30

    def to_svg(self):
        """The drawing."""
        edges = [self._edges(layer) for layer in self._trace.layers]
        units = [self._layer(number) for number in range(len(self._widths))]
        loss = [] if self._trace.loss is None else [self._loss()]
        size = f'viewBox="0 0 {self.width} {self.height:g}" width="{self.width}"'
        size += f' style="min-width: {_SMALLEST * self.width:.0f}px;"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
            f'aria-label="The network, with the numbers of both passes">'
            f"{''.join([*edges, *units, *loss])}</svg>"
        )

    # -- places -----------------------------------------------------------------------------------

    def _lines_of(self, number):
        """The quantities written into each unit of a layer, by symbol."""
        if number == 0:
            return {"x": self._trace.X[0]}
        layer = self._trace.layers[number - 1]
        lines = {"z": layer.z[0]}
        if layer.normalized is not None:
            lines["n"] = layer.normalized[0]
        lines["a"] = layer.a[0]
        if self._trace.loss is not None:
            if number == len(self._trace.layers):
                lines["y"] = self._trace.target[0]
            lines["δ"] = layer.delta[0]
        return lines

    def _height(self, number):
        return _BOX[1] * len(self._lines[number]) + 8

    def _left(self, number):
        return 8 + number * (_BOX[0] + _GAP[0])

    def _top(self, number, j):
        place = self._height(number) + _GAP[1]
        whole = self._shown[number] * place - _GAP[1]
        return 22 + (self._tallest - whole) / 2 + j * place

    def _middle(self, number, j):
        return self._top(number, j) + self._height(number) / 2

    def _steps(self, *places):
        """The steps of the calculation at some places, as an attribute."""
        steps = sorted({self._step_of[place] for place in places if place in self._step_of})
        return f'data-lit="{" ".join(map(str, steps))}"'

    # -- parts ------------------------------------------------------------------------------------

    def _layer(self, number):
        units = [self._unit(number, j) for j in range(self._shown[number])]
        title = "input" if number == 0 else f"layer {number}"
        middle = self._left(number) + _BOX[0] / 2
        words = [_text(middle, 12, title, "caption")]
        rest = self._widths[number] - self._shown[number]
        if rest:
            last = self._top(number, self._shown[number] - 1) + self._height(number)
            words.append(_text(middle, last + 14, f"⋮ {rest} more", "caption"))
        return "".join([*units, *words])

    def _unit(self, number, j):
        """A box with a line for each quantity."""
        left, top = self._left(number), self._top(number, j)
        quantities = ("x",) if number == 0 else ("z", "n", "a", "σ′", "δ", "∂E/∂a", "∂E/∂b")
        layer = number or None
        lit = [(quantity, layer, j) for quantity in quantities]
        if number == len(self._trace.layers):
            lit.append(("y", None, j))
        parts = [_box(left, top, self._height(number))]
        for k, (symbol, values) in enumerate(self._lines[number].items()):
            if j >= len(values):  # what is drawn is half as wide as z
                continue
            of_layer = None if symbol in ("x", "y") else number
            label = names(symbol, of_layer, len(values))[j]
            place = (symbol, of_layer, j)
            parts.append(self._line(left, top, k, label, values[j], place))
        return f'<g class="unit" {self._steps(*lit)}>{"".join(parts)}</g>'

    def _line(self, left, top, k, label, value, place):
        y = top + 16 + k * _BOX[1]
        number = _text(left + _BOX[0] - 6, y, f"{float(value) + 0.0:.3g}", "value")
        symbol = _text(left + 6, y, label, "symbol")
        back = " back" if place[0] == "δ" else ""
        known = f'data-from="{self._step_of.get(place, 0)}"'
        return f'<g class="line{back}" {known}>{symbol}{number}</g>'

    def _loss(self):
        trace, left = self._trace, self._left(len(self._widths))
        top = 22 + self._tallest / 2 - _BOX[1] - 4
        lines = [("ℓ", trace.losses[0]), ("E", trace.loss)]
        places = [(symbol, None, 0) for symbol, _ in lines]
        parts = [_box(left, top, 2 * _BOX[1] + 8)]
        for k, (symbol, value) in enumerate(lines):
            parts.append(self._line(left, top, k, symbol, value, places[k]))
        last = len(self._widths) - 1
        ends = [(self._left(last) + _BOX[0], self._middle(last, j)) for j in range(self._shown[-1])]
        links = [_edge(*end, left, top + _BOX[1] + 4) for end in ends]
        lit = self._steps(*places, *(("y", None, j) for j in range(self._shown[-1])))
        title = _text(left + _BOX[0] / 2, 12, "loss", "caption")
        return f'<g class="edge" {lit}>{"".join(links)}</g><g class="unit" {lit}>' + (
            f"{''.join(parts)}</g>{title}"
        )

    def _edges(self, layer):
        """Lines from each unit to each of the next layer; weights and gradients where few."""
        number = layer.number
        labelled = sum(n * m for n, m in pairwise(self._shown)) <= _MOST_LABELLED
        lines, labels = [], []
        for i in range(min(self._shown[number - 1], len(layer.coef))):
            for j in range(self._shown[number]):
                start = self._left(number - 1) + _BOX[0], self._middle(number - 1, i)
                end = self._left(number), self._middle(number, j)
                lit = self._steps(("z", number, j), ("∂E/∂w", number, j), ("∂E/∂a", number - 1, i))
                lines.append(f'<g class="edge" {lit}>{_edge(*start, *end)}</g>')
                if labelled:
                    share = _EDGE_LABELS[(i + 2 * j) % 3] if i != j else 0.5
                    x = start[0] + share * (end[0] - start[0])
                    y = start[1] + share * (end[1] - start[1])
                    labels.append(self._edge_label(layer, i, j, x, y))
        return "".join([*lines, *labels])

    def _edge_label(self, layer, i, j, x, y):
        weight = _text(x, y - 4, f"{layer.coef[i, j]:.3g}", "weight")
        if layer.coef_grad is None:
            return weight
        step = self._step_of.get(("∂E/∂w", layer.number, j), 0)
        gradient = _text(x, y + 12, f"{layer.coef_grad[i, j] + 0.0:.3g}", "weight back")
        return f'{weight}<g class="line back" data-from="{step}">{gradient}</g>'


def _box(left, top, height):
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{_BOX[0]}" height="{height:g}" rx="6" class="box"/>'
    )


def _edge(x1, y1, x2, y2):
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def _text(x, y, words, kind):
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'
