"""The store: every finished run under its key, and the rankings that they make. One process writes at a time."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from activations.benchmark.best_known import BestKnown
from activations.benchmark.entry import Entry, Stage
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.benchmark.store.database import PATIENCE, Database, Mode
from activations.benchmark.store.definitions import write_target, write_variant
from activations.benchmark.store.environment import Environment
from activations.benchmark.store.rows import RUN_COLUMNS, infinite, network_row, read_outcome, run_row
from activations.errors import StoreError
from activations.user_folders import data_folder

__all__ = ["Store", "default_store"]

TOGETHER = 500  # keys in one query


class Store:
    """A file of finished runs; a context that closes it.

    Args:
        path: the file; made if it is missing and to be written.
        mode: "write" or "read".
        notify: called with a sentence for people, such as who is waited for.
        patience: seconds to wait for another writer.

    Raises:
        StoreError: it can't be opened, or is no store.
    """

    def __init__(
        self,
        path: str | Path,
        mode: Mode = "write",
        notify: Callable[[str], None] = lambda text: None,
        patience: float = PATIENCE,
    ) -> None:
        self.database = Database(Path(path), mode, notify, patience)
        self._defined: set[tuple[str, ...]] = set()  # targets and activations that are known to be in the file

    @property
    def path(self) -> Path:
        """The file."""
        return self.database.path

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def known(self, runs: Sequence[Run], environment: Environment) -> dict[str, Outcome]:
        """The outcomes, by the runs' own keys, of those that were made in such an environment."""
        by_key = {environment.key(run.key): run for run in runs}
        found = {}
        with self.database.sensible():
            for row in self._rows(list(by_key)):
                run = by_key[row["key"]]
                found[run.key] = read_outcome(row, run)
        return found

    def add(self, outcomes: Sequence[Outcome], stage: Stage, environment: Environment) -> None:
        """Add finished runs, in one transaction; those that are there already stay as they are.

        Args:
            outcomes: what became of them.
            stage: "tuning", "screening" or "ranking"; losses and weights are kept of the last two.
            environment: where they were made.
        """
        added = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        rows = [run_row(outcome, stage, environment, added) for outcome in outcomes]
        networks = [] if stage == "tuning" else [network_row(o, environment.key(o.run.key)) for o in outcomes]
        runs = [outcome.run for outcome in outcomes]
        targets = {(run.target.digest, run.target.name): run.target for run in runs}
        variants = {(v.digest, v.label): v for run in runs for v in (run.variant, *run.own) if v}
        new = {*targets, *variants} - self._defined
        with self.database.transaction():
            self.database.insert("runs", RUN_COLUMNS, rows)
            self.database.insert("networks", ("run", "losses", "weights"), [row for row in networks if row])
            self.database.insert(
                "targets",
                ("digest", "name", "definition"),
                [(*key, write_target(target)) for key, target in targets.items() if key in new],
            )
            self.database.insert(
                "activations",
                ("digest", "label", "definition"),
                [(*key, write_variant(variant)) for key, variant in variants.items() if key in new],
            )
        self._defined |= new

    def enter(self, settings: Mapping[str, Any], entries: Sequence[Entry], environment: Environment) -> int:
        """Note what a finished benchmark ranks; an entry that is there already is replaced.

        Args:
            settings: of the protocol, for strict JSON: what entries of one ranking must share.
            entries: its activations on its targets, whose runs were added before.
            environment: where they were made.

        Returns:
            The number of the protocol.
        """
        place = {"device": environment.device, "torch": environment.torch, "engine": environment.engine}
        content = {**settings, "environment": place}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
        with self.database.transaction():
            self.database.insert("protocols", ("digest", "settings"), [(digest, json.dumps(content))])
            ((protocol,),) = self.database.select("SELECT id FROM protocols WHERE digest = ?", (digest,))
            for entry in entries:
                run = entry.run
                identity = (
                    *(protocol, entry.stage, run.target.name, run.target.digest),
                    *(run.variant.label, run.variant.digest),
                )
                self.database.execute(
                    "DELETE FROM entries WHERE protocol = ? AND stage = ? AND target = ? AND target_digest = ? "
                    "AND activation = ? AND activation_digest = ?",
                    identity,
                )
                made = self.database.execute(
                    "INSERT INTO entries "
                    "(protocol, stage, target, target_digest, activation, activation_digest, at_edge) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*identity, entry.at_edge),
                ).lastrowid
                keys = [environment.key(outcome.run.key) for outcome in entry.outcomes]
                self.database.insert(
                    "entry_runs", ("entry", "position", "run"), [(made, i, key) for i, key in enumerate(keys)]
                )
        number: int = protocol
        return number

    def best_known(self) -> BestKnown:
        """The smallest errors of all runs in the store."""
        best = BestKnown()
        for row in self.database.select(
            "SELECT target_digest, activation_digest, hidden, own, recipe, metric, count(*) AS runs, "
            "min(rmse) AS rmse, min(error) AS error FROM runs "
            "GROUP BY target_digest, activation_digest, hidden, own, recipe"
        ):
            recipe = json.loads(row["recipe"])
            place = (row["target_digest"], row["activation_digest"], row["hidden"], row["own"])
            relative = row["error"] if row["metric"] == "nrmse" else None
            best.note(
                place, recipe["optimizer"], row["runs"] * recipe.get("starts", 1), infinite(row["rmse"]), relative
            )
        return best

    def _rows(self, keys: Sequence[str]) -> Iterator[Any]:
        for start in range(0, len(keys), TOGETHER):
            part = keys[start : start + TOGETHER]
            marks = ", ".join("?" * len(part))
            yield from self.database.select(
                f"SELECT runs.*, losses, weights FROM runs LEFT JOIN networks ON run = key WHERE key IN ({marks})",
                part,
            )


def default_store() -> Path:
    """The file that is used unless another one is named; its folder is made.

    Raises:
        StoreError: the user has no home, or the folder can't be made.
    """
    folder = data_folder()
    if folder is None:
        raise StoreError("there is no home folder to keep results in; name a file with --store FILE")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"can't make {str(folder)!r} for results: {error.strerror or error}; name a file with --store FILE"
        ) from error
    return folder / "runs.sqlite3"
