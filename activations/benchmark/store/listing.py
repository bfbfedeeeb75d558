"""The runs of a store for people: chosen, counted, exported and deleted."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from activations.benchmark.store.rows import RUN_COLUMNS
from activations.benchmark.store.store import Store
from activations.declare import Variant
from activations.errors import MissingExtraError
from activations.fitting.table import FORMULA_SIGNS

__all__ = ["FORMATS", "RunFilter", "changed_variants", "count_runs", "delete_runs", "export_runs", "select_runs"]

FORMATS = ("csv", "json", "parquet")
JSON_COLUMNS = ("recipe", "own", "steps_to_precision")


@dataclass(frozen=True)
class RunFilter:
    """Which runs are meant; patterns such as `*elu` stand for all names that fit them, no pattern for every run.

    Attributes:
        targets: patterns of their names.
        activations: patterns of their labels.
        statuses: "ok", "diverged", "failed".
        stages: "tuning", "screening", "ranking".
    """

    targets: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether every run fits."""
        return not (self.targets or self.activations or self.statuses or self.stages)

    def where(self) -> tuple[str, list[str]]:
        """The condition in SQL, and its values."""
        parts: list[str] = []
        values: list[str] = []
        for column, compared, wanted in (
            ("target", "GLOB", self.targets),
            ("activation", "GLOB", self.activations),
            ("status", "=", self.statuses),
            ("stage", "=", self.stages),
        ):
            if wanted:
                parts.append("(" + " OR ".join(f"{column} {compared} ?" for _ in wanted) + ")")
                values += wanted
        return " AND ".join(parts) or "1", values


def count_runs(store: Store, chosen: RunFilter) -> Counter[str]:
    """The number of runs of each status."""
    where, values = chosen.where()
    rows = store.database.select(f"SELECT status, count(*) FROM runs WHERE {where} GROUP BY status", values)
    return Counter(dict(tuple(row) for row in rows))


def select_runs(store: Store, chosen: RunFilter, limit: int | None = None) -> list[dict[str, Any]]:
    """The runs as dictionaries, in the order in which they were added; the last ones if there is a limit."""
    where, values = chosen.where()
    columns = ", ".join(RUN_COLUMNS)
    statement = f"SELECT {columns} FROM runs WHERE {where} ORDER BY rowid DESC LIMIT ?"
    rows = store.database.select(statement, [*values, -1 if limit is None else limit])
    with store.database.sensible():
        return [{**dict(row), **{name: json.loads(row[name]) for name in JSON_COLUMNS}} for row in reversed(rows)]


def changed_variants(store: Store, variants: Sequence[Variant]) -> list[str]:
    """The labels of those of which the store has runs with another formula, code or release."""
    return [
        variant.label
        for variant in variants
        if store.database.select(
            "SELECT 1 FROM runs WHERE activation = ? AND activation_digest <> ? LIMIT 1",
            [variant.label, variant.digest],
        )
    ]


def delete_runs(store: Store, chosen: RunFilter) -> int:
    """Delete runs, and the entries of rankings that lose one; gives the number of runs."""
    where, values = chosen.where()
    with store.database.transaction():
        losing = f"SELECT entry FROM entry_runs JOIN runs ON key = run WHERE {where}"
        store.database.execute(f"DELETE FROM entries WHERE id IN ({losing})", values)
        deleted = store.database.execute(f"DELETE FROM runs WHERE {where}", values).rowcount
        store.database.execute("DELETE FROM protocols WHERE id NOT IN (SELECT protocol FROM entries)")
    # To give the space back is a kindness, not a promise: another process may be reading.
    with contextlib.suppress(sqlite3.Error):
        store.database.connection.execute("VACUUM")
    return deleted


def export_runs(rows: Sequence[dict[str, Any]], form: str) -> bytes:
    """Runs as a file.

    Args:
        rows: from `select_runs`.
        form: "csv", "json" or "parquet". Texts in CSV that a spreadsheet would take for formulas get an apostrophe.

    Raises:
        MissingExtraError: Parquet needs pandas and pyarrow.
    """
    if form == "json":
        return (json.dumps(rows, indent=1, allow_nan=False) + "\n").encode()
    flat = [{**row, **{name: json.dumps(row[name]) for name in JSON_COLUMNS}} for row in rows]
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, RUN_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in flat)
        return text.getvalue().encode()
    try:
        import pandas
    except Exception as error:  # a package that was built for another numpy raises no ImportError
        raise _no_parquet(error) from None
    buffer = io.BytesIO()
    try:
        pandas.DataFrame(flat, columns=list(RUN_COLUMNS)).to_parquet(buffer, index=False)
    except ImportError as error:
        raise _no_parquet(error) from None
    return buffer.getvalue()


def _no_parquet(error: Exception) -> MissingExtraError:
    reason = str(error).partition("\n")[0]
    return MissingExtraError(f"Parquet needs pandas and pyarrow ({reason}): pip install pandas pyarrow")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
