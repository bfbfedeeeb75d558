"""Targets that are Python functions of numpy arrays: their values, checked, and what identifies them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from activations.errors import DataError
from activations.fitting.target import Domain, Interval, Sampling, Target
from activations.fitting.typed import default_points, read_domain

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["call", "fingerprint", "function_target"]

PROBES = 1000
DIGITS = 8  # of a value that count; the last ones of a sine differ from machine to machine


def function_target(
    function: Callable[..., Any],
    domain: Interval | Domain,
    *,
    name: str = "",
    points: int | None = None,
    noise: float = 0.0,
) -> Target:
    """A target from a Python function.

    Args:
        function: gets one float64 array [points] per input and returns values [points], values [points, outputs], or
            one number for all points. It must give the same values each time. To train in several processes
            (`jobs`), define it at the top of a module.
        domain: the interval of a single input, or one interval per input.
        name: what the target is called; the function's own name unless given.
        points: number of training points; 101 on a grid for one input, 256 per input drawn uniformly for more.
        noise: standard deviation of the normal noise on them.

    Raises:
        DataError: the domain is no interval, the function fails, or a value is not a finite number.
    """
    single = len(domain) == 2 and all(isinstance(bound, int | float) for bound in domain)
    intervals = read_domain(domain, 1 if single else len(domain))
    sampling: Sampling = "grid" if len(intervals) == 1 else "uniform"
    own = getattr(function, "__name__", "function")
    target = Target(
        name=name or ("function" if own == "<lambda>" else own),
        domain=intervals,
        points=default_points(len(intervals)) if points is None else points,
        sampling=sampling,
        noise=noise,
        source="Python function",
        function=function,
    )
    outputs = call(target, _probes(intervals)).shape[1]
    return replace(target, outputs=outputs)


def call(target: Target, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values [points, outputs] of a target's function at inputs [points, dimension], which may be not finite.

    Raises:
        DataError: the function fails, or its values are not such numbers.
    """
    import numpy as np

    assert target.function is not None
    columns = [np.ascontiguousarray(x[:, i]) for i in range(x.shape[1])]
    try:
        with np.errstate(all="ignore"):
            given = target.function(*columns)
        values = np.asarray(given, dtype=np.float64)
    except Exception as error:
        message = f"{target.name}: the function failed on {x.shape[1]} arrays of {len(x)} points: {error}"
        raise DataError(f"{message}; write it with numpy, or wrap it in numpy.vectorize") from error
    if values.ndim == 0:
        values = np.full(len(x), float(values))
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != len(x) or values.shape[1] == 0:
        shape = tuple(np.shape(given))
        raise DataError(
            f"{target.name}: the function gave an array of shape {shape} for {len(x)} points; "
            f"return shape ({len(x)},), or ({len(x)}, outputs)"
        )
    return values


def fingerprint(target: Target) -> str:
    """A hash of the function's values at fixed points of the domain, each rounded to eight digits."""
    values = call(target, _probes(target.domain))
    text = ",".join(f"{value:.{DIGITS - 1}e}" for value in values.ravel().tolist())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _probes(domain: Domain) -> npt.NDArray[Any]:
    import numpy as np

    from activations.fitting.randomness import Purpose, generator

    low, high = np.array(domain, dtype=np.float64).T
    if len(domain) == 1:
        unit = np.linspace(0, 1, PROBES)[:, None]
    else:
        unit = generator(0, Purpose.PROBES).random((PROBES, len(domain)))
    probes: npt.NDArray[Any] = low * (1 - unit) + high * unit
    return probes
