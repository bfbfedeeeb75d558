"""Rankings as rows of a table, each with its interval on an axis that all rows share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activations.render.html import visible
from activations.render.report.numbers import percent, shown
from activations.render.report.runs import error_of

if TYPE_CHECKING:
    from activations.benchmark.result import Row, TargetResult
    from activations.benchmark.statistics import Aggregate

__all__ = ["Axis", "Ranking", "overall_ranking", "target_ranking"]

DECADES = 8  # of errors that are told apart, and more if they are no worse than
USELESS = 10.0
MARGIN = 3.0  # per cent at both ends
MOST_TICKS = 5


@dataclass(frozen=True)
class Axis:
    """An axis from 0 to 100 per cent.

    Attributes:
        low: the value at its left end.
        high: at its right end.
        logarithmic: whether decades have equal lengths.
    """

    low: float
    high: float
    logarithmic: bool

    def place(self, value: float) -> float | None:
        """Per cent from the left; None for what lies outside."""
        if not self.low <= value <= self.high:
            return None
        share = self._share(value)
        return round(MARGIN + share * (100 - 2 * MARGIN), 2)

    def clipped(self, value: float) -> float:
        """Per cent from the left, of the nearest end for what lies outside."""
        return self.place(min(max(value, self.low), self.high)) or 0.0

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places in per cent and their numbers."""
        if not self.logarithmic:
            step = max(1, math.ceil((self.high - self.low) / MOST_TICKS))
            values = [float(v) for v in range(math.ceil(self.low), math.floor(self.high) + 1, step)]
            return [(self.clipped(value), f"{value:g}") for value in values]
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        step = max(1, math.ceil((last - first + 1) / MOST_TICKS))
        powers = [10.0**k for k in range(first, last + 1, step)]
        if len(powers) < 2:
            powers = sorted({*powers, *(m * 10.0**k for k in (first - 1, first) for m in (1, 2, 5))})
        return [(place, f"{value:g}") for value in powers if (place := self.place(value)) is not None]

    def _share(self, value: float) -> float:
        if self.high == self.low:
            return 0.5
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Ranking:
    """A ranking as a template needs it.

    Attributes:
        axis: of the bars.
        rows: one dictionary per activation: texts, and places of the bar in per cent.
        left_out: how many activations have no row.
        references: the same for fits without a network.
    """

    axis: Axis
    rows: tuple[dict[str, Any], ...]
    left_out: int
    references: tuple[dict[str, Any], ...] = ()


def target_ranking(result: TargetResult, most: int) -> Ranking:
    """The ranking of a target, no more than so many rows."""
    rows = result.ranking[:most]
    axis = _error_axis(result, rows)
    references = [(row, row.rmse if result.metric == "rmse" else row.nrmse) for row in result.references]
    return Ranking(
        axis,
        tuple(_target_row(row, result, axis) for row in rows),
        len(result.ranking) - len(rows),
        tuple(
            {"name": row.name, "parameters": row.parameters, "error": shown(value), **_bar(axis, value, None)}
            for row, value in references
        ),
    )


def overall_ranking(overall: Aggregate, most: int) -> Ranking:
    """The ranking over all targets, no more than so many rows."""
    places = overall.places[:most]
    ends = [place.mean_rank for place in places]
    ends += [end for place in places for end in place.mean_rank_interval or ()]
    axis = Axis(math.floor(min(ends)), math.ceil(max(ends)), logarithmic=False)
    rows = [
        {
            "rank": str(place.rank),
            "name": visible(place.label),
            "tied": place.rank == 1,
            "value": f"{place.mean_rank:.2f}",
            "interval": _ends(place.mean_rank_interval),
            "digits": f"{place.digits:.2f}",
            "digits_interval": _ends(place.digits_interval),
            **_bar(axis, place.mean_rank, place.mean_rank_interval),
        }
        for place in places
    ]
    return Ranking(axis, tuple(rows), len(overall.places) - len(places))


def _target_row(row: Row, result: TargetResult, axis: Axis) -> dict[str, Any]:
    error = error_of(row, result.metric)
    floor = None if row.floor is None else row.floor.value if result.metric == "rmse" else row.floor.relative
    known = "~" if row.floor is not None and row.floor.kind == "best known" else ""
    distance = "" if row.floor is None else f"{known}floor 0" if row.distance is None else f"{known}{row.distance:.3g}"
    return {
        "rank": row.rank_text,
        "name": visible(row.activation),
        "tied": row.tied and math.isfinite(error),
        "value": shown(error),
        "interval": "–" if row.interval is None else " … ".join(shown(end) for end in row.interval),
        "accuracy": "" if row.accuracy is None else f"{row.accuracy:.1%}".replace("%", " %"),
        "best": percent(row.best_probability),
        "distance": distance,
        "how": "" if row.floor is None else f"{row.floor.kind}: {row.floor.how}",
        "failed": percent(row.failed),
        "bad": row.failed > 0,
        "screened": row.stage == "screening",
        "diverged": percent(row.diverged) if row.diverged else "",
        "rate": f"{row.learning_rate:.2g}{'*' if row.at_edge else ''}",
        **_bar(axis, error, row.interval),
        "floor": axis.place(floor) if floor else None,
    }


def _bar(axis: Axis, value: float | None, interval: tuple[float, float] | None) -> dict[str, Any]:
    """Where the dot and the bar are; what lies beyond an end has an arrow there."""
    if value is None or math.isnan(value):
        return {"at": None, "from": None, "to": None, "beyond": "", "floor": None}
    place = axis.place(value)
    found: dict[str, Any] = {"at": place, "from": None, "to": None, "beyond": "", "floor": None}
    if place is None:
        found["beyond"] = "failed" if math.isinf(value) else "right" if value > axis.high else "left"
    if interval is not None and interval[0] <= axis.high and interval[1] >= axis.low:
        found["from"], found["to"] = axis.clipped(interval[0]), axis.clipped(interval[1])
        found["width"] = round(max(found["to"] - found["from"], 0.3), 2)
    return found


def _error_axis(result: TargetResult, rows: Sequence[Row]) -> Axis:
    found = []
    for row in rows:
        found += [error_of(row, result.metric), *(row.interval or ())]
        if row.floor is not None:
            found.append(row.floor.value if result.metric == "rmse" else row.floor.relative or 0.0)
    finite = [value for value in found if 0 < value < math.inf]
    if not finite:
        return Axis(0.1, 10.0, logarithmic=True)
    low, high = min(finite), max(finite)
    high = min(high, max(low * 10.0**DECADES, USELESS))
    if high < 2 * low:
        middle = math.sqrt(low * high)
        low, high = middle / 2, middle * 2
    return Axis(low, high, logarithmic=True)


def _ends(ends: tuple[float, float] | None) -> str:
    return "–" if ends is None else f"{ends[0]:.2f} … {ends[1]:.2f}"
