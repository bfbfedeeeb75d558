"""The rows of a CSV file as text: whatever delimiter, line end and quotes it has."""

from __future__ import annotations

import csv
import errno
import itertools
import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from activations.errors import DataError

__all__ = ["read_rows"]

MAX_BYTES = 100_000_000
MAX_CELL = 2_000_000  # characters; more is a quote that nobody closed
SNIFFED_LINES = 20
DELIMITERS = ("\t", ";", ",", "|")


def read_rows(path: str) -> list[tuple[int, list[str]]]:
    """The non-empty rows of a CSV file, each with its line number; blanks around cells are cut.

    The delimiter (tab, semicolon, comma or bar) is recognised; a byte order mark is accepted.

    Raises:
        DataError: the content is not such a file, or is larger than 100 MB; the message holds the line.
        OSError: the file can't be read or is not a regular file.
    """
    name = os.path.basename(path)
    # Ask before opening: opening a FIFO would wait for its writer.
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    if status.st_size > MAX_BYTES:
        raise DataError(f"{name}: {status.st_size:,} bytes, the limit is {MAX_BYTES:,}")
    limit = csv.field_size_limit(MAX_CELL)
    try:
        return _read(path, name)
    except UnicodeDecodeError:
        raise DataError(f"{name}, {_bad_byte(path)}; save the file as UTF-8 text") from None
    finally:
        csv.field_size_limit(limit)


def _read(path: str, name: str) -> list[tuple[int, list[str]]]:
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
    for number, line in enumerate(file, start=1):
        column = line.find("\0") + 1
        if column:
            raise DataError(f"{name}, line {number}, character {column}: NUL byte; save the file as UTF-8 text")
        yield line


def _bad_byte(path: str) -> str:
    """Where a file stops being UTF-8: text is decoded in blocks, whose errors do not tell the line."""
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = (data[: error.start] + b".").splitlines()
        return f"line {len(before)}, byte {len(before[-1])}: 0x{data[error.start]:02x} is not UTF-8"
    return "the text is not UTF-8"


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
