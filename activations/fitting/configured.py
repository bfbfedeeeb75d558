"""Targets that configuration files declare by their formulas. Imports nothing heavy."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from activations.configuration.configured import origin_of
from activations.configuration.file import ConfigurationFile
from activations.configuration.formulas import require_name
from activations.configuration.found import Configuration, configuration, entries
from activations.configuration.values import read_number, read_text, require_keys
from activations.discovery import Origin
from activations.errors import ActivationsError
from activations.fitting.target import Domain, Interval, Target
from activations.fitting.typed import formula_target

__all__ = ["configured_targets", "read_configured_target"]

KEYS = ("formula", "domain", "points", "noise", "title", "source", "group")
MAX_BOUND = 1e9
MIN_POINTS, MAX_POINTS = 2, 1_000_000
MAX_TITLE = 200
OURS = ("seeds", "core", "all")  # suites that are no group


def configured_targets() -> list[tuple[Origin, Target]]:
    """The targets of the configuration files, each with the file's name in the place of a distribution's.

    Raises:
        ConfigurationError: a file holds a mistake.
        OSError: a file can't be read.
    """
    return list(_targets(configuration()))


@functools.lru_cache(maxsize=1)
def _targets(found: Configuration) -> tuple[tuple[Origin, Target], ...]:
    return tuple(
        (origin_of(entry.file), read_configured_target(entry.file, entry.name))
        for entry in entries(found.files, "targets")
    )


def read_configured_target(file: ConfigurationFile, name: str) -> Target:
    """The target that the table `[targets.NAME]` declares.

    Raises:
        ConfigurationError: something is missing, unknown, of another type or contradictory.
    """
    path = ("targets", name)
    table = require_name(file, "targets", name)
    require_keys(file, path, table, KEYS)
    if "formula" not in table:
        raise file.error(f'{name} has no formula; write formula = "sin(3*x)"', *path)
    formula = read_text(file, *path, "formula", value=table["formula"])
    domain = _read_domain(file, path, table)
    points = _read_points(file, path, table)
    noise = read_number(file, *path, "noise", value=table.get("noise", 0.0))
    if noise < 0:
        raise file.error(f"noise is {noise:g} and must be 0 or more", *path, "noise")
    texts = {key: read_text(file, *path, key, value=table[key]) for key in ("title", "source", "group") if key in table}
    for key, text in texts.items():
        if len(text) > MAX_TITLE:
            raise file.error(f"{key} has {len(text)} characters; cut it to {MAX_TITLE}", *path, key)
    if texts.get("group", "").lower() in OURS:
        raise file.error(f"{texts['group']!r} is a suite of its own; give the group another name", *path, "group")
    try:
        made = formula_target(formula, domain, points=points, noise=noise)
    except ActivationsError as error:
        wrong = "formula" if "domain" not in str(error) else "domain"
        raise file.error(f"{wrong} of {name}: {error}", *path, wrong) from None
    title, source, group = (texts.get(key, "") for key in ("title", "source", "group"))
    return replace(made, name=name, title=title, source=source or file.place(*path), group=group or "configured")


def _read_points(file: ConfigurationFile, path: tuple[str, ...], table: Mapping[str, Any]) -> int | None:
    if "points" not in table:
        return None
    points = table["points"]
    if isinstance(points, bool) or not isinstance(points, int) or not MIN_POINTS <= points <= MAX_POINTS:
        message = f"points must be a whole number from {MIN_POINTS} to {MAX_POINTS}"
        raise file.error(message, *path, "points")
    return points


def _read_domain(file: ConfigurationFile, path: tuple[str, ...], table: Mapping[str, Any]) -> Interval | Domain | None:
    if "domain" not in table:
        return None
    given = table["domain"]
    intervals = given if isinstance(given, list) and all(isinstance(item, list) for item in given) else [given]
    if not intervals or not all(isinstance(interval, list) and len(interval) == 2 for interval in intervals):
        raise file.error("domain must be two numbers, as [-1, 1], or a list of such pairs", *path, "domain")
    read = []
    for interval in intervals:
        low, high = (read_number(file, *path, "domain", value=bound) for bound in interval)
        if not -MAX_BOUND <= low < high <= MAX_BOUND:
            message = f"domain from {low:g} to {high:g} is no interval within ±1e9; give the lower end first"
            raise file.error(message, *path, "domain")
        read.append((low, high))
    return read[0] if intervals == [given] else tuple(read)
