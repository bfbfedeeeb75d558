"""The trainer and the functions of activations as machine code: from this process, from the cache, or compiled now.

Each translation unit becomes a library of its own, so that many are compiled at once, nothing waits for a linker, and
one that the compiler refuses takes no other with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from activations.errors import BuildError
from activations.fitting.fused.cache import Cache, Entry, open_cache, private_cache
from activations.fitting.fused.compiler import (
    LIMIT,
    Compiler,
    Finished,
    build_folder,
    cores,
    cpu_identity,
    find_command,
    identify,
    stamp,
)
from activations.fitting.fused.library import Library

if TYPE_CHECKING:
    from importlib.abc import Traversable

    from activations.fitting.fused.code import Emitted

__all__ = [
    "build_in_background",
    "cached",
    "cached_trainer",
    "compiler",
    "functions",
    "headers_of",
    "kernel",
    "refused",
    "trainer",
]

FORMAT = "1"  # changes when a library of before must not be used
PRECISIONS = ("float32", "float64")
SYMBOL = re.compile(r"phi_[0-9a-f]{16}")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"(\w+\.hpp)"', re.MULTILINE)
TRAINER = "trainer"
LARGEST_UNIT = 64  # functions, so that no run comes near the time limit
UNITS_PER_CORE = 2  # so that a core that is done early, or had the trainer, finds more to do
SMALLEST_UNIT = 4  # functions, for which alone another run of the compiler is worth its start
RETRY = 10.0  # seconds for each run that looks for what the compiler refuses
MOST_REFUSED = 16  # functions, after which it is not they that are wrong

Key: TypeAlias = tuple[str, str]
"""A symbol, and the digest of the text that it stands for."""


def kernel() -> Traversable:
    """The folder of the kernel's C++ sources."""
    return resources.files("activations.fitting.fused") / "kernel"


def unit_text(emitted: Sequence[Emitted]) -> str:
    """The translation unit of some functions."""
    from activations.fitting.fused.code import source

    return source(emitted)


def headers_of(text: str) -> dict[str, str]:
    """The kernel's headers that a translation unit needs, and those that these need, by name."""
    found: dict[str, str] = {}
    waiting = INCLUDE.findall(text)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (kernel() / name).read_text(encoding="utf-8")
            waiting += INCLUDE.findall(found[name])
    return found


def trainer(precision: str) -> ctypes.CDLL:
    """The library that trains, compiled if neither this process nor the cache has it.

    Args:
        precision: "float32" or "float64".

    Raises:
        BuildError: it can't be had; tried only once by a process.
    """
    return _workshop(precision).trainer().handle


def functions(emitted: Sequence[Emitted], precision: str) -> dict[str, int]:
    """The addresses of compiled functions by symbol; those that neither this process nor the cache has are compiled.

    One that the compiler refuses, or that takes it too long, is left out of the result, and `refused` tells why; the
    others are there.

    Args:
        emitted: the functions.
        precision: "float32" or "float64".

    Raises:
        BuildError: nothing can be compiled.
    """
    return _workshop(precision).functions(emitted)


def cached(emitted: Sequence[Emitted], precision: str) -> dict[str, int] | None:
    """The same without compiling anything, and without an error; None if one is missing."""
    with contextlib.suppress(BuildError):
        found = _workshop(precision).find(emitted)
        if len(found) == len({item.symbol for item in emitted}):
            return found
    return None


def cached_trainer(precision: str) -> ctypes.CDLL | None:
    """The trainer if this process or the cache has it; nothing is compiled, and it is no error that there is none."""
    with contextlib.suppress(BuildError):
        found = _workshop(precision).find_trainer()
        return None if found is None else found.handle
    return None


def refused(precision: str) -> dict[str, str]:
    """What the compiler said of each function that it refused in this process, by symbol."""
    return _workshop(precision).told()


def build_in_background(emitted: Sequence[Emitted], precision: str) -> Future[dict[str, int]]:
    """Compile the trainer and functions in a thread; at the end of the program nobody waits for it.

    Returns:
        What will hold the result of `functions`, or its BuildError.
    """
    future: Future[dict[str, int]] = Future()
    wanted = tuple(emitted)

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            workshop = _workshop(precision)
            workshop.build_all(wanted)
            future.set_result(workshop.functions(wanted))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="activations-build", daemon=True).start()
    return future


def compiler(cache: Cache | None, *, remember: bool = True) -> Compiler:
    """The compiler of this machine.

    Args:
        cache: what may know its version, so that it is not asked.
        remember: write down there what it says.

    Raises:
        BuildError: there is none.
    """
    command = find_command()
    mark = stamp(command)
    known = cache.version(mark) if cache and mark else ""
    found = identify(command, known)
    if cache and mark and remember and not known:
        cache.remember_version(mark, found.version)
    return found


@dataclass(frozen=True)
class Unit:
    """A library to be made.

    Attributes:
        keys: what will be in it.
        text: its source.
        emitted: the functions that it is made of; none for the trainer.
    """

    keys: tuple[Key, ...]
    text: str
    emitted: tuple[Emitted, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The functions that the library must have; which ones the trainer has is not our business."""
        return tuple(item.symbol for item in self.emitted)


class Workshop:
    """All libraries of one precision that this process uses.

    Args:
        precision: "float32" or "float64".
        cache: where they are kept.
        found: the compiler, or why there is none.
    """

    def __init__(self, precision: str, cache: Cache, found: Compiler | BuildError) -> None:
        self.precision = precision
        self.cache = cache
        self.compiler = found
        self._loaded: dict[Key, Library] = {}
        self._entries: dict[str, dict[str, Entry]] = {}  # by prefix, by name
        self._prefixes: dict[str, str] = {}  # by text
        self._refused: dict[Key, str] = {}
        self._failure: BuildError | None = None
        self.free()

    def free(self) -> None:
        """Make new locks: in a forked child nobody is left to release the old ones."""
        self._state = threading.RLock()
        self._building = threading.RLock()

    def functions(self, emitted: Sequence[Emitted]) -> dict[str, int]:
        """As the function of that name."""
        found = self.find(emitted)
        missing = self._missing(emitted, found)
        if missing:
            self.build(self._units(missing), lambda: self._units(self._missing(emitted, self.find(emitted))))
            found = self.find(emitted)
        return found

    def trainer(self) -> Library:
        """As the function of that name."""
        found = self.find_trainer()
        if found is None:
            self.build([self._trainer_unit()], lambda: [] if self.find_trainer() else [self._trainer_unit()])
            found = self.find_trainer()
        if found is None:  # refused
            raise self._failure or BuildError("the trainer is gone from the cache; run the command again")
        return found

    def build_all(self, emitted: Sequence[Emitted]) -> None:
        """Compile the trainer and functions side by side."""

        def units() -> list[Unit]:
            wanted = [] if self.find_trainer() else [self._trainer_unit()]
            return wanted + self._units(self._missing(emitted, self.find(emitted)))

        wanted = units()
        if wanted:
            self.build(wanted, units)

    def told(self) -> dict[str, str]:
        """What the compiler said of refused functions."""
        with self._state:
            return {symbol: why for (symbol, _), why in self._refused.items()}

    def find(self, emitted: Sequence[Emitted]) -> dict[str, int]:
        """The addresses of those functions that are there."""
        keys = [_key(item) for item in emitted]
        self._find(keys, lambda: unit_text(()))
        with self._state:
            return {key[0]: self._loaded[key].address(key[0]) for key in keys if key in self._loaded}

    def find_trainer(self) -> Library | None:
        """The trainer, if it is there."""
        unit = self._trainer_unit()
        self._find(unit.keys, lambda: unit.text)
        with self._state:
            return self._loaded.get(unit.keys[0])

    def build(self, units: Sequence[Unit], again: Callable[[], Sequence[Unit]]) -> None:
        """Compile units.

        Args:
            units: those that are missing.
            again: gives those that are still missing when the other builds are over that were under way.
        """
        with self._building:
            if self._failure is not None:
                raise BuildError(*self._failure.args)
            if isinstance(self.compiler, BuildError):
                self.compiler = compiler(self.cache)  # one may have been installed meanwhile
            with self.cache.lock():
                units = again()
                if units:
                    self._compile(units, self.compiler)

    def _find(self, keys: Sequence[Key], text: Callable[[], str]) -> None:
        """Load those libraries of the cache that hold what is missing.

        Args:
            keys: what is wanted.
            text: gives a translation unit that includes the same headers.
        """
        with self._state:
            missing = {key for key in keys if key not in self._loaded and key not in self._refused}
            if not missing:
                return
            prefix = self._prefix(text())
            known = self._entries.setdefault(prefix, {})
            names = self.cache.names(prefix)
            for name in names:
                if name not in known:
                    entry = self.cache.entry(name)
                    if entry is not None:
                        known[name] = entry
            for name in names:
                if name in known and not missing.isdisjoint(known[name].symbols.items()):
                    missing -= self._load(name, known)

    def _load(self, name: str, known: dict[str, Entry]) -> set[Key]:
        entry = known[name]
        if entry.precision != self.precision or not self._trusts(entry):
            return set()
        path = self.cache.library(name, entry)
        keys = set(entry.symbols.items())
        if path is not None:
            with contextlib.suppress(OSError):
                library = Library(path, (symbol for symbol in entry.symbols if symbol != TRAINER))
                self._loaded.update(dict.fromkeys(keys, library))
                return keys
        del known[name]  # damaged: what is made in its place has the same name
        return set()

    def _trusts(self, entry: Entry) -> bool:
        """Whether it comes from the compiler that we have; any will do where there is none."""
        return isinstance(self.compiler, BuildError) or entry.compiler == self.compiler.identity

    def _prefix(self, text: str) -> str:
        """The beginning of the names of libraries that share this text, be it that of no function, and its headers."""
        if text not in self._prefixes:
            headers = sorted(headers_of(text).items())
            parts = (FORMAT, self.precision, cpu_identity(), text, *(part for item in headers for part in item))
            self._prefixes[text] = _digest("\0".join(parts))[:16]
        return self._prefixes[text]

    def _missing(self, emitted: Sequence[Emitted], found: Mapping[str, int]) -> list[Emitted]:
        with self._state:
            keys = {_key(item): item for item in emitted}
            return [item for key, item in keys.items() if key[0] not in found and key not in self._refused]

    def _units(self, emitted: Sequence[Emitted]) -> list[Unit]:
        """Units of about the same size, so many that all cores are busy."""
        if not emitted:
            return []
        number = max(min(UNITS_PER_CORE * cores(), len(emitted) // SMALLEST_UNIT), -(-len(emitted) // LARGEST_UNIT), 1)
        parts: list[list[Emitted]] = [[] for _ in range(number)]
        sizes = [0] * number
        for item in sorted(emitted, key=lambda item: (-len(item.text), item.symbol)):
            smallest = sizes.index(min(sizes))
            parts[smallest].append(item)
            sizes[smallest] += len(item.text)
        return [_unit(part) for part in parts]

    def _trainer_unit(self) -> Unit:
        text = (kernel() / "train.cpp").read_text(encoding="utf-8")
        return Unit(((TRAINER, _digest(text)[:16]),), text)

    def _compile(self, units: Sequence[Unit], with_: Compiler) -> None:
        results = self._run(units, with_, LIMIT)
        failed = [(unit, done) for unit, done in zip(units, results, strict=True) if done is not None]
        for unit, done in failed:
            if not unit.emitted:
                raise self._fail(with_.error(done))
        if failed:
            self._look_for_refused([unit for unit, _ in failed], failed[0][1], with_)

    def _look_for_refused(self, units: list[Unit], first: Finished, with_: Compiler) -> None:
        """Halve units that failed until what the compiler refuses stands alone; all else is made."""
        control = self._run([Unit((), unit_text(()))], with_, RETRY)[0]
        if control is not None:
            raise self._fail(with_.error(first))
        end = time.monotonic() + LIMIT
        while units:
            halves = []
            for unit in units:
                middle = max(1, len(unit.emitted) // 2)
                halves += [_unit(part) for part in (unit.emitted[:middle], unit.emitted[middle:]) if part]
            units = []
            results = self._run(halves, with_, RETRY)
            for unit, done in zip(halves, results, strict=True):
                if done is not None and (len(unit.emitted) == 1 or time.monotonic() > end):
                    with self._state:
                        self._refused.update(dict.fromkeys(unit.keys, with_.reason(done)))
                elif done is not None:
                    units.append(unit)
            if len(self._refused) + len(units) > MOST_REFUSED:
                raise self._fail(with_.error(first))

    def _fail(self, error: BuildError) -> BuildError:
        self._failure = error
        return error

    def _run(self, units: Sequence[Unit], with_: Compiler, limit: float) -> list[Finished | None]:
        """Compile each unit and put it into the cache; gives what went wrong with each."""
        headers = {name: text for unit in units for name, text in headers_of(unit.text).items()}
        with build_folder() as folder:
            try:
                made = with_.build([unit.text for unit in units], headers, self.precision, folder, limit=limit)
            except OSError as error:
                raise BuildError(f"the kernel can't be written to {str(folder)!r}: {error.strerror}") from error
            return [self._keep(unit, done, with_) for unit, done in zip(units, made, strict=True)]

    def _keep(self, unit: Unit, done: Finished, with_: Compiler) -> Finished | None:
        """Load what was made from the cache; gives what went wrong."""
        if done.library is None:
            return done
        if not unit.keys:  # a trial of the headers alone
            fault = _fault(done.library, ())
            return replace(done, output=f"{done.output}\n{fault}") if fault else None
        prefix = self._prefix(unit_text(()) if unit.emitted else unit.text)
        name = f"{prefix}-{_digest(unit.text + with_.identity)[:32]}"
        with self._state:
            try:
                path = self.cache.put(name, done.library)
            except OSError as error:
                if not self.cache.shared:
                    return replace(done, output=f"{done.output}\n{error}")
                self._leave_cache(error)
                return self._keep(unit, done, with_)
            try:
                library = Library(path, unit.symbols)
                self.cache.tell(name, dict(unit.keys), self.precision, with_.identity, with_.version)
            except OSError as error:
                self.cache.remove(name)
                fault = _fault(done.library, unit.symbols)
                if fault or not self.cache.shared:
                    return replace(done, output=f"{done.output}\n{fault or error}")
                self._leave_cache(error)
                return self._keep(unit, done, with_)
            self._loaded.update(dict.fromkeys(unit.keys, library))
        return None

    def _leave_cache(self, error: OSError) -> None:
        """Keep what is made for this process alone: the disk is full or read-only, or nothing there may be run."""
        self.cache = private_cache(f"{str(self.cache.folder)!r}: {error.strerror or error}")
        self._entries.clear()


def _fault(path: Path, symbols: Sequence[str]) -> str:
    """Why a library can't be loaded from where the compiler put it; empty if it can."""
    try:
        Library(path, symbols)
    except OSError as error:
        return str(error)
    return ""


def _unit(emitted: Sequence[Emitted]) -> Unit:
    return Unit(tuple(map(_key, emitted)), unit_text(emitted), tuple(emitted))


def _key(item: Emitted) -> Key:
    if not SYMBOL.fullmatch(item.symbol):
        raise ValueError(f"symbol {item.symbol!r} is none of ours; it must be phi_ and 16 hexadecimal digits")
    return item.symbol, _digest(item.text)[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


_workshops: dict[tuple[str, ...], Workshop] = {}
_opening = threading.Lock()


def _workshop(precision: str) -> Workshop:
    """The libraries of a precision, by the compiler and the cache that the environment now names.

    Raises:
        BuildError: the cache can't be trusted.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} must be one of {', '.join(PRECISIONS)}")
    names = ("CXX", "PATH", "HOME", "XDG_CACHE_HOME")
    key = (precision, str(kernel()), *(os.environ.get(name, "") for name in names))
    with _opening:
        if key not in _workshops:
            cache = open_cache()
            found: Compiler | BuildError
            try:
                found = compiler(cache)
            except BuildError as error:
                found = error
            _workshops[key] = Workshop(precision, cache, found)
        return _workshops[key]


def _after_fork() -> None:
    global _opening
    _opening = threading.Lock()
    for workshop in _workshops.values():
        workshop.free()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
