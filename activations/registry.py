"""The registry: one read-only view of all activations, built-in and from plugins."""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from activations import catalogue
from activations.axis import AxisActivation, AxisVariant
from activations.configuration.configured import configured_activations
from activations.declare import Activation, Variant, formula_activation
from activations.discovery import Origin, Problem
from activations.errors import (
    DuplicateNameError,
    ExpressionError,
    NotElementwiseError,
    PluginError,
    UnknownActivationError,
)
from activations.faces import RegistryFace
from activations.name_book import Declaration, NameBook, Promise, plain
from activations.plugins import Plugin, installed_plugins, known_plugins
from activations.plugins.facts import ActivationFacts, Kind

__all__ = ["BUILT_IN", "WORD", "AxisRegistry", "Registry", "default_registry", "known_registry", "plain"]

BUILT_IN = Origin("built-in")
WORD = re.compile(r"[^\W\d][\w -]*")
GLOB = re.compile(r"[\w*?-]+")


class Registry(RegistryFace, Mapping[str, Activation]):
    """An immutable mapping from names to elementwise activations, with the functions over a dimension beside them.

    Look-up ignores case, `_`, `-` and blanks and knows aliases; iteration gives the declared names in order. A name
    may be qualified by its distribution: "activations-snake:snake".

    An activation of a plugin is loaded when it is asked for. To iterate loads all of them, and leaves out those whose
    plugin turns out to be broken.

    Attributes:
        axis: the functions over a dimension, a mapping of the same kind. No name is in both.
        problems: names of plugins that are taken already.

    Args:
        items: declarations of both kinds, or promises of them, with their origins, in order.

    Raises:
        DuplicateNameError: two activations claim one name.
    """

    def __init__(self, items: Iterable[tuple[Origin, Declaration | Promise]]) -> None:
        self._book = NameBook()
        self.axis = AxisRegistry(self._book)
        self.problems: tuple[Problem, ...] = ()
        for origin, item in items:
            self._book.add(origin, item)

    @classmethod
    def collect(cls, items: Iterable[tuple[Origin, Declaration | Promise]]) -> Registry:
        """Like the constructor, but the first claim of a name wins and each later one becomes a problem."""
        registry = cls(())
        for origin, item in items:
            try:
                registry._book.add(origin, item)
            except DuplicateNameError as error:
                qualified = registry._book.add_qualified(origin, item)
                registry.problems += (Problem(origin, str(error), f"write {qualified!r} to use it"),)
        return registry

    def __getitem__(self, name: str) -> Activation:
        return self._elementwise(self.declaration(name))

    def __iter__(self) -> Iterator[str]:
        return iter(_loadable(self._book, self._book.names("elementwise")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._book.kind(name) == "elementwise"

    def facts(self) -> list[tuple[Origin, ActivationFacts]]:
        """What `activations list` tells of each activation of both kinds, in order; no plugin is loaded for it."""
        kinds: dict[Kind, list[tuple[Origin, ActivationFacts]]] = {"elementwise": [], "axis": []}
        for origin, facts in self._book.facts():
            kinds[facts.kind].append((origin, facts))
        return [*kinds["elementwise"], *kinds["axis"]]

    def match_facts(self, patterns: Sequence[str]) -> list[tuple[Origin, ActivationFacts]]:
        """What is known of the activations of either kind that were typed; no plugin is loaded for it.

        Settings after a name do not count, and a formula stands for nothing that is known.

        Raises:
            UnknownActivationError: a name is unknown, or a pattern fits nothing.
            ExpressionError: the text is a formula with a mistake.
        """
        found: dict[str, tuple[Origin, ActivationFacts]] = {}
        for pattern in patterns or ["*"]:
            known = self._book.known(self._book.split(pattern)[0])
            if known is not None:
                found[f"{known[0]}:{known[1].name}"] = known
            elif GLOB.fullmatch(pattern) and not WORD.fullmatch(pattern):
                names = set(self._fitting(pattern))
                found.update((f"{of}:{facts.name}", (of, facts)) for of, facts in self.facts() if facts.name in names)
            elif pattern.strip().lower() == "all":
                found.update((f"{of}:{facts.name}", (of, facts)) for of, facts in self.facts())
            else:
                self.any_variant(pattern)
        return list(found.values())

    def declaration(self, name: str) -> Declaration:
        """The declaration of a name, of either kind.

        Raises:
            UnknownActivationError: no activation has the name; the message holds the nearest ones.
            PluginError: the plugin that provides it is broken.
        """
        found = self._book.find(name)
        if found is None:
            raise UnknownActivationError(self._book.unknown(name))
        return found

    def origin(self, item: str | Declaration) -> Origin | None:
        """The distribution that provides an activation of either kind; None if it is not of this registry.

        Args:
            item: a name, or a declaration.
        """
        return self._book.owner(self.declaration(item) if isinstance(item, str) else item)

    def variant(self, text: str) -> Variant:
        """Read an elementwise activation as typed: a name, a name with settings, or a formula.

        Examples: `mish`, `sigmoid:beta=2`, `hardtanh:min_val=-2,max_val=2`, `leaky_relu:learnable`,
        `x*sigmoid(1.702*x)`.

        Raises:
            UnknownActivationError: no activation has the name; the message holds the nearest ones.
            NotElementwiseError: the name is that of a function over a dimension.
            DeclarationError: the settings do not fit the activation.
            ExpressionError: the text is a formula with a mistake.
        """
        name, settings = self._book.split(text)
        found = self._book.find(name)
        if found is not None:
            item = self._elementwise(found)
            return item.variant_from_text(settings) if settings else item.variant()
        try:
            return formula_activation(text).variant()
        except ExpressionError:
            if WORD.fullmatch(name.strip()):
                raise UnknownActivationError(self._book.unknown(name)) from None
            raise

    def any_variant(self, text: str) -> Variant | AxisVariant:
        """Read an activation of either kind as typed: what `variant` reads, and `softmax` or `maxout:pieces=3`.

        Raises:
            UnknownActivationError: no activation has the name; the message holds the nearest ones.
            DeclarationError: the settings do not fit the activation.
            ExpressionError: the text is a formula with a mistake.
        """
        name, settings = self._book.split(text)
        found = self._book.find(name)
        if isinstance(found, AxisActivation):
            return found.variant_from_text(settings) if settings else found.variant()
        return self.variant(text)

    def match(self, patterns: Sequence[str]) -> list[Variant]:
        """Read several elementwise activations as typed; a pattern such as `*elu` stands for all names that fit it.

        `all` stands for every one. What comes twice is taken once. No pattern at all means everything.

        Raises:
            UnknownActivationError: a name is unknown, or a pattern fits nothing.
            NotElementwiseError: a name, or all that a pattern fits, is a function over a dimension.
        """
        found: dict[str, Variant] = {}
        for pattern in patterns or ["*"]:
            matched = self._matched(pattern)
            elementwise = [variant for variant in matched if isinstance(variant, Variant)]
            if not elementwise:
                self._elementwise(matched[0].activation)
            found.update((variant.label, variant) for variant in elementwise)
        return list(found.values())

    def match_any(self, patterns: Sequence[str]) -> list[Variant | AxisVariant]:
        """Read several activations of either kind as typed; like `match` otherwise.

        Raises:
            UnknownActivationError: a name is unknown, or a pattern fits nothing.
        """
        found: dict[str, Variant | AxisVariant] = {}
        for pattern in patterns or ["*"]:
            found.update((variant.label, variant) for variant in self._matched(pattern))
        return list(found.values())

    def _matched(self, pattern: str) -> list[Variant | AxisVariant]:
        if pattern.strip().lower() == "all":
            pattern = "*"
        try:
            return [self.any_variant(pattern)]
        except ExpressionError:
            if not GLOB.fullmatch(pattern):
                raise
        return [self.declaration(name).variant() for name in _loadable(self._book, self._fitting(pattern))]

    def _fitting(self, pattern: str) -> list[str]:
        names = fnmatch.filter([facts.name for _, facts in self.facts()], pattern.lower())
        if not names:
            raise UnknownActivationError(f"no activation fits the pattern {pattern!r}; see 'activations list'")
        return names

    def _elementwise(self, item: Declaration) -> Activation:
        if isinstance(item, AxisActivation):
            raise NotElementwiseError(
                f"{item.name!r} works over a dimension and here an elementwise activation is needed; it goes with "
                f"list, show, cite, check and activations.create({item.name!r})"
            )
        return item


class AxisRegistry(Mapping[str, AxisActivation]):
    """The functions over a dimension of a registry, as an immutable mapping with the same look-up.

    Args:
        book: the names that it looks up.
    """

    def __init__(self, book: NameBook) -> None:
        self._book = book

    def __getitem__(self, name: str) -> AxisActivation:
        found = self._book.find(name)
        if isinstance(found, Activation):
            raise UnknownActivationError(f"{found.name!r} is elementwise; write registry[{found.name!r}]")
        if found is None:
            raise UnknownActivationError(self._book.unknown(name))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_loadable(self._book, self._book.names("axis")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._book.kind(name) == "axis"


def default_registry() -> Registry:
    """The registry of all built-in activations, of those that plugins provide and of those of configuration files."""
    return _registry(installed_plugins(), tuple(configured_activations()))


def known_registry() -> Registry:
    """The same as far as it is known without importing any plugin."""
    return _collected(known_plugins(), configured_activations())


@functools.lru_cache(maxsize=1)
def _registry(plugins: tuple[Plugin, ...], configured: tuple[tuple[Origin, Activation], ...]) -> Registry:
    return _collected(plugins, configured)


def _collected(plugins: Iterable[Plugin], configured: Iterable[tuple[Origin, Activation]]) -> Registry:
    built_in: list[Declaration] = [*catalogue.declarations(), *catalogue.axis_declarations()]
    items: list[tuple[Origin, Declaration | Promise]] = [(BUILT_IN, item) for item in built_in]
    for plugin in plugins:
        if plugin.facts and not plugin.off:
            items += [(plugin.origin, _promise(plugin, facts)) for facts in plugin.facts.activations]
    return Registry.collect([*items, *configured])


def _promise(plugin: Plugin, facts: ActivationFacts) -> Promise:
    def load() -> Declaration:
        for item in plugin.load().activations:
            if item.name == facts.name:
                return item
        raise PluginError(f"plugin {plugin.origin} no longer provides {facts.name!r}; see 'activations plugins'")

    return Promise(facts, load)


def _loadable(book: NameBook, names: Iterable[str]) -> list[str]:
    """The names whose declarations can be had: those of a broken plugin can't, and the plugin keeps the reason."""
    found = []
    for name in names:
        with contextlib.suppress(PluginError):
            book.find(name)
            found.append(name)
    return found
