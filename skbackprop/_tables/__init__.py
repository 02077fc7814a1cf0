"""What the tabular estimators are made of.

Reading order: ``columns`` (a table's columns as inputs of a network), ``folds`` (the rows that a
member leaves out), ``rules`` (what depends on the size of the table), ``kinds`` (the networks of
one kind and their training), ``probabilities`` (blend and calibration), ``intervals`` (honest
uncertainty), ``base`` (the course of a fit).
"""
