"""A run and its outcome as a row, and back: nothing is lost, and NULL stands for what is not finite."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from activations.benchmark.best_known import own_text
from activations.benchmark.entry import Stage
from activations.benchmark.outcome import Errors, Outcome
from activations.benchmark.plan import Run
from activations.benchmark.statistics import finite_or_none
from activations.benchmark.store.environment import Environment
from activations.fitting.weights import read_weights, write_weights

__all__ = ["RUN_COLUMNS", "infinite", "network_row", "read_outcome", "run_row"]

RUN_COLUMNS = (
    *("key", "stage", "target", "activation", "hidden", "learning_rate", "scale", "seed", "steps", "initialisation"),
    *("precision", "recipe", "own", "target_digest", "activation_digest", "status", "reason", "metric", "error"),
    *("validation", "rmse", "max_error", "r2", "accuracy", "extrapolation", "diverged_at", "steps_to_precision"),
    *("seconds", "device", "machine", "torch", "version", "added"),
)


def run_row(outcome: Outcome, stage: Stage, environment: Environment, added: str) -> tuple[Any, ...]:
    """An outcome's row, in the order of `RUN_COLUMNS`.

    Args:
        outcome: what became of the run.
        stage: "tuning", "screening" or "ranking".
        environment: where it was made.
        added: the time, as text.
    """
    run, test = outcome.run, outcome.test
    status = "diverged" if outcome.diverged_at is not None else "failed" if outcome.failed else "ok"
    values = {
        "key": environment.key(run.key),
        "stage": stage,
        "target": run.target.name,
        "activation": run.variant.label,
        "hidden": ",".join(map(str, run.hidden)),
        "learning_rate": run.learning_rate,
        "scale": run.scale,
        "seed": run.seed,
        "steps": run.steps,
        "initialisation": run.initialisation,
        "precision": run.precision,
        "recipe": json.dumps(run.recipe.to_dict()),
        "own": own_text(run),
        "target_digest": run.target.digest,
        "activation_digest": run.variant.digest,
        "status": status,
        "reason": outcome.reason,
        "metric": "rmse" if test.r2 is None else "nrmse",
        "error": finite_or_none(test.relative),
        "validation": finite_or_none(outcome.validation),
        "rmse": finite_or_none(test.rmse),
        "max_error": finite_or_none(test.largest),
        "r2": finite_or_none(test.r2),
        "accuracy": test.accuracy,
        "extrapolation": finite_or_none(outcome.extrapolation),
        "diverged_at": outcome.diverged_at,
        "steps_to_precision": json.dumps(outcome.steps_to_precision),
        "seconds": outcome.seconds,
        "device": environment.device,
        "machine": environment.machine,
        "torch": environment.torch,
        "version": environment.version,
        "added": added,
    }
    return tuple(values[name] for name in RUN_COLUMNS)


def network_row(outcome: Outcome, key: str) -> tuple[str, str, bytes] | None:
    """The losses and weights of an outcome; None if it has no weights."""
    if outcome.parameters is None:
        return None
    return key, json.dumps(outcome.losses), write_weights(outcome.run.network, outcome.parameters)


def read_outcome(row: Mapping[str, Any], run: Run) -> Outcome:
    """The outcome of a run from its row, joined with that of its network (whose columns may be NULL)."""
    constant = row["metric"] == "rmse"
    weights, losses = row["weights"], json.loads(row["losses"] or "[]")
    return Outcome(
        run=run,
        validation=infinite(row["validation"]),
        test=Errors(
            relative=infinite(row["error"]),
            rmse=infinite(row["rmse"]),
            largest=infinite(row["max_error"]),
            r2=None if constant else -math.inf if row["r2"] is None else row["r2"],
            accuracy=row["accuracy"],
        ),
        extrapolation=infinite(row["extrapolation"]) if run.target.extrapolation else None,
        failed=row["status"] != "ok",
        diverged_at=row["diverged_at"],
        parameters=None if weights is None else read_weights(run.network, weights),
        seconds=row["seconds"],
        losses=tuple((step, loss) for step, loss in losses),
        reason=row["reason"],
        steps_to_precision=tuple(json.loads(row["steps_to_precision"])),
    )


def infinite(value: float | None) -> float:
    """A number of the store, in which NULL stands for infinity."""
    return math.inf if value is None else value
