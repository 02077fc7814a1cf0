"""NetworkDisplay."""

import numpy as np

from .._estimators import unwrap, unwrap_attribute
from .._layers import input_names as names_of_inputs
from .._layers import output_names as names_of_outputs
from .drawing import INK, axes_for, require_matplotlib
from .network_drawing import (
    RADIUS,
    SMALLEST_FONT,
    caption_layers,
    draw_edges,
    draw_maps,
    draw_nodes,
    font_size,
    lay_out,
    name_units,
    print_in_nodes,
    print_on_edges,
    room_for,
    shown_values,
)
from .network_values import captions_of, maps_of, values_of

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

    node_gradients : list of (ndarray of shape (n_units,) or None), default=None
        δ = ∂E/∂z of each unit, written below its value.

    node_maps : list of ndarray of shape (n_units, n_rows, n_columns), default=None
        What each unit makes of the plane, drawn in place of its node; rows from the bottom up.

    Attributes
    ----------
    ax_ : matplotlib Axes

    figure_ : matplotlib Figure

    edges_ : matplotlib LineCollection
        All edges, the strongest last; ``edges_.get_array()`` has their values.

    nodes_ : matplotlib PatchCollection
        All nodes shown, layer by layer from the top.

    node_texts_, gradient_texts_, edge_texts_ : list of matplotlib Text
        The values and the δ written into the nodes, and the values on the edges, where there is
        room.

    maps_ : list of matplotlib AxesImage
        The maps of the units, layer by layer from the top; empty without.

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
    >>> clf = BackpropClassifier(
    ...     hidden_layer_sizes=(3,), activation="tanh", solver="lbfgs", max_iter=500, random_state=0
    ... )
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
        node_gradients=None,
        node_maps=None,
    ):
        self.edge_values = edge_values
        self.node_values = node_values
        self.edge_name = edge_name
        self.node_name = node_name
        self.captions = captions
        self.input_names = input_names
        self.output_names = output_names
        self.print_nodes = print_nodes
        self.node_gradients = node_gradients
        self.node_maps = node_maps

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        color="weight",
        maps=False,
        map_resolution=40,
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
            ``color="gradient"``, they hold the input x and the errors δ. With ``maps``, samples of
            two features, of any number: their range is the plane.

        y : array-like of shape (1,) or (1, n_outputs), default=None
            Its target. Below its activation, each node then holds its δ = ∂E/∂z.

        color : {"weight", "gradient"}, default="weight"
            What the edges show. "gradient" needs ``X`` and ``y``, and takes several samples too,
            the nodes then staying blank.

        maps : bool, default=False
            Whether to show in each node what the unit makes of the plane: its activation, blue
            where it is positive. Each map has its own scale.

        map_resolution : int, default=40
            Points along each side of a map.

        input_names, output_names : list of str, default=None
            Names of the units; the feature names, else x₁ and so on, and the classes if None.

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
            If ``color`` is unknown, or ``X`` or ``y`` is missing or has too many samples for it; if
            ``maps`` are wanted of other than two features.

        NotFittedError
            If the estimator is not fitted.
        """
        caller = f"{cls.__name__}.from_estimator"
        require_matplotlib(caller)
        if color not in ("weight", "gradient"):
            raise ValueError(f"color must be 'weight' or 'gradient', got {color!r}.")
        fitted = unwrap_attribute(estimator, "coefs_", caller)
        node_maps = None
        if maps:
            if X is None:
                raise ValueError("maps=True needs X, whose range is the plane.")
            node_maps = maps_of(estimator, X, map_resolution, caller)
            X = None if color == "weight" else X
        _, inputs, y = unwrap(estimator, X, y)
        values = values_of(fitted, inputs, y, color)
        n_inputs = len(values.edges[0])
        display = cls(
            values.edges,
            values.nodes,
            edge_name=color,
            node_name=values.node_name,
            captions=captions_of(fitted),
            input_names=names_of_inputs(estimator, n_inputs)
            if input_names is None
            else input_names,
            output_names=names_of_outputs(fitted) if output_names is None else output_names,
            print_nodes=inputs is not None,
            node_gradients=values.gradients,
            node_maps=node_maps,
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
        self.edges_ = draw_edges(self.ax_, layers, self.edge_values)
        self._add_nodes(layers)
        self._add_words(layers, edge_labels)
        self.colorbar_ = None
        if colorbar:
            biases = self.node_name == "bias" and self.node_maps is None
            label = f"{self.edge_name}, bias" if biases else self.edge_name
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

    def _add_nodes(self, layers):
        norm = self.edges_.norm if self.node_name == "bias" else None
        self.nodes_ = draw_nodes(self.ax_, layers, self.node_values, norm)
        self.maps_ = []
        if self.node_maps is not None:
            self.nodes_.set_visible(False)
            self.maps_ = draw_maps(self.ax_, layers, self.node_maps)

    def _add_words(self, layers, edge_labels):
        ax = self.ax_
        ax.set_title(self._title(), fontsize=9, color=INK)
        caption_layers(ax, layers, self.captions or [""] * len(layers))
        name_units(ax, layers[0], self.input_names, "left")
        name_units(ax, layers[-1], self.output_names, "right")
        self.node_texts_, self.gradient_texts_, self.edge_texts_ = [], [], []
        font = font_size(ax)
        if self.print_nodes and font >= SMALLEST_FONT and self.node_maps is None:
            self._print_in_nodes(layers)
        segments, values = self.edges_.get_segments(), self.edges_.get_array()
        if edge_labels == "auto":
            edge_labels = len(values) <= _MOST_LABELLED_EDGES and font >= SMALLEST_FONT
        if edge_labels:
            self.edge_texts_ = print_on_edges(ax, segments, values, font)

    def _title(self):
        if self.node_maps is not None:
            return f"edges: {self.edge_name}, nodes: activation over the plane"
        shown = "" if self.node_name is None else f", nodes: {self.node_name}"
        below = "" if self.node_gradients is None else ", below: δ = ∂E/∂z"
        return f"edges: {self.edge_name}{shown}{below}"

    def _print_in_nodes(self, layers):
        points = np.concatenate([layer.points for layer in layers])
        faces = self.nodes_.to_rgba(self.nodes_.get_array())
        up = np.zeros_like(points)
        if self.node_gradients is not None:
            gradients = shown_values(layers, self.node_gradients)
            up[:, 1] = np.where(np.isfinite(gradients), 0.35 * RADIUS, 0.0)
            self.gradient_texts_ = print_in_nodes(self.ax_, points - up, gradients, faces)
            for text in self.gradient_texts_:
                text.set_style("italic")
        values = shown_values(layers, self.node_values)
        self.node_texts_ = print_in_nodes(self.ax_, points + up, values, faces)
