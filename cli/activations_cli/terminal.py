"""What a stream can show: colours, characters, width; and text made safe for it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, Any, Literal

__all__ = ["ColorMode", "clean", "printable", "repair_streams", "shows_colors", "shows_unicode", "width"]

ColorMode = Literal["auto", "always", "never"]

# Characters of our own texts, and the ASCII that says the same.
ASCII = str.maketrans(
    {"…": "...", "–": "-", "—": "-", "−": "-", "·": "|", "×": "x", "′": "'", "″": "''", "²": "^2", "³": "^3",
     "π": "pi", "√": "sqrt", "∞": "inf", "≤": "<=", "≥": ">=", "±": "+-", "→": "->", "✓": "ok", "✗": "x",
     "“": '"', "”": '"', "‘": "'", "’": "'", "α": "alpha", "β": "beta", "γ": "gamma", "λ": "lambda", "⋅": "*"}
)  # fmt: skip
SAMPLE = "…–·′²─⣿"
UNBOUNDED = 4096


def shows_colors(stream: IO[Any] | None, mode: ColorMode = "auto") -> bool:
    """Whether to send colours to a stream: `--color`, then NO_COLOR, FORCE_COLOR, TERM=dumb, then what it is."""
    if mode != "auto":
        return mode == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def shows_unicode(stream: IO[Any] | None) -> bool:
    """Whether a stream can show more than ASCII: it can encode it, and the locale was not set to C."""
    try:
        SAMPLE.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    if os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8"):
        return True
    # Python itself turns the C locale into UTF-8; who asks for C still wants ASCII.
    chosen = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    return chosen not in ("C", "POSIX")


def width(stream: IO[Any] | None) -> int:
    """The columns of a stream: COLUMNS, the terminal's own, or no bound worth speaking of for a file or a pipe."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    if stream is not None and is_terminal(stream):
        with contextlib.suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or 80
        return 80
    return UNBOUNDED


def is_terminal(stream: IO[Any] | None) -> bool:
    """Whether a person reads the stream."""
    return stream is not None and not stream.closed and stream.isatty()


def clean(text: str) -> str:
    """Foreign text without control characters, which are shown as escapes; line ends stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def printable(text: str, stream: IO[Any] | None) -> str:
    """The text in characters that the stream can show."""
    if text.isascii():
        return text
    if not shows_unicode(stream):
        text = text.translate(ASCII)
    return text.encode("ascii", "backslashreplace").decode() if not shows_unicode(stream) else text


def repair_streams() -> None:
    """Make stdout and stderr writable in any environment: never closed, and no character that they refuse."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (it lives as long as the process)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
