"""Surfaces by name: a target, an activation and settings. Imports nothing heavy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activations.fitting.settings import SettingError
from activations.fitting.target import Target

if TYPE_CHECKING:
    from activations.networks.surface import Surface

__all__ = ["PIECEWISE", "SURFACE_PRESETS", "SurfacePreset", "surface_preset"]


@dataclass(frozen=True)
class SurfacePreset:
    """A surface that is made by its name.

    Attributes:
        name: as it is typed.
        target: what is fitted.
        activation: of the hidden layer, as text.
        settings: arguments of `activations.loss_surface`.
        about: what it shows and where it comes from.
    """

    name: str
    target: Target
    activation: str
    settings: Mapping[str, Any]
    about: str

    def surface(self, **settings: Any) -> Surface:
        """The surface; what is given replaces settings of the preset."""
        from activations.networks.surface import loss_surface

        return loss_surface(self.target, self.activation, **{**self.settings, **settings})


# A fifth of the points of a noisy target is kept for validation: 10,000 remain to be trained on.
PIECEWISE = Target(
    name="noisy pieces",
    domain=((-3.0, 3.0),),
    formula="-2 if x < -0.5 else (4*x if x < 0.5 else 2)",
    points=12_500,
    sampling="uniform",
    noise=0.5,
    title="constant, linear, constant, with normal noise",
    source="our reconstruction of a piecewise function with noise",
)

SURFACE_PRESETS = (
    SurfacePreset(
        name="surface-tanh",
        target=PIECEWISE,
        activation="tanh",
        settings={
            "hidden": (1,),
            "bias": False,
            "directions": "weights",
            "points": 61,
            "span": (-6.0, 6.0),
            "start": (-1.0, -1.0),
            "optimizer": "sgd",
            "schedule": "constant",
            "learning_rate": 0.01,
            "batch_size": 32,
            "epochs": 25,
            "scaling": "none",
        },
        about="The error of tanh(w1*x)*w2 on 10,000 noisy points of a function of constant and linear pieces, and 25 "
        "epochs of plain SGD from (-1, -1). The article that it follows gives no formula of its data that we could "
        "find: the function, its noise, the learning rate and the minibatches are our reconstruction.",
    ),
)


def surface_preset(name: str) -> SurfacePreset:
    """The preset of that name.

    Raises:
        SettingError: there is none.
    """
    for preset in SURFACE_PRESETS:
        if preset.name == name:
            return preset
    known = [preset.name for preset in SURFACE_PRESETS]
    close = difflib.get_close_matches(name[:80], known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
    raise SettingError(f"unknown preset {name[:80]!r}; {hint}")
