"""Measured properties kept on the disk, so that a filter measures an activation once and not at each call.

One file in the user's cache folder holds them all. It is plain JSON, written whole or not at all, and worth nothing:
a file that is missing, broken, foreign or made by other code is ignored and replaced.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import inspect
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from activations.declare import Variant
from activations.files import write_atomically
from activations.moments import GaussianMoments
from activations.properties import Asymptote, Bound, Properties, measure
from activations.user_folders import cache_folder

__all__ = ["measure_all"]

FILE = "properties.json"
LARGEST = 64 * 2**20  # bytes
SAVE_EVERY = 10.0  # seconds
CODE = ("declare.py", "derivatives.py", "moments.py", "expression", "properties")  # what a measurement depends on
WORDS = {
    "monotone": ("increasing", "decreasing"),
    "curvature": ("convex", "concave", "linear"),
    "parity": ("odd", "even"),
    "smoothness": ("discontinuous", "C0", "C1", "C2", "smooth"),
}


def measure_all(
    variants: Sequence[Variant], progress: Callable[[int, int, str], None] | None = None
) -> list[Properties]:
    """The properties of each variant, read from the cache or measured and put there.

    Args:
        variants: activations with their parameter values.
        progress: called with (how many are measured, of how many, which is next).
    """
    file = _file()
    known = _read(file)
    keys = [_key(variant) for variant in variants]
    missing = {key: variant for key, variant in zip(keys, variants, strict=True) if key not in known}
    unsaved, saved_at = False, time.monotonic()
    try:
        for done, (key, variant) in enumerate(missing.items()):
            if progress is not None:
                progress(done, len(missing), variant.label)
            known[key] = measure(variant)
            unsaved = True
            if time.monotonic() - saved_at > SAVE_EVERY:
                _write(file, known)
                unsaved, saved_at = False, time.monotonic()
    finally:
        if unsaved:  # what was measured before Ctrl-C too
            _write(file, known)
    return [known[key] for key in keys]


def _file() -> Path | None:
    folder = cache_folder()
    return folder / FILE if folder else None


def _read(file: Path | None) -> dict[str, Properties]:
    """What the file holds, if our present code made it."""
    found: dict[str, Properties] = {}
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        if file is None or not file.is_file() or file.stat().st_size > LARGEST:
            return found
        content = json.loads(file.read_bytes())
        if content["code"] != _code():
            return found
        for key, facts in content["properties"].items():
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
                found[key] = _properties(facts)
    return found


def _write(file: Path | None, known: Mapping[str, Properties]) -> None:
    """Write them all; what another process wrote meanwhile is kept if it can be. No cache is no error."""
    with contextlib.suppress(OSError):
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        everything = {**_read(file), **known}
        content = {"code": _code(), "properties": {key: asdict(facts) for key, facts in everything.items()}}
        write_atomically(file, json.dumps(content).encode(), overwrite=True)


def _key(variant: Variant) -> str:
    """The variant's digest, and one of the file that declares it: helpers of a body may stand there."""
    return f"{variant.digest}-{_file_digest(inspect.getmodule(inspect.unwrap(variant.activation.function)))}"


@functools.cache
def _file_digest(module: Any) -> str:
    try:
        data = Path(module.__file__).read_bytes()
    except (OSError, AttributeError, TypeError):
        return ""
    return hashlib.sha256(data).hexdigest()[:16]


@functools.cache
def _code() -> str:
    """A digest of the code that measures and of the torch below it."""
    digest = hashlib.sha256(importlib.metadata.version("torch").encode())
    for name in CODE:
        place = Path(__file__).with_name(name)
        for source in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _properties(facts: Mapping[str, Any]) -> Properties:
    """Read what `asdict` made of properties, believing nothing."""
    words = {name: facts[name] for name in WORDS}
    if any(word is not None and word not in WORDS[name] for name, word in words.items()):
        raise ValueError(words)
    return Properties(
        range=_optional(facts["range"], lambda ends: _pair(ends, _bound)),
        lipschitz=_optional(facts["lipschitz"], _number),
        kinks=_optional(facts["kinks"], _numbers),
        jumps=_optional(facts["jumps"], _numbers),
        zeros=_optional(facts["zeros"], lambda roots: tuple(map(_root, roots))),
        fixed_points=_optional(facts["fixed_points"], lambda roots: tuple(map(_root, roots))),
        asymptotes=_optional(facts["asymptotes"], lambda ends: _pair(ends, _line)),
        saturates=_optional(facts["saturates"], lambda ends: _pair(ends, _saturation)),
        moments=_optional(facts["moments"], _moments),
        gain=_optional(facts["gain"], _number),
        torch_gain=_optional(facts["torch_gain"], _number),
        **words,
    )


def _optional(value: Any, read: Callable[[Any], Any]) -> Any:
    return None if value is None else read(value)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or math.isnan(value):
        raise TypeError(value)
    return float(value)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(map(_number, values))


def _pair(values: Any, read: Callable[[Any], Any]) -> tuple[Any, Any]:
    left, right = values
    return read(left), read(right)


def _root(value: Any) -> float | tuple[float, float]:
    return _pair(value, _number) if isinstance(value, list) else _number(value)


def _bound(value: Any) -> Bound:
    if not isinstance(value["attained"], bool):
        raise TypeError(value)
    return Bound(_number(value["value"]), value["attained"])


def _line(value: Any) -> Asymptote | None:
    return None if value is None else Asymptote(_number(value["slope"]), _number(value["intercept"]))


def _saturation(value: Any) -> str | None:
    if value not in (None, "hard", "soft"):
        raise ValueError(value)
    return None if value is None else str(value)


def _moments(value: Any) -> GaussianMoments:
    return GaussianMoments(*(_number(value[name]) for name in ("mean", "mean_square", "mean_square_slope")))
