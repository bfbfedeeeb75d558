"""What installed plugins provide, remembered from when they were last loaded, so that listing them loads none.

A record counts as long as the installed files have not changed. Those of editable installations are for people alone
and never used in place of loading.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activations.discovery import FoundPlugin, Problem
from activations.files import write_atomically
from activations.plugins.facts import Facts
from activations.user_folders import cache_folder

__all__ = ["Record", "Records"]

VERSION = 1
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Record:
    """What became of loading a plugin.

    Attributes:
        stamp: of its files then.
        facts: what it provides, if it could be loaded.
        reason: why it could not.
        remedy: what to do about that.
    """

    stamp: str
    facts: Facts | None
    reason: str = ""
    remedy: str = ""

    def problem(self, found: FoundPlugin) -> Problem | None:
        """Why the plugin could not be loaded; None if it could."""
        return None if self.facts else Problem(found.origin, self.reason, self.remedy)


class Records:
    """The records of all plugins, in one file of the user's cache. A file that can't be read or written is no error."""

    def __init__(self) -> None:
        folder = cache_folder()
        self._path: Path | None = folder / "plugins.json" if folder else None
        self._records: dict[str, Record] = self._read()
        self._changed = False

    def find(self, found: FoundPlugin) -> Record | None:
        """The record of these very files; None if there is none."""
        record = self._records.get(_key(found))
        return record if record is not None and record.stamp == found.stamp else None

    def remember(self, found: FoundPlugin, outcome: Facts | Problem) -> None:
        """Take a record, to be written by `save`."""
        if isinstance(outcome, Facts):
            record = Record(found.stamp, outcome)
        else:
            record = Record(found.stamp, None, outcome.reason, outcome.remedy)
        if self._records.get(_key(found)) != record:
            self._records[_key(found)] = record
            self._changed = True

    def save(self) -> None:
        """Write what is new."""
        if not self._changed or self._path is None:
            return
        self._changed = False
        records = {
            key: {**asdict(record), "facts": record.facts and record.facts.to_dict()}
            for key, record in sorted(self._records.items())
        }
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"version": VERSION, "records": records})
            write_atomically(self._path, text.encode("utf-8", "replace"), overwrite=True)

    def _read(self) -> dict[str, Record]:
        try:
            if self._path is None or self._path.stat().st_size > MAX_BYTES:
                return {}
            content: Any = json.loads(self._path.read_bytes())
            if content["version"] != VERSION:
                return {}
            return {
                key: Record(**{**fields, "facts": fields["facts"] and Facts.from_dict(fields["facts"])})
                for key, fields in content["records"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}


def _key(found: FoundPlugin) -> str:
    return f"{found.key} {found.origin.version}"
