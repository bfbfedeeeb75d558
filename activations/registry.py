"""The registry: one read-only view of all activations, built-in and from plugins."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from activations import catalogue
from activations.declare import Activation, Variant, formula_activation
from activations.errors import DuplicateNameError, ExpressionError, UnknownActivationError
from activations.plugins import Origin, Problem, installed_plugins

__all__ = ["BUILT_IN", "WORD", "Registry", "default_registry", "plain"]

BUILT_IN = Origin("built-in")
WORD = re.compile(r"[^\W\d][\w -]*")
GLOB = re.compile(r"[\w*?-]+")


class Registry(Mapping[str, Activation]):
    """An immutable mapping from names to activations.

    Look-up ignores case, `_`, `-` and blanks and knows aliases; iteration gives the declared names in order. A name
    may be qualified by its distribution: "activations-snake:snake".

    Args:
        items: activations with their origins, in order.
        problems: what went wrong while they were collected.

    Raises:
        DuplicateNameError: two activations claim one name.
    """

    def __init__(self, items: Iterable[tuple[Origin, Activation]], problems: Iterable[Problem] = ()) -> None:
        self._items: dict[str, Activation] = {}
        self._origins: dict[str, Origin] = {}
        self._names: dict[str, str] = {}
        self._qualified: dict[tuple[str, str], Activation] = {}
        self.problems: tuple[Problem, ...] = tuple(problems)
        for origin, item in items:
            self._add(origin, item)

    @classmethod
    def collect(cls, items: Iterable[tuple[Origin, Activation]], problems: Iterable[Problem] = ()) -> Registry:
        """Like the constructor, but the first claim of a name wins and each later one becomes a problem."""
        registry = cls((), problems)
        for origin, item in items:
            try:
                registry._add(origin, item)
            except DuplicateNameError as error:
                qualified = f"{origin.distribution}:{item.name}"
                registry._qualified[plain(origin.distribution), plain(item.name)] = item
                registry.problems += (Problem(origin, str(error), f"write {qualified!r} to use it"),)
        return registry

    def __getitem__(self, name: str) -> Activation:
        found = self._find(name)
        if found is None:
            raise UnknownActivationError(self._unknown(name))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def origin(self, name: str) -> Origin:
        """The distribution that provides an activation; `BUILT_IN` for our own."""
        return self._origins[self[name].name]

    def variant(self, text: str) -> Variant:
        """Read an activation as typed: a name, a name with settings, or a formula.

        Examples: `mish`, `sigmoid:beta=2`, `hardtanh:min_val=-2,max_val=2`, `leaky_relu:learnable`,
        `x*sigmoid(1.702*x)`.

        Raises:
            UnknownActivationError: no activation has the name; the message holds the nearest ones.
            DeclarationError: the settings do not fit the activation.
            ExpressionError: the text is a formula with a mistake.
        """
        name, settings = self._split(text)
        found = self._find(name)
        if found is not None:
            return found.variant_from_text(settings) if settings else found.variant()
        try:
            return formula_activation(text).variant()
        except ExpressionError:
            if WORD.fullmatch(name.strip()):
                raise UnknownActivationError(self._unknown(name)) from None
            raise

    def match(self, patterns: Sequence[str]) -> list[Variant]:
        """Read several activations as typed; a pattern such as `*elu` stands for all names that fit it.

        What comes twice is taken once. No pattern at all means everything.

        Raises:
            UnknownActivationError: a name is unknown, or a pattern fits nothing.
        """
        found: dict[str, Variant] = {}
        for pattern in patterns or ["*"]:
            try:
                variants = [self.variant(pattern)]
            except ExpressionError:
                if not GLOB.fullmatch(pattern):
                    raise
                variants = [self[name].variant() for name in self if fnmatch.fnmatchcase(name, pattern.lower())]
                if not variants:
                    message = f"no activation fits the pattern {pattern!r}; see 'activations list'"
                    raise UnknownActivationError(message) from None
            found.update((variant.label, variant) for variant in variants)
        return list(found.values())

    def _add(self, origin: Origin, item: Activation) -> None:
        claimed = {plain(name): name for name in (item.name, *item.aliases)}
        for key, name in claimed.items():
            owner = self._names.get(key)
            if owner is not None:
                raise DuplicateNameError(
                    f"{name!r} of {origin} is already {owner!r} of {self._origins[owner]} ({self._items[owner].source})"
                )
        self._items[item.name] = item
        self._origins[item.name] = origin
        for key in claimed:
            self._names[key] = item.name
            self._qualified[plain(origin.distribution), key] = item

    def _find(self, name: str) -> Activation | None:
        distribution, colon, rest = name.rpartition(":")
        if colon:
            return self._qualified.get((plain(distribution), plain(rest)))
        owner = self._names.get(plain(name))
        return self._items[owner] if owner is not None else None

    def _split(self, text: str) -> tuple[str, str]:
        """Part a name, qualified or not, from its settings."""
        first, _, rest = text.partition(":")
        if any(distribution == plain(first) for distribution, _ in self._qualified):
            name, _, settings = rest.partition(":")
            return f"{first}:{name}", settings
        return first, rest

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(plain(name), self._names, n=3, cutoff=0.6)
        nearest = list(dict.fromkeys(self._names[key] for key in close))
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations list'"
        return f"unknown activation {name.strip()[:80]!r}; {hint}"


def plain(name: str) -> str:
    """The form in which names are compared: lower case without `_`, `-` and blanks."""
    return re.sub(r"[\s_-]", "", name).lower()


@functools.cache
def default_registry() -> Registry:
    """The registry of all built-in activations and of those that installed plugins provide."""
    plugins = installed_plugins()
    items = [(BUILT_IN, item) for item in catalogue.declarations()]
    items += [(plugin.origin, item) for plugin in plugins for item in plugin.activations]
    return Registry.collect(items, [plugin.problem for plugin in plugins if plugin.problem is not None])
