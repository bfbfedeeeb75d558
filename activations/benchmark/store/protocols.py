"""The protocols under which a store holds rankings; imports nothing heavy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from activations.benchmark.store.store import Store

__all__ = ["StoredProtocol", "stored_protocols"]


@dataclass(frozen=True)
class StoredProtocol:
    """Settings under which activations were ranked.

    Attributes:
        number: what names it in the store.
        settings: those of the benchmarks.
        device: where they were trained.
        torch: the version of torch.
        targets: names of the targets.
        activations: how many there are.
        runs: how many rank.
    """

    number: int
    settings: dict[str, Any]
    device: str
    torch: str
    targets: tuple[str, ...]
    activations: int
    runs: int

    def to_dict(self) -> dict[str, Any]:
        """The protocol for strict JSON."""
        return {**vars(self), "targets": list(self.targets)}


def stored_protocols(store: Store) -> list[StoredProtocol]:
    """All protocols of a store, that of the last ranking at the end."""
    found = []
    for row in store.database.select(
        "SELECT id, settings, (SELECT max(id) FROM entries WHERE protocol = protocols.id) AS last FROM protocols "
        "WHERE last IS NOT NULL ORDER BY last"
    ):
        settings = json.loads(row["settings"])
        place = settings.pop("environment")
        counts = store.database.select(
            "SELECT count(DISTINCT activation), (SELECT count(*) FROM entry_runs JOIN entries ON id = entry "
            "WHERE protocol = ?) FROM entries WHERE protocol = ?",
            (row["id"], row["id"]),
        )[0]
        targets = store.database.select(
            "SELECT target FROM entries WHERE protocol = ? GROUP BY target ORDER BY min(id)", (row["id"],)
        )
        names = tuple(target["target"] for target in targets)
        found.append(StoredProtocol(row["id"], settings, place["device"], place["torch"], names, *counts))
    return found
