"""Training: a job is a problem, a solver and a state.

Reading order: ``problem`` (what is trained on what), ``state`` (where it stands), ``solver`` (what
a solver is), ``job`` (what happens at the end of each epoch), ``minibatch`` (the step and the
epoch), ``update`` (what a step does with the gradient), ``lbfgs``, ``population`` (many jobs at
once).
"""
