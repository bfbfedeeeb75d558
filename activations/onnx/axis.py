"""The functions over a dimension in ONNX's operators, along whichever dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from activations.axis import AxisVariant
from activations.errors import DataError
from activations.fitting.settings import SettingError
from activations.onnx.parts import Parts
from activations.registry import default_registry

__all__ = ["WRITERS", "axis_parts"]

RANK_BOUND = 9
FAR = 2**31 - 1
"""Behind the end of any dimension."""


def axis_parts(variant: AxisVariant, rank: int) -> Parts:
    """The operators of a built-in function over a dimension.

    Raises:
        SettingError: it is none for tensors of so many dimensions.
        DataError: it is another one.
    """
    item = variant.activation
    if item.name not in WRITERS or default_registry().axis.get(item.name) is not item:
        raise DataError(
            f"{item.name} can't be written as ONNX: it is a function over a dimension of its own, of which no "
            "elementary operations are recorded; give its module to torch.onnx.export"
        )
    ranks = item.ranks or range(variant.least_rank(), RANK_BOUND)
    if rank not in ranks:
        wanted = " or ".join(map(str, item.ranks)) or f"{ranks[0]} or more"
        raise SettingError(f"rank={rank} does not fit {variant.label}, which takes tensors of {wanted} dimensions")
    parts = Parts(("x",))
    WRITERS[item.name](parts, variant)
    return parts


def _softmax(parts: Parts, variant: AxisVariant) -> None:
    parts.add("Softmax", ["x"], {"axis": variant.dim}, result=parts.result)


def _softmin(parts: Parts, variant: AxisVariant) -> None:
    parts.add("Softmax", [parts.add("Neg", ["x"])], {"axis": variant.dim}, result=parts.result)


def _log_softmax(parts: Parts, variant: AxisVariant) -> None:
    parts.add("LogSoftmax", ["x"], {"axis": variant.dim}, result=parts.result)


def _crelu(parts: Parts, variant: AxisVariant) -> None:
    halves = [parts.add("Relu", ["x"]), parts.add("Relu", [parts.add("Neg", ["x"])])]
    parts.add("Concat", halves, {"axis": variant.dim}, result=parts.result)


def _maxout(parts: Parts, variant: AxisVariant) -> None:
    parts.add("Max", _every(parts, variant.dim, dict(variant.values)["pieces"]), result=parts.result)


def _group_sort(parts: Parts, variant: AxisVariant) -> None:
    size = dict(variant.values)["group_size"]
    beside = variant.dim if variant.dim < 0 else variant.dim + 1  # a new dimension behind the old one
    members = [parts.add("Unsqueeze", [part, parts.whole(beside)]) for part in _every(parts, variant.dim, size)]
    groups = parts.add("Concat", members, {"axis": beside})
    values = parts.add("TopK", [groups, parts.whole(size)], {"axis": beside, "largest": 0})
    parts.add("Reshape", [values, parts.add("Shape", ["x"])], result=parts.result)


def _sparsemax(parts: Parts, variant: AxisVariant) -> None:
    axis, along = parts.whole(variant.dim), parts.index(variant.dim)
    z = parts.add("Sub", ["x", parts.add("ReduceMax", ["x", axis])])
    size = parts.add("Gather", [parts.add("Shape", ["x"]), axis])
    descending = parts.add("TopK", [z, size], {"axis": variant.dim})
    sums = parts.add("CumSum", [descending, along])
    one = parts.number(1.0)
    ones = parts.add("Where", [parts.add("Equal", [descending, descending]), one, one])
    ranks = parts.add("CumSum", [ones, along])
    # The support: the largest values, as long as each is above the threshold that they have together.
    inside = parts.add("Greater", [parts.add("Add", [parts.add("Mul", [ranks, descending]), one]), sums])
    kept = parts.add("Where", [inside, descending, parts.number(0.0)])
    count = parts.add("ReduceSum", [parts.add("Where", [inside, one, parts.number(0.0)]), axis])
    total = parts.add("Sub", [parts.add("ReduceSum", [kept, axis]), one])
    parts.add("Relu", [parts.add("Sub", [z, parts.add("Div", [total, count])])], result=parts.result)


def _every(parts: Parts, dim: int, step: int) -> list[str]:
    """The first of each group of neighbours along a dimension, the second of each, and so on."""
    return [
        parts.add("Slice", ["x", parts.whole(start), parts.whole(FAR), parts.whole(dim), parts.whole(step)])
        for start in range(step)
    ]


WRITERS: Final[Mapping[str, Callable[[Parts, AxisVariant], None]]] = {
    "crelu": _crelu,
    "group_sort": _group_sort,
    "log_softmax": _log_softmax,
    "maxout": _maxout,
    "softmax": _softmax,
    "softmax2d": _softmax,
    "softmin": _softmin,
    "sparsemax": _sparsemax,
}
"""By name."""
