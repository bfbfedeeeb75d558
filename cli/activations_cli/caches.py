"""What this tool keeps in the user's cache folder; all of it can be made again."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from activations.errors import BuildError

if TYPE_CHECKING:
    from activations.fitting.fused.cache import Cache
    from activations.fitting.fused.compiler import Compiler

__all__ = ["CACHES", "KERNELS", "Kept", "clear", "files", "find_compiler", "folder", "foreign_files", "kernel_cache"]

KERNELS = "kernels"


@dataclass(frozen=True)
class Kept:
    """One kind of things that are kept.

    Attributes:
        name: as it is typed.
        file: the file that holds them; empty for the folder of kernels.
        what: in a few words.
    """

    name: str
    file: str
    what: str


CACHES = {
    kept.name: kept
    for kept in (
        Kept(KERNELS, "", "compiled code that trains networks"),
        Kept("properties", "properties.json", "measured properties of activations"),
        Kept("plugins", "plugins.json", "what each plugin provides"),
        Kept("names", "names.json", "names that a shell completes"),
    )
}


def folder() -> Path | None:
    """Where all of it is; None if the user has no home."""
    from activations.user_folders import cache_folder

    return cache_folder()


def kernel_cache() -> Cache | None:
    """The compiled kernels, if there are any.

    Raises:
        BuildError: others may write to their folder.
    """
    from activations.fitting.fused.cache import existing_cache

    return existing_cache()


def find_compiler(kernels: Cache | None) -> tuple[Compiler | None, str]:
    """The compiler, or why there is none."""
    from activations.fitting.fused.builds import compiler

    try:
        return compiler(kernels, remember=False), ""
    except BuildError as error:
        return None, str(error)


def files(kept: Kept) -> list[Path]:
    """The files of one kind, and what a killed process has left of them; links are none of ours.

    Raises:
        BuildError: others may write to the folder of the kernels.
    """
    if kept.name == KERNELS:
        cache = kernel_cache()
        return cache.files() if cache else []
    place = folder()
    own = re.compile(rf"{re.escape(kept.file)}|\.{re.escape(kept.file)}\.[a-z0-9_]{{8}}\.tmp")
    found: list[Path] = []
    with contextlib.suppress(OSError):
        if place is not None:
            with os.scandir(place) as items:
                found += [Path(item) for item in items if own.fullmatch(item.name) and is_plain(item)]
    return sorted(found)


def foreign_files(names: list[str]) -> list[Path]:
    """What is in the way of removing the folders of some kinds, and not ours."""
    place = folder()
    if place is None:
        return []
    ours = {path for name in CACHES for path in files(CACHES[name])}
    places = [place / KERNELS] if names == [KERNELS] else [place, place / KERNELS] if len(names) == len(CACHES) else []
    found: list[Path] = []
    for each in places:
        with contextlib.suppress(OSError):
            if not each.is_symlink():
                found += [path for path in each.iterdir() if path not in ours and path.name != KERNELS]
    return sorted(found)


def clear(kept: Kept) -> tuple[int, int]:
    """Remove the files of one kind.

    Returns:
        How many that were, and their bytes.

    Raises:
        BuildError: others may write to the folder of the kernels.
        OSError: a file can't be removed; the others are.
    """
    from activations.fitting.fused.cache import remove_files

    if kept.name == KERNELS:
        cache = kernel_cache()
        return cache.clear() if cache else (0, 0)
    return remove_files(files(kept))


def is_plain(item: os.DirEntry[str]) -> bool:
    """Whether it is a file and no link to one."""
    try:
        return item.is_file(follow_symlinks=False)
    except OSError:
        return False
