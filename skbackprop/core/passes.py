"""A pass through the layers, forward and back, on buffers that are made once."""

from functools import partial

import numpy as np

from .layers import Dense, Signal
from .operations import Placeholder, accumulate, multiply, scale


class Room:
    """What a layer finds in a pass when it is bound: its parameters, and room for its arrays.

    Attributes
    ----------
    n_rows : int
    for_training : bool
        Whether there is a way back.
    perturbs : bool
        Whether dropout and corruption are on.
    running_statistics : bool
        Whether batch normalization goes by its running statistics in training too.
    params, statistics : dict of str to ndarray
        The layer's own, as views.
    gradients : dict of str to ndarray
        ∂E/∂θ for each of ``params``, in training.
    sample_weight : ndarray of shape (..., n_rows, 1), or None
    """

    def __init__(self, workspace, place, n_rows, sample_weight, keys):
        network = workspace.network
        self.n_rows = n_rows
        self.for_training = workspace.for_training
        self.perturbs = workspace.perturbs
        self.running_statistics = workspace.running_statistics
        self.sample_weight = sample_weight
        self.params = network.parameter_views[place]
        self.statistics = network.statistics_views()[place]
        self.gradients = dict(workspace.gradient_views[place]) if self.for_training else {}
        self._workspace = workspace
        self._place = place
        self._keys = keys

    def params_of(self, place):
        """The parameters of the layer at another place."""
        return self._workspace.network.parameter_views[place]

    def gradients_of(self, place):
        """The gradients of the layer at another place."""
        return self._workspace.gradient_views[place]

    def buffer(self, name, width):
        """An array of shape (..., n_rows, width) of the layer's own."""
        return self._workspace.buffer((self._place, name), width, self.n_rows)

    def scratch(self, width):
        """An array of shape (..., n_rows, width), without gaps, that any operation overwrites."""
        return self._workspace.scratch(self.n_rows, width)

    def row(self, name, width):
        """An array of shape (..., 1, width) of the layer's own."""
        return self._workspace.buffer((self._place, name), width, 1)

    def like_column(self, value):
        """A constant array of shape (n_rows, 1), or like the sample weights where there are any."""
        shape = (self.n_rows, 1) if self.sample_weight is None else self.sample_weight.shape
        return np.full(shape, value, self._workspace.network.params.dtype)

    def scalar(self):
        """A number in double precision; one for each network of a population."""
        return np.zeros(self._workspace.network.population)

    def draw(self, distribution, out):
        """An operation that fills ``out`` with random numbers: "uniform" on [0, 1), or "normal".

        Each network of a population draws from its own `Noise`.
        """
        workspace = self._workspace
        work = workspace.random_room(self.n_rows, out.shape[-1])
        return partial(_draw, workspace.noise, self._keys, distribution, out, work)


def _draw(noises, keys, distribution, out, work):
    if out.ndim == 2:
        keys, out = keys[np.newaxis], out[np.newaxis]
    for noise, member_keys, member in zip(noises, keys, out, strict=True):
        getattr(noise, distribution)(member_keys, member, work)


class Pass:
    """One batch's way through the layers and back, bound to the buffers for a number of rows.

    Attributes
    ----------
    n_rows : int
    x : ndarray of shape (..., n_rows, n_inputs), or Placeholder
        The batch.
    y : ndarray of shape (..., n_rows, n_outputs)
        Its targets.
    sample_weight, keys : ndarray of shape (..., n_rows, 1), or None
        Its sample weights, and the samples' keys for random layers (``noise.py``).
    z : ndarray of shape (..., n_rows, n_outputs)
        The raw scores, after ``forward``.
    losses, delta : ndarray of the shape of ``z``
        ℓ element by element, times the sample weights, and δᴸ = ∂E/∂z, after ``loss``.
    input_delta : ndarray of the shape of ``x``, or None
        ∂E/∂x, after ``backward``.
    add_losses : operation
        Adds ``losses`` to the workspace's ``loss_sums``.
    layers : list of BoundLayer
    penalties : list of (str, ndarray)
        Name and value of each layer's own term of the objective, after ``forward``.
    """

    def __init__(self, n_rows, signal, layers, *, penalties, sample_weight=None, keys=None):
        self.n_rows = n_rows
        self.x, self.input_delta = signal.value, signal.delta
        self.layers = layers
        self.penalties = penalties
        self.sample_weight = sample_weight
        self.keys = keys
        self.z, self.delta = layers[-1].above.value, layers[-1].above.delta
        self.y = self.losses = self.add_losses = None
        self._forward = [operation for layer in layers for operation in layer.forward]
        self._backward = [operation for layer in layers[::-1] for operation in layer.backward]
        self._loss = []

    def bind_loss(self, loss, y, losses, loss_sums, scratch):
        """Bind the loss, the sample weights, and the mean over the rows."""
        self.y, self.losses = y, losses
        self.add_losses = accumulate(losses, loss_sums)
        own = {"sample_weight": self.sample_weight} if loss.uses_sample_weight else {}
        self._loss = [partial(loss, self.z, y, losses, self.delta, scratch, **own)]
        if self.sample_weight is not None:
            self._loss += [
                multiply(losses, self.sample_weight, losses),
                multiply(self.delta, self.sample_weight, self.delta),
            ]
        self._loss.append(scale(1.0 / self.n_rows, self.delta))

    def set_input(self, x):
        """Make ``x`` the batch: read it from where it is, or copy it to the buffer."""
        if isinstance(self.x, Placeholder):
            self.x.array = x
        else:
            np.copyto(self.x, x)

    def forward(self):
        """Compute the raw scores ``z`` of the batch ``x``."""
        for operation in self._forward:
            operation()
        return self.z

    def loss(self):
        """Compute ``losses`` and δᴸ from the raw scores and the targets."""
        for operation in self._loss:
            operation()

    def backward(self):
        """Propagate δᴸ back, filling the flat gradient."""
        for operation in self._backward:
            operation()

    def run_visited(self, visit):
        """Run the pass layer by layer, for those who look at what happens in between.

        Parameters
        ----------
        visit : callable(bound_layer, way)
            Called for each layer after its "forward" and before its "backward" operations.
        """
        for bound in self.layers:
            for operation in bound.forward:
                operation()
            visit(bound, "forward")
        self.loss()
        for bound in self.layers[::-1]:
            visit(bound, "backward")
            for operation in bound.backward:
                operation()


class Workspace:
    """The arrays for batches of up to ``n_rows`` rows through a network.

    Parameters
    ----------
    network : Network
    n_rows : int
        Rows of the largest batch.
    loss : Loss, default=None
        For training. None is for prediction: no way back, dropout off, running statistics in batch
        normalization.
    noise : list of Noise, default=()
        Random numbers for the random layers, one for each network of the population.
    perturbs : bool, default=True
        False turns dropout and corruption off, in training too.
    running_statistics : bool, default=False
        Whether batch normalization goes by its running statistics in training too.
    weighted : bool, default=False
        Whether the batches carry sample weights.
    input_gradient : bool, default=False
        Whether to compute ∂E/∂x too, into the pass's ``layers`` [0] ``below``.
    sparse_input : bool, default=False
        Whether the batches are CSR.
    shared_rows : bool, default=False
        Whether the networks of a population see the same rows: one batch serves all.
    shared_targets : bool, default=False
        Whether they have the same targets for them.
    layers : slice, default=slice(None)
        The layers to pass through.

    Attributes
    ----------
    gradient : ndarray of the shape of ``network.params``, or None
        ∂E/∂θ after ``backward``.
    loss_sums : float64 ndarray of shape (..., n_rows, n_outputs)
        For whoever adds up the losses of many batches.
    reads_in_place : bool
        Whether the passes read the batch from where it is; they have a buffer for it otherwise.
    """

    def __init__(
        self,
        network,
        n_rows,
        *,
        loss=None,
        noise=(),
        perturbs=True,
        running_statistics=False,
        weighted=False,
        input_gradient=False,
        sparse_input=False,
        shared_rows=False,
        shared_targets=False,
        layers=slice(None),
    ):
        self.network = network
        self.n_rows = n_rows
        self.for_training = loss is not None
        self.noise = list(noise)
        self.perturbs = perturbs and self.for_training
        self.running_statistics = running_statistics
        self._loss = loss
        self._weighted = weighted
        self._input_gradient = input_gradient
        self._x_population = () if shared_rows else network.population
        self._y_population = () if shared_targets else network.population
        self._places = range(len(network.layers))[layers]
        self._layers = network.layers[layers]
        self.reads_in_place = (sparse_input or not self.for_training) and isinstance(
            self._layers[0], Dense
        )
        self._buffers, self._passes = {}, {}
        self.gradient = self.gradient_views = None
        if self.for_training:
            self.gradient = np.empty_like(network.params)
            self.gradient_views = network.views(self.gradient)
            self.loss_sums = self.buffer("loss_sums", self.n_outputs, n_rows, np.float64)

    @property
    def n_inputs(self):
        """Width of the batch."""
        return self._layers[0].n_in

    @property
    def n_outputs(self):
        """Width of the output."""
        return self._layers[-1].n_out

    @property
    def is_random(self):
        """Whether a layer draws random numbers in training."""
        return self.for_training and any(layer.is_random for layer in self._layers)

    def for_rows(self, n):
        """The pass over the first ``n`` rows of the buffers."""
        if n not in self._passes:
            self._passes[n] = self._bind(n)
        return self._passes[n]

    def buffer(self, key, width, n, dtype=None, *, population=None):
        """The first ``n`` rows of the buffer of that name, (..., n_rows, width)."""
        population = self.network.population if population is None else population
        if key not in self._buffers:
            shape = (*population, max(n, self.n_rows), width)
            self._buffers[key] = np.empty_like(self.network.params, shape=shape, dtype=dtype)
        return self._buffers[key][..., :n, :]

    def scratch(self, n, width):
        """An array of shape (..., n, width), without gaps, common to all."""
        shape = (*self.network.population, n, width)
        if "scratch" not in self._buffers:
            widest = max(max(layer.n_in, layer.n_out) for layer in self._layers)
            size = int(np.prod(self.network.population)) * self.n_rows * widest
            self._buffers["scratch"] = np.empty_like(self.network.params, shape=size)
        return self._buffers["scratch"][: int(np.prod(shape))].reshape(shape)

    def random_room(self, n, width):
        """Room for the random numbers of one network, (2, n, width) in double precision."""
        key = ("random", n, width)
        if key not in self._buffers:
            self._buffers[key] = np.empty((2, n, width))
        return self._buffers[key]

    def _bind(self, n):
        """Bind all layers, from the input up, then the loss."""
        x = (
            Placeholder()
            if self.reads_in_place
            else self.buffer("x", self.n_inputs, n, population=self._x_population)
        )
        dx = self.buffer("dx", self.n_inputs, n) if self._input_gradient else None
        sample_weight = self.buffer("sample_weight", 1, n) if self._weighted else None
        keys = self.buffer("keys", 1, n, np.float64) if self.is_random else None
        signal = start = Signal(x, dx, is_input=True)
        layers, penalties = [], []
        for place, layer in zip(self._places, self._layers, strict=True):
            bound = layer.bind(signal, Room(self, place, n, sample_weight, keys))
            if bound.penalty is not None:
                penalties.append((layer.term, bound.penalty))
            layers.append(bound)
            signal = bound.above
        batch = Pass(n, start, layers, penalties=penalties, sample_weight=sample_weight, keys=keys)
        if self.for_training:
            y, losses = (
                self.buffer("y", self.n_outputs, n, population=self._y_population),
                self.buffer("losses", self.n_outputs, n),
            )
            batch.bind_loss(
                self._loss, y, losses, self.loss_sums[..., :n, :], self.scratch(n, self.n_outputs)
            )
        return batch
