"""Pages to learn from: solutions are folded, in pages and in notebooks, and notebooks read well."""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import only
from sphinx.transforms import SphinxTransform

_TITLE = "Solution of "
_ROLE = re.compile(r":(?:class|doc|func|meth|mod|ref|term):`~?([^`<]+?)(?:\s*<[^`]*>)?`")


class solution(nodes.Element):
    """What a reader has to unfold."""


class FoldSolutions(SphinxTransform):
    """Replace each section that is called "Solution of ..." by a fold of that name."""

    default_priority = 900

    def apply(self, **kwargs):
        for section in list(self.document.findall(nodes.section)):
            title = section[0].astext()
            if title.startswith(_TITLE):
                content, footer = _without_footer(section[1:])
                section.replace_self(
                    [solution("", *content, title=title, ids=section["ids"]), *footer]
                )


def _without_footer(children):
    """What belongs to a solution, and the download links that the gallery puts after the last."""
    end = next((i for i, node in enumerate(children) if isinstance(node, only)), len(children))
    while end and isinstance(children[end - 1], nodes.target):  # what leads to the links
        end -= 1
    return children[:end], children[end:]


def visit_solution(self, node):
    """Begin the fold."""
    self.body.append(
        self.starttag(node, "details", CLASS="skb-solution")
        + f"<summary>{self.encode(node['title'])}</summary>\n"
    )


def depart_solution(self, node):
    """End it."""
    self.body.append("</details>\n")


def tidy(cell):
    """Turn a notebook's cell into what a notebook can show, in place.

    References to other pages become their text, and the heading of a solution is collapsed, as
    JupyterLab keeps it.
    """
    if cell["cell_type"] != "markdown":
        return
    text = "".join(cell["source"])
    text = _ROLE.sub(_text_of_reference, text)
    cell["source"] = [text]
    if re.match(rf"#+ {_TITLE}", text):
        cell["metadata"]["jp-MarkdownHeadingCollapsed"] = True


def split_at_solutions(cell):
    """A cell as several, so that each heading of a solution begins one."""
    if cell["cell_type"] != "markdown":
        return [cell]
    parts = re.split(rf"^(?=#+ {_TITLE})", "".join(cell["source"]), flags=re.M)
    return [{**cell, "metadata": {}, "source": [part.strip()]} for part in parts if part.strip()]


def _text_of_reference(match):
    text = match[1].strip()
    if text.startswith("/"):  # a page, without a text of its own
        return f"`{text.rpartition('/')[2]}`"
    if text.startswith("skbackprop."):
        return f"`{text.rpartition('.')[2]}`"
    return text


def tidy_notebooks(app):
    """Tidy the notebooks that the galleries have written."""
    for directory in app.config.sphinx_gallery_conf["gallery_dirs"]:
        for path in Path(app.srcdir, directory).glob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            cells = [part for cell in notebook["cells"] for part in split_at_solutions(cell)]
            for cell in cells:
                tidy(cell)
            notebook["cells"] = cells
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def setup(app):
    """Register the extension; the galleries write their notebooks before."""
    app.add_node(solution, html=(visit_solution, depart_solution))
    app.add_transform(FoldSolutions)
    app.connect("builder-inited", tidy_notebooks, priority=900)
    return {"parallel_read_safe": True}
