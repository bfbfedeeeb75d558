"""What a worker of a cluster has: this runs there."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from activations.benchmark.store.environment import Environment, this_environment
from activations.errors import DeviceError
from activations.fitting.devices import resolve_device
from activations.plugins import files

__all__ = ["Facts", "Sent", "examine"]


@dataclass(frozen=True)
class Sent:
    """Something that must be the same there as here.

    Attributes:
        label: its name, for people.
        digest: what it has here.
        pickled: itself.
    """

    label: str
    digest: str
    pickled: bytes


@dataclass(frozen=True)
class Facts:
    """What a worker has.

    Attributes:
        environment: its device and versions; None if the device is missing.
        blas: a hash of the libraries that torch was built with.
        problems: what of that which was sent it can't do, and why.
        device_problem: why the device is missing.
    """

    environment: Environment | None
    blas: str
    problems: tuple[tuple[str, str], ...] = ()
    device_problem: str = ""


def examine(plugin_files: Sequence[str], sent: Sequence[Sent], device: str) -> Facts:
    """Look at this process.

    Args:
        plugin_files: single files that the client took for plugins.
        sent: what the client will send.
        device: where to train.
    """
    problems = []
    for path in plugin_files:
        try:
            files.import_given([path])
        except (Exception, SystemExit) as error:
            problems.append((path, f"{type(error).__name__}: {error}"))
    for item in sent:
        try:
            digest = pickle.loads(item.pickled).digest
        except (Exception, SystemExit) as error:  # a plugin's code may raise anything
            problems.append((item.label, f"{type(error).__name__}: {error}"))
        else:
            if digest != item.digest:
                problems.append((item.label, "it is another release"))
    blas = hashlib.sha256(torch.__config__.show().encode()).hexdigest()[:8]
    try:
        environment = this_environment(str(resolve_device(device)))
    except DeviceError as error:
        return Facts(None, blas, tuple(problems), str(error))
    return Facts(environment, blas, tuple(problems))
