"""Sections of a trace as HTML: tables, and for one sample a graph and steps."""

from html import escape
from itertools import zip_longest

from .stepper import CONTROLS, SCRIPT, STYLE
from .text import aligned, calculations_of


def to_html(title, sections, make_graph):
    """The sections as tables in the colours of the page, light or dark.

    Calculations make one table, and are stepped through beside the graph of the network.

    Parameters
    ----------
    title : str
    sections : list of Section
    make_graph : callable(rows) -> str
        SVG for the steps of the calculations.

    Returns
    -------
    str
        A ``div`` with all that it needs; several may stand on one page.
    """
    parts = [f"<style>{STYLE}</style>", f'<div class="title">{escape(title)}</div>']
    steps = [row for row in calculations_of(sections) if row.place is not None]
    if steps:
        graph = f'<div class="graph">{make_graph(steps)}</div>'
        parts += [CONTROLS, graph, _calculation(sections), f"<script>{SCRIPT}</script>"]
    else:
        parts += [_table(section) for section in sections]
    return f'<div class="skbackprop-trace" tabindex="0">{"".join(parts)}</div>'


def _calculation(sections):
    """All calculations as one table, so that their columns are shared."""
    rows = calculations_of(sections)
    values = iter(aligned([row.value for row in rows]))
    lines, step = [], 0
    for section in sections:
        lines.append(f'<tr><th colspan="4" class="heading">{escape(section.title)}</th></tr>')
        way = "back" if section.title.startswith("Backward") else "forward"
        for row in section.rows:
            attributes = ""
            if row.place is not None:
                attributes = (
                    f' data-step="{step}" data-way="{way}" data-title="{escape(section.title)}"'
                )
                step += 1
            lines.append(f"<tr{attributes}>{_equation(row, next(values))}</tr>")
    return f'<table class="calculation"><tbody>{"".join(lines)}</tbody></table>'


def _equation(row, value):
    cells = [f'<td class="name">{escape(row.name)}</td>']
    for kind, cell in (("formula", row.formula), ("numbers", row.numbers)):
        cells.append(f'<td class="{kind}">{"= " if cell else ""}{escape(cell)}</td>')
    value = f"= {value}" if value.strip() else ""
    kind = "value list" if "[" in value else "value"
    return "".join([*cells, f'<td class="{kind}">{escape(value)}</td>'])


def _table(section):
    """A table of numbers; each column is aligned at the decimal point."""
    columns = list(zip_longest(section.header, *section.rows, fillvalue=""))
    cells = zip(*(aligned(column[1:]) for column in columns), strict=True)
    heading = f'<tr><th colspan="{len(columns)}" class="heading">{escape(section.title)}</th></tr>'
    rows = [heading, _line("th", section.header), *(_line("td", row) for row in cells)]
    return f'<table class="samples"><tbody>{"".join(rows)}</tbody></table>'


def _line(tag, cells):
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
