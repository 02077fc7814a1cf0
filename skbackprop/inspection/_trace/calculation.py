"""The trace of one sample as a calculation."""

from .backward import BackwardRows
from .forward import ForwardRows
from .text import Section


def calculation_of(trace, numbers):
    """One sample, step by step: the forward pass, the loss, and the backward pass layer by layer.

    Parameters
    ----------
    trace : Trace
        Of one sample.
    numbers : Numbers

    Returns
    -------
    list of Section
        Without loss and backward pass if the trace has none.
    """
    forward = ForwardRows(trace, numbers)
    sections = [Section("Forward pass", None, forward.pass_rows())]
    if trace.loss is None:
        return sections
    sections.append(Section("Loss", None, forward.loss_rows()))
    backward = BackwardRows(trace, numbers)
    for layer in reversed(trace.layers):
        title = f"Backward pass, layer {layer.number}"
        sections.append(Section(title, None, backward.layer_rows(layer)))
    return sections
