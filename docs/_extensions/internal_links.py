"""Every link between built pages leads somewhere, and no page loads files from another site.

So the pages work from a disk, without a network, and no other site learns who reads them.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

logger = logging.getLogger(__name__)


class _Page(HTMLParser):
    """Collects the anchors of a page, what it refers to, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = set()
        self.loaded = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.update(attrs[key] for key in ("id", "name") if attrs.get(key))
        for key in ("href", "src"):
            if attrs.get(key):
                self.links.add(attrs[key])
        if tag in ("iframe", "img", "script", "source", "video"):
            self.loaded.add(attrs.get("src"))
        elif tag == "link" and (attrs.get("rel") or "").split()[0:1] in (["stylesheet"], ["icon"]):
            self.loaded.add(attrs.get("href"))


def remote_files(root):
    """Yield (page, address) for each file that a page loads from another site."""
    for path in root.rglob("*.html"):
        if "_static" not in path.parts:
            for link in sorted(filter(None, _Page(path).loaded)):
                if urlsplit(link).scheme in ("http", "https") or urlsplit(link).netloc:
                    yield path.resolve(), link


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
    """Warn of each broken link and each file from elsewhere, and fail the build."""
    if exception is not None or app.builder.format != "html":
        return
    root = Path(app.outdir)
    for path, link in broken_links(root):
        page = path.relative_to(root.resolve())
        logger.warning("%s: broken link to %s", page, link, type="internal_links")
        app.statuscode = 1
    for path, link in remote_files(root):
        page = path.relative_to(root.resolve())
        logger.warning("%s: loads %s, which needs a network", page, link, type="internal_links")
        app.statuscode = 1


def setup(app):
    """Register the extension."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True}
