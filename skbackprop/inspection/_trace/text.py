"""Tables of a trace, as aligned text and as HTML."""

from dataclasses import dataclass, field
from html import escape
from itertools import zip_longest


@dataclass
class Section:
    """A titled table.

    Attributes
    ----------
    title : str
    header : tuple of str, or None
        None for a calculation, whose columns are joined by equals signs.
    rows : list of tuple of str
    """

    title: str
    header: tuple[str, ...] | None = None
    rows: list[tuple[str, ...]] = field(default_factory=list)


def to_text(title, sections):
    """The sections below each other, columns aligned; calculations all in the same columns."""
    calculations = [section for section in sections if section.header is None]
    shared = _widths([row for section in calculations for row in section.rows])
    return "\n\n".join([title, *(_section_text(section, shared) for section in sections)])


def _widths(rows):
    return [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]


def _section_text(section, shared):
    if section.header is None:
        lines = [_equation(row, shared) for row in section.rows]
    else:
        widths = _widths([section.header, *section.rows])
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in (section.header, *section.rows)
        ]
    return "\n".join([section.title, *(f"  {line}".rstrip() for line in lines)])


def _equation(row, widths):
    name, *cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return name + "".join(f" = {cell}" if cell.strip() else f"   {cell}" for cell in cells)


_CELL = "padding: 0.1em 0.6em; border: none; vertical-align: top;"
_LEFT = f"{_CELL} text-align: left;"
_RIGHT = f"{_CELL} text-align: right; white-space: nowrap;"
_EQUATION = (
    f"{_LEFT} white-space: nowrap;",
    f"{_LEFT} white-space: nowrap;",
    f"{_LEFT} max-width: 36em; opacity: 0.75;",  # long sums are wrapped: the value stays in sight
    f"{_LEFT} max-width: 22em; font-weight: bold;",
)


def to_html(title, sections):
    """The sections as tables in the colours of the page, light or dark; calculations as one."""
    calculations = [section for section in sections if section.header is None]
    bodies = [[body for section in calculations for body in _equations_html(section)]]
    bodies += [_numbers_html(section) for section in sections if section.header is not None]
    tables = "".join(_table_html(rows) for rows in bodies if rows)
    heading = f'<div style="padding: 0.1em 0.6em;">{escape(title)}</div>'
    style = "overflow-x: auto;"
    return f'<div class="skbackprop-trace" style="{style}">{heading}{tables}</div>'


def _table_html(rows):
    style = "border-collapse: collapse; margin: 0; font-variant-numeric: tabular-nums;"
    return f'<table style="{style}"><tbody>{"".join(rows)}</tbody></table>'


def _equations_html(section):
    yield _title_html(section.title, n_columns=4)
    for name, *cells in section.rows:
        yield _row_html([name, *(f"= {cell}" if cell else "" for cell in cells)], _EQUATION)


def _numbers_html(section):
    n_columns = len(section.header)
    bold = f"{_RIGHT} font-weight: bold;"
    rows = [
        _title_html(section.title, n_columns),
        _row_html(section.header, [bold] * n_columns, tag="th"),
    ]
    return rows + [_row_html(row, [_RIGHT] * n_columns) for row in section.rows]


def _title_html(title, n_columns):
    style = f"{_LEFT} padding-top: 0.8em; font-weight: bold;"
    cell = f'<th colspan="{n_columns}" style="{style}">{escape(title)}</th>'
    return f'<tr style="background: transparent;">{cell}</tr>'


def _row_html(cells, styles, tag="td"):
    inner = (
        f'<{tag} style="{style}">{escape(cell)}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f'<tr style="background: transparent;">{"".join(inner)}</tr>'
