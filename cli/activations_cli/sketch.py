"""Curves drawn with characters: braille dots, or plain ASCII where the terminal shows no more."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Curve", "sketch"]

BRAILLE = 0x2800
# The bit of each dot in a braille cell, by row and column.
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
LABEL = 7  # columns for the numbers beside the vertical axis


@dataclass(frozen=True)
class Curve:
    """A curve and how it looks.

    Attributes:
        name: for the legend.
        x: increasing positions.
        y: values; the curve is interrupted where one is not finite.
        style: rich's name of a style.
        mark: its character in ASCII.
        dashed: drawn with gaps, to be told apart without colours.
        dotted: a dot at each point and nothing between them.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    style: str
    mark: str
    dashed: bool = False
    dotted: bool = False


Piece = tuple[str, str]
Place = Callable[[float, float], tuple[float, float]]


def sketch(
    curves: Sequence[Curve], columns: int, rows: int, unicode: bool, limits: tuple[float, float] | None = None
) -> list[list[Piece]]:
    """Draw curves into one picture with axes through zero.

    Args:
        curves: the curves; a later one hides an earlier one where both meet.
        columns: the width of the picture with its labels, at least 20.
        rows: the height of the plot itself.
        unicode: whether to use braille.
        limits: the lowest and highest value to show; chosen by the curves if None.

    Returns:
        Lines of (text, style) pieces, the last with the numbers of the horizontal axis.
    """
    columns = max(columns, LABEL + 12) - LABEL
    left, right = curves[0].x[0], curves[0].x[-1]
    low, high = limits or vertical_range(curves)
    across, down = (2, 4) if unicode else (1, 1)
    width, height = columns * across - 1, rows * down - 1

    def place(x: float, y: float) -> tuple[float, float]:
        return (x - left) / (right - left) * width, (high - y) / (high - low) * height

    cells = axes(columns, rows, place(0.0, 0.0), (across, down), unicode)
    for curve in curves:
        drawn: dict[tuple[int, int], int] = {}
        for column, row in dots(curve, place, width, height):
            cell = (row // down, column // across)
            drawn[cell] = drawn.get(cell, 0) | DOTS[row % down][column % across]
        for (row, column), bits in drawn.items():
            cells[row][column] = (chr(BRAILLE + bits) if unicode else curve.mark, curve.style)

    labels = {0: high, rows - 1: low}
    zero = round(place(0.0, 0.0)[1]) // down
    if 1 < zero < rows - 2 and low < 0 < high:
        labels[zero] = 0.0
    lines: list[list[Piece]] = []
    for number, row_cells in enumerate(cells):
        label = f"{labels[number]:.3g}" if number in labels else ""
        lines.append(joined([(f"{label:>{LABEL - 1}} ", "dim"), *row_cells]))
    lines.append([(" " * LABEL + horizontal_labels(left, right, columns), "dim")])
    return lines


def vertical_range(curves: Sequence[Curve]) -> tuple[float, float]:
    """The values to show: all of them, but of fast growing curves no more than the window is wide."""
    first = curves[0]
    bound = max(abs(first.x[0]), abs(first.x[-1]))
    values = [min(max(y, -bound), bound) for curve in curves for y in curve.y if math.isfinite(y)]
    low, high = min(values, default=-1.0), max(values, default=1.0)
    if high - low < 1e-9 * max(1.0, abs(high)):
        return low - 1.0, high + 1.0
    # A tail that all but reaches zero is drawn, and labelled, as zero.
    near = 0.01 * (high - low)
    return 0.0 if abs(low) < near else low, 0.0 if abs(high) < near else high


def axes(
    columns: int, rows: int, zero: tuple[float, float], scale: tuple[int, int], unicode: bool
) -> list[list[Piece]]:
    """Empty cells with the two axes where they lie inside."""
    column, row = math.floor(zero[0] + 0.5) // scale[0], math.floor(zero[1] + 0.5) // scale[1]
    across, down, cross = "─│┼" if unicode else "-|+"
    cells = []
    for r in range(rows):
        line: list[Piece] = []
        for c in range(columns):
            mark = cross if (r, c) == (row, column) else across if r == row else down if c == column else " "
            line.append((mark, "dim"))
        cells.append(line)
    return cells


def dots(curve: Curve, place: Place, width: int, height: int) -> Iterator[tuple[int, int]]:
    """The dots of a curve: straight lines between neighbouring points, nothing outside and nothing over a gap."""
    points = list(zip(curve.x, curve.y, strict=True))
    if curve.dotted:
        for x, y in points:
            column, row = map(round, place(x, y)) if math.isfinite(y) else (-1, -1)
            if 0 <= column <= width and 0 <= row <= height:
                yield column, row
        return
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if not (math.isfinite(y0) and math.isfinite(y1)):
            continue
        (a, b), (c, d) = place(x0, y0), place(x1, y1)
        # A slope that leaves the picture by far needs no more steps than the picture has dots.
        steps = max(1, math.ceil(min(max(abs(c - a), abs(d - b)), 4.0 * (width + height))))
        for step in range(steps + 1):
            column = round(a + (c - a) * step / steps)
            row = round(b + (d - b) * step / steps)
            if 0 <= column <= width and 0 <= row <= height and not (curve.dashed and column % 6 >= 3):
                yield column, row


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The same text with neighbours of one style, or without ink, in one piece."""
    whole: list[Piece] = []
    for text, style in pieces:
        if whole and (whole[-1][1] == style or not text.strip()):
            whole[-1] = (whole[-1][0] + text, whole[-1][1])
        else:
            whole.append((text, style))
    return whole


def horizontal_labels(left: float, right: float, columns: int) -> str:
    """The numbers below the picture: both ends, and zero where it lies between with room around."""
    first, last = f"{left:.3g}", f"{right:.3g}"
    zero = round(-left / (right - left) * (columns - 1))
    line = list(first + " " * (columns - len(first) - len(last)) + last)
    if len(first) + 1 < zero < columns - len(last) - 2:
        line[zero] = "0"
    return "".join(line)
