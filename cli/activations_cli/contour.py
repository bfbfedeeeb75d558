"""Contours of a surface drawn with characters: braille dots, or plain ASCII where the terminal shows no more."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from activations_cli.sketch import BRAILLE, DOTS, LABEL, Piece, horizontal_labels, joined

__all__ = ["Relief", "contour"]

GAP = -1  # the level of what is not finite

Cells = dict[tuple[int, int], int]


@dataclass(frozen=True)
class Relief:
    """What is drawn.

    Attributes:
        x: both ends of the horizontal axis.
        y: both ends of the vertical one.
        heights: rows from the lower end on; not finite in gaps.
        levels: heights of contours, increasing.
        path: points of a way over it.
        minima: points to mark.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    heights: Sequence[Sequence[float]]
    levels: Sequence[float]
    path: Sequence[tuple[float, float]]
    minima: Sequence[tuple[float, float]]


def contour(relief: Relief, columns: int, rows: int, unicode: bool) -> list[list[Piece]]:
    """Draw contours with the path, its start and end, and the minima.

    Args:
        relief: what to draw.
        columns: the width of the picture with its labels, at least 20.
        rows: the height without the line of labels.
        unicode: whether to use braille.

    Returns:
        Lines of (text, style) pieces, the last with the numbers of the horizontal axis.
    """
    columns = max(columns, LABEL + 12) - LABEL
    across, down = (2, 4) if unicode else (1, 1)
    width, height = columns * across, rows * down
    cells: list[list[Piece]] = [[(" ", "")] * columns for _ in range(rows)]
    drawn = packed(edges(relief, width, height), across, down)
    paint(cells, drawn, "dim", unicode, ".")
    paint(cells, packed(way(relief, width, height), across, down), "red", unicode, "o")
    marks = [(place, "★" if unicode else "*", "bold yellow") for place in relief.minima]
    if relief.path:
        marks.append((relief.path[0], "○" if unicode else "S", "bold red"))
        marks.append((relief.path[-1], "●" if unicode else "E", "bold red"))
    for place, mark, style in marks:
        dot = position(relief, place, width, height)
        if dot is not None:
            cells[dot[1] // down][dot[0] // across] = (mark, style)

    lines: list[list[Piece]] = []
    for number, row in enumerate(cells):
        label = f"{relief.y[1]:.3g}" if number == 0 else f"{relief.y[0]:.3g}" if number == rows - 1 else ""
        lines.append(joined([(f"{label:>{LABEL - 1}} ", "dim"), *row]))
    lines.append([(" " * LABEL + horizontal_labels(*relief.x, columns), "dim")])
    return lines


def edges(relief: Relief, width: int, height: int) -> list[tuple[int, int]]:
    """The dots where the level changes to the right or below."""
    levels = [
        [level(relief, column / (width - 1), 1 - row / (height - 1)) for column in range(width)]
        for row in range(height)
    ]
    found = []
    for row in range(height):
        for column in range(width):
            own = levels[row][column]
            beside = levels[row][min(column + 1, width - 1)]
            below = levels[min(row + 1, height - 1)][column]
            if any(own != other and GAP not in (own, other) for other in (beside, below)):
                found.append((column, row))
    return found


def level(relief: Relief, right: float, up: float) -> int:
    """The number of contours below a point, given in parts of the sides."""
    heights = relief.heights
    i, j = right * (len(heights[0]) - 1), up * (len(heights) - 1)
    left, low = min(int(i), len(heights[0]) - 2), min(int(j), len(heights) - 2)
    u, v = i - left, j - low
    lower = heights[low][left] * (1 - u) + heights[low][left + 1] * u
    upper = heights[low + 1][left] * (1 - u) + heights[low + 1][left + 1] * u
    value = lower * (1 - v) + upper * v
    return bisect.bisect(relief.levels, value) if math.isfinite(value) else GAP


def way(relief: Relief, width: int, height: int) -> list[tuple[int, int]]:
    """The dots of the path."""
    found = []
    for (x0, y0), (x1, y1) in zip(relief.path, relief.path[1:], strict=False):
        size = max(
            abs(x1 - x0) / (relief.x[1] - relief.x[0]) * width, abs(y1 - y0) / (relief.y[1] - relief.y[0]) * height
        )
        steps = max(1, math.ceil(min(size, 4.0 * (width + height))))
        for step in range(steps + 1):
            share = step / steps
            dot = position(relief, (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share), width, height)
            if dot is not None:
                found.append(dot)
    return found


def position(relief: Relief, place: tuple[float, float], width: int, height: int) -> tuple[int, int] | None:
    """The dot of a point; None outside the picture."""
    right = (place[0] - relief.x[0]) / (relief.x[1] - relief.x[0])
    up = (place[1] - relief.y[0]) / (relief.y[1] - relief.y[0])
    if not (-1e-9 <= right <= 1 + 1e-9 and -1e-9 <= up <= 1 + 1e-9):
        return None
    return round(right * (width - 1)), round((1 - up) * (height - 1))


def packed(dots: Sequence[tuple[int, int]], across: int, down: int) -> Cells:
    """The dots of each cell (row, column) as the bits of its braille letter."""
    cells: Cells = {}
    for column, row in dots:
        cell = (row // down, column // across)
        cells[cell] = cells.get(cell, 0) | DOTS[row % down][column % across]
    return cells


def paint(cells: list[list[Piece]], drawn: Cells, style: str, unicode: bool, mark: str) -> None:
    """Put letters into cells, over what is there."""
    for (row, column), bits in drawn.items():
        cells[row][column] = (chr(BRAILLE + bits) if unicode else mark, style)
