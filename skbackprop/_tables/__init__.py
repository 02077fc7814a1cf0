"""What the tabular estimators are made of.

Reading order: ``columns`` (a table's columns as inputs of a network), ``inputs`` (their fitted
form), ``folds`` (which rows a member leaves out), ``rules`` (what depends on the size of a table),
``kinds`` (the networks of one kind and their training), ``training`` (both kinds side by side),
``probabilities`` (blend and calibration), ``intervals`` (honest uncertainty), ``base`` (the course
of a fit), ``classification`` and ``regression`` (what is theirs).
"""
