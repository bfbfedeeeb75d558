"""How good a fit can be: exact floors of networks by their architecture, and reference fits of as many parameters."""

from activations.floors.distance import Floor, NoFloor, distance_sentence, exact_floor, own_pieces_floor
from activations.floors.knots import trained_pieces
from activations.floors.references import Reference, reference_fits
from activations.floors.segments import segmented_floor

__all__ = [
    "Floor",
    "NoFloor",
    "Reference",
    "distance_sentence",
    "exact_floor",
    "own_pieces_floor",
    "reference_fits",
    "segmented_floor",
    "trained_pieces",
]
