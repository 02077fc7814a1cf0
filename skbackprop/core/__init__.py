"""The from-scratch engine: NumPy and SciPy only.

Samples are rows: a layer computes ``z = a @ W + b`` with ``W`` of shape (fan_in, fan_out), so the
textbook's products appear transposed. Every array operation addresses the last two axes; an
optional leading *population* axis trains K networks of one shape with the same code.

Reading order: ``activations``, ``losses``, ``layers`` (the equations), ``network`` (parameters),
``workspace`` (the buffers of a run: forward and backward pass), ``objective`` (loss + penalties),
``optimizers``, ``schedules``, ``training`` (the loops).
"""
