"""`activations.fit`: train one network and look inside."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from activations.benchmark.outcome import Errors, measure_errors
from activations.benchmark.statistics import finite_or_none
from activations.declare import Variant
from activations.errors import ActivationsError, DataError, PluginError
from activations.fitting.devices import resolve_device
from activations.fitting.engine import ENGINE_VERSION, predict
from activations.fitting.initialisation import Initialisation, initial_parameters
from activations.fitting.network import Network
from activations.fitting.points import Array, Points
from activations.fitting.recipe import Loss, Optimizer, Recipe, Schedule
from activations.fitting.samples import Samples
from activations.fitting.scaling import Scaling
from activations.fitting.settings import SettingError, require_count
from activations.fitting.target import Target
from activations.fitting.targets import resolve_target
from activations.networks.checkpoint import Checkpoint
from activations.networks.division import divide, with_spread
from activations.networks.faces import FitFace
from activations.networks.layer_facts import LayerFacts, layer_facts
from activations.networks.settings import FitSettings, Precision, Units
from activations.networks.training import Ended, Frame, Look, Trainer, require_memory
from activations.registry import default_registry
from activations.trial import is_foreign, is_memory_error

if TYPE_CHECKING:
    from activations.networks.torch_module import FittedNetwork

__all__ = ["Fit", "Fitting", "Frame", "Moment", "fit"]

MAX_FRAMES = 10_000
CHUNK_VALUES = 4_000_000  # of the widest layer, where something is predicted
State = Literal["finished", "diverged", "interrupted"]


@dataclass(frozen=True)
class Moment:
    """What is told of a fit while it is trained.

    Attributes:
        step: number of steps made.
        steps: of how many.
        training_loss: over all training points, in the units that the network minimises.
        test_loss: over all test points.
        fit: the network as it is now.
    """

    step: int
    steps: int
    training_loss: float
    test_loss: float
    fit: Callable[[], Fit] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Fit(FitFace):
    """A trained network with all that it came from.

    Attributes:
        target: what was fitted.
        network: the architecture with its activation.
        settings: how it was trained.
        scaling: between the target's units and the network's.
        parameters: the flat row, shape [parameters]; where each layer's lie in it tells `network.layers`. They are
            those behind the last step, but for a fit that was interrupted or diverged: there they are those with the
            least training loss of all that were looked at.
        training: the points that it was trained on, in the target's units; none in a fit that was read from a file
            and whose data are not there.
        test: the points that it is judged at.
        steps: the numbers of steps made at which losses were taken, shape [looks].
        training_losses: over all training points at these steps, in the units that the network minimises.
        test_losses: over all test points.
        frames: snapshots, the earliest first.
        state: "finished", "diverged" (a gradient was not finite) or "interrupted".
        step: the number of steps behind which the parameters are.
        device: where it was trained.
        seconds: of wall time.
    """

    target: Target
    network: Network
    settings: FitSettings
    scaling: Scaling
    parameters: Array = field(repr=False)
    training: Points = field(repr=False)
    test: Points = field(repr=False)
    steps: Array = field(repr=False)
    training_losses: Array = field(repr=False)
    test_losses: Array = field(repr=False)
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    state: State = "finished"
    step: int = 0
    device: str = "cpu"
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """The activation, or those of the layers."""
        return " ".join(dict.fromkeys(variant.label for variant in self.network.variants))

    def outputs(self, x: Any, parameters: Array | None = None) -> Array:
        """What the network gives, in the target's units: values, or the probability of each class.

        Args:
            x: inputs of shape [points, inputs], or [points] where there is one input.
            parameters: others than its own, such as those of a frame.

        Returns:
            An array of shape [points, outputs] in float64.

        Raises:
            DataError: the inputs have another shape or are not finite.
        """
        inputs = read_inputs(x, self.network.inputs)
        row = torch.from_numpy(np.array(self.parameters if parameters is None else parameters))[None]
        scaled = torch.as_tensor(self.scaling.input_to_network(inputs), dtype=row.dtype)[None]
        size = max(1, CHUNK_VALUES // max(layer.outputs for layer in self.network.layers))
        outputs = torch.empty(len(inputs), self.network.outputs, dtype=torch.float64)
        for first in range(0, len(inputs), size):
            part = slice(first, first + size)
            outputs[part] = predict(self.network, row, scaled[:, part])[0]
        if self.target.classes:
            shares: Array = torch.softmax(outputs, dim=-1).numpy()
            return shares
        return self.scaling.value_from_network(outputs.numpy())

    def predict(self, x: Any) -> Array:
        """Predicted values [points, outputs] in the target's units, or class numbers [points].

        Args:
            x: inputs of shape [points, inputs], or [points] where there is one input.

        Raises:
            DataError: the inputs have another shape or are not finite.
        """
        found = self.outputs(x)
        return found.argmax(axis=1) if self.target.classes else found

    def to_module(self) -> FittedNetwork:
        """The network as a torch module, from the target's units to the target's units."""
        from activations.networks.torch_module import torch_module

        return torch_module(self)

    @property
    def samples(self) -> Samples:
        """Its points in the form that judges them: errors are relative to the deviation of the target's values."""
        samples = Samples(self.training, self.test, self.test, None, self.scaling, None, self.target.classes)
        whole = self.settings.split is not None or self.target.sampling == "table"
        values = np.concatenate([self.training.y, self.test.y]) if whole else self.test.y
        return with_spread(samples, values)

    def errors(self, part: Literal["training", "test"] = "test") -> Errors:
        """The errors at the training or the test points.

        Raises:
            DataError: the fit has none of them: it was read from a file.
        """
        points = self.test if part == "test" else self.training
        if not len(points):
            raise DataError(f"this fit of {self.target.name} holds no {part} points; fit again, or predict from rows")
        found = self.outputs(points.x)
        if self.target.classes:
            with np.errstate(divide="ignore"):
                found = np.log(found)
        else:
            found = self.scaling.value_to_network(found)
        return measure_errors(self.samples, points, found)

    def score(self) -> float:
        """R² at the test points, for a constant target NaN; for classes the share of right ones.

        Raises:
            DataError: the fit has no test points: it was read from a file.
        """
        errors = self.errors()
        if errors.accuracy is not None:
            return errors.accuracy
        return math.nan if errors.r2 is None else errors.r2

    def layers(self) -> list[LayerFacts]:
        """The parameters layer by layer: shape, count, mean and standard deviation."""
        return layer_facts(self.network, self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """The fit without its parameters, for strict JSON; later versions only add fields."""
        table = self.target.table
        return {
            "version": 1,
            "target": {
                "name": self.target.name,
                "task": self.target.task,
                "formula": self.target.formula or None,
                "domain": [list(interval) for interval in self.target.domain],
                "inputs": list(self.target.variables),
                "outputs": self.target.outputs,
                "classes": self.target.classes,
                "class_names": list(table.classes) if table else [],
                "digest": self.target.digest,
            },
            "activation": self.label,
            "hidden": list(self.network.hidden),
            "parameters": self.network.trained,
            "settings": self.settings.to_dict(),
            "state": self.state,
            "step": self.step,
            "training_points": len(self.training),
            "test_points": len(self.test),
            "training_error": self._error_dict("training"),
            "test_error": self._error_dict("test"),
            "layers": [
                {
                    "name": layer.name,
                    "shape": list(layer.shape),
                    "count": layer.count,
                    "mean": finite_or_none(layer.mean),
                    "deviation": finite_or_none(layer.deviation),
                }
                for layer in self.layers()
            ],
            "history": {
                "steps": [int(step) for step in self.steps],
                "training_losses": [finite_or_none(loss) for loss in self.training_losses],
                "test_losses": [finite_or_none(loss) for loss in self.test_losses],
            },
            "device": self.device,
            "seconds": self.seconds,
        }

    def _error_dict(self, part: Literal["training", "test"]) -> dict[str, float | None] | None:
        if not len(self.training if part == "training" else self.test):
            return None
        errors = self.errors(part)
        return {
            "rmse": finite_or_none(errors.rmse),
            "nrmse": None if errors.r2 is None else finite_or_none(errors.relative),
            "r2": finite_or_none(errors.r2),
            "max_error": finite_or_none(errors.largest),
            "accuracy": errors.accuracy,
        }

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the network as a safetensors file, which `Fit.load` and any framework read; no data are in it.

        Raises:
            OutputExistsError: the file exists and may not be overwritten.
            OSError: it can't be written.
        """
        from activations.networks.model_file import write_model

        return write_model(self, path, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Fit:
        """Read a network that `save` wrote. The points of a function are drawn again; rows of a file are not there.

        Raises:
            DataError: the file holds no such network.
            OSError: it can't be read.
        """
        from activations.networks.model_file import read_model

        return read_model(path)


class Fitting:
    """A fit in the making: `run` trains it, `result` gives it at any time, also behind an interruption.

    Args:
        target: what to fit.
        variant: the activation.
        settings: how to train.
        own: activations of single hidden layers, None where a layer has `variant`; empty for none at all.
        device: "auto", "cpu", "cuda", …
        frames: number of snapshots to keep.
        start: initial parameters, shape [parameters]; drawn from the seed if None.
        checkpoint: a file that holds the state of training now and then; if it is there, training goes on from it.
            Optimizers without a learning rate have none: they begin anew.

    Raises:
        DataError: the target's values are not finite.
        DeviceError: the device is not there.
        SettingError: settings do not go together.
    """

    def __init__(
        self,
        target: Target,
        variant: Variant,
        settings: FitSettings,
        *,
        own: Sequence[Variant | None] = (),
        device: str = "auto",
        frames: int = 0,
        start: Array | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        require_count("frames", frames, 0, MAX_FRAMES)
        self._told: BaseException | None = None
        if own and len(own) != len(settings.hidden):
            raise SettingError(f"{len(own)} activations for {len(settings.hidden)} hidden layers; give one each")
        self.target = target
        self.settings = settings
        self.network = settings.network(target, variant, tuple(own))
        self.samples = divide(target, settings.seed, settings.split, settings.scaling)
        require_memory(self.network, self.samples, settings)
        if start is None:
            start = initial_parameters(self.network, settings.seed, mode=settings.initialisation)
        elif np.shape(start) != (self.network.parameters,):
            raise SettingError(f"start has shape {np.shape(start)}, the network {self.network.parameters} parameters")
        kept = None if checkpoint is None else Checkpoint(checkpoint, self._key(frames, start, device))
        self.trainer = Trainer(self.network, self.samples, settings, start, device, frames, kept)
        self.seconds = 0.0

    def _key(self, frames: int, start: Array, device: str) -> str:
        """A hash of all that a state of training depends on."""
        parts = (
            [variant.digest for variant in self.network.variants],
            sorted((name, repr(value)) for name, value in vars(self.settings).items()),
            self.target.digest,
            frames,
            hashlib.sha256(np.ascontiguousarray(start).tobytes()).hexdigest(),
            resolve_device(device).type,
            (ENGINE_VERSION, torch.__version__),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    @property
    def resumed_at(self) -> int:
        """The step that training went on from; 0 if it began anew."""
        return self.trainer.resumed_at

    def forget(self) -> None:
        """Delete the checkpoint: what it was for is in safety."""
        if self.trainer.checkpoint is not None:
            self.trainer.checkpoint.remove()

    def run(self, progress: Callable[[Moment], None] | None = None) -> None:
        """Train to the end.

        Args:
            progress: told some 250 times how it goes; what it raises ends the training.

        Raises:
            PluginError: the code of a plugin's activation fails.
            MemoryError: there is not enough.
        """
        began = time.perf_counter()

        def tell(look: Look) -> None:
            if progress is not None:
                self.seconds = time.perf_counter() - began
                try:
                    progress(Moment(look.step, self.settings.steps, look.training, look.test, self._now))
                except BaseException as error:
                    self._told = error
                    raise

        try:
            self.trainer.run(tell)
        except (ActivationsError, OSError):
            raise
        except Exception as error:
            if error is not self._told:
                self._blame(error)
            raise
        finally:
            self.seconds = time.perf_counter() - began

    def _blame(self, error: Exception) -> None:
        """Raise what tells more of an error in training, if anything does."""
        if is_memory_error(error):
            raise MemoryError("not enough memory") from error
        foreign = [variant for variant in self.network.variants if is_foreign(variant.activation)]
        if foreign:
            what = f"{type(error).__name__}: {error}"
            raise PluginError(f"the code of {foreign[0].label} failed with {what[:300]}") from error

    def result(self) -> Fit:
        """The fit as far as it is.

        Raises:
            SettingError: it was not begun.
        """
        ended: Ended = self.trainer.ended
        frame = self.trainer.last if ended == "finished" else self.trainer.best
        if frame is None:
            raise SettingError("nothing is trained yet; call run() first")
        return self._fit(frame, ended or "interrupted")

    def _now(self) -> Fit:
        assert self.trainer.last is not None
        return self._fit(self.trainer.last, self.trainer.ended or "interrupted")

    def _fit(self, frame: Frame, state: State) -> Fit:
        looks = self.trainer.looks
        return Fit(
            target=self.target,
            network=self.network,
            settings=self.settings,
            scaling=self.samples.scaling,
            parameters=frame.parameters,
            training=self.samples.training,
            test=self.samples.test,
            steps=np.array([look.step for look in looks], dtype=np.int64),
            training_losses=np.array([look.training for look in looks]),
            test_losses=np.array([look.test for look in looks]),
            frames=tuple(self.trainer.frames),
            state=state,
            step=frame.step,
            device=str(self.trainer.device),
            seconds=self.seconds,
        )


def fit(
    target: Target | str,
    activation: str | Variant = "tanh",
    *,
    hidden: Sequence[int] = (32,),
    optimizer: Optimizer = "adam",
    learning_rate: float | None = None,
    steps: int = 2000,
    batch_size: int | None = None,
    split: float | None = None,
    seed: int = 0,
    schedule: Schedule = "cosine",
    loss: Loss = "squares",
    initialisation: Initialisation = "moments",
    scaling: Units = "standard",
    bias: bool = True,
    precision: Precision = "float32",
    device: str = "auto",
    own: Sequence[Variant | None] = (),
    frames: int = 0,
    start: Array | None = None,
    progress: Callable[[Moment], None] | None = None,
    checkpoint: Path | None = None,
) -> Fit:
    """Train one network on a target.

    Args:
        target: a target, its name, a formula, or a curve `t -> (cos(t), sin(t))`.
        activation: a variant, its label ("tanh", "sigmoid:beta=2"), or a formula.
        hidden: widths of the hidden layers.
        optimizer: "adam", "adamw", "sgd", "momentum", "lbfgs" or "lm".
        learning_rate: at the first step; None for the optimizer's default.
        steps: of the optimizer.
        batch_size: points per step; None for all.
        split: the share of the target's points that train while the others test; None for the target's own test points.
        seed: fixes all random numbers.
        schedule: of the learning rate: "cosine", "constant" or "step".
        loss: "squares" or "huber"; classes have their cross-entropy.
        initialisation: "moments" or "torch".
        scaling: "standard", or "none" to train on the numbers as they are.
        bias: whether the layers have biases.
        precision: "float32" or "float64".
        device: "auto", "cpu", "cuda", …
        own: activations of single hidden layers, None where a layer has `activation`.
        frames: number of snapshots to keep, for an animation or a path on a loss surface.
        start: initial parameters, shape [parameters], in place of those drawn from the seed.
        progress: told how it goes; what it raises ends the training.
        checkpoint: a file that holds the state of training now and then; the same call goes on from there. It is
            deleted at the end.

    Returns:
        The fit. One whose gradient was not finite at some step has the state "diverged".

    Raises:
        ActivationsError: target, activation or settings can't be read, or do not go together.
    """
    chosen = resolve_target(target) if isinstance(target, str) else target
    variant = default_registry().variant(activation) if isinstance(activation, str) else activation
    # An optimizer without a rate has no schedule.
    settings = FitSettings(
        hidden=tuple(hidden),
        learning_rate=learning_rate,
        steps=steps,
        recipe=Recipe(optimizer=optimizer, schedule=schedule, loss=loss, batch_size=batch_size),
        split=split,
        seed=seed,
        initialisation=initialisation,
        scaling=scaling,
        bias=bias,
        precision=precision,
    )
    fitting = Fitting(
        chosen, variant, settings, own=own, device=device, frames=frames, start=start, checkpoint=checkpoint
    )
    fitting.run(progress)
    fitting.forget()
    return fitting.result()


def read_inputs(x: Any, dimension: int) -> Array:
    """Inputs as a float64 array of shape [points, dimension].

    Raises:
        DataError: they have another shape, are no numbers or are not finite.
    """
    try:
        inputs: Array = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the inputs are no numbers: {error}") from None
    if dimension == 1 and inputs.ndim <= 1:
        inputs = inputs.reshape(-1, 1)
    if inputs.ndim != 2 or inputs.shape[1] != dimension:
        raise DataError(f"the inputs have the shape {inputs.shape}; give [points, {dimension}]")
    if not np.isfinite(inputs).all():
        row, column = np.argwhere(~np.isfinite(inputs))[0]
        raise DataError(f"the inputs hold {inputs[row, column]} in row {row + 1}; give finite numbers")
    return inputs
