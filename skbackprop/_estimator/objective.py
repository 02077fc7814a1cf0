"""The objective that a fitted estimator was trained on, for any data, as one full batch."""

import copy

import numpy as np

from ..core.noise import Noise, sample_keys
from ..core.training.objective import Objective


class FittedObjective:
    """E(θ) = (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ over given data, around the weights of a fitted estimator.

    Made by ``estimator._objective_on(X, y, sample_weight)``. The rows form one batch, as in a
    full-batch training. Dropout and the corruption of the input are off, and batch normalization
    standardises by the statistics of these very rows (by its running statistics if there is only
    one). What an autoencoder adds to the objective is in it; where that is random, every evaluation
    draws the same numbers. The estimator is not touched: parameters and statistics are copies.

    Parameters
    ----------
    problem : Problem
        Its dtype is the one to compute in.
    fitted : Network
    **options
        Of `core.passes.Workspace`.

    Attributes
    ----------
    problem : Problem
    network : Network
        Copies of the fitted parameters: change them to move around.
    batch : Pass
        The batch on its way through the layers; see ``core/passes.py``.
    """

    def __init__(self, problem, fitted, **options):
        dtype = problem.Y.dtype
        self.problem = problem
        self.network = fitted.of_layers(
            fitted.layers, fitted.params.astype(dtype), fitted.statistics.astype(dtype)
        )
        self._objective = Objective(problem, self.network, perturbs=False, **options)
        self.batch = self._objective.batch

    def value_and_gradient(self, visit=None):
        """E and ∂E/∂θ at ``network.params``; the gradient is overwritten by the next call.

        ``visit`` looks at the layers in between, see `core.training.objective.Objective`.
        """
        self._objective.workspace.noise[:] = [Noise(0)]
        with np.errstate(all="ignore"):
            value, _, gradient = self._objective.value_and_gradient(visit)
        return value, gradient


class ObjectiveMixin:
    """Gives the tools beside the estimators the objective of a fitted one."""

    @np.errstate(all="ignore")
    def _objective_on(self, X, y=None, sample_weight=None, *, dtype=None, **options):
        """The objective that ``fit`` minimises, on other data, around the fitted weights.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``.
        dtype : dtype, default=None
            In which to compute; that of the fitted weights if None.
        **options
            Of `core.passes.Workspace`: ``input_gradient=True`` to compute ∂E/∂x too, into
            ``batch.input_delta``; ``running_statistics=True`` to let batch normalization
            standardise as in prediction.

        Returns
        -------
        FittedObjective
            The estimator is left as it is.
        """
        reader = copy.copy(self)  # validation may set attributes
        network = reader._synchronised_network()
        data = reader._training_data(X, y, sample_weight, continuing=True, incremental=True)
        problem = reader._make_problem(data, np.arange(data.n_samples), normalize=True)
        keys = sample_keys(problem.X)  # for layers that draw, whatever the parameters say by now
        dtype = network.params.dtype if dtype is None else np.dtype(dtype)
        return FittedObjective(problem.astype(dtype, sample_keys=keys), network, **options)
