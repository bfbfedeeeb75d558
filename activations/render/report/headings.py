"""Titles and the small words below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activations.render.html import visible
from activations.render.report.curves import kind_of
from activations.render.report.findings import verdict
from activations.render.report.methods import counted
from activations.render.report.runs import is_tuned

if TYPE_CHECKING:
    from activations.benchmark.result import Result, TargetResult
    from activations.benchmark.statistics import Aggregate

__all__ = ["best_of", "lead", "overall_words", "target_words", "title"]

INTERVALS = 3
FIRM = 0.8  # Kendall's tau from which on two rankings are called alike


def title(result: Result) -> str:
    """How many activations on what."""
    count = max(len(found.ranking) for found in result.targets)
    name = result.targets[0].target.name
    where = f"“{name}”" if len(result.targets) == 1 else counted(len(result.targets), "target")
    return f"{counted(count, 'activation')} on {where}"


def lead(result: Result) -> str:
    """The settings that a reader asks for first."""
    settings = result.settings
    parts = ["capacity"] if settings.get("ranking") == "capacity" else []
    parts += [str(settings["preset"])] if settings.get("preset") else []
    if settings.get("hidden"):
        parts.append(f"hidden layers {', '.join(map(str, settings['hidden']))}")
    if settings.get("steps"):
        parts.append(counted(settings["steps"], "step"))
    seeds = max((row.seeds for found in result.targets for row in found.ranking), default=0)
    parts += [counted(seeds, "fresh seed"), f"on {result.device}"]
    parts += [f"{name} {version}" for name, version in result.versions.items()]
    return " · ".join(parts)


def overall_words(overall: Aggregate) -> str:
    """Over what the means are taken, and how firmly the ranking stands."""
    groups = len(set(overall.groups))
    text = f"{counted(len(overall.targets), 'target')} in {counted(groups, 'group')}, which weigh the same."
    if overall.stability is None or overall.stability.smallest_tau is None or len(overall.targets) < 3:
        return text
    tau = overall.stability.smallest_tau
    if tau > FIRM:
        return f"{text} Without any one target the ranking stays alike: Kendall's tau is at least {tau:.2f}."
    return f"{text} Leaving out one target changes it: Kendall's tau falls to {tau:.2f}."


def best_of(overall: Aggregate | None, most: int) -> str:
    """How many are shown, if not all."""
    if overall is None or len(overall.places) <= most:
        return ""
    return f" Here are the best {most} of {len(overall.places)}."


def target_words(found: TargetResult) -> dict[str, Any]:
    """What a page says of a target, as text for a template."""
    target = found.target
    about = [target.title] if target.title else []
    domain = " × ".join(f"[{low:g}, {high:g}]" for low, high in target.domain[:INTERVALS])
    more = f" and {len(target.domain) - INTERVALS} more inputs" if len(target.domain) > INTERVALS else ""
    about.append(f"on {domain}{more}")
    about.append(counted(target.points, "point") if target.table is None else counted(len(target.table.y), "row"))
    if target.noise:
        about.append(f"noise {target.noise:g} ({target.noise_kind})")
    if target.classes:
        about.append(f"{target.classes} classes")
    return {
        "name": visible(target.name),
        "about": visible(" · ".join(about)),
        "formula": visible(target.formula) if target.formula != target.name else "",
        "verdict": visible(verdict(found)),
        "note": visible(found.note),
        "metric": found.metric.upper(),
        "classes": bool(target.classes),
        "floors": any(row.floor is not None for row in found.ranking),
        "best_known": any(row.floor is not None and row.floor.kind == "best known" for row in found.ranking),
        "screened": any(row.stage == "screening" for row in found.ranking),
        "tuned": is_tuned(found),
        "kind": kind_of(target),
    }
