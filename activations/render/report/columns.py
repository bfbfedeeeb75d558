"""The columns of the table of everything."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from activations.render.html import script_json, visible
from activations.render.report.numbers import json_number, shown
from activations.render.report.runs import error_of, is_tuned

if TYPE_CHECKING:
    from activations.benchmark.result import Result

__all__ = ["best_rows", "cell_texts", "labels_of", "table_columns", "table_rows"]

# Key, title, what it is, and for shares the decimals of their per cent.
COLUMNS: tuple[tuple[str, str, str, int | None], ...] = (
    ("target", "Target", "What was fitted", None),
    ("activation", "Activation", "", None),
    ("rank", "Rank", "On the target; those that tie with the best come first", None),
    ("tied", "Tied", "The seeds do not tell it from the best", None),
    ("error", "Error", "The median over the seeds of what ranks: NRMSE, or RMSE of a constant target", None),
    ("interval_low", "Low", "Lower end of the error's 95 % interval", None),
    ("interval_high", "High", "Upper end of the error's 95 % interval", None),
    ("rmse", "RMSE", "Root mean square error, in the target's units", None),
    ("r2", "R²", "1 - NRMSE²", None),
    ("max_error", "Largest error", "Largest absolute error, in the target's units", None),
    ("accuracy", "Accuracy", "Fraction of right classes", 1),
    ("extrapolation", "Outside", "Relative error beyond the domain, which does not rank", None),
    ("best_probability", "P(best)", "How often it is first in the bootstrap", 1),
    ("p_value", "p", "Signed-rank test against the best, with Holm's correction", None),
    ("failed", "Failed", "Runs that diverged or explain less than 10 %", 0),
    ("diverged", "Diverged", "Runs that diverged", 0),
    ("learning_rate", "Rate", "Learning rate, as tuned", None),
    ("at_edge", "At edge", "The rate is the lowest or highest that was tried", None),
    ("scale", "Scale", "Of the first layer, as tuned", None),
    ("hidden", "Hidden", "Widths of the hidden layers", None),
    ("stage", "Stage", "Screening, for one that did not reach the final of a race", None),
    ("parameters", "Parameters", "Trained values of the network", None),
    ("seconds", "s/run", "Wall time of a run in a batch", None),
    ("seeds", "Seeds", "Fresh seeds", None),
    ("floor", "Floor", "Least RMSE of such a network", None),
    ("distance", "× floor", "The RMSE as a multiple of the floor", None),
)
TEXTS = ("target", "activation", "tied", "at_edge", "hidden", "stage")
OF_TUNING = ("learning_rate", "scale", "at_edge")
IF_DIFFERENT = ("hidden", "stage")
WHOLE = ("rank", "parameters", "seeds", "scale")


def table_columns(result: Result) -> list[dict[str, Any]]:
    """The columns that hold anything, each with its key and title and how its cells are shown."""
    table = result.table
    held = {key for row in table for key, value in row.items() if value is not None}
    held -= {key for key in IF_DIFFERENT if len({row[key] for row in table}) == 1}
    if not all(map(is_tuned, result.targets)):
        held -= set(OF_TUNING)
    return [
        {"key": key, "title": title, "about": about, "number": key not in TEXTS, "share": share, "whole": key in WHOLE}
        for key, title, about, share in COLUMNS
        if key in held or key == "error"
    ]


def labels_of(result: Result) -> dict[str, int]:
    """The activations, each with its number in the table."""
    names = dict.fromkeys(row.activation for found in result.targets for row in found.ranking)
    return {name: number for number, name in enumerate(names)}


def table_rows(result: Result, columns: list[dict[str, Any]]) -> list[list[Any]]:
    """The cells for a script: target and activation by number, four significant digits."""
    labels = labels_of(result)
    table = iter(result.table)
    rows = []
    for number, found in enumerate(result.targets):
        for row in found.ranking:
            values = next(table)
            values |= {"target": number, "activation": labels[row.activation], "error": error_of(row, found.metric)}
            rows.append([json_number(values[column["key"]]) for column in columns])
    return rows


def best_rows(rows: list[list[Any]], room: int, targets: int) -> list[list[Any]]:
    """As many rows as have room, the same number of best ones of each target.

    Args:
        rows: of the whole table.
        room: bytes of JSON.
        targets: their number.
    """
    size = len(script_json(rows).encode())
    if size <= room:
        return rows
    most = max(1, int(len(rows) * room / size / targets))
    seen: Counter[int] = Counter()
    kept = []
    for row in rows:
        seen[row[0]] += 1
        if seen[row[0]] <= most:
            kept.append(row)
    return kept


def cell_texts(result: Result, columns: list[dict[str, Any]], rows: list[list[Any]]) -> list[list[str]]:
    """The cells for people."""
    names = {
        "target": [visible(found.target.name) for found in result.targets],
        "activation": [visible(label) for label in labels_of(result)],
    }
    return [[_text(value, column, names) for value, column in zip(row, columns, strict=True)] for row in rows]


def _text(value: Any, column: dict[str, Any], names: dict[str, list[str]]) -> str:
    if column["key"] in names:
        name: str = names[column["key"]][value]
        return name
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return {"inf": "∞", "-inf": "−∞"}.get(value, value)
    if column["share"] is not None and value is not None:
        return f"{value:.{column['share']}%}".replace("%", " %")
    return str(value) if column["whole"] else shown(value, 4)
