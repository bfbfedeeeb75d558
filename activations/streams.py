"""The standard streams while foreign code runs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["output_aside"]


@contextlib.contextmanager
def output_aside() -> Iterator[None]:
    """Send to stderr what is written to stdout meanwhile, by whatever means: print, `os.write`, or C code."""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            sys.__stdout__.flush()  # type: ignore[union-attr]
            kept = os.dup(1)
            os.dup2(2, 1)
        except (OSError, ValueError, AttributeError):  # there is no stdout or no stderr
            yield
            return
        try:
            yield
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
            os.dup2(kept, 1)
            os.close(kept)
