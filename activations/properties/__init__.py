"""What an activation is like, measured from its code: kinks, range, slopes, limits, zeros, moments."""

from activations.properties.kinks import measured_jumps, measured_kinks

__all__ = ["measured_jumps", "measured_kinks"]
