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
