"""Columns of numbers from a CSV file; every complaint names line and column."""

from __future__ import annotations

import csv
import difflib
import errno
import hashlib
import itertools
import math
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from activations.errors import DataError

__all__ = ["MIN_ROWS", "Table", "read_table"]

MIN_ROWS = 10
MAX_BYTES = 100_000_000
MAX_FIELD = 1000
SNIFFED_LINES = 20
DELIMITERS = ("\t", ";", ",", "|")
MISSING = {"", "na", "n/a", "nan", "null", "none", "inf", "-inf", "+inf", "infinity", "-infinity"}


@dataclass(frozen=True)
class Table:
    """The columns of a data file.

    Attributes:
        name: the file's name without its folder.
        x_names: the input columns.
        y_name: the target column.
        x: the rows' inputs.
        y: the rows' targets.
        dropped: number of rows that were left out because of a missing value.
        repeated: number of rows whose inputs an earlier row has too.
    """

    name: str
    x_names: tuple[str, ...]
    y_name: str
    x: tuple[tuple[float, ...], ...] = field(repr=False)
    y: tuple[float, ...] = field(repr=False)
    dropped: int = 0

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


def read_table(path: str, x: Sequence[str] = (), y: str = "", *, drop_missing: bool = False) -> Table:
    """Read the columns of a CSV file.

    The delimiter (tab, semicolon, comma or bar) and the header line are recognised; a byte order mark is accepted.

    Args:
        path: the file: UTF-8, numbers with a decimal point, at most 100 MB.
        x: input columns by name or number from 1; all but `y` unless given.
        y: target column; the last unless given.
        drop_missing: leave out rows with an empty or non-finite cell, rather than refuse them.

    Raises:
        DataError: the content is not such a table, or there are too few rows.
        OSError: the file can't be read or is not a regular file.
    """
    name = os.path.basename(path)
    rows = _read_rows(path)
    if not rows:
        raise DataError(f"{name}: needs at least {MIN_ROWS} finite rows, found 0")
    header = _read_header(rows)
    names = header or [f"column {i}" for i in range(1, len(rows[0][1]) + 1)]
    target = _find_column(name, names, y) if y else len(names) - 1
    inputs = [_find_column(name, names, text) for text in x] or [i for i in range(len(names)) if i != target]
    if not inputs or target in inputs or len(set(inputs)) < len(inputs):
        raise DataError(f"{name}: x and y must be different columns, at least one for x; there are {len(names)}")

    kept: list[list[float]] = []
    dropped = 0
    for line, cells in rows[1 if header else 0 :]:
        if len(cells) != len(names):
            raise DataError(f"{name}, line {line}: {len(cells)} cells, expected {len(names)}")
        values = [_read_cell(name, line, i, names[i], cells[i], drop_missing) for i in (*inputs, target)]
        if all(map(math.isfinite, values)):
            kept.append(values)
        else:
            dropped += 1
    if len(kept) < MIN_ROWS:
        raise DataError(f"{name}: needs at least {MIN_ROWS} finite rows, found {len(kept)}")
    for index, column in zip((*inputs, target), zip(*kept, strict=True), strict=True):
        if min(column) == max(column):
            raise DataError(f"{name}, column {index + 1} ({_short(names[index])}): all values are {column[0]:g}")
    return Table(
        name=name,
        x_names=tuple(_short(names[i]) for i in inputs),
        y_name=_short(names[target]),
        x=tuple(tuple(row[:-1]) for row in kept),
        y=tuple(row[-1] for row in kept),
        dropped=dropped,
    )


def _read_rows(path: str) -> list[tuple[int, list[str]]]:
    """The non-empty rows with their line numbers."""
    name = os.path.basename(path)
    # Ask before opening: opening a FIFO would wait for its writer.
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    if status.st_size > MAX_BYTES:
        raise DataError(f"{name}: {status.st_size:,} bytes, the limit is {MAX_BYTES:,}")
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = _checked_lines(name, file)
        first = list(itertools.islice(lines, SNIFFED_LINES))
        reader = csv.reader(itertools.chain(first, lines), delimiter=_delimiter(first), strict=True)
        rows = []
        try:
            for cells in reader:
                if cells and any(cell.strip() for cell in cells):
                    rows.append((reader.line_num, [cell.strip() for cell in cells]))
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}: {error}") from None
    return rows


def _checked_lines(name: str, file: Iterable[str]) -> Iterator[str]:
    number = 0
    try:
        for line in file:
            number += 1
            column = line.find("\0") + 1
            if column:
                raise DataError(f"{name}, line {number}, character {column}: NUL byte; save the file as UTF-8 text")
            yield line
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        message = f"{name}, after line {number}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8 text"
        raise DataError(message) from None


def _delimiter(lines: Sequence[str]) -> str:
    """The first delimiter that parts the lines into equally many cells, else the one that parts most of them."""
    filled = [line for line in lines if line.strip()]
    best, most = ",", 0
    for delimiter in DELIMITERS:
        try:
            counts = [len(cells) for cells in csv.reader(filled, delimiter=delimiter)]
        except csv.Error:
            continue
        if counts and min(counts) > 1 and min(counts) == max(counts):
            return delimiter
        parted = sum(count > 1 for count in counts)
        if parted > most:
            best, most = delimiter, parted
    return best


def _read_header(rows: Sequence[tuple[int, list[str]]]) -> list[str] | None:
    """The first row if it is one of names: some cell of it is neither a number nor missing."""
    cells = rows[0][1]
    if all(_number(cell) is not None or cell.lower() in MISSING for cell in cells):
        return None
    return [cell or f"column {i}" for i, cell in enumerate(cells, start=1)]


def _find_column(name: str, names: Sequence[str], text: str) -> int:
    if names.count(text) == 1:
        return names.index(text)
    if names.count(text) > 1:
        numbers = " and ".join(str(i + 1) for i, other in enumerate(names) if other == text)
        raise DataError(f"{name}: columns {numbers} are both {_short(text)!r}; give the number")
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return int(text) - 1
    close = difflib.get_close_matches(text[:80], names, n=3, cutoff=0.5) or names[:10]
    listed = ", ".join(map(_short, close))
    raise DataError(f"{name}: no column {_short(text)!r}; there are {listed} (or numbers from 1 to {len(names)})")


def _read_cell(file: str, line: int, index: int, column: str, cell: str, drop_missing: bool) -> float:
    where = f"{file}, line {line}, column {index + 1} ({_short(column)})"
    value = _number(cell)
    if value is None and cell.lower() in MISSING:
        value = math.nan
    if value is None:
        hint = "; write a decimal point" if _number(cell.replace(",", ".", 1)) is not None else ""
        raise DataError(f"{where}: {_short(cell)!r} is no number{hint}")
    if not math.isfinite(value) and not drop_missing:
        raise DataError(f"{where}: {_short(cell)!r} is not finite; drop such rows, or fill them")
    return value


def _number(cell: str) -> float | None:
    # float() also reads 1_000 and digits of other scripts.
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
