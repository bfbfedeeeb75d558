"""Load one plugin: import it, call its hooks, and accept all that it provides or nothing."""

from __future__ import annotations

import ast
import importlib.machinery
import tokenize
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pluggy

from activations import hookspecs
from activations.axis import AxisActivation
from activations.declare import Activation
from activations.discovery import NAME, FoundPlugin, Origin, Problem
from activations.errors import PluginError
from activations.plugins.facts import ActivationFacts, Declaration, Facts, TargetFacts
from activations.plugins.guard import Aside, guarded_call
from activations.streams import output_aside

__all__ = ["API", "Loaded", "RefusedError", "accepted", "collect", "load", "of_module"]

API = 1
"""The version of the hooks; a plugin that needs a later one says `requires_api = N` at the top of its module."""

MAX_PROVIDED = 10_000
MAX_TEXT = 20_000  # characters of a note; whole books have been put into docstrings
MAX_MESSAGE = 300


@dataclass(frozen=True)
class Loaded:
    """What a loaded plugin provides.

    Attributes:
        activations: of both kinds.
        targets: objects of `activations.Target`.
        facts: the same in short.
        register_commands: calls the hook of that name with a `click.Group`.
    """

    activations: tuple[Declaration, ...]
    targets: tuple[Any, ...]
    facts: Facts
    register_commands: Callable[[Any], object]


def load(found: FoundPlugin, aside: Aside = output_aside) -> Loaded | Problem:
    """Load an installed plugin; whatever is wrong with it becomes a problem, and then nothing of it is taken."""
    if found.flaw:
        return Problem(found.origin, found.flaw, _removal(found.origin))

    def collect_installed() -> Loaded:
        _require_api(_declared_api(found.module))
        provider = found.entry_point.load()
        _require_api(getattr(provider, "requires_api", 0))
        return collect(provider, found.entry_point.name)

    return accepted(found, collect_installed, aside)


def accepted(found: FoundPlugin, collect: Callable[[], Loaded], aside: Aside = output_aside) -> Loaded | Problem:
    """What a guarded call collects of a plugin, or why nothing."""
    result, changed = guarded_call(collect, f"plugin {found.origin}", aside)
    if isinstance(result, Loaded):
        return replace(result, facts=replace(result.facts, changed=changed))
    if isinstance(result, RefusedError):
        return Problem(found.origin, str(result), result.remedy)
    return Problem(found.origin, f"{found.entry_point.value[:80]} failed: {_message(result)}", _removal(found.origin))


class RefusedError(PluginError):
    """A plugin that is not taken, with what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def collect(provider: object, name: str) -> Loaded:
    """Call the hooks of a module or object that provides something.

    Raises:
        PluginError: it implements no hook, or provides something that can't be used.
        Exception: whatever its hooks raise.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)  # one per plugin, so that none can disturb another
    manager.add_hookspecs(hookspecs)
    manager.register(provider, name=name)
    manager.check_pending()
    hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(provider) or ()))
    if not hooks:
        raise RefusedError("it implements no hook", "write @hookimpl above its provide_activations()")
    declared = _called(manager.hook.provide_activations, hooks)
    targets = _called(manager.hook.provide_targets, hooks)
    for item in declared:
        _require_declaration(item)
    for item in targets:
        _require_target(item)
    facts = Facts(
        tuple(ActivationFacts.of(item) for item in declared),
        tuple(TargetFacts(item.name, tuple(item.aliases), item.group) for item in targets),
        hooks,
        None if "register_commands" in hooks else (),
    )
    return Loaded(tuple(declared), tuple(targets), facts, lambda cli: manager.hook.register_commands(cli=cli))


def of_module(module: types.ModuleType) -> Loaded:
    """What a plain module declares at its top level, in order."""
    found = [item for item in vars(module).values() if isinstance(item, (Activation, AxisActivation))]
    own = [item for item in dict.fromkeys(found) if item.function.__module__ == module.__name__]
    if not own:
        remedy = "write @activation above a function; 'activations plugins new' shows how"
        raise RefusedError("it declares nothing", remedy)
    for item in own:
        _require_declaration(item)
    facts = Facts(tuple(ActivationFacts.of(item) for item in own), commands=())
    return Loaded(tuple(own), (), facts, lambda cli: None)


def _called(hook: Any, implemented: Sequence[str]) -> list[Any]:
    items: list[Any] = []
    results = hook()
    if hook.name in implemented and not results:  # pluggy leaves out None
        raise RefusedError(f"{hook.name} gave None", "return a list from it")
    for result in results:
        for item in result:
            items.append(item)
            if len(items) > MAX_PROVIDED:
                raise ValueError(f"it provides more than {MAX_PROVIDED} items")
    return items


def _require_declaration(item: object) -> None:
    if not isinstance(item, (Activation, AxisActivation)):
        what = _what(item)
        raise RefusedError(
            f"provide_activations gave {what}", "give functions that are decorated with @activation or @axis_activation"
        )
    for name in (item.name, *(alias.lower() for alias in item.aliases)):
        _require_name(name, "activation")
    if len(item.notes) > MAX_TEXT:
        object.__setattr__(item, "notes", f"{item.notes[:MAX_TEXT]}…")


def _require_target(item: object) -> None:
    # The class is not imported for this: it stands in a layer above, and a plugin that made one has imported it.
    if not any(
        (kind.__module__, kind.__name__) == ("activations.fitting.target", "Target") for kind in type(item).__mro__
    ):
        raise RefusedError(f"provide_targets gave {_what(item)}", "make it with activations.Target(…)")
    _require_name(getattr(item, "name", None), "target")


def _require_name(name: object, what: str) -> None:
    if not isinstance(name, str) or not NAME.match(name):
        raise RefusedError(
            f"{ascii(name)[:80]} can't name {'an' if what[0] in 'aeiou' else 'a'} {what}",
            "use lower-case letters, digits and _, starting with a letter, 64 at most",
        )


def _what(item: object) -> str:
    name = getattr(item, "__name__", "")
    if not isinstance(name, str) or not name:
        return f"an object of type {type(item).__name__}"
    return f"the {'class' if isinstance(item, type) else 'function'} {name[:80]}"


def _declared_api(module: str) -> int:
    """The `requires_api` of a module's source, read without running it, so that a failing import can't hide it."""
    top, _, rest = module.partition(".")
    spec = importlib.machinery.PathFinder.find_spec(top)
    if rest or spec is None or not (spec.origin or "").endswith(".py"):
        return 0
    with tokenize.open(str(spec.origin)) as file:
        text = file.read()
    if "requires_api" not in text:
        return 0
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="requires_api")], value=ast.Constant(value=int(version))):
                return version
    return 0


def _require_api(version: object) -> None:
    if isinstance(version, int) and version > API:
        raise RefusedError(
            f"it needs version {version} of the plugin hooks, and this is version {API}",
            "update with 'pip install -U torch-activations', or install an older version of the plugin",
        )


def _removal(origin: Origin) -> str:
    return f"update it, leave it out with 'activations plugins disable {origin.distribution}', or uninstall it"


def _message(error: object) -> str:
    text = " ".join(str(error).split()) or "no message"
    kind = type(error).__name__
    return (text if kind in ("RuntimeError", "PluginValidationError") else f"{kind}: {text}")[:MAX_MESSAGE]
