"""Whether a store is sound, and what can be saved of one that is not."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from activations.benchmark.store.database import MAGIC
from activations.benchmark.store.schema import TABLES
from activations.benchmark.store.store import Store
from activations.errors import StoreError
from activations.files import require_free

__all__ = ["check_store", "salvage_store"]

WITHOUT_ROWID = {"entry_runs"}
GAP = 1000  # row numbers that are tried one by one behind a place that can't be read
MOST_ROWID = 2**62  # far beyond any row of ours


def check_store(store: Store) -> list[str]:
    """What is wrong with a store, each in a sentence; empty if nothing is."""
    problems = [row[0] for row in store.database.select("PRAGMA integrity_check") if row[0] != "ok"]
    for row in store.database.select("PRAGMA foreign_key_check"):
        problems.append(f"a row of {row['table']} refers to a missing row of {row['parent']}")
    return problems


def salvage_store(damaged: Path, new: Path) -> dict[str, tuple[int, int]]:
    """Copy what can be read of a damaged store into a new one.

    Args:
        damaged: the file; it is only read.
        new: the file to make.

    Returns:
        For each table the rows that were saved, and the places that could not be read.

    Raises:
        StoreError: the damaged file is no SQLite file at all, or nothing of it can be read.
        OSError: the new file exists, or can't be made.
    """
    require_free(new)
    try:
        # Ask before opening: opening a FIFO would wait for its writer.
        if not stat.S_ISREG(damaged.stat().st_mode):
            raise StoreError(f"{str(damaged)!r} is not a regular file: nothing can be saved")
        with damaged.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise StoreError(f"{str(damaged)!r} is not a SQLite file: nothing can be saved")
    except OSError as error:
        raise StoreError(f"can't read {str(damaged)!r}: {error.strerror or error}") from error
    saved: dict[str, tuple[int, int]] = {}
    source = f"{damaged.absolute().as_uri()}?immutable=1"
    with contextlib.closing(sqlite3.connect(source, uri=True)) as old, Store(new) as store:
        store.database.connection.execute("PRAGMA foreign_keys = OFF")
        old.execute("PRAGMA writable_schema = ON")  # or SQLite refuses to read what is truncated at all
        for table in TABLES:
            columns = [row["name"] for row in store.database.select(f"SELECT name FROM pragma_table_info('{table}')")]
            rows, lost = [], 0
            # In a damaged file pages may refer to each other in a circle.
            for row in itertools.islice(_readable(old, table, columns), damaged.stat().st_size):
                if row is None:
                    lost += 1
                else:
                    rows.append(row)
            with store.database.transaction():
                store.database.insert(table, columns, rows)
            saved[table] = (len(rows), lost)
        _drop_orphans(store)
    if not any(rows for rows, _ in saved.values()):
        new.unlink()
        raise StoreError(f"{str(damaged)!r}: nothing of it can be read, and {str(new)!r} is not made")
    return saved


def _readable(old: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...] | None]:
    """The rows of a table one by one; None for a place that can't be read."""
    names = ", ".join(columns)
    if table in WITHOUT_ROWID:
        try:
            yield from old.execute(f"SELECT {names} FROM {table}")
        except sqlite3.Error:
            yield None
        return
    last, skipped = 0, 0
    while skipped < GAP:
        try:
            rows = old.execute(f"SELECT rowid, {names} FROM {table} WHERE rowid > ? ORDER BY rowid", (last,))
            for number, *row in rows:
                if not last < number < MOST_ROWID:
                    raise sqlite3.DatabaseError("the numbers of rows are in disorder")
                last, skipped = number, 0
                yield tuple(row)
            return
        except sqlite3.Error:
            # Somewhere behind the last row: go on one number further.
            if not skipped:
                yield None
            last, skipped = last + 1, skipped + 1


def _drop_orphans(store: Store) -> None:
    """Leave out entries that lost a run, a protocol or a definition, so that the new store is sound."""
    with store.database.transaction():
        store.database.execute(
            "DELETE FROM entries WHERE protocol NOT IN (SELECT id FROM protocols) "
            "OR id IN (SELECT entry FROM entry_runs WHERE run NOT IN (SELECT key FROM runs)) "
            "OR id NOT IN (SELECT entry FROM entry_runs) "
            "OR activation_digest NOT IN (SELECT digest FROM activations) "
            "OR NOT EXISTS (SELECT * FROM targets WHERE digest = target_digest AND name = target)"
        )
        store.database.execute("DELETE FROM entry_runs WHERE entry NOT IN (SELECT id FROM entries)")
        store.database.execute("DELETE FROM networks WHERE run NOT IN (SELECT key FROM runs)")
