"""Targets that are the rows of a CSV file. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence

from activations.fitting.table import Table, read_table
from activations.fitting.target import Target

__all__ = ["csv_target"]


def csv_target(
    path: str, x: Sequence[str] = (), y: str = "", *, drop_missing: bool = False, classify: bool = False
) -> Target:
    """A target from the columns of a CSV file: its rows are split 60/20/20 anew for each seed, by class if it has any.

    Args:
        path: the file.
        x: input columns by name or number from 1; all but `y` unless given.
        y: target column; the last unless given. One without any number is a column of classes.
        drop_missing: leave out rows with an empty or non-finite cell, rather than refuse them.
        classify: take the target column for classes even if it holds numbers.

    Raises:
        DataError: the content can't be fitted; the message holds line and column.
        OSError: the file can't be read.
    """
    table = read_table(path, x, y, drop_missing=drop_missing, classify=classify)
    return Target(
        name=table.name,
        domain=table.ranges,
        points=len(table.y),
        sampling="table",
        group="data",
        title=_title(table),
        source=table.name,
        table=table,
        classes=len(table.classes),
    )


def _title(table: Table) -> str:
    kind = f" ({len(table.classes)} classes)" if table.classes else ""
    return f"{table.y_name}{kind} from {', '.join(table.x_names)}"
