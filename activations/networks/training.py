"""The training of one network by the batched engine, watched: its history, snapshots, its best state so far."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from activations.fitting.batched import Training
from activations.fitting.devices import keep_freed_memory, require_precision, resolve_device, steady_arithmetic
from activations.fitting.engine import Batch, checkpoints, predict
from activations.fitting.lbfgs import train_lbfgs
from activations.fitting.levenberg import train_levenberg
from activations.fitting.losses import make_loss
from activations.fitting.network import Network
from activations.fitting.points import Array, Points
from activations.fitting.recorded import recorded
from activations.fitting.samples import Samples
from activations.fitting.settings import SettingError
from activations.networks.checkpoint import Checkpoint, State, restore
from activations.networks.settings import FitSettings

__all__ = ["Ended", "Frame", "Look", "Trainer", "frame_steps", "require_memory"]

Ended: TypeAlias = Literal["", "finished", "diverged"]

LOOKS = 200  # evenly spaced; some more at the beginning
BETWEEN = 50  # steps between two questions whether a checkpoint is due
CHUNK_VALUES = 4_000_000  # of the widest layer, where a loss is taken
MEMORY_LIMIT = 8 * 2**30  # bytes


@dataclass(frozen=True, eq=False)
class Frame:
    """The network at a step.

    Attributes:
        step: number of steps made.
        loss: of the training points.
        parameters: the flat row, shape [parameters].
    """

    step: int
    loss: float
    parameters: Array


@dataclass(frozen=True)
class Look:
    """The losses at a step, in the units that the network minimises.

    Attributes:
        step: number of steps made.
        training: over all training points, whatever the size of a minibatch.
        test: over all test points.
    """

    step: int
    training: float
    test: float


class Trainer:
    """One network in training: everything is at hand at any time, also after an interruption.

    Args:
        network: the architecture with its activation.
        samples: training and test points.
        settings: how it is trained.
        start: initial parameters [parameters].
        device: "auto", "cpu", "cuda", …
        frames: number of snapshots, more of them at the beginning.
        checkpoint: written now and then, if training has steps of a gradient descent; and if it is there, begun with.

    Attributes:
        looks: the losses so far.
        frames: the snapshots so far.
        best: the state with the least training loss of all that were looked at.
        last: the state that was looked at last.
        diverged_at: the step at which a gradient was not finite, None if none was.
        resumed_at: the step that it went on from; 0 if it began anew.

    Raises:
        DeviceError: the device is not there.
        SettingError: the settings do not go together.
    """

    def __init__(
        self,
        network: Network,
        samples: Samples,
        settings: FitSettings,
        start: Array,
        device: str,
        frames: int = 0,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.network = network
        self.samples = samples
        self.settings = settings
        self.device = resolve_device(device)
        require_precision(self.device, settings.precision)
        dtype = getattr(torch, settings.precision)
        classes = bool(samples.classes)
        self.training = _Examples(network, samples.training, samples, settings, dtype)
        self.test = _Examples(network, samples.test, samples, settings, dtype)
        self.batch = Batch(
            network=network,
            inputs=self.training.inputs,
            targets=self.training.targets,
            parameters=torch.as_tensor(start, dtype=dtype)[None],
            learning_rates=torch.tensor([settings.learning_rate or 1.0], dtype=dtype),
            steps=settings.steps,
            recipe=replace(settings.recipe, loss="cross-entropy") if classes else settings.recipe,
            seeds=(settings.seed,),
        )
        steps = settings.steps
        self.frame_steps = frozenset(frame_steps(steps, frames))
        even = {round(steps * k / LOOKS) for k in range(LOOKS + 1)}
        self.looked_at = even | set(checkpoints(steps)) | self.frame_steps
        self.looks: list[Look] = []
        self.frames: list[Frame] = []
        self.best: Frame | None = None
        self.last: Frame | None = None
        self.diverged_at: int | None = None
        self.resumed_at = 0
        self.checkpoint = checkpoint if settings.recipe.has_rate else None

    @property
    def ended(self) -> Ended:
        """How it ended; empty if it has not."""
        if self.diverged_at is not None:
            return "diverged"
        return "finished" if self.looks and self.looks[-1].step == self.settings.steps else ""

    def run(self, tell: Callable[[Look], None] | None = None) -> None:
        """Train to the end.

        Args:
            tell: told each look at the losses; what it raises ends the training, and the trainer keeps what it has.
        """
        on_cuda = self.device.type == "cuda"
        keep_freed_memory()
        with (
            torch.no_grad(),
            torch.cuda.device(self.device) if on_cuda else contextlib.nullcontext(),
            steady_arithmetic(),
        ):
            if self.settings.recipe.has_rate:
                self._descend(tell)
            else:
                self._minimise(tell)

    def _descend(self, tell: Callable[[Look], None] | None) -> None:
        engine = Training(self.batch, self.device)
        begin = self._restore(engine)
        if begin and not engine.data.moves(begin):
            engine.network.look_at(*engine.data.at(begin))
        step = recorded(engine) if self.device.type == "cuda" else engine.step
        for index in range(begin, self.settings.steps):
            if index in self.looked_at and (not self.looks or self.looks[-1].step < index):
                self._look(index, engine.rows, tell)
                if self._has_diverged(engine):
                    return
            if self.checkpoint is not None and index % BETWEEN == 0 and self.checkpoint.is_due:
                self.checkpoint.write(self._state(index, engine))
            engine.prepare(index)
            step()
        self._look(self.settings.steps, engine.rows, tell)
        self._has_diverged(engine)

    def _has_diverged(self, engine: Training) -> bool:
        diverged = bool(engine.optimizer.rates.isnan().all())
        if diverged:
            self.diverged_at = int(engine.optimizer.finite_steps[0, 0])
        return diverged

    def _state(self, step: int, engine: Training) -> State:
        """All that is needed to go on from a step."""
        assert self.best is not None and self.last is not None
        tensors = _moving(engine)
        tensors["best"], tensors["last"] = (torch.from_numpy(frame.parameters) for frame in (self.best, self.last))
        if self.frames:
            tensors["frames"] = torch.from_numpy(np.stack([frame.parameters for frame in self.frames]))
        facts = {
            "step": step,
            "looks": [[look.step, look.training, look.test] for look in self.looks],
            "frames": [[frame.step, frame.loss] for frame in self.frames],
            "best": [self.best.step, self.best.loss],
            "last": [self.last.step, self.last.loss],
        }
        return State(tensors, facts)

    def _restore(self, engine: Training) -> int:
        """The step to begin with: that of the checkpoint, whose state is taken, or 0."""
        state = self.checkpoint.read() if self.checkpoint is not None else None
        if state is None:
            return 0
        facts, saved = state.facts, state.tensors
        restore(_moving(engine), saved)
        self.looks = [Look(*look) for look in facts["looks"]]
        self.frames = [
            Frame(step, loss, row.numpy())
            for (step, loss), row in zip(facts["frames"], saved.get("frames", ()), strict=True)
        ]
        self.best, self.last = (Frame(facts[name][0], facts[name][1], saved[name].numpy()) for name in ("best", "last"))
        self.resumed_at = int(facts["step"])
        return self.resumed_at

    def _minimise(self, tell: Callable[[Look], None] | None) -> None:
        def watch(made: int, rows: Tensor) -> None:
            if made in self.looked_at:
                self._look(made, rows, tell)

        train = train_levenberg if self.settings.recipe.optimizer == "lm" else train_lbfgs
        trained = train(self.batch, self.device, watch)
        self._look(self.settings.steps, trained.parameters, tell)
        if int(trained.steps[0]) < self.settings.steps:
            self.diverged_at = int(trained.steps[0])

    def _look(self, step: int, rows: Tensor, tell: Callable[[Look], None] | None) -> None:
        row = rows[:1, : self.network.parameters].cpu().clone()
        look = Look(step, self.training.loss(row), self.test.loss(row))
        self._keep(look, row[0].numpy())
        if tell is not None:
            tell(look)

    def _keep(self, look: Look, row: Array) -> None:
        frame = Frame(look.step, look.training, row)
        if look.step in self.frame_steps:
            self.frames.append(frame)
        if self.best is None or look.training < self.best.loss or not math.isfinite(self.best.loss):
            self.best = frame
        self.last = frame
        self.looks.append(look)


class _Examples:
    """Points in the network's units, and the loss of a network over all of them."""

    def __init__(
        self, network: Network, points: Points, samples: Samples, settings: FitSettings, dtype: torch.dtype
    ) -> None:
        self.network = network
        self.classes = samples.classes
        self.kind = "cross-entropy" if samples.classes else settings.recipe.loss
        self.inputs = torch.as_tensor(samples.scaling.input_to_network(points.x), dtype=dtype)[None]
        if self.classes:
            self.targets = torch.as_tensor(points.y, dtype=torch.long)[None]
            self.values = torch.nn.functional.one_hot(self.targets, self.classes).to(dtype)
        else:
            self.targets = torch.as_tensor(samples.scaling.value_to_network(points.y), dtype=dtype)[None]
            self.values = self.targets
        width = max(layer.outputs for layer in network.layers)
        self.chunk = max(1, CHUNK_VALUES // width)

    def loss(self, row: Tensor) -> float:
        """The mean loss of parameters [1, parameters]."""
        count = self.inputs.shape[1]
        total = 0.0
        for first in range(0, count, self.chunk):
            part = slice(first, first + self.chunk)
            outputs = predict(self.network, row, self.inputs[:, part])
            loss = make_loss(self.kind, outputs.shape[1], outputs)
            loss.look_at(self.values[:, part])
            total += float(loss.value(outputs)[0]) * outputs.shape[1]
        return total / count


def _moving(engine: Training) -> dict[str, Tensor]:
    """The tensors that steps change, and that the next step reads."""
    optimizer = {f"optimizer.{name}": tensor for name, tensor in engine.optimizer.state.items()}
    return {"rows": engine.rows, "made": engine.made, **optimizer}


def frame_steps(steps: int, frames: int) -> list[int]:
    """The steps at which snapshots are taken: the last one, and before it more at the beginning."""
    if frames > steps:
        return list(range(steps + 1))
    if frames < 2:
        return [steps] * frames
    return sorted({round(steps * (k / (frames - 1)) ** 2) for k in range(frames)})


def require_memory(network: Network, samples: Samples, settings: FitSettings) -> None:
    """Refuse a network that would take too much memory, before anything is allocated.

    Raises:
        SettingError: with the estimate.
    """
    points = settings.recipe.batch_size or len(samples.training)
    units = sum(layer.outputs for layer in network.layers)
    size = (4 if settings.precision == "float32" else 8) * 5 * (network.parameters + points * units)
    if size > MEMORY_LIMIT:
        raise SettingError(
            f"hidden layers {','.join(map(str, network.hidden))} with {points} points take about "
            f"{size / 2**30:.1f} GiB; the limit is {MEMORY_LIMIT / 2**30:.0f} GiB: choose smaller widths"
        )
