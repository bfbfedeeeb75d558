"""Columns of numbers and of classes from a CSV file; every complaint names line and column."""

from __future__ import annotations

import difflib
import hashlib
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from activations.errors import DataError
from activations.fitting.csv_rows import read_rows

__all__ = [
    "FORMULA_SIGNS",
    "MAX_CLASSES",
    "MIN_ROWS",
    "MIN_ROWS_PER_CLASS",
    "Table",
    "TracedTable",
    "column_names",
    "find_column",
    "harmless",
    "number",
    "read_cell",
    "read_header",
    "read_table",
    "read_traced",
    "short",
]

MIN_ROWS = 10
MIN_ROWS_PER_CLASS = 5  # so that each class is among training, validation and test points
MAX_CLASSES = 100
HEADER_LOOKAHEAD = 20
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet begins to calculate
MISSING = {"", "na", "n/a", "nan", "null", "none", "inf", "-inf", "+inf", "infinity", "-infinity"}

Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Table:
    """The columns of a data file.

    Attributes:
        name: the file's name without its folder.
        x_names: the input columns.
        y_name: the target column.
        x: the rows' inputs.
        y: the rows' targets: values, or class numbers.
        dropped: number of rows that were left out because of a missing value.
        classes: the names of the classes in order of their numbers; empty for a column of values.
    """

    name: str
    x_names: tuple[str, ...]
    y_name: str
    x: tuple[tuple[float, ...], ...] = field(repr=False)
    y: tuple[float, ...] = field(repr=False)
    dropped: int = 0
    classes: tuple[str, ...] = ()

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """The smallest and largest value of each input."""
        return tuple((min(column), max(column)) for column in zip(*self.x, strict=True))

    @property
    def repeated(self) -> int:
        """The number of rows whose inputs occur in an earlier row."""
        return len(self.x) - len(set(self.x))

    @property
    def digest(self) -> str:
        """A hash of the numbers."""
        return hashlib.sha256(repr((self.x, self.y)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class TracedTable:
    """A table with the file's own cells.

    Attributes:
        table: the columns that are used.
        header: the names of all columns; None if the file has no header line.
        rows: all rows below the header as text, each with its line in the file.
        lines: for each row of the table its line in the file.
    """

    table: Table
    header: tuple[str, ...] | None = field(repr=False)
    rows: tuple[tuple[int, tuple[str, ...]], ...] = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)


def read_table(
    path: str, x: Sequence[str] = (), y: str = "", *, drop_missing: bool = False, classify: bool = False
) -> Table:
    """Read the columns of a CSV file.

    The delimiter (tab, semicolon, comma or bar) and the header line are recognised; a byte order mark is accepted.
    The target column is one of classes if it holds no number at all, or if `classify` says so; classes are numbered
    in order of their names, or of their values if all are numbers.

    Args:
        path: the file: UTF-8, numbers with a decimal point, at most 100 MB.
        x: input columns by name or number from 1; all but `y` unless given.
        y: target column; the last unless given.
        drop_missing: leave out rows with an empty or non-finite cell, rather than refuse them.
        classify: take the target column for classes even if it holds numbers.

    Raises:
        DataError: the content is not such a table, or there are too few rows.
        OSError: the file can't be read or is not a regular file.
    """
    return read_traced(path, x, y, drop_missing=drop_missing, classify=classify).table


def column_names(path: str) -> tuple[str, ...]:
    """The names of the columns, as many as the first row has; empty for a file without a header line.

    Raises:
        DataError: the content is no table.
        OSError: the file can't be read or is not a regular file.
    """
    rows = read_rows(path)
    return tuple((read_header(rows) or ()) if rows else ())


def read_traced(
    path: str, x: Sequence[str] = (), y: str = "", *, drop_missing: bool = False, classify: bool = False
) -> TracedTable:
    """Like `read_table`, with the file's cells and the lines that the rows come from."""
    name = os.path.basename(path)
    rows = read_rows(path)
    if not rows:
        raise DataError(f"{name}: needs at least {MIN_ROWS} finite rows, found 0")
    header = read_header(rows)
    names = header or [f"column {i}" for i in range(1, len(rows[0][1]) + 1)]
    target = find_column(name, names, y) if y else len(names) - 1
    inputs = [find_column(name, names, text) for text in x] or [i for i in range(len(names)) if i != target]
    if not inputs or target in inputs or len(set(inputs)) < len(inputs):
        raise DataError(f"{name}: x and y must be different columns, at least one for x; there are {len(names)}")
    rows = rows[1 if header else 0 :]
    for line, cells in rows:
        if len(cells) != len(names):
            raise DataError(f"{name}, line {line}: {len(cells)} cells, expected {len(names)}")
    classify = classify or _holds_names(cells[target] for _, cells in rows)

    numeric = inputs if classify else [*inputs, target]
    kept: list[list[float]] = []
    lines: list[int] = []
    labels: list[str] = []
    for line, cells in rows:
        values = [read_cell(name, line, i, names[i], cells[i], drop_missing) for i in numeric]
        label = _read_label(name, line, target, names[target], cells[target], drop_missing) if classify else ""
        if all(map(math.isfinite, values)) and label is not None:
            kept.append(values)
            lines.append(line)
            labels.append(label)
    if len(kept) < MIN_ROWS:
        raise DataError(f"{name}: needs at least {MIN_ROWS} finite rows, found {len(kept)}")
    for index, column in zip(numeric, zip(*kept, strict=True), strict=True):
        if min(column) == max(column):
            raise DataError(f"{name}, column {index + 1} ({short(names[index])}): all values are {column[0]:g}")
    classes: tuple[str, ...] = ()
    if classify:
        classes = _name_classes(f"{name}, column {target + 1} ({short(names[target])})", labels)
        numbers = {label: float(number) for number, label in enumerate(classes)}
        kept = [[*values, numbers[label]] for values, label in zip(kept, labels, strict=True)]
    table = Table(
        name=name,
        x_names=tuple(short(names[i]) for i in inputs),
        y_name=short(names[target]),
        x=tuple(tuple(row[:-1]) for row in kept),
        y=tuple(row[-1] for row in kept),
        dropped=len(rows) - len(kept),
        classes=tuple(map(short, classes)),
    )
    below = tuple((line, tuple(row)) for line, row in rows)
    return TracedTable(table, tuple(header) if header else None, below, tuple(lines))


def read_header(rows: Rows) -> list[str] | None:
    """The first row if it is one of names: some cell of it is a word where the cells below are numbers.

    A file whose first row stands alone has a header if any cell of it is a word; so has one without any numbers.
    """
    cells = rows[0][1]
    words = [i for i, cell in enumerate(cells) if not _is_value(cell)]
    below = [others for _, others in rows[1 : 1 + HEADER_LOOKAHEAD]]

    def has_numbers(column: int) -> bool:
        return any(column < len(others) and number(others[column]) is not None for others in below)

    if not any(has_numbers(i) for i in words) and any(map(has_numbers, range(len(cells)))):
        return None
    return [cell or f"column {i}" for i, cell in enumerate(cells, start=1)] if words else None


def find_column(name: str, names: Sequence[str], text: str) -> int:
    """The place of a column that is given by its name or its number from 1.

    Raises:
        DataError: there is none, or several have the name.
    """
    if names.count(text) == 1:
        return names.index(text)
    if names.count(text) > 1:
        numbers = " and ".join(str(i + 1) for i, other in enumerate(names) if other == text)
        raise DataError(f"{name}: columns {numbers} are both {short(text)!r}; give the number")
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return int(text) - 1
    close = difflib.get_close_matches(text[:80], names, n=3, cutoff=0.5) or names[:10]
    listed = ", ".join(map(short, close))
    raise DataError(f"{name}: no column {short(text)!r}; there are {listed} (or numbers from 1 to {len(names)})")


def _holds_names(cells: Iterable[str]) -> bool:
    """Whether there are cells, and none of them is a number."""
    filled = [cell for cell in cells if cell.lower() not in MISSING]
    return bool(filled) and all(number(cell) is None and number(_with_point(cell)) is None for cell in filled)


def read_cell(file: str, line: int, index: int, column: str, cell: str, drop_missing: bool) -> float:
    """The number in a cell.

    Raises:
        DataError: it holds none, or none that is finite and must be; the message holds line and column.
    """
    where = f"{file}, line {line}, column {index + 1} ({short(column)})"
    value = number(cell)
    if value is None and cell.lower() in MISSING:
        value = math.nan
    if value is None:
        hint = "; write a decimal point" if number(_with_point(cell)) is not None else ""
        raise DataError(f"{where}: {short(cell)!r} is no number{hint}")
    if not math.isfinite(value) and not drop_missing:
        raise DataError(f"{where}: {short(cell)!r} is not finite; drop such rows, or fill them")
    return value


def _read_label(file: str, line: int, index: int, column: str, cell: str, drop_missing: bool) -> str | None:
    """The name of a class, None for a missing one: a number in its shortest form, so that 1 and 1.0 are one class."""
    if cell.lower() in MISSING:
        if not drop_missing:
            where = f"{file}, line {line}, column {index + 1} ({short(column)})"
            raise DataError(f"{where}: {short(cell)!r} is no class; drop such rows, or fill them")
        return None
    value = number(cell)
    return cell if value is None else f"{value:.15g}"


def _name_classes(where: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The classes in order.

    Raises:
        DataError: there is one class, there are too many, or one has too few rows.
    """
    counts = Counter(labels)
    if len(counts) == 1:
        raise DataError(f"{where}: all rows are of class {short(labels[0])!r}")
    if len(counts) > MAX_CLASSES:
        hint = "fit values rather than classes, or choose another column"
        raise DataError(f"{where}: {len(counts)} different classes, at most {MAX_CLASSES}; {hint}")
    rare, rows = min(counts.items(), key=lambda item: item[1])
    if rows < MIN_ROWS_PER_CLASS:
        message = f"{where}: class {short(rare)!r} has {rows} rows, needs at least {MIN_ROWS_PER_CLASS}"
        raise DataError(f"{message}; join it with another class, or leave its rows out")
    values = {label: number(label) for label in counts}
    return tuple(sorted(counts, key=lambda label: (values[label] is None, values[label] or 0.0, label)))


def _is_value(cell: str) -> bool:
    return number(cell) is not None or cell.lower() in MISSING


def harmless(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula; numbers, signed ones too, stay as they are."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) and number(cell) is None else cell


def number(cell: str) -> float | None:
    """The number that a cell holds; None if it holds none."""
    # float() also reads 1_000 and digits of other scripts.
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _with_point(cell: str) -> str:
    return cell.replace(",", ".", 1)


def short(text: str) -> str:
    """A name from a file, cut where it is long."""
    return text if len(text) <= 40 else text[:39] + "…"
