"""On which line of a TOML file a key stands; Python's own reader tells that for mistakes of form only."""

from __future__ import annotations

import bisect
import re
from typing import TypeAlias

from activations.configuration.toml import read_toml

__all__ = ["KeyPath", "key_lines", "line_of"]

KeyPath: TypeAlias = tuple[str, ...]

SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BLANKS = re.compile(r"[ \t]*")
KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
REST = re.compile(r"[^\n]*")
VALUE = re.compile(
    r'''
      """(?:[^\\]|\\.)*?"{3,5} | \'\'\'.*?\'{3,5}    # strings of several lines
    | "(?:[^"\\\n]|\\.)*" | '[^'\n]*'                # strings of one
    | \#[^\n]*
    | (?P<open>[\[{]) | (?P<close>[\]}])
    | (?P<end>\n)
    | [^"'\#\[\]{}\n]+ | .
    ''',
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of each table and each key of a text that is valid TOML.

    What stands within an inline table or an array has no line of its own. Of the tables of an array the first counts.
    """
    ends = [place for place, letter in enumerate(text) if letter == "\n"]
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    place = _past(SPACE, text, 0)
    while place < len(text):
        line = bisect.bisect_left(ends, place) + 1
        header = text[place] == "["
        path, place = _path(text, _past(BLANKS, text, place + text[place : place + 2].count("[")) if header else place)
        if header:
            table = path
        else:
            path = table + path
        for length in range(len(table) if not header else 0, len(path)):
            found.setdefault(path[: length + 1], line)
        place = _past(REST, text, place) if header or not path else _past_value(text, place)
        place = _past(SPACE, text, place)
    return found


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or of the nearest table around it that has one; 1 if none has."""
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), 1)


def _path(text: str, place: int) -> tuple[KeyPath, int]:
    """The parts of a dotted key, and where it ends; no part and a later place where there is none."""
    parts: list[str] = []
    while True:
        found = KEY.match(text, place)
        if found is None:
            return tuple(parts), place if parts else place + 1
        parts.append(_plain(found[0]))
        place = _past(BLANKS, text, found.end())
        if text[place : place + 1] != ".":
            return tuple(parts), place
        place = _past(BLANKS, text, place + 1)


def _plain(key: str) -> str:
    """A key without its quotes and escapes."""
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(read_toml(f"{key} = 0")))
    except ValueError:
        return key


def _past_value(text: str, place: int) -> int:
    """Where the line ends on which a value ends."""
    depth = 0
    while place < len(text):
        found = VALUE.match(text, place)
        if found is None:  # nothing that VALUE leaves out
            break
        place = found.end()
        depth += (found["open"] is not None) - (found["close"] is not None)
        if found["end"] and depth <= 0:
            break
    return place


def _past(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return place if found is None else found.end()
