"""What an activation is like, measured from its code: kinks, range, slopes, limits, zeros, moments."""

from activations.properties.extremes import Bound
from activations.properties.kinks import measured_jumps, measured_kinks
from activations.properties.measured import Properties, measure
from activations.properties.tails import Asymptote

__all__ = ["Asymptote", "Bound", "Properties", "measure", "measured_jumps", "measured_kinks"]
