"""Writing files so that a reader sees the old one or the new one, and never half of one."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from activations.errors import ActivationsError

__all__ = [
    "OutputExistsError",
    "make_temporary",
    "move_to_new",
    "permissions",
    "require_free",
    "slug",
    "slugs",
    "write_atomically",
]

MAX_SLUG = 60
STALE = 3600.0  # seconds after which nobody fills a temporary file any more
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z")


class OutputExistsError(ActivationsError, FileExistsError):
    """A file that would be written exists already."""


def write_atomically(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> Path:
    """Write a whole file or nothing: a temporary file beside it, flushed to the disk, then renamed.

    Args:
        path: where to write; the folder must exist.
        data: the file's bytes.
        overwrite: replace a file that exists. A symbolic link is followed, and its target replaced.

    Returns:
        The path as given.

    Raises:
        OutputExistsError: the file exists and may not be overwritten.
        OSError: the folder is missing, the disk is full, or the path is a folder or a device.
    """
    given = Path(path)
    require_free(given, overwrite=overwrite)
    place = Path(os.path.realpath(given))
    try:
        _write(place, data, overwrite=overwrite)
    except OutputExistsError:
        raise
    except OSError as error:
        # A full disk has no name, and the temporary file's would mean nothing to anybody.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    return given


def _write(place: Path, data: bytes, *, overwrite: bool) -> None:
    descriptor, temporary = make_temporary(place)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(permissions(place))
        if overwrite:
            os.replace(temporary, place)
        else:
            move_to_new(temporary, place)
    finally:
        # Gone already if all went well.
        with contextlib.suppress(OSError):
            temporary.unlink()


def make_temporary(place: Path) -> tuple[int, Path]:
    """Open a new hidden file beside a place, to be filled and renamed to it.

    Those that a killed process has left there for the same place are removed.
    """
    start = f".{place.name[:40]}."
    left = re.compile(re.escape(start) + r"[a-z0-9_]{8}\.tmp(-wal|-shm|-journal)?")
    with contextlib.suppress(OSError), os.scandir(place.parent) as found:
        for item in found:
            with contextlib.suppress(OSError):
                if left.fullmatch(item.name) and time.time() - item.stat(follow_symlinks=False).st_mtime > STALE:
                    os.unlink(item.path)
    descriptor, name = tempfile.mkstemp(prefix=start, suffix=".tmp", dir=place.parent)
    return descriptor, Path(name)


def require_free(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Check that a file can be written before the work that fills it begins.

    Raises:
        OutputExistsError: the file exists and may not be overwritten.
        OSError: the folder is missing or is a file, or the path is a folder or a device.
    """
    place = Path(os.path.realpath(path))
    parent = place.parent
    if not parent.exists():
        raise FileNotFoundError(errno.ENOENT, "the folder does not exist", str(parent))
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(parent))
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        # To rename over a device would remove the device.
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    if not overwrite and os.path.lexists(path):
        raise OutputExistsError(f"{str(path)!r} exists; overwrite it with --force, or name another file")


def slug(text: str) -> str:
    """A file name for any text: lower-case letters, digits and dashes, never empty, never special.

    A text that loses anything but its spelling gets a hash, so that two texts share no file.
    """
    import hashlib

    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if re.fullmatch(r"[a-z0-9_ -]+", text.lower()) and plain and len(plain) <= MAX_SLUG and not RESERVED.match(plain):
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[:MAX_SLUG].strip('-')}-{digest}".strip("-")


def slugs(texts: Iterable[str]) -> tuple[str, ...]:
    """A file name of its own for each text: those that would share one are numbered."""
    names: list[str] = []
    for text in texts:
        name = slug(text)
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        names.append(next(free for free in (name, *itertools.islice(numbered, len(names) + 1)) if free not in names))
    return tuple(names)


def permissions(place: Path) -> int:
    """The permissions of the file that is replaced, else those that `open` would give a new one."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def move_to_new(temporary: Path, place: Path) -> None:
    """Rename a file to a name that nobody has taken meanwhile.

    Raises:
        OutputExistsError: somebody has.
    """
    try:
        os.link(temporary, place)
    except FileExistsError:
        raise OutputExistsError(f"{str(place)!r} exists; overwrite it with --force, or name another file") from None
    except OSError:  # a file system without hard links
        os.replace(temporary, place)
