"""What one network is trained with, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from activations.declare import Variant
from activations.fitting.initialisation import INITIALISATIONS, Initialisation
from activations.fitting.network import Network, read_hidden
from activations.fitting.randomness import MAX_SEED
from activations.fitting.recipe import DEFAULT_RECIPE, Optimizer, Recipe
from activations.fitting.settings import SettingError, require_count, require_positive
from activations.fitting.target import Target

__all__ = ["DEFAULT_RATES", "MAX_STEPS", "PRECISIONS", "SCALINGS", "FitSettings", "Precision", "Units"]

Precision: TypeAlias = Literal["float32", "float64"]
Units: TypeAlias = Literal["standard", "none"]

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
SCALINGS: tuple[Units, ...] = get_args(Units)
MAX_STEPS = 100_000_000

# They suit scaled data and initial weights that suit the activation.
DEFAULT_RATES: dict[Optimizer, float] = {"adam": 0.02, "adamw": 0.02, "sgd": 0.05, "momentum": 0.02}


@dataclass(frozen=True)
class FitSettings:
    """Everything but target and activation that a fit depends on.

    Attributes:
        hidden: widths of the hidden layers.
        learning_rate: at the first step; None is replaced by the optimizer's rate in `DEFAULT_RATES`, and stays None
            for an optimizer that has no rate.
        steps: of the optimizer.
        recipe: optimizer, schedule, loss and batch size.
        split: the share of the points that train, drawn at random, while the others test; None for the target's own
            training and test points.
        seed: fixes the initial weights, sample positions, noise, the split and the order of minibatches.
        initialisation: "moments" or "torch"; see `activations.fitting.initialisation`.
        scaling: "standard" maps inputs to [-1, 1] and standardises values; "none" trains on the numbers as they are.
        bias: whether the linear layers have biases.
        precision: of all numbers: "float32" or "float64".

    Raises:
        SettingError: one is out of its range.
    """

    hidden: tuple[int, ...] = (32,)
    learning_rate: float | None = None
    steps: int = 2000
    recipe: Recipe = DEFAULT_RECIPE
    split: float | None = None
    seed: int = 0
    initialisation: Initialisation = "moments"
    scaling: Units = "standard"
    bias: bool = True
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", read_hidden(self.hidden))
        require_count("steps", self.steps, 1, MAX_STEPS)
        require_count("seed", self.seed, 0, MAX_SEED)
        if self.split is not None and not (
            isinstance(self.split, int | float) and math.isfinite(self.split) and 0 < self.split < 1
        ):
            raise SettingError(f"split={self.split!r} must be a number between 0 and 1: the share that trains")
        known: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            ("initialisation", self.initialisation, INITIALISATIONS),
            ("scaling", self.scaling, SCALINGS),
            ("precision", self.precision, PRECISIONS),
        )
        for name, value, allowed in known:
            if value not in allowed:
                raise SettingError(f"{name}={value!r} is unknown; choose from {', '.join(allowed)}")
        if self.recipe.starts != 1:
            raise SettingError(f"starts={self.recipe.starts}: a single fit has one; fit again with another seed")
        self._settle_rate()

    def _settle_rate(self) -> None:
        optimizer = self.recipe.optimizer
        if not self.recipe.has_rate:
            if self.learning_rate is not None:
                raise SettingError(f"optimizer={optimizer!r} has no learning rate; leave it out")
            return
        rate = DEFAULT_RATES[optimizer] if self.learning_rate is None else self.learning_rate
        object.__setattr__(self, "learning_rate", require_positive("learning_rate", rate))

    def network(self, target: Target, variant: Variant, own: tuple[Variant | None, ...] = ()) -> Network:
        """The network that is trained.

        Args:
            target: what is fitted.
            variant: the activation.
            own: activations of single hidden layers.
        """
        return Network(target.dimension, self.hidden, target.network_outputs, variant, own, self.bias)

    def to_dict(self) -> dict[str, Any]:
        """The settings for strict JSON."""
        return {**vars(self), "hidden": list(self.hidden), "recipe": self.recipe.to_dict()}
