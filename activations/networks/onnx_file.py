"""A trained network as an ONNX file, checked against torch. Needs the extra `onnx`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from activations.errors import DataError
from activations.files import require_free, write_atomically
from activations.module import ActivationModule
from activations.networks.torch_module import FittedNetwork, torch_module
from activations.onnx.comparison import evaluated
from activations.onnx.extra import has_onnx, require_onnx
from activations.onnx.model import OPSET
from activations.onnx.parts import Parts
from activations.onnx.standard import single
from activations.onnx.writing import add_graph, add_single, first_opset, serialized

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["has_onnx", "onnx_bytes", "require_onnx", "write_onnx"]

CHECKED = 1000  # points
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}  # relative to the largest value
ROUNDED = ("Erf", "Gelu")  # onnx's own evaluator has 32 bits of the error function whatever it is given


def write_onnx(fit: Fit, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a network as ONNX: input "x" [points, inputs], output "y", both in the target's units.

    Raises:
        MissingExtraError: the extra is not installed, or is broken.
        DataError: what was exported does not give the numbers that torch gives.
        OutputExistsError: the file exists and may not be overwritten.
        OSError: it can't be written.
    """
    require_onnx()
    require_free(path, overwrite=overwrite)
    return write_atomically(path, onnx_bytes(fit), overwrite=overwrite)


def onnx_bytes(fit: Fit) -> bytes:
    """The content of the file, checked by onnx's own evaluator at points of the domain.

    Raises:
        MissingExtraError: the extra is not installed, or is broken.
        DataError: the numbers are not those of torch.
    """
    require_onnx()
    module = torch_module(fit)
    inputs = _inputs(fit)
    parts = _written(fit, module)
    sizes: dict[str, tuple[str | int, ...]] = {"x": ("points", fit.network.inputs)}
    outputs = module.classes or fit.target.outputs
    about = f"A network fitted to {fit.target.name}"
    data = serialized(parts, OPSET, sizes, ("points", outputs), about, {"activation": fit.label})
    found = evaluated(data, {"x": inputs.numpy()})
    with torch.no_grad():
        wanted = module(inputs).numpy()
    size = float(np.abs(wanted).max()) or 1.0
    difference = float(np.abs(found - wanted).max()) / size
    rounded = any(part.operator in ROUNDED for part in parts.used)
    if not difference <= TOLERANCES["float32" if rounded else fit.settings.precision]:
        raise DataError(
            f"the ONNX model differs from torch by {difference:.1g} of the largest value; it is not written"
        )
    return data


def _written(fit: Fit, module: FittedNetwork) -> Parts:
    """The same as the module, by its own numbers."""
    parts = Parts(("x",), precision=fit.settings.precision)
    value = "x"
    if module.scaled:
        value = parts.add("Sub", [value, parts.tensor("centre", module.centre.numpy())])
        value = parts.add("Div", [value, parts.tensor("width", module.width.numpy())])
    for number, layer in enumerate(module.layers):
        value = _applied(parts, layer, value, f"layers.{number}")
    if module.classes:
        value = parts.add("Softmax", [value], {"axis": -1})
    elif module.scaled:
        value = parts.add("Mul", [value, parts.tensor("unit", module.unit.numpy())])
        value = parts.add("Add", [value, parts.tensor("mean", module.mean.numpy())])
    parts.finish(value)
    return parts


def _applied(parts: Parts, layer: nn.Module, value: str, name: str) -> str:
    """The name of what a layer makes of a value."""
    if isinstance(layer, nn.Linear):
        value = parts.add("MatMul", [value, parts.tensor(f"{name}.weight", layer.weight.detach().numpy().T)])
        bias = dict(layer.named_parameters()).get("bias")
        return value if bias is None else parts.add("Add", [value, parts.tensor(f"{name}.bias", bias.detach().numpy())])
    assert isinstance(layer, ActivationModule)
    variant = layer.variant
    inputs = [value]
    if variant.inputs == 2:
        first, last = parts.add("Split", [value], {"axis": -1, "num_outputs": 2}), parts.used[-1].results[1]
        inputs = [first, last]
    alone = single(variant)
    # Attributes have 32 bits.
    if alone and first_opset(alone.operator, OPSET) and not (alone.attributes and parts.precision == "float64"):
        return add_single(parts, variant, alone, inputs)
    return add_graph(parts, variant, inputs)


def _inputs(fit: Fit) -> torch.Tensor:
    """Points over the whole domain, the same each time."""
    low, high = np.array(fit.target.domain, dtype=np.float64).T
    unit = np.random.Generator(np.random.Philox(0)).random((CHECKED, fit.network.inputs))
    return torch.as_tensor(low * (1 - unit) + high * unit, dtype=getattr(torch, fit.settings.precision))
