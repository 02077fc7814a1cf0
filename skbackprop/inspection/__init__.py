"""See a network learn: gradients, traces and pictures of fitted estimators."""

from ._displays.activations import ActivationDisplay
from ._displays.decision_regions import DecisionRegionsDisplay
from ._displays.gradient_flow import GradientFlowDisplay
from ._displays.hidden_units import HiddenUnitsDisplay
from ._displays.input_gradients import InputGradientsDisplay
from ._displays.latent_space import LatentSpaceDisplay
from ._displays.learning_rate_range import LearningRateRangeDisplay
from ._displays.loss_curve import LossCurveDisplay
from ._displays.loss_surface import LossSurfaceDisplay
from ._displays.network import NetworkDisplay
from ._displays.reconstruction import ReconstructionDisplay
from ._gradients import check_gradients, loss_and_gradients
from ._input_gradients import input_gradients, integrated_gradients
from ._summary import LayerSummary, Summary, summary
from ._trace.passes import LayerTrace, Trace
from ._trace.trace import trace
from ._watch import watch

__all__ = [
    "ActivationDisplay",
    "DecisionRegionsDisplay",
    "GradientFlowDisplay",
    "HiddenUnitsDisplay",
    "InputGradientsDisplay",
    "LatentSpaceDisplay",
    "LayerSummary",
    "LayerTrace",
    "LearningRateRangeDisplay",
    "LossCurveDisplay",
    "LossSurfaceDisplay",
    "NetworkDisplay",
    "ReconstructionDisplay",
    "Summary",
    "Trace",
    "check_gradients",
    "input_gradients",
    "integrated_gradients",
    "loss_and_gradients",
    "summary",
    "trace",
    "watch",
]
