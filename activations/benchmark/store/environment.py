"""Where runs are made: what their digits depend on beside their settings, and the machine for the record."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass

from activations.fitting.engine import ENGINE_VERSION

__all__ = ["Environment", "this_environment"]


@dataclass(frozen=True)
class Environment:
    """Device and versions.

    Attributes:
        device: "cpu", or the name of an accelerator.
        torch: its version.
        engine: version of our engine's arithmetic.
        version: of this library; recorded only.
        machine: system and processor; recorded only.
    """

    device: str
    torch: str
    engine: int
    version: str
    machine: str

    def key(self, run_key: str) -> str:
        """The key of a run made here: the same only where the same digits are expected."""
        parts = (run_key, self.device, self.torch, str(self.engine))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def this_environment(device: str) -> Environment:
    """The environment of this process.

    Args:
        device: where it trains, as torch names it.
    """
    import torch

    from activations import __version__

    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    capability = torch.backends.cpu.get_cpu_capability()
    machine = f"{platform.system()} {platform.machine()} {capability}"
    return Environment(name, str(torch.__version__), ENGINE_VERSION, __version__, machine)
