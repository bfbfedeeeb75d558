"""Elementwise activations put into a graph, and a graph as the content of a file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from activations import __version__
from activations.declare import Variant
from activations.errors import DataError
from activations.fitting.fused.graph import Inexpressible, Node, ordered
from activations.fitting.fused.recording import record
from activations.onnx.extra import silence
from activations.onnx.lowering import OPERATORS, lowered
from activations.onnx.parts import Parts
from activations.onnx.standard import Single

__all__ = ["add_graph", "add_single", "add_value", "first_opset", "serialized"]

Sizes = Sequence[str | int]


def add_single(parts: Parts, variant: Variant, alone: Single, inputs: Sequence[str], prefix: str = "") -> str:
    """Add an activation that is a single operator.

    Args:
        parts: what grows.
        variant: the activation.
        alone: the operator.
        inputs: the names of what it is applied to.
        prefix: what the names of its learnable parameters begin with.

    Returns:
        The name of the result.
    """
    values = dict(variant.values)
    operands = [*inputs]
    for operand in alone.operands:
        if operand in variant.learnable:
            operands.append(parts.parameter(f"{prefix}{operand}", values[str(operand)]))
        else:
            operands.append(parts.number(values[operand] if isinstance(operand, str) else operand))
    return parts.add(alone.operator, operands, alone.attributes)


def add_graph(parts: Parts, variant: Variant, inputs: Sequence[str], prefix: str = "") -> str:
    """Add an activation by its elementary operations, as they were recorded.

    Args:
        parts: what grows.
        variant: the activation.
        inputs: the names of what it is applied to.
        prefix: what the names of its learnable parameters begin with.

    Returns:
        The name of the result.

    Raises:
        DataError: it is no function of each element alone, uses an operation that there is no rule for, or fails.
    """
    values = dict(variant.values)
    try:
        value = lowered(record(variant, parts.precision).value)
    except Inexpressible as error:
        raise DataError(f"{variant.label} can't be written as ONNX: {error}") from error
    except Exception as error:  # of the activation's own code
        raise DataError(f"{variant.label} fails with {type(error).__name__}: {error}; tell its author") from error
    learnt = [parts.parameter(f"{prefix}{name}", values[name]) for name in variant.learnable]
    return add_value(parts, value, inputs, learnt)


def add_value(parts: Parts, value: Node, inputs: Sequence[str], parameters: Sequence[str] = ()) -> str:
    """Add all that a value of a graph is computed from; gives its name.

    Args:
        parts: what grows.
        value: in operations that ONNX has, see `lowered`.
        inputs: the names of the inputs by number.
        parameters: those of the learnable parameters.
    """
    names: dict[Node, str] = {}
    used: set[str] = set()
    for node in ordered([value]):
        if node.operation == "input":
            names[node] = inputs[int(node.number)]
            used.add(names[node])
        elif node.operation == "theta":
            names[node] = parameters[int(node.number)]
        elif node.operation == "constant":
            names[node] = parts.truth(bool(node.number)) if node.is_mask else parts.number(node.number)
        else:
            operands = [names[operand] for operand in node.operands]
            names[node] = parts.add(
                OPERATORS[node.operation], operands, {"fmod": 1} if node.operation == "fmod" else {}
            )
    result = names[value]
    # The result has the shape of all inputs together, also of those that do not matter.
    for name in inputs:
        if name not in used:
            result = parts.add("Where", [parts.add("Equal", [name, name]), result, result])
    return result


def first_opset(operator: str, opset: int) -> int:
    """The version of the standard that has brought an operator as a later one has it; 0 if that one has none."""
    defs = importlib.import_module("onnx").defs
    try:
        return int(defs.get_schema(operator, opset, "").since_version)
    except defs.SchemaError:
        return 0


def serialized(
    parts: Parts, opset: int, inputs: Mapping[str, Sizes], results: Sizes, about: str, facts: Mapping[str, str]
) -> bytes:
    """The content of a file, which onnx's checker has found sound.

    Args:
        parts: the graph.
        opset: the version of the standard.
        inputs: the sizes of each input along its dimensions, a name where they are open.
        results: those of the output.
        about: one sentence.
        facts: further texts by name.
    """
    onnx = importlib.import_module("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    kind = {"float32": kinds.FLOAT, "float64": kinds.DOUBLE}[parts.precision]
    graph = helper.make_graph(
        [helper.make_node(part.operator, part.operands, part.results, **part.attributes) for part in parts.used],
        "activation",
        [helper.make_tensor_value_info(name, kind, list(sizes)) for name, sizes in inputs.items()],
        [helper.make_tensor_value_info(parts.result, kind, list(results))],
        [onnx.numpy_helper.from_array(array, name) for name, array in parts.tensors.items()],
        doc_string=about,
    )
    versions = [helper.make_opsetid("", opset)]
    model: Any = helper.make_model(
        graph,
        opset_imports=versions,
        ir_version=helper.find_min_ir_version_for(versions),  # so that older runtimes read it too
        producer_name="torch-activations",
        producer_version=__version__,
    )
    helper.set_model_props(model, dict(facts))
    with silence():
        onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
