"""How each activation is written as ONNX: found out by writing all of them, which takes a few seconds."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator

from activations import catalogue
from activations.axis import AxisActivation
from activations.declare import Activation
from activations.onnx import OPSET, OPSETS, OnnxModel, onnx_model
from activations.onnx.standard import SINGLE
from activations.onnx.writing import first_opset
from site_pages.markdown import escaped, table

__all__ = ["as_onnx", "onnx_graphs", "onnx_operators"]


@functools.cache
def models() -> dict[str, tuple[OnnxModel, OnnxModel]]:
    """Each activation at the usual opset, and at the newest if it is a single operator there alone."""
    found = {}
    for item in items():
        usual = newest = onnx_model(item.variant())
        if not usual.native and item.name in SINGLE:
            newest = onnx_model(item.variant(), opset=OPSETS[-1])
        found[item.name] = usual, newest
    return found


def items() -> Iterator[Activation | AxisActivation]:
    """All built-in ones."""
    yield from catalogue.declarations()
    yield from catalogue.axis_declarations()


def as_onnx(name: str) -> str:
    """A sentence for the page of an activation."""
    usual, newest = models()[name]
    if usual.native:
        text = f"the single operator `{usual.operators[0]}`"
    else:
        later = f", or `{newest.operators[0]}` from opset {since(newest)} on" if newest.native else ""
        text = f"a graph of {len(usual.operators)} operators{later}"
    return f"As [ONNX](../onnx.md): {text}; `activations export {name} -o {name}.onnx`."


def since(model: OnnxModel) -> int:
    """The first opset in which a model's only operator is what it is."""
    versions = (opset for opset in OPSETS if opset <= model.opset and first_opset(model.operators[0], opset))
    return min(versions)


def onnx_operators() -> str:
    """The activations that are a single operator of the standard."""
    rows = []
    for name, (_, newest) in models().items():
        if newest.native:
            opset = since(newest)
            rows.append((linked(name), f"`{newest.operators[0]}`", str(opset) if opset > OPSETS[0] else "all"))
    return table(("activation", "operator", "from opset"), rows)


def onnx_graphs() -> str:
    """All others, with the operators that they are made of."""
    rows = []
    for name, (usual, newest) in models().items():
        if not newest.native:
            parts = (f"`{part}`" + (f" × {count}" if count > 1 else "") for part, count in used(usual))
            remark = f". {escaped(usual.reason)}" if usual.reason else ""
            rows.append((linked(name), str(len(usual.operators)), ", ".join(parts) + remark))
    return table(("activation", "operators", f"which, at opset {OPSET}"), rows)


def used(model: OnnxModel) -> list[tuple[str, int]]:
    """The operators by how often they are used."""
    return Counter(model.operators).most_common()


def linked(name: str) -> str:
    """An activation's name that leads to its page."""
    return f"[`{name}`](activations/{name.replace('_', '-')}.md)"
