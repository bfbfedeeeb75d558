"""Results in notebooks and consoles: small tables, and figures on request. `activations.benchmark.faces` finds it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from activations.errors import UnknownTargetError
from activations.render.fits import draw_fits
from activations.render.html import visible
from activations.render.report.figures import draw_heat_map
from activations.render.report.findings import findings, verdict
from activations.render.report.numbers import percent, shown
from activations.render.report.runs import error_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Group
    from rich.table import Table

    from activations.benchmark.result import Result, Row, TargetResult
    from activations.benchmark.store.rankings import StoredRanking

__all__ = [
    "result_figure",
    "result_html",
    "result_rich",
    "stored_html",
    "target_figure",
    "target_html",
    "target_rich",
]

ROWS = 25
TARGETS = 20
HEAD = ("rank", "activation", "error", "95 % interval", "P(best)", "failed")
RIGHT = ' style="text-align:right"'
LEFT = ' style="text-align:left"'


def target_figure(result: TargetResult, theme: str = "light") -> Figure:
    """The best fits of a target."""
    return draw_fits(result, theme)


def result_figure(result: Result, target: str | None = None, theme: str = "light") -> Figure:
    """The best fits of a target, or the heat map of all if none of several is named.

    Raises:
        UnknownTargetError: the result has no target of that name.
    """
    if target is None and len(result.targets) > 1:
        return draw_heat_map(result, theme)
    for found in result.targets:
        if target is None or found.target.name == target:
            return target_figure(found, theme)
    names = ", ".join(found.target.name for found in result.targets[:TARGETS])
    raise UnknownTargetError(f"no target {str(target)[:80]!r} in this result; choose from {names}")


def target_html(result: TargetResult) -> str:
    """A ranking as an HTML table without scripts, whose foreign text is text."""
    head = "".join(f"<th{LEFT if name == 'activation' else RIGHT}>{escape(name)}</th>" for name in _head(result))
    lines = []
    for row in result.ranking[:ROWS]:
        cells = [escape(visible(cell)) for cell in _cells(row, result)]
        cells[1] = f"<b>{cells[1]}</b>" if row.tied else cells[1]
        aligned = "".join(f"<td{LEFT if place == 1 else RIGHT}>{cell}</td>" for place, cell in enumerate(cells))
        lines.append(f"<tr>{aligned}</tr>")
    more = len(result.ranking) - ROWS
    after = f"<p>and {more} more</p>" if more > 0 else ""
    about = f"<p><b>{escape(visible(result.target.name))}</b> {escape(visible(verdict(result)))}</p>"
    note = f"<p>{escape(visible(result.note))}</p>" if result.note else ""
    return f"{about}{note}<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{after}"


def result_html(result: Result) -> str:
    """What was found, and the ranking of each target."""
    several = len(result.targets) > 1
    found = "".join(f"<li>{escape(visible(text))}</li>" for text in findings(result)) if several else ""
    more = len(result.targets) - TARGETS
    after = f"<p>and {more} more targets</p>" if more > 0 else ""
    tables = "".join(target_html(target) for target in result.targets[:TARGETS])
    return f"<div>{f'<ul>{found}</ul>' if found else ''}{tables}{after}</div>"


def stored_html(ranking: StoredRanking) -> str:
    """The ranking of a store, below what a reader should know of its runs."""
    notes = "".join(f"<li>{escape(visible(note))}</li>" for note in ranking.notes)
    return f"<div>{f'<ul>{notes}</ul>' if notes else ''}{result_html(ranking.result)}</div>"


def target_rich(result: TargetResult) -> Table:
    """A ranking as a table of rich."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(visible(result.target.name)), caption=Text(result.note) if result.note else None)
    for name in _head(result):
        table.add_column(name, justify="left" if name == "activation" else "right")
    for row in result.ranking[:ROWS]:
        style = "bold" if row.tied else ""
        table.add_row(*(Text(visible(cell), style=style) for cell in _cells(row, result)))
    return table


def result_rich(result: Result) -> Group:
    """The rankings of a result as tables of rich."""
    from rich.console import Group

    return Group(*(target_rich(target) for target in result.targets[:TARGETS]))


def _head(result: TargetResult) -> list[str]:
    return [result.metric.upper() if name == "error" else name for name in HEAD]


def _cells(row: Row, result: TargetResult) -> list[str]:
    ends = "–" if row.interval is None else " … ".join(shown(end) for end in row.interval)
    return [
        row.rank_text,
        row.activation,
        shown(error_of(row, result.metric)),
        ends,
        percent(row.best_probability),
        percent(row.failed),
    ]
