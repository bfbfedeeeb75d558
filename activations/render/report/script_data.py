"""What the page's script draws, except the curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from activations.render.html import visible
from activations.render.report.columns import labels_of, table_columns
from activations.render.report.matrix import digits_matrix
from activations.render.report.numbers import json_number, rounded, shown
from activations.render.report.runs import error_of

if TYPE_CHECKING:
    from activations.benchmark.result import Result, TargetResult

__all__ = ["MATRIX", "PROFILES", "script_data"]

PROFILES = 8  # activations in the performance profile
MATRIX = 20  # and in the matrix of pairs


def script_data(result: Result, rows: list[list[Any]]) -> dict[str, Any]:
    """Strict JSON, in which foreign text is harmless as text.

    Args:
        result: of the benchmark.
        rows: those of the table of everything that have room.
    """
    overall = result.overall
    labels = labels_of(result)
    columns = table_columns(result)
    data: dict[str, Any] = {
        "targets": [_target(found, labels) for found in result.targets],
        "table": {
            "columns": [{name: column[name] for name in ("key", "number", "share", "whole")} for column in columns],
            "targets": [visible(found.target.name) for found in result.targets],
            "labels": [visible(label) for label in labels],
            "rows": rows,
        },
        "heat": None,
        "profile": None,
        "improvement": None,
    }
    if len(result.targets) > 1:
        matrix = digits_matrix(result)
        data["heat"] = {
            "labels": [visible(label) for label in matrix.labels],
            "targets": [visible(name) for name in matrix.targets],
            "digits": [[json_number(float(value), 3) for value in row] for row in matrix.digits],
        }
    if overall is not None:
        profile, better = overall.profile, overall.improvement
        data["profile"] = {
            "labels": [visible(label) for label in profile.labels[:PROFILES]],
            "levels": [rounded(float(value), 4) for value in profile.levels],
            **{name: _nested(getattr(profile, name)[:PROFILES]) for name in ("shares", "low", "high")},
        }
        data["improvement"] = {
            "labels": [visible(label) for label in better.labels[:MATRIX]],
            **{name: _nested(getattr(better, name)[:MATRIX, :MATRIX]) for name in ("probability", "low", "high")},
        }
    return data


def _target(found: TargetResult, labels: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": visible(found.target.name),
        "order": [labels[row.activation] for row in found.ranking],
        "screened": [place for place, row in enumerate(found.ranking) if row.stage == "screening"],
        "errors": [shown(error_of(row, found.metric)) for row in found.ranking],
        "seeds": max((row.seeds for row in found.ranking), default=0),
    }


def _nested(values: Any) -> list[list[Any]]:
    return [[json_number(float(value), 4) for value in row] for row in values]
