"""What was found, in a few sentences."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from activations.render.report.methods import counted
from activations.render.report.numbers import cut, shown
from activations.render.report.runs import error_of

if TYPE_CHECKING:
    from activations.benchmark.result import Result, TargetResult

__all__ = ["findings", "verdict"]

NAMED = 5


def findings(result: Result) -> list[str]:
    """The ranking over all targets, who is best how often, or the one target's verdict."""
    if len(result.targets) == 1:
        return [verdict(result.targets[0])]
    found = []
    if result.overall is not None:
        best, *others = result.overall.places
        interval = best.mean_rank_interval
        ends = f" (95 % interval {interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
        follow = ", ".join(f"{cut(place.label)} ({place.mean_rank:.2f})" for place in others[:3])
        text = f"Over {counted(len(result.overall.targets), 'target')} {cut(best.label)} has the best mean rank, "
        text += f"{best.mean_rank:.2f} of {len(result.overall.places)}{ends}"
        found.append(f"{text}; then {follow}." if follow else f"{text}.")
    first = Counter(target.ranking[0].activation for target in result.targets if _succeeded(target))
    if first:
        listed = ", ".join(f"{cut(label)} on {count}" for label, count in first.most_common(NAMED))
        found.append(f"Smallest error: {listed}{' and others' if len(first) > NAMED else ''}.")
    alone = sum(_succeeded(target) and sum(row.tied for row in target.ranking) == 1 for target in result.targets)
    found.append(
        f"On {alone or 'none'} of {counted(len(result.targets), 'target')} the seeds tell one best activation from all "
        "others; on the rest several tie."
    )
    return found


def verdict(result: TargetResult) -> str:
    """Who is best on one target, and who ties with it."""
    if not result.ranking:
        return "Nothing was ranked."
    best = result.ranking[0]
    if not _succeeded(result):
        return "Every run diverged: there is no best activation."
    error = error_of(best, result.metric)
    ends = "" if best.interval is None else f" ({shown(best.interval[0])} … {shown(best.interval[1])})"
    text = f"{cut(best.activation)}: {result.metric.upper()} {shown(error)}{ends}"
    if best.accuracy is not None:
        text += f", accuracy {best.accuracy:.1%}".replace("%", " %")
    if best.distance is not None:
        text += f", {best.distance:.3g} times the floor"
    if len(result.ranking) == 1:
        return f"{text}. It was the only one."
    tied = [cut(row.activation) for row in result.ranking[1:] if row.tied]
    if tied:
        more = f" and {len(tied) - NAMED} more" if len(tied) > NAMED else ""
        return f"{text}. The seeds do not tell it from {', '.join(tied[:NAMED])}{more}."
    second = result.ranking[1]
    times = error_of(second, result.metric) / error if error else math.inf
    if math.isinf(times):
        return f"{text}. {cut(second.activation)} follows."
    return f"{text}. {cut(second.activation)} follows with {times:.3g} times the error."


def _succeeded(result: TargetResult) -> bool:
    return bool(result.ranking) and math.isfinite(error_of(result.ranking[0], result.metric))
