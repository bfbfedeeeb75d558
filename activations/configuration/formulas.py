"""Activations that a configuration file declares by their formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from activations.configuration.file import ConfigurationFile
from activations.configuration.values import kind_of, read_number, read_text, read_texts, require_keys
from activations.declare import Activation, formula_activation
from activations.discovery import NAME
from activations.errors import ExpressionError
from activations.reading import MAX_SUMMARY

__all__ = ["read_activation", "require_name"]

KEYS = ("formula", "parameters", "learnable", "summary", "paper", "aliases")
ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")
# Inputs of a formula, arguments of a module, and a word of the settings that are typed after a name.
RESERVED = ("x", "x1", "x2", "learnable", "channels", "channel_dim", "dim", "native")


def read_activation(file: ConfigurationFile, name: str) -> Activation:
    """The activation that the table `[activations.NAME]` declares.

    Raises:
        ConfigurationError: something is missing, unknown, of another type or contradictory.
    """
    path = ("activations", name)
    table = require_name(file, "activations", name)
    require_keys(file, path, table, KEYS)
    if "formula" not in table:
        raise file.error(f'{name} has no formula; write formula = "x*tanh(x)"', *path)
    formula = read_text(file, *path, "formula", value=table["formula"])
    parameters = _read_parameters(file, path, table.get("parameters", {}))
    learnable = read_texts(file, *path, "learnable", value=table.get("learnable", []))
    for symbol in learnable:
        if symbol not in parameters:
            listed = ", ".join(parameters) or "none"
            raise file.error(
                f"learnable names {symbol!r}, which is no parameter; there is {listed}", *path, "learnable"
            )
    summary = read_text(file, *path, "summary", value=table.get("summary", f"A formula from {file.path.name}."))
    if len(summary) > MAX_SUMMARY:
        raise file.error(f"summary has {len(summary)} characters; cut it to one sentence", *path, "summary")
    aliases = read_texts(file, *path, "aliases", value=table.get("aliases", []))
    for alias in aliases:
        if not ALIAS.match(alias):
            raise file.error(f"{alias!r} can't be an alias; use letters, digits, _ and -", *path, "aliases")
    try:
        made = formula_activation(
            formula,
            name,
            parameters=parameters,
            learnable=learnable,
            paper=read_text(file, *path, "paper", value=table["paper"]) if "paper" in table else "",
            summary=summary,
            aliases=aliases,
            place=file.place(*path),
        )
    except ExpressionError as error:
        raise file.error(f"formula of {name}: {error}", *path, "formula") from None
    for symbol in parameters:
        if symbol not in made.formula.names:
            raise file.error(
                f"the formula of {name} has no {symbol!r}; leave the parameter out", *path, "parameters", symbol
            )
    return made


def require_name(file: ConfigurationFile, section: str, name: str) -> Mapping[str, Any]:
    """The table of something that a file declares.

    Raises:
        ConfigurationError: the name can't be, or there is no table.
    """
    if not NAME.match(name):
        rule = "use up to 64 lower-case letters, digits and _, a letter first"
        raise file.error(f"{name[:80]!r} can't name one of the {section}; {rule}", section, name)
    table = file.tables[section][name]
    if not isinstance(table, dict):
        message = f'{name} is {kind_of(table)} and must be a table; write [{section}.{name}] and below it formula = "…"'
        raise file.error(message, section, name)
    return table


def _read_parameters(file: ConfigurationFile, path: tuple[str, ...], table: Any) -> dict[str, float]:
    path = (*path, "parameters")
    if not isinstance(table, dict):
        raise file.error(f"parameters is {kind_of(table)} and must be a table, as {{beta = 1.0}}", *path)
    for symbol in table:
        if symbol in RESERVED:
            raise file.error(f"{symbol!r} can't name a parameter; it has another meaning", *path, symbol)
    return {symbol: read_number(file, *path, symbol, value=value) for symbol, value in table.items()}
