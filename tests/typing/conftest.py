"""The files here are for type checkers: pytest must not import them in search of doctests."""

collect_ignore_glob = ["*_uses.py"]
