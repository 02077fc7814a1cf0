"""NetworkDisplay."""

import numpy as np

from .._estimators import unwrap, unwrap_attribute
from .drawing import INK, axes_for, diverging_colormap, require_matplotlib
from .network_graph import (
    RADIUS,
    SMALLEST_FONT,
    caption_layers,
    edges_between,
    font_size,
    lay_out,
    name_units,
    print_in_nodes,
    print_on_edges,
    room_for,
)
from .network_values import describe, values_of

_MOST_LABELLED_EDGES = 12


class NetworkDisplay:
    """A network as a graph: units as nodes, weights or their gradients as edges.

    Blue is positive, vermillion negative; the larger, the darker and the wider. Make it with
    :meth:`from_estimator`.

    Parameters
    ----------
    edge_values : list of ndarray of shape (fan_in, fan_out)
        The weights of each layer, or their gradients.

    node_values : list of (ndarray of shape (n_units,) or None)
        A value for each unit of each layer, the input first; None leaves a layer blank.

    edge_name : str, default="weight"
        What the values of the edges are.

    node_name : str or None, default="bias"
        What the values of the nodes are; None without values.

    captions : list of str, default=None
        Below each layer.

    input_names, output_names : list of str, default=None
        Beside the units of the input and of the output.

    print_nodes : bool, default=False
        Whether to write its value into each node.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    edges_ : matplotlib LineCollection
        All edges, the strongest last; ``edges_.get_array()`` has their values.

    nodes_ : matplotlib PatchCollection
        All nodes shown, layer by layer from the top.

    node_texts_, edge_texts_ : list of matplotlib Text
        The values written into the nodes and on the edges, where there is room.

    colorbar_ : matplotlib Colorbar

    See Also
    --------
    trace : The same numbers as a calculation.

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_xor
    >>> from skbackprop.inspection import NetworkDisplay
    >>> X, y = make_xor(random_state=0)
    >>> clf = BackpropClassifier((3,), "tanh", solver="lbfgs", max_iter=500, random_state=0)
    >>> display = NetworkDisplay.from_estimator(clf.fit(X, y), X[:1], y[:1])
    >>> len(display.node_texts_)
    6
    """

    def __init__(
        self,
        edge_values,
        node_values,
        *,
        edge_name="weight",
        node_name="bias",
        captions=None,
        input_names=None,
        output_names=None,
        print_nodes=False,
    ):
        self.edge_values = edge_values
        self.node_values = node_values
        self.edge_name = edge_name
        self.node_name = node_name
        self.captions = captions
        self.input_names = input_names
        self.output_names = output_names
        self.print_nodes = print_nodes

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        color="weight",
        input_names=None,
        output_names=None,
        ax=None,
        **kwargs,
    ):
        """Draw a fitted network; with a sample, what happens to it there.

        Parameters
        ----------
        estimator : fitted estimator
            With ``coefs_`` and ``intercepts_``; or a fitted pipeline or search that ends in one.

        X : array-like of shape (1, n_features), default=None
            A sample. Nodes then hold its activations in place of the biases; with
            ``color="gradient"``, they hold the input x and the errors δ.

        y : array-like of shape (1,) or (1, n_outputs), default=None
            Its target, for the gradient.

        color : {"weight", "gradient"}, default="weight"
            What the edges show. "gradient" needs ``X`` and ``y``, and takes several samples too,
            the nodes then staying blank.

        input_names, output_names : list of str, default=None
            Names of the units; the feature names and the classes if None.

        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.

        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay

        Raises
        ------
        TypeError
            If the estimator has no ``coefs_``; with ``X``, if it is none of skbackprop.

        ValueError
            If ``color`` is unknown, or ``X`` or ``y`` is missing or has too many samples for it.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        fitted = unwrap_attribute(estimator, "coefs_", caller)
        _, X, y = unwrap(estimator, X, y)
        edges, nodes, node_name = values_of(fitted, X, y, color)
        captions, inputs, outputs = describe(fitted)
        display = cls(
            edges,
            nodes,
            edge_name=color,
            node_name=node_name,
            captions=captions,
            input_names=inputs if input_names is None else input_names,
            output_names=outputs if output_names is None else output_names,
            print_nodes=X is not None,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, max_units=10, edge_labels="auto", colorbar=True):
        """Draw the graph.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure of fitting size if None.

        max_units : int, default=10
            Of a layer with more units, those in the middle are left out.

        edge_labels : bool or "auto", default="auto"
            Whether to write the values on the edges; "auto" does where there are few.

        colorbar : bool, default=True
            Whether to add a colour bar.

        Returns
        -------
        display : NetworkDisplay
            Itself.
        """
        widths = [self.edge_values[0].shape[0], *(values.shape[1] for values in self.edge_values)]
        aspect = None if ax is None else ax.bbox.width / ax.bbox.height
        layers = lay_out(widths, max_units, aspect)
        self._open_axes(ax, layers)
        self._add_edges(layers)
        self._add_nodes(layers)
        self._add_words(layers, edge_labels)
        self.colorbar_ = None
        if colorbar:
            label = f"{self.edge_name}, bias" if self.node_name == "bias" else self.edge_name
            options = {"label": label, "shrink": 0.8, "aspect": 25}
            self.colorbar_ = self.figure_.colorbar(self.edges_, ax=self.ax_, **options)
        return self

    def _open_axes(self, ax, layers):
        left, right = -RADIUS - room_for(self.input_names), RADIUS + room_for(self.output_names)
        right += layers[-1].x
        tallest = max(len(layer.units) + (layer.gap is not None) for layer in layers)
        bottom, top = -tallest / 2 - 1.5, tallest / 2 + 0.1
        scale = min(0.75, 10 / (right - left), 7 / (top - bottom))
        size = ((right - left) * scale + 1.2, (top - bottom) * scale + 0.4)
        ax = axes_for(self, ax, figsize=size)
        ax.set_axis_off()
        ax.set(aspect="equal", xlim=(left, right), ylim=(bottom, top))

    def _add_edges(self, layers):
        from matplotlib.collections import LineCollection
        from matplotlib.colors import Normalize

        pairs = [
            edges_between(left, right, values)
            for left, right, values in zip(layers, layers[1:], self.edge_values, strict=False)
        ]
        segments = np.concatenate([segments for segments, _ in pairs])
        values = np.concatenate([values for _, values in pairs])
        order = np.argsort(np.abs(values), kind="stable")  # the strongest on top
        segments, values = segments[order], values[order]
        most = _largest(values)
        self.edges_ = LineCollection(
            segments,
            array=values,
            cmap=diverging_colormap(),
            norm=Normalize(-most, most),
            linewidths=0.4 + 3.6 * np.abs(values) / most,
            zorder=1,
        )
        self.ax_.add_collection(self.edges_)

    def _add_nodes(self, layers):
        from matplotlib.collections import PatchCollection
        from matplotlib.colors import Normalize
        from matplotlib.patches import Circle

        self._shown = [
            np.full(len(layer.units), np.nan) if values is None else values[layer.units]
            for layer, values in zip(layers, self.node_values, strict=True)
        ]
        values = np.concatenate(self._shown)
        values[: len(layers[0].units)] = np.nan  # the input is no result: its nodes stay white
        norm = self.edges_.norm
        if self.node_name != "bias":
            most = _largest(values)
            norm = Normalize(-most, most)
        circles = [Circle(point, RADIUS) for layer in layers for point in layer.points]
        cmap = diverging_colormap().with_extremes(bad="white")
        self.nodes_ = PatchCollection(
            circles, cmap=cmap, norm=norm, edgecolors=INK, linewidths=1.0, zorder=2
        )
        self.nodes_.set_array(np.ma.masked_invalid(values))
        self.ax_.add_collection(self.nodes_)

    def _add_words(self, layers, edge_labels):
        ax = self.ax_
        shown = "" if self.node_name is None else f", nodes: {self.node_name}"
        ax.set_title(f"edges: {self.edge_name}{shown}", fontsize=9, color=INK)
        caption_layers(ax, layers, self.captions or [""] * len(layers))
        name_units(ax, layers[0], self.input_names, "left")
        name_units(ax, layers[-1], self.output_names, "right")
        self.node_texts_, self.edge_texts_ = [], []
        font = font_size(ax)
        if self.print_nodes and font >= SMALLEST_FONT:
            points = np.concatenate([layer.points for layer in layers])
            faces = self.nodes_.to_rgba(self.nodes_.get_array())
            self.node_texts_ = print_in_nodes(ax, points, np.concatenate(self._shown), faces, font)
        segments, values = self.edges_.get_segments(), self.edges_.get_array()
        if edge_labels == "auto":
            edge_labels = len(values) <= _MOST_LABELLED_EDGES and font >= SMALLEST_FONT
        if edge_labels:
            self.edge_texts_ = print_on_edges(ax, segments, values, font)


def _largest(values):
    """The largest absolute value, 1 if there is none."""
    return float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
