"""Charts of the tables in the pages, drawn from the very cells that the reader sees.

In Markdown, after a table::

    ```{chart} How many times our seconds the others take
    :labels: network, batch, dtype
    :columns: PyTorch, JAX
    :reference: 1
    ```

One column makes bars, several make points on a logarithmic axis. ``reference`` draws a line at a
number; ``log`` makes the axis of bars logarithmic.
"""

import re
from pathlib import Path

import matplotlib as mpl
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

_DIRECTORY = "auto_charts"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_MARKERS = "osD^"
_STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


class chart(nodes.Element):
    """Stands where a chart of the table before it is to be."""


def _names(argument):
    return [name.strip() for name in argument.split(",")]


class Chart(Directive):
    """``{chart}``."""

    required_arguments = 1  # what the axis shows
    final_argument_whitespace = True
    option_spec = {
        "labels": _names,
        "columns": _names,
        "reference": float,
        "log": directives.flag,
    }

    def run(self):
        return [chart("", axis=self.arguments[0], **self.options)]


class DrawCharts(SphinxTransform):
    """Replace each ``chart`` by the picture that is drawn from the table before it."""

    default_priority = 10  # before Sphinx collects the pictures

    def apply(self, **kwargs):
        table = None
        for node in list(self.document.findall(lambda n: isinstance(n, nodes.table | chart))):
            if isinstance(node, nodes.table):
                table = node
                continue
            if table is None:
                raise ExtensionError(f"{self.env.docname}: a chart needs a table before it")
            node.replace_self(self._picture(node, table))

    def _picture(self, node, table):
        rows = cells(table)
        labels, columns = select(rows, node["labels"], node["columns"])
        name = re.sub(r"\W+", "-", f"{self.env.docname} {node['axis']}").strip("-").lower()
        path = Path(self.env.srcdir, _DIRECTORY, f"{name}.png")
        path.parent.mkdir(exist_ok=True)
        reference = node.get("reference")
        with mpl.rc_context(_STYLE):
            figure = draw(labels, columns, node["axis"], reference, log="log" in node)
            figure.savefig(path, dpi=200)
        uri = f"/{_DIRECTORY}/{path.name}"
        alt = f"Chart of {' and '.join(node['columns'])} in the table above"
        return nodes.container("", nodes.image(uri=uri, alt=alt), classes=["skb-figure"])


def cells(table):
    """The texts of a table, row by row, the first of them its head."""
    return [[entry.astext() for entry in row.children] for row in table.findall(nodes.row)]


def select(rows, labels, columns):
    """The label of each row, and the numbers of some columns.

    Parameters
    ----------
    rows : list of list of str
        The first is the head.
    labels, columns : list of str
        Names in the head: what labels a row, what is drawn.

    Returns
    -------
    labels : list of str
    columns : dict of str to list of float

    Raises
    ------
    ValueError
        If the head lacks a name, or a cell of a column is no number.
    """
    head, *body = rows
    places = {name: head.index(name) for name in [*labels, *columns]}
    row_labels = [", ".join(row[places[name]] for name in labels) for row in body]
    return row_labels, {name: [float(row[places[name]]) for row in body] for name in columns}


def draw(labels, columns, axis, reference=None, *, log=False):
    """The figure: bars for one column, points for several.

    Parameters
    ----------
    labels : list of str, of length n
    columns : dict of str to list of n floats
    axis : str
        What is drawn.
    reference : float, default=None
        Where a line is to be.
    log : bool, default=False
        Whether the axis of bars is logarithmic; that of points is.

    Returns
    -------
    figure : matplotlib Figure
    """
    figure = Figure(figsize=(7.5, 0.9 + 0.3 * len(labels)), layout="constrained")
    ax = figure.subplots()
    if len(columns) == 1:
        (values,) = columns.values()
        bars = ax.barh(range(len(labels)), values, color=_COLOURS[0], height=0.65)
        ax.bar_label(bars, [f"{value:g}" for value in values], padding=3)
        ax.margins(x=0.1)
        ax.set_xscale("log" if log else "linear")
    else:
        for (name, values), colour, marker in zip(
            columns.items(), _COLOURS, _MARKERS, strict=False
        ):
            ax.plot(values, range(len(labels)), marker, color=colour, label=name)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.grid(alpha=0.3)
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False}
        ax.legend(ncols=len(columns), **above)
    if reference is not None:
        ax.axvline(reference, color="0.3", linestyle=":", linewidth=1.2)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(axis)
    ax.invert_yaxis()
    return figure


def setup(app):
    """Register the extension."""
    app.add_directive("chart", Chart)
    app.add_transform(DrawCharts)
    app.add_node(chart)
    return {"parallel_read_safe": True}
