"""Looking targets up: by name, by formula as typed, and suites of them. Imports nothing heavy."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from activations.errors import DataError, ExpressionError, UnknownTargetError
from activations.fit.configured import configured_targets
from activations.fit.data import csv_target
from activations.fit.suite import TARGETS
from activations.fit.target import Domain, Interval, Target
from activations.fit.typed import DEFAULT_DOMAIN, formula_target, read_domain
from activations.plugins import Origin, Problem, installed_plugins
from activations.registry import WORD, plain

__all__ = [
    "DEFAULT_DOMAIN",
    "TARGETS",
    "Domain",
    "KnownTargets",
    "Target",
    "csv_target",
    "formula_target",
    "known_targets",
    "resolve_target",
    "resolve_targets",
    "suite",
    "suite_names",
    "target_names",
]

NAMED_SUITES = ("seeds", "core", "all")


@dataclass(frozen=True)
class KnownTargets:
    """Targets with different names, and why others are not among them."""

    targets: tuple[Target, ...]
    problems: tuple[Problem, ...] = ()

    def named(self) -> dict[str, Target]:
        """Targets by each of their names, in the form in which names are compared."""
        return {plain(name): target for target in self.targets for name in (target.name, *target.aliases)}


def target_names() -> list[str]:
    """The names of our own targets in order, without aliases and plugins."""
    return [target.name for target in TARGETS]


@functools.cache
def known_targets() -> KnownTargets:
    """Our own targets, then those that installed plugins provide."""
    known = KnownTargets(TARGETS)
    for plugin in installed_plugins():
        for item in plugin.targets:
            known = _joined(known, item, plugin.origin)
    for origin, target in configured_targets():
        known = _joined(known, target, origin)
    return known


def _joined(known: KnownTargets, item: object, origin: Origin) -> KnownTargets:
    if not isinstance(item, Target):
        problem = Problem(origin, f"provide_targets gave {item!r:.80}", "make it with activations.Target(…)")
    else:
        taken = [name for name in (item.name, *item.aliases) if plain(name) in known.named()]
        if not taken:
            return KnownTargets((*known.targets, item), known.problems)
        problem = Problem(origin, f"the target name {taken[0]!r} is taken", "give it another name")
    return KnownTargets(known.targets, (*known.problems, problem))


def suite_names() -> list[str]:
    """The names of all suites: "seeds", "core", "all", then the groups in order."""
    return [*NAMED_SUITES, *dict.fromkeys(target.group for target in known_targets().targets)]


def suite(name: str) -> tuple[Target, ...]:
    """The targets of a suite, in order.

    Args:
        name: "seeds" for those this project began with, "core", "all" (the extra ones, the controls and those of
            plugins too), or a group such as "smooth"; case, `_`, `-` and blanks do not count.

    Raises:
        UnknownTargetError: there is no such suite; the message lists them.
    """
    names = {plain(known): known for known in suite_names()}
    found = names.get(plain(name))
    if found is None:
        close = difflib.get_close_matches(plain(name), names, n=1, cutoff=0.6)
        hint = f"did you mean {names[close[0]]}?" if close else f"write one of {', '.join(names.values())}"
        raise UnknownTargetError(f"unknown suite {name.strip()[:80]!r}; {hint}")
    targets = known_targets().targets
    if found == "all":
        return targets
    if found == "seeds":
        return tuple(target for target in targets if target.seed_target)
    if found == "core":
        return tuple(target for target in targets if target.tier == "core")
    return tuple(target for target in targets if target.group == found)


def resolve_targets(
    texts: Sequence[str] = (), *, suites: Sequence[str] = (), domain: Interval | Domain | None = None
) -> list[Target]:
    """Read several targets: those of suites, then those typed; what comes twice is taken once.

    Args:
        texts: names and formulas, each as `resolve_target` takes it.
        suites: names of suites; see `suite`.
        domain: for the typed ones alone.

    Raises:
        UnknownTargetError: a name that is no target or no suite.
        ExpressionError: a formula with a mistake.
        DataError: the domain is no interval, or has another dimension.
    """
    found = [target for name in suites for target in suite(name)]
    found += [resolve_target(text, domain) for text in texts]
    once: dict[str, Target] = {}
    for target in found:
        once.setdefault(target.digest, target)
    return list(once.values())


def resolve_target(text: str, domain: Interval | Domain | None = None) -> Target:
    """Read a target as typed: a name of the suite, a formula in `x` or `x1`, `x2`, …, or a curve, `t -> (…, …)`.

    Args:
        text: the name or formula. Look-up ignores case, `_`, `-` and blanks.
        domain: one interval (for every input) or one per input; a named target gets it in place of its own, a
            formula is fitted on [-1, 1] without it.

    Raises:
        UnknownTargetError: a single word that is no target; the message holds the nearest ones.
        ExpressionError: a formula with a mistake.
        DataError: the domain is no interval, or has another dimension.
    """
    names = known_targets().named()
    found = names.get(plain(text))
    if found is not None:
        return found if domain is None else _moved(found, domain)
    try:
        return formula_target(text, domain)
    except ExpressionError:
        if WORD.fullmatch(text.strip()):
            close = difflib.get_close_matches(plain(text), names, n=3, cutoff=0.6)
            nearest = list(dict.fromkeys(names[key].name for key in close))
            hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations targets'"
            raise UnknownTargetError(f"unknown target {text.strip()[:80]!r}; {hint}") from None
        raise


def _moved(target: Target, domain: Interval | Domain) -> Target:
    if not target.is_function:
        raise DataError(f"{target.name} is a fixed data set; leave out the domain")
    # What lay outside the old domain may lie inside the new one.
    return replace(target, domain=read_domain(domain, target.dimension), extrapolation=())
