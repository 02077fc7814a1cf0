"""What a case finds."""

import re


class Finding(AssertionError):
    """A rule that is broken.

    Parameters
    ----------
    kind : str
        Which rule.
    detail : str
        How, shown to the reader.
    place : str, default=""
        The innermost line of the package; findings of one kind and place are taken for one.
    """

    def __init__(self, kind, detail, place=""):
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.place = kind, detail, place

    @property
    def key(self):
        """Equal for findings that are probably the same."""
        return self.kind, self.place or re.sub(r"-?\d[\w.+-]*", "#", self.detail)[:80]
