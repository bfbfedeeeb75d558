"""One configuration file, read with care: it may be foreign, broken or no file at all."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activations.configuration.lines import KeyPath, key_lines, line_of
from activations.configuration.places import Role
from activations.configuration.toml import read_toml
from activations.errors import ConfigurationError

__all__ = ["ConfigurationFile", "Role", "parse_file", "read_file"]

MAX_BYTES = 1_000_000
MAX_MESSAGE = 600
MAX_DOTS = 100  # on a line: a key of a hundred thousand parts would take the reader hours
PLACE = re.compile(r" \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)\Z")
DECLARING = ("activations", "targets")


@dataclass(frozen=True)
class ConfigurationFile:
    """What a configuration file holds.

    Attributes:
        path: the file.
        role: "project" for one that may come with foreign files, "user" for the user's own, "named" for one that
            ACTIVATIONS_CONFIG names.
        tables: its tables by name.
        lines: where its keys stand.
    """

    path: Path
    role: Role
    tables: Mapping[str, Mapping[str, Any]]
    lines: dict[KeyPath, int] = field(repr=False, default_factory=dict)

    def line(self, *path: str) -> int:
        """The line of a key, or of the table around it."""
        return line_of(self.lines, path)

    def place(self, *path: str) -> str:
        """The same as file:line."""
        return f"{shown(self.path)}:{self.line(*path)}"

    def error(self, message: str, *path: str) -> ConfigurationError:
        """A mistake in the value of a key."""
        return ConfigurationError(message[:MAX_MESSAGE], shown(self.path), self.line(*path))


def read_file(path: Path, role: Role) -> ConfigurationFile:
    """Read a file.

    Raises:
        ConfigurationError: it is no file of text, is too large, or is no TOML.
        OSError: it can't be read.
    """
    return parse_file(_read(path), path, role)


def parse_file(data: bytes, path: Path, role: Role) -> ConfigurationFile:
    """Read the bytes of a file.

    Raises:
        ConfigurationError: they are no text, or no TOML that can configure anything.
    """

    def mistake(message: str, line: int) -> ConfigurationError:
        return ConfigurationError(message, shown(path), line)

    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise mistake("is not UTF-8; save it as UTF-8 text", _undecodable_line(data)) from None
    if "\0" in text:
        raise mistake("holds binary data; write it as text in TOML", text.count("\n", 0, text.index("\0")) + 1)
    for number, row in enumerate(text.split("\n"), 1):
        if row.count(".") > MAX_DOTS:
            raise mistake(f"has more than {MAX_DOTS} dots on one line; write less on it", number)
    try:
        # With a line's end at the end the reader can tell the place of a mistake there.
        content = read_toml(text if text.endswith("\n") else f"{text}\n")
    except RecursionError:
        raise mistake("is nested too deep", 1) from None
    except ValueError as error:
        found = PLACE.search(str(error))
        last = len(text.rstrip("\n").split("\n"))
        line = min(int(found["line"]), last) if found and found["line"] else last
        reason = " ".join(PLACE.sub("", str(error)).split())[:200]
        raise mistake(f"is no valid TOML: {reason[:1].lower()}{reason[1:]}", line) from None
    file = ConfigurationFile(path, role, content, key_lines(text))
    for name, table in content.items():
        if not isinstance(table, dict):
            raise file.error(f"{name[:80]!r} stands in no table; flags of all commands belong below [defaults]", name)
        if name not in DECLARING and any(isinstance(item, dict) and "formula" in item for item in table.values()):
            close = difflib.get_close_matches(name.lower(), DECLARING, n=1, cutoff=0.0)
            raise file.error(f"unknown section {name[:80]!r}; did you mean {(close or DECLARING)[0]}?", name)
    return file


def shown(text: str | os.PathLike[str]) -> str:
    """A foreign text on one line, without control characters."""
    plain = os.fspath(text)
    return plain if plain.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in plain)


def _read(path: Path) -> bytes:
    name = shown(path)
    try:
        # Without blocking: to open a pipe that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ConfigurationError("there is no such file", name) from None
    except OSError:
        # A socket can't be opened, nor on some systems a folder.
        if os.path.exists(path) and not os.path.isfile(path):
            raise ConfigurationError("is no file; put a text file in its place", name) from None
        raise
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        what = "is a folder" if stat.S_ISDIR(kind) else "is no regular file"
        raise ConfigurationError(f"{what}; put a text file in its place", name)
    with open(descriptor, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ConfigurationError(f"has more than {MAX_BYTES} bytes; cut it to what configures", name)
    return data


def _undecodable_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1
