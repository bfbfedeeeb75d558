"""Lines of Python with what they really give, as at Python's prompt."""

from __future__ import annotations

import code
import contextlib
import io
from collections.abc import Sequence

__all__ = ["session"]


def session(lines: Sequence[str]) -> str:
    """Run lines in a fresh namespace.

    Args:
        lines: complete statements.

    Returns:
        Each line behind a prompt, and below it what it prints.

    Raises:
        RuntimeError: a line failed.
    """
    console = code.InteractiveInterpreter({})
    shown = []
    for line in lines:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            unfinished = console.runsource(line)
        if unfinished or err.getvalue():
            raise RuntimeError(f"{line!r} failed: {err.getvalue() or 'it is not complete'}")
        shown += [f">>> {line}", *out.getvalue().rstrip().splitlines()]
    return "\n".join(shown)
