"""A click on a picture opens it in its full size: in a narrow window its text is small."""

import re

_PICTURE = re.compile(r'<img\b[^>]*\bsrc="([^"]*_images/[^"]+\.png)"[^>]*>')
_LARGER = re.compile(r'\bsrcset="[^"]*, ([^" ]+) 2\.00x"')


def enlarge(body):
    """Link each picture of a page to the largest version of it, but for those of cards."""

    def link(match):
        picture, address = match[0], match[1]
        if "sd-card-img" in picture:
            return picture
        if larger := _LARGER.search(picture):
            address = larger[1]
        label = "Open the picture in its full size"
        return f'<a class="skb-enlarge" href="{address}" title="{label}">{picture}</a>'

    return _PICTURE.sub(link, body)


def link_pictures(app, pagename, templatename, context, doctree):
    """Change the HTML of a page before it is written."""
    if "body" in context:
        context["body"] = enlarge(context["body"])


def setup(app):
    """Register the extension."""
    app.connect("html-page-context", link_pictures)
    return {"parallel_read_safe": True}
