"""How networks are trained: optimizer, schedule, loss and batch size. Imports nothing heavy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from activations.fit.settings import SettingError, require_count, require_positive

__all__ = ["DEFAULT_RECIPE", "LOSSES", "OPTIMIZERS", "SCHEDULES", "Loss", "Optimizer", "Recipe", "Schedule"]

Optimizer: TypeAlias = Literal["adam", "adamw", "sgd", "momentum"]
Schedule: TypeAlias = Literal["cosine", "constant", "step"]
Loss: TypeAlias = Literal["squares", "huber", "cross-entropy"]

OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
LOSSES: tuple[Loss, ...] = get_args(Loss)

MOMENTUM = 0.9
WEIGHT_DECAY = 0.01  # torch.optim.AdamW's default
STEP_FRACTIONS = (0.5, 0.75)
STEP_FACTOR = 0.1
HUBER_DELTA = 1.0


@dataclass(frozen=True)
class Recipe:
    """The training of a run, beside its learning rate and its number of steps.

    Attributes:
        optimizer: "adam" and "adamw" with torch's defaults, "sgd", or "momentum" (SGD with momentum 0.9).
        schedule: of the learning rate: "cosine" to zero, "constant", or "step" (a tenth from half of the steps on, and
            again from three quarters on).
        loss: "squares" (mean squared error) or "huber" (smooth L1 with delta 1, in standard deviations of the values);
            a classification is always trained by its cross-entropy.
        batch_size: points per step; None for all of them.
        weight_decay: of AdamW; the other optimizers have none.
    """

    optimizer: Optimizer = "adam"
    schedule: Schedule = "cosine"
    loss: Loss = "squares"
    batch_size: int | None = None
    weight_decay: float = WEIGHT_DECAY

    def __post_init__(self) -> None:
        for name, value, known in (
            ("optimizer", self.optimizer, OPTIMIZERS),
            ("schedule", self.schedule, SCHEDULES),
            ("loss", self.loss, LOSSES),
        ):
            if value not in known:
                raise SettingError(f"{name}={value!r} is unknown; choose from {', '.join(known)}")
        if self.batch_size is not None:
            require_count("batch_size", self.batch_size, 1, 2**31)
        require_positive("weight_decay", self.weight_decay)

    def factor(self, step: int, steps: int) -> float:
        """What the learning rate is multiplied by at a step, counted from 0."""
        if self.schedule == "cosine":
            return (1 + math.cos(math.pi * step / steps)) / 2
        if self.schedule == "step":
            return STEP_FACTOR ** sum(step >= fraction * steps for fraction in STEP_FRACTIONS)
        return 1.0

    @property
    def words(self) -> str:
        """The recipe in a few words: "adam, full batch, cosine decay to 0"."""
        points = "full batch" if self.batch_size is None else f"minibatches of {self.batch_size}"
        rate = {"cosine": "cosine decay to 0", "constant": "constant rate", "step": "rate in three steps"}
        loss = "" if self.loss == "squares" else f", {self.loss} loss"
        return f"{self.optimizer}, {points}, {rate[self.schedule]}{loss}"

    def to_dict(self) -> dict[str, Any]:
        """The recipe for strict JSON and for run keys; what does not apply is None."""
        return {
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "loss": self.loss,
            "batch_size": self.batch_size,
            "weight_decay": self.weight_decay if self.optimizer == "adamw" else None,
        }


DEFAULT_RECIPE = Recipe()
