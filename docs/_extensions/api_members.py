"""The members that an API page shows: our own, and scikit-learn's where users call them."""

import re

_OF_SCIKIT_LEARN = {"fit_predict", "fit_transform", "get_params", "score", "set_params"}


def _is_of_scikit_learn(obj):
    return (getattr(obj, "__module__", None) or "").startswith("sklearn.")


def skip_member(app, what, name, obj, skip, options):
    """Leave out what each estimator has from scikit-learn and no page needs to repeat."""
    if what == "class" and _is_of_scikit_learn(obj) and name not in _OF_SCIKIT_LEARN:
        return True
    return None


def unlink(app, what, name, obj, options, lines):
    """Replace the references that only scikit-learn's own pages resolve by their text."""
    if _is_of_scikit_learn(obj):
        lines[:] = [re.sub(r":ref:`([^`<]+?)(?: *<[^`>]*>)?`", r"\1", line) for line in lines]


def setup(app):
    """Register the extension."""
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-docstring", unlink, priority=900)
    return {"parallel_read_safe": True}
