"""How the benchmark was done, in words, from its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from activations.render.report.numbers import cut, rounded
from activations.render.report.runs import is_tuned

if TYPE_CHECKING:
    from activations.benchmark.result import Result

__all__ = ["counted", "gaps", "methods", "settings_rows"]


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\u202f")


def methods(result: Result) -> list[str]:
    """Paragraphs on protocol, tuning and statistics."""
    settings = result.settings
    parts = (_protocol(result, settings), _tuning(result), _race(settings), _statistics(result))
    return [text for text in parts if text]


def _protocol(result: Result, settings: Mapping[str, Any]) -> str:
    widths = settings.get("hidden")
    network = f"a fully connected network with hidden layers of {_listed(widths)} units" if widths else "a network"
    parts = [
        f"Each activation was fitted to each target with {network}, the same for all activations; the number of "
        "trained values is in the table."
    ]
    own = settings.get("own") or []
    if any(own):
        layers = [f"layer {number} keeps {name}" for number, name in enumerate(own, start=1) if name]
        parts.append(f"Not all layers have the ranked activation: {_listed(layers)}.")
    if settings.get("optimizer"):
        parts.append(f"Training: {settings['optimizer']}" + _steps(settings) + "; the weights are those of the last.")
    initial = {
        "moments": "First weights are scaled to the activation, so that every layer begins with signals of mean square "
        "1 (moments by quadrature); an activation that brings first weights of its own has those.",
        "torch": "First weights are those that torch gives to linear layers by default.",
    }
    parts += [initial[name] for name in [settings.get("initialisation")] if name in initial]
    if settings.get("precision"):
        parts.append(f"Arithmetic: {settings['precision']} on {result.device}.")
    parts.append(
        "Training, validation and test points are apart; test values have no noise, except those of a data file, and "
        "its rows are split 60/20/20. Seeds are paired: one seed gives every activation the same random numbers for "
        "first weights, sample positions and noise."
    )
    if settings.get("equal_parameters"):
        parts.append(
            "Activations with inputs or parameters of their own have narrower layers, so that all networks have about "
            "as many parameters."
        )
    if settings.get("seed") is not None:
        parts.append(f"All random numbers follow from the benchmark's seed {settings['seed']}.")
    return " ".join(parts)


def _steps(settings: Mapping[str, Any]) -> str:
    return f", {counted(settings['steps'], 'step')}" if settings.get("steps") else ""


def _tuning(result: Result) -> str:
    settings = result.settings
    if settings.get("ranking") == "capacity":
        return (
            "This is a capacity ranking: how well the networks can fit at all, not how well a gradient descent gets "
            "there. Steps are iterations, and there is nothing to tune."
        )
    if not settings.get("tuning_seeds") or not all(map(is_tuned, result.targets)):
        return ""
    scales = settings.get("scales") or []
    first = f" and the scale of the first layer (of {_listed(f'{scale:g}' for scale in scales)})" if scales else ""
    return (
        f"The learning rate (half-decades){first} were tuned for each activation and target by the smallest median "
        f"error at validation points over {counted(settings['tuning_seeds'], 'tuning seed')}, other ones than those "
        "that rank. Where the best rate lay at an end of the grid, two further half-decades were tried; * marks a rate "
        "that still lies at the end."
    )


def _race(settings: Mapping[str, Any]) -> str:
    race = settings.get("race")
    if not race:
        return ""
    return (
        f"So many activations raced: all were tuned briefly and screened on {counted(race['seeds'], 'seed')} with "
        f"{counted(race['steps'], 'step')}, and the "
        f"best {race['finalists']} of each target were tuned in full and ranked on fresh seeds. The places of the "
        "others, and the ranking over all targets, are those of the screening, whose errors do not compare with the "
        "final's."
    )


def _statistics(result: Result) -> str:
    seeds = max((row.seeds for target in result.targets for row in target.ranking), default=0)
    parts = [
        f"The ranking is by the median over {counted(seeds, 'fresh seed')} of the NRMSE: root mean square error at "
        "test points over the target's standard deviation, so that 0 is exact and 1 no better than a constant. A run "
        "that diverged counts as worst and is never dropped; failed are those too that explain less than 10 % of the "
        "variance."
    ]
    if seeds > 1:
        parts.append(
            "Intervals are 95 % percentile bootstrap intervals over the seeds. Activations tie with the best if the "
            "paired signed-rank test with Holm's correction does not show them to be worse at 5 %, or if their median "
            "is within a factor 1.1; all of them get the rank “1–n”. P(best) is how often an activation is first in "
            "the bootstrap."
        )
    floors = {row.floor.kind for target in result.targets for row in target.ranking if row.floor is not None}
    if floors - {"best known"}:
        parts.append(
            "The floor is the least error that any network of this architecture and activation can have at the test "
            "points; “× floor” says how many times larger the error is."
        )
    if "best known" in floors:
        parts.append(
            "Where no floor is known, ~ compares with the least error that any run at hand has reached with the "
            "activation, which is no bound."
        )
    if any(target.references for target in result.targets):
        parts.append(
            "References are fits without a network, with at most as many parameters as the best activation's network."
        )
    if result.overall is not None:
        parts.append(
            "Over all targets: the mean rank among the runs of one target and seed, and the interquartile mean of the "
            "digits, -log10 NRMSE clipped to 0…5; every group of targets weighs the same. Their intervals come from a "
            "bootstrap that draws targets within groups and seeds within targets. The performance profile is the share "
            "of runs that reach a number of digits; the probability of improvement is that of a smaller error at the "
            "same target and seed."
        )
    return " ".join(parts)


def settings_rows(result: Result) -> list[tuple[str, str]]:
    """All settings and versions, by name."""
    rows = [(name.replace("_", " "), _value(value)) for name, value in result.settings.items()]
    rows.append(("device", result.device))
    rows += [(f"version of {name}", str(version)) for name, version in result.versions.items()]
    return [(name, value) for name, value in rows if value]


def gaps(result: Result) -> list[str]:
    """What the result can't say, in sentences."""
    found = []
    seeds = {row.seeds for target in result.targets for row in target.ranking}
    if seeds == {1}:
        found.append("One seed: no interval, no test, and a ranking that another seed may turn around.")
    notes: dict[str, list[str]] = {}
    for target in result.targets:
        if target.note:
            notes.setdefault(target.note, []).append(target.target.name)
    found += [f"{note} ({_some(names)})." for note, names in notes.items()]
    constant = [target.target.name for target in result.targets if target.metric == "rmse"]
    if constant:
        found.append(f"Constant, so that there is no NRMSE and the RMSE ranks: {_some(constant)}.")
    if len(result.targets) > 1 and result.overall is None:
        found.append("No ranking over all targets: it needs two targets that are not constant.")
    if result.overall is not None and result.overall.note:
        found.append(f"From the ranking over all targets {result.overall.note}.")
    for target in result.targets:
        if target.target.table is not None and target.target.table.dropped:
            found.append(
                f"{cut(target.target.name)}: {counted(target.target.table.dropped, 'row')} without values left out."
            )
    dead = [target.target.name for target in result.targets if all(row.failed >= 1 for row in target.ranking)]
    if dead:
        found.append(f"Every run failed: {_some(dead)}.")
    edge = sum(row.at_edge for target in result.targets for row in target.ranking)
    if edge:
        found.append(f"In {counted(edge, 'case')} the best learning rate lies at the end of those tried (*).")
    return found


def _some(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(cut(name) for name in names[:most]) + more


def _listed(values: Any) -> str:
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _value(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_value(item)}" for name, item in value.items() if _value(item))
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(item) or "–" for item in value)
    return f"{rounded(value, 9):g}" if isinstance(value, float) else str(value)
