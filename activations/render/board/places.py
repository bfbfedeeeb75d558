"""The folder of a log: made and checked before the work begins. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from activations.files import OutputExistsError, require_free, slug, slugs, write_atomically

__all__ = ["NAME", "prepare_folder", "run_names", "write_log"]

NAME = "events.out.tfevents.0.activations"
"""Of every file: TensorBoard reads what has "tfevents" in its name, and a folder is a run."""

MARK = "tfevents"
DEPTH = 3  # folders below the log's own in which our files lie
LEFT = re.compile(rf"{re.escape(NAME)}|\.{re.escape(NAME)}\..*\.tmp")  # ours, and what a killed process left of one
HASH = re.compile(r"-[0-9a-f]{8}\Z")


def run_names(texts: Iterable[str]) -> tuple[str, ...]:
    """A name of its own for each text, safe as a folder and as a part of a tag, and as short as it can be."""
    unique = slugs(texts)
    found: list[str] = []
    for name in unique:
        short = HASH.sub("", name)
        free = short and short not in found and short not in unique and slug(short) == short
        found.append(short if free else name)
    return tuple(found)


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder of a log, and check that it holds no other log.

    Raises:
        OutputExistsError: it holds one that may not be replaced.
        OSError: the folder can't be made or written to.
    """
    folder.mkdir(exist_ok=True)
    require_free(folder / NAME, overwrite=overwrite)
    found = next(_logs(folder), None)
    if found is not None and not overwrite:
        raise OutputExistsError(
            f"{str(folder)!r} holds a TensorBoard log; replace it with --force, or name another folder"
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "Permission denied", str(folder))


def write_log(folder: Path, runs: Mapping[str, bytes], *, overwrite: bool = False) -> list[Path]:
    """Write a log, each file whole or not at all.

    A log of ours that is replaced goes first, so that no run of it stays among the new ones; other files are left
    alone.

    Args:
        folder: of the log; it is made if it is missing, its parent must exist.
        runs: the content of each run's file, by the run's folder below this one; "" for this one.
        overwrite: replace a log.

    Returns:
        The files in order.

    Raises:
        OutputExistsError: there is a log that may not be replaced; then nothing is written.
        OSError: the disk is full, or a folder can't be made.
    """
    prepare_folder(folder, overwrite=overwrite)
    for old in list(_logs(folder)):
        if LEFT.fullmatch(old.name):
            old.unlink(missing_ok=True)
            _remove_empty(old.parent, folder)
    written = []
    for run, data in runs.items():
        place = folder / run
        place.mkdir(parents=True, exist_ok=True)
        written.append(write_atomically(place / NAME, data, overwrite=overwrite))
    return written


def _logs(folder: Path) -> Iterator[Path]:
    """Event files of anybody, as deep as ours lie; links are not followed."""
    for place, folders, files in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= DEPTH:
            folders.clear()
        yield from (Path(place) / name for name in files if MARK in name)


def _remove_empty(place: Path, top: Path) -> None:
    with contextlib.suppress(OSError):
        while place != top:
            place.rmdir()
            place = place.parent
