"""A new folder with files: all of them or none."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from activations.files import OutputExistsError, permissions, require_free, write_atomically

__all__ = ["write_folder"]

SEARCH = 0o111
"""The permission to enter a folder, which a file does not have."""


def write_folder(folder: Path, files: Mapping[str, str], *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write files into a folder that is missing or empty: beside it first, then renamed.

    Args:
        folder: what to create; the folder that it lies in must exist.
        files: texts by their paths below the folder, with / between the parts.
        overwrite: write into a folder that holds something too, and replace files of these names one by one.

    Returns:
        The paths of the files, in order.

    Raises:
        OutputExistsError: the folder holds something and may not be overwritten.
        OSError: the folder's own folder is missing, it is a file, or the disk is full.
    """
    paths = tuple(folder.joinpath(*name.split("/")) for name in files)
    place = Path(os.path.realpath(folder))
    if not place.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder does not exist", str(folder.parent))
    if os.path.lexists(place) and not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    if place.is_dir() and any(place.iterdir()):
        if not overwrite:
            raise _full(folder)
        _write_into(paths, files)
        return paths
    temporary = Path(tempfile.mkdtemp(prefix=f".{place.name[:40]}.", suffix=".tmp", dir=place.parent))
    try:
        _fill(temporary, files)
        temporary.chmod(permissions(place / "new") | SEARCH)
        _rename(temporary, place)
    except OutputExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _full(folder) from None
        # The temporary folder's name would mean nothing to anybody.
        raise OSError(error.errno, error.strerror or str(error), str(folder)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # gone already if all went well
    return paths


def _fill(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())


def _write_into(paths: tuple[Path, ...], files: Mapping[str, str]) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        require_free(path, overwrite=True)
    for path, text in zip(paths, files.values(), strict=True):
        write_atomically(path, text.encode(), overwrite=True)


def _rename(temporary: Path, place: Path) -> None:
    # Not every system renames to an empty folder. One that is not empty stays, and the renaming fails.
    with contextlib.suppress(OSError):
        place.rmdir()
    os.rename(temporary, place)


def _full(folder: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{str(folder)!r} is not empty; name another folder with -o, or overwrite its files with --force"
    )
