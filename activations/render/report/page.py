"""The report's page: one file that holds everything, plotly.js included, and asks the network for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activations.render.html import asset, environment, markup, policy, script_json, visible
from activations.render.plotly_script import PLOTLY_STYLE, STYLE_ATTRIBUTES, placeholders, plotly_script
from activations.render.report.bars import overall_ranking, target_ranking
from activations.render.report.columns import best_rows, cell_texts, table_columns, table_rows
from activations.render.report.curves import Curves, collect_curves
from activations.render.report.drawings import Drawings
from activations.render.report.findings import findings
from activations.render.report.headings import best_of, lead, overall_words, target_words, title
from activations.render.report.methods import counted, gaps, methods, settings_rows
from activations.render.report.pictures import Pictures
from activations.render.report.script_data import MATRIX, PROFILES, script_data
from activations.render.report.sources import activation_sources, bibliography, target_sources
from activations.render.style import THEMES

if TYPE_CHECKING:
    from activations.benchmark.result import Result
    from activations.benchmark.statistics import Aggregate

__all__ = ["LIMIT", "report_html"]

ASSETS = "report_assets"
LIMIT = 8_000_000  # bytes of the page, of which plotly.js takes 5
LEAST_CURVES = 300_000  # of them; for these, the rest shrinks
CHANGING = 2_000  # for the sentences on what was left out
MOST_RANKED = 60
FEW_TARGETS = 5  # whose heat map is narrow enough to stand beside the profile


@dataclass(frozen=True)
class _Room:
    """How much there may be of what grows with the result.

    Attributes:
        pictures: bytes of static pictures.
        table: bytes of the table of everything.
        ranked: rows of the rankings on all targets together.
        plain: rows of the table of everything, for browsers without scripts.
        least: rows of each ranking, however many targets there are.
    """

    pictures: int
    table: int
    ranked: int
    plain: int
    least: int


ROOMS = (_Room(600_000, 500_000, 600, 200, 5), _Room(150_000, 150_000, 300, 50, 2), _Room(0, 20_000, 0, 10, 1))


def report_html(result: Result, drawings: Drawings | None = None) -> str:
    """The whole page.

    Its size is bounded: rows, pictures and curves that have no room are left out, the least successful first, and the
    page says so. Only the heads of thousands of targets could exceed it.

    Args:
        result: of the benchmark.
        drawings: its figures, if they are drawn already.
    """
    plotly = plotly_script()
    style = environment(ASSETS).get_template("report.css").render(light=THEMES["light"], dark=THEMES["dark"])
    script = asset(ASSETS, "report.js")
    text = markup()
    fixed = {
        "style": text(style),
        "script": text(script),
        "plotly": text(plotly),
        "placeholders": text(placeholders(plotly)),
        "policy": policy([plotly, script], [style, PLOTLY_STYLE], images="data: blob:", more=STYLE_ATTRIBUTES),
    }
    template = environment(ASSETS).get_template("report.html")
    drawings = drawings or Drawings(result)
    for room in ROOMS:
        values = fixed | _values(result, drawings, room)
        data = script_data(result, values["table"]["kept"])
        rest = LIMIT - CHANGING - len(template.render(**values, data=text(script_json(data))).encode())
        if rest >= LEAST_CURVES:
            break
    curves = collect_curves(result.targets, max(rest, 0))
    data["targets"] = [{**one, **curved} for one, curved in zip(data["targets"], curves.targets, strict=True)]
    values["gaps"] = [*values["gaps"], *_left_out(curves)]
    page: str = template.render(**values, data=text(script_json(data)))
    return page


def _values(result: Result, drawings: Drawings, room: _Room) -> dict[str, Any]:
    """What the template shows without a script."""
    most = max(room.least, min(MOST_RANKED, room.ranked // len(result.targets)))
    pictures = Pictures(drawings, room.pictures)
    columns = table_columns(result)
    rows = table_rows(result, columns)
    kept = best_rows(rows, room.table, len(result.targets))
    overall = result.overall
    return {
        "title": visible(title(result)),
        "lead": visible(lead(result)),
        "findings": [visible(words) for words in findings(result)],
        "gaps": [visible(words) for words in gaps(result)],
        "overall": overall_ranking(overall, max(most, min(MOST_RANKED, room.ranked))) if overall else None,
        "overall_about": overall_words(overall) if overall else "",
        "figures": {
            "few": len(result.targets) <= FEW_TARGETS,
            "heat": pictures.heat_map,
            "profile": pictures.profile,
        },
        "profile_about": best_of(overall, PROFILES),
        "better_about": best_of(overall, MATRIX),
        "better": _better_texts(overall),
        "targets": [
            {**target_words(found), "ranking": target_ranking(found, most), "figure": picture}
            for found, picture in zip(result.targets, pictures.fits, strict=True)
        ],
        "table": {
            "columns": columns,
            "kept": kept,
            "shown": cell_texts(result, columns, kept[: room.plain]),
            "left_out": len(rows) > room.plain,
            "about": f"{min(room.plain, len(kept))} of {counted(len(rows), 'row')}; all are in ranking.csv.",
            "left_out_of_data": len(rows) > len(kept),
            "about_data": f"The best of each target, {len(kept)} of {counted(len(rows), 'row')}; "
            "all are in ranking.csv.",
        },
        "methods": [visible(words) for words in methods(result)],
        "settings": [(visible(name), visible(value)) for name, value in settings_rows(result)],
        "activation_sources": activation_sources(result),
        "target_sources": target_sources(result),
        "bibliography": bibliography(result),
    }


def _better_texts(overall: Aggregate | None) -> dict[str, Any]:
    """The matrix of probabilities of improvement as a table."""
    if overall is None:
        return {"labels": [], "rows": []}
    found = overall.improvement
    rows = [
        ["" if i == j else f"{value:.0%}" for j, value in enumerate(row[:MATRIX])]
        for i, row in enumerate(found.probability[:MATRIX])
    ]
    return {"labels": [visible(label) for label in found.labels[:MATRIX]], "rows": rows}


def _left_out(curves: Curves) -> list[str]:
    found = []
    if curves.kept < curves.known:
        found.append(
            f"This page has room for the curves of {curves.kept} of {counted(curves.known, 'run')}: median seeds and "
            "the best activations first."
        )
    if curves.without:
        found.append(f"{counted(curves.without, 'run')} diverged or kept no parameters, and have no curve.")
    return found
