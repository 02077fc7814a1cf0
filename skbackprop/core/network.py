"""A network: layers over one flat parameter vector."""

import dataclasses

import numpy as np

from . import layers as layers_by_name
from .activations import ACTIVATIONS
from .initializers import initial_parameters
from .layers import Dense, TiedDense

_SECTIONS = ("weights", "biases", "norms")  # in this order: the L2 penalty's slice is the first


class Network:
    """Layers over one flat parameter vector; every weight and bias is a view of it.

    The vector holds all weights first, then all biases, then the gains and shifts of normalization
    layers. Values that are kept but not trained (running statistics) live in a second flat vector.

    Parameters
    ----------
    layers : list of Layer
        From input to output.
    params : ndarray of shape (n_params,) or (K, n_params), default=None
        The parameters, of one network or of a population of K; zeros if None.
    statistics : ndarray of shape (n_statistics,) or (K, n_statistics), default=None
        Values that are kept but not trained; initial ones if None.
    dtype : dtype, default=float64
        Used when ``params`` is None.
    n_encoder : int, default=None
        In an autoencoder, ``layers[:n_encoder]`` is the encoder, the rest the decoder.

    Attributes
    ----------
    n_weights : int
        The weights are ``params[..., :n_weights]``.
    """

    def __init__(self, layers, params=None, statistics=None, dtype=np.float64, *, n_encoder=None):
        self.layers = list(layers)
        self.n_encoder = n_encoder
        self._lay_out()
        self.params = np.zeros(self.n_params, dtype) if params is None else params
        if statistics is None:
            statistics = self._initial_statistics(self.params.dtype)
        self.statistics = statistics
        self.parameter_views = self.views(self.params)
        self._weights, self._biases = self.weights(self.params), self.biases(self.params)
        self.idle = []  # workspaces of small predictions, for the next one to use
        if params is None:
            for view in self.parameter_views:
                if "gain" in view:
                    view["gain"][...] = 1.0

    def _lay_out(self):
        """Assign each parameter its place: (layer index, name, slice, shape)."""
        found = [
            (section, i, name, shape)
            for i, layer in enumerate(self.layers)
            for name, (section, shape) in layer.parameters().items()
        ]
        found.sort(key=lambda entry: _SECTIONS.index(entry[0]))  # stable: keeps the layers' order
        self._places, start = [], 0
        for section, i, name, shape in found:
            stop = start + int(np.prod(shape))
            self._places.append((i, name, slice(start, stop), shape))
            start = stop
            if section == "weights":
                self.n_weights = stop
        self.n_params = start
        self._statistics_places, start = [], 0
        for i, layer in enumerate(self.layers):
            for name, (shape, value) in layer.statistics().items():
                stop = start + int(np.prod(shape))
                self._statistics_places.append((i, name, slice(start, stop), shape, value))
                start = stop
        self.n_statistics = start

    def _initial_statistics(self, dtype):
        statistics = np.empty(self.n_statistics, dtype)
        for _, _, place, _, value in self._statistics_places:
            statistics[place] = value
        return statistics

    def views(self, flat):
        """Views of a vector laid out as ``params``: a dict name -> array for each layer.

        Those of ``params`` itself are kept, in ``parameter_views``.
        """
        views = [{} for _ in self.layers]
        for i, name, place, shape in self._places:
            views[i][name] = flat[..., place].reshape(*flat.shape[:-1], *shape)
        return views

    def statistics_views(self):
        """Views of ``statistics``: a dict name -> array for each layer."""
        views, flat = [{} for _ in self.layers], self.statistics
        for i, name, place, shape, _ in self._statistics_places:
            views[i][name] = flat[..., place].reshape(*flat.shape[:-1], *shape)
        return views

    def weights(self, flat=None, *, as_owned=False):
        """The weights, shape (fan_in, fan_out), as views of ``flat`` (default: ``params``).

        Tied weights are another layer's, transposed; ``as_owned`` leaves them untransposed.
        """
        if flat is None and not as_owned:
            return list(self._weights)
        views = self.parameter_views if flat is None else self.views(flat)
        weights = []
        for i, layer in enumerate(self.layers):
            if isinstance(layer, TiedDense):
                W = views[layer.owner]["W"]
                weights.append(W if as_owned else W.swapaxes(-1, -2))
            elif isinstance(layer, Dense):
                weights.append(views[i]["W"])
        return weights

    def biases(self, flat=None):
        """The bias vectors, shape (fan_out,), as views of ``flat`` (default: ``params``)."""
        if flat is None:
            return list(self._biases)
        views = self.views(flat)
        return [v["b"][..., 0, :] for v in views if "b" in v]

    def shapes(self):
        """The shapes of the parameters, in their order in the flat vector."""
        return [shape for _, _, _, shape in self._places]

    @property
    def n_inputs(self):
        """Width of the input."""
        return self.layers[0].n_in

    @property
    def n_outputs(self):
        """Width of the output."""
        return self.layers[-1].n_out

    @property
    def population(self):
        """The leading axes of the arrays: () for one network, (K,) for K."""
        return self.params.shape[:-1]

    def initialize(self, init, rng):
        """Draw weights and biases from input to output.

        Parameters
        ----------
        init : callable, or list of callable, or list of (W, b)
            One for all dense layers, or one for each.
        rng : numpy.random.RandomState

        Raises
        ------
        ValueError
            If a W is given for tied weights that is not its owner's, transposed.
        """
        dense = [i for i, layer in enumerate(self.layers) if isinstance(layer, Dense)]
        views = self.parameter_views
        for k, i in enumerate(dense):
            one = init[k] if isinstance(init, list | tuple) else init
            draw = one if callable(one) else lambda rng, fan_in, fan_out, pair=one: tuple(pair)
            layer = self.layers[i]
            W, b = initial_parameters(draw, rng, layer.n_in, layer.n_out)
            views[i]["b"][...] = b
            if not isinstance(layer, TiedDense):
                views[i]["W"][...] = W
            elif not callable(one) and not np.allclose(W, views[layer.owner]["W"].T):
                raise ValueError(
                    f"init[{k}] has another W than the transpose of "
                    f"init[{dense.index(layer.owner)}]'s, but the weights of the two layers are "
                    "tied."
                )

    def copy(self):
        """A network of the same layers on its own copy of the parameters."""
        return self.of_layers(self.layers, self.params.copy(), self.statistics.copy())

    def of_layers(self, layers, params, statistics):
        """A network like this one of other layers of the same shapes, on given arrays."""
        return Network(layers, params, statistics, n_encoder=self.n_encoder)

    def key(self):
        """What must be equal for two networks to form a population."""
        return (tuple(layer.key() for layer in self.layers), str(self.params.dtype))

    def __getstate__(self):
        return {
            "layers": [_described(layer) for layer in self.layers],
            "params": self.params,
            "state": self.statistics,
            "n_encoder": self.n_encoder,
        }

    def __setstate__(self, state):
        layers = [_layer_of(description) for description in state["layers"]]
        self.__init__(layers, state["params"], state["state"], n_encoder=state["n_encoder"])


def _described(layer):
    """A layer as plain values: its type and its fields, activations of the table by name."""
    fields = {one.name: getattr(layer, one.name) for one in dataclasses.fields(layer)}
    activation = fields.get("activation")
    if activation is not None and ACTIVATIONS.get(activation.name) == activation:
        fields["activation"] = activation.name
    return {"type": type(layer).__name__, **fields}


def _layer_of(description):
    """The layer that `_described` described."""
    fields = dict(description)
    name = fields.pop("type")
    if name not in layers_by_name.__all__:
        raise ValueError(f"Unknown layer {name!r}.")
    kind = getattr(layers_by_name, name)
    if isinstance(fields.get("activation"), str):
        fields["activation"] = ACTIVATIONS[fields["activation"]]
    return kind(**fields)


def stack(networks):
    """One population of K networks of the same shape; parameters are copied."""
    params = np.stack([network.params for network in networks])
    statistics = np.stack([network.statistics for network in networks])
    layers = [
        members[0].joined(members, params.dtype)
        for members in zip(*(network.layers for network in networks), strict=True)
    ]
    return networks[0].of_layers(layers, params, statistics)
