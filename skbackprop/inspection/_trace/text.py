"""Sections of a trace as aligned text."""

import re
from dataclasses import dataclass, field
from itertools import zip_longest

_NUMBER = re.compile(r"(-?\d+)(\.\d+)?(e[+-]\d+)?")


@dataclass(frozen=True)
class Row:
    """A line of a calculation: name = formula = numbers = value.

    Attributes
    ----------
    name, formula, numbers, value : str
        What is computed, how, from which numbers, and what comes out; "" leaves a cell empty.
    place : tuple of (str, int or None, int), or None
        The quantity, its layer and the unit, as ("z", 1, 0) for the first unit of layer 1; None for
        a line that stands for those left out.
    """

    name: str
    formula: str = ""
    numbers: str = ""
    value: str = ""
    place: tuple | None = None

    @property
    def cells(self):
        """The four cells."""
        return self.name, self.formula, self.numbers, self.value


@dataclass
class Section:
    """A titled table.

    Attributes
    ----------
    title : str
    header : tuple of str, or None
        None for a calculation, whose columns are joined by equals signs.
    rows : list of Row, or of tuple of str
        Tuples where there is a header.
    """

    title: str
    header: tuple[str, ...] | None = None
    rows: list = field(default_factory=list)


def calculations_of(sections):
    """The rows of all calculations among the sections."""
    return [row for section in sections if section.header is None for row in section.rows]


def to_text(title, sections):
    """The sections below each other, columns aligned; calculations all in the same columns."""
    rows = calculations_of(sections)
    values = dict(zip(rows, aligned([row.value for row in rows]), strict=True))
    widths = _widths([row.cells for row in rows])
    parts = [title]
    for section in sections:
        if section.header is None:
            lines = [_equation(row, values[row], widths) for row in section.rows]
        else:
            lines = _table(section)
        parts.append("\n".join([section.title, *(f"  {line}".rstrip() for line in lines)]))
    return "\n\n".join(parts)


def _widths(rows):
    return [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]


def _equation(row, value, widths):
    name, formula, numbers = (
        cell.ljust(width) for cell, width in zip(row.cells[:3], widths, strict=False)
    )
    cells = (formula, numbers, value)
    return name + "".join(f" = {cell}" if cell.strip() else f"   {cell}" for cell in cells)


def _table(section):
    """Lines of a table, numbers aligned at the decimal point, headings above their right end."""
    columns = list(zip_longest(section.header, *section.rows, fillvalue=""))
    shown = []
    for heading, *cells in columns:
        cells = aligned(cells)
        width = max(map(len, [heading, *cells]))
        shown.append([heading.rjust(width), *(cell.rjust(width) for cell in cells)])
    return ["  ".join(line) for line in zip(*shown, strict=True)]


def aligned(cells):
    """Cells padded so that the numbers among them have their decimal points below each other."""
    found = [_NUMBER.fullmatch(cell) for cell in cells]
    numbers = [match for match in found if match]
    before = max((len(match[1]) for match in numbers), default=0)
    after = max((len(match[0]) - len(match[1]) for match in numbers), default=0)
    padded = []
    for cell, match in zip(cells, found, strict=True):
        if match:
            tail = len(match[0]) - len(match[1])
            cell = " " * (before - len(match[1])) + cell + " " * (after - tail)
        padded.append(cell)
    return padded
