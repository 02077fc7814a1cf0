"""Every link from one built page to another leads to a file, and to an anchor in it."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

logger = logging.getLogger(__name__)


class _Page(HTMLParser):
    """Collects the anchors of a page and what it refers to."""

    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.update(attrs[key] for key in ("id", "name") if attrs.get(key))
        for key in ("href", "src"):
            if attrs.get(key):
                self.links.add(attrs[key])


def broken_links(root):
    """Yield (page, link) for each link into the site that leads nowhere.

    Parameters
    ----------
    root : Path
        The directory of built pages.
    """
    paths = [path for path in root.rglob("*.html") if "_static" not in path.parts]
    pages = {path.resolve(): _Page(path) for path in paths}
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield path, link
                continue
            anchor = unquote(parts.fragment.partition(":~:")[0])  # the rest points to a text
            if anchor and target in pages and anchor not in pages[target].anchors:
                yield path, link


def check(app, exception):
    """Warn of each broken link, and fail the build."""
    if exception is not None or app.builder.format != "html":
        return
    root = Path(app.outdir)
    for path, link in broken_links(root):
        page = path.relative_to(root.resolve())
        logger.warning("%s: broken link to %s", page, link, type="internal_links")
        app.statuscode = 1


def setup(app):
    """Register the extension."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True}
