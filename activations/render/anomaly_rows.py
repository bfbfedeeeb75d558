"""The rows of a data file with what was found of each, as CSV that no spreadsheet calculates with."""

from __future__ import annotations

import csv
import io
import itertools
import math
from typing import TYPE_CHECKING

from activations.fitting.table import harmless
from activations.render.html import visible

if TYPE_CHECKING:
    from activations.fitting.table import TracedTable
    from activations.networks.anomalies import Anomalies

__all__ = ["ADDED", "anomalies_csv"]

ADDED = ("prediction", "residual", "score", "p_value", "anomaly")
LONGEST = 10_000  # characters of a cell


def anomalies_csv(traced: TracedTable, found: Anomalies) -> str:
    """All rows of the file in their order, with columns for prediction, residual, score, p-value and whether marked.

    The added cells of a row that was left out are empty. A cell of the file that a spreadsheet would take for a formula
    has an apostrophe in front; numbers have not.

    Args:
        traced: the file's own cells.
        found: what was found of its rows.
    """
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    width = len(traced.rows[0][1]) if traced.rows else 0
    names = traced.header or tuple(f"column {number}" for number in range(1, width + 1))
    writer.writerow([*map(_cell, names), *(_free(name, names) for name in ADDED)])
    place = {line: row for row, line in enumerate(traced.lines)}
    for line, cells in traced.rows:
        row = place.get(line)
        added = [""] * len(ADDED) if row is None else _added(found, row)
        writer.writerow([*map(_cell, cells), *added])
    return content.getvalue()


def _added(found: Anomalies, row: int) -> list[str]:
    numbers = [getattr(found, name)[row] for name in ADDED[:-1]]
    return [*(_number(float(number)) for number in numbers), "true" if found.anomaly[row] else "false"]


def _number(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else "inf" if value > 0 else "nan"


def _free(name: str, taken: tuple[str, ...]) -> str:
    """A column's name that the file does not have yet."""
    numbered = (f"{name} ({place})" for place in itertools.count(2))
    return next(new for new in itertools.chain([name], numbered) if new not in taken)


def _cell(text: str) -> str:
    shown = visible(text.replace("\n", " ").replace("\r", " "))
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    return harmless(shown)
