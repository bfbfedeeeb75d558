"""torch and mpmath for the catalogue, imported at their first use: `list` and completion never pay for them."""

from __future__ import annotations

import importlib
import types
from typing import TYPE_CHECKING, Any

__all__ = ["F", "mpmath", "torch"]


class LazyModule(types.ModuleType):
    """A module that becomes a copy of the named one when its first attribute is read.

    After that it is an ordinary module to every reader, `torch.compile` included, and nothing
    stands in `sys.modules` before.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        real = importlib.import_module(self.__name__)
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


if TYPE_CHECKING:
    import mpmath as mpmath
    import torch as torch
    import torch.nn.functional as F  # noqa: N812 (the field's name for it)
else:
    mpmath = LazyModule("mpmath")
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")
