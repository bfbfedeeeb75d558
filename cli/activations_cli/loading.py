"""The registry as a command needs it: problems of plugins told, names read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.axis import AxisVariant
    from activations.declare import Variant
    from activations.plugins import Problem
    from activations.registry import Registry
    from activations_cli.output import Output

__all__ = ["open_registry", "read_any_variants", "read_variants", "warn_of_problems"]


def open_registry(output: Output) -> Registry:
    """The default registry; plugins that failed get one line each on stderr."""
    from activations.registry import default_registry

    registry = default_registry()
    warn_of_problems(output, registry.problems)
    return registry


def warn_of_problems(output: Output, problems: Iterable[Problem]) -> None:
    """One line on stderr for each plugin, or thing of a plugin, that is left out."""
    for problem in problems:
        output.warn(" ".join(str(problem).split()))


def read_variants(output: Output, patterns: Sequence[str]) -> list[Variant]:
    """The elementwise activations that were typed, each once, in the order given; none typed means all."""
    registry = open_registry(output)
    note_repeats(output, patterns)
    return registry.match(patterns)


def read_any_variants(output: Output, patterns: Sequence[str]) -> list[Variant | AxisVariant]:
    """The same of both kinds: functions over a dimension are read too."""
    registry = open_registry(output)
    note_repeats(output, patterns)
    return registry.match_any(patterns)


def note_repeats(output: Output, patterns: Sequence[str]) -> None:
    """Tell what was typed more than once."""
    twice = [pattern for pattern, count in Counter(patterns).items() if count > 1]
    if twice:
        output.note(f"Note: given more than once, taken once: {', '.join(twice)}")
