"""A fitted network in a few lines: layers, shapes, numbers of parameters."""

from dataclasses import dataclass
from html import escape

import numpy as np

from ._displays.drawing import epoch_name
from ._estimators import unwrap_attribute
from ._layers import chain, layer_names

_HEADER = ("layer", "units", "activation", "normalization", "weights", "biases", "parameters")
_IS_NUMBER = (False, True, False, False, True, True, True)


def summary(estimator):
    """List the layers of a fitted network with their shapes and numbers of parameters.

    Parameters
    ----------
    estimator : fitted estimator
        With ``coefs_`` and ``intercepts_``, such as those of skbackprop and of
        ``sklearn.neural_network``; or a fitted pipeline or search around one.

    Returns
    -------
    summary : Summary
        Prints as a table; a notebook shows it as HTML.

    Raises
    ------
    TypeError
        If the estimator has no ``coefs_``.

    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    NetworkDisplay : The same as a graph.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.inspection import summary
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(8, 4), normalization="layer", solver="sgd", max_iter=50, tol=1
    ... )
    >>> print(summary(clf.fit(X, y)))
    BackpropClassifier: 4 → 8 → 4 → 3 units, 115 parameters, 12 epochs of sgd
    <BLANKLINE>
    layer     units  activation  normalization  weights  biases  parameters
    input         4
    hidden 1      8  relu        layer            4 × 8       8          56
    hidden 2      4  relu        layer            8 × 4       4          44
    output        3  softmax                      4 × 3       3          15
    """
    fitted = unwrap_attribute(estimator, "coefs_", "summary")
    weights, biases = chain(fitted)
    normalization = getattr(fitted, "normalization", None)
    layers = []
    for number, (name, activation) in enumerate(layer_names(fitted)):
        is_hidden = name not in ("code", "output")
        published = np.shape(fitted.intercepts_[number])[0]
        layers.append(
            LayerSummary(
                name=name,
                n_inputs=weights[number].shape[0],
                n_units=len(biases[number]),
                activation=activation,
                normalization=normalization if is_hidden else None,
                n_weights=_n_own_weights(fitted.coefs_, number),
                n_biases=published,
            )
        )
    return Summary(type(fitted).__name__, layers, fitted.n_iter_, getattr(fitted, "solver", None))


def _n_own_weights(coefs, number):
    """How many weights a layer has; 0 for tied weights, which are those of a layer before."""
    if number >= len(coefs):
        return 0
    is_tied = any(np.shares_memory(coefs[number], earlier) for earlier in coefs[:number])
    return 0 if is_tied else coefs[number].size


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a `Summary`.

    Parameters
    ----------
    name : str
        Such as "hidden 1".

    n_inputs : int
        Units of the layer before.

    n_units : int
        Units that it hands on.

    activation : str
        The name of σ; of the link in the last layer.

    normalization : {"layer", "batch"} or None
        What stands before the activation.

    n_weights : int
        Numbers in W; 0 where the weights are those of another layer.

    n_biases : int
        Numbers in b.
    """

    name: str
    n_inputs: int
    n_units: int
    activation: str
    normalization: str | None
    n_weights: int
    n_biases: int

    @property
    def n_parameters(self):
        """Weights, biases, and gain and shift of the normalization."""
        gains = 2 * self.n_units if self.normalization else 0
        return self.n_weights + self.n_biases + gains


@dataclass(frozen=True)
class Summary:
    """The layers of a fitted network, made by `summary`.

    Parameters
    ----------
    estimator_name : str
        The class of the estimator.

    layers : list of LayerSummary
        From the first after the input to the output.

    n_iter : int
        Epochs, or iterations of L-BFGS.

    solver : str or None
        What trained it.
    """

    estimator_name: str
    layers: list[LayerSummary]
    n_iter: int
    solver: str | None

    @property
    def n_parameters(self):
        """The number of parameters of the whole network."""
        return sum(layer.n_parameters for layer in self.layers)

    @property
    def _title(self):
        widths = [self.layers[0].n_inputs, *(layer.n_units for layer in self.layers)]
        shape = " → ".join(str(width) for width in widths)
        unit = epoch_name(self)
        trained = f"{self.n_iter} {unit}{'' if self.n_iter == 1 else 's'}"
        trained += f" of {self.solver}" if self.solver else ""
        return f"{self.estimator_name}: {shape} units, {self.n_parameters:,} parameters, {trained}"

    def _rows(self):
        rows = [("input", str(self.layers[0].n_inputs), "", "", "", "", "")]
        for layer in self.layers:
            shape = f"{layer.n_inputs} × {layer.n_weights // layer.n_inputs}"
            rows.append(
                (
                    layer.name,
                    str(layer.n_units),
                    layer.activation,
                    layer.normalization or "",
                    shape if layer.n_weights else "shared",
                    str(layer.n_biases),
                    f"{layer.n_parameters:,}",
                )
            )
        return rows

    def __str__(self):
        rows = [_HEADER, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = []
        for row in rows:
            cells = zip(row, widths, _IS_NUMBER, strict=True)
            padded = (cell.rjust(w) if number else cell.ljust(w) for cell, w, number in cells)
            lines.append("  ".join(padded).rstrip())
        return "\n".join([self._title, "", *lines])

    def _repr_html_(self):
        def line(tag, cells):
            sides = ("right" if number else "left" for number in _IS_NUMBER)
            aligned = (
                f'<{tag} style="text-align: {side};">{escape(cell)}</{tag}>'
                for cell, side in zip(cells, sides, strict=True)
            )
            return f"<tr>{''.join(aligned)}</tr>"

        rows = [line("th", _HEADER), *(line("td", row) for row in self._rows())]
        return (
            f'<div class="skbackprop-summary"><div>{escape(self._title)}</div>'
            f"<table>{''.join(rows)}</table></div>"
        )
