"""The buffers of a run: forward and backward passes that allocate nothing."""

from functools import partial

import numpy as np

from .layers import Dense
from .operations import Given, accumulate, scale


class Slot:
    """One layer's arrays in a pass: its input, output, deltas, parameters, gradients, caches."""

    def set(self, views, prefix=""):
        """Take over named arrays as attributes."""
        for name, view in views.items():
            setattr(self, prefix + name, view)


class Pass:
    """A forward and a backward pass bound to the buffers for one number of rows.

    Attributes
    ----------
    x, y : ndarray of shape (..., n_rows, n_inputs) and (..., n_rows, n_outputs)
        Buffers for the batch and its targets.
    z : ndarray of shape (..., n_rows, n_outputs)
        Raw scores after ``forward``.
    losses, delta : ndarray of the shape of ``z``
        Filled by a loss; ``backward`` starts from ``delta``.
    penalties : list of (str, Slot)
        Term and slot of each penalty layer; ``slot.penalty`` is its value after ``forward``.
    weights, keys : ndarray of shape (..., n_rows, 1), or None
        Buffers for the sample weights, and for the sample keys of random layers.
    average_delta, add_losses : operation
        Divide ``delta`` by the number of rows; add ``losses`` to the workspace's sums.
    """

    def __init__(self, layers, slots, **buffers):
        self.layers = layers
        self.slots = slots
        self.__dict__.update(buffers)
        self.z = slots[-1].out
        self.delta = slots[-1].delta
        pairs = list(zip(layers, slots, strict=True))
        self.penalties = [(layer.term, slot) for layer, slot in pairs if layer.has_penalty]
        self._forward = [run for layer, slot in pairs for run in layer.forward(slot)]
        if slots[0].training:
            self._backward = [run for layer, slot in pairs[::-1] for run in layer.backward(slot)]
            self.average_delta = scale(1.0 / self.n_rows, self.delta)
            self.add_losses = accumulate(self.losses, self.loss_sums)

    def set_input(self, x):
        """Make ``x`` the batch: read it from where it is, or copy it to the buffer."""
        if isinstance(self.x, Given):
            self.x.array = x
        else:
            np.copyto(self.x, x)

    def forward(self):
        """Compute the raw scores ``z`` of the batch ``x``."""
        for run in self._forward:
            run()
        return self.z

    def backward(self):
        """Propagate ``delta`` = ∂E/∂z back, filling the flat gradient."""
        for run in self._backward:
            run()


class Workspace:
    """The buffers for batches of up to ``n_rows`` rows through a network.

    Parameters
    ----------
    network : Network
    n_rows : int
        Rows of the largest batch.
    training : bool, default=True
        False: no gradients, dropout off, running statistics in batch normalization.
    noise : list of Noise, default=()
        Streams for the random layers, one for each member of the population.
    weighted : bool, default=False
        Whether the batches carry sample weights.
    input_gradient : bool, default=False
        Whether to compute the gradient with respect to the input too.
    sparse_input : bool, default=False
        Whether the batches are CSR.
    layers : slice, default=slice(None)
        The layers to pass through.

    Attributes
    ----------
    gradient : ndarray of the shape of ``network.params``, or None
        ∂E/∂θ after ``backward``.
    loss_sums : ndarray of shape (..., n_rows, n_outputs)
        In double precision, for whoever adds up the losses of many batches.
    is_given : bool
        Whether the passes read the batch from where it is; they have a buffer for it otherwise.
    """

    def __init__(
        self,
        network,
        n_rows,
        *,
        training=True,
        noise=(),
        weighted=False,
        input_gradient=False,
        sparse_input=False,
        layers=slice(None),
    ):
        self.network = network
        self.places = range(len(network.layers))[layers]
        self.layers = network.layers[layers]
        self.is_given = (sparse_input or not training) and isinstance(self.layers[0], Dense)
        self.n_rows = n_rows
        self.training = training
        self.noise = list(noise)
        self.weighted = weighted
        self.gradient = np.empty_like(network.params) if training else None
        self._input_gradient = input_gradient
        self._buffers = {}
        self._passes = {}
        if training:
            self.loss_sums = self._buffer("loss_sums", self.n_outputs, n_rows, np.float64)

    @property
    def n_inputs(self):
        """Width of the batch."""
        return self.layers[0].n_in

    @property
    def n_outputs(self):
        """Width of the output."""
        return self.layers[-1].n_out

    def rows(self, n):
        """The pass over the first ``n`` rows of the buffers."""
        if n not in self._passes:
            self._passes[n] = self._bind(n)
        return self._passes[n]

    @property
    def random(self):
        """Whether a layer draws random numbers in training."""
        return self.training and any(layer.random for layer in self.layers)

    def _buffer(self, key, width, n, dtype=None):
        if key not in self._buffers:
            params = self.network.params
            shape = (*self.network.population, self.n_rows, width)
            self._buffers[key] = np.empty_like(params, shape=shape, dtype=dtype)
        return self._buffers[key][..., :n, :]

    def _batch(self, n):
        """What a pass has beside its layers: room for ``n`` rows of the data and their losses."""
        batch = {
            "n_rows": n,
            "x": Given() if self.is_given else self._buffer("x", self.n_inputs, n),
            "weights": self._buffer("weights", 1, n) if self.weighted else None,
            "keys": self._buffer("keys", 1, n, np.float64) if self.random else None,
        }
        if self.training:
            batch["y"] = self._buffer("y", self.n_outputs, n)
            batch["losses"] = self._buffer("losses", self.n_outputs, n)
            batch["loss_sums"] = self.loss_sums[..., :n, :]
        return batch

    def _bind(self, n):
        network, training = self.network, self.training
        parameters = network.parameter_views
        gradients = network.views(self.gradient) if training else [{} for _ in parameters]
        states = network.state_views()
        batch, slots, by_place = self._batch(n), [], {}
        x = batch["x"]
        delta = self._buffer("dx", self.n_inputs, n) if self._input_gradient else None
        trains_below = self._input_gradient
        for i, layer in zip(self.places, self.layers, strict=True):
            slot = Slot()
            slot.n_rows, slot.training = n, training
            slot.below, slot.by_place = (slots[-1] if slots else None), by_place
            slot.network_views = parameters
            slot.weights = batch["weights"]
            slot.draw = partial(_draw, self.noise, batch["keys"])
            slot.set(parameters[i])
            slot.set(gradients[i], prefix="d")
            slot.set(states[i])
            slot.x, slot.delta_in = x, delta
            slot.out = x if layer.in_place and slots else self._buffer((i, "out"), layer.n_out, n)
            in_place = layer.delta_in_place and trains_below
            trains_below = trains_below or bool(layer.parameters())
            if training and trains_below and not in_place:
                delta = self._buffer((i, "delta"), layer.n_out, n)
            slot.delta = delta
            layer.bind(slot, lambda name, width, i=i: self._buffer((i, name), width, n), training)
            del slot.by_place  # slots that know each other would wait for the garbage collector
            slots.append(slot)
            by_place[i] = slot
            x = slot.out
        return Pass(self.layers, slots, **batch)


def _draw(streams, keys, distribution, out):
    """Fill ``out`` with random numbers, each member of a population from its own stream."""
    if out.ndim == 2:
        keys, out = keys[np.newaxis], out[np.newaxis]
    for noise, member_keys, member in zip(streams, keys, out, strict=True):
        getattr(noise, distribution)(member_keys, member)
