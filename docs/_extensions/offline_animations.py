"""Animations in the gallery without Matplotlib's link to an icon font on another site.

The theme has the same icons.
"""

import re
from pathlib import Path

_LINK = re.compile(r"<link[^>]*font-awesome[^>]*>")


def remove_links(app):
    """Remove the link from the pages that the galleries have written."""
    for directory in app.config.sphinx_gallery_conf["gallery_dirs"]:
        for path in Path(app.srcdir, directory).glob("*.rst"):
            text = path.read_text(encoding="utf-8")
            if _LINK.search(text):
                path.write_text(_LINK.sub("", text), encoding="utf-8")


def setup(app):
    """Register the extension; the galleries write their pages before."""
    app.connect("builder-inited", remove_links, priority=900)
    return {"parallel_read_safe": True}
