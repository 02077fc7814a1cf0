"""What the estimators share.

Reading order: ``base`` (the course of a fit), ``parameters``, ``solvers`` (from parameters to a
solver), ``validation`` (the score that early stopping watches), ``dispatch`` (where a job is
trained), ``outcome`` (what the user is told of it), ``fitted`` (the fitted network).
"""
