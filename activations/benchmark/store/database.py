"""The SQLite file below a store: opened with care, written in short transactions, never taken for what it is not."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from activations.benchmark.store.file_systems import is_on_a_network
from activations.benchmark.store.lock_holders import lock_holders
from activations.benchmark.store.schema import APPLICATION_ID, SCHEMA_VERSION, STATEMENTS
from activations.errors import StoreError
from activations.files import make_temporary, move_to_new, permissions

__all__ = ["PATIENCE", "DamagedStoreError", "Database", "Mode", "refuse_foreign"]

Mode: TypeAlias = Literal["write", "read"]

PATIENCE = 60.0  # seconds that a writer waits for another one
POLL = 2.0  # seconds of one attempt
MAGIC = b"SQLite format 3\0"
HEADER = 100
SALVAGE = "'activations runs salvage --store FILE NEW' saves what can be read"


class DamagedStoreError(StoreError):
    """A store holds pages that can't be read, or lacks some."""


class Database:
    """A connection to a store's file; a context that closes it.

    Several processes may write to one file: each transaction takes the lock at once, and holds it for milliseconds.

    Args:
        path: the file; made if it is missing and to be written.
        mode: "write", or "read", which needs no permission to write.
        notify: called with a sentence for people, such as who is waited for.
        patience: seconds to wait for another writer.

    Raises:
        StoreError: there is no such file to read, or it can't be opened; it is no store, damaged, or too new.
    """

    def __init__(
        self,
        path: Path,
        mode: Mode = "write",
        notify: Callable[[str], None] = lambda text: None,
        patience: float = PATIENCE,
    ) -> None:
        self.path = Path(os.path.abspath(path))
        self.notify = notify
        self.patience = patience
        with self._translated("open"):
            if mode == "write":
                self._make_if_missing()
            refuse_foreign(self.path)
            self.connection = self._connect(mode)
            try:
                self._prepare(mode)
            except BaseException:
                self.connection.close()
                raise

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what the write-ahead log holds goes into it, unless others still use it."""
        with contextlib.suppress(sqlite3.Error):
            if not self.connection.in_transaction:
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()

    def select(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self._translated("read"):
            return self.connection.execute(statement, values).fetchall()

    def require_sound(self) -> None:
        """Check that every page can be read; without it, damage may look as if nothing were there.

        Raises:
            DamagedStoreError: one can't.
        """
        (found,) = self.select("PRAGMA quick_check(1)")[0]
        if found != "ok":
            # SQLite may tell several lines at once.
            raise DamagedStoreError(f"{str(self.path)!r} is damaged ({found.splitlines()[-1]}); {SALVAGE}")

    @contextlib.contextmanager
    def sensible(self) -> Iterator[None]:
        """Within it rows are made sense of: what SQLite reads without complaint may be damaged all the same.

        Raises:
            DamagedStoreError: they make none.
        """
        try:
            yield
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
            raise DamagedStoreError(f"{str(self.path)!r} holds what makes no sense ({reason}); {SALVAGE}") from error

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Change something, within a transaction."""
        with self._translated("write"):
            return self.connection.execute(statement, values)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table within a transaction; those whose key is there already are left out."""
        marks = ", ".join("?" * len(columns))
        with self._translated("write"):
            self.connection.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Within it everything is written, or nothing.

        Raises:
            StoreError: another process holds the lock for too long, or the disk is full.
        """
        with self._translated("write"):
            self._begin()
        try:
            yield
            with self._translated("write"):
                self.connection.execute("UPDATE store SET transactions = transactions + 1")
                self.connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
            raise

    def _begin(self) -> None:
        """Take the lock, and say who has it while it is not free."""
        started = time.monotonic()
        told = False
        while True:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
            who = self._holders()
            if time.monotonic() - started >= self.patience:
                raise StoreError(
                    f"{str(self.path)!r} is being written by {who} for more than {self.patience:.0f} seconds; "
                    "end or continue that process, or use another file with --store"
                )
            if not told:
                self.notify(f"Waiting for {who}, which writes to {str(self.path)!r}")
                told = True

    def _holders(self) -> str:
        found = lock_holders(self.path, Path(f"{self.path}-shm"))
        return f"process {', '.join(map(str, found))}" if found else "another process"

    def _make_if_missing(self) -> None:
        """Make a store beside its place and move it there whole: nobody ever sees half of one."""
        if os.path.lexists(self.path):
            return
        if not self.path.parent.is_dir():
            reason = "is no folder" if self.path.parent.exists() else "does not exist; make it first"
            raise StoreError(f"{str(self.path)!r}: {str(self.path.parent)!r} {reason}")
        descriptor, temporary = make_temporary(self.path)
        os.close(descriptor)
        try:
            connection = sqlite3.connect(temporary, isolation_level=None)
            try:
                connection.execute("BEGIN")
                for statement in STATEMENTS:
                    connection.execute(statement)
                connection.execute("INSERT INTO store (id, transactions) VALUES (?, 0)", (uuid.uuid4().hex,))
                connection.execute("COMMIT")
                if not is_on_a_network(self.path):
                    connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            temporary.chmod(permissions(self.path))
            # Another process may have made it meanwhile: then that one is it.
            with contextlib.suppress(FileExistsError):
                move_to_new(temporary, self.path)
        finally:
            for left in (temporary, *(Path(f"{temporary}{ending}") for ending in ("-wal", "-shm", "-journal"))):
                with contextlib.suppress(OSError):
                    left.unlink()

    def _connect(self, mode: Mode) -> sqlite3.Connection:
        self._refuse_foreign_log()
        connection = self._opened("mode=rw")
        if mode == "read":
            try:
                connection.execute("SELECT id FROM store").fetchall()
            except sqlite3.OperationalError as error:
                connection.close()
                # A file that is kept with a log is read through shared memory, which a read-only folder can't hold.
                if _is_busy(error) or _log_size(self.path):
                    raise
                connection = self._opened("immutable=1")
            connection.execute("PRAGMA query_only = ON")
        connection.row_factory = sqlite3.Row
        return connection

    def _opened(self, options: str) -> sqlite3.Connection:
        timeout = min(POLL, self.patience)
        return sqlite3.connect(f"{self.path.as_uri()}?{options}", uri=True, timeout=timeout, isolation_level=None)

    def _refuse_foreign_log(self) -> None:
        """Refuse to replay a write-ahead log of another store, which would mix the two."""
        if not _log_size(self.path):
            return
        ids = []
        for options in ("immutable=1", "mode=ro"):
            with contextlib.closing(self._opened(options)) as connection:
                try:
                    ids.append(connection.execute("SELECT id FROM store").fetchone())
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error) or not self._is_whole_with_its_log():
                        raise
                    return
        if ids[0] != ids[1]:
            raise StoreError(f"{str(self.path)!r}: the log {self.path.name + '-wal'!r} beside it is of another store")

    def _is_whole_with_its_log(self) -> bool:
        """Whether file and log are sound together: where the disk was full, the log may be in the file in part."""
        with contextlib.closing(self._opened("mode=ro")) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            return bool(found == "ok")

    def _prepare(self, mode: Mode) -> None:
        execute = self.connection.execute
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA trusted_schema = OFF")
        execute("SELECT id FROM store").fetchone()
        if mode == "read":
            return
        if is_on_a_network(self.path):
            self.notify(f"Warning: {str(self.path)!r} is on a network file system; writing without a shared log")
            execute("PRAGMA journal_mode = DELETE")
            execute("PRAGMA synchronous = FULL")
        else:
            # Killed processes lose nothing that was committed; a power cut may lose the last moments.
            execute("PRAGMA journal_mode = WAL")
            execute("PRAGMA synchronous = NORMAL")
            execute(f"PRAGMA journal_size_limit = {4 * 2**20}")

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Turn what SQLite and the system say into one sentence with the file and the next step."""
        try:
            yield
        except sqlite3.Error as error:
            kind = DamagedStoreError if _is_damage(error) else StoreError
            raise kind(self._sentence(what, error)) from error
        except UnicodeDecodeError as error:  # SQLite's own message, which quotes what is damaged
            raise DamagedStoreError(f"{str(self.path)!r} is damaged ({error.reason}); {SALVAGE}") from error
        except OSError as error:
            raise StoreError(f"can't {what} {str(self.path)!r}: {error.strerror or error}") from error

    def _sentence(self, what: str, error: sqlite3.Error) -> str:
        text = " ".join(str(error).split())[:200]  # it may quote what is damaged
        if _is_damage(error):
            return f"{str(self.path)!r} is damaged ({text}); {SALVAGE}"
        if "full" in text or "I/O" in text:
            return (
                f"can't {what} {str(self.path)!r}: {text}; what is in it is intact: free some space, "
                "or go on with another file with --store"
            )
        if "readonly" in text or "unable to open" in text:
            return f"can't {what} {str(self.path)!r}: {text}; use another file with --store"
        if _is_busy(error):
            return f"{str(self.path)!r} is in use by {self._holders()}; try again when it is done"
        return f"can't {what} {str(self.path)!r}: {text}"


def refuse_foreign(path: Path) -> None:
    """Check by its first bytes that a file is a store that this version can use; nothing is written.

    Raises:
        StoreError: it is missing, no regular file, or something else.
        OSError: it can't be read.
    """
    name = str(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        more = ": the link leads nowhere" if path.is_symlink() else "; 'activations bench --store FILE' makes one"
        raise StoreError(f"there is no store {name!r}{more}") from None
    if stat.S_ISDIR(mode):
        raise StoreError(f"{name!r} is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise StoreError(f"{name!r} is not a regular file")
    with path.open("rb") as file:
        header = file.read(HEADER)
    if not header:
        raise StoreError(f"{name!r} is empty and no store; delete it, or name another file")
    if header[: len(MAGIC)] != MAGIC or len(header) < HEADER:
        raise StoreError(f"{name!r} is not a SQLite file; name another one")
    version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
    if application != APPLICATION_ID:
        raise StoreError(f"{name!r} is a database of another program; name another file")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name!r} was written by a newer version of activations (schema {version}, this one knows "
            f"{SCHEMA_VERSION}): pip install --upgrade torch-activations"
        )
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    # A log may hold the pages that are not there yet.
    if path.stat().st_size < expected and not _log_size(path):
        raise DamagedStoreError(f"{name!r} is truncated: {path.stat().st_size} of {expected} bytes; {SALVAGE}")


def _log_size(path: Path) -> int:
    try:
        return Path(f"{path}-wal").stat().st_size
    except OSError:
        return 0


def _is_damage(error: sqlite3.Error) -> bool:
    return any(word in str(error) for word in ("malformed", "not a database", "corrupt", "decode to UTF-8"))


def _is_busy(error: sqlite3.Error) -> bool:
    return "locked" in str(error) or "busy" in str(error)
