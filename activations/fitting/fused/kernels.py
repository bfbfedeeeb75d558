"""Which networks the fused engine can train now, later or never, and the building of the functions that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from functools import lru_cache
from typing import Literal, TypeAlias

from activations.declare import Variant
from activations.errors import BuildError
from activations.fitting.fused.builds import build_in_background, cached, cached_trainer, refused
from activations.fitting.fused.code import Emitted, Inexpressible, emit
from activations.fitting.network import Network
from activations.fitting.precision import Precision
from activations.fitting.recipe import Recipe

__all__ = ["Kernels", "Readiness", "emitted_of", "obstacle"]

# "wait" while the compiler is at work.
Readiness: TypeAlias = Literal["ready", "wait", "never"]

MOST_LEARNABLE = 16  # of one activation's parameters, as `kernel/train.cpp` has it


def obstacle(network: Network, recipe: Recipe, device: str, precision: Precision) -> str:
    """Why the fused engine can't train such networks; empty if nothing but the compiler can be in its way.

    Args:
        network: the architecture with its activations.
        recipe: the training.
        device: where to train.
        precision: of all numbers.
    """
    if device != "cpu":
        return f"it trains on the CPU and not on {device}"
    if not recipe.has_rate:
        return f"it has no optimizer {recipe.optimizer!r}"
    for variant in dict.fromkeys(network.variants):
        if len(variant.learnable) > MOST_LEARNABLE:
            return f"{variant.label} learns more than {MOST_LEARNABLE} parameters"
        emitted = emitted_of(variant, precision)
        if isinstance(emitted, str):
            return f"{variant.label}: {emitted}"
    return ""


@lru_cache(maxsize=4096)
def emitted_of(variant: Variant, precision: Precision) -> Emitted | str:
    """The C++ function of an activation, or why there is none."""
    try:
        return emit(variant, precision)
    except Inexpressible as error:
        return str(error)
    except (Exception, SystemExit) as error:  # a plugin's code may raise anything
        return f"its code raised {type(error).__name__}"


class Kernels:
    """The compiled functions for a piece of work.

    Args:
        tell: told in one line why something can't be compiled, each reason once.
    """

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell or (lambda line: None)
        self._told: set[str] = set()
        self._builds: dict[Precision, Future[dict[str, int]]] = {}

    def prepare(self, networks: Iterable[Network], recipe: Recipe, device: str, precision: Precision) -> None:
        """Begin to build, beside all else, what the cache lacks for networks: all of them together.

        Args:
            networks: those that are to be trained.
            recipe: of all of them.
            device: where to train.
            precision: of all numbers.
        """
        if precision in self._builds:
            return
        able = [network for network in networks if not obstacle(network, recipe, device, precision)]
        wanted = {emitted.symbol: emitted for network in able for emitted in _emitted(network, precision)}
        if wanted and not _are_there(tuple(wanted.values()), precision):
            self._builds[precision] = build_in_background(tuple(wanted.values()), precision)

    def wait(self) -> None:
        """Wait until everything is built that was asked for, or failed."""
        wait(self._builds.values())

    def readiness(self, network: Network, recipe: Recipe, device: str, precision: Precision) -> Readiness:
        """Whether the fused engine can train a network now, when the build is over, or never; see `prepare`."""
        reason = obstacle(network, recipe, device, precision)
        if not reason:
            if _are_there(_emitted(network, precision), precision):
                return "ready"
            build = self._builds.get(precision)
            if build is not None and not build.done():
                return "wait"
            reason = _failure(build, network, precision)
        if reason not in self._told:
            self._told.add(reason)
            self._tell(f"the batched engine trains what the native one can't: {reason}")
        return "never"


def _emitted(network: Network, precision: Precision) -> list[Emitted]:
    """The functions of a network that can be compiled."""
    found = [emitted_of(variant, precision) for variant in dict.fromkeys(network.variants)]
    return [emitted for emitted in found if not isinstance(emitted, str)]


def _are_there(emitted: Sequence[Emitted], precision: Precision) -> bool:
    return cached(emitted, precision) is not None and cached_trainer(precision) is not None


def _failure(build: Future[dict[str, int]] | None, network: Network, precision: Precision) -> str:
    """Why a function is not there when nothing is built any more."""
    if build is None:
        return "its functions have not been built"
    error = build.exception()
    if error is not None:
        return error.message if isinstance(error, BuildError) else f"the build raised {type(error).__name__}"
    told = refused(precision)
    why = [told[emitted.symbol] for emitted in _emitted(network, precision) if emitted.symbol in told]
    if not why:
        return "its functions are gone from the cache"
    first, _, _ = why[0].partition("\n")
    return f"the compiler refused it: {first}"
