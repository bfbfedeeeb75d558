"""The state of a fit in training as a file, from which the same fit goes on to the same last digit."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from activations.errors import DataError
from activations.files import write_atomically
from activations.fitting.weights import read_tensors, write_tensors

__all__ = ["Checkpoint", "OtherFitError", "State", "restore"]

KEY = "activations.checkpoint"
VERSION = 1
EVERY = 2.0  # seconds
SHARE = 0.02  # of the time that may be spent on writing


class OtherFitError(DataError):
    """A checkpoint is of a fit with other settings, another target or another release."""


@dataclass(frozen=True)
class State:
    """What a checkpoint holds.

    Attributes:
        tensors: by name.
        facts: anything that JSON knows.
    """

    tensors: dict[str, Tensor] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)


class Checkpoint:
    """A file that is written now and then.

    Args:
        path: of the file; its folder must exist.
        key: tells fits apart.
        every: seconds between two of them at least; more where writing takes long.

    Attributes:
        is_written: whether the file holds a state of this fit.
    """

    def __init__(self, path: str | os.PathLike[str], key: str, every: float = EVERY) -> None:
        self.path = Path(path)
        self.key = key
        self.every = every
        self.pause = every
        self.written = time.monotonic()
        self.is_written = False

    @property
    def is_due(self) -> bool:
        """Whether it is time to write it again."""
        return time.monotonic() - self.written >= self.pause

    def write(self, state: State) -> None:
        """Write it, in place of an older one.

        Raises:
            OSError: it can't be written.
        """
        began = time.monotonic()
        header = {KEY: json.dumps({"version": VERSION, "key": self.key, **state.facts})}
        # Copies, because a file of this kind holds no memory twice.
        tensors = {name: tensor.detach().cpu().clone() for name, tensor in state.tensors.items()}
        write_atomically(self.path, write_tensors(tensors, header), overwrite=True)
        self.written = time.monotonic()
        self.is_written = True
        self.pause = max(self.every, (self.written - began) / SHARE)

    def read(self) -> State | None:
        """What was written last; None if there is nothing.

        Raises:
            OtherFitError: it is of another fit.
            DataError: the file is none of ours, or damaged.
            OSError: it can't be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            tensors, header = read_tensors(data)
            facts: dict[str, Any] = json.loads(header[KEY])
            version, key = facts["version"], facts["key"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise DataError(f"{str(self.path)!r} is no checkpoint of a fit; name another file, or delete it") from None
        if (version, key) != (VERSION, self.key):
            raise OtherFitError(
                f"the checkpoint {str(self.path)!r} is of a fit with other settings, data or releases; repeat that "
                "command, or delete the file"
            )
        self.is_written = True
        return State(tensors, facts)

    def remove(self) -> None:
        """Delete it, if it is there."""
        with contextlib.suppress(OSError):
            self.path.unlink()


def restore(tensors: dict[str, Tensor], saved: dict[str, Tensor]) -> None:
    """Fill tensors in place with those of a checkpoint.

    Raises:
        DataError: one is missing or has another shape or type.
    """
    for name, tensor in tensors.items():
        found = saved.get(name)
        if found is None or found.shape != tensor.shape or found.dtype != tensor.dtype:
            raise DataError(f"the checkpoint holds no fitting {name!r}; delete it")
        with torch.no_grad():
            tensor.copy_(found)
