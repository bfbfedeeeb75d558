"""How much work a benchmark does. Imports nothing heavy: the command line shows the names in its help."""

from __future__ import annotations

from dataclasses import dataclass

from activations.fitting.settings import SettingError

__all__ = [
    "BRIEF_PART",
    "BRIEF_RATES",
    "DEFAULT_ACTIVATIONS",
    "EXTENSION",
    "PRESETS",
    "RATES",
    "Preset",
    "half_decade",
    "preset_named",
]

# Ranked when none are named: the usual choices of each family.
DEFAULT_ACTIVATIONS = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "mish",
    "tanh",
    "sigmoid",
    "softplus",
    "sine",
    "glu",
)

# Learning rates are half-decades, 10**(k/2).
RATES = tuple(range(-8, -1))
EXTENSION = 2  # further half-decades that are tried where the best rate is at an end
# Many activations are screened before a few of them are tuned in full: a coarser grid, and a part of the steps.
# Short runs are best at high rates, and whatever can't stand those takes the lowest.
BRIEF_RATES = (-5, -3, -2, -1)
BRIEF_PART = 3  # of the steps of a screening


@dataclass(frozen=True)
class Preset:
    """The effort of a benchmark, the same for every activation.

    Attributes:
        name: what it is called.
        hidden: widths of the hidden layers, unless others are asked for.
        steps: optimizer steps of each run, in tuning and in ranking.
        seeds: fresh seeds that rank.
        tuning_seeds: seeds that choose learning rate and scale, others than those that rank.
        finalists: settings that go on to the second and later tuning seeds; None for all of them.
        scales: standard deviations of the first layer's pre-activations that are tried with each rate.
        iterations: of Levenberg–Marquardt, in place of the steps, in a capacity ranking.
        starts: initial weights of each run there, of which the best is kept.
    """

    name: str
    hidden: tuple[int, ...]
    steps: int
    seeds: int
    tuning_seeds: int
    finalists: int | None
    scales: tuple[float, ...]
    iterations: int = 200
    starts: int = 5


QUICK = Preset("quick", (32,), steps=700, seeds=12, tuning_seeds=3, finalists=6, scales=(1.0, 3.0, 10.0))
STANDARD = Preset(
    "standard",
    (32, 32),
    steps=2000,
    seeds=24,
    tuning_seeds=3,
    finalists=None,
    scales=(1.0, 3.0, 10.0, 30.0),
    iterations=400,
    starts=10,
)
FULL = Preset(
    "full",
    (64, 64),
    steps=5000,
    seeds=48,
    tuning_seeds=3,
    finalists=None,
    scales=(1.0, 3.0, 10.0, 30.0),
    iterations=1000,
    starts=10,
)
PRESETS = {preset.name: preset for preset in (QUICK, STANDARD, FULL)}


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        SettingError: there is none.
    """
    if name not in PRESETS:
        raise SettingError(f"preset={name!r} is unknown; write one of {', '.join(PRESETS)}")
    return PRESETS[name]


def half_decade(k: int) -> float:
    """The learning rate 10**(k/2)."""
    return float(10.0 ** (k / 2))
