"""One activation as an ONNX model: written from its recorded operations, and compared with torch before it is given."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path

from activations.axis import AxisVariant
from activations.declare import Variant
from activations.errors import DataError
from activations.files import require_free, write_atomically
from activations.fitting.settings import SettingError
from activations.onnx.axis import axis_parts
from activations.onnx.comparison import compare
from activations.onnx.extra import require_onnx
from activations.onnx.parts import Parts
from activations.onnx.standard import single
from activations.onnx.writing import add_graph, add_single, first_opset, serialized
from activations.registry import default_registry

__all__ = ["OPSET", "OPSETS", "OnnxModel", "onnx_model"]

OPSETS = range(18, 25)
"""The versions of the standard that can be written."""
RANKS = range(1, 9)
"""How many dimensions the tensors may have: ONNX wants that said."""
OPSET = 20
"""What is written unless told otherwise: the first with GELU; most runtimes know it."""


@dataclass(frozen=True)
class OnnxModel:
    """An activation as an ONNX model of 32-bit numbers, for tensors of any size.

    Attributes:
        label: the activation with its settings.
        data: the content of the file.
        opset: the version of the standard.
        rank: how many dimensions the tensors have.
        operators: the operators that it is made of, in order of use, each as often as it is used.
        reason: why an activation that is a single operator of the standard is written as several; often empty.
        difference: the largest difference from torch among the points that were compared, relative to the values
            where those are larger than 1.
        points: how many points were compared, special values among them.
    """

    label: str
    data: bytes = field(repr=False)
    opset: int
    rank: int
    operators: tuple[str, ...]
    reason: str = ""
    difference: float = 0.0
    points: int = 0

    @property
    def native(self) -> bool:
        """Whether it is a single operator of the standard."""
        return len(self.operators) == 1

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the file.

        Raises:
            OutputExistsError: the file exists and may not be overwritten.
            OSError: it can't be written.
        """
        require_free(path, overwrite=overwrite)
        return write_atomically(path, self.data, overwrite=overwrite)


def onnx_model(activation: str | Variant | AxisVariant, *, opset: int = OPSET, rank: int | None = None) -> OnnxModel:
    """Write an activation as ONNX and compare it with torch by onnx's own evaluator.

    It is a single operator of the standard where there is one that gives torch's values, also at infinities and NaN;
    else a graph of elementary operators with the care of the activation's own code. Parameters that are learnt are
    tensors of their names in it, all others are part of it.

    Args:
        activation: a name, a name with settings, a formula, or one with its values.
        opset: the version of the standard, 18 to 24. Gelu is a single operator from 20 on, Swish (`silu`) from 24 on.
        rank: how many dimensions the tensors have, 1 to 8; their sizes are left open. None for 2, or more where a
            function over a dimension needs them.

    Raises:
        MissingExtraError: the extra `onnx` is not installed, or is broken.
        SettingError: there is no such version, the installed onnx is too old for it, or the rank does not fit.
        UnknownActivationError: no activation has the name.
        DeclarationError: the settings do not fit.
        ExpressionError: it is a formula with a mistake.
        DataError: it can't be written with ONNX's operators, or what was written gives other values than torch.
    """
    require_onnx()
    known = importlib.import_module("onnx").defs.onnx_opset_version()
    if isinstance(opset, bool) or opset not in OPSETS or opset > known:
        raise SettingError(
            f"opset={opset!r} can't be written; choose one of {OPSETS[0]} to {min(OPSETS[-1], known)}"
            + (", or install a newer onnx" if opset in OPSETS else "")
        )
    variant = default_registry().any_variant(activation) if isinstance(activation, str) else activation
    if rank is None:
        rank = variant.least_rank(2) if isinstance(variant, AxisVariant) else 2
    if isinstance(rank, bool) or rank not in RANKS:
        raise SettingError(f"rank={rank!r} is not possible; tensors have {RANKS[0]} to {RANKS[-1]} dimensions")
    if isinstance(variant, AxisVariant):
        return _checked(variant, axis_parts(variant, rank), opset, rank)
    alone = single(variant)
    reason = ""
    if alone is not None:
        reason = f"{alone.operator} came after opset {opset}"
        if first_opset(alone.operator, opset):
            parts = Parts(variant.activation.inputs, variant.learnable)
            parts.finish(add_single(parts, variant, alone, parts.inputs))
            try:
                return _checked(variant, parts, opset, rank)
            except DataError as error:
                reason = f"{alone.operator} gives other values: {error}"
    parts = Parts(variant.activation.inputs, variant.learnable)
    parts.finish(add_graph(parts, variant, parts.inputs))
    return _checked(variant, parts, opset, rank, reason)


def _checked(variant: Variant | AxisVariant, parts: Parts, opset: int, rank: int, reason: str = "") -> OnnxModel:
    sizes = [f"d{number}" for number in range(rank)]
    results = list(sizes)
    if isinstance(variant, AxisVariant):
        results[variant.dim] = "size"  # which may be another one
    item = variant.activation
    facts = {"activation": variant.label, "formula": str(item.formula)}
    data = serialized(parts, opset, dict.fromkeys(parts.inputs, sizes), results, item.summary, facts)
    points, difference = compare(variant, data, parts.inputs, rank)
    operators = tuple(part.operator for part in parts.used)
    return OnnxModel(variant.label, data, opset, rank, operators, reason, difference, points)
