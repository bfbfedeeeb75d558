"""What every part of a process shares, and foreign code may change: remembered, compared and put back."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["GlobalState"]

# Whose functions and classes a plugin has no business to replace.
WATCHED = ("builtins", "math", "torch", "torch.nn", "torch.nn.functional", "torch.autograd", "numpy")
WATCHED_CLASSES = (("torch", "Tensor"), ("torch.nn", "Module"))


@dataclass(frozen=True)
class Part:
    """One piece of the state.

    Attributes:
        name: what it is called in messages.
        read: gives a value that can be compared with a later one.
        restore: puts a value back.
    """

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object]


class GlobalState:
    """The state of the process at one moment.

    torch and numpy are part of it where they are imported already: their generators and settings, and the functions
    that they hold.
    """

    def __init__(self) -> None:
        self._parts = [(part, part.read()) for part in parts()]
        self._namespaces = {name: dict(content) for name, content in namespaces()}
        self._filters = list(warnings.filters)

    def restore(self) -> tuple[str, ...]:
        """Put back what is different now, and name it."""
        changed = []
        for part, before in self._parts:
            with contextlib.suppress(OSError):  # a folder that is gone can't be gone back to
                if part.read() != before:
                    changed.append(part.name)
                    part.restore(before)
        changed += self._restore_filters()
        for name, content in namespaces():
            before = self._namespaces.get(name)
            if before is not None:
                changed += [f"{name}.{key}" for key in restore_namespace(name, before, content)]
        return tuple(changed)

    def _restore_filters(self) -> list[str]:
        # Libraries add filters for their own warnings when they are imported; one for all warnings is another matter.
        lost = any(item not in warnings.filters for item in self._filters)
        blanket = [item for item in warnings.filters if item not in self._filters and item[1] is None is item[3]]
        if not lost and not blanket:
            return []
        kept = [item for item in warnings.filters if item not in blanket]
        warnings.filters[:] = self._filters if lost else kept  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        return ["the warnings filters"]


def parts() -> list[Part]:
    """All pieces that can be read now."""
    found = [
        Part("the working folder", _working_folder, _change_folder),
        Part("environment variables", lambda: dict(os.environ), _restore_environment),
        Part("sys.argv", lambda: list(sys.argv), lambda value: sys.argv.__setitem__(slice(None), value)),
        Part("sys.stdout", lambda: sys.stdout, lambda value: setattr(sys, "stdout", value)),
        Part("sys.stderr", lambda: sys.stderr, lambda value: setattr(sys, "stderr", value)),
        Part("sys.excepthook", lambda: sys.excepthook, lambda value: setattr(sys, "excepthook", value)),
        Part("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
        Part("warnings.showwarning", lambda: warnings.showwarning, lambda v: setattr(warnings, "showwarning", v)),
        Part("the root logger", _root_logger, _restore_root_logger),
        Part("Python's random generator", random.getstate, random.setstate),
    ]
    if threading.current_thread() is threading.main_thread():
        found.append(Part("signal handlers", _signals, _restore_signals))
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        found.append(Part("numpy's random generator", lambda: _numpy_state(numpy), numpy.random.set_state))
        found.append(Part("numpy's error settings", numpy.geterr, lambda value: numpy.seterr(**value)))
    if torch is not None:
        found += torch_parts(torch)
    return found


def torch_parts(torch: types.ModuleType) -> list[Part]:
    """The settings of torch, and its generator."""

    def set_device(name: str) -> None:
        torch.set_default_device(None if name == "cpu" else name)  # "cpu" would wrap every call from now on

    return [
        Part("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
        Part("torch's default device", lambda: str(torch.get_default_device()), set_device),
        Part("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
        Part("torch's grad mode", torch.is_grad_enabled, torch.set_grad_enabled),
        Part("torch's matmul precision", torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        Part(
            "torch's deterministic mode",
            torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms,
        ),
        Part(
            "torch's random generator",
            lambda: bytes(torch.get_rng_state().numpy()),
            lambda value: torch.set_rng_state(torch.frombuffer(bytearray(value), dtype=torch.uint8)),
        ),
    ]


def namespaces() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Modules and classes that are watched, with what they hold: those above, and all of our own modules."""
    for name, module in list(sys.modules.items()):
        if module is not None and (name in WATCHED or name.partition(".")[0] in ("activations", "activations_cli")):
            yield name, vars(module)
    for name, attribute in WATCHED_CLASSES:
        if name in sys.modules:
            yield f"{name}.{attribute}", vars(getattr(sys.modules[name], attribute))


def restore_namespace(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Put back attributes that were replaced, removed, or added to a class, and give their names."""
    missing = object()
    module, _, attribute = name.rpartition(".")
    is_class = (module, attribute) in WATCHED_CLASSES
    owner = getattr(sys.modules[module], attribute) if is_class else sys.modules[name]
    changed = [key for key, value in before.items() if now.get(key, missing) is not value and not is_private(key)]
    for key in changed:
        setattr(owner, key, before[key])
    added = [key for key in now if is_class and key not in before and not is_private(key)]
    for key in added:
        delattr(owner, key)
    return [*changed, *added]


def is_private(key: str) -> bool:
    """Whether an attribute is a module's own business: `_cache`, but not `__add__`."""
    special = key.startswith("__") and key.endswith("__") and key != "__warningregistry__"
    return key.startswith("_") and not special


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return ""


def _change_folder(path: str) -> None:
    if path:
        os.chdir(path)


def _restore_environment(before: dict[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _root_logger() -> tuple[int, list[logging.Handler], list[Any], bool, int]:
    root = logging.getLogger()
    return root.level, list(root.handlers), list(root.filters), root.disabled, logging.root.manager.disable


def _restore_root_logger(before: tuple[int, list[logging.Handler], list[Any], bool, int]) -> None:
    root = logging.getLogger()
    level, root.handlers[:], root.filters[:], root.disabled, disabled = before
    root.setLevel(level)
    logging.disable(disabled)


def _signals() -> dict[int, Any]:
    return {int(number): signal.getsignal(number) for number in signal.valid_signals()}


def _restore_signals(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) != handler:
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, handler)


def _numpy_state(numpy: types.ModuleType) -> tuple[Any, ...]:
    name, keys, *rest = numpy.random.get_state()
    return (name, tuple(keys.tolist()), *rest)
