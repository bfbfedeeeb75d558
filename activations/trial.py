"""Whether an activation of foreign code can be used at all: one forward and one backward pass under a time limit.

`activations.testing` proves that it is right; this only keeps a benchmark or a check from being stopped by it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from activations.axis import AxisActivation, AxisVariant
from activations.declare import Activation, Variant
from activations.discovery import release_of
from activations.lazy import torch

__all__ = ["LIMIT", "is_foreign", "is_memory_error", "memory_limit", "physical_memory", "time_limit", "trial"]

LIMIT = 10.0  # seconds
MEMORY = 4 << 30  # bytes
MAX_MESSAGE = 200


class TrialTimeoutError(Exception):
    """It took too long."""


def is_foreign(item: Activation | AxisActivation) -> bool:
    """Whether a plugin declares it."""
    return bool(release_of(item.function.__module__))


def trial(variant: Variant | AxisVariant, seconds: float = LIMIT) -> str:
    """Why a variant can't be used; empty if it can.

    Args:
        variant: at its values.
        seconds: the time limit; it holds in a program's main thread and against Python code alone.
    """
    try:
        with time_limit(seconds), memory_limit(MEMORY):
            return _tried(variant)
    except TrialTimeoutError:
        return f"it has not answered within {seconds:g} seconds"
    except (Exception, SystemExit) as error:
        if is_memory_error(error):
            return f"it takes more than {MEMORY / 2**30:.0f} GiB of memory for twelve numbers"
        text = " ".join(str(error).split())
        return f"it raises {type(error).__name__}{f': {text[:MAX_MESSAGE]}' if text else ''}"


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TrialTimeoutError within it after some seconds, where the system and the thread allow that."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TrialTimeoutError

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def memory_limit(bytes_: int) -> Iterator[None]:
    """Let allocations fail beyond so many bytes more than there are now, where the system can do that.

    What fails is an allocation, with an error that can be caught; without a limit the system may end the process.
    """
    try:
        import resource

        with open("/proc/self/statm") as file:
            used = int(file.read().split()[5]) * resource.getpagesize()
    except (ImportError, OSError, IndexError, ValueError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = min([used + bytes_, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def physical_memory() -> int:
    """The bytes of memory that the machine has; very many where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 50


def is_memory_error(error: BaseException) -> bool:
    """Whether an allocation failed, in Python, numpy or torch."""
    return isinstance(error, MemoryError) or "allocate memory" in str(error)


def _tried(variant: Variant | AxisVariant) -> str:
    if isinstance(variant, AxisVariant):
        x = torch.linspace(-2, 2, 24, requires_grad=True).reshape(1, 12, 2)
        y: object = variant.activation(x, **dict(variant.values))
        shape = None  # which is its own business
    else:
        x = torch.linspace(-2, 2, 12, requires_grad=True).reshape(3, 4)
        y, shape = variant(*[x] * variant.inputs), x.shape
    if not isinstance(y, torch.Tensor):
        return f"it returns {type(y).__name__} and not a tensor"
    if shape is not None and y.shape != shape:
        return f"it returns the shape {tuple(y.shape)} for inputs of shape {tuple(shape)}"
    if y.dtype != torch.float32 or y.device.type != "cpu":
        return f"it returns {y.dtype} on {y.device} for inputs of torch.float32 on cpu"
    if y.requires_grad:
        torch.autograd.grad(y.sum(), x, allow_unused=True)
    return ""
