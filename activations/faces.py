"""How declarations and the registry show themselves in notebooks: by `activations.render`, which stands far above.

Nothing here imports it: it is found by its name when one is first shown.
"""

from __future__ import annotations

import importlib

__all__ = ["ActivationFace", "RegistryFace"]

RENDERER = "activations.render.notebook_activation"


class ActivationFace:
    """The face of an activation of either kind, with or without parameter values."""

    def _repr_html_(self) -> str:
        html: str = importlib.import_module(RENDERER).activation_html(self)
        return html


class RegistryFace:
    """The face of a registry."""

    def _repr_html_(self) -> str:
        html: str = importlib.import_module(RENDERER).registry_html(self)
        return html
