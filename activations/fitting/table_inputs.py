"""Rows of a CSV file that a trained network is applied to: its input columns, and all cells to be given back."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from activations.errors import DataError
from activations.fitting.csv_rows import read_rows
from activations.fitting.table import find_column, read_cell, read_header, short

__all__ = ["InputTable", "read_inputs"]


@dataclass(frozen=True)
class InputTable:
    """The rows of a file.

    Attributes:
        name: the file's name without its folder.
        names: of all columns; "column 1", … if the file has none.
        cells: of all rows that are kept, as text.
        x: their inputs.
        dropped: number of rows that were left out because of a missing value.
    """

    name: str
    names: tuple[str, ...]
    cells: list[list[str]] = field(repr=False)
    x: list[list[float]] = field(repr=False)
    dropped: int = 0


def read_inputs(
    path: str, inputs: Sequence[str], columns: Sequence[str] = (), *, drop_missing: bool = False
) -> InputTable:
    """Read the inputs of a network from the columns that are named as they are.

    Args:
        path: the file, as `activations.fitting.csv_target` takes it.
        inputs: the names of the network's inputs.
        columns: by name or number from 1, one per input, if they are named otherwise. A file without a header needs
            none if it has as many columns as there are inputs.
        drop_missing: leave out rows with an empty or non-finite input, rather than refuse them.

    Raises:
        DataError: a column is missing, or a cell holds no number; the message holds line and column.
        OSError: the file can't be read or is not a regular file.
    """
    name = os.path.basename(path)
    rows = read_rows(path)
    if not rows:
        raise DataError(f"{name}: the file has no rows")
    header = read_header(rows)
    names = header or [f"column {i}" for i in range(1, len(rows[0][1]) + 1)]
    places = _places(name, names, inputs, columns, has_header=header is not None)
    kept: list[list[str]] = []
    x: list[list[float]] = []
    rows = rows[1 if header else 0 :]
    if not rows:
        raise DataError(f"{name}: the file has a header and no rows")
    for line, cells in rows:
        if len(cells) != len(names):
            raise DataError(f"{name}, line {line}: {len(cells)} cells, expected {len(names)}")
        values = [read_cell(name, line, i, names[i], cells[i], drop_missing) for i in places]
        if all(map(math.isfinite, values)):
            kept.append(cells)
            x.append(values)
    return InputTable(name, tuple(names), kept, x, len(rows) - len(kept))


def _places(
    name: str, names: Sequence[str], inputs: Sequence[str], columns: Sequence[str], *, has_header: bool
) -> list[int]:
    if columns:
        if len(columns) != len(inputs):
            listed = ", ".join(map(short, inputs[:10]))
            raise DataError(f"{name}: {len(columns)} columns for the {len(inputs)} inputs {listed}; give one for each")
        return [find_column(name, names, text) for text in columns]
    shown = [short(text) for text in names]
    found = [shown.index(text) for text in inputs if shown.count(text) == 1]
    if len(found) == len(inputs):
        return found
    if not has_header and len(names) == len(inputs):
        return list(range(len(inputs)))
    missing = next(text for text in inputs if shown.count(text) != 1)
    several = f"{shown.count(missing)} columns are called {missing!r}"
    what = several if missing in shown else f"no column {missing!r}"
    raise DataError(
        f"{name}: {what}, which is an input of the network; there are {', '.join(shown[:10])}; choose with x"
    )
