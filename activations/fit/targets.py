"""Looking targets up: by name, by formula as typed, and suites of them. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import difflib
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from activations.discovery import Problem
from activations.errors import DataError, ExpressionError, PluginError, UnknownTargetError
from activations.fit.data import csv_target
from activations.fit.suite import TARGETS
from activations.fit.target import Domain, Interval, Target
from activations.fit.typed import DEFAULT_DOMAIN, formula_target, read_domain
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


def known_target_names() -> list[str]:
    """The names of all targets, without aliases, as far as they are known without importing any plugin."""
    return [*target_names(), *(facts.name for _, facts in _Names(known_plugins()).offers)]


def target_problems() -> tuple[Problem, ...]:
    """Why targets of plugins are left out, as far as it is known without importing any plugin."""
    return _Names(known_plugins()).problems


def target_names() -> list[str]:
    """The names of our own targets in order, without aliases and plugins."""
    return [target.name for target in TARGETS]


def known_targets() -> KnownTargets:
    """Our own targets, then those of plugins, which are loaded for that."""
    names = _names(installed_plugins())
    targets = list(TARGETS)
    for plugin, facts in names.offers:
        if names.owner(facts.name) is plugin:
            with contextlib.suppress(PluginError):  # the plugin keeps the reason
                targets.append(_provided(plugin, facts.name))
    return KnownTargets(tuple(targets), names.problems)


class _Names:
    """Which plugin, if any, each name of a target belongs to, told without loading one."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._owners: dict[str, tuple[str, Plugin | None]] = {}
        self.offers: list[tuple[Plugin, TargetFacts]] = []
        self.problems: tuple[Problem, ...] = ()
        for target in TARGETS:
            self._owners.update((plain(name), (target.name, None)) for name in (target.name, *target.aliases))
        for plugin in plugins:
            for facts in plugin.facts.targets if plugin.facts and not plugin.off else ():
                self._offer(plugin, facts)

    def owner(self, name: str) -> Plugin | None:
        """The plugin whose target has a name; None if it is ours or unknown."""
        return self._owners.get(plain(name), ("", None))[1]

    def known(self) -> dict[str, str]:
        """The targets' names by each of their spellings."""
        return {spelling: name for spelling, (name, _) in self._owners.items()}

    def _offer(self, plugin: Plugin, facts: TargetFacts) -> None:
        claimed = [plain(name) for name in (facts.name, *facts.aliases)]
        taken = [name for name in (facts.name, *facts.aliases) if plain(name) in self._owners]
        if taken:
            reason = f"the target name {taken[0]!r} is taken"
            self.problems += (Problem(plugin.origin, reason, "its author should give it another name"),)
            return
        self._owners.update((name, (facts.name, plugin)) for name in claimed)
        self.offers.append((plugin, facts))


@functools.lru_cache(maxsize=1)
def _names(plugins: tuple[Plugin, ...]) -> _Names:
    return _Names(plugins)


def _find(name: str) -> Target | None:
    """The target of a name in any spelling; only the plugin that provides it is loaded."""
    for target in TARGETS:
        if plain(name) in map(plain, (target.name, *target.aliases)):
            return target
    names = _names(installed_plugins())
    owner = names.owner(name)
    return _provided(owner, names.known()[plain(name)]) if owner else None


def _provided(plugin: Plugin, name: str) -> Target:
    for target in plugin.load().targets:
        if target.name == name:
            return target  # type: ignore[no-any-return]  # the loader takes nothing but targets
    raise PluginError(f"plugin {plugin.origin} no longer provides the target {name!r}; see 'activations plugins'")


def suite_names() -> list[str]:
    """The names of all suites: "seeds", "core", "all", then the groups in order."""
    offers = _names(installed_plugins()).offers
    groups = [*(target.group for target in TARGETS), *(facts.group for _, facts in offers)]
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
            names = _names(installed_plugins()).known()
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
