"""The registry as a command needs it: problems of plugins told, names read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.axis import AxisVariant
    from activations.declare import Variant
    from activations.discovery import Problem
    from activations.fitting.target import Target
    from activations.registry import Registry
    from activations_cli.output import Output

__all__ = ["open_registry", "read_any_variants", "read_csv_target", "read_variants", "tell_problems", "usable"]


def open_registry(output: Output) -> Registry:
    """The default registry; plugins that failed get one line each on stderr."""
    from activations.registry import default_registry
    from activations_cli.plugin_commands import learn_commands

    registry = default_registry()
    learn_commands()
    tell_problems(output, registry.problems)
    return registry


def tell_problems(output: Output, others: Iterable[Problem] = ()) -> None:
    """One line on stderr for each plugin, or thing of a plugin, that is left out; an error if that was asked for.

    Args:
        output: tells it.
        others: problems beside those that the plugins themselves have.

    Raises:
        PluginError: there is a problem, and --strict-plugins was given.
    """
    from activations.errors import PluginError
    from activations.plugins import problems

    found = [" ".join(str(problem).split()) for problem in (*problems(), *others)]
    if found and output.strict:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise PluginError(f"{found[0]}{more}")
    for text in found:
        output.warn_once(text)


def read_variants(output: Output, patterns: Sequence[str]) -> list[Variant]:
    """The elementwise activations that were typed, each once, in the order given; none typed means all."""
    registry = open_registry(output)
    note_repeats(output, patterns)
    found = registry.match(patterns)
    tell_problems(output)  # of plugins that were loaded for it
    return found


def read_any_variants(output: Output, patterns: Sequence[str]) -> list[Variant | AxisVariant]:
    """The same of both kinds: functions over a dimension are read too."""
    registry = open_registry(output)
    note_repeats(output, patterns)
    found = registry.match_any(patterns)
    tell_problems(output)
    return found


def usable(output: Output, variants: Sequence[Variant]) -> list[Variant]:
    """Those that can be called at all; an activation of a plugin that can't is left out, with the reason on stderr.

    Raises:
        PluginError: none is left.
    """
    from activations.errors import PluginError
    from activations.registry import default_registry
    from activations.trial import is_foreign, trial

    kept = []
    for variant in variants:
        reason = trial(variant) if is_foreign(variant.activation) else ""
        if reason:
            origin = default_registry().origin(variant.activation)
            output.warn(f"{variant.label} of plugin {origin} is left out: {reason}; 'activations check' tells more")
        else:
            kept.append(variant)
    if variants and not kept:
        raise PluginError("no activation is left; name others with -a")
    return kept


def read_csv_target(
    output: Output, file: Path, x_columns: Sequence[str], y_column: str | None, *, classify: bool, drop_na: bool
) -> Target:
    """The rows of a file as a target; what a reader should know of them is told."""
    from activations.fitting.targets import csv_target

    target = csv_target(str(file), x=list(x_columns), y=y_column or "", drop_missing=drop_na, classify=classify)
    if target.table is not None and target.table.dropped:
        output.note(f"Note: {target.table.dropped} rows without finite values left out")
    if target.table is not None and target.table.repeated:
        output.note(f"Note: {target.table.repeated} rows repeat the x of an earlier row")
    return target


def note_repeats(output: Output, patterns: Sequence[str]) -> None:
    """Tell what was typed more than once."""
    twice = [pattern for pattern, count in Counter(patterns).items() if count > 1]
    if twice:
        output.note(f"Note: given more than once, taken once: {', '.join(twice)}")
