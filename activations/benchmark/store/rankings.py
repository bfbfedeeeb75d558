"""Rankings made again from a store, without training anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from activations.benchmark.assembly import assemble
from activations.benchmark.entry import Entry
from activations.benchmark.faces import StoredFace
from activations.benchmark.plan import Run
from activations.benchmark.result import Result
from activations.benchmark.store.definitions import read_target, read_variant
from activations.benchmark.store.protocols import StoredProtocol, stored_protocols
from activations.benchmark.store.rows import read_outcome
from activations.benchmark.store.store import Store
from activations.declare import Variant
from activations.errors import StoreError
from activations.fitting.recipe import Recipe
from activations.fitting.target import Target
from activations.registry import default_registry, plain

__all__ = ["StoredRanking", "stored_ranking"]


@dataclass(frozen=True)
class StoredRanking(StoredFace):
    """A ranking made from a store.

    Attributes:
        protocol: what its runs share.
        result: the ranking.
        notes: what a reader should know of its runs, each a sentence.
    """

    protocol: StoredProtocol
    result: Result
    notes: tuple[str, ...]


def stored_ranking(
    store: Store, number: int | None = None, targets: Sequence[str] = (), activations: Sequence[str] = ()
) -> StoredRanking:
    """Rank what a store holds under one protocol.

    Args:
        store: where the runs are.
        number: of the protocol; that of the last benchmark unless given.
        targets: their names; all unless given.
        activations: their labels; all unless given.

    Raises:
        StoreError: there is nothing of the kind in the store, or it is damaged.
    """
    with store.database.sensible():
        return _ranking(store, number, targets, activations)


def _ranking(store: Store, number: int | None, targets: Sequence[str], activations: Sequence[str]) -> StoredRanking:
    protocols = stored_protocols(store)
    if not protocols:
        store.database.require_sound()
        raise StoreError(f"{str(store.path)!r} holds no finished ranking; 'activations bench TARGET' makes one")
    protocol = protocols[-1] if number is None else next((p for p in protocols if p.number == number), None)
    if protocol is None:
        numbers = ", ".join(str(p.number) for p in protocols)
        raise StoreError(f"{str(store.path)!r} holds no protocol {number}; choose from {numbers}")
    reader = _Reader(store)
    entries, notes = reader.entries(protocol.number)
    kept = [entry for entry in entries if _wanted(entry.run.target.name, targets) and _wanted(entry.label, activations)]
    if not kept:
        raise StoreError(
            f"protocol {protocol.number} of {str(store.path)!r} holds nothing of the kind; "
            f"its targets are {', '.join(protocol.targets)}"
        )
    versions = {"activations": ", ".join(sorted(reader.versions)), "torch": protocol.torch}
    result = assemble(kept, store.best_known(), protocol.settings, protocol.device, versions, None)
    if len(reader.machines) > 1:
        notes.append(f"made on different machines: {', '.join(sorted(reader.machines))}")
    return StoredRanking(protocol, result, tuple(notes))


def _wanted(name: str, names: Sequence[str]) -> bool:
    return not names or plain(name) in map(plain, names)


class _Reader:
    """Makes entries of rows, each target and activation once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.registry = default_registry()
        self.targets: dict[tuple[str, str], Target] = {}
        self.variants: dict[str, tuple[Variant, bool]] = {}
        self.versions: set[str] = set()
        self.machines: set[str] = set()

    def entries(self, protocol: int) -> tuple[list[Entry], list[str]]:
        """The entries of a protocol in order, and notes about them."""
        rows = self.store.database.select(
            "SELECT entries.id AS entry, entries.stage AS entry_stage, at_edge, runs.*, losses, weights "
            "FROM entries JOIN entry_runs ON entry = entries.id JOIN runs ON runs.key = entry_runs.run "
            "LEFT JOIN networks ON networks.run = runs.key WHERE protocol = ? ORDER BY entries.id, position",
            (protocol,),
        )
        groups: dict[int, list[Any]] = {}
        for row in rows:
            groups.setdefault(row["entry"], []).append(row)
        latest: dict[tuple[str, ...], tuple[Entry, bool]] = {}
        replaced = set()
        for group in groups.values():
            first = group[0]
            entry = Entry(
                first["entry_stage"], tuple(read_outcome(row, self._run(row)) for row in group), bool(first["at_edge"])
            )
            installed = self.variants[first["activation_digest"]][1]
            place = (first["entry_stage"], first["target"], first["target_digest"], first["activation"])
            if place in latest:
                replaced.add(first["activation"])
            # Of two versions of an activation the installed one counts, else the later one.
            if place not in latest or installed or not latest[place][1]:
                latest[place] = (entry, installed)
            self.versions.add(first["version"])
            self.machines.add(first["machine"])
        missing = sorted({entry.label for entry, installed in latest.values() if not installed})
        notes = []
        if missing:
            notes.append(f"not installed, or in another version: {', '.join(missing)}; drawn from the stored formula")
        if replaced:
            notes.append(f"older versions of activations left out: {', '.join(sorted(replaced))}")
        return [entry for entry, _ in latest.values()], notes

    def _run(self, row: Any) -> Run:
        own = json.loads(row["own"])
        recipe = {name: value for name, value in json.loads(row["recipe"]).items() if value is not None}
        return Run(
            target=self._target(row["target_digest"], row["target"]),
            variant=self._variant(row["activation_digest"], row["activation"]),
            hidden=tuple(int(width) for width in row["hidden"].split(",")),
            learning_rate=row["learning_rate"],
            scale=row["scale"],
            seed=row["seed"],
            steps=row["steps"],
            initialisation=row["initialisation"],
            precision=row["precision"],
            recipe=Recipe(**recipe),
            own=tuple(self._variant(item[1], item[0]) if item else None for item in own),
        )

    def _target(self, digest: str, name: str) -> Target:
        if (digest, name) not in self.targets:
            text = self._definition("targets", "digest = ? AND name = ?", (digest, name), name)
            self.targets[digest, name] = read_target(text)
        return self.targets[digest, name]

    def _variant(self, digest: str, label: str) -> Variant:
        if digest not in self.variants:
            text = self._definition("activations", "digest = ?", (digest,), label)
            self.variants[digest] = read_variant(text, label, digest, self.registry)
        return self.variants[digest][0]

    def _definition(self, table: str, where: str, values: Sequence[Any], name: str) -> str:
        found = self.store.database.select(f"SELECT definition FROM {table} WHERE {where}", values)
        if not found:
            raise StoreError(f"{str(self.store.path)!r} is incomplete: {name[:80]!r} is missing from its {table}")
        text: str = found[0]["definition"]
        return text
