"""How networks are trained: optimizer, schedule, loss and batch size. Imports nothing heavy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from activations.fitting.settings import SettingError, require_count, require_positive

__all__ = [
    "DEFAULT_RECIPE",
    "DESCENTS",
    "LOSSES",
    "MAX_STARTS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Loss",
    "Optimizer",
    "Recipe",
    "Schedule",
]

Optimizer: TypeAlias = Literal["adam", "adamw", "sgd", "momentum", "lbfgs", "lm"]
Schedule: TypeAlias = Literal["cosine", "constant", "step"]
Loss: TypeAlias = Literal["squares", "huber", "cross-entropy"]

OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
DESCENTS: tuple[Optimizer, ...] = ("adam", "adamw", "sgd", "momentum")  # those with a learning rate
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
LOSSES: tuple[Loss, ...] = get_args(Loss)

MOMENTUM = 0.9
WEIGHT_DECAY = 0.01  # torch.optim.AdamW's default
STEP_FRACTIONS = (0.5, 0.75)
STEP_FACTOR = 0.1
HUBER_DELTA = 1.0
HISTORY = 100
MAX_HISTORY = 1000
MAX_STARTS = 1000


@dataclass(frozen=True)
class Recipe:
    """The training of a run, beside its learning rate and its number of steps.

    Attributes:
        optimizer: "adam" and "adamw" with torch's defaults, "sgd", or "momentum" (SGD with momentum 0.9); "lbfgs", or
            "lm" (Levenberg–Marquardt, squares and float64 only), which have no learning rate and take all points.
        schedule: of the learning rate: "cosine" to zero, "constant", or "step" (a tenth from half of the steps on, and
            again from three quarters on).
        loss: "squares" (mean squared error) or "huber" (smooth L1 with delta 1, in standard deviations of the values);
            a classification is always trained by its cross-entropy.
        batch_size: points per step; None for all of them.
        weight_decay: of AdamW; the other optimizers have none.
        starts: a run is trained from so many initial weights, and the one with the smallest training loss is kept.
        history: pairs of steps and changes of the gradient that L-BFGS remembers.
    """

    optimizer: Optimizer = "adam"
    schedule: Schedule = "cosine"
    loss: Loss = "squares"
    batch_size: int | None = None
    weight_decay: float = WEIGHT_DECAY
    starts: int = 1
    history: int = HISTORY

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
        require_count("starts", self.starts, 1, MAX_STARTS)
        require_count("history", self.history, 1, MAX_HISTORY)
        if not self.has_rate:
            self._refuse_what_needs_a_rate()

    def _refuse_what_needs_a_rate(self) -> None:
        if self.schedule != SCHEDULES[0]:
            raise SettingError(
                f"schedule={self.schedule!r} makes no sense with optimizer={self.optimizer!r}, which has no learning "
                f"rate; leave it out, or choose from {', '.join(DESCENTS)}"
            )
        if self.batch_size is not None:
            raise SettingError(
                f"batch_size={self.batch_size} makes no sense with optimizer={self.optimizer!r}, which takes all "
                f"points at every step; leave it out, or choose from {', '.join(DESCENTS)}"
            )
        if self.optimizer == "lm" and self.loss != "squares":
            raise SettingError(
                f"loss={self.loss!r} is not what optimizer='lm' can minimise, which is squares; choose 'lbfgs'"
            )

    @property
    def has_rate(self) -> bool:
        """Whether there is a learning rate to tune."""
        return self.optimizer in DESCENTS

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
        loss = "" if self.loss == "squares" else f", {self.loss} loss"
        starts = "" if self.starts == 1 else f", best of {self.starts} starts"
        if self.optimizer == "lm":
            return f"Levenberg–Marquardt{starts}"
        if self.optimizer == "lbfgs":
            return f"L-BFGS with history {self.history}{loss}{starts}"
        points = "full batch" if self.batch_size is None else f"minibatches of {self.batch_size}"
        rate = {"cosine": "cosine decay to 0", "constant": "constant rate", "step": "rate in three steps"}
        return f"{self.optimizer}, {points}, {rate[self.schedule]}{loss}{starts}"

    def to_dict(self) -> dict[str, Any]:
        """The recipe for strict JSON and for run keys; what does not apply is None or, if newer, not there."""
        values: dict[str, Any] = {
            "optimizer": self.optimizer,
            "schedule": self.schedule if self.has_rate else None,
            "loss": self.loss,
            "batch_size": self.batch_size,
            "weight_decay": self.weight_decay if self.optimizer == "adamw" else None,
        }
        # Added only where they matter: the keys of runs that were made before them stay the same.
        if self.optimizer == "lbfgs":
            values["history"] = self.history
        if self.starts > 1:
            values["starts"] = self.starts
        return values


DEFAULT_RECIPE = Recipe()
