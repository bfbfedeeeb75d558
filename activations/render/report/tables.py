"""The table of everything as CSV, and the rankings as Markdown."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from activations.render.html import visible
from activations.render.report.numbers import json_number, percent, shown
from activations.render.report.runs import error_of, is_tuned

if TYPE_CHECKING:
    from activations.benchmark.result import Result, Row, TargetResult
    from activations.benchmark.statistics import Aggregate

__all__ = ["escaped_markdown", "overall_markdown", "ranking_csv", "ranking_markdown", "target_markdown"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet calculate
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$-])")


def ranking_csv(result: Result) -> str:
    """`Result.table` as CSV for spreadsheets: a line per target and activation.

    An infinite error is "inf", none is an empty cell. Text that a spreadsheet would take for a formula has an
    apostrophe in front.
    """
    table = result.table
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    if table:
        writer.writerow([_cell(name) for name in table[0]])
        writer.writerows([[_cell(value) for value in row.values()] for row in table])
    return content.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        text = visible(value.replace("\n", " "))
        return f"'{text}" if text.startswith(FORMULA) else text
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else json_number(value, 9)


def ranking_markdown(result: Result) -> str:
    """All rankings as Markdown tables."""
    parts = ["# Ranking of activations", ""]
    if result.overall is not None:
        parts += ["## All targets", "", overall_markdown(result.overall)]
    for target in result.targets:
        parts += _target(target)
    return "\n".join(parts)


def overall_markdown(overall: Aggregate) -> str:
    """The ranking over all targets as a Markdown table."""
    rows = [
        [
            str(place.rank),
            escaped_markdown(place.label),
            f"{place.mean_rank:.2f}",
            _ends(place.mean_rank_interval, "{:.2f}"),
            f"{place.digits:.2f}",
            _ends(place.digits_interval, "{:.2f}"),
        ]
        for place in overall.places
    ]
    return "\n".join(_table(["rank", "activation", "mean rank", "95 % interval", "digits", "95 % interval"], rows))


def target_markdown(result: TargetResult) -> str:
    """The ranking of a target as a Markdown table, without a heading."""
    return "\n".join(_ranked(result))


def _target(result: TargetResult) -> list[str]:
    parts = [f"## {escaped_markdown(result.target.name)}", ""]
    if result.target.title:
        parts += [escaped_markdown(result.target.title), ""]
    return [*parts, *_ranked(result)]


def _ranked(result: TargetResult) -> list[str]:
    classes = result.target.task == "classification"
    accuracy = ["accuracy"] if classes else []
    rate = ["rate"] if is_tuned(result) else []
    head = ["rank", "activation", result.metric.upper(), "95 % interval", *accuracy, "P(best)", "failed", *rate]
    parts = _table(head, [_row(row, result) for row in result.ranking])
    parts += [f"{escaped_markdown(result.note)}\n"] if result.note else []
    return parts


def _row(row: Row, result: TargetResult) -> list[str]:
    interval = row.interval
    return [
        row.rank_text,
        escaped_markdown(row.activation),
        shown(error_of(row, result.metric)),
        "–" if interval is None else f"{shown(interval[0])} … {shown(interval[1])}",
        *([] if row.accuracy is None else [f"{row.accuracy:.1%}"]),
        percent(row.best_probability),
        percent(row.failed),
        *([f"{row.learning_rate:.2g}" + (r"\*" if row.at_edge else "")] if is_tuned(result) else []),
    ]


def _ends(ends: tuple[float, float] | None, form: str) -> str:
    return "–" if ends is None else " … ".join(form.format(end) for end in ends)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def escaped_markdown(text: str) -> str:
    """Foreign text that Markdown shows as it is, in one line."""
    return MARKDOWN.sub(r"\\\1", visible(" ".join(text.split())))
