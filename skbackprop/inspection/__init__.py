"""See a network learn: gradients, traces and pictures of fitted estimators."""

from ._gradient_flow import GradientFlowDisplay
from ._gradients import check_gradients, loss_and_gradients
from ._latent_space import LatentSpaceDisplay
from ._loss_curve import LossCurveDisplay
from ._network_graph import NetworkDisplay
from ._reconstruction import ReconstructionDisplay
from ._trace import LayerTrace, Trace
from ._tracing import trace
from ._watch import watch

__all__ = [
    "GradientFlowDisplay",
    "LatentSpaceDisplay",
    "LayerTrace",
    "LossCurveDisplay",
    "NetworkDisplay",
    "ReconstructionDisplay",
    "Trace",
    "check_gradients",
    "loss_and_gradients",
    "trace",
    "watch",
]
