"""Looking targets up: by name, by formula as typed, and suites of them. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import difflib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from activations.discovery import Origin, Problem
from activations.errors import DataError, ExpressionError, PluginError, UnknownTargetError
from activations.fitting.configured import configured_targets
from activations.fitting.data import csv_target
from activations.fitting.suite import TARGETS
from activations.fitting.target import Domain, Interval, Target
from activations.fitting.typed import DEFAULT_DOMAIN, formula_target, read_domain
from activations.plugins import Plugin, installed_plugins, known_plugins
from activations.plugins.facts import TargetFacts
from activations.registry import WORD, plain

__all__ = [
    "DEFAULT_DOMAIN",
    "TARGETS",
    "Domain",
    "KnownTargets",
    "Target",
    "csv_target",
    "formula_target",
    "known_suite_names",
    "known_target_names",
    "known_targets",
    "resolve_target",
    "resolve_targets",
    "suite",
    "suite_names",
    "target_names",
    "target_problems",
]

NAMED_SUITES = ("seeds", "core", "all")


@dataclass(frozen=True)
class KnownTargets:
    """Targets with different names, and why others are not among them."""

    targets: tuple[Target, ...]
    problems: tuple[Problem, ...] = ()


def known_targets() -> KnownTargets:
    """Our own targets, those of plugins, which are loaded for that, and those of configuration files."""
    others = _others()
    targets = list(TARGETS)
    for offer in others.offers:
        with contextlib.suppress(PluginError):  # the plugin keeps the reason
            targets.append(offer.give())
    return KnownTargets(tuple(targets), others.problems)


@dataclass(frozen=True)
class _Offer:
    """A target that is not ours, loaded when it is needed."""

    origin: Origin
    facts: TargetFacts
    give: Callable[[], Target]


class _Others:
    """The targets that are not ours under names that nobody else has."""

    def __init__(self, offers: Iterable[_Offer]) -> None:
        self.names = {plain(name): target.name for target in TARGETS for name in (target.name, *target.aliases)}
        self.by_name: dict[str, _Offer] = {}
        self.offers: list[_Offer] = []
        self.problems: tuple[Problem, ...] = ()
        for offer in offers:
            claimed = (offer.facts.name, *offer.facts.aliases)
            taken = [name for name in claimed if plain(name) in self.names]
            if taken:
                reason = f"the target name {taken[0]!r} is taken"
                self.problems += (Problem(offer.origin, reason, "it needs another name"),)
                continue
            self.offers.append(offer)
            self.names.update((plain(name), offer.facts.name) for name in claimed)
            self.by_name.update((plain(name), offer) for name in claimed)


def _others() -> _Others:
    return _collected(installed_plugins(), tuple(configured_targets()))


def _known_others() -> _Others:
    """The same as far as it is known without importing any plugin."""
    return _Others(_offers(known_plugins(), configured_targets()))


@functools.lru_cache(maxsize=1)
def _collected(plugins: tuple[Plugin, ...], configured: tuple[tuple[Origin, Target], ...]) -> _Others:
    return _Others(_offers(plugins, configured))


def _offers(plugins: Iterable[Plugin], configured: Iterable[tuple[Origin, Target]]) -> Iterator[_Offer]:
    for plugin in plugins:
        for facts in plugin.facts.targets if plugin.facts and not plugin.off else ():
            yield _Offer(plugin.origin, facts, functools.partial(_provided, plugin, facts.name))
    for origin, target in configured:
        facts = TargetFacts(target.name, target.aliases, target.group)
        yield _Offer(origin, facts, functools.partial(_same, target))


def _same(target: Target) -> Target:
    return target


def _provided(plugin: Plugin, name: str) -> Target:
    for target in plugin.load().targets:
        if target.name == name:
            return target  # type: ignore[no-any-return]  # the loader takes nothing but targets
    raise PluginError(f"plugin {plugin.origin} no longer provides the target {name!r}; see 'activations plugins'")


def known_target_names() -> list[str]:
    """The names of all targets, without aliases, as far as they are known without importing any plugin."""
    return [*target_names(), *(offer.facts.name for offer in _known_others().offers)]


def known_suite_names() -> list[str]:
    """The names of all suites, as far as they are known without importing any plugin."""
    return _suite_names(_known_others())


def target_problems() -> tuple[Problem, ...]:
    """Why targets are left out whose names are taken, as far as it is known without importing any plugin."""
    return _known_others().problems


def target_names() -> list[str]:
    """The names of our own targets in order, without aliases and plugins."""
    return [target.name for target in TARGETS]


def _find(name: str) -> Target | None:
    """The target of a name in any spelling; only the plugin that provides it is loaded."""
    for target in TARGETS:
        if plain(name) in map(plain, (target.name, *target.aliases)):
            return target
    offer = _others().by_name.get(plain(name))
    return offer.give() if offer else None


def suite_names() -> list[str]:
    """The names of all suites: "seeds", "core", "all", then the groups in order."""
    return _suite_names(_others())


def _suite_names(others: _Others) -> list[str]:
    groups = [*(target.group for target in TARGETS), *(offer.facts.group for offer in others.offers)]
    return [*NAMED_SUITES, *dict.fromkeys(groups)]


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
    # These two are ours, and what was measured on them stays comparable whatever is installed.
    if found == "seeds":
        return tuple(target for target in TARGETS if target.seed_target)
    if found == "core":
        return tuple(target for target in TARGETS if target.tier == "core")
    targets = known_targets().targets
    return targets if found == "all" else tuple(target for target in targets if target.group == found)


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
        PluginError: the plugin that provides the target is broken.
    """
    found = _find(text)
    if found is not None:
        return found if domain is None else _moved(found, domain)
    try:
        return formula_target(text, domain)
    except ExpressionError:
        if WORD.fullmatch(text.strip()):
            names = _others().names
            close = difflib.get_close_matches(plain(text), names, n=3, cutoff=0.6)
            nearest = list(dict.fromkeys(names[key] for key in close))
            hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations targets'"
            raise UnknownTargetError(f"unknown target {text.strip()[:80]!r}; {hint}") from None
        raise


def _moved(target: Target, domain: Interval | Domain) -> Target:
    if not target.is_function:
        raise DataError(f"{target.name} is a fixed data set; leave out the domain")
    # What lay outside the old domain may lie inside the new one.
    return replace(target, domain=read_domain(domain, target.dimension), extrapolation=())
