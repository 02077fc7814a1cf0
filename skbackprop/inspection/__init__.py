"""See a network learn: gradients, traces and pictures of fitted estimators."""

from ._displays.gradient_flow import GradientFlowDisplay
from ._displays.latent_space import LatentSpaceDisplay
from ._displays.loss_curve import LossCurveDisplay
from ._displays.network import NetworkDisplay
from ._displays.reconstruction import ReconstructionDisplay
from ._gradients import check_gradients, loss_and_gradients
from ._input_gradients import input_gradients, integrated_gradients
from ._trace.passes import LayerTrace, Trace
from ._trace.trace import trace
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
    "input_gradients",
    "integrated_gradients",
    "loss_and_gradients",
    "trace",
    "watch",
]
