"""One activation as an ONNX model: written from its recorded operations, and compared with torch before it is given."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from activations import __version__
from activations.axis import AxisVariant
from activations.declare import Variant
from activations.errors import DataError
from activations.files import require_free, write_atomically
from activations.fitting.fused.graph import Inexpressible, Node
from activations.fitting.fused.recording import record
from activations.fitting.settings import SettingError
from activations.onnx.axis import axis_parts
from activations.onnx.comparison import compare
from activations.onnx.extra import require_onnx, silence
from activations.onnx.lowering import OPERATORS, lowered, ordered
from activations.onnx.parts import Parts
from activations.onnx.standard import Single, single
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


def onnx_model(activation: str | Variant | AxisVariant, *, opset: int = OPSET, rank: int = 2) -> OnnxModel:
    """Write an activation as ONNX and compare it with torch by onnx's own evaluator.

    It is a single operator of the standard where there is one that gives torch's values, also at infinities and NaN;
    else a graph of elementary operators with the care of the activation's own code. Parameters that are learnt are
    tensors of their names in it, all others are part of it.

    Args:
        activation: a name, a name with settings, a formula, or one with its values.
        opset: the version of the standard, 18 to 24. Gelu is a single operator from 20 on, Swish (`silu`) from 24 on.
        rank: how many dimensions the tensors have, 1 to 8; their sizes are left open.

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
    if isinstance(rank, bool) or rank not in RANKS:
        raise SettingError(f"rank={rank!r} is not possible; tensors have {RANKS[0]} to {RANKS[-1]} dimensions")
    variant = default_registry().any_variant(activation) if isinstance(activation, str) else activation
    if isinstance(variant, AxisVariant):
        return _checked(variant, axis_parts(variant, rank), opset, rank)
    alone = single(variant)
    reason = ""
    if alone is not None:
        reason = f"{alone.operator} came after opset {opset}"
        if _since(alone.operator, opset):
            try:
                return _checked(variant, _of_single(variant, alone), opset, rank)
            except DataError as error:
                reason = str(error)
    return _checked(variant, _of_graph(variant), opset, rank, reason)


def _since(operator: str, opset: int) -> int:
    """From which version on the standard has the operator as that version has it; 0 if it does not have it."""
    defs = importlib.import_module("onnx").defs
    try:
        return int(defs.get_schema(operator, opset, "").since_version)
    except defs.SchemaError:
        return 0


def _checked(variant: Variant | AxisVariant, parts: Parts, opset: int, rank: int, reason: str = "") -> OnnxModel:
    data = _serialized(variant, parts, opset, rank)
    points, difference = compare(variant, data, parts.inputs, rank)
    operators = tuple(part.operator for part in parts.used)
    return OnnxModel(variant.label, data, opset, rank, operators, reason, difference, points)


def _of_single(variant: Variant, alone: Single) -> Parts:
    parts = Parts(variant.activation.inputs, variant.learnable)
    values = dict(variant.values)
    operands = [*parts.inputs]
    for operand in alone.operands:
        if operand in variant.learnable:
            operands.append(parts.parameter(str(operand), values[str(operand)]))
        else:
            operands.append(parts.number(values[operand] if isinstance(operand, str) else operand))
    parts.add(alone.operator, operands, alone.attributes, result=parts.result)
    return parts


def _of_graph(variant: Variant) -> Parts:
    parts = Parts(variant.activation.inputs, variant.learnable)
    values = dict(variant.values)
    try:
        value = lowered(record(variant, "float32").value)
    except Inexpressible as error:
        raise DataError(f"{variant.label} can't be written as ONNX: {error}") from error
    except Exception as error:  # of the activation's own code
        raise DataError(f"{variant.label} fails with {type(error).__name__}: {error}; tell its author") from error
    names: dict[Node, str] = {}
    used: set[str] = set()
    for node in ordered(value):
        if node.operation == "input":
            names[node] = parts.inputs[int(node.number)]
            used.add(names[node])
        elif node.operation == "theta":
            name = variant.learnable[int(node.number)]
            names[node] = parts.parameter(name, values[name])
        elif node.operation == "constant":
            names[node] = parts.truth(bool(node.number)) if node.is_mask else parts.number(node.number)
        else:
            operands = [names[operand] for operand in node.operands]
            attributes: Mapping[str, float | int] = {"fmod": 1} if node.operation == "fmod" else {}
            names[node] = parts.add(OPERATORS[node.operation], operands, attributes)
    result = names[value]
    # The result has the shape of all inputs together, also of those that do not matter.
    for name in parts.inputs:
        if name not in used:
            result = parts.add("Where", [parts.add("Equal", [name, name]), result, result])
    parts.finish(result)
    return parts


def _serialized(variant: Variant | AxisVariant, parts: Parts, opset: int, rank: int) -> bytes:
    onnx = importlib.import_module("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    tensor = onnx.numpy_helper.from_array
    nodes = [helper.make_node(part.operator, part.operands, part.results, **part.attributes) for part in parts.used]
    sizes = [f"d{number}" for number in range(rank)]
    results = list(sizes)
    if isinstance(variant, AxisVariant):
        results[variant.dim] = "size"  # which may be another one
    graph = helper.make_graph(
        nodes,
        "activation",
        [helper.make_tensor_value_info(name, kinds.FLOAT, sizes) for name in parts.inputs],
        [helper.make_tensor_value_info(parts.result, kinds.FLOAT, results)],
        [tensor(array, name) for name, array in parts.tensors.items()],
        doc_string=variant.activation.summary,
    )
    versions = [helper.make_opsetid("", opset)]
    model: Any = helper.make_model(
        graph,
        opset_imports=versions,
        ir_version=helper.find_min_ir_version_for(versions),  # so that older runtimes read it too
        producer_name="torch-activations",
        producer_version=__version__,
    )
    helper.set_model_props(model, {"activation": variant.label, "formula": str(variant.activation.formula)})
    with silence():
        onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
