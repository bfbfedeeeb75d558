"""Which device trains; one that was asked for and is missing is an error."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from activations.errors import DeviceError
from activations.fitting.settings import SettingError

if TYPE_CHECKING:
    import torch

__all__ = [
    "available_devices",
    "compute_steadily",
    "keep_freed_memory",
    "require_precision",
    "resolve_device",
    "steady_arithmetic",
]

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # glibc's numbers


def available_devices() -> list[str]:
    """The devices of this machine as they are typed, the CPU first."""
    import torch

    found = ["cpu"]
    if torch.cuda.is_available():
        found += ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def resolve_device(text: str = "auto") -> torch.device:
    """The torch device of a name.

    Args:
        text: "cpu", "cuda", "cuda:N", "mps", or "auto" for the first accelerator there is, else the CPU.

    Raises:
        DeviceError: it is not available here; the message lists those that are.
    """
    import torch

    available = available_devices()
    if text == "auto":
        text = next((name for name in ("cuda", "mps") if name in available), "cpu")
    if re.fullmatch(r"cpu|mps|cuda(:\d+)?", text) is None or text not in available:
        raise DeviceError(f"device {text[:40]!r} is not available; available: {', '.join(available)}")
    return torch.device(text)


def require_precision(device: torch.device | str, precision: str) -> None:
    """Check that a device computes in a precision: Apple's have no double numbers.

    Args:
        device: that of this machine.
        precision: "float32" or "float64".

    Raises:
        SettingError: it does not.
    """
    if str(device).partition(":")[0] == "mps" and precision == "float64":
        raise SettingError(
            "precision='float64' is not possible on device='mps'; write precision='float32' or device='cpu'"
        )


def keep_freed_memory() -> None:
    """Let the C library reuse freed memory of any size at once, instead of asking the system anew.

    Fresh pages cost more than the arithmetic on them. Only glibc knows how; elsewhere nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(TRIM_THRESHOLD, 2**30)
        library.mallopt(MMAP_THRESHOLD, 2**30)


def compute_steadily() -> None:
    """Let torch use one thread and flush denormal numbers in this thread: same digits everywhere, and no slow ones."""
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@contextlib.contextmanager
def steady_arithmetic() -> Iterator[None]:
    """Within it `compute_steadily` holds."""
    import torch

    threads = torch.get_num_threads()
    compute_steadily()
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
