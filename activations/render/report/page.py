"""The report's page: one file that holds everything, plotly.js included, and asks the network for nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from activations.render.html import asset, environment, markup, policy, script_json, visible
from activations.render.report.bars import overall_ranking, target_ranking
from activations.render.report.columns import table_columns, table_rows
from activations.render.report.curves import Curves, collect_curves, kind_of
from activations.render.report.findings import findings, verdict
from activations.render.report.matrix import digits_matrix
from activations.render.report.methods import counted, gaps, methods, settings_rows
from activations.render.report.numbers import json_number, rounded, shown
from activations.render.report.pictures import Pictures
from activations.render.report.runs import error_of
from activations.render.report.sources import activation_sources, bibliography, target_sources
from activations.render.style import THEMES

if TYPE_CHECKING:
    from activations.benchmark.result import Result, TargetResult

__all__ = ["LIMIT", "report_html"]

ASSETS = "report_assets"
LIMIT = 8_000_000  # bytes of the page
PICTURES = 900_000  # of them for static pictures
TABLE = 700_000  # for the table of everything
RANKED = 900  # rows of rankings on all targets together
LEAST_RANKED = 5
MOST_RANKED = 60
STATIC_ROWS = 300  # of the table of everything, for browsers without scripts
PROFILES = 8
MATRIX = 20
FEW_TARGETS = 5  # whose heat map is narrow enough to stand beside the profile

# Empty: the style element that plotly.js fills by rules, which a policy allows by this digest alone.
PLOTLY_STYLE = ""
# plotly.js sets some attributes "style" of its drawings, which no digest can name; style elements stay named.
STYLE_ATTRIBUTES = "style-src-attr 'unsafe-inline'; "
# The style sheets of its maps, which it brings along unless an element has their name; this page has no maps.
MAP_STYLE = re.compile(r'document\.getElementById\("([0-9a-f]{40,})"\)')


def report_html(result: Result) -> str:
    """The whole page.

    Its size is bounded whatever the result: rows, pictures and curves that have no room are left out, the least
    successful first, and the page says so.
    """
    plotly = _plotly()
    style = environment(ASSETS).get_template("report.css").render(light=THEMES["light"], dark=THEMES["dark"])
    script = asset(ASSETS, "report.js")
    text = markup()
    values = _values(result)
    values |= {
        "style": text(style),
        "script": text(script),
        "plotly": text(plotly),
        "placeholders": text("".join(f'<template id="{name}"></template>' for name in MAP_STYLE.findall(plotly))),
        "policy": policy([plotly, script], [style, PLOTLY_STYLE], images="data: blob:", more=STYLE_ATTRIBUTES),
    }
    data = _data(result, values["table"]["kept"])
    template = environment(ASSETS).get_template("report.html")
    room = LIMIT - len(template.render(**values, data=text(script_json(data))).encode()) - 2000
    curves = collect_curves(result.targets, max(room, 0))
    data["targets"] = [{**one, **curved} for one, curved in zip(data["targets"], curves.targets, strict=True)]
    values["gaps"] = [*values["gaps"], *_left_out(curves)]
    page: str = template.render(**values, data=text(script_json(data)))
    return page


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("plotly.js holds '</script' or '<!--', which would end its element early; install another one")
    return script


def _values(result: Result) -> dict[str, Any]:
    """What the template shows without a script."""
    most = max(LEAST_RANKED, min(MOST_RANKED, RANKED // len(result.targets)))
    pictures = Pictures(result, PICTURES)
    columns = table_columns(result)
    rows = table_rows(result, columns)
    kept = _kept_rows(result, rows)
    shown_rows = kept[:STATIC_ROWS]
    overall = result.overall
    count = max(len(found.ranking) for found in result.targets)
    places = [visible(found.target.name) for found in result.targets]
    where = f"“{places[0]}”" if len(places) == 1 else counted(len(places), "target")
    return {
        "title": f"{counted(count, 'activation')} on {where}",
        "lead": _lead(result),
        "findings": [visible(text) for text in findings(result)],
        "gaps": [visible(text) for text in gaps(result)],
        "overall": overall_ranking(overall, most) if overall else None,
        "overall_about": "" if overall is None else _overall_about(result),
        "figures": {"few": len(places) <= FEW_TARGETS, "heat": pictures.heat_map, "profile": pictures.profile},
        "profile_about": _best_of(overall, PROFILES),
        "better_about": _best_of(overall, MATRIX),
        "better": _better_texts(overall),
        "targets": [
            _target(found, most, picture) for found, picture in zip(result.targets, pictures.fits, strict=True)
        ],
        "table": {
            "columns": columns,
            "kept": kept,
            "shown": [_cells(row, columns, result) for row in shown_rows],
            "left_out": len(rows) > len(shown_rows),
            "about": f"{len(shown_rows)} of {len(rows)} rows; all are in ranking.csv.",
            "left_out_of_data": len(rows) > len(kept),
            "about_data": f"The best of each target, {len(kept)} of {len(rows)} rows; all are in ranking.csv.",
        },
        "methods": [visible(text) for text in methods(result)],
        "settings": [(visible(name), visible(value)) for name, value in settings_rows(result)],
        "activation_sources": activation_sources(result),
        "target_sources": target_sources(result),
        "bibliography": bibliography(result),
    }


def _lead(result: Result) -> str:
    settings = result.settings
    parts = [str(settings["preset"])] if settings.get("preset") else []
    if settings.get("hidden"):
        parts.append(f"hidden layers {', '.join(map(str, settings['hidden']))}")
    if settings.get("steps"):
        parts.append(counted(settings["steps"], "step"))
    seeds = max((row.seeds for found in result.targets for row in found.ranking), default=0)
    parts += [counted(seeds, "fresh seed"), f"on {result.device}"]
    parts += [f"{name} {version}" for name, version in result.versions.items()]
    return visible(" · ".join(parts))


def _overall_about(result: Result) -> str:
    assert result.overall is not None
    groups = sorted(set(result.overall.groups))
    text = f"{counted(len(result.overall.targets), 'target')} in {counted(len(groups), 'group')}, which weigh the same."
    stability = result.overall.stability
    if stability is not None and stability.smallest_tau is not None and len(result.overall.targets) > 2:
        text += (
            f" Without any one target the ranking stays alike: Kendall's tau is at least {stability.smallest_tau:.2f}."
            if stability.smallest_tau > 0.8
            else f" Leaving out one target changes it: Kendall's tau falls to {stability.smallest_tau:.2f}."
        )
    return text


def _best_of(overall: Any, most: int) -> str:
    if overall is None or len(overall.places) <= most:
        return ""
    return f" Here are the best {most} of {len(overall.places)}."


def _better_texts(overall: Any) -> dict[str, Any]:
    if overall is None:
        return {"labels": [], "rows": []}
    found = overall.improvement
    rows = [
        ["" if i == j else f"{value:.0%}" for j, value in enumerate(row[:MATRIX])]
        for i, row in enumerate(found.probability[:MATRIX])
    ]
    return {"labels": [visible(label) for label in found.labels[:MATRIX]], "rows": rows}


def _target(found: TargetResult, most: int, picture: dict[str, Any]) -> dict[str, Any]:
    target = found.target
    about = [visible(target.title)] if target.title else []
    domain = " × ".join(f"[{low:g}, {high:g}]" for low, high in target.domain[:3])
    more = f" and {len(target.domain) - 3} more" if len(target.domain) > 3 else ""
    about.append(f"on {domain}{more}")
    about.append(counted(target.points, "point") if target.table is None else counted(len(target.table.y), "row"))
    if target.noise:
        about.append(f"noise {target.noise:g} ({target.noise_kind})")
    if target.classes:
        about.append(counted(target.classes, "class").replace("classs", "classes"))
    return {
        "name": visible(target.name),
        "about": " · ".join(about),
        "formula": visible(target.formula) if target.formula != target.name else "",
        "verdict": visible(verdict(found)),
        "note": visible(found.note),
        "metric": found.metric.upper(),
        "classes": bool(target.classes),
        "floors": any(row.floor is not None for row in found.ranking),
        "kind": kind_of(target),
        "ranking": target_ranking(found, most),
        "figure": picture,
    }


def _kept_rows(result: Result, rows: list[list[Any]]) -> list[list[Any]]:
    """As many rows as have room, the same number of best ones of each target."""
    size = len(script_json(rows).encode())
    if size <= TABLE or not rows:
        return rows
    most = max(1, int(len(rows) * TABLE / size / len(result.targets)))
    seen: dict[int, int] = {}
    kept = []
    for row in rows:
        seen[row[0]] = seen.get(row[0], 0) + 1
        if seen[row[0]] <= most:
            kept.append(row)
    return kept


def _cells(row: list[Any], columns: list[dict[str, Any]], result: Result) -> list[str]:
    return [_cell(value, column, result) for value, column in zip(row, columns, strict=True)]


def _cell(value: Any, column: dict[str, Any], result: Result) -> str:
    if column["key"] == "target":
        return visible(result.targets[value].target.name)
    if column["key"] == "activation":
        return visible(_labels(result)[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return {"inf": "∞", "-inf": "−∞"}[value]
    if column["share"] is not None and value is not None:
        return f"{value:.{column['share']}%}".replace("%", " %")
    return str(value) if column["whole"] else shown(value, 4)


def _labels(result: Result) -> list[str]:
    return list(dict.fromkeys(row.activation for found in result.targets for row in found.ranking))


def _data(result: Result, rows: list[list[Any]]) -> dict[str, Any]:
    """What the script draws, without the curves."""
    overall = result.overall
    data: dict[str, Any] = {
        "targets": [_target_data(found) for found in result.targets],
        "table": {
            "columns": [
                {name: column[name] for name in ("key", "number", "share", "whole")} for column in table_columns(result)
            ],
            "targets": [visible(found.target.name) for found in result.targets],
            "labels": [visible(label) for label in _labels(result)],
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
            **{name: _matrix(getattr(profile, name)[:PROFILES]) for name in ("shares", "low", "high")},
        }
        data["improvement"] = {
            "labels": [visible(label) for label in better.labels[:MATRIX]],
            **{name: _matrix(getattr(better, name)[:MATRIX, :MATRIX]) for name in ("probability", "low", "high")},
        }
    return data


def _matrix(values: Any) -> list[list[Any]]:
    return [[json_number(float(value), 4) for value in row] for row in values]


def _target_data(found: TargetResult) -> dict[str, Any]:
    return {
        "name": visible(found.target.name),
        "labels": [visible(row.activation) for row in found.ranking],
        "errors": [shown(error_of(row, found.metric)) for row in found.ranking],
        "seeds": max((row.seeds for row in found.ranking), default=0),
    }


def _left_out(curves: Curves) -> list[str]:
    found = []
    if curves.kept < curves.known:
        found.append(
            f"This page has room for the curves of {curves.kept:,} of {curves.known:,} runs: median seeds first, "
            "the best activations first."
        )
    if curves.without:
        found.append(f"{counted(curves.without, 'run')} diverged or kept no parameters, and have no curve.")
    return found
