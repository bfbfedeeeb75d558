"""Compiled libraries kept on the disk: each with a list of what it holds, believed only where nobody else can write."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activations.errors import BuildError
from activations.files import write_atomically
from activations.user_folders import cache_folder

__all__ = [
    "BOUND",
    "FOLDER",
    "Cache",
    "Entry",
    "Stored",
    "existing_cache",
    "is_ours",
    "open_cache",
    "private_cache",
    "remove_files",
]

FOLDER = "kernels"
BOUND = 256 * 2**20  # bytes of all libraries together
MOST_LIBRARIES = 2000
LARGEST_LIST = 4 * 2**20  # bytes
PATIENCE = 90.0  # seconds to wait for another process that builds
DAY = 86400.0
STALE = 3600.0  # seconds after which nobody completes a file any more
LOCK = ".lock"
COMPILERS = "compilers.json"
NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f]{32}")
OURS = re.compile(rf"{NAME.pattern}\.(so|json)|{re.escape(LOCK)}|{re.escape(COMPILERS)}")
TEMPORARY = re.compile(rf"\.([0-9a-f]{{16}}-[0-9a-f]{{23}}|{re.escape(COMPILERS)})\.[a-z0-9_]{{8}}\.tmp")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """What is told of a library in the file beside it.

    Attributes:
        compiler: the digest of the compiler that made it.
        made_by: that compiler's version, for people.
        precision: "float32" or "float64".
        created: seconds since 1970.
        bytes: the library's size.
        sha256: the digest of its bytes.
        symbols: the digest of the source text of each function in it, by the function's symbol.
    """

    compiler: str
    made_by: str
    precision: str
    created: float
    bytes: int
    sha256: str
    symbols: Mapping[str, str]


@dataclass(frozen=True)
class Stored:
    """One library in a cache.

    Attributes:
        path: its file.
        bytes: what it takes on the disk, with its list.
        used: when it was used last, to a day.
    """

    path: Path
    bytes: int
    used: float


class Cache:
    """A folder of libraries.

    Attributes:
        folder: where it is.
        shared: whether other processes use it too.
    """

    def __init__(self, folder: Path, *, shared: bool = True) -> None:
        self.folder = folder
        self.shared = shared

    def names(self, prefix: str) -> list[str]:
        """The names of all libraries that start so, those used last first."""
        found = [item for item in self.stored() if item.path.name.startswith(prefix)]
        return [item.path.stem for item in sorted(found, key=lambda item: -item.used)]

    def entry(self, name: str) -> Entry | None:
        """What is told of a library; None if that is nothing that can be believed."""
        path = self.folder / f"{name}.json"
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            state = path.lstat()
            if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_LIST:
                return None
            content: Any = json.loads(path.read_bytes())
            entry = Entry(**content)
            texts = (entry.compiler, entry.made_by, entry.precision, entry.sha256, *entry.symbols.values())
            sound = all(isinstance(text, str) for text in texts) and isinstance(entry.bytes, int)
            return entry if sound else None
        return None

    def library(self, name: str, entry: Entry) -> Path | None:
        """The file of a library; None if it is not, byte by byte, the one that was put there."""
        path = self.folder / f"{name}.so"
        with contextlib.suppress(OSError):
            state = path.lstat()
            if not stat.S_ISREG(state.st_mode) or state.st_size != entry.bytes:
                return None
            if hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
                return None
            if time.time() - state.st_mtime > DAY:
                with contextlib.suppress(OSError):
                    os.utime(path)
            return path
        return None

    def put(self, name: str, made: Path) -> Path:
        """Copy a library into the cache; nobody looks at it before `tell`.

        Raises:
            OSError: the cache can't be written.
        """
        path = self.folder / f"{name}.so"
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(path.lstat().st_mode):
                path.unlink()  # a link would be followed
        return write_atomically(path, made.read_bytes(), overwrite=True)

    def tell(self, name: str, symbols: Mapping[str, str], precision: str, compiler: str, made_by: str) -> None:
        """Say what a library holds that was put here and can be loaded, then make room.

        Raises:
            OSError: the cache can't be written.
        """
        data = (self.folder / f"{name}.so").read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        entry = Entry(compiler, made_by, precision, time.time(), len(data), digest, dict(symbols))
        write_atomically(self.folder / f"{name}.json", json.dumps(asdict(entry)).encode(), overwrite=True)
        self.make_room(name)

    def remove(self, name: str) -> None:
        """Remove a library; processes that use it keep it where the system lets them."""
        for ending in ("json", "so"):
            with contextlib.suppress(OSError):
                (self.folder / f"{name}.{ending}").unlink()

    def stored(self) -> list[Stored]:
        """All libraries."""
        sizes: dict[str, int] = {}
        used: dict[str, float] = {}
        with contextlib.suppress(OSError), os.scandir(self.folder) as items:
            for item in items:
                name, _, ending = item.name.partition(".")
                if NAME.fullmatch(name) is None or ending not in ("so", "json"):
                    continue
                with contextlib.suppress(OSError):
                    state = item.stat(follow_symlinks=False)
                    sizes[name] = sizes.get(name, 0) + state.st_size
                    if ending == "so" and stat.S_ISREG(state.st_mode):
                        used[name] = state.st_mtime
        return [Stored(self.folder / f"{name}.so", sizes[name], used[name]) for name in sorted(used)]

    def make_room(self, kept: str = "") -> None:
        """Remove the libraries that were not used for longest until the rest is within the bounds.

        Args:
            kept: the name of one that stays in any case.
        """
        libraries = sorted(self.stored(), key=lambda item: item.used)
        total, number = sum(item.bytes for item in libraries), len(libraries)
        for item in libraries:
            if total <= BOUND and number <= MOST_LIBRARIES:
                return
            if item.path.stem != kept:
                self.remove(item.path.stem)
                total, number = total - item.bytes, number - 1

    def version(self, stamp: str) -> str:
        """What a compiler with this stamp told of itself; empty if that is not known."""
        told = self._versions().get(hashlib.sha256(stamp.encode("utf-8", "surrogateescape")).hexdigest(), "")
        return told if isinstance(told, str) else ""

    def remember_version(self, stamp: str, version: str) -> None:
        """Keep what a compiler told of itself."""
        digest = hashlib.sha256(stamp.encode("utf-8", "surrogateescape")).hexdigest()
        versions = {**dict(list(self._versions().items())[-20:]), digest: version}
        with contextlib.suppress(OSError):
            write_atomically(self.folder / COMPILERS, json.dumps(versions).encode(), overwrite=True)

    def _versions(self) -> dict[str, Any]:
        path = self.folder / COMPILERS
        with contextlib.suppress(OSError, ValueError, RecursionError):
            state = path.lstat()
            if stat.S_ISREG(state.st_mode) and state.st_size < LARGEST_LIST:
                content = json.loads(path.read_bytes())
                return content if isinstance(content, dict) else {}
        return {}

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from building the same meanwhile.

        One that is too slow is waited for no longer: files are put whole, so that two builds do no harm.
        """
        from filelock import FileLock, Timeout

        held = FileLock(str(self.folder / LOCK))
        with contextlib.suppress(Timeout, OSError, NotImplementedError):
            held.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                held.release(force=True)

    def clear(self) -> tuple[int, int]:
        """Remove all that is ours, and nothing else.

        Returns:
            How many files that were, and their bytes; the lock's doesn't count.

        Raises:
            OSError: one can't be removed; the others are.
        """
        with self.lock():
            files, size = remove_files([path for path in self.files() if path.name != LOCK])
        with contextlib.suppress(OSError):
            (self.folder / LOCK).unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()  # only if nothing of anybody else is in it
        return files, size

    def files(self) -> list[Path]:
        """All regular files here whose names are ours."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as items:
            for item in items:
                if is_ours(item.name) and item.is_file(follow_symlinks=False):
                    found.append(Path(item.path))
        return sorted(found)


def is_ours(name: str) -> bool:
    """Whether we give files in the folder such names."""
    return bool(OURS.fullmatch(name) or TEMPORARY.fullmatch(name))


def remove_files(paths: Iterable[Path]) -> tuple[int, int]:
    """Remove files.

    Returns:
        How many were there, and their bytes.

    Raises:
        OSError: one can't be removed; the others are.
    """
    files = size = 0
    failed = None
    for path in paths:
        try:
            state = path.lstat()
            path.unlink()
            files, size = files + 1, size + state.st_size
        except FileNotFoundError:
            pass
        except OSError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return files, size


def existing_cache() -> Cache | None:
    """The user's cache of libraries, if there is one; nothing is made.

    Raises:
        BuildError: others may write to it.
    """
    above = cache_folder()
    if above is None or not os.path.lexists(above / FOLDER):
        return None
    require_own(above / FOLDER)
    return Cache(above / FOLDER)


def open_cache() -> Cache:
    """The user's cache of libraries, made if it is not there; one of this process alone if it can't be.

    Raises:
        BuildError: others may write to it; what it holds is code.
    """
    above = cache_folder()
    if above is None:
        return private_cache("you have no home folder to keep them in")
    folder = above / FOLDER
    try:
        if not folder.is_symlink():
            above.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(exist_ok=True, mode=0o700)
        require_own(folder)
        loose = loose_parent(folder)
    except OSError as error:
        return private_cache(f"{str(folder)!r}: {error.strerror or error}")
    return private_cache(f"everybody can rename what is in {str(loose)!r}") if loose else Cache(folder)


def require_own(folder: Path) -> None:
    """Check that nobody but this user can put a file into a folder.

    Raises:
        BuildError: somebody can.
        OSError: there is no such folder.
    """
    state = folder.lstat()
    name = str(folder)
    elsewhere = "remove it, or set XDG_CACHE_HOME to a folder of your own"
    if stat.S_ISLNK(state.st_mode):
        raise BuildError(f"{name!r} is a symbolic link, and what lies there is run; {elsewhere}")
    if not stat.S_ISDIR(state.st_mode):
        raise BuildError(f"{name!r} is no folder; {elsewhere}")
    if not hasattr(os, "geteuid"):
        return
    user = os.geteuid()
    if state.st_uid != user:
        raise BuildError(
            f"{name!r} belongs to user {state.st_uid}, you are {user}, and what lies there is run; {elsewhere}"
        )
    if state.st_mode & 0o022:
        mode = stat.S_IMODE(state.st_mode)
        raise BuildError(f"{name!r} has mode {mode:04o}: others can write what is run there; write chmod 700 {name!r}")


def loose_parent(folder: Path) -> Path | None:
    """A folder above where everybody could put another folder in its place; None if there is none.

    What a group may do is no matter: it is often the user alone.
    """
    if hasattr(os, "geteuid"):
        for parent in Path(os.path.realpath(folder)).parents:
            mode = parent.stat().st_mode
            if mode & 0o002 and not mode & stat.S_ISVTX:
                return parent
    return None


@functools.cache
def _private_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="activations-kernels-")
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not a forked child, whose parent still uses it
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return Path(folder)


def private_cache(reason: str) -> Cache:
    """A cache that ends with this process.

    Args:
        reason: why it is needed; told once.

    Raises:
        BuildError: not even that can be made.
    """
    _tell_once(f"compiled kernels are not kept after this run: {reason}")
    try:
        return Cache(_private_folder(), shared=False)
    except OSError as error:
        raise BuildError(f"no temporary folder can be made: {error.strerror}; set TMPDIR") from error


@functools.cache
def _tell_once(text: str) -> None:
    log.warning(text)
