"""Single fits as articles describe them: what is fitted, by which network, and how. Imports nothing heavy."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from activations.fitting.settings import SettingError
from activations.fitting.targets import resolve_target
from activations.fitting.typed import formula_target

if TYPE_CHECKING:
    from activations.fitting.recipe import Optimizer, Schedule
    from activations.fitting.target import Target

__all__ = ["PRESETS", "Preset", "preset_named"]


@dataclass(frozen=True)
class Preset:
    """One fit with all its settings.

    Attributes:
        name: what it is called.
        title: a few words for people.
        formula: what is fitted: a name of the suite, a formula, or a curve.
        activation: of all hidden layers.
        hidden: widths of the hidden layers.
        steps: optimizer steps.
        learning_rate: at the first step.
        given: what the article says, in a sentence.
        chosen: what it leaves open or we could not read, and what was chosen for it.
        domain: of a typed formula; that of the suite's target otherwise.
        points: of a typed formula; those of the suite's target otherwise.
        optimizer: see `activations.fitting.Recipe`.
        schedule: of the learning rate.
        batch_size: points per step; None for all.
        split: the share of the points that train; None for the target's own training and test points.
        scaling: "none" trains on the numbers as they are, as the articles do.
        initialisation: "torch" is what `torch.nn.Linear` does.
        seed: fixes initial weights, the split and the order of minibatches.
        reported: the loss that the article reports after the last step, if it does.
        summarised: the predictions are summed up by their mean, median, mode and standard deviation.
        by_hand: there is a version in NumPy with a backward pass written by hand; see `activations.networks.by_hand`.
    """

    name: str
    title: str
    formula: str
    activation: str
    hidden: tuple[int, ...]
    steps: int
    learning_rate: float
    given: str
    chosen: str
    domain: tuple[float, float] | None = None
    points: int | None = None
    optimizer: Optimizer = "sgd"
    schedule: Schedule = "constant"
    batch_size: int | None = None
    split: float | None = None
    scaling: Literal["standard", "none"] = "none"
    initialisation: Literal["moments", "torch"] = "torch"
    seed: int = 0
    reported: float | None = None
    summarised: bool = False
    by_hand: bool = False

    @property
    def target(self) -> Target:
        """What is fitted."""
        if self.domain is None:
            return resolve_target(self.formula)
        target = formula_target(self.formula, self.domain, points=self.points)
        return replace(target, title=self.title)

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `activations.fit` behind target and activation."""
        return {
            "hidden": self.hidden,
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "batch_size": self.batch_size,
            "split": self.split,
            "seed": self.seed,
            "schedule": self.schedule,
            "initialisation": self.initialisation,
            "scaling": self.scaling,
        }


CUBIC = "A cubic polynomial at 40 points by a network {shape}, SGD at a rate of 0.0001, 100,000 steps."
CUBIC_CHOSEN = (
    "The polynomial, its 40 points from -2 to 1.9 and the activation are our reconstruction: those of the suite's "
    "cubic, and ReLU."
)
SINE = "A sine by a network {shape}, SGD at a rate of 0.05; the loss at step 4,999 is reported as {loss}."
SINE_CHOSEN = (
    "The interval [-10, 10], its 200 points and the activation are our reconstruction: the suite's sine, and ReLU, "
    "with which the loss comes out in the order that is reported."
)
SPLIT = (
    "{what} by a network 1-512-1 with ReLU, four fifths of the points for training, minibatches of 32; in NumPy too."
)
SPLIT_CHOSEN = (
    "The interval, its 1,000 points, SGD at a rate of 0.001 and 10,000 steps (400 epochs) are our reconstruction."
)

_PRESETS = (
    Preset(
        name="cubic-1",
        title="a cubic, one hidden layer",
        formula="cubic",
        activation="relu",
        hidden=(128,),
        steps=100_000,
        learning_rate=1e-4,
        given=CUBIC.format(shape="1-128-1"),
        chosen=CUBIC_CHOSEN,
    ),
    Preset(
        name="cubic-2",
        title="a cubic, two hidden layers",
        formula="cubic",
        activation="relu",
        hidden=(128, 10),
        steps=100_000,
        learning_rate=1e-4,
        given=CUBIC.format(shape="1-128-10-1"),
        chosen=CUBIC_CHOSEN,
    ),
    Preset(
        name="sine-shallow",
        title="a sine, three hidden layers",
        formula="sin",
        activation="relu",
        hidden=(20, 50, 20),
        steps=5000,
        learning_rate=5e-2,
        given=SINE.format(shape="1-20-50-20-1", loss="0.0194"),
        chosen=SINE_CHOSEN,
        reported=0.0194,
    ),
    Preset(
        name="sine-deep",
        title="a sine, seven hidden layers",
        formula="sin",
        activation="relu",
        hidden=(20, 50, 100, 500, 100, 50, 20),
        steps=5000,
        learning_rate=5e-2,
        given=SINE.format(shape="1-20-50-100-500-100-50-20-1", loss="0.0138"),
        chosen=SINE_CHOSEN,
        reported=0.0138,
    ),
    Preset(
        name="relu-sin",
        title="a sine, one wide layer",
        formula="sin(x)",
        domain=(-3.141592653589793, 3.141592653589793),
        points=1000,
        activation="relu",
        hidden=(512,),
        steps=10_000,
        learning_rate=1e-3,
        batch_size=32,
        split=0.8,
        given=SPLIT.format(what="A sine"),
        chosen=SPLIT_CHOSEN,
        by_hand=True,
    ),
    Preset(
        name="relu-square",
        title="a square, one wide layer",
        formula="x^2",
        domain=(-1.0, 1.0),
        points=1000,
        activation="relu",
        hidden=(512,),
        steps=10_000,
        learning_rate=1e-3,
        batch_size=32,
        split=0.8,
        given=SPLIT.format(what="A square"),
        chosen=SPLIT_CHOSEN,
        by_hand=True,
    ),
    Preset(
        name="recipe-17",
        title="a basic network in six steps",
        formula="x^2",
        domain=(-8.0, 8.0),
        points=17,
        activation="relu",
        hidden=(32,),
        steps=2000,
        learning_rate=1e-2,
        optimizer="adam",
        given="Seventeen points, the six steps of a basic network, and mean, median, mode and standard deviation of "
        "the predictions.",
        chosen="The square of the whole numbers from -8 to 8, the network 1-32-1 with ReLU, and Adam at a rate of 0.01 "
        "for 2,000 steps are our reconstruction.",
        summarised=True,
    ),
    Preset(
        name="spiral",
        title="a spiral, as a curve of one parameter",
        formula="t -> (t*cos(t), t*sin(t))",
        domain=(0.0, 12.566370614359172),
        points=200,
        activation="tanh",
        hidden=(64, 64),
        steps=4000,
        learning_rate=1e-2,
        optimizer="adam",
        schedule="cosine",
        scaling="standard",
        initialisation="moments",
        given="A parametric spiral.",
        chosen="Archimedes' spiral of two turns at 200 points, the network 1-64-64-2 with tanh, and Adam are ours.",
    ),
    Preset(
        name="spiral-classes",
        title="two spirals, told apart",
        formula="spiral",
        activation="relu",
        hidden=(64, 64),
        steps=2000,
        learning_rate=1e-2,
        optimizer="adam",
        schedule="cosine",
        scaling="standard",
        initialisation="moments",
        given="The arms of a spiral as two classes, with the boundary between them drawn.",
        chosen="The 194 points of the CMU benchmark (Lang, Witbrock 1988), the network 2-64-64-2 with ReLU, and Adam "
        "are ours.",
    ),
)
PRESETS = {preset.name: preset for preset in _PRESETS}


def preset_named(name: str) -> Preset:
    """The preset of that name; case and blanks around it do not count.

    Raises:
        SettingError: there is none; the message names the nearest one.
    """
    plain = name.strip().lower()
    if plain in PRESETS:
        return PRESETS[plain]
    close = difflib.get_close_matches(plain, PRESETS, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(PRESETS)}"
    raise SettingError(f"preset={name[:80]!r} is unknown; {hint}")
