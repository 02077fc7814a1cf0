"""The from-scratch engine: NumPy and SciPy only.

Samples are rows: a layer computes ``z = a @ W + b`` with ``W`` of shape (fan_in, fan_out), so the
textbook's products appear transposed. Every array operation addresses the last two axes; an
optional leading *population* axis trains K networks of one shape with the same code.

Reading order: ``activations``, ``losses``, ``operations`` (arithmetic bound to arrays), ``layers``
(the equations), ``network`` (parameters), ``passes`` (a batch's way forward and back),
``optimizers``, ``schedules``, ``training`` (steps, epochs, solvers).
"""
