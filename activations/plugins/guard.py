"""Calls into foreign code that leave the process as it was: no exit, no output between the data, no changed state."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeAlias, TypeVar

from activations.plugins.state import GlobalState
from activations.streams import output_aside

__all__ = ["SLOW", "Aside", "guarded_call"]

Value = TypeVar("Value")

Aside: TypeAlias = Callable[[], contextlib.AbstractContextManager[None]]

SLOW = 3.0  # seconds after which it is told who is waited for

log = logging.getLogger(__name__)


def guarded_call(
    call: Callable[[], Value], who: str, aside: Aside = output_aside
) -> tuple[Value | Exception, tuple[str, ...]]:
    """Call foreign code, and put back what it changed.

    torch is imported before, so that what is done to it can be undone too.

    Args:
        call: the code.
        who: what to say is waited for where it takes long.
        aside: what keeps its output from stdout.

    Returns:
        What it gave, or what it raised: SystemExit and its own KeyboardInterrupt come as a RuntimeError. And the
        names of what it changed.
    """
    import torch  # noqa: F401

    state = GlobalState()
    waiting = threading.Timer(SLOW, log.warning, [f"waiting for {who}; Ctrl-C stops"])
    waiting.daemon = True
    waiting.start()
    result: Value | Exception
    try:
        with aside(), _interrupts() as interrupted:
            try:
                result = call()
            except Exception as error:
                result = error
            except BaseException as error:
                # A user's Ctrl-C and a signal that ends the process are no failures of the plugin.
                if interrupted() or type(error).__module__.startswith("activations"):
                    raise
                result = RuntimeError(f"{type(error).__name__}{f': {error}' if str(error) else ''}")
    finally:
        waiting.cancel()
        changed = state.restore()
    return result, changed


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Tell whether a KeyboardInterrupt was a user's Ctrl-C."""
    pressed = threading.Event()

    def remember(number: int, frame: FrameType | None) -> None:
        pressed.set()
        raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
